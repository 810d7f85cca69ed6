"""Checkpoints (C2SP tlog-checkpoint): a log's origin, size and root, as the text of a signed note.

Narrower than the specification: the origin is the name of the key that signs, and there are no extension lines; they
are neither written nor read, because nobody could audit them.
"""

from collections.abc import Collection
from dataclasses import dataclass

from e2evote.board import notes
from e2evote.board.lines import parse_decimal, parse_hash, to_base64
from e2evote.board.notes import Note, SigningKey, VerifierKey
from e2evote.errors import CheckError, ParseError, VerificationError


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How many entries a log has, and the Merkle tree's root over them; ``parse`` and ``str`` are its text."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint's note.

        Raises:
            ParseError: not three lines in canonical form.
        """
        where = "checkpoint"
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise ParseError(where, "expected three lines: origin, size, root")
        origin, size, root, _ = lines
        if not origin:
            raise ParseError(where, "expected an origin in the first line")
        return cls(origin, parse_decimal(size, where, "size"), parse_hash(root, where, "root"))

    def __str__(self) -> str:
        """Return the three lines."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def sign(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """Return the checkpoint as a note signed by its log.

    A log never signs a checkpoint that is inconsistent with an earlier one; that is for the caller to see to.

    Raises:
        CheckError: the key has another name than the origin, or is a witness's.
    """
    if key.name != checkpoint.origin:
        raise CheckError(f"{key.name} does not sign checkpoints of {checkpoint.origin}")
    return notes.sign(str(checkpoint), key)


def verify(note: Note, keys: Collection[VerifierKey]) -> Checkpoint:
    """Return the checkpoint of a note that one of the logs' keys has signed, one with the origin's name.

    Raises:
        ParseError: the text is no checkpoint.
        VerificationError: no key of this origin has signed, or a signature by one does not hold.
    """
    checkpoint = Checkpoint.parse(note.text)
    own = [key for key in keys if key.name == checkpoint.origin]
    if not own:
        raise VerificationError(f"checkpoint: no key is known for the origin {checkpoint.origin}")
    notes.verify(note, own)
    return checkpoint
