"""One spelling for what people type, and no weak passphrases."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError
from guardian_cli.keystore.passphrase import SecretPassphrase, check_strength, normalised, suggestion, word_list


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("كتاب يك", "کتاب یک"),
        ("علی موسى", "علی موسی"),
        ("١٢٣ ۴۵۶", "123 456"),
        ("می‌روم", "میروم"),
        ("\u200fسلام\u200e", "سلام"),
        ("  two \t words\n", "two words"),
        ("ســـلام", "سلام"),
        ("ﻛﺘﺎﺏ", "کتاب"),
        ("e\u0301te\u0301", "été"),
        ("Case", "Case"),
    ],
)
def test_one_spelling(typed: str, meant: str) -> None:
    assert normalised(typed) == meant


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40).filter(str.strip))
def test_the_spelling_is_final(text: str) -> None:
    try:
        once = normalised(text)
    except CheckError:
        return
    assert normalised(once) == once
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normalised(unicodedata.normalize(form, text)) == once


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("", "empty"), (" \u200c ", "empty"), ("a\x00b", "position 2"), ("a\ue000", "position 2"), ("x" * 1001, "1000")],
)
def test_refused(text: str, wrong: str) -> None:
    with pytest.raises(CheckError, match=wrong):
        normalised(text)


@pytest.mark.parametrize(
    "text",
    ["short", "aaaaaaaaaaaaaaaaaaaaaaa", "123456789012345", "passwordpassword", "abcdefghijklmnop", "1400/05/05 0912"],
)
def test_weak(text: str) -> None:
    with pytest.raises(CheckError, match="too easy to guess"):
        SecretPassphrase.chosen(text)


@pytest.mark.parametrize("text", ["اسب آبی روی پل", "four plain dull words", "48 20571 93604 17395 82640 27"])
def test_good_enough(text: str) -> None:
    assert SecretPassphrase.chosen(text) == SecretPassphrase.of(text)


def test_suggestions_are_strong_and_different() -> None:
    first, second = suggestion(), suggestion()
    assert first != second
    assert len(first.split()) == 6
    assert set(first.split()) <= set(word_list())
    check_strength(first)


def test_nothing_is_shown() -> None:
    assert "bread" not in repr(SecretPassphrase.of("bread"))
