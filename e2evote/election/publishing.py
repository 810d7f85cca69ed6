"""Bringing a record onto its board: whatever of it is not there yet, in the order that is allowed.

The same record can be brought as often as it grows. What is on the board already must be the same; a board may have
more than the record, such as ballots of devices that send theirs to the board themselves.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import Protocol, TypeVar

from e2evote.election.acceptance import Acceptance, Accepted
from e2evote.election.judging import Judge
from e2evote.election.kept import last_code
from e2evote.election.order import SETUP
from e2evote.election.ports import Appending, KeptBoard
from e2evote.election.streams import OnBoard, device_stream, entry_at
from e2evote.engine import Workers
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.ballot import DeviceClosing, DeviceOpening
from e2evote.record.codec import dump
from e2evote.record.codes import close_device, open_device
from e2evote.record.entries import BallotEntry
from e2evote.record.layout import Record
from e2evote.record.pre_encrypted import parse_published

T = TypeVar("T")

AT_ONCE = 64
"""Ballots that are verified in one go, and entries that are appended in one transaction."""

Report = Callable[[int, int], None]


class WritableBoard(KeptBoard, Protocol):
    """A board that can be appended to."""

    def writing(self) -> AbstractContextManager[Appending]:
        """Take the writer's lock; what is appended is durable when the block ends."""


class Publisher:
    """Brings one record onto one board."""

    def __init__(
        self, board: WritableBoard, acceptance: Acceptance, record: Record, clock: Callable[[], datetime]
    ) -> None:
        """Take the board, its election, the record, and the board's clock."""
        self._board, self._acceptance, self._record, self._clock = board, acceptance, record, clock
        self._new: Counter[str] = Counter()

    def publish(self, hands: Workers, report: Report | None = None) -> Counter[str]:
        """Append what is new and return how many entries of each kind that was.

        Args:
            hands: where ballots are verified.
            report: takes the number of ballots brought, and of all in the record.

        Raises:
            ParseError, CheckError, VerificationError: something is not in its form, does not hold, cannot come next, or
                differs from what the board has. What came before it stays.
            StorageError: the board does not take it.
        """
        record = self._record
        guardians = [layout.guardian_path(i) for i in record.guardian_indices()]
        self._files([*SETUP[:3], *guardians, *SETUP[3:], *record.booth_lists()])
        devices = record.device_indices()
        total = sum(1 for device in devices for _ in record.ballot_lines(device))
        done = 0
        for device in devices:
            self._files([layout.opening_path(device)])
            for count in self._ballots(device, hands):
                done += count
                if report is not None:
                    report(done, total)
            self._statuses(device)
            recorded = (line for name in record.recorded_shards(device) for _, line in record.lines(name))
            self._each("recorded", recorded, self._acceptance.record_recorded)
            self._files([layout.closing_path(device)])
        self._files([layout.ENCRYPTED_TALLIES, layout.EXCEPTIONS, layout.TALLIES, layout.CONTEST_DATA])
        opened = (name for name in (layout.CHALLENGED_BALLOTS, layout.UNCAST_BALLOTS) if name in record)
        lines = (line for name in opened for _, line in record.lines(name))
        self._each("opened", lines, self._acceptance.open_ballot)
        return self._new

    def _files(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self._record:
                data = self._record.read(name)
                self._write("file", [partial(self._acceptance.publish_file, path=name, data=data)])

    def _ballots(self, device: int, hands: Workers) -> Iterator[int]:
        """Bring a device's ballots and yield how many at a time."""
        lines = self._record.ballot_lines(device)
        known = self._compare(device, lines)
        yield known
        opening = self._record.opening(device)
        judged = hands.map(partial(_judged, self._acceptance.judge, opening), _pieces(lines, AT_ONCE))
        for piece in judged:
            submissions = [self._acceptance.check_ballot(line, None) for line in piece]
            self._write("ballot", [partial(self._acceptance.accept_ballot, submission=each) for each in submissions])
            yield len(piece)

    def _compare(self, device: int, lines: Iterator[tuple[str, bytes]]) -> int:
        """Compare the ballots that the board has with the first lines, and return how many these were.

        Raises:
            CheckError: one is another.
        """
        known = 0
        with self._board.reading() as view:
            indices = view.stream(device_stream(device))
            for index, (where, line) in zip(indices, islice(lines, len(indices)), strict=False):
                entry = entry_at(view, index)
                if not isinstance(entry, BallotEntry) or entry.sha256 != hashlib.sha256(line).digest():
                    raise CheckError(f"{where}: the board has another ballot at this position")
                known += 1
        return known

    def _statuses(self, device: int) -> None:
        for piece in _pieces(self._record.statuses(device), AT_ONCE):
            decide = self._acceptance.decide
            with self._board.reading() as view:
                known = {entry.confirmation_code: OnBoard(view).ballot(entry.confirmation_code) for entry in piece}
            new = [
                entry
                for entry in piece
                if (ballot := known[entry.confirmation_code]) is None or ballot.status != entry.status
            ]
            self._write(
                "status",
                [partial(decide, code=each.confirmation_code, status=each.status, secret=None) for each in new],
            )

    def _each(self, kind: str, lines: Iterable[bytes], accept: Callable[..., Accepted]) -> None:
        for piece in _pieces(lines, AT_ONCE):
            self._write(kind, [partial(accept, line=line) for line in piece])

    def _write(self, kind: str, accepting: Iterable[Callable[..., Accepted]]) -> None:
        """Append all of them or none."""
        new = 0
        with self._board.writing() as writing:
            for accept in accepting:
                new += not accept(writing, now=self._clock()).again
        if new:
            self._new[kind] += new


def open_new_device(
    board: WritableBoard, acceptance: Acceptance, device_info: str, mode: int, clock: Callable[[], datetime]
) -> int:
    """Open the next device, one whose ballots are sent to the board, and return its number.

    Raises:
        CheckError: the keys are not there yet, voting is over, or the information is empty.
        VerificationError: the manifest does not allow the chaining mode.
        StorageError: the board does not take it.
    """
    if not device_info.strip() or any(0xD800 <= ord(character) < 0xE000 for character in device_info):
        raise CheckError("the device's information must be a text that is not empty")
    h_e = acceptance.judge.context.h_e
    with board.writing() as writing:
        device = OnBoard(writing).devices + 1
        data = dump(open_device(h_e, device, device_info, mode)) + b"\n"
        acceptance.publish_file(writing, layout.opening_path(device), data, clock())
    return device


def close_open_device(
    board: WritableBoard, acceptance: Acceptance, device: int, clock: Callable[[], datetime]
) -> DeviceClosing:
    """Close a device over the ballots that the board has of it.

    Raises:
        CheckError: there is no such device, or it is closed.
        StorageError: the board does not take it.
    """
    opening = acceptance.opening(device)
    with board.writing() as writing:
        if OnBoard(writing).is_closed(device):
            raise CheckError(f"device {device} is closed")
        count = writing.length(device_stream(device))
        closing = close_device(acceptance.judge.context.h_e, opening, count, last_code(writing, opening))
        acceptance.publish_file(writing, layout.closing_path(device), dump(closing) + b"\n", clock())
    return closing


def spoil_rest(board: WritableBoard, acceptance: Acceptance, device: int, clock: Callable[[], datetime]) -> int:
    """Spoil every ballot of a device that nobody decided about, and return how many these were.

    Raises:
        CheckError: there is no such device, its ballots are pre-encrypted, or the ballots have been added up.
        StorageError: the board does not take it.
    """
    if acceptance.opening(device).pre_encrypted:
        raise CheckError(f"device {device} makes pre-encrypted ballots; what nobody cast of them is opened")
    with board.reading() as view:
        indices = view.stream(device_stream(device))
    spoiled = 0
    for piece in _pieces(indices, AT_ONCE):
        with board.writing() as writing:
            for index in piece:
                entry = entry_at(writing, index)
                ballot = OnBoard(writing).ballot(entry.confirmation_code) if isinstance(entry, BallotEntry) else None
                if ballot is not None and ballot.status is None:
                    acceptance.spoil(writing, ballot.code, clock())
                    spoiled += 1
    return spoiled


def _judged(judge: Judge, opening: DeviceOpening, piece: list[tuple[str, bytes]]) -> list[bytes]:
    """Verify the ballots in lines, in whatever process this is, and return the lines."""
    for where, line in piece:
        judge.verify_ballot(parse_published(line, where, judge.context.group, opening))
    return [line for _, line in piece]


def _pieces(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    for first in source:
        yield list(chain([first], islice(source, size - 1)))
