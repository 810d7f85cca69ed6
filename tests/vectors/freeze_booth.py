"""Write vectors/booth-ballots.json: whole ballots, with all the randomness that they were made with.

    python -m tests.vectors.freeze_booth            compare the stored file with what the library does now
    python -m tests.vectors.freeze_booth --write    write it anew

Made by this project: whoever encrypts elsewhere, as the voting page does, makes the same ballots, byte for byte.
"""

import argparse
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from e2evote.encoding import b, canonical_json, hex_of
from e2evote.encryption import encrypt_ballot
from e2evote.examples import manifest_bytes
from e2evote.examples.generator import plaintext_ballots
from e2evote.group.elements import Group, SecretScalar
from e2evote.group.parameters import STANDARD, group_named
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.codes import open_device
from e2evote.record.manifest import parse_manifest
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.setup import Election, Hashes, JointKeys
from tests.builders import TOY
from tests.deterministic import DeterministicRandomness

FILE = Path(__file__).resolve().parents[2] / "vectors" / "booth-ballots.json"
TIME = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
FIELDS = [
    "overvote_indicator", "undervote_indicator", "undervote_difference", "null_vote_indicator", "write_in_count",
]  # fmt: skip
EVERYTHING: dict[str, Any] = {
    "label": "everything",
    "chaining_modes": [0],
    "maximum_weight": 7,
    "contests": [
        {"label": "one of three", "options": [{"label": label} for label in "abc"]},
        {"label": "no data, fields", "selection_limit": 2, "supplemental_fields": FIELDS[:2],
         "options": [{"label": "d", "selection_limit": "CONTEST_LIMIT"}, {"label": "e"}]},
        {"label": "all fields", "selection_limit": 3, "supplemental_fields": FIELDS, "contest_data_blocks": 3,
         "options": [{"label": "f"}, {"label": "g", "selection_limit": 2}, {"label": "h", "write_in": True}]},
        {"label": "no limit", "selection_limit": "NO_LIMIT", "contest_data_blocks": 1,
         "options": [{"label": "i", "selection_limit": 2}, {"label": "j", "write_in": True}]},
    ],
    "ballot_styles": [{"label": "all", "contests": [1, 2, 3, 4]}, {"label": "some", "contests": [2, 4]}],
}  # fmt: skip
TEXT = 'زهرا کاظمی‌نژاد "quoted" \\ \u0001\n🗳 '
PLAINTEXTS: list[dict[str, Any]] = [
    {"ballot_style": 1, "weight": 7, "contests": [
        {"contest": 1, "selections": [0, 1, 0]}, {"contest": 2, "selections": [2, 0]},
        {"contest": 3, "selections": [0, 1, 1], "write_ins": {"3": TEXT}}, {"contest": 4, "selections": [2, 1]}]},
    {"ballot_style": 1, "contests": [
        {"contest": 1, "selections": [1, 1, 0]}, {"contest": 2, "selections": [2, 1]},
        {"contest": 3, "selections": [1, 2, 1], "write_ins": {"3": TEXT * 9}}, {"contest": 4, "selections": [3, 0]}]},
    {"ballot_style": 2, "contests": [{"contest": 4, "selections": [0, 1], "write_ins": {"2": TEXT * 9}}]},
    {"ballot_style": 1, "contests": []},
]  # fmt: skip


class Recorded:
    """A source of randomness that keeps what it gave."""

    def __init__(self, seed: str) -> None:
        self.rng, self.drawn = DeterministicRandomness(seed), list[str]()

    def scalar(self, group: Group) -> SecretScalar:
        x = self.rng.scalar(group)
        self.drawn.append(hex_of(b(int(x.reveal().value), 32)))
        return x

    def bytes(self, n: int) -> bytes:
        data = self.rng.bytes(n)
        self.drawn.append(hex_of(data))
        return data


def without_position(ballot: EncryptedBallot) -> bytes:
    """Return the ballot's canonical JSON as a page sends it: its position is given by the board."""
    value = json.loads(dump(ballot))
    del value["position"]
    return canonical_json(value)


def election_of(group: Group, manifest: bytes) -> tuple[Election, dict[str, object]]:
    """Return an election with K = g^5 and K̂ = g^7, and what a page needs of it."""
    keys = JointKeys(vote_encryption_key=group.g ** group.scalar(5), data_encryption_key=group.g ** group.scalar(7))
    parsed = parse_manifest(manifest)
    parsed.check()
    election = Election.of(group, 3, 2, parsed, Hashes.of(group, 3, 2, manifest), keys)
    opening = open_device(election.h_e, 1, "Booth", 0)
    numbers = {"p": group.p, "q": group.q, "g": group.g.value}
    public = {
        "group": {"name": group.name, **{name: hex_of(b(int(x), group.l_p)) for name, x in numbers.items()}},
        "manifest": json.loads(manifest),
        "h_e": hex_of(election.h_e),
        "K": hex_of(bytes(election.K)),
        "K_hat": hex_of(bytes(election.K_hat)),
        "device": {"device": 1, "h_di": hex_of(opening.h_di)},
    }
    return election, public


def ballots_of(election: Election, plaintexts: list[PlaintextBallot], whole: bool) -> list[dict[str, object]]:
    """Return the ballots with their randomness; where not ``whole``, only their hash and code."""
    opening, cases = open_device(election.h_e, 1, "Booth", 0), []
    for number, plaintext in enumerate(plaintexts):
        rng = Recorded(f"booth ballot {number}")
        ballot, nonce = encrypt_ballot(election, opening, plaintext, rng=rng, clock=lambda: TIME)
        data = without_position(ballot)
        case: dict[str, object] = {
            "plaintext": json.loads(dump(plaintext)),
            "encrypted_at": ballot.encrypted_at,
            "randomness": rng.drawn,
            "nonce": hex_of(nonce.value),
            "confirmation_code": hex_of(ballot.confirmation_code),
            "sha256": hashlib.sha256(data).hexdigest().upper(),
        }
        cases.append(case | ({"ballot": json.loads(data)} if whole else {}))
    return cases


def vectors() -> dict[str, object]:
    """Return the file's content."""
    toy, toy_public = election_of(group_named(TOY), canonical_json(EVERYTHING))
    marks = [
        parse(PlaintextBallot, canonical_json(plaintext), "plaintext", canonical=False) for plaintext in PLAINTEXTS
    ]
    standard, standard_public = election_of(STANDARD, manifest_bytes("association"))
    invented = list(plaintext_ballots(standard.manifest, 2, seed=1))
    return {
        "title": "Whole ballots with the randomness that they were made with",
        "made_by": "this project: pins behaviour, proves nothing",
        "conventions": {
            "keys": "K = g^5 and K_hat = g^7",
            "randomness": "in the order drawn: id_B, xi_B; contest by contest, proof by proof (options, fields, limit, "
            "relations) all u_j, then all c_j but that of the true branch; contest by contest the u of contest data; "
            "the nonce of the encrypted xi_B, and its u",
            "sha256": "over the ballot's compact JSON, fields in order, without position",
        },
        "elections": [
            toy_public | {"ballots": ballots_of(toy, marks, whole=True)},
            standard_public | {"ballots": ballots_of(standard, invented, whole=False)},
        ],
    }


def rendered() -> str:
    """Return the file's text."""
    return json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare or write the vectors of the voting page.")
    parser.add_argument("--write", action="store_true")
    text = rendered()
    if parser.parse_args().write:
        FILE.write_text(text, encoding="utf-8")
    sys.exit(FILE.read_text(encoding="utf-8") != text)
