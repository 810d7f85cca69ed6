"""What this room asks of a log and of its objects, whether that is a database, a mirror or a test's memory."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from e2evote.board.notes import Note
from e2evote.board.policy import Policy


class Readable(Protocol):
    """One view of a board that does not change: its entries, and objects by their SHA-256."""

    @property
    def size(self) -> int:
        """How many entries there are."""

    def entry(self, index: int) -> bytes:
        """Return an entry."""

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the entries from start to before stop."""

    def object(self, sha256: bytes) -> bytes | None:
        """Return the object with this hash, None where there is none."""


class Streaming(Readable, Protocol):
    """A view in which entries can be found by the names of the streams that they were appended to."""

    def stream(self, name: str) -> list[int]:
        """Return the indices of the entries of a stream, in order."""

    def length(self, name: str) -> int:
        """Return how many entries a stream has."""


class Appending(Streaming, Protocol):
    """The view of the one writer, who sees at once what it appends."""

    def append(self, entry: bytes, streams: Sequence[str] = ()) -> int:
        """Append an entry and return its index."""

    def put(self, data: bytes) -> bytes:
        """Keep an object and return its SHA-256."""


class KeptBoard(Protocol):
    """A board that somebody keeps."""

    @property
    def origin(self) -> str:
        """Its name."""

    @property
    def policy(self) -> Policy:
        """Its key, its witnesses, and how many of them it takes."""

    @property
    def merge_delay(self) -> int:
        """Seconds after which an accepted entry is in a published checkpoint."""

    def reading(self) -> AbstractContextManager[Streaming]:
        """Open a view."""

    def sign_note(self, text: str) -> Note:
        """Sign a text that is no checkpoint."""
