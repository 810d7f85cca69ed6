"""A voter's selections before encryption. Input only: never part of a record."""

import re
from typing import Annotated

from annotated_types import MinLen
from pydantic import BeforeValidator

from e2evote.errors import CheckError
from e2evote.record.codec import Count, Index, RecordModel
from e2evote.record.manifest import Contest, Manifest

_INDEX = re.compile("[1-9][0-9]{0,9}")


def _option_index(key: object) -> object:
    """Accept one spelling of an index: decimal digits, no sign, no leading zero."""
    if isinstance(key, str):
        if not _INDEX.fullmatch(key):
            raise ValueError("expected an option index from 1, in plain digits")
        return int(key)
    return key


Selections = Annotated[tuple[Count, ...], MinLen(1)]
OptionKey = Annotated[Index, BeforeValidator(_option_index)]
"""An option's index, written in JSON as the key of an object."""


class PlaintextContest(RecordModel):
    """The marks in one contest, one number an option, and write-in texts by option index."""

    contest: Index
    selections: Selections
    write_ins: dict[OptionKey, str] | None = None


class PlaintextBallot(RecordModel):
    """One voter's ballot; a contest left out is a null vote."""

    ballot_style: Index
    weight: Index = 1
    contests: tuple[PlaintextContest, ...]

    def check(self, manifest: Manifest) -> None:
        """Accept a ballot that fits the manifest. An overvote fits: it is kept as such.

        Raises:
            CheckError: unknown style or contest, a contest twice, another number of options, weight too large,
                a write-in text for an option that takes none.
        """
        style = manifest.ballot_style(self.ballot_style)
        indices = [contest.contest for contest in self.contests]
        if len(set(indices)) != len(indices):
            raise CheckError("ballot: a contest appears twice")
        if not set(indices) <= set(style.contests):
            raise CheckError(
                f"ballot: contests {sorted(set(indices) - set(style.contests))} are not on style {style.label!r}"
            )
        if self.weight > manifest.maximum_weight:
            raise CheckError(
                f"ballot: weight {self.weight} is above the manifest's maximum of {manifest.maximum_weight}"
            )
        for contest in self.contests:
            _check_contest(contest, manifest.contest(contest.contest))


def is_overvoted(contest: Contest, selections: tuple[int, ...]) -> bool:
    """Tell whether the marks exceed the contest's limit or an option's.

    Spec: EG-2.1 §3.3.5
    """
    return sum(selections) > contest.limit or any(s > r for s, r in zip(selections, contest.option_limits, strict=True))


def encrypted_values(contest: Contest, selections: tuple[int, ...]) -> tuple[int, ...]:
    """Return what is encrypted of a voter's marks: a value an option, then one a supplemental field.

    An overvote is encrypted as zeros. An overvote indicator makes that neither an undervote nor a null vote.

    Spec: EG-2.1 §3.3.5; §3.3.9
    """
    overvoted = is_overvoted(contest, selections)
    values = (0,) * len(selections) if overvoted else selections
    counted = overvoted and "overvote_indicator" in contest.supplemental_fields
    used = contest.limit if counted else sum(values)
    fields = {
        "overvote_indicator": int(overvoted),
        "undervote_indicator": int(used < contest.limit),
        "undervote_difference": contest.limit - used,
        "null_vote_indicator": int(used == 0),
        "write_in_count": sum(v for option, v in zip(contest.options, values, strict=True) if option.write_in),
    }
    return (*values, *(fields[name] for name in contest.supplemental_fields))


def _check_contest(marks: PlaintextContest, contest: Contest) -> None:
    if len(marks.selections) != len(contest.options):
        raise CheckError(
            f"ballot: contest {contest.label!r} has {len(contest.options)} options, {len(marks.selections)} given"
        )
    for ind_o in marks.write_ins or {}:
        if ind_o > len(contest.options) or not contest.options[ind_o - 1].write_in:
            raise CheckError(f"ballot: contest {contest.label!r} takes no write-in text at option {ind_o}")
