"""Receipts and proofs of two faces, the kind on the first line; the board's key signs whatever is asked."""

from e2evote.board import merkle
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.faces import TwoFaces, verify_two_faces
from e2evote.board.notes import Note, sign
from e2evote.election.adjudication import Evidence, Leaf, adjudicate
from e2evote.election.receipts import Receipt, verify_receipt
from e2evote.errors import CheckError, ParseError
from e2evote.record.codec import dump
from e2evote.record.entries import BallotEntry
from tests.board import freeze
from tests.board.keys import LOG, ORIGIN

POLICY = freeze.policy()
NOTE = freeze.signed(250)
ENTRY = dump(
    BallotEntry(time="2026-12-01T09:00:00Z", device=1, position=7, confirmation_code=bytes(32), sha256=bytes(32))
)


def dispute(data: bytes) -> None:
    """Something that a dispute is decided by: its kind on the first line."""
    kind, _, content = data.partition(b"\n")
    if kind == b"receipt":
        _receipt(content)
    elif kind == b"faces":
        _faces(content)
    else:
        raise ParseError("dispute", "no such kind")


def _receipt(data: bytes) -> None:
    """The text of a receipt, which is signed here."""
    signed = sign(data.decode("utf-8", "surrogateescape"), LOG).encode()
    found = verify_receipt(signed, [LOG.verifier])
    assert str(found) == Note.parse(signed).text
    assert Receipt.parse(str(found)) == found
    leaf = Leaf(found.index, found.entry, ())
    judgement = adjudicate(signed, POLICY, [Evidence(NOTE.encode()), Evidence(NOTE.encode(), (leaf,))])
    assert judgement.verdict != "included", "the log has no such entry"
    if judgement.verdict != "not yet decidable":
        raise CheckError(judgement.reason)


def _faces(data: bytes) -> None:
    """The proof; its notes are signed here."""
    found = TwoFaces.parse(data, "faces")
    assert TwoFaces.parse(found.encode(), "faces") == found
    notes = [sign(Note.parse(note).text, LOG).encode() for note in (found.smaller, found.larger)]
    smaller, larger = verify_two_faces(TwoFaces(*notes, found.root, found.hashes), POLICY)
    assert smaller.size <= larger.size


def seeds() -> list[bytes]:
    """Return one good example of each kind."""
    receipt = Receipt(ORIGIN, 251, "2026-12-01T09:01:00Z", ENTRY)
    other = merkle.leaf_hash(b"other")
    smaller = sign(str(Checkpoint(ORIGIN, 1, other)), LOG).encode()
    leaves = [merkle.leaf_hash(entry) for entry in (b"one", b"two")]
    larger = sign(str(Checkpoint(ORIGIN, 2, merkle.node_hash(*leaves))), LOG).encode()
    faces = TwoFaces(smaller, larger, leaves[0], (leaves[1],))
    return [b"receipt\n" + str(receipt).encode(), b"faces\n" + faces.encode()]
