"""What a vault holds, and what of it a backup holds."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import MinLen
from pydantic import Field

from e2evote.approval import DecryptionMemory
from e2evote.encoding import Hex
from e2evote.group.elements import SecretScalar
from e2evote.record.ballot import Timestamp
from e2evote.record.codec import Hash, RecordModel
from e2evote.record.setup import GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares
from guardian_cli.keystore.sealed import SecretKey

SecretBytes = Annotated[bytes, Hex(32), Field(repr=False)]


class SecretCeremony(RecordModel):
    """The coefficients of P_i and P̂_i, ζ_i and the public key with its proofs; gone once the record is confirmed."""

    vote: Annotated[tuple[SecretScalar, ...], MinLen(1)]
    data: Annotated[tuple[SecretScalar, ...], MinLen(1)]
    zeta: SecretScalar
    public: GuardianPublicKey


class SecretShares(RecordModel):
    """z_i and ẑ_i, and once the guardian record is confirmed H_E of the election they belong to."""

    z: SecretScalar
    z_hat: SecretScalar
    h_e: Hash | None = None


class Restored(RecordModel):
    """That the vault came from a backup: what it knew of decryptions until then is lost."""

    at: Timestamp
    decryptions: tuple[Hash, ...] | None = None
    """The sessions that were published before; left out until that list is imported."""


class SecretVault(RecordModel):
    """What the sealed file holds."""

    identity: SecretBytes
    session_key: SecretBytes
    ceremony: SecretCeremony | None = None
    shares: SecretShares | None = None
    restored: Restored | None = None
    memory: DecryptionMemory = DecryptionMemory()
    accepted: tuple[Hash, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretLongTerm:
    """What a backup holds: the identity key, z_i and ẑ_i, bound to H_E; never a nonce of a decryption."""

    identity: SecretKey
    shares: SecretKeyShares
    h_e: bytes
