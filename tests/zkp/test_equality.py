"""Proofs that two powers have one exponent."""

import pytest
from hypothesis import given

from e2evote.elgamal import Ciphertext
from e2evote.errors import VerificationError
from e2evote.group.elements import Element, Scalar
from e2evote.zkp import equality
from e2evote.zkp.equality import EqualityProof
from tests.strategies import TOY_GROUP, exponents

g, H_E = TOY_GROUP.g, bytes(range(32))
KEY = TOY_GROUP.scalar(31415926)


def prove(total: Ciphertext, M: Element, u: Scalar) -> EqualityProof:
    c = equality.tally_challenge(H_E, 1, 2, total, g**u, total.alpha**u, M)
    return EqualityProof(c, u - c * KEY)


def verify(total: Ciphertext, M: Element, proof: EqualityProof) -> None:
    a, b = proof.commitments(g, g**KEY, total.alpha, M)
    challenge = equality.tally_challenge(H_E, 1, 2, total, a, b, M)
    equality.verify(proof.response, challenge, proof.challenge)


@given(exponents(TOY_GROUP), exponents(TOY_GROUP))
def test_honest_proofs_hold(x: Scalar, u: Scalar) -> None:
    """Spec: EG-2.1 §3.6.5, eq. 90, box 10"""
    total = Ciphertext(g**x, g)
    M = total.alpha**KEY
    verify(total, M, prove(total, M, u))


def test_another_result_is_refused() -> None:
    total = Ciphertext(g ** TOY_GROUP.scalar(3), g)
    M = total.alpha**KEY * g
    with pytest.raises(VerificationError, match="the challenge does not match"):
        verify(total, M, prove(total, M, TOY_GROUP.scalar(5)))


def test_changed_proofs_are_refused() -> None:
    total = Ciphertext(g ** TOY_GROUP.scalar(3), g)
    M = total.alpha**KEY
    honest, one = prove(total, M, TOY_GROUP.scalar(5)), TOY_GROUP.scalar(1)
    for proof in (
        EqualityProof(honest.challenge + one, honest.response),
        EqualityProof(honest.challenge, honest.response + one),
    ):
        with pytest.raises(VerificationError, match="the challenge does not match"):
            verify(total, M, proof)


def test_a_response_outside_z_q_is_refused() -> None:
    total = Ciphertext(g ** TOY_GROUP.scalar(3), g)
    M = total.alpha**KEY
    honest = prove(total, M, TOY_GROUP.scalar(5))
    response = Scalar(honest.response.value + TOY_GROUP.q, TOY_GROUP)
    with pytest.raises(VerificationError, match="not in Z_q"):
        verify(total, M, EqualityProof(honest.challenge, response))
