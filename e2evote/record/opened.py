"""What is opened of single ballots: challenged ballots by nonces, contest data of cast ballots by the guardians."""

from typing import Annotated

from annotated_types import MinLen

from e2evote.encoding import Hex
from e2evote.group.elements import Element, Scalar
from e2evote.record.codec import Count, Hash, Index, RecordModel
from e2evote.zkp.equality import EqualityProof

Data = Annotated[bytes, Hex()]


class OpenedOption(RecordModel):
    """The value σ and the nonce ξ_{i,j} of one option."""

    index: Index
    label: str
    selection: Count
    nonce: Scalar


class OpenedContestData(RecordModel):
    """The nonce ξ and the data D of one contest."""

    nonce: Scalar
    data: Data


class OpenedContest(RecordModel):
    """One contest of a challenged ballot."""

    index: Index
    label: str
    options: Annotated[tuple[OpenedOption, ...], MinLen(1)]
    contest_data: OpenedContestData | None = None


class ChallengedBallot(RecordModel):
    """A challenged ballot, opened."""

    device: Index
    position: Index
    confirmation_code: Hash
    contests: Annotated[tuple[OpenedContest, ...], MinLen(1)]


class DecryptedContestData(RecordModel):
    """Contest data of a cast ballot: β = C_0^ŝ with its proof, and D."""

    device: Index
    position: Index
    confirmation_code: Hash
    index: Index
    factor: Element
    proof: EqualityProof
    data: Data
