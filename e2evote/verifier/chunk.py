"""The work on one chunk of ballots: every check of boxes 5 to 8 and 12 to 19 that a ballot and its neighbour allow.

``verify_chunk`` is a pure function, so that chunks can go to any process.
"""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from e2evote.group.computation import Computation, compute, together
from e2evote.record.ballot import BallotStatus, DeviceOpening, EncryptedBallot, EncryptedContest
from e2evote.record.codec import parse
from e2evote.record.opened import ChallengedBallot, DecryptedContestData
from e2evote.record.pre_encrypted import CountedBallot, PublishedBallot, RecordedBallot, parse_published
from e2evote.verifier import (
    chains,
    pre_encrypted,
    v05_identifiers,
    v06_selections,
    v07_limits,
    v08_codes,
    v12_contest_data,
    v13_challenged_ballots,
    v14_challenged_contents,
    v15_accumulation,
    v16_pre_encrypted_codes,
    v17_short_codes,
    v18_uncast_ballots,
    v19_uncast_contents,
    x_ballots,
    x_pre_encrypted,
    x_relations,
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
    *x_relations.CHECKS,
    *v15_accumulation.CHECKS,
    *v16_pre_encrypted_codes.CHECKS,
    *v17_short_codes.CHECKS,
    *x_pre_encrypted.CHECKS,
)
OPENED_CHECKS = (
    *v12_contest_data.CHECKS,
    *v13_challenged_ballots.CHECKS,
    *v14_challenged_contents.CHECKS,
    *v18_uncast_ballots.CHECKS,
    *v19_uncast_contents.CHECKS,
)

L = TypeVar("L")
M = TypeVar("M")


class Line(NamedTuple):
    """Where a line stands, for messages; the line without its end; and the byte of its file at which it begins."""

    where: str
    data: bytes
    start: int = 0


@dataclass(frozen=True, slots=True)
class Item(Generic[L]):
    """One ballot's line and whatever other lines speak of it; ``recorded`` are those of a pre-encrypted one's cast."""

    ballot: L
    status: L | None
    opened: tuple[L, ...]
    data: tuple[L, ...]
    recorded: tuple[L, ...]

    def map(self, function: Callable[[L], M]) -> "Item[M]":
        """Return the item with function(line) for every line."""
        ballot, status = function(self.ballot), None if self.status is None else function(self.status)
        opened, data = tuple(map(function, self.opened)), tuple(map(function, self.data))
        return Item(ballot, status, opened, data, tuple(map(function, self.recorded)))


@dataclass(frozen=True, slots=True)
class Chunk(Generic[L]):
    """Consecutive ballots of one device, from ``first`` on; ``before`` is the line of the ballot before the first.

    Chunks of a record are numbered from 1.
    """

    number: int
    device: int
    first: int
    opening: DeviceOpening
    before: L | None
    items: tuple[Item[L], ...]

    def map(self, function: Callable[[L], M]) -> "Chunk[M]":
        """Return the chunk with function(line) for every line, always in the same order."""
        before = None if self.before is None else function(self.before)
        items = tuple(item.map(function) for item in self.items)
        return Chunk(self.number, self.device, self.first, self.opening, before, items)


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


def verify_chunk(context: Context, key: bytes, with_opened: bool, chunk: Chunk[Line]) -> Outcome:
    """Verify the ballots of one chunk.

    Raises:
        ParseError: a line that cannot be parsed.
    """
    outcome = Outcome()
    previous = _parse_ballot(context, chunk, chunk.before).confirmation_code if chunk.before else None
    ballots = [_parse_ballot(context, chunk, item.ballot) for item in chunk.items]
    recorded = [_parse_recorded(context, item) for item in chunk.items]
    statuses = [_parse_status(item) for item in chunk.items]
    places = [
        Place(chunk.opening.device, position, ballot.confirmation_code.hex().upper())
        for position, ballot in enumerate(ballots, chunk.first)
    ]
    rows = list(zip(ballots, statuses, recorded, places, strict=True))
    countable = compute(together(_verifying(outcome.ledger, context, *row) for row in rows))
    cast: list[CountedBallot] = []
    for position, (item, (ballot, status, cast_as, place)) in enumerate(
        zip(chunk.items, rows, strict=True), chunk.first
    ):
        chains.verify_position(outcome.ledger, ballot, chunk.opening.device, position, place)
        chains.verify_status(outcome.ledger, ballot, status, place)
        chains.verify_chaining(outcome.ledger, chunk.opening, ballot, previous, place)
        counted = ballot if isinstance(ballot, EncryptedBallot) else cast_as
        if _count(outcome, context, ballot, status, countable[position - chunk.first]) and counted is not None:
            cast.append(counted)
        if with_opened:
            _verify_opened(outcome, context, ballot, status, item, place)
        outcome.id_digests.append(v05_identifiers.digest(key, ballot.id_b))
        outcome.code_digests.append(v05_identifiers.digest(key, ballot.confirmation_code))
        previous = outcome.last_code = ballot.confirmation_code
    outcome.sums.add_ballots(context, cast)
    return outcome


def _verifying(
    ledger: Ledger,
    context: Context,
    ballot: PublishedBallot,
    status: BallotStatus | None,
    recorded: RecordedBallot | None,
    place: Place,
) -> Computation[bool]:
    if isinstance(ballot, EncryptedBallot):
        return verifying_ballot(ledger, context, ballot, place)
    return pre_encrypted.verifying_ballot(ledger, context, ballot, status, recorded, place)


def verifying_ballot(ledger: Ledger, context: Context, ballot: EncryptedBallot, place: Place) -> Computation[bool]:
    """Run every check that looks at one ballot alone; return whether the ballot can be counted."""
    countable = x_ballots.verify_shape(ledger, context, ballot, place)
    v05_identifiers.verify_ballot(ledger, context, ballot, place)
    known = [contest for contest in ballot.contests if contest.index <= len(context.manifest.contests)]
    if len(known) < len(ballot.contests):
        ledger.skip(*(check.id for check in (*v06_selections.CHECKS, *v07_limits.CHECKS, *x_relations.CHECKS)))
    yield from together(_verifying_contest(ledger, context, ballot, contest, place) for contest in known)
    yield from x_ballots.verifying_ciphertexts(ledger, context, ballot, place)
    v08_codes.verify_ballot(ledger, ballot, place)
    return countable


def _verifying_contest(
    ledger: Ledger, context: Context, ballot: EncryptedBallot, contest: EncryptedContest, place: Place
) -> Computation[None]:
    there = place.within(context.manifest.contest(contest.index).label)
    members = yield from v06_selections.verifying_contest(ledger, context, ballot.h_i, contest, there)
    proofs = (v07_limits, x_relations)
    yield from together(box.verifying_contest(ledger, context, ballot.h_i, contest, members, there) for box in proofs)


def _count(
    outcome: Outcome, context: Context, ballot: PublishedBallot, status: BallotStatus | None, countable: bool
) -> bool:
    """Count a ballot, note the contests of every submitted one, and return whether it belongs to the sums."""
    decided = status.status if status is not None else "undecided"
    outcome.statuses[decided] += 1
    if not countable:
        if decided == "cast":
            outcome.ledger.skip("9.A", "9.B")
        return False
    if decided in ("cast", "challenged"):
        cell = context.manifest.cell_of(ballot.ballot_style)
        outcome.sums.submitted |= {(cell, contest.index) for contest in ballot.contests}
    return decided == "cast"


def _verify_opened(
    outcome: Outcome,
    context: Context,
    ballot: PublishedBallot,
    status: BallotStatus | None,
    item: Item[Line],
    place: Place,
) -> None:
    ledger = outcome.ledger
    if not isinstance(ballot, EncryptedBallot):
        pre_encrypted.verify_opened(ledger, context, ballot, status, item.opened, place)
        return
    challenged = status is not None and status.status == "challenged"
    if item.opened or challenged:
        exact = challenged and len(item.opened) == 1
        message = f"a ballot {'challenged' if challenged else 'not challenged'} is opened {len(item.opened)} times"
        ledger.check("X.challenged-complete", exact, message, place)
    for line in item.opened:
        opened = parse(ChallengedBallot, line.data, line.where, context.group)
        v13_challenged_ballots.verify_ballot(ledger, context, ballot, opened, place)
        v14_challenged_contents.verify_ballot(ledger, context, ballot, opened, place)
    if status is not None and status.status == "cast":
        outcome.with_data.update(contest.index for contest in ballot.contests if contest.contest_data is not None)
    if item.data:
        entries = tuple(parse(DecryptedContestData, line.data, line.where, context.group) for line in item.data)
        outcome.data_opened.update(entry.index for entry in entries)
        v12_contest_data.verify_ballot(ledger, context, ballot, status, entries, place)


def _parse_ballot(context: Context, chunk: Chunk[Line], line: Line) -> PublishedBallot:
    return parse_published(line.data, line.where, context.group, chunk.opening)


def _parse_recorded(context: Context, item: Item[Line]) -> RecordedBallot | None:
    return next((parse(RecordedBallot, line.data, line.where, context.group) for line in item.recorded), None)


def _parse_status(item: Item[Line]) -> BallotStatus | None:
    return parse(BallotStatus, item.status.data, item.status.where) if item.status else None
