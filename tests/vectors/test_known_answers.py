"""Known answers of other implementations, each through the library's own functions.

``RUN`` has one function a family: it calls the library with a vector's inputs and compares what the family states
beside the hash (ciphertexts, whole proofs). The hash itself is taken from where the library computes it: key, length of
the message and result must be those of the vector.
"""

import hashlib
import json
from collections.abc import Callable
from functools import cache, partial, reduce
from pathlib import Path
from typing import Any

import pytest

from e2evote import hashed_elgamal, hashing
from e2evote.challenge import nonce_from_factor, open_ballot
from e2evote.decryption.rounds import combine, commit, decrypt, respond, reveal
from e2evote.decryption.statements import DataStatement, Partial, TallyStatement
from e2evote.elgamal import Ciphertext, encrypt
from e2evote.encryption import SecretBallotNonce
from e2evote.group.discrete_log import discrete_log
from e2evote.group.elements import Element, Scalar
from e2evote.group.parameters import STANDARD
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext, ShareSeal
from e2evote.record import codes
from e2evote.record.ballot import EncryptedBallot, EncryptedContest, EncryptedOption
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Election, GuardianPublicKey, Hashes, JointKeys, guardian_record_hash
from e2evote.secret_sharing import SecretKeyShares, SecretPolynomial, lagrange_coefficient, product
from e2evote.zkp import range as range_proof
from e2evote.zkp.schnorr import AggregatedSchnorrProof, SchnorrProof
from tests.deterministic import ScriptedRandomness
from tests.vectors.recorder import recorded

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
KNOWN = json.loads((VECTORS / "electionguard-2.1-known-answers.json").read_bytes())
CANONICAL = json.loads((VECTORS / "electionguard-2.1-canonical-manifest.json").read_bytes())
ELECTION = KNOWN["election"]
OPTIONS = {1: 2, 2: 3, 3: 1, 4: 1, 5: 1}
"""Options of the contests on the challenged ballots."""

Vector = dict[str, Any]
raw = bytes.fromhex


@cache
def element(text: str) -> Element:
    """Return the element that a vector writes as a power of g."""
    assert text.startswith("g^")
    return STANDARD.g ** scalar(text[2:])


def scalar(text: str) -> Scalar:
    value = int(text, 16)
    assert value < STANDARD.q
    return STANDARD.scalar(value)


def number(text: str) -> int:
    return int(text, 16)


def ciphertext(entry: Vector) -> Ciphertext:
    return Ciphertext(element(entry["alpha"]), element(entry["beta"]))


def sealed(entry: Vector) -> HashedCiphertext:
    proof = SchnorrProof(scalar(entry["c"]), scalar(entry["v"]))
    return HashedCiphertext(element(entry["c_0"]), raw(entry["c_1"]), proof)


@cache
def election() -> Election:
    """The vectors' election; its manifest has the shape of the challenged ballots, H_B is the vectors'."""
    contests = [
        {
            "label": f"contest {ind_c}",
            "selection_limit": "NO_LIMIT",
            "contest_data_blocks": 1,
            "options": [{"label": str(j), "selection_limit": 5} for j in range(count)],
        }
        for ind_c, count in OPTIONS.items()
    ]
    style = {"label": "all", "contests": list(OPTIONS)}
    manifest = parse_manifest(json.dumps({"label": "kat", "contests": contests, "ballot_styles": [style]}).encode())
    keys = JointKeys(vote_encryption_key=element(ELECTION["K"]), data_encryption_key=element(ELECTION["K_hat"]))
    hashes = Hashes(h_p=raw(ELECTION["h_p"]), h_b=raw(ELECTION["h_b"]))
    return Election.of(STANDARD, ELECTION["n"], ELECTION["k"], manifest, hashes, keys)


def parameter_base_hash(v: Vector, i: Vector) -> None:
    hashing.parameter_base_hash(STANDARD, i["n"], i["k"])


def base_hash(v: Vector, i: Vector) -> None:
    hashing.base_hash(raw(i["h_p"]), raw(i["manifest"]))


def share_key(v: Vector, i: Vector) -> None:
    ShareSeal(raw(i["h_p"]), i["i"], i["ell"], element(i["kappa"])).mask(element(i["alpha"]), element(i["beta"]), 64)


def guardian_record(v: Vector, i: Vector) -> None:
    proof = AggregatedSchnorrProof(STANDARD.scalar(0), (STANDARD.scalar(0),))
    guardians = tuple(
        GuardianPublicKey(
            i=number,
            name="-",
            vote_commitments=tuple(map(element, vote)),
            data_commitments=tuple(map(element, data)),
            communication_key=element(kappa),
            vote_proof=proof,
            data_proof=proof,
        )
        for number, (vote, data, kappa) in enumerate(
            zip(i["vote_commitments"], i["data_commitments"], i["communication_keys"], strict=True), 1
        )
    )
    keys = JointKeys(vote_encryption_key=element(i["K"]), data_encryption_key=element(i["K_hat"]))
    assert product(STANDARD, (public.vote_commitments[0] for public in guardians)) == keys.vote_encryption_key
    assert product(STANDARD, (public.data_commitments[0] for public in guardians)) == keys.data_encryption_key
    guardian_record_hash(raw(i["h_b"]), keys, guardians)


def extended_base_hash(v: Vector, i: Vector) -> None:
    hashing.extended_base_hash(raw(i["h_b"]), element(i["K"]), element(i["K_hat"]))


def selection_identifier_hash(v: Vector, i: Vector) -> None:
    hashing.selection_identifier_hash(raw(i["h_e"]), raw(i["id_b"]))


def selection_nonce(v: Vector, i: Vector) -> None:
    xi = hashing.selection_nonce(STANDARD, raw(i["h_i"]), i["ind_c"], i["ind_o"], raw(i["xi_b"]))
    assert xi.reveal() == scalar(v["scalar"])


def contest_hash(v: Vector, i: Vector) -> None:
    data = sealed(i["contest_data"]) if "contest_data" in i else None
    codes.contest_hash(raw(i["h_i"]), i["ind_c"], [ciphertext(option) for option in i["options"]], data)


def confirmation_code(v: Vector, i: Vector) -> None:
    field = raw(i["chaining_field"])
    if "mode" in i:
        assert codes.chaining_field(i["mode"], raw(i["previous"])) == field
    codes.confirmation_code(raw(i["h_i"]), map(raw, i["contest_hashes"]), field)


def device_hash(v: Vector, i: Vector) -> None:
    hashing.device_hash(raw(i["h_e"]), i["device_info"])


def chain_start(v: Vector, i: Vector) -> None:
    assert codes.chaining_field(1, raw(i["h_di"])) == raw(i["chaining_field"])
    codes.chain_start(raw(i["h_e"]), raw(i["h_di"]))


def chain_close(v: Vector, i: Vector) -> None:
    field, _ = codes.chain_close(raw(i["h_e"]), raw(i["h_di"]), raw(i["last_code"]))
    assert field == raw(i["chaining_field"])


def ballot_nonce_mask(v: Vector, i: Vector) -> None:
    mask = BallotNonceSeal(raw(i["h_i"])).mask(element(i["alpha"]), element(i["beta"]), 32)
    if "h" in i:
        assert mask == raw(v["result"])
    else:
        K_hat = element(i["K_hat"])
        assert (STANDARD.g ** scalar(i["xi_hat"]), K_hat ** scalar(i["xi_hat"])) == (
            element(i["alpha"]),
            element(i["beta"]),
        )


def ballot_nonce_encryption(v: Vector, i: Vector) -> None:
    seal, K_hat, xi = BallotNonceSeal(raw(i["h_i"])), element(i["K_hat"]), STANDARD.secret(number(i["xi_hat"]))
    rng = ScriptedRandomness(number(i["u_b"]))
    made = hashed_elgamal.encrypt(seal, STANDARD.g, K_hat, raw(i["xi_b"]), xi, rng)
    assert made == sealed(v["ciphertext"])
    assert made.c_2.challenge == scalar(v["scalar"])
    assert made.c_2.commitment(STANDARD.g, made.c_0) == element(i["a_b"])
    hashed_elgamal.verify(seal, STANDARD.g, made)


def ballot_nonce_decryption(v: Vector, i: Vector) -> None:
    """All rounds among the guardians U, though no proof of it is published."""
    box, available = sealed(i["ciphertext"]), i["available"]
    hashed_elgamal.verify(BallotNonceSeal(raw(i["h_i"])), STANDARD.g, box)
    shares = []
    for guardian in i["guardians"]:
        z_hat = STANDARD.secret(number(guardian["z_hat_i"]))
        assert lagrange_coefficient(STANDARD, guardian["i"], available) == scalar(guardian["w_i"])
        assert box.c_0**z_hat == element(guardian["m_i"])
        shares.append(SecretKeyShares(guardian["i"], STANDARD.secret(0), z_hat))
    ((beta, _),) = decrypt(election(), [], shares, [DataStatement(raw(i["h_i"]), 0, box)])
    assert beta == element(i["beta_b"])
    ballot = EncryptedBallot.model_construct(h_i=raw(i["h_i"]), ballot_nonce=box)
    assert nonce_from_factor(ballot, beta).value == raw(v["decrypted"]["xi_b"])


def contest_data_mask(v: Vector, i: Vector) -> None:
    blocks = i.get("blocks", 1)
    seal = ContestDataSeal(raw(i["h_i"]), i["ind_c"])
    mask = seal.mask(element(i["alpha"]), element(i["beta"]), 32 * blocks)
    if "block" in i:
        assert mask[32 * i["block"] - 32 : 32 * i["block"]] == raw(v["result"])


def tally_commitment_hash(v: Vector, i: Vector) -> None:
    A, u = element(i["A"]), scalar(i["u_i"])
    opened = Partial(a=STANDARD.g**u, b=A**u, m=A ** scalar(i["z_i"]))
    assert (opened.a, opened.b, opened.m) == (element(i["a_i"]), element(i["b_i"]), element(i["M_i"]))
    statement = TallyStatement(raw(i["h_e"]), i["ind_c"], i["ind_o"], Ciphertext(A, element(i["B"])))
    assert statement.commitment_hash(i["i"], i["available"], opened) == raw(v["result"])


def tally_proof(v: Vector, i: Vector) -> None:
    """Every round of the joint proof, with the stated nonces."""
    proof = v["proof"]
    total = reduce(lambda x, y: x * y, map(ciphertext, i["ballots"]))
    assert total == Ciphertext(element(i["A"]), element(i["B"]))
    statement = TallyStatement(raw(i["h_e"]), i["ind_c"], i["ind_o"], total)
    guardians, U = proof["guardians"], proof["available"]
    shares = [SecretKeyShares(g["i"], STANDARD.secret(number(g["z_i"])), STANDARD.secret(0)) for g in guardians]
    states, committed = zip(
        *(
            commit(election(), share, [statement], U, ScriptedRandomness(number(g["u_i"])))
            for share, g in zip(shares, guardians, strict=True)
        ),
        strict=True,
    )
    assert [message.hashes for message in committed] == [(raw(g["d_i"]),) for g in guardians]
    revealed = [reveal(state, committed) for state in states]
    responses = [
        respond(election(), share, state, committed, revealed) for share, state in zip(shares, states, strict=True)
    ]
    assert [message.responses for message in responses] == [(scalar(g["v_i"]),) for g in guardians]
    c = scalar(proof["c"])
    for guardian in guardians:
        w_i = lagrange_coefficient(STANDARD, guardian["i"], U)
        assert (w_i, c * w_i) == (scalar(guardian["w_i"]), scalar(guardian["c_i"]))
    ((M, joint),) = combine(election(), [], [statement], committed, revealed, responses)
    assert (M, joint.challenge, joint.response) == (element(i["M"]), c, scalar(proof["v"]))
    a, b = joint.commitments(STANDARD.g, election().K, total.alpha, M)
    assert (a, b) == (element(i["a"]), element(i["b"]))
    assert total.beta / M == element(proof["T"])
    assert discrete_log(election().K, total.beta / M, 3) == proof["tally"]


def prove_range(v: Vector, i: Vector) -> None:
    """The same proof from the same randomness, and its verification, for an option or a contest limit."""
    g, K, xi, limit = STANDARD.g, election().K, STANDARD.secret(number(i["nonce"])), i["limit"]
    pair = encrypt(g, K, i["value"], xi)
    assert pair == ciphertext(i)
    if "ind_o" in i:
        challenge = partial(range_proof.selection_challenge, raw(i["h_i"]), i["ind_c"], i["ind_o"], pair)
    else:
        challenge = partial(range_proof.limit_challenge, raw(i["h_i"]), i["ind_c"], pair)
    chosen = [i["chosen_challenges"][str(j)] for j in range(limit + 1) if j != i["value"]]
    rng = ScriptedRandomness(*map(number, (*i["u"], *chosen)))
    proof = range_proof.prove(g, K, i["value"], xi, limit, challenge, rng)
    assert proof.challenges == tuple(map(scalar, v["proof"]["challenges"]))
    assert proof.responses == tuple(map(scalar, v["proof"]["responses"]))
    assert proof.challenge_sum() == scalar(v["scalar"])
    found = proof.commitments(g, K, pair.alpha, pair.beta)
    assert found == [element(entry[name]) for entry in i["commitments"] for name in ("a", "b")]
    range_proof.verify(g, K, pair.alpha, pair.beta, proof, limit, challenge)


RUN: dict[str, Callable[[Vector, Vector], None]] = {
    "parameter_base_hash": parameter_base_hash,
    "base_hash": base_hash,
    "share_key": share_key,
    "guardian_record_hash": guardian_record,
    "extended_base_hash": extended_base_hash,
    "selection_identifier_hash": selection_identifier_hash,
    "selection_nonce": selection_nonce,
    "ballot_nonce_key": ballot_nonce_mask,
    "ballot_nonce_mask": ballot_nonce_mask,
    "ballot_nonce_encryption": ballot_nonce_encryption,
    "ballot_nonce_decryption": ballot_nonce_decryption,
    "range_proof": prove_range,
    "limit_proof": prove_range,
    "contest_hash": contest_hash,
    "confirmation_code": confirmation_code,
    "device_hash": device_hash,
    "chain_start": chain_start,
    "chain_close_field": chain_close,
    "chain_close": chain_close,
    "tally_commitment_hash": tally_commitment_hash,
    "tally_proof": tally_proof,
    "challenged_contest_data_key": contest_data_mask,
    "challenged_contest_data_mask": contest_data_mask,
    "challenged_contest_hash": contest_hash,
    "challenged_confirmation_code": confirmation_code,
}


@pytest.mark.parametrize("vector", KNOWN["vectors"], ids=lambda vector: f"{vector['family']}: {vector['name']}")
def test_known_answer(vector: Vector) -> None:
    """Key, message length and result of the hash, and all that the family states beside it.

    Spec: EG-2.1 §3.1.2, eq. 4; §3.1.4, eq. 5; §3.2.2, eqs. 16, 27; §3.2.3, eq. 30; §3.3.2, eq. 32; §3.3.3, eq. 33
    Spec: EG-2.1 §3.3.4, eqs. 34–38; §3.3.7, eqs. 57–61; §3.3.8, eq. 62; §3.3.10, eqs. 65, 66; §3.4.1, eq. 70
    Spec: EG-2.1 §3.4.2, eq. 71; §3.4.3, eq. 72; §3.4.4, eqs. 73–78; §3.6.5, eqs. 88–93; §3.6.7, eqs. 107, 108
    """
    with recorded() as calls:
        RUN[vector["family"]](vector, vector["inputs"])
    expected = raw(vector["key"]), vector["message_length"], raw(vector["result"])
    assert expected in [(call.key, len(call.message), call.result) for call in calls]


def test_the_count_is_what_the_table_says() -> None:
    assert len(KNOWN["vectors"]) == 87
    assert {vector["family"] for vector in KNOWN["vectors"]} == set(RUN)


def test_election_of_the_known_answers() -> None:
    """H_P, H_B, H_E, H_I, H_DI and the guardians' shares of the vectors' election, added up here.

    Spec: EG-2.1 §3.2.2, eq. 8; §3.1.2, eq. 4; §3.1.4, eq. 5; §3.3.2, eq. 32; §3.4.3, eq. 72
    """
    hashes = Hashes.of(STANDARD, ELECTION["n"], ELECTION["k"], raw(ELECTION["manifest"]))
    assert (hashes.h_p, hashes.h_b) == (raw(ELECTION["h_p"]), raw(ELECTION["h_b"]))
    assert election().h_e == raw(ELECTION["h_e"])
    assert hashing.selection_identifier_hash(election().h_e, raw(ELECTION["id_b"])) == raw(ELECTION["h_i"])
    assert hashing.device_hash(election().h_e, ELECTION["device_info"]) == raw(ELECTION["h_di"])
    for kind, share, key in (("vote", "z", "K"), ("data", "z_hat", "K_hat")):
        secrets = (tuple(STANDARD.secret(number(a)) for a in guardian[kind]) for guardian in ELECTION["guardians"])
        polynomials = [SecretPolynomial(coefficients) for coefficients in secrets]
        assert product(STANDARD, (p.commitments()[0] for p in polynomials)) == element(ELECTION[key])
        for guardian in ELECTION["guardians"]:
            z = reduce(lambda x, y: x + y, (p.at(guardian["i"]) for p in polynomials))
            assert z.reveal() == scalar(guardian[share])


@pytest.mark.parametrize("ballot", [ELECTION, ELECTION["sparse_ballot"]], ids=["three contests", "contests 2 and 5"])
def test_challenged_ballot_of_the_known_answers(ballot: Vector) -> None:
    """Opened from ξ_B, the ballot gives the released values, nonces and data; the data's proofs hold.

    Spec: EG-2.1 §3.6.7, eqs. 109–111; §3.3.10, eqs. 64, 69
    """
    vectors = [v["inputs"] for v in KNOWN["vectors"] if v["family"] == "challenged_contest_hash"]
    vectors = [inputs for inputs in vectors if inputs["h_i"] == ballot["h_i"]]
    unproved = range_proof.RangeProof((STANDARD.scalar(0),), (STANDARD.scalar(0),))
    contests = tuple(
        EncryptedContest(
            index=inputs["ind_c"],
            options=tuple(EncryptedOption(ciphertext=ciphertext(o), proof=unproved) for o in inputs["options"]),
            proof=unproved,
            contest_data=sealed(inputs["contest_data"]) if "contest_data" in inputs else None,
            contest_hash=bytes(32),
        )
        for inputs in vectors
    )
    common = {"device": 1, "position": 1, "confirmation_code": bytes(32), "h_i": raw(ballot["h_i"])}
    encrypted = EncryptedBallot.model_construct(contests=contests, **common)
    opened = open_ballot(election(), encrypted, SecretBallotNonce(raw(ballot["xi_b"])))
    for contest, inputs, sealed_contest in zip(opened.contests, vectors, contests, strict=True):
        assert [o.selection for o in contest.options] == [o["selection"] for o in inputs["options"]]
        assert [o.nonce for o in contest.options] == [scalar(o["nonce"]) for o in inputs["options"]]
        if contest.contest_data is not None:
            assert contest.contest_data.nonce == scalar(inputs["contest_data"]["nonce"])
            assert contest.contest_data.data == raw(inputs["contest_data"]["data"])
            seal = ContestDataSeal(raw(ballot["h_i"]), contest.index)
            hashed_elgamal.verify(seal, STANDARD.g, sealed_contest.contest_data)
        else:
            assert "contest_data" not in inputs


def test_parameter_base_hash_of_the_canonical_manifest() -> None:
    """Spec: EG-2.1 §3.1.2, eq. 4"""
    assert hashing.parameter_base_hash(STANDARD, CANONICAL["n"], CANONICAL["k"]) == raw(CANONICAL["h_p"])


def test_base_hash_of_the_canonical_manifest(interop: Path) -> None:
    """Spec: EG-2.1 §3.1.4, eq. 5"""
    file = interop / CANONICAL["manifest"]["file"]
    if not file.is_file():
        pytest.skip(f"{file} is missing")
    data = file.read_bytes()
    assert (len(data), hashlib.sha256(data).digest()) == (4021, raw(CANONICAL["manifest"]["sha256"]))
    assert hashing.base_hash(raw(CANONICAL["h_p"]), data) == raw(CANONICAL["h_b"])
