"""Known answers of another implementation for pre-encrypted ballots, through the library's own functions."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from e2evote import hashing
from e2evote.elgamal import encrypt
from e2evote.encryption import SecretBallotNonce
from e2evote.group.computation import compute
from e2evote.group.parameters import STANDARD
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.hashing import PRE_ENCRYPTED
from e2evote.preencryption.recording import open_uncast, record_ballot
from e2evote.preencryption.vectors import generating_contest, regenerate
from e2evote.record import codes
from e2evote.record.manifest import parse_manifest
from e2evote.record.pre_encrypted import PreEncryptedBallot, PreEncryptedContest
from e2evote.record.setup import Election, Hashes, JointKeys
from e2evote.record.short_codes import short_code
from e2evote.zkp.schnorr import SchnorrProof
from tests.deterministic import DeterministicRandomness
from tests.vectors.recorder import recorded

KNOWN = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors" / "electionguard-2.1-known-answers-mail.json").read_bytes()
)
Vector = dict[str, Any]
raw = bytes.fromhex

SIZES = {1: (3, 1), 2: (2, 1), 3: (4, 2), 4: (2, 2), 5: (3, 2)}
"""m and L of the contests on the two ballots."""


@cache
def election() -> Election:
    """Return the election, with a manifest of our format of the same shape."""
    contests = [
        {"label": f"c{ind_c}", "selection_limit": L, "options": [{"label": f"o{j}"} for j in range(m)]}
        for ind_c, (m, L) in SIZES.items()
    ]
    styles = [{"label": "P1", "contests": [1, 3, 4]}, {"label": "P2", "contests": [2, 5]}]
    document = {"label": "known answers", "hash_trimming": 1, "contests": contests, "ballot_styles": styles}
    manifest = parse_manifest(json.dumps(document).encode())
    K = STANDARD.g ** STANDARD.scalar(5)
    keys = JointKeys(vote_encryption_key=K, data_encryption_key=K)
    built = Election.of(STANDARD, 3, 2, manifest, Hashes(h_p=bytes(32), h_b=bytes(32)), keys)
    return replace(built, h_e=raw(KNOWN["election"]["h_e"]))


def pre_encryption_nonce(v: Vector, i: Vector) -> None:
    xi = hashing.pre_encryption_nonce(STANDARD, raw(i["h_i"]), i["ind_c"], i["j"], i["k"], raw(i["xi_b"]))
    assert xi.reveal() == STANDARD.scalar(int(v["scalar"], 16))


def selection_hash(v: Vector, i: Vector) -> None:
    assert SIZES[i["ind_c"]] == (i["m"], i["limit"])
    vectors = compute(generating_contest(election(), raw(i["h_i"]), i["ind_c"], raw(i["xi_b"])))
    assert vectors.all[i["j"] - 1].selection_hash == raw(v["result"])
    assert (i["j"] > i["m"]) == (v["family"] == "null_selection_hash")


def contest_hash(v: Vector, i: Vector) -> None:
    psis = [raw(psi) for psi in i["selection_hashes"]]
    codes.pre_encrypted_contest_hash(raw(i["h_i"]), i["ind_c"], psis)


def confirmation_code(v: Vector, i: Vector) -> None:
    chis = [raw(chi) for chi in i["contest_hashes"]]
    codes.confirmation_code(raw(i["h_i"]), chis, raw(i["chaining_field"]), PRE_ENCRYPTED)


def device_hash(v: Vector, i: Vector) -> None:
    hashing.device_hash(raw(i["h_e"]), i["device_info"], PRE_ENCRYPTED)


def chain_start(v: Vector, i: Vector) -> None:
    codes.chain_start(raw(i["h_e"]), raw(i["h_di"]), PRE_ENCRYPTED)


def chain_close(v: Vector, i: Vector) -> None:
    field, _ = codes.chain_close(raw(i["h_e"]), raw(i["h_di"]), raw(i["last_code"]), PRE_ENCRYPTED)
    assert field == raw(i["chaining_field"])


RUN: dict[str, Callable[[Vector, Vector], None]] = {
    "pre_encryption_nonce": pre_encryption_nonce,
    "selection_hash": selection_hash,
    "null_selection_hash": selection_hash,
    "contest_hash": contest_hash,
    "confirmation_code": confirmation_code,
    "device_hash": device_hash,
    "chain_start": chain_start,
    "chain_close_field": chain_close,
    "chain_close": chain_close,
}


@pytest.mark.parametrize("vector", KNOWN["vectors"], ids=lambda vector: f"{vector['family']}: {vector['name']}")
def test_known_answer(vector: Vector) -> None:
    """Key, message length and result of the hash, and all that the family states beside it.

    Spec: EG-2.1 §4.1, eq. 112; §4.1.1, eqs. 113, 114; §4.1.2, eq. 115; §4.1.3, eq. 116; §4.1.4, eqs. 117–120
    Spec: EG-2.1 §4.2.1, eq. 121
    """
    with recorded() as calls:
        RUN[vector["family"]](vector, vector["inputs"])
    expected = raw(vector["key"]), vector["message_length"], raw(vector["result"])
    assert expected in [(call.key, len(call.message), call.result) for call in calls]


def test_the_count_is_what_the_table_says() -> None:
    assert len(KNOWN["vectors"]) == 64
    assert {vector["family"] for vector in KNOWN["vectors"]} == set(RUN)


def published(found: Vector, style: int) -> PreEncryptedBallot:
    """Return a ballot as it was printed; its nonce ciphertext is not among the values."""
    contests = (
        PreEncryptedContest(
            index=contest["ind_c"],
            selection_hashes=tuple(sorted(map(raw, contest["selection_hashes"]))),
            contest_hash=raw(contest["contest_hash"]),
        )
        for contest in found["contests"]
    )
    zero = STANDARD.scalar(0)
    return PreEncryptedBallot(
        id_b=raw(found["id_b"]),
        h_i=raw(found["h_i"]),
        device=1,
        position=1,
        ballot_style=style,
        weight=1,
        encrypted_at="2026-12-01T09:00:00Z",
        contests=tuple(contests),
        ballot_nonce=HashedCiphertext(STANDARD.one, bytes(32), SchnorrProof(zero, zero)),
        chaining_field=raw(found["chaining_field"]),
        confirmation_code=raw(found["confirmation_code"]),
    )


@pytest.mark.parametrize("style", [1, 2])
def test_ballots_of_the_known_answers(style: int) -> None:
    """From ξ_B every hash up to the confirmation code; from the choices what is recorded, with nulls to exactly L.

    Spec: EG-2.1 §4.3; §4.4
    """
    found = KNOWN["ballots"][style - 1]
    ballot, nonce = published(found, style), SecretBallotNonce(raw(found["xi_b"]))
    assert hashing.selection_identifier_hash(election().h_e, ballot.id_b) == ballot.h_i
    chis = [contest.contest_hash for contest in ballot.contests]
    assert codes.confirmation_code(ballot.h_i, chis, ballot.chaining_field, PRE_ENCRYPTED) == ballot.confirmation_code
    for vectors, contest in zip(regenerate(election(), ballot, nonce), found["contests"], strict=True):
        assert [vector.selection_hash for vector in vectors.all] == [raw(psi) for psi in contest["selection_hashes"]]
        assert [vector.short_code for vector in vectors.all] == contest["last_bytes"]
        assert [short_code(5, vector.selection_hash) for vector in vectors.all] == [
            str(int(byte, 16)) for byte in contest["last_bytes"]
        ]
    if "recording" not in found["contests"][0]:
        opened = open_uncast(election(), ballot, nonce)
        assert [contest.index for contest in opened.contests] == [contest["ind_c"] for contest in found["contests"]]
        return
    choices = {contest["ind_c"]: contest["recording"]["options"] for contest in found["contests"]}
    result = record_ballot(election(), ballot, nonce, choices, DeterministicRandomness("known answers"))
    for contest, known in zip(result.contests, found["contests"], strict=True):
        recording, psis = known["recording"], [raw(psi) for psi in known["selection_hashes"]]
        expected = sorted(psis[j - 1] for j in recording["vectors"])
        assert [selected.selection_hash for selected in contest.selections] == expected
        for option, combined in zip(contest.options, recording["combined"], strict=True):
            xi = STANDARD.scalar(int(combined["nonce"], 16))
            assert option.ciphertext == encrypt(STANDARD.g, election().K, combined["selection"], xi)
