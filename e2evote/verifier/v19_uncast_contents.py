"""Box 19: an uncast ballot, opened, has the labels of its style and of the manifest."""

from e2evote.record.pre_encrypted import PreEncryptedBallot, UncastBallot, UncastContest
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("19.A", "every contest of an uncast ballot is one of its style", "opened"),
    Check("19.B", "every contest of the style is on the uncast ballot, once", "opened"),
    Check("19.C", "every option of an uncast ballot carries its label in the manifest", "opened"),
    Check("19.D", "every option of the manifest is on the uncast ballot, once", "opened"),
)


def verify_ballot(
    ledger: Ledger, context: Context, ballot: PreEncryptedBallot, opened: UncastBallot, place: Place
) -> None:
    """Check the labels of one opened ballot.

    Spec: EG-2.1 §4.5, box 19
    """
    manifest = context.manifest
    if ballot.ballot_style > len(manifest.ballot_styles):
        ledger.skip(*(check.id for check in CHECKS))
        return
    expected = {ind_c: manifest.contest(ind_c).label for ind_c in manifest.ballot_style(ballot.ballot_style).contests}
    found = [(contest.index, contest.label) for contest in opened.contests]
    for ind_c, label in found:
        message = f"contest {ind_c} with the label {label!r} is not on the ballot's style"
        ledger.check("19.A", expected.get(ind_c) == label, message, place)
    for ind_c, label in expected.items():
        once = found.count((ind_c, label)) == 1
        ledger.check("19.B", once, f"contest {label!r} is missing or doubled", place)
    for contest in opened.contests:
        if contest.index in expected:
            _verify_contest(ledger, context, contest, place.within(contest.label))


def _verify_contest(ledger: Ledger, context: Context, opened: UncastContest, place: Place) -> None:
    labels = {ind_o: option.label for ind_o, option in enumerate(context.manifest.contest(opened.index).options, 1)}
    found = [(option.index, option.label) for option in opened.options]
    for ind_o, label in found:
        message = f"option {ind_o} with the label {label!r} is not in the contest"
        ledger.check("19.C", labels.get(ind_o) == label, message, place)
    for ind_o, label in labels.items():
        ledger.check("19.D", found.count((ind_o, label)) == 1, f"option {label!r} is missing or doubled", place)
