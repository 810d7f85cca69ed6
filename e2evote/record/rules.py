"""What a manifest may say about the meaning of its results: seats, ties, thresholds, a quorum, and who approves."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen

from e2evote.ed25519 import check_signing_key
from e2evote.errors import CheckError
from e2evote.record.codec import Hash, Index, RecordModel

Percent = Annotated[int, Ge(1), Le(100)]
TieRule = Literal["lots", "order", "unresolved"]
Threshold = Literal["majority"] | Percent
Role = Literal["presiding", "supervising", "inspecting"]


class Quorum(RecordModel):
    """How many must have taken part: so many, or a share of those entitled, who are counted here or by officials."""

    of: Literal["ballots", "weight"] = "ballots"
    at_least: Index | None = None
    percent: Percent | None = None
    entitled: Index | None = None


class Official(RecordModel):
    """Somebody who signs results or minutes, and the Ed25519 key that does so."""

    label: str
    name: Annotated[dict[str, str], MinLen(1)] | None = None
    role: Role
    key: Hash


def quorum_problems(quorum: Quorum | None) -> Iterator[str]:
    """Yield what is wrong with a quorum."""
    if quorum is None:
        return
    if (quorum.at_least is None) == (quorum.percent is None):
        yield "quorum: exactly one of at_least and percent must be there"
    if quorum.at_least is not None and quorum.entitled is not None:
        yield "quorum: entitled belongs to percent"


def official_problems(officials: Sequence[Official] | None, approvals: int | None) -> Iterator[str]:
    """Yield what is wrong with the officials, but for their labels."""
    if officials is None:
        if approvals is not None:
            yield "approvals: the manifest names no officials"
        return
    if len({official.key for official in officials}) != len(officials):
        yield "officials: a key is used twice"
    for official in officials:
        try:
            check_signing_key(official.key, f"official {official.label!r}")
        except CheckError as error:
            yield str(error)
    supervising = sum(official.role == "supervising" for official in officials)
    if (approvals or 1) > supervising:
        yield f"approvals: {approvals or 1} are needed, and {supervising} supervising officials are named"
