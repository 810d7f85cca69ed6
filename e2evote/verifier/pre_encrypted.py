"""All checks of one pre-encrypted ballot: as it was printed, as it was recorded, or as it was opened."""

from collections.abc import Iterable
from typing import Protocol

from e2evote.group.computation import Computation, together
from e2evote.record.ballot import BallotStatus
from e2evote.record.codec import parse
from e2evote.record.pre_encrypted import (
    PreEncryptedBallot,
    PreEncryptedContest,
    RecordedBallot,
    RecordedContest,
    UncastBallot,
)
from e2evote.verifier import (
    v05_identifiers,
    v06_selections,
    v07_limits,
    v15_accumulation,
    v16_pre_encrypted_codes,
    v17_short_codes,
    v18_uncast_ballots,
    v19_uncast_contents,
    x_ballots,
    x_pre_encrypted,
)
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place


class _Line(Protocol):
    """A line of a file."""

    @property
    def where(self) -> str: ...
    @property
    def data(self) -> bytes: ...


def verifying_ballot(
    ledger: Ledger,
    context: Context,
    ballot: PreEncryptedBallot,
    status: BallotStatus | None,
    recorded: RecordedBallot | None,
    place: Place,
) -> Computation[bool]:
    """Run every check that looks at one ballot alone; return whether what was recorded of it can be counted."""
    countable = x_ballots.verify_style(ledger, context, ballot, place)
    v05_identifiers.verify_ballot(ledger, context, ballot, place)
    v16_pre_encrypted_codes.verify_ballot(ledger, ballot, place)
    x_pre_encrypted.verify_ballot(ledger, context, ballot, place)
    yield from x_ballots.verifying_nonce(ledger, context, ballot, place)
    countable &= x_pre_encrypted.verify_recorded(ledger, ballot, status, recorded, place)
    if recorded is None:
        return False
    published = {contest.index: contest for contest in ballot.contests}
    known = [c for c in recorded.contests if c.index in published and c.index <= len(context.manifest.contests)]
    whole = yield from together(
        _verifying_contest(ledger, context, ballot.h_i, published[contest.index], contest, place) for contest in known
    )
    return countable and all(whole)


def verify_opened(
    ledger: Ledger,
    context: Context,
    ballot: PreEncryptedBallot,
    status: BallotStatus | None,
    lines: Iterable[_Line],
    place: Place,
) -> None:
    """Check that the ballot is opened if it was not cast, and what it was opened as."""
    opened = [parse(UncastBallot, line.data, line.where, context.group) for line in lines]
    uncast = status is not None and status.status == "uncast"
    message = f"a ballot {'not cast' if uncast else 'cast'} is opened {len(opened)} times"
    ledger.check("X.uncast-complete", len(opened) == int(uncast), message, place)
    for entry in opened:
        v18_uncast_ballots.verify_ballot(ledger, context, ballot, entry, place)
        v19_uncast_contents.verify_ballot(ledger, context, ballot, entry, place)


def _verifying_contest(
    ledger: Ledger, context: Context, h_i: bytes, published: PreEncryptedContest, contest: RecordedContest, place: Place
) -> Computation[bool]:
    there = place.within(context.manifest.contest(contest.index).label)
    whole = x_ballots.verify_options(ledger, context, contest, there)
    x_pre_encrypted.verify_vectors(ledger, context, published, contest, there)
    v15_accumulation.verify_contest(ledger, contest, there)
    for selected in contest.selections:
        v16_pre_encrypted_codes.verify_vector(ledger, h_i, selected.vector, selected.selection_hash, there)
        v17_short_codes.verify_code(ledger, context, selected.selection_hash, selected.short_code, there)
    members = yield from v06_selections.verifying_contest(ledger, context, h_i, contest, there)
    yield from v07_limits.verifying_contest(ledger, context, h_i, contest, members, there)
    yield from together(
        v06_selections.verifying_vector(ledger, context, h_i, contest.index, selected, there)
        for selected in contest.selections
    )
    return whole
