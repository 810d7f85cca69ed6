"""A key ceremony recomputed with plain integers: encodings and hashes are the oracle's, no function is the library's.

For encrypted shares there are no vectors of another implementation, and no record shows them; so this is where eqs. 15
to 23 are held against a second reading.
"""

from typing import NamedTuple

import pytest

from e2evote.group.parameters import group_named
from e2evote.key_ceremony import (
    Ceremony,
    EncryptedShare,
    GuardianRecord,
    SecretGuardianKeys,
    encrypt_shares,
    generate_keys,
    publish,
    receive_shares,
)
from e2evote.record.setup import GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares
from tests.builders import TOY, manifest_bytes
from tests.deterministic import DeterministicRandomness
from tests.oracle import equations
from tests.oracle.arithmetic import Group, mac, small, xor

N, K = 3, 2


class Held(NamedTuple):
    """Everything of one ceremony, and its group as integers."""

    group: Group
    ceremony: Ceremony
    secrets: list[SecretGuardianKeys]
    publics: list[GuardianPublicKey]
    sent: list[EncryptedShare]
    kept: list[SecretKeyShares]
    record: GuardianRecord


@pytest.fixture(scope="module", params=[TOY, "standard-4096"])
def held(request: pytest.FixtureRequest) -> Held:
    group, rng = group_named(request.param), DeterministicRandomness("by hand")
    ceremony = Ceremony.of(group, N, K, manifest_bytes())
    secrets, publics = (
        list(keys) for keys in zip(*(generate_keys(ceremony, i, f"{i}", rng) for i in range(1, N + 1)), strict=True)
    )
    sent = [share for secret in secrets for share in encrypt_shares(ceremony, secret, publics, rng)]
    kept = [receive_shares(ceremony, s, publics, [x for x in sent if x.recipient == s.i]) for s in secrets]
    plain = Group(int(group.p), int(group.q), int(group.g.value))
    return Held(plain, ceremony, secrets, publics, sent, kept, publish(ceremony, publics))


def value(secret: object) -> int:
    return int(secret.reveal().value)


def polynomials(secret: SecretGuardianKeys) -> tuple[list[int], list[int]]:
    """Return the coefficients a_{i,j} and â_{i,j}."""
    return [value(a) for a in secret.vote.coefficients], [value(a) for a in secret.data.coefficients]


def at(coefficients: list[int], x: int, q: int) -> int:
    return sum(a * x**j for j, a in enumerate(coefficients)) % q


def test_public_keys(held: Held) -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 7–13"""
    group, h_p = held.group, held.ceremony.hashes.h_p
    for secret, public in zip(held.secrets, held.publics, strict=True):
        kappa = int(public.communication_key.value)
        assert kappa == group.power(group.g, value(secret.zeta))
        vote, data = polynomials(secret)
        assert len(vote) == len(data) == K
        for purpose, coefficients, commitments, proof in (
            ("pk_vote", vote, public.vote_commitments, public.vote_proof),
            ("pk_data", data, public.data_commitments, public.data_proof),
        ):
            keys = [int(element.value) for element in commitments]
            assert keys == [group.power(group.g, a) for a in coefficients]
            c = int(proof.challenge.value)
            responses = [int(v.value) for v in proof.responses]
            h_ij = [
                equations.schnorr_commitment(group, group.g, image, c, v)
                for image, v in zip([*keys, kappa], responses, strict=True)
            ]
            assert c == equations.guardian_challenge(group, h_p, purpose, public.i, keys, kappa, h_ij)


def test_encrypted_shares(held: Held) -> None:
    """Opened with ζ_ℓ, C_1 has P_i(ℓ) and P̂_i(ℓ), in this order and under keys of their own; C_2 proves the nonce.

    Spec: EG-2.1 §3.2.2, eqs. 15–23
    """
    group, h_p = held.group, held.ceremony.hashes.h_p
    assert [(x.sender, x.recipient) for x in held.sent] == [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]
    for share in held.sent:
        indices = small(share.sender) + small(share.recipient)
        c_0, c_1 = int(share.ciphertext.c_0.value), share.ciphertext.c_1
        zeta = value(held.secrets[share.recipient - 1].zeta)
        kappa, beta = group.power(group.g, zeta), group.power(c_0, zeta)
        k = mac(h_p, b"\x11" + indices + group.elements(kappa, c_0, beta))
        end = b"share_enc_keys\0share_encrypt" + indices + b"\x02\x00"
        keys = mac(k, b"\x01" + end) + mac(k, b"\x02" + end)
        expected = [at(a, share.recipient, group.q) for a in polynomials(held.secrets[share.sender - 1])]
        assert xor(c_1, keys) == b"".join(p.to_bytes(32, "big") for p in expected)
        c, v = (int(x.value) for x in (share.ciphertext.c_2.challenge, share.ciphertext.c_2.response))
        gamma = equations.schnorr_commitment(group, group.g, c_0, c, v)
        assert c == group.h_q(h_p, 0x12, indices, group.elements(gamma, c_0), c_1)


def test_joint_keys_and_shares(held: Held) -> None:
    """Spec: EG-2.1 §3.2.1, eq. 6; §3.2.2, eqs. 14, 24–26, 28, 29; §3.6.3, eq. 83"""
    group, record = held.group, held.record
    joint = (record.keys.vote_encryption_key, record.keys.data_encryption_key)
    both = [polynomials(secret) for secret in held.secrets]
    for which, key in enumerate(joint):
        sums = [sum(column) for column in zip(*(pair[which] for pair in both), strict=True)]
        assert int(key.value) == group.power(group.g, sums[0] % group.q)
        for kept in held.kept:
            z = value((kept.z, kept.z_hat)[which])
            assert z == at(sums, kept.i, group.q)
            commitments = [(p.vote_commitments, p.data_commitments)[which] for p in held.publics]
            terms = [group.power(int(c.value), kept.i**j) for row in commitments for j, c in enumerate(row)]
            assert group.power(group.g, z) == group.product(terms)
