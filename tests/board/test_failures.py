"""Disks that are full or read-only, and lost connections: nothing is acknowledged, the reason is said, all goes on."""

import ctypes
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url

from e2evote.board.committer import Committer
from e2evote.board.log import Board, Writing
from e2evote.board.storage import database as module
from e2evote.errors import StorageError
from tests.board.conftest import execute, server
from tests.board.keys import ORIGIN
from tests.board.trees import mth

BIG = bytes(60_000)


def entry(number: int) -> bytes:
    return b"%d " % number + BIG


def append(board: Board, data: bytes, stream: str = "s") -> None:
    """Append through the committer, as servers do."""
    with Committer(board) as committer:
        committer.submit(lambda writing: writing.append(data, [stream])).result()


def fill(board: Board) -> tuple[int, str]:
    """Append until it fails; return how many entries were acknowledged, and what was said."""
    for number in range(1000):
        try:
            append(board, entry(number))
        except StorageError as error:
            return number, str(error)
    raise AssertionError("the disk is never full")


def check(board: Board, acknowledged: int) -> None:
    """The board has what was acknowledged and nothing else, and takes more."""
    with board.reading() as snapshot:
        assert list(snapshot.entries(0, snapshot.size)) == [entry(number) for number in range(acknowledged)]
        assert snapshot.stream("s") == list(range(acknowledged))
    append(board, entry(acknowledged))
    assert board.checkpoint() is not None
    board.audit()


# ---------------------------------------------------------------------------------------------------------- the disk


def test_a_database_that_cannot_grow(file_board: Board) -> None:
    """SQLite's own limit, and what SQLite says when a disk is full."""
    with file_board._database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 200")  # of this connection, the only one in the pool
    acknowledged, said = fill(file_board)
    assert acknowledged > 2
    assert said.endswith("board.sqlite: database or disk is full")
    signed = file_board.checkpoint()
    assert signed is not None
    with file_board._database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    check(file_board, acknowledged)


def in_a_child(act: Callable[[], object]) -> None:
    """Run in a process of its own, whose limits and file systems are its own; skip if it exits with 77."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other tests may have left threads; the child needs none
        child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == NOT_POSSIBLE:
        pytest.skip("file systems cannot be mounted here")
    assert code == 0


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """A quota of the system's: every file of this process may have so many bytes."""

    def act() -> None:
        with Board.create(tmp_path / "board", ORIGIN) as board:
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, before[1]))
            acknowledged, said = fill(board)
            assert "disk" in said, said
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            check(board, acknowledged)

    in_a_child(act)


NOT_POSSIBLE = 77
CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_REC, MS_PRIVATE = 1 << 17, 1, 32, 1 << 14, 1 << 18


def mount(target: Path, kind: str, flags: int, data: str = "") -> None:
    """Call mount(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", str(target).encode(), kind.encode(), flags, data.encode()):
        raise OSError(ctypes.get_errno(), "mount")


def on_a_small_disk(tmp_path: Path, act: Callable[[Path], None]) -> None:
    """Run in a process that has a file system of 3 MiB of its own; needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def run() -> None:
        try:
            if ctypes.CDLL(None).unshare(CLONE_NEWNS):
                raise OSError("unshare")
            mount(Path("/"), "", MS_REC | MS_PRIVATE)
            mount(disk, "tmpfs", 0, "size=3m")
        except OSError:
            os._exit(NOT_POSSIBLE)
        act(disk)

    in_a_child(run)


def test_a_full_disk(tmp_path: Path) -> None:
    def act(disk: Path) -> None:
        with Board.create(disk / "board", ORIGIN) as board:
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(1 << 20))
            acknowledged, said = fill(board)
            assert "full" in said or "disk I/O error" in said, said
            with suppress(StorageError):
                board.checkpoint()
            with pytest.raises(StorageError):
                append(board, entry(acknowledged))
            ballast.unlink()
            check(board, acknowledged)

    on_a_small_disk(tmp_path, act)


def test_a_disk_that_is_full_when_a_checkpoint_is_to_be_signed(tmp_path: Path) -> None:
    """Nothing is signed that is not noted; what was is the same tree afterwards."""

    def act(disk: Path) -> None:
        with Board.create(disk / "board", ORIGIN) as board:
            append(board, entry(0))
            first = board.checkpoint()
            append(board, entry(1))
            with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
                while True:
                    ballast.write(bytes(4096))
            with pytest.raises(StorageError, match=r"No space left|full|disk I/O"):
                board.checkpoint()
            (disk / "ballast").unlink()
            assert board.checkpoint() != first
            check(board, 2)

    on_a_small_disk(tmp_path, act)


def test_a_disk_that_becomes_read_only(tmp_path: Path) -> None:
    def act(disk: Path) -> None:
        with Board.create(disk / "board", ORIGIN) as board:
            append(board, entry(0))
            signed = board.checkpoint()
            append(board, entry(1))
            board.close()  # a file that is open for writing keeps a disk from becoming read-only
            mount(disk, "", MS_REMOUNT | MS_RDONLY)
            for act in (lambda: append(board, entry(2)), board.checkpoint):
                with pytest.raises(StorageError, match=r"readonly|read-only|Read-only|unable to open"):
                    act()
            mount(disk, "", MS_REMOUNT)
            assert board.checkpoint() != signed
            check(board, 2)

    on_a_small_disk(tmp_path, act)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The note of what was signed cannot be replaced: then nothing is signed."""
    with Board.create(tmp_path / "board", ORIGIN) as board:
        append(board, entry(0))
        private = tmp_path / "board/private"
        private.rename(tmp_path / "elsewhere")
        for act in (lambda: append(board, entry(1)), board.checkpoint):
            with pytest.raises(StorageError, match=r"signed\.json: the file is missing"):
                act()
        (tmp_path / "elsewhere").rename(private)
        check(board, 1)


def test_a_database_that_another_program_has_locked(file_board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    with file_board._database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")  # of this connection, the only one in the pool
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE');"
        "print('locked', flush=True); sys.stdin.read()"
    )
    place = str(file_board._folder.root / "board.sqlite")
    with subprocess.Popen(
        [sys.executable, "-c", code, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(StorageError, match="database is locked"):
            append(file_board, entry(0))
        other.communicate("")
    check(file_board, 0)


def test_threads_queue_for_the_lock_and_do_not_ask_the_database_again_and_again(file_board: Board) -> None:
    """SQLite may let whoever sleeps between two tries starve; here nobody may try twice."""
    database = file_board._database
    event.listen(database._engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 0"))
    waiting = threading.Barrier(8)

    def work(number: int) -> None:
        waiting.wait()
        append(file_board, entry(number))

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(work, number) for number in range(8)]:
            future.result()
    with file_board.reading() as snapshot:
        assert set(snapshot.entries(0, 8)) == {entry(number) for number in range(8)}


def test_a_thread_that_holds_the_lock_for_too_long(file_board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with file_board.writing(), ThreadPoolExecutor(1) as threads:
        future = threads.submit(append, file_board, entry(0))
        with pytest.raises(StorageError, match="others are writing"):
            future.result()
    append(file_board, entry(0))
    check(file_board, 1)


# ----------------------------------------------------------------------------------------------------- the connection


COMMIT = b"COMMIT\0"


class Proxy:
    """A TCP proxy to the server that can be told to cut all connections, at once or when a certain text passes."""

    def __init__(self, port: int) -> None:
        self._port, self._pairs = port, list[tuple[socket.socket, socket.socket]]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut_before: bytes | None = None
        self.cut_after: bytes | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Close every connection that there is now; the client may come back before the last is closed."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                pair = client, socket.create_connection(("127.0.0.1", self._port))
                self._pairs.append(pair)
                threading.Thread(target=self._pass, args=pair, daemon=True).start()
                threading.Thread(target=self._pass, args=pair[::-1], daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if self.cut_before and self.cut_before in data:
                    self.cut_before = None
                    return self.cut()
                if self.cut_after and self.cut_after in data:
                    # What was asked arrives and is done; its answer does not come back.
                    self.cut_after = None
                    source.close()
                    target.sendall(data)
                    time.sleep(0.3)
                    return target.close()  # not the others: the client may have come back already
                target.sendall(data)
        return None


@pytest.fixture
def proxied(tmp_path: Path, postgres_database: str) -> Iterator[tuple[Board, Proxy]]:
    """A board that reaches its database through a proxy."""
    url = make_url(postgres_database)
    assert url.port is not None
    proxy = Proxy(url.port)
    # The password file names the server's port.
    password = Path(str(url.query["passfile"]))
    own = tmp_path / "pgpass"
    own.touch(0o600)
    own.write_text(password.read_text().replace(f":{url.port}:", ":*:"))
    through = url.set(port=proxy.port, query={"passfile": str(own), "sslmode": "disable", "gssencmode": "disable"})
    with Board.create(tmp_path / "board", ORIGIN, database=through.render_as_string()) as board:
        yield board, proxy
    proxy.close()


def test_a_connection_that_is_lost_while_nobody_writes(proxied: tuple[Board, Proxy]) -> None:
    board, proxy = proxied
    append(board, entry(0))
    proxy.cut()
    check(board, 1)


def test_a_connection_that_is_lost_between_two_statements(proxied: tuple[Board, Proxy]) -> None:
    board, proxy = proxied
    append(board, entry(0))

    def cut(writing: Writing) -> None:
        writing.append(b"never", ["s"])
        proxy.cut()
        writing.length("t")

    with Committer(board) as committer:
        futures: list[Future[Any]] = [committer.submit(cut)]
        with pytest.raises(StorageError, match="connection"):
            futures[0].result()
    check(board, 1)


def test_a_connection_that_is_lost_before_the_commit_arrives(proxied: tuple[Board, Proxy]) -> None:
    board, proxy = proxied
    append(board, entry(0))
    proxy.cut_before = COMMIT
    with pytest.raises(StorageError, match=r"connection.*; whether this was still written is not known"):
        append(board, b"perhaps")
    check(board, 1)


def test_a_commit_whose_answer_is_lost_is_found_by_who_tries_again(proxied: tuple[Board, Proxy]) -> None:
    board, proxy = proxied

    def once(writing: Writing) -> int:
        """What acceptance does: look first, then append."""
        found = writing.stream("code/A")
        return found[0] if found else writing.append(b"ballot", ["code/A"])

    proxy.cut_after = COMMIT
    with Committer(board) as committer:
        with pytest.raises(StorageError, match="; whether this was still written is not known"):
            committer.submit(once).result()
        assert committer.submit(once).result() == 0
    with board.reading() as snapshot:
        assert list(snapshot.entries(0, snapshot.size)) == [b"ballot"]
    board.audit()


def test_a_checkpoint_whose_commit_is_lost_is_not_given_out(proxied: tuple[Board, Proxy]) -> None:
    board, proxy = proxied
    for cut in ("cut_before", "cut_after"):
        append(board, cut.encode())
        setattr(proxy, cut, COMMIT)
        with pytest.raises(StorageError, match="; whether this was still written is not known"):
            board.checkpoint()
        signed = board.checkpoint()
        assert signed is not None
        assert signed == board.checkpoint()
    with board.reading() as snapshot:
        assert [stored.root for stored in snapshot.checkpoints()] == [
            mth([b"cut_before"]),
            mth([b"cut_before", b"cut_after"]),
        ]


def test_a_server_that_ends_the_connection(board_on_server: Board) -> None:
    board = board_on_server
    append(board, entry(0))

    def ended(writing: Writing) -> None:
        writing.append(b"never", ["s"])
        name = make_url(str(board._folder.database)).database
        execute(server(), f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with Committer(board) as committer:
        with pytest.raises(StorageError, match="terminating connection"):
            committer.submit(ended).result()
        with pytest.raises(StorageError, match="connection"):
            board_checkpoint_ended(board)
    check(board, 1)


def board_checkpoint_ended(board: Board) -> None:
    """Sign while the server ends the connection, after the tree was verified."""
    original = board._folder.note_signed

    def note(signed: Any) -> None:
        original(signed)
        name = make_url(str(board._folder.database)).database
        execute(server(), f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board._folder, "note_signed", note)
        board.checkpoint()


@pytest.fixture
def board_on_server(tmp_path: Path, postgres_database: str) -> Iterator[Board]:
    with Board.create(tmp_path / "board", ORIGIN, database=postgres_database) as made:
        yield made


def test_a_server_that_is_not_there(board_on_server: Board) -> None:
    """Stopped for new connections, and the old ones ended; then it is back."""
    board = board_on_server
    append(board, entry(0))
    name = make_url(str(board._folder.database)).database
    with refusing(str(name)):
        for act in (lambda: append(board, entry(1)), board.checkpoint):
            with pytest.raises(StorageError, match="not currently accepting connections"):
                act()
    check(board, 1)


@contextmanager
def refusing(name: str) -> Iterator[None]:
    execute(server(), f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    execute(server(), f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    yield
    execute(server(), f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
