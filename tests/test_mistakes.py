"""Mistakes that implementers of such systems made, each a test of ours through a public entry point.

They are known from public audits, changelogs and source: of electionguard-cs (its own audit, since fixed there),
electionguard-core2, electionguard-python, electionguard-kotlin-multiplatform, electionguard-rust, Belenios, Helios,
Zeus and VoteSecure. A name says what went wrong there; the test shows that it does not here. What only a whole record
shows is tested with the record verifier.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from e2evote import hashed_elgamal, hashing, key_ceremony
from e2evote.challenge import nonce_from_factor, open_ballot
from e2evote.decryption.results import tallies
from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionResponses,
    DecryptionReveals,
    SecretDecryptionState,
    combine,
    commit,
    decrypt,
    respond,
    reveal,
)
from e2evote.decryption.statements import (
    Statement,
    ballot_nonce_statement,
    contest_data_statement,
    tally_statements,
)
from e2evote.elgamal import encrypt
from e2evote.encryption import encrypt_ballot, encrypt_ballots
from e2evote.errors import CheckError, E2EVoteError, ParseError, VerificationError
from e2evote.group.elements import Element, Group, Scalar
from e2evote.group.parameters import STANDARD
from e2evote.hashed_elgamal import ContestDataSeal, ShareSeal
from e2evote.hashing import H, Tag
from e2evote.key_ceremony import (
    Ceremony,
    EncryptedShare,
    GuardianRecord,
    SecretGuardianKeys,
    confirm,
    encrypt_shares,
    generate_keys,
    publish,
    receive_shares,
    verify_public_key,
)
from e2evote.record import codes, contest_data, layout
from e2evote.record.ballot import EncryptedBallot, EncryptedOption
from e2evote.record.codec import dump, parse
from e2evote.record.codes import close_device, open_device
from e2evote.record.layout import Record
from e2evote.record.manifest import parse_manifest
from e2evote.record.opened import OpenedOption
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.record.setup import Election, GuardianPublicKey, guardian_record_hash
from e2evote.record.tally import EncryptedTally, Tally
from e2evote.secret_sharing import SecretKeyShares, SecretPolynomial, lagrange_coefficient
from e2evote.tally import accumulate
from e2evote.zkp import equality, schnorr
from e2evote.zkp import range as range_proof
from tests.builders import BuiltRecord, build_election, build_record, manifest_bytes
from tests.deterministic import DeterministicRandomness
from tests.strategies import TOY_GROUP
from tests.vectors.recorder import recorded

H32 = bytes(range(32))


def plain(
    style: int, weight: int = 1, write_ins: dict[int, str] | None = None, **marks: tuple[int, ...]
) -> PlaintextBallot:
    """Return a ballot; marks are given as c1=(…), c2=(…) by contest."""
    contests = (
        PlaintextContest(contest=int(name[1:]), selections=given, write_ins=write_ins if name == "c1" else None)
        for name, given in marks.items()
    )
    return PlaintextBallot(ballot_style=style, weight=weight, contests=tuple(contests))


def encrypted(election: Election, ballot: PlaintextBallot, seed: int = 0) -> EncryptedBallot:
    opening = open_device(election.h_e, 1, "Booth A", 1)
    return encrypt_ballot(election, opening, ballot, rng=DeterministicRandomness(seed))[0]


# ------------------------------------------------------------------------------------------- hashes and encodings


def test_version_key_padded_on_the_wrong_side() -> None:
    """Spec: EG-2.1 §3.1.2, eq. 4"""
    with recorded() as calls:
        hashing.parameter_base_hash(STANDARD, 3, 2)
    assert calls[0].key == b"v2.1.0" + bytes(26)


def test_parameters_written_little_endian_or_with_a_sign_byte() -> None:
    """Spec: EG-2.1 §3.1.2, eq. 4; §5.1.1, eq. 124"""
    with recorded() as calls:
        hashing.parameter_base_hash(STANDARD, 3, 2)
    p, q, g = (int(x) for x in (STANDARD.p, STANDARD.q, STANDARD.generator))
    numbers = p.to_bytes(512, "big") + q.to_bytes(32, "big") + g.to_bytes(512, "big")
    assert calls[0].message == b"\x00" + numbers + bytes((0, 0, 0, 3, 0, 0, 0, 2))


def test_manifest_hashed_without_its_length() -> None:
    """Spec: EG-2.1 §3.1.4, eq. 5"""
    with recorded() as calls:
        hashing.base_hash(H32, b'{"a":1}')
    assert calls[0].message == b"\x01" + bytes((0, 0, 0, 7)) + b'{"a":1}'


def test_device_hash_without_its_domain_byte() -> None:
    """The length is that of the UTF-8 bytes, not of the characters.

    Spec: EG-2.1 §3.4.3, eq. 72
    """
    with recorded() as calls:
        hashing.device_hash(H32, "صندوق")
    assert calls[0].message == b"\x2a" + bytes((0, 0, 0, 10)) + "صندوق".encode()


def test_contests_hashed_in_the_order_of_the_caller(election: Election) -> None:
    """Spec: EG-2.1 §3.4.2, eq. 71"""
    ballots = [encrypted(election, plain(1, **marks)) for marks in (
        {"c1": (1, 0, 0, 0), "c3": (0, 1)},
        {"c3": (0, 1), "c1": (1, 0, 0, 0)},
    )]  # fmt: skip
    for ballot in ballots:
        assert [contest.index for contest in ballot.contests] == [1, 3]
    assert ballots[0].confirmation_code == ballots[1].confirmation_code


def test_index_of_a_contest_hash_counted_on_the_ballot(election: Election) -> None:
    """Style 1 has contests 1 and 3: the second on the ballot is hashed under 3, options from 1.

    Spec: EG-2.1 §3.4.1, eq. 70; §3.3.3, eq. 33
    """
    with recorded() as calls:
        ballot = encrypted(election, plain(1))
    chis = [call for call in calls if call.message[0] == Tag.CONTEST and call.key == ballot.h_i]
    assert [call.message[1:5] for call in chis] == [bytes((0, 0, 0, 1)), bytes((0, 0, 0, 3))]
    nonces = [call.message[1:9] for call in calls if call.message[0] == Tag.SELECTION_NONCE and call.key == ballot.h_i]
    expected = [(1, 1), (1, 2), (1, 3), (1, 4), (3, 1), (3, 2)]
    assert nonces == [bytes((0, 0, 0, ind_c, 0, 0, 0, ind_o)) for ind_c, ind_o in expected]


def test_length_of_contest_data_shows_the_text(election: Election) -> None:
    """C_1 has 32·b bytes whatever was written, and the key derivation hashes 256·b, not the length of the text.

    Spec: EG-2.1 §3.3.10, eqs. 63, 66
    """
    for text in (None, {4: "A"}, {4: "A name that is much too long for two blocks of thirty-two bytes each, and more"}):
        with recorded() as calls:
            ballot = encrypted(election, plain(1, write_ins=text, c1=(0, 0, 0, 1)))
        assert len(ballot.contests[0].contest_data.c_1) == 64
        derived = [call.message for call in calls if call.message[4:17] == b"data_enc_keys"]
        assert [message[:4] for message in derived] == [bytes((0, 0, 0, 1)), bytes((0, 0, 0, 2))]
        assert {message[-8:] for message in derived} == {bytes((0, 0, 0, 1, 0, 0, 2, 0))}


def test_guardian_record_hash_under_the_wrong_key(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.2.2, eq. 27"""
    record, h_b = built.guardian_record, built.election.hashes.h_b
    with recorded() as calls:
        h_g = guardian_record_hash(h_b, record.keys, record.guardians)
    assert calls[0].key == h_b
    assert h_g == record.h_g


def test_share_key_reduced_mod_q() -> None:
    """The toy q has 8 bytes, so a reduced key would show.

    Spec: EG-2.1 §3.2.2, eqs. 16–18
    """
    with recorded() as calls:
        ShareSeal(H32, 1, 2, TOY_GROUP.g).mask(TOY_GROUP.g, TOY_GROUP.g, 64)
    assert {call.key for call in calls[1:]} == {calls[0].result}
    assert calls[0].result[:24] != bytes(24)


def test_domain_tag_truncated_to_one_byte() -> None:
    """Spec: EG-2.1 §5.4"""
    assert len({int(tag) for tag in Tag}) == len(Tag)
    assert all(0 <= tag <= 0xFF for tag in Tag)
    with pytest.raises(ValueError, match=r"range\(0, 256\)"):
        H(H32, 0x110, length=1)  # type: ignore[arg-type]


def test_two_lists_with_one_hash() -> None:
    """Parts have fixed widths or their length before them, so no boundary can be moved."""
    assert hashing.device_hash(H32, "ab|c") != hashing.device_hash(H32, "ab") != hashing.device_hash(H32, "a|b")
    with pytest.raises(AssertionError):
        codes.confirmation_code(H32, [H32 + H32], bytes(36))
    with pytest.raises(AssertionError):
        codes.confirmation_code(H32, [H32[:31], H32 + b"\0"], bytes(37))


@pytest.mark.parametrize("excess", [0, 1, 12345])
def test_parser_reduces_mod_p_or_q(built: BuiltRecord, excess: int) -> None:
    """p + x and q + x stay what they are, through dump and parse, and are refused when they are tested."""
    group, public = built.election.group, built.guardian_record.guardians[0]
    large = group.element(int(group.p) + excess)
    over = Scalar(group.q + excess, group)
    proof = dataclasses.replace(public.vote_proof, responses=(over, *public.vote_proof.responses[1:]))
    changed = public.model_copy(update={"communication_key": large, "vote_proof": proof})
    parsed = parse(GuardianPublicKey, dump(changed), "x", group)
    assert parsed == changed
    assert parsed.communication_key.value == group.p + excess
    assert parsed.vote_proof.responses[0].value == group.q + excess
    assert not parsed.communication_key.is_member()
    assert not parsed.vote_proof.responses[0].in_range()


def test_last_of_duplicate_keys_wins(built: BuiltRecord) -> None:
    ballot = next(iter(built.ballots.values()))
    line = dump(ballot)
    doubled = line.replace(b'"weight":', b'"weight":9,"weight":', 1)
    with pytest.raises(ParseError, match="x:1: weight: the key appears twice"):
        parse(EncryptedBallot, doubled, "x:1", built.election.group)
    with pytest.raises(ParseError, match="label: the key appears twice"):
        parse_manifest(manifest_bytes().replace(b'"label":', b'"label":"x","label":', 1))


def test_byte_strings_compared_by_reference(guardians: "Guardians") -> None:
    """Equal hashes in other objects are equal, another hash is not."""
    ceremony, secret, publics = guardians.ceremony, guardians.secrets[0], guardians.publics
    shares = receive_shares(ceremony, secret, publics, guardians.received(1))
    keys = publish(ceremony, publics)
    copy = parse(GuardianRecord, dump(keys), "x", ceremony.group)
    assert copy.h_g is not keys.h_g
    confirm(ceremony, secret, shares, publics, copy)
    wrong = copy.model_copy(update={"h_g": bytes((copy.h_g[0] ^ 1,)) + copy.h_g[1:]})
    with pytest.raises(VerificationError, match="H_G"):
        confirm(ceremony, secret, shares, publics, wrong)


# ---------------------------------------------------------------------------------------------------- key ceremony


@dataclasses.dataclass
class Guardians:
    """A ceremony after round 2."""

    ceremony: Ceremony
    secrets: list[SecretGuardianKeys]
    publics: list[GuardianPublicKey]
    shares: list[EncryptedShare]

    def received(self, i: int) -> list[EncryptedShare]:
        return [share for share in self.shares if share.recipient == i]


@pytest.fixture
def guardians() -> Guardians:
    ceremony, rng = Ceremony.of(TOY_GROUP, 3, 2, manifest_bytes()), DeterministicRandomness("ceremony")
    pairs = [generate_keys(ceremony, i, rng=rng) for i in (1, 2, 3)]
    secrets, publics = [secret for secret, _ in pairs], [public for _, public in pairs]
    shares = [share for secret in secrets for share in encrypt_shares(ceremony, secret, publics, rng)]
    return Guardians(ceremony, secrets, publics, shares)


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


# --------------------------------------------------------------------------------------------------------- ballots


@pytest.mark.parametrize("value", [2, 5])
def test_range_proof_one_branch_short(election: Election, value: int) -> None:
    """Encryptions of 2 and 5 with the best proof their maker can give do not pass as 0 or 1.

    Spec: EG-2.1 §3.3.7, box 6
    """
    g, K, xi = election.group.g, election.K, election.group.secret(31)
    pair = encrypt(g, K, value, xi)
    ask = partial(range_proof.selection_challenge, H32, 3, 1, pair)
    honest = range_proof.prove(g, K, value, xi, value, ask, DeterministicRandomness(1))
    attempts = [honest]
    attempts += [
        dataclasses.replace(honest, challenges=honest.challenges[j : j + 2], responses=honest.responses[j : j + 2])
        for j in range(value)
    ]
    attempts += [range_proof.prove(g, K, claimed, xi, 1, ask, DeterministicRandomness(2)) for claimed in (0, 1)]
    for proof in attempts:
        with pytest.raises(VerificationError, match="range proof"):
            range_proof.verify(g, K, pair.alpha, pair.beta, proof, 1, ask)


def test_commitments_hashed_all_a_before_all_b(election: Election) -> None:
    """Spec: EG-2.1 §3.3.7, eq. 59"""
    with recorded() as calls:
        ballot = encrypted(election, plain(2, c2=(3, 1)))
    contest = ballot.contests[0]
    option, (call, *_) = contest.options[0], [c for c in calls if c.message[0] == Tag.RANGE_PROOF]
    pairs = option.proof.commitments(election.group.g, election.K, option.ciphertext.alpha, option.ciphertext.beta)
    assert len(pairs) == 4
    assert call.message[9 + 2 * 32 :] == b"".join(bytes(x) for pair in pairs for x in pair)


def test_nonces_shared_between_fields(election: Election) -> None:
    """Ratios of ciphertexts with one nonce would show equal votes; no α occurs twice, on one ballot or on two."""
    ballots = [encrypted(election, plain(seed % 2 + 1), seed) for seed in range(8)]
    boxes = [box for b in ballots for box in (b.ballot_nonce, *(c.contest_data for c in b.contests if c.contest_data))]
    alphas = [option.ciphertext.alpha for b in ballots for contest in b.contests for option in contest.options]
    alphas += [box.c_0 for box in boxes]
    assert len(set(alphas)) == len(alphas)


@pytest.mark.parametrize(("marks", "kept"), [((3, 1), True), ((3, 2), False), ((3, 3), False), ((4, 0), False)])
def test_overvote_limit_taken_as_l_times_r(election: Election, marks: tuple[int, int], kept: bool) -> None:
    """Contest 2 has L = 4 and two options with R = 3; what exceeds either is encrypted as zeros.

    Spec: EG-2.1 §3.3.5; §3.3.8, eq. 62
    """
    opening = open_device(election.h_e, 1, "Booth A", 1)
    ballot, nonce = encrypt_ballot(election, opening, plain(2, c2=marks), rng=DeterministicRandomness(1))
    opened = open_ballot(election, ballot, nonce).contests[0]
    assert tuple(option.selection for option in opened.options) == (marks if kept else (0, 0))
    assert len(ballot.contests[0].proof.challenges) == 4 + 1


def test_overvoted_marks_are_lost(election: Election) -> None:
    """Spec: EG-2.1 §3.3.5"""
    opening = open_device(election.h_e, 1, "Booth A", 1)
    ballot, nonce = encrypt_ballot(election, opening, plain(1, c1=(1, 1, 1, 0)), rng=DeterministicRandomness(1))
    opened = open_ballot(election, ballot, nonce).contests[0]
    assert contest_data.unpack(opened.contest_data.data) == {"overvote": [1, 1, 1, 0]}


def test_challenge_or_response_of_0_refused(toy: Group) -> None:
    """0 is in Z_q; with a fixed challenge proofs with c = 0 or v = 0 can be made, and they hold."""
    g, zero = toy.g, toy.scalar(0)
    for c, u in ((zero, toy.secret(5)), (toy.scalar(7), toy.secret(7 * 11))):
        x = toy.secret(11)
        proof = schnorr.SchnorrProof(c, (u - c * x).reveal())
        assert zero in (proof.challenge, proof.response)
        schnorr.verify(g, g**x, proof, lambda a, c=c: c)
    equality.verify(zero, zero, zero)
    pair, K = encrypt(g, g, 0, toy.secret(0)), g
    nothing = range_proof.RangeProof((zero, zero), (zero, zero))
    range_proof.verify(g, K, pair.alpha, pair.beta, nothing, 1, lambda commitments: zero)
    text = b'{"ciphertext":{"alpha":"%s","beta":"%s"},"proof":{"challenges":["%s"],"responses":["%s"]}}'
    parsed = parse(EncryptedOption, text % ((b"0" * 64,) * 4), "x", toy)
    assert parsed.proof.challenges[0].in_range()


@pytest.mark.parametrize("case", ["twice", "missing", "foreign", "order", "option less", "option more"])
def test_ballot_with_a_contest_twice_counts_twice(built: BuiltRecord, case: str) -> None:
    """Every proof on such a ballot may hold; it is refused by its shape.

    Spec: EG-2.1 §3.5, eq. 79
    """
    ballot = built.of_status("cast")[0]
    stranger = next(b for b in built.of_status("cast") if b.ballot_style != ballot.ballot_style)
    first, second = ballot.contests
    contests = {
        "twice": (first, first, second),
        "missing": (first,),
        "foreign": (first, stranger.contests[0], second),
        "order": (second, first),
        "option less": (first.model_copy(update={"options": first.options[:-1]}), second),
        "option more": (first.model_copy(update={"options": (*first.options, first.options[0])}), second),
    }[case]
    with pytest.raises(CheckError, match=f"ballot {ballot.confirmation_code.hex().upper()}: "):
        accumulate(built.election, [ballot.model_copy(update={"contests": contests})])


@pytest.mark.parametrize("style", [2, 3])
def test_ballot_not_of_its_style(built: BuiltRecord, style: int) -> None:
    ballot = next(b for b in built.of_status("cast") if b.ballot_style == 1)
    with pytest.raises(CheckError, match="style"):
        accumulate(built.election, [ballot.model_copy(update={"ballot_style": style})])


@pytest.mark.parametrize("marks", [{"c2": (1, 1)}, {"c9": (1, 1)}], ids=["of another style", "unknown"])
def test_plaintext_not_of_its_style(election: Election, marks: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(CheckError, match="are not on style 'member'"):
        encrypted(election, plain(1, **marks))


def test_plaintext_with_a_contest_twice(election: Election) -> None:
    one = PlaintextContest(contest=3, selections=(1, 0))
    with pytest.raises(CheckError, match="a contest appears twice"):
        encrypted(election, PlaintextBallot(ballot_style=1, contests=(one, one)))


@pytest.mark.parametrize("selections", [(1,), (1, 0, 0)])
def test_plaintext_with_an_option_missing_or_twice(election: Election, selections: tuple[int, ...]) -> None:
    with pytest.raises(CheckError, match="has 2 options"):
        encrypted(election, plain(1, c3=selections))


@pytest.mark.parametrize("weight", [0, 6, 2**31 - 1])
def test_weight_0_taken_as_1(built: BuiltRecord, weight: int) -> None:
    """Spec: EG-2.1 §3.5, eq. 80"""
    ballot = built.of_status("cast")[0]
    with pytest.raises(CheckError, match=f"weight {weight} is not between 1 and 5"):
        accumulate(built.election, [ballot.model_copy(update={"weight": weight})])


@pytest.mark.parametrize("weight", ["0", "-1", "1.0", '"1"', "true", "null", "2147483648"])
def test_weight_of_another_kind(built: BuiltRecord, weight: str) -> None:
    data = f'{{"ballot_style":1,"weight":{weight},"contests":[]}}'.encode()
    with pytest.raises(ParseError, match="weight"):
        parse(PlaintextBallot, data, "x", canonical=False)


def test_weights_and_larger_limits_ignored_in_the_search_for_t(tmp_path: Path) -> None:
    """Every ballot with the largest weight and R = 3 marks: t is found, 3 · 5 · 4 of it.

    Spec: EG-2.1 §3.6.2, eq. 82
    """
    ballots = [plain(2, 5, c2=(3, 1)) for _ in range(4)] + [plain(1, 5, c3=(1, 0)) for _ in range(4)]
    built = build_record(tmp_path / "r", ballots=8, challenged=0, spoiled=0, plaintexts=ballots, until="decryption")
    assert [option.tally for option in built.tallies[1].contests[0].options] == [60, 20]
    assert counted(built.tallies) == expected_counts(built)


def test_replayed_ciphertexts_of_another_voter(built: BuiltRecord) -> None:
    """Under another ballot's H_I no proof of a copied contest holds.

    Spec: EG-2.1 §3.3.2, eq. 32; §3.3.7, eq. 59
    """
    election = built.election
    first, second, *_ = (b for b in built.of_status("cast") if b.ballot_style == 1)
    for contest in first.contests:
        total = contest.total(election.group.one)
        limit = election.manifest.contest(contest.index).limit
        ask = partial(range_proof.limit_challenge, second.h_i, contest.index, total)
        with pytest.raises(VerificationError):
            range_proof.verify(election.group.g, election.K, total.alpha, total.beta, contest.proof, limit, ask)
        for ind_o, option in enumerate(contest.options, 1):
            pair = option.ciphertext
            ask = partial(range_proof.selection_challenge, second.h_i, contest.index, ind_o, pair)
            with pytest.raises(VerificationError):
                range_proof.verify(election.group.g, election.K, pair.alpha, pair.beta, option.proof, 1, ask)
    copied = second.model_copy(update={"ballot_nonce": first.ballot_nonce})
    with pytest.raises(VerificationError, match="does not match"):
        ballot_nonce_statement(election, copied, "challenged")


def test_ballot_nonce_ciphertext_dropped(built: BuiltRecord) -> None:
    """It is on every ballot, and the guardians find the nonce in it that the device used.

    Spec: EG-2.1 §3.3.4, eq. 37; §3.6.7, eqs. 107, 108
    """
    ballot = built.of_status("challenged")[0]
    statement = ballot_nonce_statement(built.election, ballot, "challenged")
    ((beta, _),) = decrypt(built.election, built.guardian_record.guardians, built.shares[1:], [statement])
    nonce = nonce_from_factor(ballot, beta)
    assert nonce == built.nonces[ballot.confirmation_code]
    opened = open_ballot(built.election, ballot, nonce)
    stored = next(Record.at(built.path).lines(layout.CHALLENGED_BALLOTS))[1]
    assert dump(opened) == stored
    fields = json.loads(dump(ballot))
    del fields["ballot_nonce"]
    with pytest.raises(ParseError, match="ballot_nonce: Field required"):
        parse(EncryptedBallot, json.dumps(fields, separators=(",", ":")).encode(), "x", built.election.group)


@pytest.mark.parametrize("value", [0, -1], ids=["0", "−1"])
def test_c_0_outside_the_group_is_decrypted(built: BuiltRecord, value: int) -> None:
    """Neither 0 nor −g^ξ reaches a guardian's secret. (tests/test_hashed_elgamal.py has proofs that fit them.)"""
    election, group = built.election, built.election.group
    for ballot in built.of_status("cast"):
        box = ballot.ballot_nonce
        c_0 = group.element(0 if value == 0 else int(group.p - box.c_0.value))
        changed = ballot.model_copy(update={"ballot_nonce": dataclasses.replace(box, c_0=c_0)})
        with pytest.raises(VerificationError, match="C_0 is not a member"):
            ballot_nonce_statement(election, changed, "challenged")


def test_aggregate_outside_the_group_is_decrypted(built: BuiltRecord) -> None:
    """A guardian raises no A to its secret before A has passed the membership test."""
    group = built.election.group
    statement = tally_statements(built.election, built.encrypted_tallies)[0]
    negative = group.element(int(group.p - statement.total.alpha.value))
    changed = dataclasses.replace(statement, total=dataclasses.replace(statement.total, alpha=negative))
    with pytest.raises(VerificationError, match="not a member of the group"):
        commit(built.election, built.shares[0], [changed], (1, 2))


# ----------------------------------------------------------------------------------------- codes, chains and record


def test_every_ballot_tallied_whatever_its_status(built: BuiltRecord) -> None:
    """The tallies are those of the cast ballots' plaintexts, weighted; challenged and spoiled ones count nothing."""
    assert {built.statuses[code] for code in built.ballots} == {"cast", "challenged", "spoiled"}
    assert counted(built.tallies) == expected_counts(built)


def test_chain_checked_against_itself(election: Election) -> None:
    """B_C of each ballot holds the code of the one before; the close depends on the last code and on the device.

    Spec: EG-2.1 §3.4.4, eqs. 74–78
    """
    opening = open_device(election.h_e, 1, "Booth A", 1)
    ballots = [b for b, _ in encrypt_ballots(election, opening, [plain(1)] * 3, rng=DeterministicRandomness(1))]
    links = [opening.h_0, *(ballot.confirmation_code for ballot in ballots)]
    assert [ballot.chaining_field for ballot in ballots] == [bytes((0, 0, 0, 1)) + link for link in links[:-1]]
    assert [ballot.position for ballot in ballots] == [1, 2, 3]
    closings = {
        close_device(election.h_e, open_device(election.h_e, 1, device, 1), 3, link).closing_hash
        for device in ("Booth A", "Booth B")
        for link in links[1:]
    }
    assert len(closings) == 6


def test_chain_begun_anew_after_a_break(election: Election) -> None:
    """A device that goes on continues its chain and its numbers."""
    opening = open_device(election.h_e, 1, "Booth A", 1)
    whole = list(encrypt_ballots(election, opening, [plain(1)] * 3, rng=DeterministicRandomness(1)))
    last = whole[-1][0].confirmation_code
    ((following, _),) = encrypt_ballots(election, opening, [plain(1)], 3, last, DeterministicRandomness(2))
    assert (following.position, following.chaining_field) == (4, bytes((0, 0, 0, 1)) + last)


def test_chain_without_its_start(election: Election) -> None:
    """A device said to be chained but without H_0 encrypts nothing, rather than chain to zeros."""
    opening = open_device(election.h_e, 1, "Booth A", 1).model_copy(update={"h_0": None})
    with pytest.raises(CheckError, match="H_0"):
        encrypt_ballot(election, opening, plain(1))


@pytest.mark.parametrize(
    "change",
    [
        lambda cells: cells[:1],
        lambda cells: (*cells, cells[0]),
        lambda cells: cells[::-1],
        lambda cells: (cells[0], cells[1].model_copy(update={"cell": 3})),
        lambda cells: (cells[0], cells[1].model_copy(update={"label": "members"})),
        lambda cells: (cells[0].model_copy(update={"contests": cells[0].contests[:1]}), cells[1]),
        lambda cells: (cells[0].model_copy(update={"contests": (*cells[0].contests, cells[1].contests[0])}), cells[1]),
        lambda cells: (cells[0].model_copy(update={"contests": cells[0].contests[::-1]}), cells[1]),
        lambda cells: (one_option_more(cells[0]), cells[1]),
    ],
    ids=[
        "a cell missing",
        "a cell twice",
        "another order",
        "another number",
        "another label",
        "a contest missing",
        "a contest more",
        "contests swapped",
        "an option more",
    ],
)
def test_tally_walked_as_claimed(built: BuiltRecord, change: Callable[..., Sequence[EncryptedTally]]) -> None:
    """Guardians go by the manifest: exactly its cells, contests and options are decrypted.

    Spec: EG-2.1 §3.6.1
    """
    with pytest.raises(CheckError, match="manifest"):
        tally_statements(built.election, change(built.encrypted_tallies))


def one_option_more(cell: EncryptedTally) -> EncryptedTally:
    """Return the cell with somebody's ciphertext slipped in as one more option."""
    first, *rest = cell.contests
    longer = first.model_copy(update={"options": (*first.options, first.options[0])})
    return cell.model_copy(update={"contests": (longer, *rest)})


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_record_of_another_version_read_as_if_it_were_this_one(
    built: BuiltRecord, tmp_path: Path, version: int
) -> None:
    index = (built.path / layout.INDEX).read_bytes()
    (tmp_path / layout.INDEX).write_bytes(index.replace(b'"version":1', b'"version":%d' % version, 1))
    with pytest.raises(ParseError, match=f"version {version}; this program reads version 1"):
        Record.at(tmp_path).index()


# ------------------------------------------------------------------------------------------------------ decryption


def counted(found: Sequence[Tally]) -> dict[tuple[int, int, int], int]:
    """Return t by cell, contest and option."""
    return {
        (cell.cell, contest.index, option.index): option.tally
        for cell in found
        for contest in cell.contests
        for option in contest.options
    }


def expected_counts(built: BuiltRecord) -> dict[tuple[int, int, int], int]:
    """Return the same from the plaintexts of the cast ballots, overvotes left out."""
    manifest, counts = built.election.manifest, {}
    for index, cell in enumerate(manifest.cells, 1):
        for ind_c in manifest.cell_contests(cell):
            counts |= {(index, ind_c, ind_o): 0 for ind_o in range(1, len(manifest.contest(ind_c).options) + 1)}
    for ballot in built.of_status("cast"):
        given = built.plaintexts[ballot.confirmation_code]
        for marks in given.contests:
            contest = manifest.contest(marks.contest)
            over = sum(marks.selections) > contest.limit
            over |= any(s > r for s, r in zip(marks.selections, contest.option_limits, strict=True))
            for ind_o, mark in enumerate(marks.selections, 1):
                counts[manifest.cell_of(given.ballot_style), marks.contest, ind_o] += 0 if over else mark * given.weight
    return counts


@dataclasses.dataclass
class Session:
    """A decryption by the available guardians before the others' values are looked at; a test may change messages."""

    election: Election
    publics: Sequence[GuardianPublicKey]
    shares: dict[int, SecretKeyShares]
    statements: Sequence[Statement]
    states: dict[int, SecretDecryptionState]
    commitments: dict[int, DecryptionCommitments]
    reveals: dict[int, DecryptionReveals]

    def respond(self, i: int) -> DecryptionResponses:
        commitments, reveals = list(self.commitments.values()), list(self.reveals.values())
        return respond(self.election, self.shares[i], self.states[i], commitments, reveals)

    def combine(self, responses: Sequence[DecryptionResponses]) -> object:
        commitments, reveals = list(self.commitments.values()), list(self.reveals.values())
        return combine(self.election, self.publics, self.statements, commitments, reveals, responses)

    def lie(self, i: int, index: int = 0, **fields: Element) -> None:
        """Let guardian i commit to and reveal other values in one statement."""
        honest = self.reveals[i].partials
        part = honest[index].model_copy(update=fields)
        partials = (*honest[:index], part, *honest[index + 1 :])
        self.reveals[i] = DecryptionReveals(i=i, partials=partials)
        available = sorted(self.shares)
        hashes = (s.commitment_hash(i, available, p) for s, p in zip(self.statements, partials, strict=True))
        self.commitments[i] = DecryptionCommitments(i=i, hashes=tuple(hashes))
        self.states[i].commitments, self.states[i].reveals = self.commitments[i], self.reveals[i]
        self.states[i].commitments, self.states[i].reveals = self.commitments[i], self.reveals[i]
        self.forget()

    def forget(self) -> None:
        """Let the other guardians see the changed hashes as the first ones."""
        for state in self.states.values():
            state.accepted = None


def session(built: BuiltRecord, statements: Sequence[Statement], available: Sequence[int] = (1, 3)) -> Session:
    shares = {share.i: share for share in built.shares if share.i in available}
    rounds = {
        i: commit(built.election, share, statements, available, DeterministicRandomness(i))
        for i, share in shares.items()
    }
    commitments = {i: message for i, (_, message) in rounds.items()}
    reveals = {i: state.reveals for i, (state, _) in rounds.items()}
    states = {i: state for i, (state, _) in rounds.items()}
    publics = built.guardian_record.guardians
    return Session(built.election, publics, shares, statements, states, commitments, reveals)


def tally_of(built: BuiltRecord) -> Sequence[Statement]:
    return tally_statements(built.election, built.encrypted_tallies)[:3]


def nonce_of(built: BuiltRecord) -> Sequence[Statement]:
    return [ballot_nonce_statement(built.election, built.of_status("challenged")[0], "challenged")]


def data_of(built: BuiltRecord) -> Sequence[Statement]:
    ballot = next(b for b in built.of_status("cast") if b.ballot_style == 1)
    return [contest_data_statement(built.election, ballot, "cast", 1)]


every_kind = pytest.mark.parametrize(
    "kind", [tally_of, nonce_of, data_of], ids=["tally", "ballot nonce", "contest data"]
)


def test_tally_published_without_proof(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.6.5, eq. 90"""
    fields = json.loads(dump(built.tallies[0]))
    del fields["contests"][0]["options"][0]["proof"]
    with pytest.raises(ParseError, match=r"contests\.0\.options\.0\.proof: Field required"):
        parse(Tally, json.dumps(fields, separators=(",", ":")).encode(), "x", built.election.group)


@every_kind
def test_one_guardian_shifts_a_count(built: BuiltRecord, kind: Callable[..., Sequence[Statement]]) -> None:
    """Guardian 3 knows w_3 and shifts M by a chosen factor; the joint proof fails and names it.

    Spec: EG-2.1 §3.6.5, eqs. 94, 95
    """
    running = session(built, kind(built))
    group, last = built.election.group, len(running.statements) - 1
    w_3 = lagrange_coefficient(group, 3, (1, 3))
    inverse = Scalar(pow(int(w_3.value), -1, int(group.q)) + group.scalar(0).value, group)
    shifted = running.reveals[3].partials[last].m / built.election.K**inverse
    running.lie(3, last, m=shifted)
    responses = [running.respond(1), running.respond(3)]
    with pytest.raises(VerificationError, match=f"{running.statements[last].name}: guardian 3 sent a wrong"):
        running.combine(responses)


@every_kind
@pytest.mark.parametrize("guilty", [[1], [3], [1, 3]])
def test_wrong_share_detected_but_nobody_named(
    built: BuiltRecord, kind: Callable[..., Sequence[Statement]], guilty: list[int]
) -> None:
    """Spec: EG-2.1 §3.6.5, eqs. 94, 95"""
    running = session(built, kind(built))
    responses = [running.respond(i) for i in (1, 3)]
    one = built.election.group.scalar(1)
    changed = [
        DecryptionResponses(i=r.i, responses=(r.responses[0] + one, *r.responses[1:])) if r.i in guilty else r
        for r in responses
    ]
    names = ", ".join(map(str, guilty))
    with pytest.raises(VerificationError, match=f"guardian {names} sent a wrong partial decryption or response"):
        running.combine(changed)


@every_kind
def test_a_guardian_with_another_share(built: BuiltRecord, kind: Callable[..., Sequence[Statement]]) -> None:
    """Guardian 3 decrypts with secrets that are not those of the ceremony."""
    group = built.election.group
    wrong = SecretKeyShares(3, group.secret(5), group.secret(6))
    others = [built.shares[0], wrong]
    with pytest.raises(VerificationError, match="guardian 3 sent a wrong partial decryption"):
        decrypt(built.election, built.guardian_record.guardians, others, kind(built))


@every_kind
@pytest.mark.parametrize("field", ["a", "b", "m"])
def test_values_revealed_that_were_not_committed_to(
    built: BuiltRecord, kind: Callable[..., Sequence[Statement]], field: str
) -> None:
    """Whoever waits for the others' values cannot adapt its own.

    Spec: EG-2.1 §3.6.5, eq. 88; §3.6.6, eq. 99
    """
    running = session(built, kind(built))
    committed = running.commitments[3]
    running.lie(3, **{field: built.election.group.g})
    running.commitments[3] = committed
    with pytest.raises(VerificationError, match=r"guardian 3: .* not what was committed to"):
        running.respond(1)


def test_hashes_exchanged_after_others_have_revealed(built: BuiltRecord) -> None:
    """What a guardian has accepted it holds the others to; its own messages it knows.

    Spec: EG-2.1 §3.6.5, eq. 88
    """
    running = session(built, tally_of(built))
    honest = dict(running.commitments), dict(running.reveals)
    assert reveal(running.states[1], list(running.commitments.values())) == running.reveals[1]
    other = session(built, tally_of(built)[::-1])
    running.commitments[3] = other.commitments[3]
    with pytest.raises(CheckError, match="guardian 1: other hashes were accepted before"):
        running.respond(1)
    running.commitments = honest[0] | {1: other.commitments[1]}
    with pytest.raises(VerificationError, match="guardian 1: its own hashes were replaced"):
        reveal(running.states[1], list(running.commitments.values()))
    swapped = DecryptionReveals(i=1, partials=honest[1][1].partials[::-1])
    running.commitments, running.reveals = honest[0], honest[1] | {1: swapped}
    with pytest.raises(VerificationError, match="guardian 1"):
        running.respond(1)


@every_kind
@pytest.mark.parametrize("field", ["a", "b", "m"])
def test_minus_beta_as_decryption_factor(
    built: BuiltRecord, kind: Callable[..., Sequence[Statement]], field: str
) -> None:
    """Where the challenge is even −M passes box 10 or 12; guardians test every value of each other for membership.

    Spec: EG-2.1 §3.6.6, eq. 97
    """
    running = session(built, kind(built))
    group = built.election.group
    honest = getattr(running.reveals[3].partials[0], field)
    running.lie(3, **{field: group.element(int(group.p - honest.value))})
    with pytest.raises(VerificationError, match=r"guardian 3: .* not a member of the group"):
        running.respond(1)
    empty = [DecryptionResponses(i=i, responses=(group.scalar(0),) * len(running.statements)) for i in (1, 3)]
    with pytest.raises(VerificationError, match=r"guardian 3: .* not a member of the group"):
        running.combine(empty)


def test_nonces_answer_twice(built: BuiltRecord) -> None:
    """Two answers with one u give the secret share away."""
    running = session(built, tally_of(built))
    running.respond(1)
    with pytest.raises(CheckError, match="guardian 1: these nonces have answered already"):
        running.respond(1)


def test_values_revealed_before_all_have_committed(built: BuiltRecord) -> None:
    running = session(built, tally_of(built), (1, 2, 3))
    partly = [running.commitments[i] for i in (1, 2)]
    for given in (partly, [*partly, partly[0]], [*partly, running.commitments[3], partly[0]]):
        with pytest.raises(CheckError, match="exactly one message from each of the guardians"):
            reveal(running.states[1], given)


@pytest.mark.parametrize("available", [(1,), (), (1, 1), (0, 1), (1, 4)])
def test_fewer_than_k_or_unknown_guardians_decrypt(built: BuiltRecord, available: tuple[int, ...]) -> None:
    with pytest.raises(CheckError, match="at least 2 different guardians of 1 to 3"):
        commit(built.election, built.shares[0], tally_of(built), available)


def test_a_guardian_that_is_not_available_decrypts(built: BuiltRecord) -> None:
    with pytest.raises(CheckError, match="guardian 1 is not among the available guardians"):
        commit(built.election, built.shares[0], tally_of(built), (2, 3))


def test_guardians_with_different_views_of_who_is_available(built: BuiltRecord) -> None:
    """U is hashed: what guardian 3 committed to for {1, 2, 3} is worth nothing to {1, 3}.

    Spec: EG-2.1 §3.6.5, eq. 88
    """
    running, other = session(built, tally_of(built)), session(built, tally_of(built), (1, 2, 3))
    running.commitments[3], running.reveals[3] = other.commitments[3], other.reveals[3]
    running.forget()
    with pytest.raises(VerificationError, match=r"guardian 3: .* not what was committed to"):
        running.respond(1)


@pytest.mark.parametrize("count", [0, 1])
def test_tally_of_one_ballot_shows_the_vote(built: BuiltRecord, count: int) -> None:
    """The manifest's minimum is 2 cast ballots a cell.

    Spec: EG-2.1 §3.6.1
    """
    first, second = built.encrypted_tallies
    few = with_voters(second, count)
    statements = tally_statements(built.election, (first, few))
    kept = [total for contest in first.contests for total in contest.options]
    assert [statement.total for statement in statements] == kept
    with pytest.raises(CheckError, match="no contest has 2 cast ballots in a tally cell, the manifest's minimum"):
        tally_statements(built.election, (with_voters(first, count), few))


def with_voters(cell: EncryptedTally, count: int) -> EncryptedTally:
    """Return the cell with another number of cast ballots in every contest."""
    contests = tuple(contest.model_copy(update={"ballots": count}) for contest in cell.contests)
    return cell.model_copy(update={"ballots": count, "contests": contests})


def test_one_voter_of_a_contest_in_a_large_cell(built: BuiltRecord) -> None:
    """The minimum holds for every contest by itself: others in the cell do not hide a contest's only voter.

    Spec: EG-2.1 §3.6.1
    """
    first, second = built.encrypted_tallies
    rare, *others = first.contests
    lonely = first.model_copy(update={"contests": (rare.model_copy(update={"ballots": 1}), *others)})
    statements = tally_statements(built.election, (lonely, second))
    kept = [total for cell in (others, second.contests) for contest in cell for total in contest.options]
    assert [statement.total for statement in statements] == kept


def test_tally_of_few_ballots_in_the_record(tmp_path: Path) -> None:
    """A cell below the minimum has its encrypted tally and no other."""
    ballots = [plain(1), plain(1), plain(2)]
    built = build_record(tmp_path / "r", ballots=3, challenged=0, spoiled=0, plaintexts=ballots)
    assert [cell.ballots for cell in built.encrypted_tallies] == [2, 1]
    assert [tally.label for tally in built.tallies] == ["members"]


@pytest.mark.parametrize("status", ["cast", "spoiled"])
def test_cast_ballot_opened_as_if_challenged(built: BuiltRecord, status: str) -> None:
    """Spec: EG-2.1 §3.6.7, eq. 107"""
    ballot = built.of_status(status)[0]
    with pytest.raises(CheckError, match=f"is {status}; only challenged ballots are opened"):
        ballot_nonce_statement(built.election, ballot, status)


@pytest.mark.parametrize("status", ["challenged", "spoiled"])
def test_contest_data_of_ballots_that_were_not_cast(built: BuiltRecord, status: str) -> None:
    ballot = next(b for b in built.ballots.values() if b.ballot_style == 1)
    with pytest.raises(CheckError, match=f"is {status}; its contest data is not for the guardians"):
        contest_data_statement(built.election, ballot, status, 1)


def test_contest_data_that_the_manifest_keeps_closed() -> None:
    election, _, _ = build_election(manifest=manifest_bytes(cast_contest_data_may_be_decrypted=None))
    ballot = encrypted(election, plain(1, write_ins={4: "A"}, c1=(0, 0, 0, 1)))
    with pytest.raises(CheckError, match="the manifest does not allow"):
        contest_data_statement(election, ballot, "cast", 1)


@pytest.mark.parametrize("ind_c", [0, 2, 3, 9])
def test_contest_data_that_is_not_there(built: BuiltRecord, ind_c: int) -> None:
    ballot = next(b for b in built.of_status("cast") if b.ballot_style == 1)
    with pytest.raises(CheckError, match=f"has no contest data in contest {ind_c}"):
        contest_data_statement(built.election, ballot, "cast", ind_c)


def test_ballot_of_another_election_under_the_same_keys(built: BuiltRecord) -> None:
    """Guardians who serve two elections with one key decrypt only what belongs to the one at hand.

    Spec: EG-2.1 §3.3.2, eq. 32
    """
    election = built.election
    second = dataclasses.replace(election, h_e=bytes(32))
    ballot, data = built.of_status("challenged")[0], next(b for b in built.ballots.values() if b.ballot_style == 1)
    ballot_nonce_statement(election, ballot, "challenged")
    with pytest.raises(VerificationError, match="is not of this election"):
        ballot_nonce_statement(second, ballot, "challenged")
    with pytest.raises(VerificationError, match="is not of this election"):
        contest_data_statement(second, data, "cast", 1)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_ballot_nonce_of_another_size(built: BuiltRecord, size: int) -> None:
    """A refusal, not a crash."""
    ballot = built.of_status("challenged")[0]
    box = dataclasses.replace(ballot.ballot_nonce, c_1=bytes(size))
    with pytest.raises(VerificationError, match=f"{size} bytes where 32 are expected"):
        ballot_nonce_statement(built.election, ballot.model_copy(update={"ballot_nonce": box}), "challenged")


def test_contest_data_of_a_challenged_ballot_forged(built: BuiltRecord) -> None:
    """Data encrypted under another nonce than the ballot's, honestly proved, does not pass when the ballot is opened.

    Spec: EG-2.1 §3.6.7, eqs. 110, 111
    """
    election, rng = built.election, DeterministicRandomness(4)
    ballot = next(b for b in built.of_status("challenged") if b.ballot_style == 1)
    contest, xi = ballot.contests[0], rng.scalar(election.group)
    seal = ContestDataSeal(ballot.h_i, 1)
    data = contest_data.pack(2, None, {4: "somebody else"})
    forged = hashed_elgamal.encrypt(seal, election.group.g, election.K_hat, data, xi, rng)
    hashed_elgamal.verify(seal, election.group.g, forged)
    changed = ballot.model_copy(
        update={"contests": (contest.model_copy(update={"contest_data": forged}), *ballot.contests[1:])}
    )
    with pytest.raises(VerificationError, match="the ballot nonce does not open the contest data"):
        open_ballot(election, changed, built.nonces[ballot.confirmation_code])


def test_opening_that_blames_nobody(built: BuiltRecord) -> None:
    """A nonce that does not fit is refused, with contest and option."""
    first, second = built.of_status("challenged")
    with pytest.raises(VerificationError, match=r"contest 'board', option 'board-1': the ballot nonce does not open"):
        open_ballot(built.election, first, built.nonces[second.confirmation_code])


def test_selections_opened_from_a_ciphertext_of_another_nonce(built: BuiltRecord) -> None:
    """β fits and α does not: nothing is shown."""
    ballot = built.of_status("challenged")[0]
    contest = ballot.contests[0]
    option = contest.options[0]
    pair = dataclasses.replace(option.ciphertext, alpha=option.ciphertext.alpha * built.election.group.g)
    options = (option.model_copy(update={"ciphertext": pair}), *contest.options[1:])
    contests = (contest.model_copy(update={"options": options}), *ballot.contests[1:])
    with pytest.raises(VerificationError, match="does not reproduce the ciphertext"):
        open_ballot(
            built.election, ballot.model_copy(update={"contests": contests}), built.nonces[ballot.confirmation_code]
        )


# --------------------------------------------------------------------------------------------------------- secrets


def test_secrets_printed(built: BuiltRecord, guardians: Guardians) -> None:
    running = session(built, tally_of(built))
    secrets = [guardians.secrets[0], built.shares[0], *built.nonces.values(), running.states[1]]
    shown = " ".join(f"{secret!r}" for secret in secrets)
    numbers = [*guardians.secrets[0].vote.coefficients, guardians.secrets[0].zeta, built.shares[0].z]
    assert not any(str(int(number.value)) in shown for number in numbers)
    assert not any(repr(nonce.value) in shown or nonce.value.hex() in shown for nonce in built.nonces.values())


def test_secret_exponent_slips_into_a_record() -> None:
    """A record type takes public scalars only; a secret must be revealed on purpose first."""
    OpenedOption(index=1, label="x", selection=0, nonce=TOY_GROUP.scalar(5))
    with pytest.raises(ValueError, match="nonce"):
        OpenedOption(index=1, label="x", selection=0, nonce=TOY_GROUP.secret(5))


def test_failure_as_none_or_a_log_line() -> None:
    """Verifying functions return nothing and raise; what they raise has one root."""
    assert issubclass(VerificationError, E2EVoteError)
    assert {E2EVoteError} == {base for error in (CheckError, ParseError, VerificationError) for base in error.__bases__}
    for function in (hashed_elgamal.verify, range_proof.verify, schnorr.verify, equality.verify):
        assert function.__annotations__["return"] is None
    assert key_ceremony.verify_public_key.__annotations__["return"] is None
