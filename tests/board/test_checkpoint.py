"""Checkpoints and cosignatures: the specifications' examples, who signs what, and every refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.merkle import EMPTY_ROOT
from e2evote.board.notes import Note, Signature, sign
from e2evote.errors import CheckError, ParseError, VerificationError
from tests.board.keys import LOG, ORIGIN, WITNESSES, examples, key_of, witness_key

EXAMPLES = examples()["parsed"]
CHECKPOINT = Checkpoint(ORIGIN, 12, bytes(range(32)))
NOTE = checkpoints.sign(CHECKPOINT, LOG)
NOW = 1_800_000_000
W = WITNESSES[0]


def test_the_specifications_checkpoint() -> None:
    note = Note.parse(EXAMPLES["checkpoint"].encode())
    parsed = Checkpoint.parse(note.text)
    assert (parsed.origin, parsed.size) == ("example.com/behind-the-sofa", 20852163)
    assert parsed.root.hex().startswith("0ac5186a")
    assert str(parsed) == note.text
    assert note.signatures[0].name == parsed.origin


def test_the_specifications_cosignature() -> None:
    note = Note.parse(EXAMPLES["cosigned"].encode())
    signature = note.signatures[1]
    assert len(signature.value) == 72
    time = int.from_bytes(signature.value[:8], "big")
    assert time == EXAMPLES["cosignature_time"]
    assert cosignature._message(note.text, time).decode() == EXAMPLES["cosigned_message"]


def test_a_log_signs_its_checkpoint() -> None:
    assert checkpoints.verify(Note.parse(NOTE.encode()), [key_of("other.example").verifier, LOG.verifier]) == CHECKPOINT
    with pytest.raises(CheckError, match="does not sign checkpoints of"):
        checkpoints.sign(CHECKPOINT, key_of("other.example"))
    with pytest.raises(CheckError, match="cosignatures"):
        checkpoints.sign(CHECKPOINT, witness_key(ORIGIN))


def test_only_a_key_with_the_origins_name_counts() -> None:
    other = key_of("other.example")
    note = sign(str(CHECKPOINT), other)
    with pytest.raises(VerificationError, match="no key is known for the origin"):
        checkpoints.verify(note, [other.verifier])
    with pytest.raises(VerificationError, match="no known key"):
        checkpoints.verify(note, [other.verifier, LOG.verifier])
    with pytest.raises(VerificationError, match="no key is known"):
        checkpoints.verify(NOTE, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "origin\n12\n",
        f"origin\n12\n{'A' * 43}=",
        f"\n12\n{'A' * 43}=\n",
        f"origin\n\n{'A' * 43}=\n",
        f"origin\n012\n{'A' * 43}=\n",
        f"origin\n-1\n{'A' * 43}=\n",
        f"origin\n{1 << 63}\n{'A' * 43}=\n",
        "origin\n12\n\n",
        "origin\n12\nAAAA\n",
        f"origin\n12\n{'A' * 42}B=\n",
        f"origin\n12\n{'A' * 43}\n",
        f"origin\n12\n{'A' * 43}=\nextension\n",
        f"origin\n12\n{'A' * 43}=\n\n",
        f"origin\n12 \n{'A' * 43}=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="checkpoint"):
        Checkpoint.parse(text)


def test_a_witness_cosigns() -> None:
    first, second = (cosignature.cosign(NOTE, key, NOW + n) for n, key in enumerate(WITNESSES[:2]))
    note = Note.parse(NOTE.adding(first, second).encode())
    keys = [key.verifier for key in WITNESSES[:3]]
    assert cosignature.verify(note, keys) == {keys[0]: NOW, keys[1]: NOW + 1}
    assert cosignature.verify(NOTE, keys) == {}
    again = note.adding(cosignature.cosign(note, W, NOW + 9), cosignature.cosign(note, W, NOW + 5))
    assert cosignature.verify(again, keys)[keys[0]] == NOW + 9
    assert checkpoints.verify(again, [LOG.verifier]) == CHECKPOINT


def test_a_witness_cosigns_with_its_key_checkpoints_only() -> None:
    with pytest.raises(CheckError, match="not for cosignatures"):
        cosignature.cosign(NOTE, LOG, NOW)
    with pytest.raises(CheckError, match="cosignatures"):
        cosignature.verify(NOTE, [LOG.verifier])
    for time in (0, -1, 1 << 63):
        with pytest.raises(CheckError, match="time"):
            cosignature.cosign(NOTE, W, time)
    text = sign("no checkpoint\n", LOG)
    with pytest.raises(ParseError, match="checkpoint"):
        cosignature.cosign(text, W, NOW)
    with pytest.raises(ParseError, match="checkpoint"):
        cosignature.verify(text, [W.verifier])


def test_a_bad_cosignature_rejects_the_note() -> None:
    good = cosignature.cosign(NOTE, W, NOW)
    plain = W.key.sign(NOTE.text.encode())  # not domain separated
    for value in (
        (NOW + 1).to_bytes(8, "big") + good.value[8:],
        good.value[:-1],
        good.value + b"\0",
        b"x",
        plain,
        NOW.to_bytes(8, "big") + plain,
        bytes(8) + W.key.sign(cosignature._message(NOTE.text, 0)),
        b"\x80" + bytes(7) + W.key.sign(cosignature._message(NOTE.text, 1 << 63)),
    ):
        note = NOTE.adding(Signature(W.name, W.verifier.id, value))
        with pytest.raises(VerificationError, match=r"cosignature: witness1\.example"):
            cosignature.verify(note, [W.verifier])
        assert cosignature.verify(note, [WITNESSES[1].verifier]) == {}


def test_a_cosignature_is_of_one_checkpoint() -> None:
    other = Checkpoint(ORIGIN, 13, bytes(range(32)))
    note = checkpoints.sign(other, LOG).adding(cosignature.cosign(NOTE, W, NOW))
    with pytest.raises(VerificationError, match="does not hold"):
        cosignature.verify(note, [W.verifier])


origins = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="+"), min_size=1, max_size=30)


@given(st.builds(Checkpoint, origins, st.integers(0, (1 << 63) - 1), st.binary(min_size=32, max_size=32)))
def test_parse_undoes_str(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(str(checkpoint)) == checkpoint


def test_the_empty_log() -> None:
    assert Checkpoint.parse(str(Checkpoint(ORIGIN, 0, EMPTY_ROOT))).size == 0
