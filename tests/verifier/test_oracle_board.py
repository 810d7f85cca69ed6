"""The oracle's own signatures, trees and policies: published vectors, and the library's as a second opinion."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.board.merkle import Frontier, leaf_hash
from e2evote.errors import ParseError
from e2evote.record.manifest import parse_manifest
from tests.board_forger import LOG, WITNESSES, board_manifest, policy_lines
from tests.builders import manifest_bytes
from tests.oracle import board, ed25519
from tests.oracle.manifest import read_manifest
from tests.oracle.strict_json import OracleParseError

VECTORS = Path(__file__).resolve().parents[2] / "vectors"

RFC_8032 = {
    # section 7.1: public key, message, both halves of the signature
    "test 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "test 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "test 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "test SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589",
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}


@pytest.mark.parametrize("name", RFC_8032)
def test_signatures_of_rfc_8032(name: str) -> None:
    key, message, *halves = map(bytes.fromhex, RFC_8032[name])
    signature = b"".join(halves)
    assert ed25519.verifies(key, message, signature)
    assert not ed25519.verifies(key, message + b"\0", signature)
    for place in (0, 31, 32, 63):
        other = bytearray(signature)
        other[place] ^= 1
        assert not ed25519.verifies(key, message, bytes(other))
    s = int.from_bytes(signature[32:], "little") + ed25519.L
    assert not ed25519.verifies(key, message, signature[:32] + s.to_bytes(32, "little"))
    assert not ed25519.verifies(key, message, signature[:-1])
    assert not ed25519.verifies(key[:-1], message, signature)


def test_signatures_of_the_library() -> None:
    for number in range(3):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public, message = key.public_key().public_bytes_raw(), b"message" * number
        assert ed25519.verifies(public, message, key.sign(message))
        assert not ed25519.has_small_order(public)


def test_keys_of_small_order() -> None:
    neutral, order_2 = (1).to_bytes(32, "little"), (ed25519.P - 1).to_bytes(32, "little")
    for key in (neutral, order_2, bytes(32), ed25519.P.to_bytes(32, "little")):
        assert ed25519.has_small_order(key)
    assert not ed25519.has_small_order((4 * pow(5, -1, ed25519.P) % ed25519.P).to_bytes(32, "little"))


def vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def test_roots() -> None:
    """RFC 6962 by its definition, against published roots, and against the library's way from the left."""
    published = vectors("merkle-rfc6962.json")
    leaves = [bytes.fromhex(entry) for entry in published["entries"]]
    assert [board.root(leaves[:size]).hex() for size in range(len(leaves) + 1)] == published["roots"]
    tree = Frontier()
    for number in range(70):
        assert tree.root() == board.root([b"%d" % leaf for leaf in range(number)])
        tree.append(leaf_hash(b"%d" % number))


def test_notes_of_the_specifications() -> None:
    """The note whose key is published, and a checkpoint with a cosignature."""
    published = vectors("c2sp-examples.json")
    for example in published["verified"]:
        policy, broken = board.read_policy([f"log {example['key']}", "quorum none"])
        text, _, line = example["note"].partition("\n\n")
        name, _, encoded = line.removeprefix("— ").strip().partition(" ")
        signature = base64.b64decode(encoded)
        assert not broken
        assert (policy.logs[0].name, policy.logs[0].id) == (name, signature[:4])
        assert ed25519.verifies(policy.logs[0].public, f"{text}\n".encode(), signature[4:])
    checkpoint = board.read_checkpoint(published["parsed"]["cosigned"].encode(), "example")
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    (_, _, cosignature) = checkpoint.signatures[1]
    assert int.from_bytes(cosignature[:8], "big") == published["parsed"]["cosignature_time"]
    with pytest.raises(OracleParseError):
        board.read_checkpoint(published["parsed"]["note"].encode(), "example")


LINES = policy_lines()
LOG_LINE, W1, W2, W3, GROUP, QUORUM = LINES
SMALL_ORDER = "x+" + hashlib.sha256(b"x\n\x01" + (1).to_bytes(32, "little")).hexdigest()[:8] + "+AQE" + "A" * 41
WRONG: dict[str, list[str]] = {
    "nothing": [],
    "no log": LINES[1:],
    "two logs": [*LINES, f"log other{str(LOG.verifier)[len('vote.example/board') :]}"],
    "the same log twice": [LOG_LINE, *LINES],
    "no quorum": LINES[:-1],
    "two quorums": [*LINES, QUORUM],
    "quorum before its group": [LOG_LINE, W1, W2, W3, QUORUM, GROUP],
    "quorum of nobody": [*LINES[:-1], "quorum three"],
    "group of an unknown member": [LOG_LINE, W1, "group two 1 w1 w2", QUORUM],
    "member twice": [LOG_LINE, W1, W2, "group two 2 w1 w1", QUORUM],
    "member of two groups": [LOG_LINE, W1, W2, "group one 1 w1", "group two 1 w1", QUORUM],
    "threshold 0": [LOG_LINE, W1, "group two 0 w1", QUORUM],
    "threshold too high": [LOG_LINE, W1, "group two 2 w1", QUORUM],
    "threshold with a zero": [LOG_LINE, W1, W2, "group two 01 w1 w2", QUORUM],
    "group of nobody": [LOG_LINE, W1, "group two any", QUORUM],
    "name twice": [*LINES[:-1], "group w1 any w2", QUORUM],
    "name none": [LOG_LINE, f"witness none {WITNESSES['w1'].verifier}", "quorum none"],
    "a witness's key as a log's": [f"log {WITNESSES['w1'].verifier}", "quorum none"],
    "a log's key as a witness's": [LOG_LINE, f"witness w1 {LOG.verifier}", "quorum w1"],
    "identifier of another key": [LOG_LINE.replace("+", "+0", 1)[:-1], "quorum none"],
    "key too short": [LOG_LINE[:-4], "quorum none"],
    "key without base64": [LOG_LINE[:-2] + "-=", "quorum none"],
    "key of small order": [f"log {SMALL_ORDER}", "quorum none"],
    "unknown word": [*LINES, "mirror https://example.org"],
    "two lines in one": ["\n".join(LINES)],
    "control character": [*LINES, "# \x07"],
    "word too many": [*LINES[:-1], f"{QUORUM} now"],
}
RIGHT: dict[str, list[str]] = {
    "as in the tests": LINES,
    "no witness": [LOG_LINE, "quorum none"],
    "one witness": [LOG_LINE, W1, "quorum w1"],
    "all, and any": [LOG_LINE, W1, W2, W3, "group a all w1 w2", "group b any a w3", "quorum b"],
    "comments, blanks, addresses": ["", "  # ours", f" {LOG_LINE}\thttps://vote.example ", W1, "quorum\tw1", " \t"],
}


@pytest.mark.parametrize("name", WRONG)
def test_policies_that_are_wrong(name: str) -> None:
    """A rule of the manifest is broken, or it cannot be read, for both."""
    data = board_manifest(board=WRONG[name])
    try:
        problems = [problem for problem in parse_manifest(data).problems() if problem.startswith("board: ")]
    except ParseError:
        assert name == "nothing"
    else:
        assert problems
    assert _oracle_refuses(data)


@pytest.mark.parametrize("name", RIGHT)
def test_policies_that_are_right(name: str) -> None:
    data = board_manifest(board=RIGHT[name])
    assert not list(parse_manifest(data).problems())
    assert not _oracle_refuses(data)


@pytest.mark.parametrize("value", ["log", [1], {}, [["log"]], None, True])
def test_boards_of_another_form(value: object) -> None:
    data = json.dumps(json.loads(manifest_bytes()) | {"board": value}).encode()
    with pytest.raises(ParseError, match="board"):
        parse_manifest(data)
    with pytest.raises(OracleParseError):
        read_manifest(data)


def _oracle_refuses(data: bytes) -> bool:
    try:
        return bool(read_manifest(data).broken_rules)
    except OracleParseError:
        return True
