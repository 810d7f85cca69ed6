"""What boxes 14 and 19 ask alike of an opened ballot: contests of its style, options of the manifest, each once."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from e2evote.record.manifest import Contest
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place


class Labelled(Protocol):
    """Something opened that says which one of the manifest it is."""

    @property
    def index(self) -> int:
        """Its index."""

    @property
    def label(self) -> str:
        """Its label."""


class LabelledContest(Labelled, Protocol):
    """A contest of an opened ballot."""

    @property
    def options(self) -> Sequence[Labelled]:
        """Its options as they were opened."""


def verify_labels(
    ledger: Ledger,
    box: int,
    context: Context,
    style: int,
    opened: Sequence[LabelledContest],
    labels_of: Callable[[Contest], Iterable[str]],
    place: Place,
) -> None:
    """Compare the labels of one opened ballot, of a style that exists, with the manifest: sub-checks A to D.

    Args:
        ledger: takes the findings.
        box: 14 or 19.
        context: the manifest.
        style: the ballot's style.
        opened: its contests.
        labels_of: the labels that an opened contest must have, in order.
        place: where the ballot is.

    Spec: EG-2.1 §3.6.7, box 14; §4.5, box 19
    """
    manifest = context.manifest
    contests = {ind_c: manifest.contest(ind_c).label for ind_c in manifest.ballot_style(style).contests}
    found = [(contest.index, contest.label) for contest in opened]
    for ind_c, label in found:
        message = f"contest {ind_c} with the label {label!r} is not on the ballot's style"
        ledger.check(f"{box}.A", contests.get(ind_c) == label, message, place)
    for ind_c, label in contests.items():
        once = found.count((ind_c, label)) == 1
        ledger.check(f"{box}.B", once, f"contest {label!r} is missing or doubled", place)
    for contest in opened:
        if contest.index in contests:
            labels = dict(enumerate(labels_of(manifest.contest(contest.index)), 1))
            _verify_options(ledger, box, labels, contest.options, place.within(contest.label))


def _verify_options(
    ledger: Ledger, box: int, labels: dict[int, str], options: Sequence[Labelled], place: Place
) -> None:
    found = [(option.index, option.label) for option in options]
    for ind_o, label in found:
        message = f"option {ind_o} with the label {label!r} is not in the contest"
        ledger.check(f"{box}.C", labels.get(ind_o) == label, message, place)
    for ind_o, label in labels.items():
        once = found.count((ind_o, label)) == 1
        ledger.check(f"{box}.D", once, f"option {label!r} is missing or doubled", place)
