"""A board in memory, with the interface of the one in a database: for tests of what stands above it."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from e2evote.board import checkpoint, cosignature, merkle, notes
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import KeyKind, Note, SigningKey
from e2evote.board.policy import Log, Policy, Witness, at_least


@dataclass
class MemoryView:
    """Entries, streams and objects."""

    log: list[bytes] = field(default_factory=list)
    streams: dict[str, list[int]] = field(default_factory=dict)
    objects: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.log)

    def entry(self, index: int) -> bytes:
        return self.log[index]

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        yield from self.log[start:stop]

    def stream(self, name: str) -> list[int]:
        return list(self.streams.get(name, ()))

    def length(self, name: str) -> int:
        return len(self.streams.get(name, ()))

    def object(self, sha256: bytes) -> bytes | None:
        return self.objects.get(sha256)

    def append(self, entry: bytes, streams: Sequence[str] = ()) -> int:
        assert len(set(streams)) == len(streams)
        self.log.append(entry)
        for name in streams:
            self.streams.setdefault(name, []).append(len(self.log) - 1)
        return len(self.log) - 1

    def put(self, data: bytes) -> bytes:
        sha256 = hashlib.sha256(data).digest()
        self.objects[sha256] = data
        return sha256

    def hash(self, level: int, index: int) -> bytes:
        first, last = index << level, (index + 1) << level
        frontier = merkle.Frontier()
        for entry in self.log[first:last]:
            frontier.append(merkle.leaf_hash(entry))
        return frontier.root()


@dataclass
class MemoryBoard:
    """A signing key, witnesses and a view."""

    origin: str = "board.example/club"
    view: MemoryView = field(default_factory=MemoryView)
    merge_delay: int = 60
    quorum: int = 1

    def __post_init__(self) -> None:
        self.key = SigningKey.generate(self.origin, KeyKind.ED25519)
        self.witnesses = [SigningKey.generate(f"witness.example/{name}", KeyKind.COSIGNATURE) for name in "ab"]

    @contextmanager
    def reading(self) -> Iterator[MemoryView]:
        yield self.view

    @contextmanager
    def writing(self) -> Iterator[MemoryView]:
        copy = MemoryView(list(self.view.log), {k: list(v) for k, v in self.view.streams.items()},
                          dict(self.view.objects))  # fmt: skip
        yield copy
        self.view = copy

    @property
    def policy(self) -> Policy:
        witnesses = [Witness(name, key.verifier) for name, key in zip("ab", self.witnesses, strict=True)]
        return at_least(self.quorum, witnesses if self.quorum else (), [Log(self.key.verifier)])

    def sign_note(self, text: str) -> Note:
        return notes.sign(text, self.key)

    def checkpoint(self, size: int | None = None, times: Sequence[int] = ()) -> Note:
        """Return a checkpoint of the first entries, cosigned at these times by the witnesses in order."""
        size = self.view.size if size is None else size
        head = Checkpoint(self.origin, size, merkle.root(size, self.view.hash))
        note = checkpoint.sign(head, self.key)
        witnesses = zip(self.witnesses, times, strict=False)
        return note.adding(*(cosignature.cosign(note, key, time) for key, time in witnesses))
