"""Hashed ElGamal, signed: bytes encrypted under a public key with a Schnorr proof of the nonce.

One scheme, three uses, each with its own key derivation and challenge (a *seal*): the shares that guardians send each
other, the ballot nonce, and contest data. Order for a receiver: ``verify`` (membership and proof), then ``decrypt``.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Protocol

from e2evote.encoding import Hex, b, xor
from e2evote.errors import VerificationError
from e2evote.group.computation import Computation, Request, compute, together
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.group.powers import Base, NewBase, Product, V
from e2evote.group.randomness import Randomness
from e2evote.hashing import H, H_q, Tag, kdf
from e2evote.zkp import schnorr
from e2evote.zkp.schnorr import SchnorrProof


@dataclass(frozen=True, slots=True)
class HashedCiphertext:
    """(C_0, C_1, C_2): g^ξ, the masked bytes, and the proof of ξ."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    c_0: Element
    c_1: Annotated[bytes, Hex()]
    c_2: SchnorrProof


class Seal(Protocol):
    """What distinguishes one use from another."""

    def mask(self, alpha: Element, beta: Element, size: int) -> bytes:
        """Return the key stream of ``size`` bytes derived from (α, β)."""

    def challenge(self, c_0: Element, c_1: bytes, a: Element) -> Scalar:
        """Return the challenge of the proof with commitment a."""


@dataclass(frozen=True, slots=True)
class ShareSeal:
    """The shares P_i(ℓ) ‖ P̂_i(ℓ) from guardian i to guardian ℓ, 64 bytes."""

    h_p: bytes
    i: int
    ell: int
    kappa: Element

    def mask(self, alpha: Element, beta: Element, size: int) -> bytes:
        """Return k_{i,ℓ,1} ‖ k_{i,ℓ,2}.

        Spec: EG-2.1 §3.2.2, eqs. 16–18
        """
        # 11 ‖ i(4) ‖ ℓ(4) ‖ κ_ℓ ‖ α ‖ β: 1545 bytes
        length = 9 + 3 * alpha.group.l_p
        k = H(self.h_p, Tag.SHARE_KEY, self.i, self.ell, self.kappa, alpha, beta, length=length)
        context = b"share_encrypt" + b(self.i, 4) + b(self.ell, 4)
        # t(1) ‖ label(14) ‖ 00 ‖ context(21) ‖ 0200: 39 bytes
        blocks = (kdf(k, b(t, 1), b"share_enc_keys", context, b(512, 2), message_length=39) for t in (1, 2))
        return _exactly(size, b"".join(blocks))

    def challenge(self, c_0: Element, c_1: bytes, a: Element) -> Scalar:
        """Return c̄_{i,ℓ} = H_q(H_P; 12, i, ℓ, γ, C_0, C_1).

        Spec: EG-2.1 §3.2.2, eq. 22
        """
        _check_size(len(c_1), 64)
        # 12 ‖ i(4) ‖ ℓ(4) ‖ γ ‖ C_0 ‖ C_1(64): 1097 bytes
        length = 73 + 2 * a.group.l_p
        return H_q(a.group, self.h_p, Tag.SHARE_PROOF, self.i, self.ell, a, c_0, c_1, length=length)


@dataclass(frozen=True, slots=True)
class BallotNonceSeal:
    """The ballot nonce ξ_B, 32 bytes."""

    h_i: bytes

    def mask(self, alpha: Element, beta: Element, size: int) -> bytes:
        """Return k_1.

        Spec: EG-2.1 §3.3.4, eqs. 35, 36
        """
        # 22 ‖ α_B ‖ β_B: 1025 bytes
        h = H(self.h_i, Tag.BALLOT_NONCE_KEY, alpha, beta, length=1 + 2 * alpha.group.l_p)
        # 01 ‖ label(12) ‖ 00 ‖ context(20) ‖ 0100: 36 bytes
        k_1 = kdf(h, b(1, 1), b"ballot_nonce", b"ballot_nonce_encrypt", b(256, 2), message_length=36)
        return _exactly(size, k_1)

    def challenge(self, c_0: Element, c_1: bytes, a: Element) -> Scalar:
        """Return c_B = H_q(H_I; 23, a_B, C_0, C_1).

        Spec: EG-2.1 §3.3.4, eq. 38
        """
        _check_size(len(c_1), 32)
        # 23 ‖ a_B ‖ C_0 ‖ C_1(32): 1057 bytes
        return H_q(a.group, self.h_i, Tag.BALLOT_NONCE_PROOF, a, c_0, c_1, length=33 + 2 * a.group.l_p)


@dataclass(frozen=True, slots=True)
class ContestDataSeal:
    """The data of one contest, 32·b bytes."""

    h_i: bytes
    ind_c: int

    def mask(self, alpha: Element, beta: Element, size: int) -> bytes:
        """Return k_1 ‖ … ‖ k_b, counter and length in 4 bytes.

        Spec: EG-2.1 §3.3.10, eqs. 65, 66
        """
        # 26 ‖ ind_c(4) ‖ α ‖ β: 1029 bytes
        h = H(self.h_i, Tag.CONTEST_DATA_KEY, self.ind_c, alpha, beta, length=5 + 2 * alpha.group.l_p)
        context, blocks = b"contest_data" + b(self.ind_c, 4), size // 32
        # t(4) ‖ label(13) ‖ 00 ‖ context(16) ‖ length in bits(4): 38 bytes
        length, counters = b(256 * blocks, 4), range(1, blocks + 1)
        stream = (kdf(h, b(t, 4), b"data_enc_keys", context, length, message_length=38) for t in counters)
        return _exactly(size, b"".join(stream))

    def challenge(self, c_0: Element, c_1: bytes, a: Element) -> Scalar:
        """Return c = H_q(H_I; 27, ind_c, a, C_0, C_1).

        Spec: EG-2.1 §3.3.10, eq. 69
        """
        # 27 ‖ ind_c(4) ‖ a ‖ C_0 ‖ C_1(32·b): 1029 + 32·b bytes
        length = 5 + 2 * a.group.l_p + len(c_1)
        return H_q(a.group, self.h_i, Tag.CONTEST_DATA_PROOF, self.ind_c, a, c_0, c_1, length=length)


def encrypt(
    seal: Seal, g: Base[V], key: Base[V], plaintext: bytes, xi: SecretScalar, rng: Randomness
) -> HashedCiphertext:
    """Encrypt whole blocks: α = g^ξ, β = key^ξ, C_1 = plaintext ⊕ mask, C_2 proves ξ.

    Spec: EG-2.1 §3.2.2, eqs. 15, 19–21; §3.3.4, eqs. 34, 37; §3.3.10, eqs. 63, 67, 68
    """
    return compute(encrypting(seal, g, key, plaintext, xi, rng))


def encrypting(
    seal: Seal, g: Base[V], key: Base[V], plaintext: bytes, xi: SecretScalar, rng: Randomness
) -> Computation[HashedCiphertext]:
    """Do what ``encrypt`` does, as a computation."""
    alpha, beta = (yield Request([g**xi, key**xi])).values
    c_1 = xor(plaintext, seal.mask(alpha, beta, len(plaintext)))
    c_2 = yield from schnorr.proving(g, xi, partial(seal.challenge, alpha, c_1), rng)
    return HashedCiphertext(alpha, c_1, c_2)


def verify(seal: Seal, g: Element, ciphertext: HashedCiphertext) -> None:
    """Accept a ciphertext whose maker knew the nonce; never decrypt another.

    Raises:
        VerificationError: C_0 is not in the group, C_1 has another size than its use, or the proof does not hold.

    Spec: EG-2.1 §3.6.6
    """
    compute(verifying(seal, NewBase(g), ciphertext))


def verifying(seal: Seal, g: Base[Product], ciphertext: HashedCiphertext) -> Computation[None]:
    """Do what ``verify`` does, as a computation."""
    challenge, c_0 = partial(seal.challenge, ciphertext.c_0, ciphertext.c_1), NewBase(ciphertext.c_0)
    yield from together([_verifying_member(c_0), schnorr.verifying(g, c_0, ciphertext.c_2, challenge)])


def decrypt(seal: Seal, ciphertext: HashedCiphertext, beta: Element) -> bytes:
    """Return C_1 ⊕ mask(C_0, β), with β = C_0^secret from whoever can compute it.

    Spec: EG-2.1 §3.2.2, eq. 23; §3.6.6, eqs. 104–106; §3.6.7, eq. 111
    """
    return xor(ciphertext.c_1, seal.mask(ciphertext.c_0, beta, len(ciphertext.c_1)))


def _verifying_member(c_0: NewBase) -> Computation[None]:
    (is_member,) = (yield Request((), (c_0,))).members
    if not is_member:
        raise VerificationError("hashed ciphertext: C_0 is not a member of the group")


def _exactly(size: int, stream: bytes) -> bytes:
    _check_size(size, len(stream))
    return stream


def _check_size(size: int, expected: int) -> None:
    if size != expected:
        raise VerificationError(f"hashed ciphertext: {size} bytes where {expected} are expected")
