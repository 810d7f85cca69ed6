"""The one writer's view: what it appends is visible to it at once, and to everybody when it is committed."""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeAlias

from sqlalchemy import Connection, Executable, Table, bindparam, delete, func, insert, select, union_all, update

from e2evote.board import merkle
from e2evote.board.storage.database import translated
from e2evote.board.storage.schema import CHECKPOINTS, COSIGNED, ENTRIES, HASHES, LOG, OBJECTS, STREAMS
from e2evote.board.storage.snapshot import Snapshot, StoredCheckpoint, Value
from e2evote.errors import CheckError, StorageError

ENTRY_LIMIT = (1 << 16) - 1
"""Bytes of an entry: tiles of entries have two bytes for its length."""

_STREAM = re.compile(r"[!-~]{1,255}")

_LAST = select(func.max(ENTRIES.c.index))
_BEGUN = select(STREAMS.c.name).where(STREAMS.c.ordinal == 0, STREAMS.c.name.in_(bindparam("names", expanding=True)))

_Values: TypeAlias = dict[str, object]


def _hashes_at(places: list[tuple[int, int]]) -> Executable:
    # A query each, in one statement: for a list of pairs, or conditions with OR between, SQLite reads the whole table.
    return union_all(
        *(select(HASHES).where(HASHES.c.level == level, HASHES.c.index == index) for level, index in places)
    )


class Writing(Snapshot):
    """What the holder of the writer's lock reads and appends. After a ``StorageError`` it is useless."""

    _LOG = select(LOG).with_for_update()

    def __init__(self, connection: Connection, where: str) -> None:
        """Wait for the lock, on a connection in a writer's transaction; errors as of ``Snapshot``."""
        self._failure: StorageError | None = None
        self._entries: list[tuple[bytes, tuple[str, ...]]] = []
        self._hashes: dict[tuple[int, int], bytes] = {}
        self._streams: dict[str, list[int]] = {}
        self._lengths: dict[str, int] = {}
        self._objects: dict[bytes, bytes] = {}
        super().__init__(connection, where)
        last = self._rows(_LAST)[0][0]
        if last != (self._size - 1 if self._size else None):
            raise self._damaged(f"the last entry is {last}, but there should be {self._size}")

    @property
    def size(self) -> int:
        """The number of entries, with those appended here."""
        return self._size + len(self._entries)

    def append(self, entry: bytes, streams: Sequence[str] = ()) -> int:
        """Append an entry, also to these streams, and return its index.

        Args:
            entry: at most 65,535 bytes.
            streams: names of 1 to 255 printable ASCII characters without spaces, none twice.

        Raises:
            CheckError: the entry is too long, or a name is none.
            StorageError: what it is appended to is damaged, or cannot be read.
        """
        if len(entry) > ENTRY_LIMIT:
            raise CheckError(f"an entry has at most {ENTRY_LIMIT} bytes, not {len(entry)}")
        if len(set(streams)) < len(streams) or not all(_STREAM.fullmatch(name) for name in streams):
            raise CheckError("the names of streams are 1 to 255 printable ASCII characters without spaces, none twice")
        index = self.size
        new = merkle.completed(index, merkle.leaf_hash(entry), self._sibling)
        for name in streams:
            self._stored_length(name)
        self._hashes.update({(subtree.level, subtree.index): subtree.hash for subtree in new})
        for name in streams:
            self._streams.setdefault(name, []).append(index)
        self._entries.append((entry, tuple(sorted(streams))))
        return index

    def put(self, data: bytes) -> bytes:
        """Store an object, unless it is there, and return its SHA-256.

        Raises:
            StorageError: what is there is damaged, or cannot be read.
        """
        sha256 = hashlib.sha256(data).digest()
        if self.object(sha256) is None:
            self._objects[sha256] = data
        return sha256

    def expect_new(self, names: Collection[str]) -> None:
        """Ask for streams that are probably empty, all at once: ``length`` then answers for those without the database.

        Raises:
            StorageError: the database cannot be read.
        """
        begun = {name for (name,) in self._rows(_BEGUN, names=list(names))} if names else set()
        self._lengths.update({name: 0 for name in names if name not in begun and name not in self._lengths})

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Forget what the block has appended and put if it raises."""
        size, objects = self.size, len(self._objects)
        try:
            yield
        except BaseException:
            self._forget(size, objects)
            raise

    # ------------------------------------------------------------------------------------- reading, with what is new

    def named_entries(self, start: int, stop: int) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """Yield entries with the names of the streams they are in, in the order of the alphabet."""
        stored = self._size
        self._check_entries(start, stop)
        yield from super().named_entries(min(start, stored), min(stop, stored))
        yield from self._entries[max(start - stored, 0) : max(stop - stored, 0)]

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return the hashes of complete subtrees that lie side by side."""
        self._check_hashes(level, start, stop)
        divide = min(max(start, self._size >> level), stop)
        return [
            *super().hashes(level, start, divide),
            *(self._hashes[level, index] for index in range(divide, stop)),
        ]

    def stream(self, name: str) -> list[int]:
        """Return the indices of a stream's entries, in order."""
        return [*super().stream(name), *self._streams.get(name, ())]

    def length(self, name: str) -> int:
        """Return how many entries a stream has."""
        return self._stored_length(name) + len(self._streams.get(name, ()))

    def object(self, sha256: bytes) -> bytes | None:
        """Return what was stored under its SHA-256, None if nothing was."""
        new = self._objects.get(sha256)
        return super().object(sha256) if new is None else new

    # -------------------------------------------------------------------------------------------- for the board alone

    def add_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        """Store a checkpoint that is about to be signed in public."""
        self._insert(CHECKPOINTS, [checkpoint._asdict()])

    def replace_cosigned(self, size: int, note: bytes, published: bool) -> None:
        """Store a checkpoint's note with the cosignatures it has by now."""
        self._execute(delete(COSIGNED).where(COSIGNED.c.size == size))
        self._insert(COSIGNED, [{"size": size, "note": note, "published": int(published)}])

    def flush(self) -> None:
        """Hand everything new to the database; the commit is to follow.

        Raises:
            StorageError: the database does not take it, or an earlier error has made this useless.
        """
        self._require_sound()
        first = self._size
        self._insert(
            ENTRIES,
            [
                {"index": first + number, "data": data, "streams": " ".join(names)}
                for number, (data, names) in enumerate(self._entries)
            ],
        )
        self._insert(
            HASHES, [{"level": level, "index": index, "hash": value} for (level, index), value in self._hashes.items()]
        )
        self._insert(
            STREAMS,
            [
                {"name": name, "ordinal": ordinal, "index": index}
                for name, indices in self._streams.items()
                for ordinal, index in enumerate(indices, self._lengths[name])
            ],
        )
        self._insert(OBJECTS, [{"sha256": sha256, "data": data} for sha256, data in self._objects.items()])
        if self._entries:
            self._execute(update(LOG).values(size=self.size))

    def _sibling(self, level: int, index: int) -> bytes:
        """Return a hash to build upon: a new one, or a peak of the stored tree."""
        return self._hashes.get((level, index)) or self._peaks[level, index]

    @cached_property
    def _peaks(self) -> dict[tuple[int, int], bytes]:
        """The largest complete subtrees of the stored tree, each compared with what is below it."""
        peaks = [(level, (self._size >> level) - 1) for level in range(64) if self._size >> level & 1]
        below = [(level - 1, 2 * index + side) for level, index in peaks if level for side in (0, 1)]
        rows = self._rows(_hashes_at(peaks + below)) if peaks else []
        found = {(level, index): value for level, index, value in rows}
        for level, index in peaks:
            if level == 0:
                self.entry(index)
            both = [found.get((level - 1, 2 * index + side), b"") for side in (0, 1)]
            if level and merkle.node_hash(*both) != found.get((level, index)):
                raise self._damaged(f"hash {index} of level {level} is not that of the two below it")
        return {place: found[place] for place in peaks}

    def _stored_length(self, name: str) -> int:
        if name not in self._lengths:
            self._lengths[name] = super().length(name)
        return self._lengths[name]

    def _forget(self, size: int, objects: int) -> None:
        while self.size > size:
            _, names = self._entries.pop()
            for name in names:
                self._streams[name].pop()
        self._hashes = {at: value for at, value in self._hashes.items() if (at[1] + 1) << at[0] <= size}
        while len(self._objects) > objects:
            self._objects.popitem()

    # An error that somebody caught must not end in a commit: PostgreSQL answers COMMIT with a silent rollback then, and
    # SQLite may have rolled back already, so that what follows would be written on its own.

    def _require_sound(self) -> None:
        if self._failure is not None:
            raise StorageError(str(self._failure)) from self._failure

    def _rows(self, statement: Executable, **values: Value) -> Sequence[Any]:
        self._require_sound()
        try:
            return super()._rows(statement, **values)
        except StorageError as error:
            self._failure = error
            raise

    def _damaged(self, problem: str) -> StorageError:
        self._failure = super()._damaged(problem)
        return self._failure

    def _insert(self, table: Table, rows: list[_Values]) -> None:
        if rows:
            self._execute(insert(table), rows)

    def _execute(self, statement: Executable, rows: list[_Values] | None = None) -> None:
        self._require_sound()
        try:
            with translated(self._where):
                self._connection.execute(statement, rows)
        except StorageError as error:
            self._failure = error
            raise
