"""Where guardians departed from the rule that exactly the contests that reach the minimum are decrypted."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import MinLen
from pydantic import StringConstraints

from e2evote.record.codec import Index, RecordModel

Rule = Literal["minimum", "weight"]
"""What a contest of a cell can break: too few cast ballots, or a weight that too few of them have."""

Reason = Annotated[str, StringConstraints(pattern=r"^\S", max_length=1000)]


@dataclass(frozen=True, slots=True)
class Override:
    """A decision to decrypt a contest of a cell, both by label, although it breaks a rule; the record publishes it."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    cell: str
    contest: str
    rule: Rule
    reason: Reason


class TallyException(RecordModel):
    """A contest of a cell that was decrypted although it breaks a rule, or withheld because it does."""

    cell: Index
    contest: Index
    rule: Rule
    action: Literal["decrypted", "withheld"]
    reason: Reason
    guardians: Annotated[tuple[Index, ...], MinLen(1)]
