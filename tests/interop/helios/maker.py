"""Helios elections of our own making, written after the server's documents and independent of what reads them.

The group is that of RFC 5114, section 2.3: p of 2048 bits, q of 256. Numbers are Python's, hashes hashlib's.
"""

import base64
import hashlib
import json
import random
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

P = int(
    "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00E00DF8F1D61957D4FAF7DF4561B2AA3016C3D91134096FAA3BF4296D"
    "830E9A7C209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B6C5BFC11D45F9088B941F54EB1E59BB8BC39A0BF12307F5C"
    "4FDB70C581B23F76B63ACAE1CAA6B7902D52526735488A0EF13C6D9A51BFA4AB3AD8347796524D8EF6A167B5A41825D967E144E5140564251CCACB83"
    "E6B486F6B3CA3F7971506026C0B857F689962856DED4010ABD0BE621C3A3960A54E710C375F26375D7014103A4B54330C198AF126116D2276E11715F"
    "693877FAD7EF09CADB094AE91E1A1597",
    16,
)
Q = 0x8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3
G = int(
    "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA12510DBC15077BE463FFF4FED4AAC0BB555BE3A6C1B0C6B47B1BC3773BF"
    "7E8C6F62901228F8C28CBB18A55AE31341000A650196F931C77A57F2DDF463E5E9EC144B777DE62AAAB8A8628AC376D282D6ED3864E67982428EBC83"
    "1D14348F6F2F9193B5045AF2767164E1DFC967C1FB3F2E55A4BD1BFFE83B9C80D052B985D182EA0ADB2A3B7313D3FE14C8484B1E052588B9B7D2BBD2"
    "DF016199ECD06E1557CD0915B3353BBB64E0EC377FD028370DF92B52C7891428CDC67EB6184B523D1DB246C32F63078490F00EF8D647D148D4795451"
    "5E2327CFEF98C582664B4C0F6CC41659",
    16,
)

QUESTIONS = [
    {"answers": ["Alice", "Bob", "Carol"], "min": 0, "max": 1},
    {"answers": ["yes", "no"], "min": 1, "max": 1},
    {"answers": ["red", "green", "blue", "white"], "min": 1, "max": 3},
    {"answers": ["tea", "coffee"], "min": 0, "max": None},
]
VOTES = [
    ("v1", [[0], [0], [0, 1], [0, 1]]),
    ("v2", [[], [1], [2], []]),
    ("v3", [[1], [0], [1, 2, 3], [0]]),
    ("v1", [[2], [1], [3], [1]]),  # votes again: this one counts
]


def sha256(content: Any) -> str:
    """base64 of SHA-256 of the JSON with sorted keys, without the last ``=``."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return base64.b64encode(digest).decode()[:-1]


def sha1(*numbers: int) -> int:
    return int(hashlib.sha1(",".join(map(str, numbers)).encode()).hexdigest(), 16)


@dataclass
class Helios:
    """An election that was held, as its documents."""

    election: dict[str, Any]
    voters: list[dict[str, Any]]
    trustees: list[dict[str, Any]]
    ballots: list[dict[str, Any]]
    result: list[list[int]]
    tally: dict[str, Any]
    secrets: list[int] = field(default_factory=list)

    def copy(self) -> "Helios":
        return deepcopy(self)

    def rehash(self) -> None:
        """Make every hash that a server would make fit again: of the election, and of each vote."""
        for ballot in self.ballots:
            ballot["vote"]["election_hash"] = sha256(self.election)
            ballot["vote_hash"] = sha256(ballot["vote"])

    def write(self, folder: Path) -> Path:
        """Write the documents as somebody who saves the interface's answers."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = {
            "election.json": self.election, "voters.json": self.voters, "trustees.json": self.trustees,
            "result.json": self.result, "encrypted_tally.json": self.tally,
        }  # fmt: skip
        for name, content in parts.items():
            (folder / name).write_text(json.dumps(content))
        for number, ballot in enumerate(self.ballots):
            path = folder / "ballots" / f"{number}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(ballot))
        return folder


def hold(seed: int = 1, trustees: int = 2, votes: list[tuple[str, list[list[int]]]] | None = None) -> Helios:
    """Hold an election."""
    rng = random.Random(seed)
    secrets = [rng.randrange(1, Q) for _ in range(trustees)]
    y = pow(G, sum(secrets), P)
    questions = [
        {
            "question": f"Question {number}?", "short_name": f"q{number}", "choice_type": "approval",
            "tally_type": "homomorphic", "result_type": "absolute", "answer_urls": [None] * len(one["answers"]), **one,
        }
        for number, one in enumerate(QUESTIONS, 1)
    ]  # fmt: skip
    election = {
        "uuid": "3c1f2a10-0000-11e0-b9ec-000c293e7de1", "name": "Wahl ä", "short_name": "wahl", "description": "",
        "questions": questions, "public_key": key(y), "voters_hash": None, "openreg": False, "use_voter_aliases": False,
        "frozen_at": "2020-01-01 00:00:00", "voting_starts_at": None, "voting_ends_at": None,
        "cast_url": "https://helios.example.org/cast",
    }  # fmt: skip
    voters = [
        {"election_uuid": election["uuid"], "uuid": f"v{number}", "voter_type": "password", "name": f"N{number}",
         "voter_id_hash": sha256(number)}
        for number in range(1, 6)
    ]  # fmt: skip
    ballots = []
    chosen = VOTES if votes is None else votes
    for minute, (voter, choices) in enumerate(chosen):
        answers = [encrypted(rng, y, one, chosen) for one, chosen in zip(QUESTIONS, choices, strict=True)]
        vote = {"answers": answers, "election_hash": sha256(election), "election_uuid": election["uuid"]}
        ballots.append(
            {"vote": vote, "vote_hash": sha256(vote), "voter_uuid": voter, "voter_hash": "x",
             "cast_at": f"2020-01-02 10:{minute:02}:00"}
        )  # fmt: skip
    last = {ballot["voter_uuid"]: ballot for ballot in ballots}
    sums = [
        [
            product([ballot["vote"]["answers"][q]["choices"][a] for ballot in last.values()])
            for a in range(len(one["answers"]))
        ]
        for q, one in enumerate(QUESTIONS)
    ]
    counted = dict(chosen)
    result = [
        [sum(a in choices[q] for choices in counted.values()) for a in range(len(one["answers"]))]
        for q, one in enumerate(QUESTIONS)
    ]
    documents = [trustee(rng, number, x, sums) for number, x in enumerate(secrets)]
    tally = {"tally": sums, "num_tallied": len(last)}
    return Helios(election, voters, documents, ballots, result, tally, secrets)


def key(y: int) -> dict[str, str]:
    return {"y": str(y), "p": str(P), "q": str(Q), "g": str(G)}


def product(ciphertexts: list[dict[str, str]]) -> dict[str, str]:
    alpha = beta = 1
    for one in ciphertexts:
        alpha, beta = alpha * int(one["alpha"]) % P, beta * int(one["beta"]) % P
    return {"alpha": str(alpha), "beta": str(beta)}


def encrypted(rng: random.Random, y: int, question: dict[str, Any], chosen: list[int]) -> dict[str, Any]:
    """One answer with its proofs."""
    nonces = [rng.randrange(Q) for _ in question["answers"]]
    choices = []
    for index, r in enumerate(nonces):
        choices.append((pow(G, r, P), pow(y, r, P) * pow(G, index in chosen, P) % P))
    overall = None
    if question["max"] is not None:
        total = [1, 1]
        for alpha, beta in choices:
            total = [total[0] * alpha % P, total[1] * beta % P]
        allowed = list(range(question["min"], question["max"] + 1))
        overall = disjunction(rng, y, total[0], total[1], sum(nonces) % Q, allowed, len(chosen))
    return {
        "choices": [{"alpha": str(alpha), "beta": str(beta)} for alpha, beta in choices],
        "individual_proofs": [
            disjunction(rng, y, alpha, beta, r, [0, 1], int(index in chosen))
            for index, ((alpha, beta), r) in enumerate(zip(choices, nonces, strict=True))
        ],
        "overall_proof": overall,
    }


def disjunction(
    rng: random.Random, y: int, alpha: int, beta: int, r: int, allowed: list[int], real: int
) -> list[dict[str, Any]]:
    """The proof that (α, β) encrypts one of the allowed numbers."""
    parts: dict[int, tuple[int, int, int, int]] = {}
    for m in allowed:
        if m != real:
            c, answer = rng.randrange(Q), rng.randrange(Q)
            over = beta * pow(pow(G, m, P), -1, P) % P
            parts[m] = (pow(G, answer, P) * pow(alpha, -c, P) % P, pow(y, answer, P) * pow(over, -c, P) % P, c, answer)
    w = rng.randrange(Q)
    commitments = {m: part[:2] for m, part in parts.items()} | {real: (pow(G, w, P), pow(y, w, P))}
    c = (sha1(*(number for m in allowed for number in commitments[m])) - sum(part[2] for part in parts.values())) % Q
    parts[real] = (*commitments[real], c, (w + r * c) % Q)
    return [proof(*parts[m]) for m in allowed]


def proof(a: int, b: int, c: int, r: int) -> dict[str, Any]:
    return {"commitment": {"A": str(a), "B": str(b)}, "challenge": str(c), "response": str(r)}


def trustee(rng: random.Random, number: int, x: int, sums: list[list[dict[str, str]]]) -> dict[str, Any]:
    """A trustee who has decrypted."""
    y, w = pow(G, x, P), rng.randrange(Q)
    commitment = pow(G, w, P)
    c = sha1(commitment) % Q
    factors, proofs = [], []
    for row in sums:
        factors.append([str(pow(int(one["alpha"]), x, P)) for one in row])
        proofs.append([decryption(rng, x, int(one["alpha"])) for one in row])
    return {
        "uuid": f"t{number}", "email": "t@example.org", "public_key": key(y), "public_key_hash": sha256(key(y)),
        "pok": {"commitment": str(commitment), "challenge": str(c), "response": str((w + x * c) % Q)},
        "decryption_factors": factors, "decryption_proofs": proofs,
    }  # fmt: skip


def decryption(rng: random.Random, x: int, alpha: int) -> dict[str, Any]:
    w = rng.randrange(Q)
    a, b = pow(G, w, P), pow(alpha, w, P)
    c = sha1(a, b) % Q
    return proof(a, b, c, (w + x * c) % Q)
