"""A log in memory, for whoever asks or is asked for cosignatures."""

from e2evote.board import checkpoint as checkpoints
from e2evote.board import merkle
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import KeyKind, Note, SigningKey
from e2evote.board.witness import Request


class MemoryLog:
    """Entries and a key."""

    def __init__(self, name: str = "log.example/board", *entries: bytes, key: SigningKey | None = None) -> None:
        self.key = key or SigningKey.generate(name, KeyKind.ED25519)
        self.entries = list(entries)

    def grow(self, count: int, face: str = "") -> "MemoryLog":
        """Append so many entries; another face has others."""
        self.entries += [f"{face}{number}".encode() for number in range(len(self.entries), len(self.entries) + count)]
        return self

    def hash(self, level: int, index: int) -> bytes:
        if level == 0:
            return merkle.leaf_hash(self.entries[index])
        return merkle.node_hash(self.hash(level - 1, 2 * index), self.hash(level - 1, 2 * index + 1))

    def checkpoint(self) -> Note:
        size = len(self.entries)
        return checkpoints.sign(Checkpoint(self.key.name, size, merkle.root(size, self.hash)), self.key)

    def prove(self, old: int) -> list[bytes]:
        return merkle.consistency_proof(old, len(self.entries), self.hash)

    def request(self, old: int) -> bytes:
        return Request(old, tuple(self.prove(old)), self.checkpoint()).encode()
