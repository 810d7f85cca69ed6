"""Chaum–Pedersen proofs that two powers have one exponent: K = g^s and M = A^s, as guardians publish it."""

from dataclasses import dataclass

from e2evote.elgamal import Ciphertext
from e2evote.errors import VerificationError
from e2evote.group.elements import Element, Group, Scalar
from e2evote.group.powers import Base, V
from e2evote.hashing import H_q, Tag


@dataclass(frozen=True, slots=True)
class EqualityProof:
    """(c, v); the commitments (a, b) are recomputed."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    challenge: Scalar
    response: Scalar

    def commitments(self, g: Base[V], K: Base[V], A: Base[V], M: Base[V]) -> tuple[V, V]:
        """Return a = g^v · K^c and b = A^v · M^c.

        Spec: EG-2.1 §3.6.5, box 10
        """
        c, v = self.challenge, self.response
        return g**v * K**c, A**v * M**c


def tally_challenge(
    h_e: bytes, ind_c: int, ind_o: int, total: Ciphertext, a: Element, b: Element, M: Element
) -> Scalar:
    """Return c = H_q(H_E; 31, ind_c, ind_o, A, B, a, b, M).

    Spec: EG-2.1 §3.6.5, eq. 90
    """
    group: Group = total.alpha.group
    # 31 ‖ ind_c(4) ‖ ind_o(4) ‖ A ‖ B ‖ a ‖ b ‖ M: 2569 bytes
    parts = (ind_c, ind_o, total.alpha, total.beta, a, b, M)
    return H_q(group, h_e, Tag.TALLY_PROOF, *parts, length=9 + 5 * group.l_p)


def contest_data_challenge(
    h_i: bytes, ind_c: int, c_0: Element, c_1: bytes, c_2: bytes, a: Element, b: Element, beta: Element
) -> Scalar:
    """Return c = H_q(H_I; 33, ind_c, C_0, C_1, C_2, a, b, β).

    Spec: EG-2.1 §3.6.6, eq. 101
    """
    group = c_0.group
    # 33 ‖ ind_c(4) ‖ C_0 ‖ C_1(32·b) ‖ C_2(64) ‖ a ‖ b ‖ β: 2117 + 32·b bytes
    parts = (ind_c, c_0, c_1, c_2, a, b, beta)
    return H_q(group, h_i, Tag.CONTEST_DATA_DECRYPTION, *parts, length=69 + 4 * group.l_p + len(c_1))


def verify(response: Scalar, expected: Scalar, challenge: Scalar) -> None:
    """Accept a proof whose recomputed challenge is ``expected``.

    Raises:
        VerificationError: response outside Z_q or another challenge.
    """
    if not response.in_range():
        raise VerificationError("equality proof: the response is not in Z_q")
    if expected != challenge:
        raise VerificationError("equality proof: the challenge does not match")
