"""The key ceremony, held whole; what it refuses is in tests/mistakes too."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError, VerificationError
from e2evote.group.elements import Element, Scalar
from e2evote.key_ceremony import (
    Ceremony,
    EncryptedShare,
    confirm,
    encrypt_shares,
    generate_keys,
    hold,
    publish,
    receive_shares,
    verify_public_key,
)
from e2evote.record.codec import dump, parse
from e2evote.record.setup import GuardianPublicKey
from e2evote.secret_sharing import committed_share, lagrange_coefficient, product
from tests.builders import manifest_bytes
from tests.deterministic import DeterministicRandomness
from tests.strategies import TOY_GROUP

MANIFEST = manifest_bytes()


def ceremony(n: int, k: int) -> Ceremony:
    return Ceremony.of(TOY_GROUP, n, k, MANIFEST)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (2, 2), (3, 2), (5, 3), (5, 5), (7, 4)])
def test_a_whole_ceremony(n: int, k: int) -> None:
    """K belongs to the sum of the secrets, and every share to the published commitments.

    Spec: EG-2.1 §3.2.2, eqs. 14, 24–26
    """
    record, shares = hold(ceremony(n, k), DeterministicRandomness(f"{n} {k}"))
    keys = record.keys
    assert [share.i for share in shares] == [public.i for public in record.guardians] == list(range(1, n + 1))
    for share in shares:
        for secret, kind in ((share.z, "vote_commitments"), (share.z_hat, "data_commitments")):
            known = (committed_share(getattr(public, kind), share.i) for public in record.guardians)
            assert TOY_GROUP.g**secret == product(TOY_GROUP, known)
    chosen = [share.i for share in shares[-k:]]
    for name, key in (("z", keys.vote_encryption_key), ("z_hat", keys.data_encryption_key)):
        weighted = (getattr(s, name) * lagrange_coefficient(TOY_GROUP, s.i, chosen) for s in shares[-k:])
        assert product(TOY_GROUP, (TOY_GROUP.g**w for w in weighted)) == key
    assert keys.vote_encryption_key != keys.data_encryption_key


@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_rounds_between_machines(seed: int, order: object) -> None:
    """Messages go as bytes and arrive in any order."""
    agreed, rng = ceremony(4, 3), DeterministicRandomness(seed)
    pairs = [generate_keys(agreed, i, f"نام {i}", rng) for i in range(1, 5)]
    secrets = [secret for secret, _ in pairs]
    sent = [dump(public) for _, public in pairs]
    order.shuffle(sent)
    publics = [parse(GuardianPublicKey, data, "key", TOY_GROUP) for data in sent]
    boxes = [dump(share) for secret in secrets for share in encrypt_shares(agreed, secret, publics, rng)]
    order.shuffle(boxes)
    shares = [parse(EncryptedShare, data, "share", TOY_GROUP) for data in boxes]
    kept = []
    for secret in secrets:
        found = receive_shares(agreed, secret, publics, [share for share in shares if share.recipient == secret.i])
        kept.append(found)
        expected = sum((int(other.vote.at(secret.i).value) for other in secrets), 0) % int(TOY_GROUP.q)
        assert (found.i, found.z.value) == (secret.i, expected)
    record = publish(agreed, publics)
    assert [public.i for public in record.guardians] == [1, 2, 3, 4]
    assert record.guardians[1].name == "نام 2"
    for secret, found in zip(secrets, kept, strict=True):
        confirm(agreed, secret, found, publics[::-1], record)


@pytest.mark.parametrize(("n", "k"), [(1, 0), (3, 4), (0, 0)])
def test_impossible_quorums(n: int, k: int) -> None:
    with pytest.raises(CheckError, match="the quorum must lie between 1 and the number of guardians"):
        ceremony(n, k)


@pytest.mark.parametrize("i", [-1, 0, 4])
def test_indices_outside(i: int) -> None:
    with pytest.raises(CheckError, match=f"guardian index {i} is not between 1 and 3"):
        generate_keys(ceremony(3, 2), i)


def outside(x: Element) -> Element:
    return TOY_GROUP.element(int(TOY_GROUP.p - x.value))


def above(v: Scalar) -> Scalar:
    return Scalar(v.value + TOY_GROUP.q, TOY_GROUP)


one = TOY_GROUP.scalar(1)
CHANGES: dict[str, tuple[Callable[[GuardianPublicKey], dict[str, object]], str]] = {
    "vote commitment not a member": (
        lambda p: {"vote_commitments": (outside(p.vote_commitments[0]), *p.vote_commitments[1:])},
        r"pk_vote is not a member of the group \(2\.A\)",
    ),
    "data commitment not a member": (
        lambda p: {"data_commitments": (*p.data_commitments[:-1], outside(p.data_commitments[-1]))},
        r"pk_data is not a member of the group \(2\.A\)",
    ),
    "κ not a member": (
        lambda p: {"communication_key": outside(p.communication_key)},
        r"pk_vote is not a member of the group \(2\.A\)",
    ),
    "commitment 0": (
        lambda p: {"vote_commitments": (TOY_GROUP.element(0), *p.vote_commitments[1:])},
        r"not a member of the group \(2\.A\)",
    ),
    "response not in Z_q": (
        lambda p: {
            "vote_proof": replace(
                p.vote_proof, responses=(above(p.vote_proof.responses[0]), *p.vote_proof.responses[1:])
            )
        },
        r"a response of pk_vote is not in Z_q \(2\.B\)",
    ),
    "last response not in Z_q": (
        lambda p: {
            "data_proof": replace(
                p.data_proof, responses=(*p.data_proof.responses[:-1], above(p.data_proof.responses[-1]))
            )
        },
        r"a response of pk_data is not in Z_q \(2\.B\)",
    ),
    "another commitment": (
        lambda p: {"vote_commitments": (p.vote_commitments[0] * TOY_GROUP.g, *p.vote_commitments[1:])},
        r"the challenge of pk_vote does not match \(2\.C\)",
    ),
    "another κ": (
        lambda p: {"communication_key": p.communication_key * TOY_GROUP.g},
        r"the challenge of pk_vote does not match \(2\.C\)",
    ),
    "another challenge": (
        lambda p: {"data_proof": replace(p.data_proof, challenge=p.data_proof.challenge + one)},
        r"the challenge of pk_data does not match \(2\.C\)",
    ),
    "challenge not in Z_q": (
        lambda p: {"data_proof": replace(p.data_proof, challenge=above(p.data_proof.challenge))},
        r"the challenge of pk_data does not match \(2\.C\)",
    ),
    "another response": (
        lambda p: {
            "data_proof": replace(
                p.data_proof, responses=(p.data_proof.responses[0] + one, *p.data_proof.responses[1:])
            )
        },
        r"the challenge of pk_data does not match \(2\.C\)",
    ),
    "proofs swapped": (
        lambda p: {"vote_proof": p.data_proof, "data_proof": p.vote_proof},
        r"the challenge of pk_vote does not match \(2\.C\)",
    ),
    "polynomials swapped": (
        lambda p: {
            "vote_commitments": p.data_commitments,
            "data_commitments": p.vote_commitments,
            "vote_proof": p.data_proof,
            "data_proof": p.vote_proof,
        },
        r"the challenge of pk_vote does not match \(2\.C\)",
    ),
    "a response less": (
        lambda p: {"vote_proof": replace(p.vote_proof, responses=p.vote_proof.responses[:-1])},
        "pk_vote needs exactly 2 commitments and 3 responses",
    ),
    "a response more": (
        lambda p: {"vote_proof": replace(p.vote_proof, responses=(*p.vote_proof.responses, one))},
        "pk_vote needs exactly 2 commitments and 3 responses",
    ),
    "a commitment less": (
        lambda p: {"data_commitments": p.data_commitments[:-1]},
        "pk_data needs exactly 2 commitments and 3 responses",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_public_keys_with_one_thing_wrong(name: str) -> None:
    """Spec: EG-2.1 §3.2.2, box 2"""
    change, message = CHANGES[name]
    agreed = ceremony(3, 2)
    _, public = generate_keys(agreed, 2, rng=DeterministicRandomness(2))
    verify_public_key(agreed, public)
    with pytest.raises(VerificationError, match=f"^guardian 2: .*{message}"):
        verify_public_key(agreed, public.model_copy(update=change(public)))


def test_keys_of_another_ceremony() -> None:
    """H_P covers n and k, so a key does not fit another quorum; it fits another manifest with the same."""
    _, public = generate_keys(ceremony(3, 2), 2, rng=DeterministicRandomness(2))
    verify_public_key(Ceremony.of(TOY_GROUP, 3, 2, b"another manifest"), public)
    with pytest.raises(VerificationError, match=r"\(2\.C\)"):
        verify_public_key(ceremony(4, 2), public)
