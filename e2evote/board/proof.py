"""Proofs that are verified offline (C2SP tlog-proof): an entry's index, inclusion proof, and the cosigned checkpoint.

Narrower than the specification: at most 63 hashes, and at most 64 KiB of extra data.
"""

from dataclasses import dataclass

from e2evote.board import policy as policies
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import parse_base64, parse_decimal, parse_hash, to_base64
from e2evote.board.merkle import leaf_hash, verify_inclusion
from e2evote.board.notes import MAX_NOTE, Note
from e2evote.board.policy import Policy, Witnessed
from e2evote.errors import ParseError

MAX_HASHES = 63
MAX_EXTRA = 64 * 1024
"""Bytes of extra data."""

_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_PROOF = MAX_NOTE + 2 * MAX_EXTRA


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is number ``index`` of the log whose checkpoint this is.

    ``extra`` is for the application, which must not trust it: nobody has signed it.

    Raises:
        ParseError: the note's text is no checkpoint, or there are too many hashes or extra data.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = b""

    def __post_init__(self) -> None:
        Checkpoint.parse(self.note.text)
        if len(self.hashes) > MAX_HASHES:
            raise ParseError("proof", f"more than {MAX_HASHES} hashes")
        if len(self.extra) > MAX_EXTRA:
            raise ParseError("proof", f"more than {MAX_EXTRA} bytes of extra data")

    @classmethod
    def parse(cls, data: bytes) -> "Proof":
        """Read a proof; nothing in it is verified yet.

        Raises:
            ParseError: another form.
        """
        where = "proof"
        if len(data) > _MAX_PROOF:
            raise ParseError(where, f"more than {_MAX_PROOF} bytes")
        head, divider, note = data.partition(b"\n\n")
        if not divider or not head.isascii():
            raise ParseError(where, "expected ASCII lines, an empty line and a checkpoint")
        header, *lines = head.decode().split("\n")
        if header != _HEADER:
            raise ParseError(where, f"expected {_HEADER} in the first line")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = parse_base64(lines.pop(0).removeprefix("extra "), where, "extra")
        if not lines or not lines[0].startswith("index "):
            raise ParseError(where, "expected an index line behind the header and the extra data")
        index = parse_decimal(lines.pop(0).removeprefix("index "), where, "index")
        if len(lines) > MAX_HASHES:
            raise ParseError(where, f"more than {MAX_HASHES} hashes")
        return cls(index, tuple(parse_hash(line, where, "hash") for line in lines), Note.parse(note), extra)

    def encode(self) -> bytes:
        """Return the bytes of the proof."""
        extra = [f"extra {to_base64(self.extra)}"] if self.extra else []
        lines = [_HEADER, *extra, f"index {self.index}", *map(to_base64, self.hashes)]
        return "\n".join(lines).encode() + b"\n\n" + self.note.encode()


def verify(proof: Proof, entry: bytes, policy: Policy) -> Witnessed:
    """Return the checkpoint, which satisfies the policy, of the log that the entry is in.

    Raises:
        VerificationError: the checkpoint does not satisfy the policy, or the entry is not at this index of its tree.
    """
    witnessed = policies.verify(proof.note.encode(), policy)
    checkpoint = witnessed.checkpoint
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return witnessed
