"""Signed hashed ElGamal: whole blocks in, the same bytes out, and no decryption without a proof."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote import hashed_elgamal
from e2evote.errors import VerificationError
from e2evote.group.elements import Element, Group
from e2evote.group.parameters import group_named
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext, Seal, ShareSeal
from e2evote.zkp import schnorr
from e2evote.zkp.schnorr import SchnorrProof
from tests.deterministic import DeterministicRandomness, ScriptedRandomness
from tests.oracle import arithmetic as oracle
from tests.oracle import equations
from tests.strategies import TOY_GROUP

g, H = TOY_GROUP.g, bytes(range(32))
SECRET = TOY_GROUP.secret(1234567)
KEY = g**SECRET
SEALS: dict[str, tuple[Seal, int]] = {
    "share": (ShareSeal(H, 1, 2, KEY), 64),
    "ballot nonce": (BallotNonceSeal(H), 32),
    "contest data": (ContestDataSeal(H, 3), 96),
}
every_seal = pytest.mark.parametrize("name", SEALS)


def seal_up(name: str, seed: int = 0, data: bytes | None = None) -> tuple[Seal, bytes, HashedCiphertext]:
    seal, size = SEALS[name]
    rng = DeterministicRandomness(seed)
    data = rng.bytes(size) if data is None else data
    return seal, data, hashed_elgamal.encrypt(seal, g, KEY, data, rng.scalar(TOY_GROUP), rng)


@every_seal
@given(st.integers(0, 2**32))
def test_decrypt_undoes_encrypt(name: str, seed: int) -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 19–23; §3.3.4, eq. 37; §3.6.6, eq. 106"""
    seal, data, ciphertext = seal_up(name, seed)
    hashed_elgamal.verify(seal, g, ciphertext)
    assert hashed_elgamal.decrypt(seal, ciphertext, ciphertext.c_0**SECRET) == data
    assert ciphertext.c_1 != data


@pytest.mark.parametrize("group", [TOY_GROUP, group_named("standard-4096")], ids=lambda group: group.name)
def test_contest_data_by_hand(group: Group) -> None:
    """Every component as the oracle computes it with integers, from the nonces ξ and u; likewise back to D.

    Spec: EG-2.1 §3.3.10, eqs. 63, 65–69; §3.6.6, eqs. 104–106
    """
    plain, secret, xi, u, data = (
        oracle.Group(int(group.p), int(group.q), int(group.g.value)),
        77,
        88,
        99,
        bytes(range(96)),
    )
    seal, key = ContestDataSeal(H, 3), group.g ** group.secret(secret)
    sealed = hashed_elgamal.encrypt(seal, group.g, key, data, group.secret(xi), ScriptedRandomness(u))
    alpha, beta = plain.power(plain.g, xi), plain.power(int(key.value), xi)
    keys = equations.contest_data_keys(equations.contest_data_secret(plain, H, 3, alpha, beta), 3, 3)
    c = equations.contest_data_challenge(plain, H, 3, plain.power(plain.g, u), alpha, oracle.xor(data, keys))
    assert int(sealed.c_0.value) == alpha
    assert sealed.c_1 == oracle.xor(data, keys)
    assert (int(sealed.c_2.challenge.value), int(sealed.c_2.response.value)) == (c, (u - c * xi) % plain.q)
    assert hashed_elgamal.decrypt(seal, sealed, group.element(plain.power(alpha, secret))) == data


@every_seal
def test_another_key_gives_something_else(name: str) -> None:
    seal, data, ciphertext = seal_up(name)
    assert hashed_elgamal.decrypt(seal, ciphertext, ciphertext.c_0 ** TOY_GROUP.secret(5)) != data


@pytest.mark.parametrize("name", ["share", "ballot nonce"])
@pytest.mark.parametrize("size", [0, 1, 31, 33, 63, 65, 96])
def test_shares_and_nonces_have_one_size(name: str, size: int) -> None:
    seal, _ = SEALS[name]
    with pytest.raises(VerificationError, match="bytes"):
        hashed_elgamal.encrypt(seal, g, KEY, bytes(size), SECRET, DeterministicRandomness(0))


@pytest.mark.parametrize("size", [1, 31, 33])
def test_contest_data_is_whole_blocks(size: int) -> None:
    with pytest.raises(VerificationError, match="bytes"):
        hashed_elgamal.encrypt(ContestDataSeal(H, 3), g, KEY, bytes(size), SECRET, DeterministicRandomness(0))


@every_seal
@pytest.mark.parametrize("change", ["c_0", "first byte", "last byte", "shorter", "longer", "empty", "c", "v", "c + q"])
def test_changed_ciphertexts_are_refused(name: str, change: str) -> None:
    """Whatever the change, the refusal is a ``VerificationError``.

    Spec: EG-2.1 §3.3.4, eq. 38; §3.3.10, eq. 69
    """
    seal, _, honest = seal_up(name)
    c_1, proof, one = honest.c_1, honest.c_2, TOY_GROUP.scalar(1)
    changed = {
        "c_0": replace(honest, c_0=honest.c_0 * g),
        "first byte": replace(honest, c_1=bytes((c_1[0] ^ 1,)) + c_1[1:]),
        "last byte": replace(honest, c_1=c_1[:-1] + bytes((c_1[-1] ^ 128,))),
        "shorter": replace(honest, c_1=c_1[:-1]),
        "longer": replace(honest, c_1=c_1 + bytes(32)),
        "empty": replace(honest, c_1=b""),
        "c": replace(honest, c_2=SchnorrProof(proof.challenge + one, proof.response)),
        "v": replace(honest, c_2=SchnorrProof(proof.challenge, proof.response + one)),
        "c + q": replace(honest, c_2=SchnorrProof(type(one)(proof.challenge.value + TOY_GROUP.q, TOY_GROUP), one)),
    }[change]
    with pytest.raises(VerificationError):
        hashed_elgamal.verify(seal, g, changed)


@pytest.mark.parametrize(
    "other",
    [
        ("share", ShareSeal(H, 2, 1, KEY)),
        ("share", ShareSeal(bytes(32), 1, 2, KEY)),
        ("ballot nonce", BallotNonceSeal(bytes(32))),
        ("contest data", ContestDataSeal(H, 4)),
        ("contest data", ContestDataSeal(bytes(32), 3)),
    ],
    ids=["guardians swapped", "parameters", "ballot", "contest", "ballot of the data"],
)
def test_a_ciphertext_holds_in_its_place_only(other: tuple[str, Seal]) -> None:
    name, seal = other
    _, data, ciphertext = seal_up(name)
    with pytest.raises(VerificationError, match="does not match"):
        hashed_elgamal.verify(seal, g, ciphertext)
    assert hashed_elgamal.decrypt(seal, ciphertext, ciphertext.c_0**SECRET) != data


@pytest.mark.parametrize("c_0", [0, -1, "p"], ids=["0", "−1", "p"])
@every_seal
def test_c_0_outside_the_group(name: str, c_0: int | str) -> None:
    seal, _, honest = seal_up(name)
    value = TOY_GROUP.p if c_0 == "p" else int(c_0) % int(TOY_GROUP.p)
    with pytest.raises(VerificationError, match="C_0 is not a member"):
        hashed_elgamal.verify(seal, g, replace(honest, c_0=TOY_GROUP.element(int(value))))


@every_seal
def test_minus_c_0_with_a_proof_that_fits_by_itself(name: str) -> None:
    """(−g^ξ)^c is g^(ξc) for even c: the Schnorr equation holds, only membership tells."""
    seal, size = SEALS[name]
    xi, seed = TOY_GROUP.secret(99), 0
    c_0 = TOY_GROUP.element(int(TOY_GROUP.p - (g**xi).value))
    while True:
        proof = schnorr.prove(g, xi, lambda a: seal.challenge(c_0, bytes(size), a), DeterministicRandomness(seed))
        if proof.challenge.value % 2 == 0:
            break
        seed += 1

    def challenge(a: Element) -> object:
        return seal.challenge(c_0, bytes(size), a)

    schnorr.verify(g, c_0, proof, challenge)
    with pytest.raises(VerificationError, match="C_0 is not a member"):
        hashed_elgamal.verify(seal, g, HashedCiphertext(c_0, bytes(size), proof))
