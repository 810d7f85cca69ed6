"""Complaints: who is accused of what, with evidence that a third party can judge without a secret.

Evidence is the signed messages themselves, as texts. Only a wrong share needs more, since it is encrypted: the
complainer opens this one ciphertext with β = C_0^ζ and proves that β was made with the ζ of its published key.
"""

from functools import partial
from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from pydantic import Field

from e2evote.errors import CheckError, VerificationError
from e2evote.group.elements import Element, Group, Scalar
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.hashing import H_q, OwnTag
from e2evote.key_ceremony import Ceremony, EncryptedShare, SecretGuardianKeys, verify_encrypted_share
from e2evote.messages.envelope import Exchange, Round, RoundName
from e2evote.record.codec import Count, Index, RecordModel
from e2evote.zkp import equality
from e2evote.zkp.equality import EqualityProof

SignedMessage = Annotated[str, MinLen(1)]
"""The bytes of an envelope, as text."""


class ShareOpening(RecordModel):
    """β = C_0^ζ and the proof of log_g κ = log_{C_0} β."""

    beta: Element
    proof: EqualityProof


class WrongShare(RecordModel):
    """A share that does not fit the sender's commitments: all public keys, the share, and its opening."""

    kind: Literal["wrong share"]
    public_keys: tuple[SignedMessage, ...]
    share: SignedMessage
    opening: ShareOpening


class InvalidMessage(RecordModel):
    """A signed message that is wrong by itself: its form, a proof in it, a number out of range."""

    kind: Literal["invalid message"]
    message: SignedMessage


class WrongConfirmation(RecordModel):
    """A confirmation of another H_G than the public keys give that it says it has seen."""

    kind: Literal["wrong confirmation"]
    public_keys: tuple[SignedMessage, ...]
    confirmation: SignedMessage


class TwoFaces(RecordModel):
    """Two different signed messages where one may be."""

    kind: Literal["two faces"]
    first: SignedMessage
    second: SignedMessage


class WrongDecryption(RecordModel):
    """A part that is not what was committed to, or a response that does not fit: all messages that it depends on.

    ``statement`` counts from 1. Where the response is what is wrong, it is there, with the reveals of all; without it
    the accused's own reveals are enough.
    """

    kind: Literal["wrong decryption"]
    statement: Index
    commitments: tuple[SignedMessage, ...]
    reveals: Annotated[tuple[SignedMessage, ...], MinLen(1)]
    response: SignedMessage | None = None


class Absence(RecordModel):
    """Nothing came, to ``recipient`` or to all (0). It cannot be proved, and is only recorded."""

    kind: Literal["absence"]
    round: RoundName
    recipient: Count


Grounds = Annotated[
    WrongShare | InvalidMessage | WrongConfirmation | TwoFaces | WrongDecryption | Absence, Field(discriminator="kind")
]


class Complaint(RecordModel):
    """The payload of a complaint; the complainer signs its envelope."""

    accused: Index
    equation: Annotated[str, MinLen(1), MaxLen(200)]
    grounds: Grounds


COMPLAINT = Round("complaint", Complaint, repeatable=True)
"""May be written at any time."""


def open_share(
    ceremony: Ceremony,
    exchange: Exchange,
    secret: SecretGuardianKeys,
    share: EncryptedShare,
    rng: Randomness = SYSTEM,
) -> ShareOpening:
    """Open one share to everybody. It tells the two values P_i(ℓ), P̂_i(ℓ) and nothing else.

    Only ciphertexts whose maker proved to know ξ are opened: for others, β would be a power that nobody else knows.

    Raises:
        CheckError: the share is for another guardian.
        VerificationError: its proof does not hold; the message itself is evidence then.
    """
    if share.recipient != secret.i:
        raise CheckError(f"guardian {secret.i}: the share is for guardian {share.recipient}")
    verify_encrypted_share(ceremony, share)
    g, c_0, u = ceremony.group.g, share.ciphertext.c_0, rng.scalar(ceremony.group)
    kappa, beta = g**secret.zeta, c_0**secret.zeta
    c = _challenge(ceremony, exchange, kappa, share, beta)(g**u, c_0**u)
    return ShareOpening(beta=beta, proof=EqualityProof(c, (u - c * secret.zeta).reveal()))


def verify_opening(
    ceremony: Ceremony, exchange: Exchange, kappa: Element, share: EncryptedShare, opening: ShareOpening
) -> None:
    """Accept an opening of a share that was verified, for the recipient with communication key κ.

    Raises:
        VerificationError: β is not in the group, a number not in Z_q, or the proof does not hold.
    """
    g, c_0, beta, proof = ceremony.group.g, share.ciphertext.c_0, opening.beta, opening.proof
    if not beta.is_member():
        raise VerificationError(f"guardian {share.recipient}: β of the opened share is not a member of the group")
    if not proof.challenge.in_range():
        raise VerificationError(f"guardian {share.recipient}: the challenge of the opened share is not in Z_q")
    a, b = proof.commitments(g, kappa, c_0, beta)
    expected = _challenge(ceremony, exchange, kappa, share, beta)(a, b)
    try:
        equality.verify(proof.response, expected, proof.challenge)
    except VerificationError as error:
        raise VerificationError(f"guardian {share.recipient}: opened share: {error}") from None


def _challenge(
    ceremony: Ceremony, exchange: Exchange, kappa: Element, share: EncryptedShare, beta: Element
) -> "partial[Scalar]":
    return partial(_hashed, ceremony.group, ceremony.hashes.h_p, exchange.context, kappa, share, beta)


def _hashed(
    group: Group,
    h_p: bytes,
    context: bytes,
    kappa: Element,
    share: EncryptedShare,
    beta: Element,
    a: Element,
    b: Element,
) -> Scalar:
    """Return c = H_q(H_P; E0, "share_opening", context, i, ℓ, κ_ℓ, C_0, C_1, C_2, β, a, b)."""
    c = share.ciphertext
    parts = (b"share_opening", context, share.sender, share.recipient, kappa, c.c_0, c.c_1, bytes(c.c_2), beta, a, b)
    # E0 ‖ label(13) ‖ context(32) ‖ i(4) ‖ ℓ(4) ‖ κ_ℓ ‖ C_0 ‖ C_1(64) ‖ C_2(64) ‖ β ‖ a ‖ b: 2742 bytes
    return H_q(group, h_p, OwnTag.SHARE_OPENING, *parts, length=182 + 5 * group.l_p)
