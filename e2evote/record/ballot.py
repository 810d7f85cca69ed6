"""Encrypted ballots, their statuses, and the voting devices they were made on."""

from datetime import datetime
from typing import Annotated, Literal

from annotated_types import MinLen
from pydantic import AfterValidator, StringConstraints

from e2evote.elgamal import Ciphertext
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.record.codec import ChainingField, Count, Hash, Index, RecordModel
from e2evote.zkp.range import RangeProof

Status = Literal["cast", "challenged", "spoiled"]


def _existing_time(text: str) -> str:
    if datetime.fromisoformat(text).isoformat() != text[:-1] + "+00:00":
        raise ValueError("not a time of day")
    return text


Timestamp = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
    AfterValidator(_existing_time),
]
NO_CHAINING, SIMPLE_CHAINING = 0, 1


class EncryptedOption(RecordModel):
    """The encryption of the value of an option or a supplemental field, and the proof that it lies in 0…R."""

    ciphertext: Ciphertext
    proof: RangeProof


class EncryptedContest(RecordModel):
    """One contest on a ballot: its options and supplemental fields in manifest order, proofs, its data, its hash χ.

    ``proof`` is that of its limit, ``relations`` are those of ``record.supplemental.field_relations``, in order.
    """

    index: Index
    options: Annotated[tuple[EncryptedOption, ...], MinLen(1)]
    proof: RangeProof
    relations: Annotated[tuple[RangeProof, ...], MinLen(1)] | None = None
    contest_data: HashedCiphertext | None = None
    contest_hash: Hash

    @property
    def ciphertexts(self) -> tuple[Ciphertext, ...]:
        """All ciphertexts of verifiable fields, in order."""
        return tuple(option.ciphertext for option in self.options)


class EncryptedBallot(RecordModel):
    """One immutable ballot as it left the device; its status is a separate, later entry."""

    id_b: Hash
    h_i: Hash
    device: Index
    position: Index
    ballot_style: Index
    weight: Count
    encrypted_at: Timestamp
    contests: Annotated[tuple[EncryptedContest, ...], MinLen(1)]
    ballot_nonce: HashedCiphertext
    chaining_field: ChainingField
    confirmation_code: Hash


class BallotStatus(RecordModel):
    """What became of the ballot with this confirmation code."""

    confirmation_code: Hash
    status: Status


class DeviceOpening(RecordModel):
    """A voting device at the start: S_device, H_DI, chaining mode, and H_0 where ballots are chained."""

    device: Index
    device_info: str
    h_di: Hash
    chaining_mode: Literal[0, 1]
    h_0: Hash | None = None


class DeviceClosing(RecordModel):
    """A voting device at the end: number of ballots, and B̄_C and H̄ where ballots are chained."""

    ballots: Count
    chaining_field: ChainingField | None = None
    closing_hash: Hash | None = None
