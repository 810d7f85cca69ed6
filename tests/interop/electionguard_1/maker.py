"""A small maker of ElectionGuard 1.x records, in the standard group of this library: for tests alone.

Three guardians, quorum 2, the third missing; two devices; two cast ballots and a spoiled one; a contest of two options.
What it makes is of this project's own making; records of others are read in other tests.
"""

import json
from pathlib import Path
from typing import Any

from e2evote.group.elements import Element, Scalar
from e2evote.group.parameters import STANDARD
from e2evote.interop.electionguard_1.decryption import lagrange
from e2evote.interop.electionguard_1.manifest import read_manifest
from e2evote.interop.electionguard_1.setup import read_context
from e2evote.interop.electionguard_1.values import Node, hash_of, hexed

G = STANDARD.g
Files = dict[str, Any]
"""The files of a record by their names, as JSON objects."""

MANIFEST = {
    "election_scope_id": "test", "spec_version": "1.0", "type": "general",
    "start_date": "2026-01-01T08:00:00-05:00", "end_date": "2026-01-02T08:00:00",
    "geopolitical_units": [{"object_id": "unit", "name": "unit", "type": "county", "contact_information": None}],
    "parties": [], "candidates": [{"object_id": "a", "name": {"text": []}}, {"object_id": "b", "name": {"text": []}}],
    "contests": [{
        "object_id": "contest", "sequence_order": 0, "electoral_district_id": "unit", "vote_variation": "one_of_m",
        "number_elected": 1, "votes_allowed": 1, "name": "contest",
        "ballot_title": {"text": [{"value": "Who?", "language": "en"}]}, "ballot_subtitle": None,
        "ballot_selections": [
            {"object_id": "option-a", "sequence_order": 0, "candidate_id": "a"},
            {"object_id": "option-b", "sequence_order": 1, "candidate_id": "b"},
        ],
    }],
    "ballot_styles": [{"object_id": "all", "geopolitical_unit_ids": ["unit"], "party_ids": None, "image_uri": None}],
    "name": None, "contact_information": None,
}  # fmt: skip


class Maker:
    """Makes one record; everything of it can be computed again, so that a test can change what goes into it."""

    def __init__(self) -> None:
        self.files: Files = {"manifest.json": json.loads(json.dumps(MANIFEST))}
        self.number = 0

    def scalar(self) -> Scalar:
        """Return a number that is new and the same in every run."""
        self.number += 1
        return hash_of(STANDARD, "maker", self.number)

    def make(self) -> Files:
        """Make all files."""
        r = (STANDARD.p - 1) // STANDARD.q
        self.files["constants.json"] = dict(
            zip(
                ("large_prime", "small_prime", "cofactor", "generator"),
                map(hexed, (STANDARD.p, STANDARD.q, r, G.value)),
                strict=True,
            )
        )
        self._guardians()
        self._ballots()
        self._tallies()
        return self.files

    def _guardians(self) -> None:
        self.secrets = [[self.scalar(), self.scalar()] for _ in range(3)]
        self.commitments = [[G**a for a in polynomial] for polynomial in self.secrets]
        for index, (polynomial, commitments) in enumerate(zip(self.secrets, self.commitments, strict=True)):
            proofs = []
            for a, key in zip(polynomial, commitments, strict=True):
                u = self.scalar()
                c = hash_of(STANDARD, key, G**u)
                values = {"public_key": key, "commitment": G**u, "challenge": c, "response": u + c * a}
                proofs.append({name: text(value) for name, value in values.items()})
            self.files[f"guardians/guardian_{index + 1}.json"] = {
                "guardian_id": str(index + 1), "sequence_order": index + 1, "election_public_key": text(commitments[0]),
                "election_commitments": [text(each) for each in commitments], "election_proofs": proofs,
            }  # fmt: skip
        self.manifest = read_manifest(Node(self.files["manifest.json"], "manifest.json"), STANDARD)
        self.key = self.commitments[0][0] * self.commitments[1][0] * self.commitments[2][0]
        committed = hash_of(STANDARD, [each for several in self.commitments for each in several])
        base = hash_of(STANDARD, hexed(STANDARD.p), hexed(STANDARD.q), G, 3, 2, self.manifest.hash)
        self.extended = hash_of(STANDARD, base, committed)
        self.files["context.json"] = {
            "number_of_guardians": 3, "quorum": 2, "elgamal_public_key": text(self.key),
            "commitment_hash": text(committed), "manifest_hash": text(self.manifest.hash),
            "crypto_base_hash": text(base), "crypto_extended_base_hash": text(self.extended), "extended_data": None,
        }  # fmt: skip

    def _ballots(self) -> None:
        self.cast: list[list[tuple[Element, Element]]] = []
        codes = []
        for number in (1, 2):
            device = {"device_id": number, "session_id": 2, "launch_code": 3, "location": "hall"}
            self.files[f"encryption_devices/device_{number}.json"] = device
            codes.append(hash_of(STANDARD, number, 2, 3, "hall"))
        for number, (device, votes, state) in enumerate([(0, (1, 0, 0), 1), (0, (0, 1, 0), 2), (1, (0, 0, 1), 1)]):
            pairs, codes[device] = self._ballot(f"ballot-{number}", codes[device], votes, state)
            if state == 1:
                self.cast.append(pairs)
            else:
                self.spoiled = pairs

    def _ballot(
        self, name: str, seed: Scalar, votes: tuple[int, ...], state: int
    ) -> tuple[list[tuple[Element, Element]], Scalar]:
        contest = self.manifest.contests[0]
        selections, pairs, nonces, hashes = [], [], [], []
        for each, vote in zip(contest.selections, votes, strict=True):
            nonce = self.scalar()
            pair = (G**nonce, G ** STANDARD.scalar(vote) * self.key**nonce)
            digest = hash_of(STANDARD, each.id, each.hash, hash_of(STANDARD, *pair))
            selections.append({
                "object_id": each.id, "sequence_order": each.order, "description_hash": text(each.hash),
                "ciphertext": ciphertext(pair), "crypto_hash": text(digest),
                "is_placeholder_selection": each.placeholder, "nonce": None, "proof": self._bit(pair, nonce, vote),
            })  # fmt: skip
            pairs.append(pair)
            nonces.append(nonce)
            hashes.append(digest)
        total = product(pairs)
        u = self.scalar()
        c = hash_of(STANDARD, self.extended, *total, G**u, self.key**u)
        proof = {"pad": G**u, "data": self.key**u, "challenge": c, "response": u + c * sum(nonces[1:], nonces[0])}
        whole = hash_of(STANDARD, contest.id, contest.hash, *hashes)
        digest = hash_of(STANDARD, name, self.manifest.hash, whole)
        code = hash_of(STANDARD, seed, 1000, digest)
        self.files[f"submitted_ballots/submitted_ballot_{name}.json"] = {
            "object_id": name, "style_id": "all", "manifest_hash": text(self.manifest.hash), "code_seed": text(seed),
            "contests": [{
                "object_id": contest.id, "sequence_order": contest.order, "description_hash": text(contest.hash),
                "ballot_selections": selections, "ciphertext_accumulation": ciphertext(total),
                "crypto_hash": text(whole), "nonce": None,
                "proof": {key: text(value) for key, value in proof.items()} | {"constant": 1},
            }],
            "code": text(code), "timestamp": 1000, "crypto_hash": text(digest), "nonce": None, "state": state,
        }  # fmt: skip
        return pairs, code

    def _bit(self, pair: tuple[Element, Element], nonce: Scalar, vote: int) -> dict[str, str]:
        """Return a proof that the ciphertext holds the vote, which is 0 or 1: the other branch is simulated."""
        (alpha, beta), u, c_false, v_false = pair, self.scalar(), self.scalar(), self.scalar()
        minus = STANDARD.scalar(-c_false.value)
        shown = STANDARD.scalar((1 - vote) * c_false.value)
        false = (G**v_false * alpha**minus, G**shown * self.key**v_false * beta**minus)
        true = (G**u, self.key**u)
        (a0, b0), (a1, b1) = (true, false) if vote == 0 else (false, true)
        c = hash_of(STANDARD, self.extended, alpha, beta, a0, b0, a1, b1)
        c_true = c - c_false
        real, other = (c_true, u + c_true * nonce), (c_false, v_false)
        (c0, v0), (c1, v1) = (real, other) if vote == 0 else (other, real)
        names = ("proof_zero_pad", "proof_zero_data", "proof_one_pad", "proof_one_data", "proof_zero_challenge",
                 "proof_one_challenge", "challenge", "proof_zero_response", "proof_one_response")  # fmt: skip
        return {name: text(value) for name, value in zip(names, (a0, b0, a1, b1, c0, c1, c, v0, v1), strict=True)}

    def _tallies(self) -> None:
        contest = self.manifest.contests[0]
        sums = [product([ballot[i] for ballot in self.cast]) for i in range(2)]
        self.files["encrypted_tally.json"] = {"object_id": "tally", "contests": {contest.id: {
            "object_id": contest.id, "sequence_order": contest.order, "description_hash": text(contest.hash),
            "selections": {each.id: {
                "object_id": each.id, "sequence_order": each.order, "description_hash": text(each.hash),
                "ciphertext": ciphertext(pair),
            } for each, pair in zip(contest.options, sums, strict=True)},
        }}}  # fmt: skip
        self.files["tally.json"] = self._decrypted("tally", sums, (1, 0))
        self.files["spoiled_ballots/spoiled_ballot_ballot-1.json"] = self._decrypted(
            "ballot-1", self.spoiled, (0, 1, 0)
        )
        context = read_context(Node(self.files["context.json"], "context.json"), STANDARD)
        weights = {str(order): text(lagrange(context, order, [1, 2])) for order in (1, 2)}
        self.files["coefficients.json"] = {"coefficients": weights}

    def _decrypted(self, name: str, pairs: list[tuple[Element, Element]], counts: tuple[int, ...]) -> dict[str, Any]:
        contest = self.manifest.contests[0]
        selections = {}
        for each, pair, count in zip(contest.selections, pairs, counts, strict=False):
            shares = [self._share(each.id, pair, guardian) for guardian in range(3)]
            selections[each.id] = {
                "object_id": each.id, "tally": count, "value": text(G ** STANDARD.scalar(count)),
                "message": ciphertext(pair), "shares": shares,
            }  # fmt: skip
        return {"object_id": name, "contests": {contest.id: {"object_id": contest.id, "selections": selections}}}

    def _share(self, name: str, pair: tuple[Element, Element], guardian: int) -> dict[str, Any]:
        secret = self.secrets[guardian]
        share = {"object_id": name, "guardian_id": str(guardian + 1), "share": text(pair[0] ** secret[0])}
        if guardian < 2:
            return share | {"proof": self._proof(pair, secret[0]), "recovered_parts": None}
        parts = {}
        for present in (1, 2):
            backup = secret[0] + secret[1] * STANDARD.scalar(present)
            parts[str(present)] = {
                "object_id": name, "guardian_id": str(present), "missing_guardian_id": "3",
                "share": text(pair[0] ** backup), "recovery_key": text(G**backup), "proof": self._proof(pair, backup),
            }  # fmt: skip
        return share | {"proof": None, "recovered_parts": parts}

    def _proof(self, pair: tuple[Element, Element], secret: Scalar) -> dict[str, str]:
        u = self.scalar()
        a, b = G**u, pair[0] ** u
        c = hash_of(STANDARD, self.extended, *pair, a, b, pair[0] ** secret)
        proof = {"pad": a, "data": b, "challenge": c, "response": u + c * secret}
        return {key: text(value) for key, value in proof.items()}


def text(value: Element | Scalar) -> str:
    """Return a number as the format writes it."""
    return hexed(value.value)


def ciphertext(pair: tuple[Element, Element]) -> dict[str, str]:
    """Return a ciphertext as the format writes it."""
    return {"pad": text(pair[0]), "data": text(pair[1])}


def product(pairs: list[tuple[Element, Element]]) -> tuple[Element, Element]:
    """Return the product of ciphertexts."""
    pad, data = STANDARD.one, STANDARD.one
    for first, second in pairs:
        pad, data = pad * first, data * second
    return pad, data


def write(files: Files, folder: Path) -> Path:
    """Write a record's files and return the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    return folder


def as_095(files: Files) -> Files:
    """Return the same record as 0.95 writes it: elements in objects, decimal constants, coefficients in a list."""

    def wrapped(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: wrapped(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [wrapped(each, key) for each in value]
        return {"data": value} if isinstance(value, str) and len(value) % 2 == 0 and key in _NUMBERS else value

    result = {name: wrapped(content) if name != "manifest.json" else content for name, content in files.items()}
    result["constants.json"] = {key: int(value, 16) for key, value in files["constants.json"].items()}
    coefficients = files["coefficients.json"]["coefficients"].values()
    result["coefficients.json"] = {"coefficients": [{"data": value} for value in coefficients]}
    return result


_NUMBERS = {
    "elgamal_public_key", "commitment_hash", "manifest_hash", "crypto_base_hash", "crypto_extended_base_hash",
    "election_public_key", "election_commitments", "public_key", "commitment", "challenge", "response",
    "code_seed", "description_hash", "pad", "data", "crypto_hash", "proof_zero_pad", "proof_zero_data",
    "proof_one_pad", "proof_one_data", "proof_zero_challenge", "proof_one_challenge", "proof_zero_response",
    "proof_one_response", "code", "value", "share", "recovery_key",
}  # fmt: skip
