"""Which questions a voter is shown: some only after certain answers to earlier ones."""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated

from annotated_types import MinLen

from e2evote.record.codec import Index, RecordModel


class Condition(RecordModel):
    """A contest that is shown only while an earlier one is shown and one of these options is chosen in it."""

    contest: Index
    depends_on: Index
    options: Annotated[tuple[Index, ...], MinLen(1)]


def shown_contests(
    contests: Iterable[int], conditions: Collection[Condition], chosen: Mapping[int, Collection[int]]
) -> list[int]:
    """Return which of a ballot style's contests are shown, in order.

    Args:
        contests: of the ballot style, ascending.
        conditions: at most one a contest.
        chosen: the options that are chosen so far, by contest, from 1.
    """
    by_contest = {condition.contest: condition for condition in conditions}
    shown: list[int] = []
    for contest in contests:
        condition = by_contest.get(contest)
        if condition is None or (
            condition.depends_on in shown and set(condition.options) & set(chosen.get(condition.depends_on, ()))
        ):
            shown.append(contest)
    return shown
