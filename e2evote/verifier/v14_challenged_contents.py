"""Box 14: a challenged ballot, opened, has the labels of its style and holds a valid vote."""

from collections.abc import Iterable

from e2evote.record.ballot import EncryptedBallot
from e2evote.record.manifest import Contest
from e2evote.record.opened import ChallengedBallot, OpenedContest
from e2evote.record.supplemental import limit_relation
from e2evote.verifier.context import Context
from e2evote.verifier.labels import verify_labels
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("14.A", "every contest of an opened ballot is one of its style", "opened"),
    Check("14.B", "every contest of the style is on the opened ballot, once", "opened"),
    Check("14.C", "every option of an opened ballot carries its label in the manifest", "opened"),
    Check("14.D", "every option of the manifest is on the opened ballot, once", "opened"),
    Check("14.E", "no opened selection exceeds its option's limit", "opened"),
    Check("14.F", "no opened contest exceeds its limit", "opened"),
)


def verify_ballot(
    ledger: Ledger, context: Context, ballot: EncryptedBallot, opened: ChallengedBallot, place: Place
) -> None:
    """Check labels and values of one opened ballot.

    Spec: EG-2.1 §3.6.7, box 14
    """
    manifest = context.manifest
    if ballot.ballot_style > len(manifest.ballot_styles):
        ledger.skip(*(check.id for check in CHECKS))
        return
    verify_labels(ledger, 14, context, ballot.ballot_style, opened.contests, _labels, place)
    on_ballot = manifest.ballot_style(ballot.ballot_style).contests
    for contest in opened.contests:
        if contest.index in on_ballot:
            _verify_limits(ledger, manifest.contest(contest.index), contest, place.within(contest.label))


def _labels(contest: Contest) -> Iterable[str]:
    return (field.label for field in contest.verifiable_fields)


def _verify_limits(ledger: Ledger, contest: Contest, opened: OpenedContest, place: Place) -> None:
    for option in opened.options:
        if option.index <= len(contest.verifiable_fields):
            limit, there = contest.option_limit(option.index), place.within(option=option.label)
            ledger.check("14.E", option.selection <= limit, f"{option.selection} is more than {limit}", there)
    total = limit_relation(contest).value([option.selection for option in opened.options])
    ledger.check("14.F", total <= contest.limit, f"{total} votes are more than {contest.limit}", place)
