"""Range proofs accept 0…R and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.elgamal import Ciphertext, encrypt
from e2evote.errors import VerificationError
from e2evote.group.elements import Scalar
from e2evote.group.powers import FixedBase, NewBase
from e2evote.zkp import range as range_proof
from e2evote.zkp.range import Commitments, RangeProof
from tests.deterministic import DeterministicRandomness
from tests.strategies import TOY_GROUP, exponents

g, H_I = TOY_GROUP.g, bytes(range(32))
K = g ** TOY_GROUP.scalar(2718281828)
one = TOY_GROUP.scalar(1)


def asked(ciphertext: Ciphertext) -> Callable[[Commitments], Scalar]:
    return partial(range_proof.selection_challenge, H_I, 1, 2, ciphertext)


def prove(value: int, xi: Scalar, limit: int, seed: int = 0) -> tuple[Ciphertext, RangeProof]:
    secret = TOY_GROUP.secret(int(xi.value))
    ciphertext = encrypt(g, K, value, secret)
    rng = DeterministicRandomness(seed)
    return ciphertext, range_proof.prove(g, K, value, secret, limit, asked(ciphertext), rng)


def verify(ciphertext: Ciphertext, proof: RangeProof, limit: int) -> None:
    range_proof.verify(g, K, ciphertext.alpha, ciphertext.beta, proof, limit, asked(ciphertext))


@given(st.integers(1, 6), st.data(), exponents(TOY_GROUP))
def test_every_value_in_the_range_is_proved(limit: int, data: st.DataObject, xi: Scalar) -> None:
    """Spec: EG-2.1 §3.3.7, eqs. 57–61, box 6"""
    value = data.draw(st.integers(0, limit))
    ciphertext, proof = prove(value, xi, limit, data.draw(st.integers(0, 2**32)))
    verify(ciphertext, proof, limit)
    alpha, beta = NewBase(ciphertext.alpha), NewBase(ciphertext.beta)
    range_proof.verify(FixedBase(g, 4), FixedBase(K, 4), alpha, beta, proof, limit, asked(ciphertext))


@given(st.integers(1, 4), st.integers(-3, 9), exponents(TOY_GROUP))
def test_every_branch_treated_as_the_true_one(limit: int, value: int, xi: Scalar) -> None:
    """Whoever encrypts a value outside and proves any branch of the range as if it were the true one is refused."""
    for claimed in range(limit + 1):
        secret = TOY_GROUP.secret(int(xi.value))
        ciphertext = encrypt(g, K, value, secret)
        rng = DeterministicRandomness(claimed)
        proof = range_proof.prove(g, K, claimed, secret, limit, asked(ciphertext), rng)
        if value == claimed:
            verify(ciphertext, proof, limit)
        else:
            with pytest.raises(VerificationError, match="do not add up"):
                verify(ciphertext, proof, limit)


@pytest.mark.parametrize("value", [2, 5])
def test_an_honest_proof_of_a_larger_range_is_refused(value: int) -> None:
    ciphertext, proof = prove(value, TOY_GROUP.scalar(99), value)
    verify(ciphertext, proof, value)
    with pytest.raises(VerificationError, match="expected 2 challenges and responses"):
        verify(ciphertext, proof, 1)
    for first in range(value):
        cut = RangeProof(proof.challenges[first : first + 2], proof.responses[first : first + 2])
        with pytest.raises(VerificationError, match="do not add up"):
            verify(ciphertext, cut, 1)


def changes(proof: RangeProof) -> dict[str, RangeProof]:
    """Return proofs with one thing wrong."""
    c, v = proof.challenges, proof.responses
    q = TOY_GROUP.q
    return {
        "one challenge": replace(proof, challenges=(c[0] + one, *c[1:])),
        "two challenges, their sum kept": replace(proof, challenges=(c[0] + one, c[1] - one, *c[2:])),
        "one response": replace(proof, responses=(v[0] + one, *v[1:])),
        "the last response": replace(proof, responses=(*v[:-1], v[-1] + one)),
        "branches swapped": RangeProof((c[1], c[0], *c[2:]), (v[1], v[0], *v[2:])),
        "one branch less": RangeProof(c[:-1], v[:-1]),
        "one branch only": RangeProof(c[:1], v[:1]),
        "one branch more": RangeProof((*c, TOY_GROUP.scalar(0)), (*v, one)),
        "one response less": replace(proof, responses=v[:-1]),
        "one challenge less": replace(proof, challenges=c[:-1]),
        "one challenge more": replace(proof, challenges=(*c, TOY_GROUP.scalar(0))),
        "one response more": replace(proof, responses=(*v, one)),
        "nothing": RangeProof((), ()),
        "a challenge of q and more": replace(proof, challenges=(Scalar(c[0].value + q, TOY_GROUP), *c[1:])),
        "a response of q and more": replace(proof, responses=(Scalar(v[0].value + q, TOY_GROUP), *v[1:])),
    }


@pytest.mark.parametrize("name", changes(prove(1, one, 3)[1]))
@pytest.mark.parametrize("value", [0, 1, 3])
def test_changed_proofs_are_refused(name: str, value: int) -> None:
    """Spec: EG-2.1 §3.3.7, box 6"""
    ciphertext, proof = prove(value, TOY_GROUP.scalar(7), 3)
    with pytest.raises(VerificationError):
        verify(ciphertext, changes(proof)[name], 3)


def test_a_proof_holds_for_its_ciphertext_only() -> None:
    first, proof = prove(1, TOY_GROUP.scalar(7), 1)
    second, _ = prove(1, TOY_GROUP.scalar(8), 1)
    for other in (second, Ciphertext(first.alpha, first.beta * g), Ciphertext(first.beta, first.alpha)):
        with pytest.raises(VerificationError, match="do not add up"):
            verify(other, proof, 1)


@pytest.mark.parametrize(
    ("h_i", "ind_c", "ind_o"), [(bytes(32), 1, 2), (H_I, 2, 2), (H_I, 1, 1)], ids=["ballot", "contest", "option"]
)
def test_a_proof_holds_in_its_place_only(h_i: bytes, ind_c: int, ind_o: int) -> None:
    ciphertext, proof = prove(1, TOY_GROUP.scalar(7), 1)
    elsewhere = partial(range_proof.selection_challenge, h_i, ind_c, ind_o, ciphertext)
    with pytest.raises(VerificationError, match="do not add up"):
        range_proof.verify(g, K, ciphertext.alpha, ciphertext.beta, proof, 1, elsewhere)


def test_option_and_limit_proofs_are_not_exchanged() -> None:
    """Spec: EG-2.1 §3.3.8, eq. 62, box 7"""
    ciphertext, proof = prove(1, TOY_GROUP.scalar(7), 1)
    limit = partial(range_proof.limit_challenge, H_I, 1, ciphertext)
    with pytest.raises(VerificationError, match="do not add up"):
        range_proof.verify(g, K, ciphertext.alpha, ciphertext.beta, proof, 1, limit)


def test_one_branch_proofs_are_refused() -> None:
    """A proof that the value is exactly 1, R = 0 as it were, is none for 0…1."""
    secret = TOY_GROUP.secret(7)
    ciphertext = encrypt(g, K, 1, secret)
    u = TOY_GROUP.scalar(5)
    c = asked(ciphertext)([g**u, K**u])
    proof = RangeProof((c,), ((u - c * secret).reveal(),))
    for limit in (1, 2):
        with pytest.raises(VerificationError, match=f"expected {limit + 1} challenges"):
            verify(ciphertext, proof, limit)
