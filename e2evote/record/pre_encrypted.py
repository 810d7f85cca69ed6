"""Pre-encrypted ballots: as they were printed, as they were cast, and as they were opened where nobody cast them.

A pre-encrypted ballot is chained and published before anybody votes on it, and never changes. If it is cast, what its
voter selected follows in a recorded ballot; if not, all of it is opened.
"""

from collections.abc import Iterator
from typing import Annotated

from annotated_types import MinLen

from e2evote.elgamal import Ciphertext
from e2evote.group.elements import Group, Scalar
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.record.ballot import DeviceOpening, EncryptedBallot, ProvedContest, Timestamp
from e2evote.record.codec import ChainingField, Count, Hash, Index, RecordModel, parse
from e2evote.record.short_codes import ShortCode
from e2evote.zkp.range import RangeProof


class PreEncryptedContest(RecordModel):
    """The selection hashes of a contest's m options and L null vectors, sorted, and χ."""

    index: Index
    selection_hashes: Annotated[tuple[Hash, ...], MinLen(1)]
    contest_hash: Hash


class PreEncryptedBallot(RecordModel):
    """One immutable ballot as it was printed; whether it was cast is a separate, later entry."""

    id_b: Hash
    h_i: Hash
    device: Index
    position: Index
    ballot_style: Index
    weight: Count
    encrypted_at: Timestamp
    contests: Annotated[tuple[PreEncryptedContest, ...], MinLen(1)]
    ballot_nonce: HashedCiphertext
    chaining_field: ChainingField
    confirmation_code: Hash


class SelectedVector(RecordModel):
    """One selected vector Ψ with ψ and its short code; where L > 1 also a proof for each of its encryptions."""

    selection_hash: Hash
    short_code: ShortCode
    vector: Annotated[tuple[Ciphertext, ...], MinLen(1)]
    proofs: Annotated[tuple[RangeProof, ...], MinLen(1)] | None = None


class RecordedContest(ProvedContest):
    """The product of the L selected vectors, proved like any contest, and these vectors by ascending ψ."""

    selections: Annotated[tuple[SelectedVector, ...], MinLen(1)]


class RecordedBallot(RecordModel):
    """A pre-encrypted ballot that was cast. It can be counted by itself."""

    device: Index
    position: Index
    ballot_style: Index
    weight: Count
    contests: Annotated[tuple[RecordedContest, ...], MinLen(1)]
    confirmation_code: Hash


class OpenedVector(RecordModel):
    """A vector opened: ξ_{i,j,1}, …, ξ_{i,j,m}."""

    short_code: ShortCode
    selection_hash: Hash
    nonces: Annotated[tuple[Scalar, ...], MinLen(1)]


class UncastOption(RecordModel):
    """The vector of an option, opened."""

    index: Index
    label: str
    short_code: ShortCode
    selection_hash: Hash
    nonces: Annotated[tuple[Scalar, ...], MinLen(1)]


class UncastContest(RecordModel):
    """One contest of an uncast ballot: the vectors of its options, and the null vectors."""

    index: Index
    label: str
    options: Annotated[tuple[UncastOption, ...], MinLen(1)]
    null_vectors: Annotated[tuple[OpenedVector, ...], MinLen(1)]

    def vectors(self) -> Iterator[UncastOption | OpenedVector]:
        """Yield all vectors: j = 1…m for the options, and the null vectors behind."""
        yield from self.options
        yield from self.null_vectors


class UncastBallot(RecordModel):
    """A pre-encrypted ballot that was not cast, opened."""

    device: Index
    position: Index
    confirmation_code: Hash
    contests: Annotated[tuple[UncastContest, ...], MinLen(1)]


PublishedBallot = EncryptedBallot | PreEncryptedBallot
"""What stands in the ballots of a device, by what the device makes."""

CountedBallot = EncryptedBallot | RecordedBallot
"""What is added up of a cast ballot: style, weight, and ciphertexts by contest and option."""


def parse_published(line: bytes, where: str, group: Group, opening: DeviceOpening) -> PublishedBallot:
    """Return the ballot in a line of a device.

    Raises:
        ParseError: naming file, line and field.
    """
    if opening.pre_encrypted:
        return parse(PreEncryptedBallot, line, where, group)
    return parse(EncryptedBallot, line, where, group)


def parse_counted(line: bytes, where: str, group: Group) -> CountedBallot:
    """Return the ballot in a line of either kind; their first fields differ.

    Raises:
        ParseError: naming file, line and field.
    """
    if line.startswith(b'{"device":'):
        return parse(RecordedBallot, line, where, group)
    return parse(EncryptedBallot, line, where, group)
