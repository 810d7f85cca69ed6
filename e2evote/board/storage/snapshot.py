"""One consistent view of the log. Whatever is read is compared with what else is stored of it.

An entry has to have its leaf hash, an object its SHA-256; a stream's ordinals have to run from 0, and its last entry
has to name it. Whether a hash is right, or the end of a stream is missing, ``audit`` tells.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Executable, and_, bindparam, select

from e2evote.board import checkpoint as checkpoints
from e2evote.board import merkle
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note, VerifierKey
from e2evote.board.storage.database import translated
from e2evote.board.storage.schema import CHECKPOINTS, COSIGNED, ENTRIES, HASHES, LOG, OBJECTS, STREAMS
from e2evote.errors import CheckError, ParseError, StorageError, VerificationError

_AT_ONCE = 512
"""Rows read in one query."""

# Built once: to build a statement takes as long as to run it.
_ENTRIES_BETWEEN = (
    select(ENTRIES, HASHES.c.hash)
    .select_from(ENTRIES.outerjoin(HASHES, and_(HASHES.c.level == 0, HASHES.c.index == ENTRIES.c.index)))
    .where(ENTRIES.c.index >= bindparam("start"), ENTRIES.c.index < bindparam("stop"))
    .order_by(ENTRIES.c.index)
)
_HASHES_BETWEEN = (
    select(HASHES.c.index, HASHES.c.hash)
    .where(HASHES.c.level == bindparam("level"))
    .where(HASHES.c.index >= bindparam("start"), HASHES.c.index < bindparam("stop"))
)
_STREAM = select(STREAMS).where(STREAMS.c.name == bindparam("name")).order_by(STREAMS.c.ordinal)
_NEWEST_OF_STREAM = (
    select(STREAMS.c.ordinal, STREAMS.c.index, ENTRIES.c.streams)
    .select_from(STREAMS.outerjoin(ENTRIES, STREAMS.c.index == ENTRIES.c.index))
    .where(STREAMS.c.name == bindparam("name"))
    .order_by(STREAMS.c.ordinal.desc())
    .limit(1)
)
_OBJECT = select(OBJECTS.c.data).where(OBJECTS.c.sha256 == bindparam("sha256"))
_COSIGNED = select(COSIGNED.c.size, COSIGNED.c.note, CHECKPOINTS.c.root).join_from(COSIGNED, CHECKPOINTS)


Value: TypeAlias = str | int | bytes | list[str]
"""What a statement is given."""


class StoredCheckpoint(NamedTuple):
    """A checkpoint that was signed: its size, its root, and its note with the log's signature alone."""

    size: int
    root: bytes
    note: bytes


class Snapshot:
    """The log as it was when reading began; ``hash`` is what ``merkle`` asks for."""

    _LOG = select(LOG)

    def __init__(self, connection: Connection, where: str) -> None:
        """Begin to read, on a connection in a transaction.

        Raises:
            StorageError: there is no log, or it cannot be read.
        """
        self._connection, self._where = connection, where
        rows = self._rows(self._LOG)
        if len(rows) != 1:
            raise self._damaged(f"the table log has {len(rows)} rows instead of one")
        self.origin: str = rows[0].origin
        self.vkey: str = rows[0].vkey
        self._size: int = rows[0].size

    @property
    def size(self) -> int:
        """The number of entries."""
        return self._size

    def entry(self, index: int) -> bytes:
        """Return an entry.

        Raises:
            CheckError: there is none with this index yet.
            StorageError: it is not what was stored, or cannot be read.
        """
        if not 0 <= index < self.size:
            raise CheckError(f"there is no entry {index}: the log has {self.size}")
        return next(self.entries(index, index + 1))

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the entries from ``start`` up to, not including, ``stop``.

        Raises:
            CheckError: there are not so many.
            StorageError: one is not what was stored, or cannot be read.
        """
        return (data for data, _ in self.named_entries(start, stop))

    def named_entries(self, start: int, stop: int) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """Yield entries with the names of the streams they are in; errors as of ``entries``."""
        self._check_entries(start, stop)
        for first in range(start, stop, _AT_ONCE):
            last = min(first + _AT_ONCE, stop)
            rows = self._rows(_ENTRIES_BETWEEN, start=first, stop=last)
            for index, row in zip(range(first, last), _padded(rows, last - first), strict=True):
                if row is None or row[0] != index:
                    raise self._damaged(f"entry {index} is missing")
                _, data, names, leaf = row
                if merkle.leaf_hash(data) != leaf:
                    raise self._damaged(f"entry {index} does not have its leaf hash")
                yield data, tuple(names.split())

    def hash(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree.

        Raises:
            CheckError: it is not complete yet.
            StorageError: it is missing, or cannot be read.
        """
        return self.hashes(level, index, index + 1)[0]

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return the hashes of complete subtrees that lie side by side; errors as of ``hash``."""
        self._check_hashes(level, start, stop)
        if start == stop:
            return []
        rows = self._rows(_HASHES_BETWEEN, level=level, start=start, stop=stop)
        found: dict[int, bytes] = dict(rows)
        for index in range(start, stop):
            if len(found.get(index, b"")) != merkle.HASH_SIZE:
                raise self._damaged(f"hash {index} of level {level} is missing")
        return [found[index] for index in range(start, stop)]

    def stream(self, name: str) -> list[int]:
        """Return the indices of a stream's entries, in order; none where nothing was appended to it.

        Raises:
            StorageError: it has a gap, or cannot be read.
        """
        rows = self._rows(_STREAM, name=name)
        indices = [index for _, _, index in rows]
        rising = all(left < right for left, right in pairwise(indices))
        if [ordinal for _, ordinal, _ in rows] != list(range(len(rows))) or not rising:
            raise self._damaged(f"stream {name} has a gap, or is out of order")
        return indices

    def length(self, name: str) -> int:
        """Return how many entries a stream has.

        Raises:
            StorageError: its last entry is not one of it, or it cannot be read.
        """
        for ordinal, index, names in self._rows(_NEWEST_OF_STREAM, name=name):
            if name not in (names or "").split():
                raise self._damaged(f"stream {name} ends with entry {index}, which is not of it")
            return int(ordinal) + 1
        return 0

    def names(self, beginning: str, limit: int) -> list[str]:
        """Return the names of streams that begin so and go on with digits or letters, in order, at most so many.

        Raises:
            StorageError: they cannot be read.
        """
        name = STREAMS.c.name
        first = select(name).where(STREAMS.c.ordinal == 0, name >= beginning, name < f"{beginning}\x7f")
        return [row.name for row in self._rows(first.order_by(name).limit(limit))]

    def object(self, sha256: bytes) -> bytes | None:
        """Return what was stored under its SHA-256, None if nothing was.

        Raises:
            StorageError: it has another SHA-256, or cannot be read.
        """
        for row in self._rows(_OBJECT, sha256=sha256):
            if hashlib.sha256(row.data).digest() != sha256:
                raise self._damaged(f"object {sha256.hex()} does not have its SHA-256")
            return bytes(row.data)
        return None

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        """Return the last checkpoint that was signed, None before the first.

        Raises:
            StorageError: it is not what the log has signed, or cannot be read.
        """
        rows = self._rows(select(CHECKPOINTS).order_by(CHECKPOINTS.c.size.desc()).limit(1))
        return self._verified(*rows[0]) if rows else None

    def checkpoint(self, size: int) -> StoredCheckpoint:
        """Return the checkpoint of this size that was signed.

        Raises:
            CheckError: there is none.
            StorageError: it is not what the log has signed, or cannot be read.
        """
        for row in self._rows(select(CHECKPOINTS).where(CHECKPOINTS.c.size == size)):
            return self._verified(*row)
        raise CheckError(f"no checkpoint of {size} entries has been signed")

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        """Yield every checkpoint that was ever signed, the smallest first; errors as of ``checkpoint``."""
        after = -1
        while rows := self._rows(
            select(CHECKPOINTS).where(CHECKPOINTS.c.size > after).order_by(CHECKPOINTS.c.size).limit(_AT_ONCE)
        ):
            yield from (self._verified(*row) for row in rows)
            after = rows[-1].size

    def cosigned(self, size: int) -> bytes | None:
        """Return the checkpoint of this size with the cosignatures it has, None if it has none; errors as above."""
        return self._cosigned(_COSIGNED.where(COSIGNED.c.size == size))

    def published(self) -> bytes | None:
        """Return the note of the newest published checkpoint, None before the first; errors as above."""
        return self._cosigned(_COSIGNED.where(COSIGNED.c.published == 1).order_by(COSIGNED.c.size.desc()).limit(1))

    def published_over(self, index: int) -> bytes | None:
        """Return the note of the first published checkpoint that covers an entry, None before; errors as above."""
        covering = _COSIGNED.where(COSIGNED.c.published == 1, COSIGNED.c.size > index)
        return self._cosigned(covering.order_by(COSIGNED.c.size).limit(1))

    def _cosigned(self, statement: Executable) -> bytes | None:
        for size, note, root in self._rows(statement):
            return self._verified(size, root, note).note
        return None

    def _verified(self, size: int, root: bytes, note: bytes) -> StoredCheckpoint:
        """Return a checkpoint if its note has the log's signature and says what the row says."""
        try:
            found = checkpoints.verify(Note.parse(note), [VerifierKey.parse(self.vkey)])
        except (ParseError, VerificationError) as error:
            raise self._damaged(f"the checkpoint of {size} entries: {error}") from None
        if found != Checkpoint(self.origin, size, root):
            raise self._damaged(f"the checkpoint of {size} entries says something else")
        return StoredCheckpoint(size, root, note)

    def _check_entries(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= self.size:
            raise CheckError(f"there are no entries {start} to {stop}: the log has {self.size}")

    def _check_hashes(self, level: int, start: int, stop: int) -> None:
        if not (0 <= level < 64 and 0 <= start <= stop <= self.size >> level):
            raise CheckError(f"of level {level} there are no hashes {start} to {stop}: the log has {self.size} entries")

    def _rows(self, statement: Executable, **values: Value) -> Sequence[Any]:
        with translated(self._where):
            return self._connection.execute(statement, values).all()

    def _damaged(self, problem: str) -> StorageError:
        return StorageError(f"{self._where}: {problem}; the database is damaged")


def _padded(rows: Sequence[Any], length: int) -> list[Any]:
    return [*rows, *[None] * (length - len(rows))]
