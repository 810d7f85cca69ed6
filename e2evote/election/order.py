"""Which entry may stand behind which: one set of rules for whoever accepts entries and for whoever watches a board.

The rules see entries only, never what these commit to. An election's entries come in this order: its setup and keys;
a device's opening, its ballots, its closing; the encrypted tallies, when every device is closed and every ballot
decided; what is decrypted; the end. Lists of a booth's files come at any time behind the keys.
"""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from e2evote.encoding import hex_of
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

SETUP = (layout.MANIFEST, layout.PARAMETERS, layout.HASHES, layout.JOINT_KEYS, layout.EXTENDED_HASHES)
"""Files that must be there before a device opens; guardians' keys are as many as the parameters say."""

DECRYPTED = (layout.EXCEPTIONS, layout.TALLIES, layout.CONTEST_DATA)
"""Files that come behind the encrypted tallies."""

OPENED = ("challenged", "uncast")
"""Statuses of ballots that are opened."""

_DEVICE_FILE = re.compile(r"devices/([0-9]{4,9})/(open|close)\.json")


Rule = Literal["after-end", "file", "ballot", "duplicate-code", "unknown-ballot", "status-twice", "secret", "order"]
"""Kinds of rules, for programs."""


class Broken(NamedTuple):
    """A rule that an entry breaks."""

    rule: Rule
    message: str


@dataclass(slots=True)
class Ballot:
    """A ballot on a board and what became of it; ``index`` is that of its entry, ``commitments`` cast and challenge."""

    index: int
    device: int
    position: int
    code: bytes
    sha256: bytes
    commitments: tuple[bytes, bytes] | None
    status: Status | None = None
    recorded: bytes | None = None
    opened: bytes | None = None

    @classmethod
    def of(cls, index: int, entry: BallotEntry) -> "Ballot":
        """Take a ballot from its entry."""
        pair = entry.cast_commitment, entry.challenge_commitment
        commitments = None if pair[0] is None or pair[1] is None else (pair[0], pair[1])
        return cls(index, entry.device, entry.position, entry.confirmation_code, entry.sha256, commitments)

    def follow(self, entry: StatusEntry | RecordedEntry | OpenedEntry) -> None:
        """Take in a later entry about the ballot; the first of a kind counts."""
        if isinstance(entry, StatusEntry):
            self.status = self.status or entry.status
        elif isinstance(entry, RecordedEntry):
            self.recorded = self.recorded or entry.sha256
        else:
            self.opened = self.opened or entry.sha256


class Before(Protocol):
    """What stands on a board already."""

    @property
    def ended(self) -> bool:
        """Tell whether the election is over."""

    @property
    def undecided(self) -> int:
        """How many ballots have no status."""

    @property
    def unopened(self) -> int:
        """How many ballots must still be opened."""

    @property
    def devices(self) -> int:
        """How many devices there are."""

    @property
    def open_devices(self) -> int:
        """How many of them are not closed."""

    @property
    def booth_lists(self) -> int:
        """How many lists of a booth's files there are."""

    def has_file(self, path: str) -> bool:
        """Tell whether a file of the record has an entry."""

    def ballots_of(self, device: int) -> int:
        """Return how many ballots a device has."""

    def ballot(self, code: bytes) -> Ballot | None:
        """Return the ballot with a confirmation code, with what became of it."""


def broken_rule(before: Before, entry: Entry) -> Broken | None:
    """Return which rule an entry would break if it came next, None where it may."""
    if before.ended:
        return Broken("after-end", "the election has ended; nothing follows")
    match entry:
        case FileEntry():
            return _file(before, entry.path)
        case BallotEntry():
            return _ballot(before, entry)
        case EndEntry():
            ready = before.has_file(layout.TALLIES)
            return None if ready else Broken("order", f"the election ends behind {layout.TALLIES}")
        case StatusEntry() | RecordedEntry() | OpenedEntry():
            ballot = before.ballot(entry.confirmation_code)
            if ballot is None:
                return Broken("unknown-ballot", f"there is no ballot {hex_of(entry.confirmation_code)}")
            if isinstance(entry, StatusEntry):
                return _status(before, ballot, entry)
            return _recorded(before, ballot) if isinstance(entry, RecordedEntry) else _opened(ballot)


def device_file(path: str) -> tuple[int, str] | None:
    """Return device number and ``open`` or ``close`` of a device's own file, None of another file."""
    match = _DEVICE_FILE.fullmatch(path)
    return None if match is None else (int(match[1]), match[2])


def missing_setup(before: Before) -> list[str]:
    """Return which files must still come before a device can open, or a booth be announced."""
    return [path for path in SETUP if not before.has_file(path)]


def _file(before: Before, path: str) -> Broken | None:
    if not layout.is_entered_whole(path):
        return Broken("file", f"{path!a} is no file that stands on a board as a whole")
    if before.has_file(path):
        return Broken("file", f"{path} is on the board already")
    device = device_file(path)
    if device is not None:
        return _device(before, *device)
    number = layout.booth_number(path)
    if number is not None:
        return _booth(before, path, number)
    if path in DECRYPTED:
        counted = before.has_file(layout.ENCRYPTED_TALLIES)
        return None if counted else Broken("order", f"{path} comes behind {layout.ENCRYPTED_TALLIES}")
    if path == layout.ENCRYPTED_TALLIES:
        return _tallies(before)
    return Broken("order", f"{path} comes before the first device") if before.devices else None


def _booth(before: Before, path: str, number: int) -> Broken | None:
    missing = missing_setup(before)
    if missing:
        return Broken("order", f"{missing[0]} comes before the files of a booth")
    expected = before.booth_lists + 1
    return None if number == expected else Broken("order", f"{path} comes where number {expected} is the next")


def _device(before: Before, device: int, what: str) -> Broken | None:
    if before.has_file(layout.ENCRYPTED_TALLIES):
        return Broken("order", "the ballots have been added up; voting is over")
    if what == "close":
        opened = before.has_file(layout.opening_path(device))
        return None if opened else Broken("order", f"device {device} was never opened")
    missing = missing_setup(before)
    if missing:
        return Broken("order", f"{missing[0]} comes before the first device")
    expected = before.devices + 1
    return None if device == expected else Broken("order", f"device {device} opens where {expected} is the next")


def _tallies(before: Before) -> Broken | None:
    if not before.devices or before.open_devices:
        still = f"{before.open_devices or 'no'} devices are open"
        return Broken("order", f"{still}; ballots are added up when every device is closed")
    return Broken("order", f"{before.undecided} ballots are undecided") if before.undecided else None


def _ballot(before: Before, entry: BallotEntry) -> Broken | None:
    device, code = entry.device, hex_of(entry.confirmation_code)
    if (entry.cast_commitment is None) != (entry.challenge_commitment is None):
        return Broken("ballot", f"ballot {code} has one commitment; it is both or neither")
    if entry.cast_commitment is not None and entry.cast_commitment == entry.challenge_commitment:
        return Broken("ballot", f"ballot {code} has the same commitment twice")
    if before.ballot(entry.confirmation_code) is not None:
        return Broken("duplicate-code", f"there is a ballot {code} already")
    if not before.has_file(layout.opening_path(device)):
        return Broken("order", f"there is no device {device}")
    if before.has_file(layout.closing_path(device)):
        return Broken("order", f"device {device} is closed")
    expected = before.ballots_of(device) + 1
    if entry.position != expected:
        return Broken("ballot", f"position {entry.position} where {expected} is the next of device {device}")
    return None


def _status(before: Before, ballot: Ballot, entry: StatusEntry) -> Broken | None:
    name = f"ballot {hex_of(ballot.code)}"
    if ballot.status is not None:
        return Broken("status-twice", f"{name} is {ballot.status} already; a decision is final")
    if before.has_file(layout.ENCRYPTED_TALLIES):
        return Broken("order", "the ballots have been added up; voting is over")
    needed = None
    if ballot.commitments is not None:
        if entry.status == "uncast":
            return Broken("ballot", f"{name} was made by a voter's page and cannot be uncast")
        needed = dict(zip(("cast", "challenged"), ballot.commitments, strict=True)).get(entry.status)
    if needed is None:
        return None if entry.secret is None else Broken("secret", f"{name} needs no secret to be {entry.status}")
    if entry.secret is None or commitment(entry.secret) != needed:
        return Broken("secret", f"{name} can be {entry.status} only with the secret that it committed to")
    return None


def _recorded(before: Before, ballot: Ballot) -> Broken | None:
    name = f"ballot {hex_of(ballot.code)} is {ballot.status or 'undecided'}"
    if ballot.recorded is not None:
        return Broken("ballot", f"{name} and recorded already")
    if before.has_file(layout.ENCRYPTED_TALLIES):
        return Broken("order", "the ballots have been added up; nothing is recorded any more")
    return None if ballot.status == "cast" else Broken("ballot", f"{name}; only cast ballots are recorded")


def _opened(ballot: Ballot) -> Broken | None:
    name = f"ballot {hex_of(ballot.code)} is {ballot.status or 'undecided'}"
    if ballot.opened is not None:
        return Broken("ballot", f"{name} and opened already")
    opens = ballot.status in OPENED
    return None if opens else Broken("ballot", f"{name}; only challenged and uncast ballots are opened")


@dataclass(slots=True)
class Standing:
    """What stands on a board, in memory: some 500 bytes a ballot.

    ``files`` are SHA-256 by path, ``by_device`` the ballots of each device and ``booth`` the lists of a booth's files,
    with the index of each, as they came.
    """

    size: int = 0
    ended: bool = False
    undecided: int = 0
    unopened: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    ballots: dict[bytes, Ballot] = field(default_factory=dict)
    by_device: dict[int, list[Ballot]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    booth: list[tuple[int, FileEntry]] = field(default_factory=list)

    @property
    def devices(self) -> int:
        """How many devices there are."""
        return sum(name.endswith("/open.json") for name in self.files)

    @property
    def open_devices(self) -> int:
        """How many of them are not closed."""
        return self.devices - len(self.closed)

    @property
    def booth_lists(self) -> int:
        """How many lists of a booth's files there are."""
        return len(self.booth)

    def has_file(self, path: str) -> bool:
        """Tell whether a file of the record has an entry."""
        return path in self.files

    def ballots_of(self, device: int) -> int:
        """Return how many ballots a device has."""
        return len(self.by_device.get(device, ()))

    def ballot(self, code: bytes) -> Ballot | None:
        """Return the ballot with a confirmation code, with what became of it."""
        return self.ballots.get(code)

    def add(self, entry: Entry) -> None:
        """Take in the next entry; of what a broken rule allowed twice, the first counts."""
        index, self.size = self.size, self.size + 1
        match entry:
            case FileEntry():
                if entry.path not in self.files and layout.booth_number(entry.path) is not None:
                    self.booth.append((index, entry))
                self.files.setdefault(entry.path, entry.sha256)
                device = device_file(entry.path)
                if device is not None and device[1] == "close":
                    self.closed.add(device[0])
            case BallotEntry():
                if entry.confirmation_code not in self.ballots:
                    ballot = self.ballots[entry.confirmation_code] = Ballot.of(index, entry)
                    self.by_device.setdefault(entry.device, []).append(ballot)
                    self.undecided += 1
            case StatusEntry() | RecordedEntry() | OpenedEntry():
                if (found := self.ballots.get(entry.confirmation_code)) is not None:
                    self._follow(found, entry)
            case EndEntry():
                self.ended = True

    def _follow(self, ballot: Ballot, entry: StatusEntry | RecordedEntry | OpenedEntry) -> None:
        before = ballot.status, ballot.opened
        ballot.follow(entry)
        if before[0] is None and ballot.status is not None:
            self.undecided -= 1
            self.unopened += ballot.status in OPENED
        if before[1] is None and ballot.opened is not None:
            self.unopened -= 1
