"""Bytes and text have one spelling each."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.encoding import b, canonical_json, hex_of, parse_hex, strict_json, xor
from e2evote.errors import ParseError


@given(st.integers(1, 40), st.data())
def test_b_is_the_big_endian_number(n: int, data: st.DataObject) -> None:
    """Spec: EG-2.1 §5.1, eqs. 122, 123"""
    x = data.draw(st.integers(0, 256**n - 1))
    assert len(b(x, n)) == n
    assert sum(byte * 256 ** (n - 1 - i) for i, byte in enumerate(b(x, n))) == x


@pytest.mark.parametrize(("x", "n"), [(-1, 4), (2**32, 4), (1, 0)])
def test_b_refuses_what_does_not_fit(x: int, n: int) -> None:
    with pytest.raises(OverflowError):
        b(x, n)


@given(st.binary(max_size=40))
def test_hex_there_and_back(data: bytes) -> None:
    assert parse_hex(hex_of(data)) == data
    assert parse_hex(hex_of(data), len(data)) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0a", "upper-case"),
        ("0", "expected"),
        ("0G", "upper-case"),
        (" 0A", "expected"),
        ("0A\n", "expected"),
        ("0x0A", "upper-case"),
        ("٠A", "upper-case"),
        ("0_A0", "upper-case"),
        (10, "a string"),
        (None, "a string"),
        (b"0A", "a string"),
    ],
)
def test_hex_of_another_spelling(text: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_hex(text)


@pytest.mark.parametrize("text", ["", "00", "000000"])
def test_hex_of_another_width(text: str) -> None:
    with pytest.raises(ValueError, match="expected 4 upper-case hex digits"):
        parse_hex(text, 2)


@given(st.binary(max_size=40), st.data())
def test_xor_undoes_itself(left: bytes, data: st.DataObject) -> None:
    right = data.draw(st.binary(min_size=len(left), max_size=len(left)))
    assert xor(xor(left, right), right) == left


def test_xor_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="shorter"):
        xor(b"12", b"1")


json_values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(st.characters(exclude_categories=["Cs"]))),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text("abc"), inner)),
    max_leaves=10,
)


@given(json_values)
def test_canonical_json_there_and_back(value: object) -> None:
    assert strict_json(canonical_json(value), "x") == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a":1,"a":2}', "x: a: the key appears twice"),
        (b'{"a":{"b":1,"b":1}}', "x: b: the key appears twice"),
        (b'{"a":1,"\\u0061":2}', "x: a: the key appears twice"),
        (b'{"a":null}', "x: a: null is not allowed"),
        (b"[1,null]", "x: null is not allowed"),
        (b'{"a":[[null]]}', "x: null is not allowed"),
        (b"null", "x: null is not allowed"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b"-Infinity", "-Infinity is not JSON"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b'{"a":1e999}', "a number is too large"),
        (b'{"a":"\\ud800"}', "half of a surrogate pair"),
        (b'{"\\udfff":1}', "half of a surrogate pair"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"{}{}", "not JSON: Extra data"),
        (b"", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5000, "a number too long"),
        (b'"\x00"', "not JSON"),
    ],
)
def test_strict_json_refuses(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=f"^x: .*{message.removeprefix('x: ')}"):
        strict_json(data, "x")


def test_surrogate_pairs_are_characters() -> None:
    assert strict_json(b'"\\ud83d\\ude00"', "x") == "😀"


@given(st.binary(max_size=60))
def test_strict_json_of_any_bytes(data: bytes) -> None:
    with suppress(ParseError):
        assert strict_json(data, "x") == json.loads(data)


def test_canonical_json_is_compact_and_not_escaped() -> None:
    assert canonical_json({"b": "هیئت", "a": [1, True]}) == '{"b":"هیئت","a":[1,true]}'.encode()
