"""Encrypted ballots, their statuses, and the voting devices they were made on."""

from datetime import datetime
from typing import Annotated, Literal

from annotated_types import MinLen
from pydantic import AfterValidator, StringConstraints

from e2evote.elgamal import Ciphertext
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.record.codec import ChainingField, Count, Hash, Index, RecordModel
from e2evote.zkp.range import RangeProof

Status = Literal["cast", "challenged", "spoiled", "uncast"]
"""``uncast`` is said of pre-encrypted ballots only: they are cast, or opened."""


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


class ProvedContest(RecordModel):
    """The votes of a ballot in one contest: options and supplemental fields in manifest order, proof of its limit."""

    index: Index
    options: Annotated[tuple[EncryptedOption, ...], MinLen(1)]
    proof: RangeProof

    @property
    def ciphertexts(self) -> tuple[Ciphertext, ...]:
        """All ciphertexts of verifiable fields, in order."""
        return tuple(option.ciphertext for option in self.options)


class EncryptedContest(ProvedContest):
    """One contest on a ballot, with what is proved of supplemental fields, its data, its hash χ.

    ``relations`` are the proofs of ``record.supplemental.field_relations``, in order.
    """

    relations: Annotated[tuple[RangeProof, ...], MinLen(1)] | None = None
    contest_data: HashedCiphertext | None = None
    contest_hash: Hash


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
    """A device at the start: S_device, H_DI, chaining mode, H_0 if ballots are chained; and whether it pre-encrypts."""

    device: Index
    device_info: str
    h_di: Hash
    chaining_mode: Literal[0, 1]
    h_0: Hash | None = None
    pre_encrypted: Literal[True] | None = None


class DeviceClosing(RecordModel):
    """A voting device at the end: number of ballots, and B̄_C and H̄ where ballots are chained."""

    ballots: Count
    chaining_field: ChainingField | None = None
    closing_hash: Hash | None = None
