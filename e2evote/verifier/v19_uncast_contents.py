"""Box 19: an uncast ballot, opened, has the labels of its style and of the manifest."""

from collections.abc import Iterable

from e2evote.record.manifest import Contest
from e2evote.record.pre_encrypted import PreEncryptedBallot, UncastBallot
from e2evote.verifier.context import Context
from e2evote.verifier.labels import verify_labels
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
    if ballot.ballot_style > len(context.manifest.ballot_styles):
        ledger.skip(*(check.id for check in CHECKS))
        return
    verify_labels(ledger, 19, context, ballot.ballot_style, opened.contests, _labels, place)


def _labels(contest: Contest) -> Iterable[str]:
    return (option.label for option in contest.options)
