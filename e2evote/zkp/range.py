"""Disjunctive Chaum–Pedersen proofs: a ciphertext encrypts an integer in 0…R."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from e2evote.elgamal import Ciphertext
from e2evote.errors import VerificationError
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.group.powers import Base
from e2evote.group.randomness import Randomness
from e2evote.hashing import H_q, Tag

Commitments: TypeAlias = Sequence[tuple[Element, Element]]
"""(a_0, b_0), …, (a_R, b_R)."""


@dataclass(frozen=True, slots=True)
class RangeProof:
    """(c_0, …, c_R; v_0, …, v_R); the commitments are recomputed."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    challenges: tuple[Scalar, ...]
    responses: tuple[Scalar, ...]

    def has_length(self, limit: int) -> bool:
        """Tell whether there are exactly R+1 challenges and R+1 responses."""
        return len(self.challenges) == len(self.responses) == limit + 1

    def commitments(self, g: Base, K: Base, alpha: Base, beta: Base) -> Commitments:
        """Return a_j = g^(v_j)·α^(c_j) and b_j = K^(w_j)·β^(c_j) with w_j = v_j − j·c_j.

        Spec: EG-2.1 §3.3.7, eqs. 46, 47, 55, 56
        """
        group = self.challenges[0].group
        pairs = enumerate(zip(self.challenges, self.responses, strict=True))
        return [(g**v * alpha**c, K ** (v - group.scalar(j) * c) * beta**c) for j, (c, v) in pairs]

    def challenge_sum(self) -> Scalar:
        """Return Σ c_j mod q."""
        return sum(self.challenges[1:], start=self.challenges[0] + self.challenges[0].group.scalar(0))


def selection_challenge(h_i: bytes, ind_c: int, ind_o: int, ciphertext: Ciphertext, commitments: Commitments) -> Scalar:
    """Return c = H_q(H_I; 24, ind_c, ind_o, α, β, a_0, b_0, …, a_R, b_R).

    Spec: EG-2.1 §3.3.7, eqs. 41, 50, 59
    """
    group, pairs = ciphertext.alpha.group, [x for pair in commitments for x in pair]
    # 24 ‖ ind_c(4) ‖ ind_o(4) ‖ α ‖ β ‖ a_0 ‖ b_0 ‖ …: 9 + (2R+4)·l_p bytes, 3081 for R = 1
    length = 9 + (2 + len(pairs)) * group.l_p
    parts = (ciphertext.alpha, ciphertext.beta, *pairs)
    return H_q(group, h_i, Tag.RANGE_PROOF, ind_c, ind_o, *parts, length=length)


def limit_challenge(h_i: bytes, ind_c: int, total: Ciphertext, commitments: Commitments) -> Scalar:
    """Return c = H_q(H_I; 24, ind_c, ᾱ, β̄, a_0, b_0, …, a_L, b_L).

    Spec: EG-2.1 §3.3.8, eq. 62
    """
    group, pairs = total.alpha.group, [x for pair in commitments for x in pair]
    # 24 ‖ ind_c(4) ‖ ᾱ ‖ β̄ ‖ a_0 ‖ b_0 ‖ …: 5 + (2L+4)·l_p bytes
    length = 5 + (2 + len(pairs)) * group.l_p
    return H_q(group, h_i, Tag.RANGE_PROOF, ind_c, total.alpha, total.beta, *pairs, length=length)


def prove(
    g: Base,
    K: Base,
    value: int,
    xi: SecretScalar,
    limit: int,
    challenge: Callable[[Commitments], Scalar],
    rng: Randomness,
) -> RangeProof:
    """Prove that Enc(value, ξ) lies in 0…limit: the true branch honestly, every other with its challenge chosen first.

    Spec: EG-2.1 §3.3.7, eqs. 57, 58, 60, 61 (for R = 1: 39–45, 48–54)
    """
    group = xi.group
    u = [rng.scalar(group) for _ in range(limit + 1)]
    c = [group.scalar(0) if j == value else rng.scalar(group).reveal() for j in range(limit + 1)]
    # t_j = u_j + (ℓ − j)·c_j, which is u_ℓ in the true branch
    t = [u_j + group.scalar(value - j) * c_j for j, (u_j, c_j) in enumerate(zip(u, c, strict=True))]
    total = challenge([(g**u_j, K**t_j) for u_j, t_j in zip(u, t, strict=True)])
    c[value] = total - sum(c, start=group.scalar(0))
    responses = ((u_j - c_j * xi).reveal() for u_j, c_j in zip(u, c, strict=True))
    return RangeProof(tuple(c), tuple(responses))


def verify(
    g: Base,
    K: Base,
    alpha: Base,
    beta: Base,
    proof: RangeProof,
    limit: int,
    challenge: Callable[[Commitments], Scalar],
) -> None:
    """Accept a proof that (α, β), tested for membership by the caller, encrypts an integer in 0…limit.

    Raises:
        VerificationError: another number of branches, a value outside Z_q, or challenges that do not add up.

    Spec: EG-2.1 §3.3.7, box 6; §3.3.8, box 7
    """
    if not proof.has_length(limit):
        raise VerificationError(f"range proof: expected {limit + 1} challenges and responses")
    if not all(x.in_range() for x in (*proof.challenges, *proof.responses)):
        raise VerificationError("range proof: a challenge or response is not in Z_q")
    if challenge(proof.commitments(g, K, alpha, beta)) != proof.challenge_sum():
        raise VerificationError("range proof: the challenges do not add up to the hash")
