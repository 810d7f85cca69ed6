"""One streaming pass over all ballots: boxes 5 to 8 and 12 to 14, and the sums for box 9.

The main process cuts the lines into chunks; ``verify_chunk`` is a pure function of one chunk, so that chunks can go to
any process. What ties ballots together (chains, uniqueness, sums) is put together here.
"""

import re
import secrets
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest

from e2evote.engine import map_chunks
from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.ballot import BallotStatus, DeviceOpening, EncryptedBallot
from e2evote.record.codec import parse
from e2evote.record.layout import Record
from e2evote.record.opened import ChallengedBallot, DecryptedContestData
from e2evote.verifier import (
    v05_identifiers,
    v06_selections,
    v07_limits,
    v08_codes,
    v12_contest_data,
    v13_challenged_ballots,
    v14_challenged_contents,
    x_ballots,
)
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place
from e2evote.verifier.v09_aggregation import Sums

BALLOT_CHECKS = (
    *v05_identifiers.CHECKS,
    *v06_selections.CHECKS,
    *v07_limits.CHECKS,
    *v08_codes.CHECKS,
    *x_ballots.CHECKS,
)
OPENED_CHECKS = (*v12_contest_data.CHECKS, *v13_challenged_ballots.CHECKS, *v14_challenged_contents.CHECKS)

CHUNK_BALLOTS, CHUNK_BYTES = 32, 2**20

Line = tuple[str, bytes]
"""Where a line stands, and the line."""


@dataclass(frozen=True, slots=True)
class Item:
    """One ballot's line and whatever other lines speak of it."""

    ballot: Line
    status: Line | None
    opened: tuple[Line, ...]
    data: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive ballots of one device; ``before`` is the line of the ballot before the first."""

    opening: DeviceOpening
    first: int
    before: Line | None
    items: tuple[Item, ...]


@dataclass(slots=True)
class Outcome:
    """What a chunk came to, and what all chunks come to.

    ``with_data`` and ``data_opened`` count, by contest, cast ballots with contest data and those whose data is opened.
    """

    ledger: Ledger = field(default_factory=Ledger)
    sums: Sums = field(default_factory=Sums)
    statuses: Counter[str] = field(default_factory=Counter)
    with_data: Counter[int] = field(default_factory=Counter)
    data_opened: Counter[int] = field(default_factory=Counter)
    id_digests: "array[int]" = field(default_factory=lambda: array("Q"))
    code_digests: "array[int]" = field(default_factory=lambda: array("Q"))
    last_code: bytes | None = None

    def add(self, other: "Outcome") -> None:
        """Add another chunk's outcome."""
        self.ledger.add(other.ledger)
        self.sums.add(other.sums)
        self.statuses.update(other.statuses)
        self.with_data.update(other.with_data)
        self.data_opened.update(other.data_opened)
        self.id_digests += other.id_digests
        self.code_digests += other.code_digests
        self.last_code = other.last_code


def verify(
    record: Record, context: Context, with_opened: bool, jobs: int, progress: Callable[[int, int], None] | None
) -> Outcome:
    """Run the pass and return everything it found.

    Raises:
        ParseError: a file that cannot be parsed.
    """
    total, key = Outcome(), secrets.token_bytes(32)
    devices = record.device_indices()
    in_order = devices == list(range(1, len(devices) + 1))
    total.ledger.check("X.device-order", in_order, f"devices {devices[:20]} instead of 1 to {len(devices)}")
    openings = {device: record.opening(device) for device in devices}
    expected = sum(closing.ballots for device in devices if (closing := record.closing(device)) is not None)
    opened = _Entries(record, layout.CHALLENGED_BALLOTS if with_opened else None, 1)
    data = _Entries(record, layout.CONTEST_DATA if with_opened else None, len(context.manifest.contests))
    run = partial(verify_chunk, context, key, with_opened)
    for device in devices:
        v08_codes.verify_opening(total.ledger, context, openings[device])
        named = openings[device].device == device
        total.ledger.check(
            "X.device-order", named, f"the opening is that of device {openings[device].device}", Place(device)
        )
        chunks = _chunks(total.ledger, record, device, openings[device], opened, data)
        ballots, total.last_code = len(total.id_digests), None
        for outcome in map_chunks(run, chunks, jobs):
            total.add(outcome)
            if progress is not None:
                progress(len(total.id_digests), max(expected, len(total.id_digests)))
        ballots = len(total.id_digests) - ballots
        closing = record.closing(device)
        v08_codes.verify_closing(total.ledger, context, openings[device], closing, ballots, total.last_code)
    v05_identifiers.verify_unique(total.ledger, record, context, key, total.id_digests, total.code_digests)
    total.ledger.complete(BALLOT_CHECKS)
    if with_opened:
        for check_id, entries in (("X.challenged-complete", opened), ("X.contest-data-target", data)):
            for where in entries.unmatched():
                total.ledger.check(check_id, False, f"{where}: no such ballot, doubled, or out of order")
        v12_contest_data.verify_complete(total.ledger, context, total.with_data, total.data_opened)
        total.ledger.complete(OPENED_CHECKS)
    return total


def verify_chunk(context: Context, key: bytes, with_opened: bool, chunk: Chunk) -> Outcome:
    """Verify the ballots of one chunk.

    Raises:
        ParseError: a line that cannot be parsed.
    """
    outcome = Outcome()
    previous = _parse_ballot(context, chunk.before).confirmation_code if chunk.before else None
    for position, item in enumerate(chunk.items, chunk.first):
        ballot = _parse_ballot(context, item.ballot)
        place = Place(chunk.opening.device, position, ballot.confirmation_code.hex().upper())
        status = parse(BallotStatus, item.status[1], item.status[0]) if item.status else None
        v08_codes.verify_position(outcome.ledger, ballot, chunk.opening.device, position, place)
        v08_codes.verify_status(outcome.ledger, ballot, status, place)
        v08_codes.verify_chaining(outcome.ledger, chunk.opening, ballot, previous, place)
        countable = verify_ballot(outcome.ledger, context, ballot, place)
        _count(outcome, context, ballot, status, countable)
        if with_opened:
            _verify_opened(outcome, context, ballot, status, item, place)
        outcome.id_digests.append(v05_identifiers.digest(key, ballot.id_b))
        outcome.code_digests.append(v05_identifiers.digest(key, ballot.confirmation_code))
        previous = outcome.last_code = ballot.confirmation_code
    return outcome


def verify_ballot(ledger: Ledger, context: Context, ballot: EncryptedBallot, place: Place) -> bool:
    """Run every check that looks at one ballot alone; return whether the ballot can be counted."""
    countable = x_ballots.verify_shape(ledger, context, ballot, place)
    v05_identifiers.verify_ballot(ledger, context, ballot, place)
    for contest in ballot.contests:
        if contest.index > len(context.manifest.contests):
            ledger.skip(*(check.id for check in (*v06_selections.CHECKS, *v07_limits.CHECKS)))
            continue
        there = place.within(context.manifest.contest(contest.index).label)
        members = v06_selections.verify_contest(ledger, context, ballot, contest, there)
        v07_limits.verify_contest(ledger, context, ballot, contest, members, there)
    x_ballots.verify_ciphertexts(ledger, context, ballot, place)
    v08_codes.verify_ballot(ledger, ballot, place)
    return countable


def _count(
    outcome: Outcome, context: Context, ballot: EncryptedBallot, status: BallotStatus | None, countable: bool
) -> None:
    """Add a cast ballot to the sums, and note the contests of every submitted one."""
    decided = status.status if status is not None else "undecided"
    outcome.statuses[decided] += 1
    if not countable:
        if decided == "cast":
            outcome.ledger.skip("9.A", "9.B")
        return
    if decided in ("cast", "challenged"):
        cell = context.manifest.cell_of(ballot.ballot_style)
        outcome.sums.submitted |= {(cell, contest.index) for contest in ballot.contests}
    if decided == "cast":
        outcome.sums.add_ballot(context, ballot)


def _verify_opened(
    outcome: Outcome,
    context: Context,
    ballot: EncryptedBallot,
    status: BallotStatus | None,
    item: Item,
    place: Place,
) -> None:
    ledger = outcome.ledger
    challenged = status is not None and status.status == "challenged"
    if item.opened or challenged:
        exact = challenged and len(item.opened) == 1
        message = f"a ballot {'challenged' if challenged else 'not challenged'} is opened {len(item.opened)} times"
        ledger.check("X.challenged-complete", exact, message, place)
    for where, line in item.opened:
        opened = parse(ChallengedBallot, line, where, context.group)
        v13_challenged_ballots.verify_ballot(ledger, context, ballot, opened, place)
        v14_challenged_contents.verify_ballot(ledger, context, ballot, opened, place)
    if status is not None and status.status == "cast":
        outcome.with_data.update(contest.index for contest in ballot.contests if contest.contest_data is not None)
    if item.data:
        entries = tuple(parse(DecryptedContestData, line, where, context.group) for where, line in item.data)
        outcome.data_opened.update(entry.index for entry in entries)
        v12_contest_data.verify_ballot(ledger, context, ballot, status, entries, place)


def _parse_ballot(context: Context, line: Line) -> EncryptedBallot:
    return parse(EncryptedBallot, line[1], line[0], context.group)


def _chunks(
    ledger: Ledger, record: Record, device: int, opening: DeviceOpening, opened: "_Entries", data: "_Entries"
) -> Iterator[Chunk]:
    """Cut a device's ballots into chunks, each line with the lines that speak of it."""
    path = layout.statuses_path(device)
    statuses: Iterator[Line] = record.lines(path) if path in record else iter(())
    items: list[Item] = []
    before, first, size = None, 1, 0
    for position, (ballot, status) in enumerate(zip_longest(record.ballot_lines(device), statuses), 1):
        if ballot is None:
            ledger.check("X.status-complete", False, f"{status[0]}: a status without a ballot", Place(device))
            continue
        items.append(Item(ballot, status, opened.of(device, position), data.of(device, position)))
        size += len(ballot[1])
        if len(items) >= CHUNK_BALLOTS or size >= CHUNK_BYTES:
            yield Chunk(opening, first, before, tuple(items))
            before, first, items, size = ballot, position + 1, [], 0
    if items:
        yield Chunk(opening, first, before, tuple(items))


class _Entries:
    """Lines that name a device and a position, ascending, read alongside the ballots; ``most`` may speak of one."""

    _KEY = re.compile(rb'\{"device":([1-9][0-9]{0,9}),"position":([1-9][0-9]{0,9}),')

    def __init__(self, record: Record, name: str | None, most: int) -> None:
        self._most = most
        self._lines = record.lines(name) if name is not None and name in record else iter(())
        self._unmatched: list[str] = []
        self._key: tuple[int, int] | None = None
        self._next: Line = ("", b"")
        self._advance()

    def of(self, device: int, position: int) -> tuple[Line, ...]:
        """Return the lines for this ballot; lines passed over on the way, or too many, match no ballot."""
        found: list[Line] = []
        while self._key is not None and self._key <= (device, position):
            if self._key == (device, position) and len(found) < self._most:
                found.append(self._next)
            else:
                self._unmatched.append(self._next[0])
            self._advance()
        return tuple(found)

    def unmatched(self) -> list[str]:
        """Return where the lines stand that matched no ballot, reading to the end."""
        while self._key is not None:
            self._unmatched.append(self._next[0])
            self._advance()
        return self._unmatched

    def _advance(self) -> None:
        following = next(self._lines, None)
        if following is None:
            self._key = None
            return
        match = self._KEY.match(following[1])
        if match is None:
            raise ParseError(following[0], "expected an object that begins with device and position")
        self._key, self._next = (int(match[1]), int(match[2])), following
