"""Mistakes in the key ceremony."""

import dataclasses
from functools import partial
from pathlib import Path

import pytest

from e2evote import hashed_elgamal
from e2evote.decryption.results import tallies
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import tally_statements
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.hashed_elgamal import ShareSeal
from e2evote.hashing import Tag
from e2evote.key_ceremony import (
    EncryptedShare,
    confirm,
    encrypt_shares,
    generate_keys,
    publish,
    receive_shares,
    verify_public_key,
)
from e2evote.record.codec import dump, parse
from e2evote.secret_sharing import SecretPolynomial, lagrange_coefficient
from e2evote.zkp import schnorr
from tests.builders import build_record
from tests.deterministic import DeterministicRandomness
from tests.mistakes.helpers import Guardians, counted, expected_counts
from tests.strategies import TOY_GROUP
from tests.vectors.recorder import recorded


def test_a_share_for_index_0_is_the_secret_key(guardians: Guardians) -> None:
    """P(0) is refused wherever an index can be given."""
    with pytest.raises(CheckError, match="index from 1 on"):
        guardians.secrets[0].vote.at(0)
    with pytest.raises(CheckError, match="index 0"):
        generate_keys(guardians.ceremony, 0)
    zero = guardians.publics[1].model_copy(update={"i": 0})
    with pytest.raises(CheckError, match="exactly one public key of each guardian 1 to 3"):
        encrypt_shares(guardians.ceremony, guardians.secrets[0], [guardians.publics[0], zero, guardians.publics[2]])
    with pytest.raises(VerificationError, match="guardian 0: the index is not between 1 and 3"):
        verify_public_key(guardians.ceremony, zero)
    data = dump(guardians.shares[0]).replace(b'"recipient":2', b'"recipient":0')
    with pytest.raises(ParseError, match="recipient"):
        parse(EncryptedShare, data, "x", TOY_GROUP)


@pytest.mark.parametrize("k", [1, 3])
def test_more_than_k_commitments_raise_the_threshold(guardians: Guardians, k: int) -> None:
    """Every proof of a polynomial with another number of coefficients holds; only the count tells.

    Spec: EG-2.1 §3.2.2, box 2
    """
    other = dataclasses.replace(guardians.ceremony, k=k)
    _, public = generate_keys(other, 2, rng=DeterministicRandomness(2))
    verify_public_key(other, public)
    publics = [guardians.publics[0], public, guardians.publics[2]]
    for refuse in (
        lambda: verify_public_key(guardians.ceremony, public),
        lambda: encrypt_shares(guardians.ceremony, guardians.secrets[0], publics),
        lambda: publish(guardians.ceremony, publics),
    ):
        with pytest.raises(VerificationError, match=r"guardian 2: .* exactly 2 commitments and 3 responses"):
            refuse()


@pytest.mark.parametrize("which", ["vote", "data"])
def test_commitments_of_one_polynomial_only_are_counted(guardians: Guardians, which: str) -> None:
    other = dataclasses.replace(guardians.ceremony, k=3)
    _, larger = generate_keys(other, 2, rng=DeterministicRandomness(2))
    fields = {f"{which}_commitments", f"{which}_proof", "communication_key"}
    mixed = guardians.publics[1].model_copy(update={name: getattr(larger, name) for name in fields})
    with pytest.raises(VerificationError, match="guardian 2: "):
        verify_public_key(guardians.ceremony, mixed)


@pytest.mark.parametrize("case", ["missing", "doubled", "its own", "none", "of a fourth"])
def test_not_exactly_one_share_from_each_other_guardian(guardians: Guardians, case: str) -> None:
    honest = guardians.received(1)
    shares = {
        "missing": honest[:1],
        "doubled": [*honest, honest[0]],
        "its own": [*honest, honest[0].model_copy(update={"sender": 1})],
        "none": [],
        "of a fourth": [*honest, honest[0].model_copy(update={"sender": 4})],
    }[case]
    with pytest.raises(CheckError, match="guardian 1: exactly one share from each other guardian"):
        receive_shares(guardians.ceremony, guardians.secrets[0], guardians.publics, shares)


def test_a_share_for_somebody_else(guardians: Guardians) -> None:
    with pytest.raises(CheckError, match="guardian 1: a share for another guardian"):
        receive_shares(guardians.ceremony, guardians.secrets[0], guardians.publics, guardians.received(2))


@pytest.mark.parametrize("case", ["missing", "doubled", "replaced", "a fourth"])
def test_not_exactly_n_guardians_with_indices_1_to_n(guardians: Guardians, case: str) -> None:
    one, two, three = guardians.publics
    publics = {
        "missing": [one, two],
        "doubled": [one, two, three, three],
        "replaced": [one, two, two],
        "a fourth": [one, two, three, three.model_copy(update={"i": 4})],
    }[case]
    for refuse in (
        lambda: encrypt_shares(guardians.ceremony, guardians.secrets[0], publics),
        lambda: receive_shares(guardians.ceremony, guardians.secrets[0], publics, guardians.received(1)),
        lambda: publish(guardians.ceremony, publics),
    ):
        with pytest.raises(CheckError, match="exactly one public key of each guardian 1 to 3 is needed"):
            refuse()


@pytest.mark.parametrize("n", [1, 3])
def test_lagrange_coefficients_fail_for_a_single_guardian(tmp_path: Path, n: int) -> None:
    """k = 1: one guardian alone decrypts, whichever it is.

    Spec: EG-2.1 §3.6.4, eq. 85
    """
    built = build_record(tmp_path / "record", n=n, k=1, until="tally")
    statements = tally_statements(built.election, built.encrypted_tallies)
    for share in built.shares:
        assert lagrange_coefficient(TOY_GROUP, share.i, [share.i]) == TOY_GROUP.scalar(1)
        results = decrypt(built.election, built.guardian_record.guardians, [share], statements)
        assert counted(tallies(built.election, built.encrypted_tallies, results)) == expected_counts(built)


def test_a_rogue_key_cancels_the_others(guardians: Guardians) -> None:
    """Guardian 3 sees the others' keys and chooses its own so that K = g^x, x known to it; it cannot prove it.

    Spec: EG-2.1 §3.2.2, box 2
    """
    ceremony, (one, two, honest) = guardians.ceremony, guardians.publics
    x, rng = TOY_GROUP.secret(4711), DeterministicRandomness(3)
    rogue = TOY_GROUP.g**x / (one.vote_commitments[0] * two.vote_commitments[0])
    commitments = (rogue, *honest.vote_commitments[1:])
    secret = guardians.secrets[2]
    publics = (*commitments, honest.communication_key)
    challenge = partial(schnorr.guardian_challenge, ceremony.hashes.h_p, b"pk_vote", 3, publics)
    known = (x, *secret.vote.coefficients[1:], secret.zeta)
    proof = schnorr.prove_all(TOY_GROUP.g, known, challenge, rng)
    key = honest.model_copy(update={"vote_commitments": commitments, "vote_proof": proof})
    with pytest.raises(VerificationError, match=r"guardian 3: the challenge of pk_vote does not match \(2\.C\)"):
        publish(ceremony, [one, two, key])


def test_proof_of_one_guardian_copied_by_another(guardians: Guardians) -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 11, 13"""
    copy = guardians.publics[0].model_copy(update={"i": 2})
    with pytest.raises(VerificationError, match=r"guardian 2: .*\(2\.C\)"):
        verify_public_key(guardians.ceremony, copy)


def test_proof_hashes_the_secret_coefficients(guardians: Guardians) -> None:
    """What is hashed are commitments of l_p bytes, and no secret.

    Spec: EG-2.1 §3.2.2, eqs. 11, 13
    """
    ceremony = guardians.ceremony
    with recorded() as calls:
        secret, public = generate_keys(ceremony, 2, rng=DeterministicRandomness(5))
    messages = [call.message for call in calls if call.message[0] == Tag.GUARDIAN_PROOF]
    for message, label, commitments in zip(
        messages, (b"pk_vote", b"pk_data"), (public.vote_commitments, public.data_commitments), strict=True
    ):
        listed = b"".join(map(bytes, (*commitments, public.communication_key)))
        assert message.startswith(b"\x10" + label + bytes((0, 0, 0, 2)) + listed)
        for hidden in (*secret.vote.coefficients, *secret.data.coefficients, secret.zeta):
            assert bytes(hidden.reveal())[24:] not in message


def test_both_guardian_proofs_use_one_nonce_for_zeta(guardians: Guardians) -> None:
    """With one u for ζ in both proofs, ζ = (v − v̂) / (ĉ − c) would be public."""
    for secret, public in zip(guardians.secrets, guardians.publics, strict=True):
        c, c_hat = public.vote_proof.challenge, public.data_proof.challenge
        v, v_hat = public.vote_proof.responses[-1], public.data_proof.responses[-1]
        assert v - v_hat != (c_hat - c) * secret.zeta.reveal()


def false_share(guardians: Guardians, vote: bool) -> EncryptedShare:
    """Return a well-signed share of guardian 2 for guardian 1 in which one half is off by one."""
    secret, recipient, rng = guardians.secrets[1], guardians.publics[0], DeterministicRandomness(9)
    halves = [secret.vote.at(1), secret.data.at(1)]
    halves[0 if vote else 1] += TOY_GROUP.scalar(1)
    seal = ShareSeal(guardians.ceremony.hashes.h_p, 2, 1, recipient.communication_key)
    plain_bytes, xi = b"".join(map(bytes, halves)), rng.scalar(TOY_GROUP)
    box = hashed_elgamal.encrypt(seal, TOY_GROUP.g, recipient.communication_key, plain_bytes, xi, rng)
    return EncryptedShare(sender=2, recipient=1, ciphertext=box)


@pytest.mark.parametrize(("vote", "equation"), [(True, 28), (False, 29)])
def test_a_wrong_share_is_accepted_or_nobody_named(guardians: Guardians, vote: bool, equation: int) -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 28, 29"""
    shares = [share for share in guardians.received(1) if share.sender != 2] + [false_share(guardians, vote)]
    with pytest.raises(VerificationError, match=rf"guardian 2: the share for guardian 1 .* \(eq\. {equation}\)"):
        receive_shares(guardians.ceremony, guardians.secrets[0], guardians.publics, shares)


def test_a_share_changed_on_its_way(guardians: Guardians) -> None:
    """Spec: EG-2.1 §3.2.2, eq. 22"""
    three, two = sorted(guardians.received(1), key=lambda share: -share.sender)
    for c_1 in (b"\0" * 64, two.ciphertext.c_1[:63], two.ciphertext.c_1 + b"\0"):
        changed = two.model_copy(update={"ciphertext": dataclasses.replace(two.ciphertext, c_1=c_1)})
        with pytest.raises(VerificationError, match="guardian 2: the encrypted share"):
            receive_shares(guardians.ceremony, guardians.secrets[0], guardians.publics, [three, changed])


def test_a_share_of_q_and_more(guardians: Guardians) -> None:
    """P(ℓ) + q fits the commitments; it is refused because it is not in Z_q."""
    secret, recipient, rng = guardians.secrets[1], guardians.publics[0], DeterministicRandomness(9)
    large = (int(secret.vote.at(1).value) + int(TOY_GROUP.q)).to_bytes(32, "big")
    seal = ShareSeal(guardians.ceremony.hashes.h_p, 2, 1, recipient.communication_key)
    plain_bytes, xi = large + bytes(secret.data.at(1)), rng.scalar(TOY_GROUP)
    box = hashed_elgamal.encrypt(seal, TOY_GROUP.g, recipient.communication_key, plain_bytes, xi, rng)
    shares = [share for share in guardians.received(1) if share.sender != 2]
    with pytest.raises(VerificationError, match=r"guardian 2: .*\(eq\. 28\)"):
        receive_shares(
            guardians.ceremony,
            guardians.secrets[0],
            guardians.publics,
            [*shares, EncryptedShare(sender=2, recipient=1, ciphertext=box)],
        )


def test_a_guardian_overlooks_that_its_own_key_was_replaced(guardians: Guardians) -> None:
    """Whoever carries the messages may not put a key of its own under a guardian's index."""
    _, stolen = generate_keys(guardians.ceremony, 1, rng=DeterministicRandomness("administrator"))
    publics = [stolen, *guardians.publics[1:]]
    with pytest.raises(VerificationError, match=r"guardian 1: .* not its own"):
        encrypt_shares(guardians.ceremony, guardians.secrets[0], publics)
    with pytest.raises(VerificationError, match=r"guardian 1: .* not its own"):
        receive_shares(guardians.ceremony, guardians.secrets[0], publics, guardians.received(1))


def test_guardians_confirm_without_comparing(guardians: Guardians) -> None:
    """A record with another key of one guardian, valid in itself, is refused by those who saw the first.

    Spec: EG-2.1 §3.2.2, eq. 27
    """
    _, other = generate_keys(guardians.ceremony, 3, rng=DeterministicRandomness("other"))
    preliminary = publish(guardians.ceremony, [*guardians.publics[:2], other])
    shares = receive_shares(guardians.ceremony, guardians.secrets[0], guardians.publics, guardians.received(1))
    with pytest.raises(VerificationError, match="differs from what this guardian received"):
        confirm(guardians.ceremony, guardians.secrets[0], shares, guardians.publics, preliminary)


def test_guardian_confirms_a_record_that_its_shares_do_not_belong_to(guardians: Guardians) -> None:
    """A view of wholly foreign keys, however consistent, is refused by a guardian who holds other secrets.

    Spec: EG-2.1 §3.2.2, eq. 27
    """
    shares = receive_shares(guardians.ceremony, guardians.secrets[0], guardians.publics, guardians.received(1))
    foreign = [generate_keys(guardians.ceremony, i, rng=DeterministicRandomness(f"foreign {i}"))[1] for i in (1, 2, 3)]
    with pytest.raises(VerificationError, match=r"guardian 1: .* not its own"):
        confirm(guardians.ceremony, guardians.secrets[0], shares, foreign, publish(guardians.ceremony, foreign))
    mixed = [guardians.publics[0], *foreign[1:]]
    with pytest.raises(VerificationError, match="shares do not belong"):
        confirm(guardians.ceremony, guardians.secrets[0], shares, mixed, publish(guardians.ceremony, mixed))


def test_joint_key_of_1(guardians: Guardians) -> None:
    """Two guardians with opposite secrets, honestly proved: K = 1 would encrypt nothing."""
    ceremony, rng = dataclasses.replace(guardians.ceremony, n=2), DeterministicRandomness(7)
    secret, one = generate_keys(ceremony, 1, rng=rng)
    _, two = generate_keys(ceremony, 2, rng=rng)
    negative = SecretPolynomial((TOY_GROUP.secret(0) - secret.vote.coefficients[0], rng.scalar(TOY_GROUP)))
    zeta = rng.scalar(TOY_GROUP)
    publics = (*negative.commitments(), TOY_GROUP.g**zeta)
    fields: dict[str, object] = {"vote_commitments": publics[:2], "communication_key": publics[2]}
    data = SecretPolynomial.random(TOY_GROUP, 2, rng)
    fields["data_commitments"] = data.commitments()
    for label, polynomial, listed in ((b"pk_vote", negative, publics[:2]), (b"pk_data", data, data.commitments())):
        ask = partial(schnorr.guardian_challenge, ceremony.hashes.h_p, label, 2, (*listed, publics[2]))
        name = label.decode().removeprefix("pk_") + "_proof"
        fields[name] = schnorr.prove_all(TOY_GROUP.g, (*polynomial.coefficients, zeta), ask, rng)
    opposite = two.model_copy(update=fields)
    verify_public_key(ceremony, opposite)
    with pytest.raises(VerificationError, match="a joint key is 1"):
        publish(ceremony, [one, opposite])
