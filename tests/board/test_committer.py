"""Group commit: many at once, each for itself, and nobody waits for ever."""

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from e2evote.board import committer as module
from e2evote.board.committer import Committer
from e2evote.board.log import Board, Writing
from e2evote.errors import CheckError, StorageError


class Held:
    """A committer whose thread waits until it is let go, so that what is handed in meanwhile is one batch."""

    def __init__(self, board: Board) -> None:
        self.committer = Committer(board)
        self._started, self._go = threading.Event(), threading.Event()
        self.committer.submit(self._wait)
        self._started.wait()

    def _wait(self, _writing: Writing) -> None:
        self._started.set()
        self._go.wait()

    def __enter__(self) -> Committer:
        return self.committer

    def __exit__(self, *_: object) -> None:
        self._go.set()
        self.committer.close()


def test_many_threads_get_each_an_index_of_their_own(board: Board) -> None:
    indices: list[int] = []

    def work(name: int) -> None:
        for number in range(10):
            entry = f"{name} {number}".encode()
            future = committer.submit(lambda writing, entry=entry: writing.append(entry, ["all"]))
            indices.append(future.result())

    with Committer(board) as committer:
        threads = [threading.Thread(target=work, args=(name,)) for name in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(indices) == list(range(120))
    with board.reading() as snapshot:
        assert snapshot.stream("all") == list(range(120))
    board.audit()


def test_what_waits_is_written_together(file_board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    flush = Writing.flush
    monkeypatch.setattr(Writing, "flush", lambda self: (batches.append(len(self._entries)), flush(self))[1])
    with Held(file_board) as committer:
        futures = [committer.submit(lambda writing: writing.append(b"entry")) for _ in range(600)]
    assert [future.result() for future in futures] == list(range(600))
    assert batches == [0, 256, 256, 88]


def test_a_function_that_raises_fails_alone(board: Board) -> None:
    def failing(writing: Writing) -> None:
        writing.append(b"never", ["a", "b"])
        raise CheckError("twice")

    with Held(board) as committer:
        futures: list[Future[Any]] = [
            committer.submit(lambda writing: writing.append(b"first", ["a"])),
            committer.submit(failing),
            committer.submit(lambda _writing: 1 // 0),
            committer.submit(lambda writing: (writing.length("a"), writing.append(b"second", ["a"]))),
        ]
    assert futures[0].result() == 0
    with pytest.raises(CheckError, match="twice"):
        futures[1].result()
    with pytest.raises(ZeroDivisionError):
        futures[2].result()
    assert futures[3].result() == (1, 1)
    with board.reading() as snapshot:
        assert list(snapshot.entries(0, snapshot.size)) == [b"first", b"second"]
    board.audit()


def test_an_error_of_the_storage_fails_all_and_the_next_batch_is_written(board: Board) -> None:
    def broken(_writing: Writing) -> None:
        raise StorageError("the disk is on fire")

    with Held(board) as committer:
        futures = [
            committer.submit(lambda writing: writing.append(b"first")),
            committer.submit(broken),
            committer.submit(lambda writing: writing.append(b"second")),
        ]
    errors = [future.exception() for future in futures]
    assert [str(error) for error in errors] == ["the disk is on fire"] * 3
    assert len(set(map(id, errors))) == 3
    with Committer(board) as committer:
        assert committer.submit(lambda writing: writing.append(b"third")).result() == 0


def test_futures_have_their_results_only_when_they_are_durable(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    with Held(board) as committer:
        future = committer.submit(lambda writing: writing.append(b"entry"))
        flush = Writing.flush
        monkeypatch.setattr(Writing, "flush", lambda self: (seen.append(future.done()), flush(self))[1])
    assert seen[-1] is False
    assert future.result() == 0


def test_a_future_that_is_cancelled_in_time_is_not_run(file_board: Board) -> None:
    with Held(file_board) as committer:
        future = committer.submit(lambda writing: writing.append(b"entry"))
        assert future.cancel()
    with file_board.reading() as snapshot:
        assert snapshot.size == 0


def test_closing_writes_what_was_handed_in_and_takes_no_more(file_board: Board) -> None:
    with Held(file_board) as committer:
        futures = [committer.submit(lambda writing: writing.append(b"entry")) for _ in range(3)]
    assert [future.result() for future in futures] == [0, 1, 2]
    committer.close()
    with pytest.raises(CheckError, match="the committer is closed"):
        committer.submit(lambda writing: writing.append(b"entry"))


def test_too_many_are_refused(file_board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 5)
    with Held(file_board) as committer:
        futures = [committer.submit(lambda writing: writing.append(b"entry")) for _ in range(5)]
        with pytest.raises(StorageError, match="5 others are waiting to be written; try again later"):
            committer.submit(lambda writing: writing.append(b"entry"))
    assert [future.result() for future in futures] == list(range(5))
