"""Group commit: many threads hand in what they want to write, one thread writes it, as many as wait in one transaction.

A durable commit costs a few milliseconds whatever is in it; so hundreds of entries a second are acknowledged durably.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, Full, Queue
from threading import Lock, Thread
from typing import Any, Self, TypeVar

from e2evote.board.log import Board
from e2evote.board.storage.writing import Writing
from e2evote.errors import CheckError, StorageError

BATCH = 256
"""Functions that are run in one transaction, at most."""

WAITING = 4096
"""Functions that may wait; more are refused."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Task:
    """A function, and who waits for it."""

    function: Callable[[Writing], Any]
    new: Collection[str]
    future: "Future[Any]" = field(default_factory=Future)


class Committer:
    """The one thread of this process that writes to a board; ``with`` ends it after what was handed in."""

    def __init__(self, board: Board) -> None:
        """Start the thread."""
        self._board = board
        self._queue: Queue[_Task | None] = Queue(WAITING)
        self._lock, self._closed = Lock(), False
        self._thread = Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, function: Callable[[Writing], T], new: Collection[str] = ()) -> "Future[T]":
        """Have a function run under the writer's lock; the future has its result once that is durable.

        The function may be run together with others; what it appended before it raised is forgotten. It holds the
        lock, so it should be quick. The future's error is the function's own, or a ``StorageError``: nothing was
        acknowledged then, but after a lost connection it may have been written, so look before trying again.

        Args:
            function: what to run.
            new: streams whose length the function asks for and that are probably empty, such as that of a ballot's
                code. They are asked for together with those of others; it is only faster.

        Raises:
            CheckError: the committer is closed.
            StorageError: too many are waiting.
        """
        task = _Task(function, new)
        with self._lock:
            if self._closed:
                raise CheckError("the committer is closed")
            try:
                self._queue.put_nowait(task)
            except Full:
                raise StorageError(f"{WAITING} others are waiting to be written; try again later") from None
        return task.future

    def close(self) -> None:
        """Write what was handed in, and end."""
        with self._lock:
            first, self._closed = not self._closed, True
        if first:
            self._queue.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        last = False
        while not last:
            tasks = [self._queue.get()]
            with suppress(Empty):
                while tasks[-1] is not None and len(tasks) < BATCH:
                    tasks.append(self._queue.get_nowait())
            last = tasks[-1] is None
            self._commit([task for task in tasks if task and task.future.set_running_or_notify_cancel()])

    def _commit(self, tasks: list[_Task]) -> None:
        try:
            with self._board.writing() as writing:
                writing.expect_new({name for task in tasks for name in task.new})
                answers = [_answer(task, writing) for task in tasks]
        except BaseException as error:  # whatever it is, nobody may wait for ever
            for task in tasks:
                task.future.set_exception(StorageError(str(error)) if isinstance(error, StorageError) else error)
        else:
            for answer in answers:
                answer()


def _answer(task: _Task, writing: Writing) -> Callable[[], None]:
    """Run a function and return what tells its outcome, once that is durable."""
    try:
        with writing.undone_on_error():
            result = task.function(writing)
    except StorageError:
        raise
    except Exception as error:  # the function's own, for whoever waits for it
        return partial(task.future.set_exception, error)
    return partial(task.future.set_result, result)
