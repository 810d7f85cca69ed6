"""The rules of order: one story that is right, every step out of place, and agreement with the record verifier."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from e2evote.election.order import Standing, broken_rule
from e2evote.election.streams import OnBoard, streams_of
from e2evote.record.codec import dump
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
from tests.election.log_in_memory import MemoryView

TIME = "2026-12-01T09:00:00Z"
SECRETS = bytes(32), b"\x01" * 32
PATHS = (
    "manifest.json", "parameters.json", "hashes.json", "guardians/guardian_1.public_key.json",
    "joint_election_public_key.json", "hashes_ext.json", "devices/0001/open.json", "devices/0001/close.json",
    "devices/0002/open.json", "devices/0002/close.json", "encrypted_tallies.ndjson", "tallies.ndjson",
    "exceptions.ndjson", "contest_data.ndjson", "booth/0001.json", "booth/0002.json",
)  # fmt: skip

UNUSUAL = ("index.json", "board/checkpoint", "devices/0003/open.json", "booth/0000.json", "booth/0004.json")


def file(path: str) -> FileEntry:
    return FileEntry(time=TIME, path=path, sha256=bytes(32))


def ballot(device: int, position: int, code: int, committed: bool = False) -> BallotEntry:
    pair = (commitment(SECRETS[0]), commitment(SECRETS[1])) if committed else (None, None)
    return BallotEntry(
        time=TIME, device=device, position=position, confirmation_code=bytes([code]) * 32, sha256=bytes(32),
        cast_commitment=pair[0], challenge_commitment=pair[1],
    )  # fmt: skip


def status(code: int, what: str, secret: bytes | None = None) -> StatusEntry:
    return StatusEntry(time=TIME, confirmation_code=bytes([code]) * 32, status=what, secret=secret)


def later(kind: type[RecordedEntry] | type[OpenedEntry], code: int) -> Entry:
    return kind(time=TIME, confirmation_code=bytes([code]) * 32, sha256=bytes(32))


STORY: list[Entry] = [
    *map(file, PATHS[:6]),
    file("booth/0001.json"),
    file("devices/0001/open.json"),
    ballot(1, 1, 1, committed=True),
    file("devices/0002/open.json"),
    ballot(2, 1, 2),
    status(1, "cast", SECRETS[0]),
    ballot(1, 2, 3, committed=True),
    status(3, "challenged", SECRETS[1]),
    later(OpenedEntry, 3),
    file("devices/0001/close.json"),
    status(2, "cast"),
    later(RecordedEntry, 2),
    file("devices/0002/close.json"),
    file("encrypted_tallies.ndjson"),
    file("booth/0002.json"),
    file("exceptions.ndjson"),
    file("tallies.ndjson"),
    file("contest_data.ndjson"),
    EndEntry(time=TIME),
]


def first_broken(entries: list[Entry]) -> int | None:
    """Return which entry is the first that breaks a rule, by the rules in memory and, alike, by streams."""
    standing, view = Standing(), MemoryView()
    for index, entry in enumerate(entries):
        broken = broken_rule(standing, entry)
        assert broken == broken_rule(OnBoard(view), entry)
        if broken is not None:
            return index
        standing.add(entry)
        view.append(dump(entry), streams_of(entry))
    return None


def is_found_by_the_verifier(entries: list[Entry]) -> bool:
    entered = Entered(Ledger())
    for index, entry in enumerate(entries):
        entered.take(f"entry {index}", entry)
    return bool(entered.ledger.findings)


def test_the_story_is_right():
    assert first_broken(STORY) is None
    assert not is_found_by_the_verifier(STORY)


def test_every_entry_that_comes_twice_is_refused():
    for index, entry in enumerate(STORY):
        assert first_broken([*STORY[: index + 1], entry]) == index + 1


def test_every_story_that_lacks_what_it_needs_is_refused():
    may_be_left_out = {
        "guardians/guardian_1.public_key.json", "booth/0002.json", "exceptions.ndjson", "contest_data.ndjson"
    }  # fmt: skip
    for index, entry in enumerate(STORY[:-1]):
        free = isinstance(entry, OpenedEntry | RecordedEntry) or getattr(entry, "path", "") in may_be_left_out
        rest = [*STORY[:index], *STORY[index + 1 :]]
        assert (first_broken(rest) is None) == free, entry


_CODES = st.integers(1, 3)
_ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    st.sampled_from(STORY),
    st.builds(ballot, st.integers(1, 2), st.integers(1, 3), _CODES, st.booleans()),
    st.builds(
        status,
        _CODES,
        st.sampled_from(["cast", "challenged", "spoiled", "uncast"]),
        st.sampled_from([None, *SECRETS]),
    ),
    st.builds(later, st.sampled_from([RecordedEntry, OpenedEntry]), _CODES),
    st.builds(file, st.sampled_from([*PATHS, *UNUSUAL])),
)


@given(st.integers(0, len(STORY)), st.lists(_ENTRIES, max_size=6))
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_is_what_the_verifier_accepts(begun, entries):
    """The board is stricter in one thing: devices open in the order of their numbers."""
    told = [*STORY[:begun], *entries]
    place = first_broken(told)
    accepted = told if place is None else told[:place]
    assert not is_found_by_the_verifier(accepted)
    if place is not None and not _opens_out_of_order(accepted, told[place]):
        assert is_found_by_the_verifier(told[: place + 1])


def _opens_out_of_order(before: list[Entry], entry: Entry) -> bool:
    path: Callable[[Entry], str] = lambda each: getattr(each, "path", "")  # noqa: E731
    opened = sum(path(each).endswith("/open.json") for each in before)
    return path(entry).endswith("/open.json") and path(entry) != f"devices/{opened + 1:04}/open.json"
