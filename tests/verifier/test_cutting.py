"""Ballots are cut into chunks of a size, each line with the lines that speak of its ballot, and none is lost."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.verifier.chunk import Chunk, Line
from e2evote.verifier.cutting import Cutter, Ended, Entries, Found, Opened, Speaking

BALLOTS, STATUSES = layout.ballots_path(1, 1), layout.statuses_path(1)


@dataclass
class Record:
    """As much of a record as is cut."""

    files: dict[str, list[bytes]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.files

    def lines(self, name: str) -> Iterator[tuple[str, bytes]]:
        return ((f"{name}:{number}", line) for number, line in enumerate(self.files[name], 1))

    def ballot_shards(self, device: int) -> list[str]:
        return [name for name in self.files if name == layout.ballots_path(device, 1)]


def entry(device: int, position: int, more: str = "") -> bytes:
    return f'{{"device":{device},"position":{position},"more":"{more}"}}'.encode()


def entries(*lines: bytes, most: int = 1) -> Entries:
    return Entries(Record({"x": list(lines)}), ["x", "not there"], most, "X.some")  # type: ignore[arg-type]


def steps(ballots: list[bytes], statuses: list[bytes], most: int, size: int, mail: bool = False) -> list[Any]:
    record: Any = Record({BALLOTS: ballots, STATUSES: statuses})
    said = [entry(1, 2, "two"), entry(1, 9)]
    speaking = Speaking(entries(*said), entries(*said), entries(*said), entries(*said))
    opening: Any = SimpleNamespace(pre_encrypted=mail)
    return list(Cutter(record, {1: opening}, speaking, most, size).steps())


def cut(sizes: list[int], most: int, size: int) -> list[Chunk[Line]]:
    lines = [b"%d" % number * length for number, length in enumerate(sizes, 1)]
    found = steps(lines, [b"s"] * len(lines), most, size)
    assert (found[0], found[-1]) == (Opened(1), Ended(1, len(sizes)))
    return found[1:-1]


@pytest.mark.parametrize(
    ("sizes", "most", "size", "expected"),
    [
        ([1, 1, 1, 1], 2, 99, [2, 2]),
        ([1, 1, 1, 1, 1], 2, 99, [2, 2, 1]),
        ([5, 5, 5, 5], 99, 10, [2, 2]),
        ([5, 4, 5, 5], 99, 10, [3, 1]),
        ([10, 1, 9, 30], 99, 10, [1, 2, 1]),
        ([5, 5, 1, 1, 1, 1], 3, 10, [2, 3, 1]),
        ([], 3, 10, []),
    ],
)
def test_chunks_end_at_a_number_of_ballots_or_of_bytes(
    sizes: list[int], most: int, size: int, expected: list[int]
) -> None:
    chunks = cut(sizes, most, size)
    assert [len(chunk.items) for chunk in chunks] == expected
    assert [chunk.number for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert [chunk.first for chunk in chunks] == [1 + sum(expected[:number]) for number in range(len(expected))]
    lines = [item.ballot for chunk in chunks for item in chunk.items]
    assert [line.where for line in lines] == [f"{BALLOTS}:{number}" for number in range(1, len(sizes) + 1)]
    assert [line.start for line in lines] == [sum(sizes[:number]) + number for number in range(len(sizes))]
    for before, after in pairwise(chunks):
        assert after.before == before.items[-1].ballot


def test_statuses_without_a_ballot_are_found() -> None:
    opened, found, chunk, ended = steps([b"1"], [b"a", b"b", b"c"], 9, 99)
    assert (opened, ended, type(found), chunk.items[0].status.data) == (Opened(1), Ended(1, 1), Found, b"a")
    assert [finding.message for finding in found.ledger.findings["X.status-complete"]] == [
        f"{STATUSES}:{number}: a status without a ballot" for number in (2, 3)
    ]


def test_a_ballot_without_a_status() -> None:
    (chunk,) = [step for step in steps([b"1", b"2"], [b"a"], 9, 99) if isinstance(step, Chunk)]
    assert [item.status and item.status.data for item in chunk.items] == [b"a", None]


@pytest.mark.parametrize("mail", [False, True])
def test_lines_go_to_their_ballot_and_to_its_kind(mail: bool) -> None:
    (chunk,) = [step for step in steps([b"1", b"2"], [b"a", b"b"], 9, 99, mail) if isinstance(step, Chunk)]
    first, second = chunk.items
    assert (first.opened, first.data, first.recorded) == ((), (), ())
    assert [line.data for line in second.opened] == [entry(1, 2, "two")]
    assert [len(second.data), len(second.recorded)] == ([0, 1] if mail else [1, 0])


def test_what_matches_no_ballot_is_found_at_the_end() -> None:
    speaking = Speaking(*(entries(entry(1, 2), entry(1, 9)) for _ in range(4)))
    for one in (speaking.challenged, speaking.data, speaking.recorded, speaking.uncast):
        assert len(one.of(1, 2)) == 1
    ledger = speaking.end()
    assert [finding.message for finding in ledger.findings["X.some"]] == [
        "x:2: no such ballot, doubled, or out of order"
    ] * 4


def missed(found: Entries) -> list[int]:
    """Return the numbers of the lines that matched no ballot."""
    findings = found.end().findings.get("X.some", [])
    return [int(finding.message.split(":")[1]) for finding in findings]


def test_more_lines_than_may_speak_of_a_ballot() -> None:
    found = entries(entry(1, 1, "a"), entry(1, 1, "b"), entry(1, 1, "c"), most=2)
    assert [line.data for line in found.of(1, 1)] == [entry(1, 1, "a"), entry(1, 1, "b")]
    assert missed(found) == [3]


def test_lines_that_were_passed_over_and_lines_out_of_order() -> None:
    found = entries(entry(1, 1), entry(1, 3), entry(1, 2), entry(2, 1), entry(1, 4))
    assert found.of(1, 2) == ()
    assert [line.data for line in found.of(1, 3)] == [entry(1, 3)]
    assert [line.data for line in found.of(2, 1)] == [entry(2, 1)]
    assert missed(found) == [1, 3, 5]


def test_a_line_is_of_one_device_and_one_position() -> None:
    found = entries(entry(1, 5), entry(2, 3))
    assert found.of(1, 4) == ()
    assert found.of(2, 2) == ()
    assert [line.data for line in found.of(2, 3)] == [entry(2, 3)]
    assert missed(found) == [1]


def test_no_lines() -> None:
    found = entries()
    assert found.of(1, 1) == ()
    assert missed(found) == []


@pytest.mark.parametrize("line", [b"{}", b'{"position":1,"device":1}', b'{"device":0,"position":1,', entry(1, 10**10)])
def test_a_line_that_names_no_ballot_cannot_be_read(line: bytes) -> None:
    with pytest.raises(ParseError, match="x:1: expected an object that begins with device and position"):
        entries(line)
    found = entries(entry(1, 1), line)
    with pytest.raises(ParseError, match="x:2"):
        found.of(1, 1)
