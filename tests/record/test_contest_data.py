"""Contest data: always the same length, never ambiguous, cut where a character ends."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from e2evote.errors import ParseError
from e2evote.record.contest_data import pack, unpack

PERSIAN = "مهرانگیز نرگس‌زاری از کرمان"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
marks = st.none() | st.lists(st.integers(0, 9), min_size=1, max_size=40)


@given(st.integers(1, 6), marks, st.dictionaries(st.integers(1, 30), texts, max_size=3))
@example(1, None, {1: "\\" * 40})
@example(1, [1] * 40, {})
@example(1, None, {1: "😀" * 40})
def test_unpack_undoes_pack(blocks: int, overvote: list[int] | None, write_ins: dict[int, str]) -> None:
    """What fits comes back as it was; what was cut says so and is a beginning of what was written.

    Spec: EG-2.1 §3.3.10, eq. 63
    """
    data = pack(blocks, overvote, write_ins)
    assert len(data) == 32 * blocks
    found = unpack(data)
    kept = {int(ind_o): text for ind_o, text in found.get("write_ins", {}).items()}
    whole: dict[str, object] = {} if overvote is None else {"overvote": overvote}
    if write_ins:
        whole["write_ins"] = {str(ind_o): text for ind_o, text in sorted(write_ins.items())}
    fits = len(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()) <= 32 * blocks - 4
    assert (found == whole) == fits
    assert found.get("cut", False) == (not fits)
    assert all(write_ins[ind_o].startswith(text) for ind_o, text in kept.items())
    assert fits or found.get("overvote") is None


def test_nothing_to_keep() -> None:
    assert pack(2, None, {}) == bytes((0, 0, 0, 2)) + b"{}" + bytes(58)


@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
def test_persian_text_is_cut_at_a_character_boundary(blocks: int) -> None:
    """As much as fits: one character more would be too long."""
    found = unpack(pack(blocks, None, {4: PERSIAN * 5}))
    text = found.get("write_ins", {}).get("4", "")
    assert found["cut"] is True
    assert (PERSIAN * 5).startswith(text)
    longer = {"write_ins": {"4": (PERSIAN * 5)[: len(text) + 1]}, "cut": True}
    assert len(json.dumps(longer, ensure_ascii=False, separators=(",", ":")).encode()) > 32 * blocks - 4


def test_a_text_that_just_fits_is_whole() -> None:
    room = 32 * 2 - 4 - len(b'{"write_ins":{"4":""}}')
    assert unpack(pack(2, None, {4: "x" * room})) == {"write_ins": {"4": "x" * room}}
    assert unpack(pack(2, None, {4: "x" * (room + 1)}))["cut"] is True


def test_marks_that_do_not_fit_are_left_out() -> None:
    assert unpack(pack(1, [1] * 20, {})) == {"cut": True}
    assert unpack(pack(2, [1, 1, 1], {2: "a" * 60})) == {"write_ins": {"2": "a" * 27}, "cut": True}


def test_every_text_is_cut_to_the_same_length() -> None:
    found = unpack(pack(3, None, {1: "a" * 90, 2: "b" * 500, 3: "short"}))
    assert found["write_ins"]["3"] == "short"
    assert len(found["write_ins"]["1"]) == len(found["write_ins"]["2"])


def test_a_very_long_text_takes_no_time() -> None:
    """A voter may paste a book; the device must not stall."""
    start = time.perf_counter()
    pack(1024, None, {1: "ن" * 1_000_000, 2: PERSIAN * 10_000})
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        bytes((0, 0, 0, 29)) + b"{}" + bytes(26),
        bytes((255, 255, 255, 255)) + b"{}" + bytes(26),
        bytes((0, 0, 0, 2)) + b"{}" + bytes(25) + b"\1",
        bytes((0, 0, 0, 3)) + b"{}" + bytes(26),
        bytes((0, 0, 0, 2)) + b"[]" + bytes(26),
        bytes((0, 0, 0, 0)) + bytes(28),
        bytes((0, 0, 0, 10)) + b'{"a":null}' + bytes(18),
        bytes((0, 0, 0, 13)) + b'{"a":1,"a":2}' + bytes(15),
        bytes((0, 0, 0, 3)) + b'"\xff"' + bytes(25),
    ],
    ids=[
        "empty",
        "no length",
        "length beyond the field",
        "a huge length",
        "padding not zero",
        "zeros in the text",
        "a list",
        "no text",
        "null",
        "duplicate key",
        "not UTF-8",
    ],
)
def test_other_fillings_are_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^contest data: "):
        unpack(data)
