"""Box 14: a challenged ballot, opened, has the labels of its style and holds a valid vote."""

from e2evote.record.ballot import EncryptedBallot
from e2evote.record.opened import ChallengedBallot, OpenedContest
from e2evote.record.supplemental import limit_relation
from e2evote.verifier.context import Context
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
    expected = {ind_c: manifest.contest(ind_c).label for ind_c in manifest.ballot_style(ballot.ballot_style).contests}
    found = [(contest.index, contest.label) for contest in opened.contests]
    for ind_c, label in found:
        message = f"contest {ind_c} with the label {label!r} is not on the ballot's style"
        ledger.check("14.A", expected.get(ind_c) == label, message, place)
    for ind_c, label in expected.items():
        once = found.count((ind_c, label)) == 1
        ledger.check("14.B", once, f"contest {label!r} is missing or doubled", place)
    for contest in opened.contests:
        if contest.index in expected:
            _verify_contest(ledger, context, contest, place.within(contest.label))


def _verify_contest(ledger: Ledger, context: Context, opened: OpenedContest, place: Place) -> None:
    contest = context.manifest.contest(opened.index)
    labels = {ind_o: field.label for ind_o, field in enumerate(contest.verifiable_fields, 1)}
    found = [(option.index, option.label) for option in opened.options]
    for ind_o, label in found:
        message = f"option {ind_o} with the label {label!r} is not in the contest"
        ledger.check("14.C", labels.get(ind_o) == label, message, place)
    for ind_o, label in labels.items():
        ledger.check("14.D", found.count((ind_o, label)) == 1, f"option {label!r} is missing or doubled", place)
    for option in opened.options:
        if option.index in labels:
            limit, there = contest.option_limit(option.index), place.within(option=option.label)
            ledger.check("14.E", option.selection <= limit, f"{option.selection} is more than {limit}", there)
    total = limit_relation(contest).value([option.selection for option in opened.options])
    ledger.check("14.F", total <= contest.limit, f"{total} votes are more than {contest.limit}", place)
