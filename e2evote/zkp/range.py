"""Disjunctive Chaum–Pedersen proofs: a ciphertext encrypts an integer in 0…R."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from e2evote.elgamal import Ciphertext
from e2evote.errors import VerificationError
from e2evote.group.computation import Computation, Request, compute
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.group.powers import Base, V
from e2evote.group.randomness import Randomness
from e2evote.hashing import H_q, OwnTag, Tag

Commitments: TypeAlias = Sequence[Element]
"""a_0, b_0, …, a_R, b_R."""


@dataclass(frozen=True, slots=True)
class RangeProof:
    """(c_0, …, c_R; v_0, …, v_R); the commitments are recomputed."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    challenges: tuple[Scalar, ...]
    responses: tuple[Scalar, ...]

    def has_length(self, limit: int) -> bool:
        """Tell whether there are exactly R+1 challenges and R+1 responses."""
        return len(self.challenges) == len(self.responses) == limit + 1

    def commitments(self, g: Base[V], K: Base[V], alpha: Base[V], beta: Base[V]) -> list[V]:
        """Return a_0, b_0, … with a_j = g^(v_j)·α^(c_j), b_j = K^(w_j)·β^(c_j) and w_j = v_j − j·c_j.

        Spec: EG-2.1 §3.3.7, eqs. 46, 47, 55, 56
        """
        group = self.challenges[0].group
        pairs = enumerate(zip(self.challenges, self.responses, strict=True))
        return [x for j, (c, v) in pairs for x in (g**v * alpha**c, K ** (v - group.scalar(j) * c) * beta**c)]

    def challenge_sum(self) -> Scalar:
        """Return Σ c_j mod q."""
        return sum(self.challenges[1:], start=self.challenges[0] + self.challenges[0].group.scalar(0))


def selection_challenge(h_i: bytes, ind_c: int, ind_o: int, ciphertext: Ciphertext, commitments: Commitments) -> Scalar:
    """Return c = H_q(H_I; 24, ind_c, ind_o, α, β, a_0, b_0, …, a_R, b_R).

    Spec: EG-2.1 §3.3.7, eqs. 41, 50, 59
    """
    group = ciphertext.alpha.group
    # 24 ‖ ind_c(4) ‖ ind_o(4) ‖ α ‖ β ‖ a_0 ‖ b_0 ‖ …: 9 + (2R+4)·l_p bytes, 3081 for R = 1
    length = 9 + (2 + len(commitments)) * group.l_p
    parts = (ciphertext.alpha, ciphertext.beta, *commitments)
    return H_q(group, h_i, Tag.RANGE_PROOF, ind_c, ind_o, *parts, length=length)


def limit_challenge(h_i: bytes, ind_c: int, total: Ciphertext, commitments: Commitments) -> Scalar:
    """Return c = H_q(H_I; 24, ind_c, ᾱ, β̄, a_0, b_0, …, a_L, b_L).

    Spec: EG-2.1 §3.3.8, eq. 62
    """
    group = total.alpha.group
    # 24 ‖ ind_c(4) ‖ ᾱ ‖ β̄ ‖ a_0 ‖ b_0 ‖ …: 5 + (2L+4)·l_p bytes
    length = 5 + (2 + len(commitments)) * group.l_p
    return H_q(group, h_i, Tag.RANGE_PROOF, ind_c, total.alpha, total.beta, *commitments, length=length)


def relation_challenge(h_i: bytes, ind_c: int, ind_o: int, ciphertext: Ciphertext, commitments: Commitments) -> Scalar:
    """Return c = H_q(H_I; E9, ind_c, ind_o, α, β, a_0, b_0, …): a supplemental field's relation to its contest.

    The specification asks for such proofs and leaves their encoding open.

    Spec: EG-2.1 §3.3.9
    """
    group = ciphertext.alpha.group
    # E9 ‖ ind_c(4) ‖ ind_o(4) ‖ α ‖ β ‖ a_0 ‖ b_0 ‖ …: 9 + (2·limit+4)·l_p bytes
    length = 9 + (2 + len(commitments)) * group.l_p
    parts = (ciphertext.alpha, ciphertext.beta, *commitments)
    return H_q(group, h_i, OwnTag.FIELD_RELATION, ind_c, ind_o, *parts, length=length)


def prove(
    g: Base[V],
    K: Base[V],
    value: int,
    xi: SecretScalar,
    limit: int,
    challenge: Callable[[Commitments], Scalar],
    rng: Randomness,
) -> RangeProof:
    """Prove that Enc(value, ξ) lies in 0…limit: the true branch honestly, every other with its challenge chosen first.

    Spec: EG-2.1 §3.3.7, eqs. 57, 58, 60, 61 (for R = 1: 39–45, 48–54)
    """
    return compute(proving(g, K, value, xi, limit, challenge, rng))


def proving(
    g: Base[V],
    K: Base[V],
    value: int,
    xi: SecretScalar,
    limit: int,
    challenge: Callable[[Commitments], Scalar],
    rng: Randomness,
) -> Computation[RangeProof]:
    """Do what ``prove`` does, as a computation."""
    group = xi.group
    u = [rng.scalar(group) for _ in range(limit + 1)]
    c = {j: rng.scalar(group).reveal() for j in range(limit + 1) if j != value}
    # t_j = u_j + (ℓ − j)·c_j, which is u_ℓ in the true branch
    t = [u_j + group.scalar(value - j) * c[j] if j != value else u_j for j, u_j in enumerate(u)]
    commitments = yield Request([x for u_j, t_j in zip(u, t, strict=True) for x in (g**u_j, K**t_j)])
    c[value] = reduce(lambda rest, c_j: rest - c_j, c.values(), challenge(commitments.values))
    challenges = tuple(c[j] for j in range(limit + 1))
    return RangeProof(challenges, tuple((u_j - c_j * xi).reveal() for u_j, c_j in zip(u, challenges, strict=True)))


def verify(
    g: Base[V],
    K: Base[V],
    alpha: Base[V],
    beta: Base[V],
    proof: RangeProof,
    limit: int,
    challenge: Callable[[Commitments], Scalar],
) -> None:
    """Accept a proof that (α, β), tested for membership by the caller, encrypts an integer in 0…limit.

    Raises:
        VerificationError: another number of branches, a value outside Z_q, or challenges that do not add up.

    Spec: EG-2.1 §3.3.7, box 6; §3.3.8, box 7
    """
    compute(verifying(g, K, alpha, beta, proof, limit, challenge))


def verifying(
    g: Base[V],
    K: Base[V],
    alpha: Base[V],
    beta: Base[V],
    proof: RangeProof,
    limit: int,
    challenge: Callable[[Commitments], Scalar],
) -> Computation[None]:
    """Do what ``verify`` does, as a computation."""
    if not proof.has_length(limit):
        raise VerificationError(f"range proof: expected {limit + 1} challenges and responses")
    if not all(x.in_range() for x in (*proof.challenges, *proof.responses)):
        raise VerificationError("range proof: a challenge or response is not in Z_q")
    commitments = yield Request(proof.commitments(g, K, alpha, beta))
    if challenge(commitments.values) != proof.challenge_sum():
        raise VerificationError("range proof: the challenges do not add up to the hash")
