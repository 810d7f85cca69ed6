"""Recomputing all that a database holds of a log from its entries: hashes, streams, checkpoints; and every object.

What is read in everyday work is compared with what is stored beside it; only this finds a row that is gone altogether.
"""

import hashlib
from collections.abc import Iterator

from sqlalchemy import func, select, text, tuple_

from e2evote.board import merkle
from e2evote.board.storage.growth import Progress, ignore, verified_root
from e2evote.board.storage.schema import ENTRIES, HASHES, OBJECTS, STREAMS
from e2evote.board.storage.snapshot import Snapshot

_AT_ONCE = 1024


class Audit(Snapshot):
    """A snapshot that can be compared as a whole."""

    def run(self, progress: Progress = ignore) -> None:
        """Accept the database if everything in it follows from its entries.

        Args:
            progress: is told of entries done, and of how many.

        Raises:
            StorageError: naming the first thing that does not.
        """
        self._file()
        verified_root(self, 0, merkle.EMPTY_ROOT, progress)
        self._counts()
        self._streams_of_entries()
        for _ in self._objects():
            pass
        for signed in self.checkpoints():
            if signed.size > self.size or merkle.root(signed.size, self.hash) != signed.root:
                raise self._damaged(f"the checkpoint of {signed.size} entries is not of this tree")
            self.cosigned(signed.size)

    def _file(self) -> None:
        if self._connection.dialect.name == "sqlite":
            for (found,) in self._rows(text("PRAGMA integrity_check(1)")):
                if found != "ok":
                    raise self._damaged(found)

    def _counts(self) -> None:
        """Accept as many rows as there are entries, and complete subtrees on each level."""
        found = self._rows(select(func.count()).select_from(ENTRIES))[0][0]
        if found != self.size:
            raise self._damaged(f"there are {found} entries instead of {self.size}")
        for level, count in self._rows(select(HASHES.c.level, func.count()).group_by(HASHES.c.level)):
            if count != self.size >> level:
                raise self._damaged(f"there are {count} hashes of level {level} instead of {self.size >> level}")

    def _streams_of_entries(self) -> None:
        """Accept the streams if they are those that the entries name, in order and without gaps.

        Two sums over pairs of a name and an index, so that nothing has to be kept in memory.
        """
        named = sum(
            _digest(name, index) for index, (_, names) in enumerate(self.named_entries(0, self.size)) for name in names
        )
        stored, before = 0, ("", -1, -1)
        for name, ordinal, index in self._all_streams():
            last, at = before[1:] if name == before[0] else (-1, -1)
            if ordinal != last + 1 or index <= at:
                raise self._damaged(f"stream {name} has a gap, or is out of order")
            stored += _digest(name, index)
            before = (name, ordinal, index)
        if stored != named:
            raise self._damaged("the streams are not those that the entries name")

    def _all_streams(self) -> Iterator[tuple[str, int, int]]:
        key, after = tuple_(STREAMS.c.name, STREAMS.c.ordinal), ("", -1)
        while rows := self._rows(select(STREAMS).where(key > after).order_by(*key).limit(_AT_ONCE)):
            yield from rows
            after = tuple(rows[-1][:2])

    def _objects(self) -> Iterator[bytes]:
        after = b""
        column = OBJECTS.c.sha256
        while rows := self._rows(select(column).where(column > after).order_by(column).limit(_AT_ONCE)):
            for (sha256,) in rows:
                yield self.object(sha256) or b""
            after = rows[-1][0]


def _digest(name: str, index: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{name} {index}".encode()).digest(), "big")
