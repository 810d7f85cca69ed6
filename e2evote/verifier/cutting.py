"""Cutting the ballots of a record into chunks, each line with the lines that speak of the same ballot.

What the cutter meets comes out as steps, in the order in which whoever puts the results together must take them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.ballot import DeviceOpening
from e2evote.record.layout import Record
from e2evote.verifier.chunk import Chunk, Item, Line
from e2evote.verifier.report import Ledger, Place


@dataclass(frozen=True, slots=True)
class Opened:
    """A device begins."""

    device: int


@dataclass(frozen=True, slots=True)
class Found:
    """The cutter found something itself."""

    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Ended:
    """A device had so many ballots."""

    device: int
    ballots: int


Step = Opened | Found | Chunk[Line] | Ended


@dataclass(frozen=True, slots=True)
class Speaking:
    """The entries that speak of ballots, of ordinary ones (``challenged``, ``data``) or of pre-encrypted ones."""

    challenged: "Entries"
    data: "Entries"
    recorded: "Entries"
    uncast: "Entries"

    def item(self, opening: DeviceOpening, device: int, position: int, ballot: Line, status: Line | None) -> Item[Line]:
        """Return a ballot's line with all lines that speak of it, as far as such a ballot can have them."""
        place = device, position
        if opening.pre_encrypted:
            return Item(ballot, status, self.uncast.of(*place), (), self.recorded.of(*place))
        return Item(ballot, status, self.challenged.of(*place), self.data.of(*place), ())

    def end(self) -> Ledger:
        """Read all entries to the end and return what matched no ballot."""
        unmatched = Ledger()
        for entries in (self.challenged, self.data, self.recorded, self.uncast):
            unmatched.add(entries.end())
        return unmatched


class Cutter:
    """Goes through all ballots once, and through the entries that speak of them."""

    def __init__(
        self, record: Record, openings: Mapping[int, DeviceOpening], speaking: Speaking, ballots: int, size: int
    ) -> None:
        """Take the record, its devices in order, and the most ballots and bytes of ballots that make a chunk."""
        self._record, self._openings, self._speaking = record, openings, speaking
        self._ballots, self._size, self._chunks = ballots, size, 0

    def steps(self) -> Iterator[Step]:
        """Yield everything in order.

        Raises:
            ParseError: a file that cannot be read as lines.
        """
        for device in self._openings:
            yield Opened(device)
            yield from self._device(device)

    def _device(self, device: int) -> Iterator[Step]:
        path = layout.statuses_path(device)
        statuses = _lines(self._record, path) if path in self._record else iter(())
        shards = self._record.ballot_shards(device)
        ballots = (line for name in shards for line in _lines(self._record, name))
        surplus, items, size, count = Ledger(), list[Item[Line]](), 0, 0
        before: Line | None = None
        for ballot, status in zip_longest(ballots, statuses):
            if ballot is None:
                surplus.check("X.status-complete", False, f"{status.where}: a status without a ballot", Place(device))
                continue
            count += 1
            items.append(self._speaking.item(self._openings[device], device, count, ballot, status))
            size += len(ballot.data)
            if len(items) >= self._ballots or size >= self._size:
                yield self._chunk(device, count, before, items)
                before, items, size = ballot, [], 0
        if surplus.counts:
            yield Found(surplus)
        if items:
            yield self._chunk(device, count, before, items)
        yield Ended(device, count)

    def _chunk(self, device: int, last: int, before: Line | None, items: list[Item[Line]]) -> Chunk[Line]:
        self._chunks += 1
        first = last - len(items) + 1
        return Chunk(self._chunks, device, first, self._openings[device], before, tuple(items))


class Entries:
    """Lines that name a device and a position, ascending, read alongside the ballots; ``most`` may speak of one.

    ``unmatched`` counts those that match no ballot, as findings of the check that was named.
    """

    _KEY = re.compile(rb'\{"device":([1-9][0-9]{0,9}),"position":([1-9][0-9]{0,9}),')

    def __init__(self, record: Record, names: Iterable[str], most: int, check_id: str) -> None:
        """Take the files in order; those that are not there have no lines.

        Raises:
            ParseError: the first line does not name a ballot.
        """
        self.unmatched = Ledger()
        self._most, self._check_id = most, check_id
        self._lines = (line for name in names if name in record for line in _lines(record, name))
        self._key: tuple[int, int] | None = None
        self._next = Line("", b"")
        self._advance()

    def of(self, device: int, position: int) -> tuple[Line, ...]:
        """Return the lines for this ballot; lines passed over on the way, or too many, match no ballot."""
        found: list[Line] = []
        while self._key is not None and self._key <= (device, position):
            if self._key == (device, position) and len(found) < self._most:
                found.append(self._next)
            else:
                self._miss()
            self._advance()
        return tuple(found)

    def end(self) -> Ledger:
        """Read to the end and return what matched no ballot."""
        while self._key is not None:
            self._miss()
            self._advance()
        return self.unmatched

    def _miss(self) -> None:
        message = f"{self._next.where}: no such ballot, doubled, or out of order"
        self.unmatched.check(self._check_id, False, message)

    def _advance(self) -> None:
        following = next(self._lines, None)
        if following is None:
            self._key = None
            return
        match = self._KEY.match(following.data)
        if match is None:
            raise ParseError(following.where, "expected an object that begins with device and position")
        self._key, self._next = (int(match[1]), int(match[2])), following


def _lines(record: Record, name: str) -> Iterator[Line]:
    """Yield a file's lines, each with the byte at which it begins."""
    start = 0
    for where, data in record.lines(name):
        yield Line(where, data, start)
        start += len(data) + 1
