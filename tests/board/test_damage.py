"""A row that was changed: nothing is acknowledged, nothing is signed, and all goes on when it is as it was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Table, and_, delete, insert, select, update

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.board.storage.schema import CHECKPOINTS, COSIGNED, ENTRIES, HASHES, LOG, OBJECTS, STREAMS
from e2evote.errors import StorageError
from tests.board.keys import ORIGIN
from tests.board.trees import entries_of

SIGNED, ALL = 7, 11
"""Entries when a checkpoint was published, and in all."""


def fill(board: Board) -> None:
    """Append entries, publish a checkpoint of some of them, and store an object."""
    for start, stop in ((0, SIGNED), (SIGNED, ALL)):
        with board.writing() as writing:
            for number, entry in enumerate(entries_of(ALL)[start:stop], start):
                writing.append(entry, ["all", f"code/{number}"])
            writing.put(b"object")
        if stop == SIGNED:
            board.publish(lambda _witness, _body: pytest.fail("there are no witnesses"))


@contextmanager
def changed(board: Board, table: Table, where: ColumnElement[bool], **values: Any) -> Iterator[None]:
    """Change the rows of a table, or delete them if no values are given; bring them back at the end."""
    with board._database.transaction(writing=True) as connection:
        before = [dict(row._mapping) for row in connection.execute(select(table).where(where))]
        assert before
        connection.execute(update(table).where(where).values(**values) if values else delete(table).where(where))
    yield
    keys = [column.name for column in table.primary_key]
    with board._database.transaction(writing=True) as connection:
        for row in before:
            now = [table.c[key] == values.get(key, row[key]) for key in keys]
            connection.execute(
                delete(table).where(and_(*now)) if not values else update(table).where(and_(*now)).values(row)
            )
            if not values:
                connection.execute(insert(table).values(row))


def append(board: Board) -> None:
    """Append through the committer, as servers do."""
    with Committer(board) as committer:
        committer.submit(lambda writing: writing.append(b"another", ["all", "code/another"])).result()


def look(what: Callable[[Any], object]) -> Callable[[Board], None]:
    """Read something."""

    def looking(board: Board) -> None:
        with board.reading() as snapshot:
            what(snapshot)

    return looking


def sign(board: Board) -> None:
    """Have a checkpoint signed."""
    board.checkpoint()


def entry(index: int) -> ColumnElement[bool]:
    return ENTRIES.c.index == index


def at(level: int, index: int) -> ColumnElement[bool]:
    return and_(HASHES.c.level == level, HASHES.c.index == index)


def place(name: str, ordinal: int) -> ColumnElement[bool]:
    return and_(STREAMS.c.name == name, STREAMS.c.ordinal == ordinal)


WRONG, BAD = bytes(32), {"data": b"!"}
SHA256 = sha256(b"object").digest()
ONLY = LOG.c.id == 1

# name: what is changed, how, what somebody then does, and what is said
DAMAGE: dict[str, tuple[Table, ColumnElement[bool], dict[str, Any], Callable[[Board], None], str]] = {
    "entry-read": (ENTRIES, entry(3), BAD, look(lambda s: s.entry(3)), "entry 3 does not have its"),
    "entry-signed": (ENTRIES, entry(8), BAD, sign, "entry 8 does not have its leaf hash"),
    "entry-built-upon": (ENTRIES, entry(10), BAD, append, "entry 10 does not have its leaf hash"),
    "entry-streams": (ENTRIES, entry(10), {"streams": "x"}, append, "ends with entry 10, which is not of it"),
    "leaf-signed": (HASHES, at(0, 8), {"hash": WRONG}, sign, "entry 8 does not have its leaf hash"),
    "leaf-built-upon": (HASHES, at(0, 10), {"hash": WRONG}, append, "entry 10 does not have its leaf hash"),
    "hash-signed": (HASHES, at(1, 4), {"hash": WRONG}, sign, "hash 4 of level 1 is not that of the entries"),
    "hash-built-upon": (HASHES, at(1, 4), {"hash": WRONG}, append, "hash 4 of level 1 is not that of the two below it"),
    "hash-below": (HASHES, at(2, 1), {"hash": WRONG}, append, "hash 0 of level 3 is not that of the two below it"),
    "hash-of-old-tree": (HASHES, at(2, 0), {"hash": WRONG}, sign, "the tree of 7 entries does not have the root"),
    "hash-short": (HASHES, at(2, 0), {"hash": b"!"}, sign, "hash 0 of level 2 is missing"),
    "hash-gone": (HASHES, at(3, 0), {}, sign, "hash 0 of level 3 is missing"),
    "stream-end": (STREAMS, place("all", 10), {"index": 0}, look(lambda s: s.stream("all")), "stream all has a gap"),
    "stream-other": (STREAMS, place("code/3", 0), {"index": 4}, look(lambda s: s.length("code/3")), "not of it"),
    "stream-gap": (STREAMS, place("all", 5), {"ordinal": 99}, look(lambda s: s.stream("all")), "stream all has a gap"),
    "stream-gone": (STREAMS, place("all", 5), {}, look(lambda s: s.stream("all")), "stream all has a gap"),
    "object": (OBJECTS, OBJECTS.c.data == b"object", BAD, look(lambda s: s.object(SHA256)), "its SHA-256"),
    "checkpoint-root": (CHECKPOINTS, CHECKPOINTS.c.size == 7, {"root": WRONG}, sign, "says something else"),
    "checkpoint-note": (CHECKPOINTS, CHECKPOINTS.c.size == 7, {"note": b"!"}, sign, "checkpoint of 7 entries: note"),
    "published": (COSIGNED, COSIGNED.c.size == 7, {"note": b"!"}, look(lambda s: s.published()), "of 7 entries: note"),
    "size-behind": (LOG, ONLY, {"size": 6}, sign, "the last entry is 10, but there should be 6"),
    "size-small": (LOG, ONLY, {"size": 10}, append, "the last entry is 10, but there should be 10"),
    "size-large": (LOG, ONLY, {"size": 12}, append, "the last entry is 10, but there should be 12"),
    "log-gone": (LOG, ONLY, {}, append, "the table log has 0 rows instead of one"),
    "key": (LOG, ONLY, {"vkey": "another"}, sign, "the checkpoint of 7 entries: verifier key"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_a_changed_row_is_noticed(file_board: Board, name: str) -> None:
    notices(file_board, *DAMAGE[name])


@pytest.mark.parametrize("name", ["entry-signed", "hash-built-upon", "stream-end", "checkpoint-root", "size-large"])
def test_a_changed_row_is_noticed_in_postgresql(tmp_path: Path, postgres_database: str, name: str) -> None:
    with Board.create(tmp_path / "board", ORIGIN, database=postgres_database) as board:
        notices(board, *DAMAGE[name])


def notices(
    board: Board, table: Table, where: ColumnElement[bool], values: Any, act: Callable[[Board], None], said: str
) -> None:
    """Change a row: what somebody does then is refused, and works when the row is as it was."""
    fill(board)
    with changed(board, table, where, **values):
        with pytest.raises(StorageError, match=said):
            act(board)
        with pytest.raises(StorageError):
            board.audit()
        if act is sign:
            with pytest.raises(StorageError):
                append(board)
        with board._database.transaction() as connection:
            assert len(connection.execute(select(ENTRIES.c.index)).all()) == ALL
            assert len(connection.execute(select(CHECKPOINTS.c.size)).all()) == 1
    append(board)
    assert board.checkpoint() is not None
    board.audit()
