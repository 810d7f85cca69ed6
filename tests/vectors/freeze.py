"""Write vectors/hash-preimages.json: for every use of the hash one pre-image, so that behaviour cannot drift unseen.

    python -m tests.vectors.freeze            compare the stored file with what the library does now
    python -m tests.vectors.freeze --write    write it anew

Made by this project from fixed inputs: the vectors pin behaviour and prove nothing about its being right. A case calls
the library; its vectors are all that was hashed meanwhile, key derivation included.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from e2evote import hashing
from e2evote.decryption.statements import DataStatement, Partial, TallyStatement
from e2evote.elgamal import Ciphertext
from e2evote.encoding import hex_of
from e2evote.group.elements import Element, Group
from e2evote.group.parameters import group_named
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext, ShareSeal
from e2evote.hashing import PRE_ENCRYPTED
from e2evote.record import codes
from e2evote.record.setup import GuardianPublicKey, JointKeys, guardian_record_hash
from e2evote.zkp import range as range_proof
from e2evote.zkp import schnorr
from e2evote.zkp.schnorr import AggregatedSchnorrProof, SchnorrProof
from tests.builders import TOY
from tests.deterministic import DeterministicRandomness
from tests.vectors.recorder import Hashed, recorded

FILE = Path(__file__).resolve().parents[2] / "vectors" / "hash-preimages.json"
STANDARD_NAME = "standard-4096"


class Inputs:
    """The inputs of all cases on one group, from the stream of one seed."""

    def __init__(self, group: Group) -> None:
        """Draw them."""
        rng = DeterministicRandomness("hash pre-images")
        self.group = group
        self.h = {name: rng.bytes(32) for name in ("p", "b", "e", "i", "di", "last", "chi 1", "chi 2")}
        self.id_b, self.xi_b = rng.bytes(32), rng.bytes(32)
        self.elements = [group.g ** rng.scalar(group) for _ in range(16)]
        self.numbers = [rng.scalar(group).reveal() for _ in range(8)]
        self.blocks = rng.bytes(96)

    def sealed(self, size: int) -> HashedCiphertext:
        return HashedCiphertext(self.elements[0], self.blocks[:size], SchnorrProof(*self.numbers[:2]))

    def pair(self, j: int = 0) -> Ciphertext:
        return Ciphertext(self.elements[2 * j], self.elements[2 * j + 1])

    def pairs(self, count: int) -> list[Element]:
        return self.elements[4 : 4 + 2 * count]

    def part(self) -> Partial:
        return Partial(a=self.elements[4], b=self.elements[5], m=self.elements[6])

    def guardians(self) -> tuple[GuardianPublicKey, ...]:
        proof = AggregatedSchnorrProof(self.numbers[0], tuple(self.numbers[1:4]))
        return tuple(
            GuardianPublicKey(
                i=i,
                name=f"Guardian {i}",
                vote_commitments=tuple(self.elements[5 * i - 5 : 5 * i - 3]),
                data_commitments=tuple(self.elements[5 * i - 3 : 5 * i - 1]),
                communication_key=self.elements[5 * i - 1],
                vote_proof=proof,
                data_proof=proof,
            )
            for i in (1, 2)
        )

    def keys(self) -> JointKeys:
        return JointKeys(vote_encryption_key=self.elements[10], data_encryption_key=self.elements[11])


CASES: dict[str, tuple[str, str, Callable[[Inputs], object]]] = {
    "H_P": ("4", "n = 3, k = 2", lambda x: hashing.parameter_base_hash(x.group, 3, 2)),
    "H_B": ("5", "the manifest {} in two bytes", lambda x: hashing.base_hash(x.h["p"], b"{}")),
    "guardian proof": (
        "11",
        "i = 2, k = 2, pk_vote",
        lambda x: schnorr.guardian_challenge(x.h["p"], b"pk_vote", 2, x.elements[:3], x.elements[3:6]),
    ),
    "guardian proof, data": (
        "13",
        "i = 2, k = 2, pk_data",
        lambda x: schnorr.guardian_challenge(x.h["p"], b"pk_data", 2, x.elements[:3], x.elements[3:6]),
    ),
    "share key": (
        "16 17 18",
        "i = 1, ℓ = 2",
        lambda x: ShareSeal(x.h["p"], 1, 2, x.elements[2]).mask(*x.elements[:2], 64),
    ),
    "share proof": (
        "22",
        "i = 1, ℓ = 2",
        lambda x: ShareSeal(x.h["p"], 1, 2, x.elements[2]).challenge(x.elements[0], x.blocks[:64], x.elements[3]),
    ),
    "H_G": ("27", "n = 2, k = 2", lambda x: guardian_record_hash(x.h["b"], x.keys(), x.guardians())),
    "H_E": ("30", "", lambda x: hashing.extended_base_hash(x.h["b"], *x.elements[10:12])),
    "H_I": ("32", "", lambda x: hashing.selection_identifier_hash(x.h["e"], x.id_b)),
    "selection nonce": (
        "33",
        "contest 3, option 2",
        lambda x: hashing.selection_nonce(x.group, x.h["i"], 3, 2, x.xi_b),
    ),
    "ballot nonce key": ("35 36", "", lambda x: BallotNonceSeal(x.h["i"]).mask(*x.elements[:2], 32)),
    "ballot nonce proof": (
        "38",
        "",
        lambda x: BallotNonceSeal(x.h["i"]).challenge(x.elements[0], x.blocks[:32], x.elements[3]),
    ),
    "option proof": (
        "41",
        "contest 3, option 2, R = 1",
        lambda x: range_proof.selection_challenge(x.h["i"], 3, 2, x.pair(), x.pairs(2)),
    ),
    "option proof, R = 3": (
        "59",
        "contest 3, option 2, R = 3",
        lambda x: range_proof.selection_challenge(x.h["i"], 3, 2, x.pair(), x.pairs(4)),
    ),
    "limit proof": ("62", "contest 3, L = 2", lambda x: range_proof.limit_challenge(x.h["i"], 3, x.pair(), x.pairs(3))),
    "field relation": (
        "own",
        "tag E9 (§3.3.9), contest 3, field 5, limit 2",
        lambda x: range_proof.relation_challenge(x.h["i"], 3, 5, x.pair(), x.pairs(3)),
    ),
    "contest data nonce": ("64", "contest 3", lambda x: hashing.contest_data_nonce(x.group, x.h["i"], 3, x.xi_b)),
    "contest data key": (
        "65 66 66 66",
        "contest 3, b = 3",
        lambda x: ContestDataSeal(x.h["i"], 3).mask(*x.elements[:2], 96),
    ),
    "contest data proof": (
        "69",
        "contest 3, b = 3",
        lambda x: ContestDataSeal(x.h["i"], 3).challenge(x.elements[0], x.blocks, x.elements[3]),
    ),
    "χ": ("70", "contest 3, two options", lambda x: codes.contest_hash(x.h["i"], 3, [x.pair(), x.pair(1)], None)),
    "χ with contest data": (
        "70",
        "contest 3, two options, b = 2",
        lambda x: codes.contest_hash(x.h["i"], 3, [x.pair(), x.pair(1)], x.sealed(64)),
    ),
    "H_C": (
        "71",
        "two contests, not chained (73)",
        lambda x: codes.confirmation_code(x.h["i"], (x.h["chi 1"], x.h["chi 2"]), codes.chaining_field(0, x.h["di"])),
    ),
    "H_C, chained": (
        "71",
        "two contests, chained (76)",
        lambda x: codes.confirmation_code(x.h["i"], (x.h["chi 1"], x.h["chi 2"]), codes.chaining_field(1, x.h["last"])),
    ),
    "H_DI": ("72", "S_device = صندوق ۱", lambda x: hashing.device_hash(x.h["e"], "صندوق ۱")),
    "H_0": ("74", "", lambda x: codes.chain_start(x.h["e"], x.h["di"])),
    "H̄": ("78 77", "", lambda x: codes.chain_close(x.h["e"], x.h["di"], x.h["last"])),
    "ψ": ("113", "two options", lambda x: codes.selection_hash(x.h["i"], [x.pair(), x.pair(1)])),
    "χ, pre-encrypted": (
        "115",
        "contest 3, of two hashes in descending order",
        lambda x: codes.pre_encrypted_contest_hash(x.h["i"], 3, sorted((x.id_b, x.xi_b), reverse=True)),
    ),
    "H_C, pre-encrypted": (
        "116",
        "two contests, chained (76)",
        lambda x: codes.confirmation_code(
            x.h["i"], (x.h["chi 1"], x.h["chi 2"]), codes.chaining_field(1, x.h["last"]), PRE_ENCRYPTED
        ),
    ),
    "H_DI, pre-encrypted": (
        "119",
        "S_device = صندوق ۱",
        lambda x: hashing.device_hash(x.h["e"], "صندوق ۱", PRE_ENCRYPTED),
    ),
    "H_0, pre-encrypted": ("117", "", lambda x: codes.chain_start(x.h["e"], x.h["di"], PRE_ENCRYPTED)),
    "H̄, pre-encrypted": (
        "120 118",
        "",
        lambda x: codes.chain_close(x.h["e"], x.h["di"], x.h["last"], PRE_ENCRYPTED),
    ),
    "pre-encryption nonce": (
        "121",
        "contest 3, vector 2, place 1",
        lambda x: hashing.pre_encryption_nonce(x.group, x.h["i"], 3, 2, 1, x.xi_b),
    ),
    "tally commitment": (
        "88",
        "contest 3, option 2, i = 3, U = {1, 3}",
        lambda x: TallyStatement(x.h["e"], 3, 2, x.pair()).commitment_hash(3, (1, 3), x.part()),
    ),
    "tally proof": (
        "90",
        "contest 3, option 2",
        lambda x: TallyStatement(x.h["e"], 3, 2, x.pair()).challenge(*x.elements[4:7]),
    ),
    "contest data commitment": (
        "99",
        "contest 3, i = 3, U = {1, 3}, b = 2",
        lambda x: DataStatement(x.h["i"], 3, x.sealed(64)).commitment_hash(3, (1, 3), x.part()),
    ),
    "contest data decryption": (
        "101",
        "contest 3, b = 2",
        lambda x: DataStatement(x.h["i"], 3, x.sealed(64)).challenge(*x.elements[4:7]),
    ),
}
"""Name: the equation of every hash in its order, the indices, and the call."""


def hashes_of(group: Group, name: str) -> list[Hashed]:
    """Return every HMAC of a case."""
    inputs = Inputs(group)
    with recorded() as calls:
        CASES[name][2](inputs)
    return calls


def entry(name: str, equation: str, about: str, call: Hashed) -> dict[str, object]:
    key, message, result = map(hex_of, call)
    return {"name": name, "equation": equation, "of": about, "key": key, "message": message, "result": result}


def vectors() -> tuple[list[dict[str, object]], dict[str, int]]:
    """Return the vectors on the toy group and the length of every message on the standard group."""
    found, lengths = [], {}
    for name, (equations, about, _) in CASES.items():
        calls, large = hashes_of(group_named(TOY), name), hashes_of(group_named(STANDARD_NAME), name)
        for number, (equation, call, other) in enumerate(zip(equations.split(), calls, large, strict=True), 1):
            full = name if len(calls) == 1 else f"{name} ({number} of {len(calls)})"
            found.append(entry(full, equation, about, call))
            lengths[full] = len(other.message)
    return found, lengths


def rendered() -> str:
    """Return the whole file."""
    found, lengths = vectors()
    head = {
        "title": "Every hash of the library: pre-images",
        "made_by": "this project: pins behaviour, proves nothing",
        "conventions": {
            "hash": "result = HMAC-SHA-256(key, message), all in upper-case hex; H_q is result mod q",
            "equation": "number of the equation, or own",
            "message": "domain byte first; key derivation (17, 18, 36, 66) has none",
            "group": f"messages on the parameter set {TOY} (l_p = 32); standard parameters: lengths only",
        },
    }
    lines = ",\n".join(f"  {json.dumps(vector, ensure_ascii=False)}" for vector in found)
    sizes = ",\n".join(f"  {json.dumps(name, ensure_ascii=False)}: {size}" for name, size in lengths.items())
    start = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    return f'{start},\n "vectors": [\n{lines}\n ],\n "message_length_with_standard_parameters": {{\n{sizes}\n }}\n}}\n'


def main(arguments: list[str] | None = None) -> int:
    """Compare or write; return how the process should exit."""
    parser = argparse.ArgumentParser(description="Freeze the pre-images of every hash.")
    parser.add_argument("--write", action="store_true", help="write the file instead of comparing")
    if parser.parse_args(arguments).write:
        FILE.write_text(rendered(), encoding="utf-8")
        return 0
    same = FILE.is_file() and FILE.read_text(encoding="utf-8") == rendered()
    print("hash pre-images: " + ("as frozen" if same else "CHANGED"))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
