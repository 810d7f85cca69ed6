"""What is appended is there, once, in order, for everybody; on SQLite and on PostgreSQL."""

import hashlib
import shutil
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, update
from sqlalchemy.exc import IntegrityError

from e2evote.board import merkle
from e2evote.board.log import Board
from e2evote.board.storage import revision
from e2evote.board.storage.schema import LOG, METADATA
from e2evote.errors import CheckError, StorageError
from tests.board.keys import ORIGIN
from tests.board.trees import Tree, entries_of, mth


def test_what_is_appended_is_visible_to_its_writer_at_once_and_to_others_after_the_commit(board: Board) -> None:
    with board.writing() as writing:
        assert writing.append(b"first", ["device/1", "code/A"]) == 0
        assert writing.append(b"second", ["device/1"]) == 1
        assert (writing.size, writing.entry(1), writing.stream("device/1")) == (2, b"second", [0, 1])
        assert (writing.length("device/1"), writing.length("code/A"), writing.length("code/B")) == (2, 1, 0)
        assert writing.hash(1, 0) == mth([b"first", b"second"])
        with board.reading() as before:
            assert (before.size, before.stream("device/1"), before.length("code/A")) == (0, [], 0)
    with board.reading() as after:
        assert list(after.entries(0, 2)) == [b"first", b"second"]
        assert (after.stream("device/1"), after.length("code/A"), after.stream("code/B")) == ([0, 1], 1, [])
        assert after.hash(1, 0) == mth([b"first", b"second"])


def test_what_a_reader_sees_does_not_change_under_it(board: Board) -> None:
    with board.writing() as writing:
        writing.append(b"first", ["s"])
    with board.reading() as snapshot:
        with board.writing() as writing:
            writing.append(b"second", ["s"])
        assert (snapshot.size, snapshot.length("s"), snapshot.stream("s")) == (1, 1, [0])


def test_streams_go_on_where_they_ended(board: Board) -> None:
    for round_ in range(3):
        with board.writing() as writing:
            for number in range(round_ + 1):
                writing.append(f"{round_} {number}".encode(), ["all", f"round/{round_}"])
    with board.reading() as snapshot:
        assert snapshot.stream("all") == list(range(6))
        assert [snapshot.stream(f"round/{number}") for number in range(3)] == [[0], [1, 2], [3, 4, 5]]
    board.audit()


def test_a_block_that_raises_writes_nothing(board: Board) -> None:
    def give_up() -> None:
        with board.writing() as writing:
            writing.append(b"never", ["s"])
            writing.put(b"never")
            raise KeyError("enough")

    with pytest.raises(KeyError):
        give_up()
    with board.reading() as snapshot:
        assert (snapshot.size, snapshot.length("s")) == (0, 0)
        assert snapshot.object(hashlib.sha256(b"never").digest()) is None


def test_objects_are_found_by_their_hash_and_stored_once(board: Board) -> None:
    data = bytes(range(256)) * 1000
    with board.writing() as writing:
        sha256 = writing.put(data)
        assert writing.put(data) == sha256 == hashlib.sha256(data).digest()
        assert writing.object(sha256) == data
    with board.writing() as writing:
        assert writing.put(data) == sha256
    with board.reading() as snapshot:
        assert snapshot.object(sha256) == data
        assert snapshot.object(bytes(32)) is None


@settings(max_examples=10)
@given(st.lists(st.integers(0, 40), max_size=6))
def test_stored_hashes_are_those_of_the_tree(tmp_path_factory: pytest.TempPathFactory, batches: list[int]) -> None:
    entries = entries_of(sum(batches))
    tree = Tree(entries)
    with Board.create(tmp_path_factory.mktemp("board") / "board", ORIGIN) as board:
        position = 0
        for count in batches:
            with board.writing() as writing:
                for entry in entries[position : position + count]:
                    writing.append(entry)
                position += count
                assert merkle.root(position, writing.hash) == mth(entries[:position])
        with board.reading() as snapshot:
            assert list(snapshot.entries(0, len(entries))) == entries
            assert all(snapshot.hash(*place) == value for place, value in tree.stored.items())


def test_streams_that_are_expected_to_be_new_may_be_old(board: Board) -> None:
    with board.writing() as writing:
        writing.append(b"first", ["old"])
    with board.writing() as writing:
        writing.append(b"second", ["newer"])
        writing.expect_new(["old", "newer", "new"])
        writing.expect_new([])
        assert [writing.length(name) for name in ("old", "newer", "new")] == [1, 1, 0]
        writing.append(b"third", ["old", "newer", "new"])
    board.audit()
    with board.reading() as snapshot:
        assert [snapshot.stream(name) for name in ("old", "newer", "new")] == [[0, 2], [1, 2], [2]]


def test_forgetting_brings_back_what_was_before(board: Board) -> None:
    with board.writing() as writing:
        for entry in entries_of(3):
            writing.append(entry, ["s"])

        def failing() -> None:
            with writing.undone_on_error():
                for entry in entries_of(6):
                    writing.append(entry + b"!", ["s", "t"])
                writing.put(b"object")
                raise CheckError("no")

        with pytest.raises(CheckError):
            failing()
        assert (writing.size, writing.length("s"), writing.length("t")) == (3, 3, 0)
        writing.append(b"entry 3", ["s", "t"])
    with board.reading() as snapshot:
        assert merkle.root(4, snapshot.hash) == mth(entries_of(4))
        assert (snapshot.stream("s"), snapshot.stream("t")) == ([0, 1, 2, 3], [3])
        assert snapshot.object(hashlib.sha256(b"object").digest()) is None
    board.audit()


@pytest.mark.parametrize("names", [["a", "a"], [""], ["with space"], ["new\nline"], ["é"], ["x" * 256], ["\0"]])
def test_names_of_streams_are_checked(file_board: Board, names: list[str]) -> None:
    with file_board.writing() as writing, pytest.raises(CheckError, match="printable ASCII"):
        writing.append(b"entry", names)


def test_entries_are_as_long_as_a_tile_can_say(file_board: Board) -> None:
    with file_board.writing() as writing:
        writing.append(bytes(65535))
        with pytest.raises(CheckError, match="at most 65535 bytes, not 65536"):
            writing.append(bytes(65536))


def test_what_is_not_there_is_not_given(board: Board) -> None:
    with board.writing() as writing:
        writing.append(b"only")
    with board.reading() as snapshot:
        for index in (-1, 1):
            with pytest.raises(CheckError, match=f"no entry {index}: the log has 1"):
                snapshot.entry(index)
        with pytest.raises(CheckError, match="no entries 0 to 2"):
            list(snapshot.entries(0, 2))
        for level, index in ((0, 1), (1, 0), (0, -1), (-1, 0), (64, 0)):
            with pytest.raises(CheckError, match="there are no hashes"):
                snapshot.hash(level, index)


def test_writers_take_turns(board: Board) -> None:
    """Each of many threads reads the length of a stream and appends; nobody's entry is at another's place."""

    def work() -> None:
        for _ in range(5):
            with board.writing() as writing:
                place = writing.length("turns")
                writing.append(str(place).encode(), ["turns"])

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with board.reading() as snapshot:
        assert list(snapshot.entries(0, 30)) == [str(number).encode() for number in range(30)]
        assert snapshot.stream("turns") == list(range(30))


def test_a_swallowed_error_is_not_committed(board: Board) -> None:
    """After an error PostgreSQL answers COMMIT with a silent rollback; nobody may take that for written."""

    def swallow() -> None:
        with board.writing() as writing:
            writing.append(b"first", ["s"])
            with pytest.raises(StorageError):
                writing._rows(update(LOG).values(id=2))
            with pytest.raises(StorageError):
                writing.length("t")

    with pytest.raises(StorageError):
        swallow()
    with board.writing() as writing:
        assert writing.append(b"second", ["s"]) == 0


def test_the_migrations_make_the_tables_of_the_schema(board: Board) -> None:
    with board._database.transaction() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_there_is_one_log_in_a_database(board: Board) -> None:
    with board._database.transaction(writing=True) as connection, pytest.raises(IntegrityError):
        connection.execute(LOG.insert().values(id=2, origin="another", vkey="another", size=0))


def test_a_database_is_not_made_twice(tmp_path: Path, postgres_database: str) -> None:
    Board.create(tmp_path / "first", ORIGIN, database=postgres_database).close()
    with pytest.raises(CheckError, match="there is a board in this database already"):
        Board.create(tmp_path / "second", ORIGIN, database=postgres_database)
    assert not (tmp_path / "second").exists()


def test_a_database_of_another_version_is_refused(board: Board, tmp_path: Path) -> None:
    folder = tmp_path / "board"
    for change, said in (
        ("UPDATE alembic_version SET version_num = '9999'", "a newer version of e2evote has written it"),
        ("DELETE FROM alembic_version", "there are no tables of a board"),
    ):
        with board._database.transaction(writing=True) as connection:
            connection.exec_driver_sql(change)
        for act in (Board.open, Board.upgrade):
            with pytest.raises(CheckError, match=said):
                act(folder)


SECOND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.create_table("more", sa.Column("id", sa.Integer, primary_key=True))
    if op.get_bind().execute(sa.text("SELECT size FROM log")).scalar() > 1:
        op.execute("this is no SQL")
"""


def test_an_older_database_is_upgraded_whole_or_not_at_all(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one revision so far; a second one is made up, which fails where there are two entries."""
    folder, scripts = tmp_path / "board", tmp_path / "scripts"
    shutil.copytree(revision._SCRIPTS, scripts)
    (scripts / "versions/r0002_more.py").write_text(SECOND)
    with board.writing() as writing:
        writing.append(b"first")
    monkeypatch.setattr(revision, "_SCRIPTS", scripts)
    with pytest.raises(CheckError, match=r"revision 0001, expected 0002; run 'e2evote board upgrade .*board'"):
        Board.open(folder)
    with board._database.transaction(writing=True) as connection:
        connection.execute(update(LOG).values(size=2))
    with pytest.raises(StorageError, match="syntax error"):
        Board.upgrade(folder)
    with board._database.transaction(writing=True) as connection:
        assert "more" not in inspect(connection).get_table_names()
        connection.execute(update(LOG).values(size=1))
    Board.upgrade(folder)
    Board.upgrade(folder)
    with Board.open(folder) as upgraded, upgraded.reading() as snapshot:
        assert snapshot.entry(0) == b"first"
