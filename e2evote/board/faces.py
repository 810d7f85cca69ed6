"""Two faces: a log that signed two trees of which neither is the beginning of the other, and the proof that it did.

The proof is two checkpoints that the log signed, and a consistency proof that leads to the larger one from another root
than that of the smaller one. Whoever has the log's key can judge it; nothing else need be believed.
"""

from dataclasses import dataclass
from typing import Any

from e2evote.board import merkle
from e2evote.board import policy as policies
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import parse_hash, to_base64
from e2evote.board.notes import Note
from e2evote.board.policy import Policy
from e2evote.board.tree import Tree
from e2evote.encoding import canonical_json, strict_json
from e2evote.errors import ParseError, VerificationError

_FORMAT = "e2evote-two-faces/v1"
_FIELDS = {"format": str, "smaller": str, "larger": str, "root": str, "consistency": list}


@dataclass(frozen=True, slots=True)
class TwoFaces:
    """Notes of two checkpoints; the larger tree had, at the smaller one's size, this ``root``, as ``hashes`` prove."""

    smaller: bytes
    larger: bytes
    root: bytes
    hashes: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes, where: str) -> "TwoFaces":
        """Read the JSON object; nothing in it is verified.

        Raises:
            ParseError: it is none.
        """
        value: Any = strict_json(data, where)
        if not isinstance(value, dict) or value.keys() != _FIELDS.keys():
            raise ParseError(where, f"expected an object with {', '.join(_FIELDS)}")
        for name, kind in _FIELDS.items():
            if not isinstance(value[name], kind):
                raise ParseError(where, f"expected {'an array' if kind is list else 'a string'}", name)
        if value["format"] != _FORMAT or not all(isinstance(text, str) for text in value["consistency"]):
            raise ParseError(where, f"expected {_FORMAT}, and hashes")
        hashes = tuple(parse_hash(text, where, "consistency") for text in value["consistency"])
        root = parse_hash(value["root"], where, "root")
        return cls(value["smaller"].encode(), value["larger"].encode(), root, hashes)

    def encode(self) -> bytes:
        """Return the JSON object."""
        value = {
            "format": _FORMAT,
            "smaller": self.smaller.decode(),
            "larger": self.larger.decode(),
            "root": to_base64(self.root),
            "consistency": [to_base64(each) for each in self.hashes],
        }
        return canonical_json(value) + b"\n"


def contradiction(smaller: bytes, larger: bytes, tree: Tree) -> TwoFaces | None:
    """Return the proof that two checkpoints contradict each other, None where they do not.

    Args:
        smaller: the note of one.
        larger: the note of the other, of at least as many entries.
        tree: that of the larger one.

    Raises:
        VerificationError, StorageError: the tree cannot be read as that of its checkpoint.
    """
    before = Checkpoint.parse(Note.parse(smaller).text)
    root = tree.root_at(before.size)
    if root == before.root:
        return None
    hashes = merkle.consistency_proof(before.size, tree.size, tree.hash)
    return TwoFaces(smaller, larger, root, tuple(hashes))


def verify_two_faces(found: TwoFaces, policy: Policy) -> tuple[Checkpoint, Checkpoint]:
    """Accept the proof that a log of the policy has signed two trees, and return their checkpoints.

    Raises:
        ParseError: a note is none, or no checkpoint.
        VerificationError: the log has not signed both, or they do not contradict each other.
    """
    smaller, larger = (policies.verify_log(Note.parse(note), policy) for note in (found.smaller, found.larger))
    if smaller.origin != larger.origin:
        raise VerificationError(f"two faces: {smaller.origin} and {larger.origin} are two logs")
    merkle.verify_consistency(smaller.size, found.root, larger.size, larger.root, found.hashes)
    if smaller.root == found.root:
        raise VerificationError("two faces: the larger tree has grown from the smaller one")
    return smaller, larger
