"""Schnorr proofs: knowledge of one exponent, and of several exponents under one challenge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from e2evote.errors import VerificationError
from e2evote.group.computation import Computation, Request, compute
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.group.powers import Base, V
from e2evote.group.randomness import Randomness
from e2evote.hashing import H_q, Tag


@dataclass(frozen=True, slots=True)
class SchnorrProof:
    """Knowledge of x with X = g^x; the commitment a is recomputed."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    challenge: Scalar
    response: Scalar

    def commitment(self, g: Base[V], X: Base[V]) -> V:
        """Return a = g^v · X^c."""
        return g**self.response * X**self.challenge

    def __bytes__(self) -> bytes:
        """Encode as c ‖ v, 64 bytes."""
        return bytes(self.challenge) + bytes(self.response)


def prove(g: Base[V], x: SecretScalar, challenge: Callable[[Element], Scalar], rng: Randomness) -> SchnorrProof:
    """Prove knowledge of x: a = g^u, c = challenge(a), v = u − c·x.

    Spec: EG-2.1 §3.2.2, eq. 22
    """
    return compute(proving(g, x, challenge, rng))


def proving(
    g: Base[V], x: SecretScalar, challenge: Callable[[Element], Scalar], rng: Randomness
) -> Computation[SchnorrProof]:
    """Do what ``prove`` does, as a computation."""
    u = rng.scalar(x.group)
    (a,) = (yield Request([g**u])).values
    c = challenge(a)
    return SchnorrProof(c, (u - c * x).reveal())


def verify(g: Base[V], X: Base[V], proof: SchnorrProof, challenge: Callable[[Element], Scalar]) -> None:
    """Accept a proof for X, which must have been tested for membership.

    Raises:
        VerificationError: a value outside Z_q, or another challenge.
    """
    compute(verifying(g, X, proof, challenge))


def verifying(g: Base[V], X: Base[V], proof: SchnorrProof, challenge: Callable[[Element], Scalar]) -> Computation[None]:
    """Do what ``verify`` does, as a computation."""
    if not (proof.challenge.in_range() and proof.response.in_range()):
        raise VerificationError("Schnorr proof: challenge or response is not in Z_q")
    (a,) = (yield Request([proof.commitment(g, X)])).values
    if challenge(a) != proof.challenge:
        raise VerificationError("Schnorr proof: the challenge does not match")


@dataclass(frozen=True, slots=True)
class AggregatedSchnorrProof:
    """Knowledge of every x_j with X_j = g^(x_j) under one challenge."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    challenge: Scalar
    responses: tuple[Scalar, ...]

    def commitments(self, g: Base[V], publics: Sequence[Base[V]]) -> tuple[V, ...]:
        """Return h_j = g^(v_j) · X_j^c for as many as there are responses and publics."""
        c = self.challenge
        return tuple(g**v_j * X_j**c for v_j, X_j in zip(self.responses, publics, strict=True))


def guardian_challenge(
    h_p: bytes, label: bytes, i: int, publics: Sequence[Element], commitments: Sequence[Element]
) -> Scalar:
    """Return c_i = H_q(H_P; 10, label, i, K_{i,0}, …, K_{i,k−1}, κ_i, h_{i,0}, …, h_{i,k}).

    Args:
        h_p: H_P.
        label: b"pk_vote" for the first polynomial, b"pk_data" for the second.
        i: the guardian's index.
        publics: the k commitments and κ_i.
        commitments: the k + 1 commitments h of the proof.

    Spec: EG-2.1 §3.2.2, eqs. 11, 13
    """
    # 10 ‖ label(7) ‖ i(4) ‖ k+1 elements ‖ k+1 elements: 12 + 2(k+1)·l_p bytes
    length = 12 + 2 * len(publics) * publics[0].group.l_p
    return H_q(publics[0].group, h_p, Tag.GUARDIAN_PROOF, label, i, *publics, *commitments, length=length)


def prove_all(
    g: Element, secrets: Sequence[SecretScalar], challenge: Callable[[Sequence[Element]], Scalar], rng: Randomness
) -> AggregatedSchnorrProof:
    """Prove knowledge of all secrets: h_j = g^(u_j), c = challenge(h), v_j = u_j − c·x_j, each u_j fresh.

    Spec: EG-2.1 §3.2.2, eqs. 10, 12
    """
    nonces = [rng.scalar(x.group) for x in secrets]
    c = challenge([g**u for u in nonces])
    return AggregatedSchnorrProof(c, tuple((u - c * x).reveal() for u, x in zip(nonces, secrets, strict=True)))
