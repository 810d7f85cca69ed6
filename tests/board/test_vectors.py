"""The log's own vectors: what the library makes, and that it reads them as they say."""

import json

import pytest

from e2evote.board import checkpoint, cosignature, policy, proof
from e2evote.board.notes import Note, SigningKey, VerifierKey
from e2evote.board.policy import Policy
from e2evote.board.proof import Proof
from e2evote.board.witness import Request
from e2evote.errors import ParseError, VerificationError
from tests.board import freeze

STORED = json.loads(freeze.FILE.read_text())
POLICY = Policy.parse(STORED["policy"].encode())
LOG = VerifierKey.parse(STORED["keys"][freeze.ORIGIN]["verifier"])


def test_the_library_makes_the_same_file() -> None:
    assert freeze.encoded() == freeze.FILE.read_text()


def test_keys_checkpoints_and_cosignatures() -> None:
    for name, key in STORED["keys"].items():
        assert str(SigningKey.parse(key["signing"]).verifier) == key["verifier"]
        assert VerifierKey.parse(key["verifier"]).name == name
    for size, note in STORED["checkpoints"].items():
        assert checkpoint.verify(Note.parse(note.encode()), [LOG]).size == int(size)
    witnessed = policy.verify(STORED["cosigned"].encode(), POLICY)
    assert witnessed.times == STORED["times"]
    request = Request.parse(STORED["add_checkpoint"]["request"].encode())
    assert STORED["cosigned"].count(STORED["add_checkpoint"]["answer"]) == 1
    assert not cosignature.verify(request.note, [witness.key for witness in POLICY.witnesses.values()])


@pytest.mark.parametrize("index", STORED["proofs"])
def test_proofs(index: str) -> None:
    parsed = Proof.parse(STORED["proofs"][index].encode())
    assert parsed.index == int(index)
    assert proof.verify(parsed, f"entry {index}".encode(), POLICY).checkpoint.size == STORED["size"]


@pytest.mark.parametrize("case", STORED["refused"], ids=lambda case: case["what"])
def test_refused_proofs(case: dict) -> None:
    if case["by"] == "form":
        with pytest.raises(ParseError):
            Proof.parse(case["proof"].encode())
    else:
        parsed = Proof.parse(case["proof"].encode())
        with pytest.raises(VerificationError):
            proof.verify(parsed, b"entry 7", POLICY)
