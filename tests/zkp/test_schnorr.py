"""Proofs of knowledge: honest ones hold, changed ones don't."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import VerificationError
from e2evote.group.elements import Element, Scalar
from e2evote.group.powers import FixedBase, NewBase
from e2evote.hashing import H_q, Tag
from e2evote.zkp import schnorr
from e2evote.zkp.schnorr import SchnorrProof
from tests.deterministic import DeterministicRandomness
from tests.strategies import TOY_GROUP, exponents

g = TOY_GROUP.g


def challenge(X: Element, a: Element) -> Scalar:
    return H_q(TOY_GROUP, bytes(32), Tag.SHARE_PROOF, a, X, length=65)


@given(exponents(TOY_GROUP), st.integers(0, 2**32))
def test_honest_proofs_hold(x: Scalar, seed: int) -> None:
    secret, X = TOY_GROUP.secret(int(x.value)), g**x
    proof = schnorr.prove(g, secret, partial(challenge, X), DeterministicRandomness(seed))
    schnorr.verify(g, X, proof, partial(challenge, X))
    schnorr.verify(FixedBase(g, 4), NewBase(X), proof, partial(challenge, X))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: SchnorrProof(p.challenge + TOY_GROUP.scalar(1), p.response),
        lambda p: SchnorrProof(p.challenge, p.response + TOY_GROUP.scalar(1)),
        lambda p: SchnorrProof(p.response, p.challenge),
    ],
    ids=["challenge", "response", "swapped"],
)
def test_changed_proofs_are_refused(change: Callable[[SchnorrProof], SchnorrProof]) -> None:
    x = TOY_GROUP.secret(77)
    proof = schnorr.prove(g, x, partial(challenge, g**x), DeterministicRandomness(1))
    with pytest.raises(VerificationError, match="does not match"):
        schnorr.verify(g, g**x, change(proof), partial(challenge, g**x))


def test_proof_for_another_number_is_refused() -> None:
    x = TOY_GROUP.secret(77)
    proof = schnorr.prove(g, x, partial(challenge, g**x), DeterministicRandomness(1))
    with pytest.raises(VerificationError, match="does not match"):
        schnorr.verify(g, g**x * g, proof, partial(challenge, g**x * g))


def test_numbers_outside_z_q_are_refused() -> None:
    """v + q gives the same commitment, so nothing but the range tells it apart."""
    x = TOY_GROUP.secret(77)
    proof = schnorr.prove(g, x, partial(challenge, g**x), DeterministicRandomness(1))
    larger = SchnorrProof(proof.challenge, Scalar(proof.response.value + TOY_GROUP.q, TOY_GROUP))
    assert larger.commitment(g, g**x) == proof.commitment(g, g**x)
    with pytest.raises(VerificationError, match="not in Z_q"):
        schnorr.verify(g, g**x, larger, partial(challenge, g**x))
    larger = SchnorrProof(Scalar(proof.challenge.value + TOY_GROUP.q, TOY_GROUP), proof.response)
    with pytest.raises(VerificationError, match="not in Z_q"):
        schnorr.verify(g, g**x, larger, partial(challenge, g**x))


def test_encoding_is_challenge_then_response() -> None:
    assert bytes(SchnorrProof(TOY_GROUP.scalar(1), TOY_GROUP.scalar(2))) == bytes(31) + b"\1" + bytes(31) + b"\2"


@given(st.lists(exponents(TOY_GROUP), min_size=2, max_size=5), st.integers(0, 2**32))
def test_aggregated_proofs(secrets: list[Scalar], seed: int) -> None:
    """One challenge, one response a secret, no nonce used twice.

    Spec: EG-2.1 §3.2.2, eqs. 10–13
    """
    publics = [g**x for x in secrets]
    ask = partial(schnorr.guardian_challenge, bytes(32), b"pk_vote", 1, publics)
    hidden = [TOY_GROUP.secret(int(x.value)) for x in secrets]
    proof = schnorr.prove_all(g, hidden, ask, DeterministicRandomness(seed))
    commitments = proof.commitments(g, publics)
    assert ask(commitments) == proof.challenge
    assert len(set(commitments)) == len(secrets)
    moved = [publics[0] * g, *publics[1:]]
    again = partial(schnorr.guardian_challenge, bytes(32), b"pk_vote", 1, moved)
    assert again(proof.commitments(g, moved)) != proof.challenge
