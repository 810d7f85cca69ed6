"""The board's entries in order: whether each stands where it may, and what the board has of files and ballots.

Of two entries about the same thing the first counts; one that speaks of a ballot that is not there yet counts for
nothing. Both are findings.
"""

from dataclasses import dataclass, field

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
from e2evote.verifier.report import Ledger, Place

SETUP = frozenset({layout.MANIFEST, layout.PARAMETERS, layout.HASHES, layout.JOINT_KEYS, layout.EXTENDED_HASHES})
"""Files that come before any device and any list of a booth's files; so do, before devices, the guardians' keys."""
AFTER_THE_SUMS = frozenset({layout.TALLIES, layout.EXCEPTIONS, layout.CONTEST_DATA})


@dataclass(slots=True)
class Posted:
    """What the board has of a ballot; ``later`` is the hash of what was recorded or opened of it.

    ``commitments``, to the secrets for casting and for challenging, are kept until the ballot has its status.
    """

    device: int
    position: int
    sha256: bytes
    commitments: tuple[bytes | None, bytes | None]
    status: Status | None = None
    later: bytes | None = None
    seen: bool = False


@dataclass(slots=True)
class Entered:
    """Takes the entries one after the other and notes in the ledger what is wrong with each."""

    ledger: Ledger
    files: dict[str, bytes] = field(default_factory=dict)
    ballots: dict[bytes, Posted] = field(default_factory=dict)
    size: int = 0
    last: str = ""
    _ended: bool = False
    _time: str = ""
    _opened: set[int] = field(default_factory=set)
    _closed: set[int] = field(default_factory=set)
    _positions: dict[int, int] = field(default_factory=dict)
    _undecided: int = 0

    def take(self, where: str, entry: Entry) -> None:
        """Take the next entry."""
        self._in_order(entry.time >= self._time, f"{where}: the time goes back, from {self._time} to {entry.time}")
        self._in_order(not self._ended, f"{where}: an entry behind the end")
        self._time, self.last, self.size = entry.time, entry.kind, self.size + 1
        match entry:
            case FileEntry():
                self._file(where, entry)
            case BallotEntry():
                self._ballot(where, entry)
            case StatusEntry():
                self._status(where, entry)
            case RecordedEntry() | OpenedEntry():
                self._later(where, entry)
            case EndEntry():
                self._in_order(layout.TALLIES in self.files, f"{where}: the end without decrypted tallies before it")
                self._ended = True

    def _in_order(self, holds: bool, message: str, place: Place | None = None) -> bool:
        return self.ledger.check("X.board-order", holds, message, place or Place())

    def _file(self, where: str, entry: FileEntry) -> None:
        path = entry.path
        known = layout.is_entered_whole(path)
        self.ledger.check("X.board-files", known, f"{where}: no entry can stand for a file {path!a}")
        once = self.ledger.check("X.board-files", path not in self.files, f"{where}: {path!a} is entered twice")
        if not known or not once:
            return
        why = self._why_not_yet(path)
        self._in_order(why is None, f"{where}: {path} {why}")
        self.files[path] = entry.sha256
        device = layout.device_of(path)
        if device is not None:
            (self._opened if path == layout.opening_path(device) else self._closed).add(device)

    def _why_not_yet(self, path: str) -> str | None:
        """Return what is wrong with a file at this place."""
        device = layout.device_of(path)
        if device is not None and path == layout.opening_path(device):
            if missing := SETUP - self.files.keys():
                return f"comes before {min(missing)}"
            if layout.ENCRYPTED_TALLIES in self.files:
                return "comes after the encrypted tallies"
            return "comes after its device's end" if device in self._closed else None
        if device is not None:
            return None if device in self._opened else "comes before its device's opening"
        if path == layout.ENCRYPTED_TALLIES:
            if self._opened != self._closed:
                return "comes while a device is open"
            return "comes while a ballot has no status" if self._undecided else None
        if path in AFTER_THE_SUMS:
            return None if layout.ENCRYPTED_TALLIES in self.files else "comes before the encrypted tallies"
        number = layout.booth_number(path)
        if number is not None:
            return self._why_not_listed(number)
        return "comes after the opening of a device" if self._opened else None

    def _why_not_listed(self, number: int) -> str | None:
        """Return what is wrong with a list of a booth's files at this place; lists are numbered from 1 without gaps."""
        if missing := SETUP - self.files.keys():
            return f"comes before {min(missing)}"
        if number == 1 or layout.booth_path(number - 1) in self.files:
            return None
        return "comes where another number is the next"

    def _ballot(self, where: str, entry: BallotEntry) -> None:
        device, code = entry.device, entry.confirmation_code
        place = Place(device, entry.position, code.hex().upper())
        is_open = device in self._opened - self._closed
        self._in_order(is_open, f"{where}: a ballot of a device that is not open", place)
        following = self._positions.get(device, 0) + 1
        self._in_order(entry.position == following, f"{where}: not ballot {following} of its device", place)
        self._positions[device] = max(following - 1, entry.position)
        if not self._in_order(code not in self.ballots, f"{where}: the code is on the board already", place):
            return
        commitments = entry.cast_commitment, entry.challenge_commitment
        fits = commitments == (None, None) or (None not in commitments and commitments[0] != commitments[1])
        self.ledger.check("X.board-secrets", fits, f"{where}: not two different commitments, or none", place)
        self.ballots[code] = Posted(device, entry.position, entry.sha256, commitments)
        self._undecided += 1

    def _status(self, where: str, entry: StatusEntry) -> None:
        code = entry.confirmation_code
        posted, place = self._posted(where, code)
        if posted is None:
            return
        self._before_the_sums(where, place)
        if self._in_order(posted.status is None, f"{where}: the ballot has a status already", place):
            self.ledger.check("X.board-secrets", _decides(posted, entry), f"{where}: not by the secret it takes", place)
            posted.status, posted.commitments = entry.status, (None, None)
            self._undecided -= 1

    def _later(self, where: str, entry: RecordedEntry | OpenedEntry) -> None:
        posted, place = self._posted(where, entry.confirmation_code)
        if posted is None:
            return
        allowed = ("cast",) if isinstance(entry, RecordedEntry) else ("challenged", "uncast")
        if isinstance(entry, RecordedEntry):
            self._before_the_sums(where, place)
        message = f"{where}: a ballot that is {posted.status or 'undecided'} is {entry.kind}"
        if self._in_order(posted.status in allowed, message, place) and self._in_order(
            posted.later is None, f"{where}: the ballot is {entry.kind} twice", place
        ):
            posted.later = entry.sha256

    def _posted(self, where: str, code: bytes) -> tuple[Posted | None, Place]:
        posted, place = self.ballots.get(code), Place(ballot=code.hex().upper())
        self._in_order(posted is not None, f"{where}: no such ballot is on the board before", place)
        return posted, place

    def _before_the_sums(self, where: str, place: Place) -> None:
        self._in_order(layout.ENCRYPTED_TALLIES not in self.files, f"{where}: after the encrypted tallies", place)


def _decides(posted: Posted, entry: StatusEntry) -> bool:
    """Tell whether a status comes with the secret that it takes, or with none where it takes none."""
    to_cast, to_challenge = posted.commitments
    if entry.status == "spoiled" or (to_cast is None and to_challenge is None):
        return entry.secret is None
    wanted = {"cast": to_cast, "challenged": to_challenge}.get(entry.status)
    return entry.secret is not None and commitment(entry.secret) == wanted
