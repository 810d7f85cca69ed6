"""Proofs that are verified offline: round trips, every refusal, and nothing but the entry at its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.board import checkpoint as checkpoints
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.cosignature import cosign
from e2evote.board.lines import to_base64
from e2evote.board.merkle import inclusion_proof, root
from e2evote.board.notes import sign
from e2evote.board.policy import Log, Witness, at_least
from e2evote.board.proof import MAX_EXTRA, Proof, verify
from e2evote.errors import ParseError, VerificationError
from tests.board.keys import LOG, ORIGIN, WITNESSES, examples
from tests.board.trees import Tree, entries_of

SIZE = 13
TREE = Tree(entries_of(SIZE))
NOTE = checkpoints.sign(Checkpoint(ORIGIN, SIZE, root(SIZE, TREE.hashes)), LOG)
NOTE = NOTE.adding(*(cosign(NOTE, key, 1_800_000_000) for key in WITNESSES[:2]))
POLICY = at_least(2, [Witness(key.name, key.verifier) for key in WITNESSES], [Log(LOG.verifier)])


def proof_of(index: int, extra: bytes = b"") -> Proof:
    return Proof(index, tuple(inclusion_proof(index, SIZE, TREE.hashes)), NOTE, extra)


PROOF = proof_of(5)
DATA = PROOF.encode()


@pytest.mark.parametrize("index", range(SIZE))
def test_every_entry_is_proved(index: int) -> None:
    proof = Proof.parse(proof_of(index, b"where it came from").encode())
    assert proof == proof_of(index, b"where it came from")
    witnessed = verify(proof, TREE.entries[index], POLICY)
    assert witnessed.checkpoint.size == SIZE
    assert set(witnessed.times) == {key.name for key in WITNESSES[:2]}


def test_a_proof_is_of_one_entry_at_one_place() -> None:
    for entry in (b"", b"entry 4", b"entry 6", TREE.entries[5] + b"\n"):
        with pytest.raises(VerificationError, match="inclusion"):
            verify(PROOF, entry, POLICY)
    for index in (0, 4, 6, 12, 13, (1 << 63) - 1):
        with pytest.raises(VerificationError, match="inclusion"):
            verify(Proof(index, PROOF.hashes, NOTE), TREE.entries[5], POLICY)
    with pytest.raises(VerificationError, match="inclusion"):
        verify(Proof(5, PROOF.hashes[::-1], NOTE), TREE.entries[5], POLICY)


def test_the_policy_decides_about_the_checkpoint() -> None:
    strict = at_least(3, [Witness(key.name, key.verifier) for key in WITNESSES], [Log(LOG.verifier)])
    with pytest.raises(VerificationError, match="quorum"):
        verify(PROOF, TREE.entries[5], strict)


def test_the_specifications_example() -> None:
    """It leaves out parts of the signatures, so it parses with others only."""
    text = examples()["elided"]["proof"]
    with pytest.raises(ParseError, match=r"example\.com/fancylog"):
        Proof.parse(text.encode())
    head, _, body = text.partition("\n\n")
    checkpoint = Checkpoint.parse(body.partition("\n\n")[0] + "\n")
    note = sign(str(checkpoint), LOG)
    proof = Proof.parse(f"{head}\n\n".encode() + note.encode())
    assert (proof.index, len(proof.hashes), checkpoint.size) == (73894, 5, 109482)
    assert proof.extra.startswith(b"age-v1.2.1-darwin-arm64.tar.gz")


H = to_base64(bytes(32))


@pytest.mark.parametrize(
    "head",
    [
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v2\nindex 5",
        "c2sp.org/tlog-proof@v1 \nindex 5",
        "index 5",
        "c2sp.org/tlog-proof@v1\nindex 05",
        "c2sp.org/tlog-proof@v1\nindex  5",
        "c2sp.org/tlog-proof@v1\nindex -5",
        "c2sp.org/tlog-proof@v1\nindex",
        f"c2sp.org/tlog-proof@v1\nindex {1 << 63}",
        "c2sp.org/tlog-proof@v1\nindex 5\nextra AAAA",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 5",
        "c2sp.org/tlog-proof@v1\nextra AAAA",
        "c2sp.org/tlog-proof@v1\nextra \nindex 5",
        "c2sp.org/tlog-proof@v1\nextra\nindex 5",
        "c2sp.org/tlog-proof@v1\nextra AAAB=\nindex 5",
        "c2sp.org/tlog-proof@v1\nextra " + to_base64(bytes(MAX_EXTRA + 1)) + "\nindex 5",
        "c2sp.org/tlog-proof@v1\nindex 5\nAAAA",
        f"c2sp.org/tlog-proof@v1\nindex 5\n{H[:-1]}",
        f"c2sp.org/tlog-proof@v1\nindex 5\n{H} ",
        f"c2sp.org/tlog-proof@v1\r\nindex 5\n{H}",
        "c2sp.org/tlog-proof@v1\nindex 5" + f"\n{H}" * 64,
        "c2sp.org/tlog-proof@v1\nindex ٥",
        "x" * 700_000,
    ],
)
def test_what_is_no_proof_is_refused(head: str) -> None:
    with pytest.raises(ParseError, match="proof"):
        Proof.parse(f"{head}\n\n".encode() + NOTE.encode())


def test_the_checkpoint_is_read_strictly() -> None:
    head = DATA.partition(b"\n\n")[0] + b"\n\n"
    for note in (b"", NOTE.encode()[:-1], b"\n" + NOTE.encode(), sign("no checkpoint\n", LOG).encode()):
        with pytest.raises(ParseError):
            Proof.parse(head + note)
    with pytest.raises(ParseError, match="63"):
        Proof(0, (bytes(32),) * 64, NOTE)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_proof_is_refused(at: int, change: int) -> None:
    data = DATA[:at] + bytes((DATA[at] ^ change,)) + DATA[at + 1 :]
    with pytest.raises((ParseError, VerificationError)):
        verify(Proof.parse(data), TREE.entries[5], POLICY)
