"""The order of a board's entries, one defect at a time: nothing else is found, and it is named."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from e2evote.record import layout
from e2evote.record.ballot import Status
from e2evote.record.entries import (
    BallotEntry,
    EndEntry,
    Entry,
    FileEntry,
    OpenedEntry,
    RecordedEntry,
    StatusEntry,
    commitment,
)
from e2evote.verifier.board_entries import Entered
from e2evote.verifier.report import Ledger

TIME = "2026-12-01T09:00:00Z"
SECRETS = {purpose: hashlib.sha256(purpose.encode()).digest() for purpose in ("cast", "challenged", "other")}
TO_CAST, TO_CHALLENGE = (commitment(SECRETS[purpose]) for purpose in ("cast", "challenged"))


def code(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def file(path: str) -> FileEntry:
    return FileEntry(time=TIME, path=path, sha256=bytes(32))


def ballot(name: str, position: int, device: int = 1, **more: Any) -> BallotEntry:
    where = {"device": device, "position": position}
    return BallotEntry(time=TIME, confirmation_code=code(name), sha256=bytes(32), **where, **more)


def status(name: str, value: Status, secret: str | None = None) -> StatusEntry:
    return StatusEntry(time=TIME, confirmation_code=code(name), status=value, secret=SECRETS.get(secret or ""))


def later(kind: type[RecordedEntry | OpenedEntry], name: str) -> Entry:
    return kind(time=TIME, confirmation_code=code(name), sha256=bytes(32))


def opening(device: int) -> FileEntry:
    return file(layout.opening_path(device))


def closing(device: int) -> FileEntry:
    return file(layout.closing_path(device))


BEFORE = [
    *map(file, (layout.MANIFEST, layout.PARAMETERS, layout.HASHES)),
    *map(file, (layout.guardian_path(1), layout.JOINT_KEYS, layout.EXTENDED_HASHES)),
]
SUMS, TALLIES, CONTEST_DATA = map(file, (layout.ENCRYPTED_TALLIES, layout.TALLIES, layout.CONTEST_DATA))
END = EndEntry(time=TIME)
RECORDED, OPENED = later(RecordedEntry, "a"), later(OpenedEntry, "b")
VOTES = [ballot("a", 1), status("a", "cast"), RECORDED, ballot("b", 2), status("b", "uncast")]
VALID = [*BEFORE, opening(1), *VOTES, closing(1), SUMS, TALLIES, CONTEST_DATA, OPENED, END]
OPEN = [*BEFORE, opening(1)]


def findings(entries: Sequence[Entry]) -> list[str]:
    ledger = Ledger()
    entered = Entered(ledger)
    for number, entry in enumerate(entries, 1):
        entered.take(f"{number}", entry)
    assert entered.size == len(entries)
    return [f"{check}: {finding.message}" for check, found in ledger.findings.items() for finding in found]


def without(*left_out: Entry) -> list[Entry]:
    return [entry for entry in VALID if entry not in left_out]


def moved(entry: Entry, behind: Entry) -> list[Entry]:
    rest = without(entry)
    at = rest.index(behind) + 1
    return [*rest[:at], entry, *rest[at:]]


CASES: dict[str, tuple[list[Entry], str]] = {
    "a device before the setup": ([opening(1)], "X.board-order: 1: devices/0001/open.json comes before hashes.json"),
    "a file twice": ([*BEFORE, file(layout.MANIFEST)], "X.board-files: 7: 'manifest.json' is entered twice"),
    "a guardian after a device": ([*OPEN, file(layout.guardian_path(2))], "comes after the opening of a device"),
    "a device that is closed unopened": ([*BEFORE, closing(1)], "comes before its device's opening"),
    "a device opened after the sums": (
        [*without(END), opening(2)],
        "X.board-order: 18: devices/0002/open.json comes after the encrypted tallies",
    ),
    "sums while a device is open": (without(closing(1)), "comes while a device is open"),
    "sums while a ballot is undecided": (without(status("b", "uncast"), OPENED), "comes while a ballot has no status"),
    "tallies before the sums": (moved(TALLIES, closing(1)), "comes before the encrypted tallies"),
    "contest data before the sums": (moved(CONTEST_DATA, closing(1)), "comes before the encrypted tallies"),
    "the end without tallies": (without(TALLIES), "the end without decrypted tallies before it"),
    "an entry behind the end": ([*without(OPENED), OPENED], "an entry behind the end"),
    "a gap": ([*OPEN, ballot("a", 1), ballot("b", 3)], "not ballot 2 of its device"),
    "a position below": ([*OPEN, *(ballot(x, n) for x, n in zip("abcd", (1, 2, 1, 3), strict=True))], "not ballot 3"),
    "a ballot of no open device": ([*BEFORE, ballot("a", 1)], "a ballot of a device that is not open"),
    "a code twice": ([*OPEN, ballot("a", 1), ballot("a", 2)], "the code is on the board already"),
    "a status twice": ([*OPEN, *VOTES, status("a", "cast")], "the ballot has a status already"),
    "recorded twice": ([*OPEN, *VOTES, RECORDED], "the ballot is recorded twice"),
    "opened twice": ([*without(END), OPENED], "the ballot is opened twice"),
    "recorded after the sums": (moved(RECORDED, SUMS), "after the encrypted tallies"),
    "a status of no ballot": ([*OPEN, status("a", "cast")], "no such ballot is on the board before"),
    "recorded of no ballot": ([*OPEN, RECORDED], "no such ballot is on the board before"),
    "an uncast ballot recorded": ([*OPEN, *VOTES, later(RecordedEntry, "b")], "a ballot that is uncast is recorded"),
    "a cast ballot opened": ([*OPEN, *VOTES, later(OpenedEntry, "a")], "a ballot that is cast is opened"),
    "an undecided ballot recorded": ([*OPEN, ballot("a", 1), RECORDED], "a ballot that is undecided is recorded"),
    "one commitment": (
        [*OPEN, ballot("a", 1, cast_commitment=TO_CAST), status("a", "cast", "cast")],
        "X.board-secrets: 8: not two different commitments, or none",
    ),
    "the other commitment alone": (
        [*OPEN, ballot("a", 1, challenge_commitment=TO_CHALLENGE), status("a", "challenged", "challenged")],
        "X.board-secrets: 8: not two different commitments, or none",
    ),
}


def test_a_board_in_order() -> None:
    assert findings(VALID) == []


@pytest.mark.parametrize("name", CASES)
def test_an_entry_out_of_its_place(name: str) -> None:
    entries, message = CASES[name]
    (found,) = findings(entries)
    assert message in found


@pytest.mark.parametrize(
    ("value", "secret", "holds"),
    [
        ("cast", "cast", True),
        ("challenged", "challenged", True),
        ("spoiled", None, True),
        ("cast", "challenged", False),
        ("challenged", "cast", False),
        ("cast", None, False),
        ("cast", "other", False),
        ("spoiled", "cast", False),
        ("uncast", None, False),
        ("uncast", "cast", False),
    ],
)
def test_what_decides_a_ballot_with_commitments(value: Status, secret: str | None, holds: bool) -> None:
    posted = ballot("a", 1, cast_commitment=TO_CAST, challenge_commitment=TO_CHALLENGE)
    found = findings([*OPEN, posted, status("a", value, secret)])
    assert found == ([] if holds else ["X.board-secrets: 9: not by the secret it takes"])
