"""Processes on this computer. One that dies is noticed, and the chunks in flight are done again, once."""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic

from e2evote.engine.workers import AHEAD, C, R, started
from e2evote.errors import E2EVoteError


class Processes:
    """So many processes, begun anew for every ``map``."""

    apart = True

    def __init__(self, count: int) -> None:
        """Take the number."""
        self.count, self.busy = count, 0.0

    def __str__(self) -> str:
        """Say where and how many."""
        return f"{self.count} {'process' if self.count == 1 else 'processes'}"

    def map(self, function: Callable[[C], R], chunks: Iterable[C]) -> Generator[R, None, None]:
        """Yield function(chunk) for every chunk, in order.

        When something is raised and when the caller stops early, the processes are ended at once.
        """
        run: _Run[C, R] = _Run(self.count, function)
        try:
            for task in started(map(run.begin, chunks), run.waiting, lambda: AHEAD * self.count):
                result, seconds = run.result(task)
                self.busy += seconds
                yield result
        except BaseException:
            for process in list((run.pool._processes or {}).values()):  # noqa: SLF001  (public from Python 3.14 on)
                process.terminate()
            raise
        finally:
            run.pool.shutdown()


@dataclass(slots=True, eq=False)
class _Task(Generic[C, R]):
    """A chunk, what will come of it unless the pool broke before, and how often processes died meanwhile."""

    number: int
    chunk: C
    future: Future[tuple[R, float]] | None = None
    deaths: int = 0


class _Run(Generic[C, R]):
    """One map: the pool, and the chunks in flight."""

    def __init__(self, count: int, function: Callable[[C], R]) -> None:
        self._count, self._function, self._begun = count, function, 0
        self.waiting: deque[_Task[C, R]] = deque()
        self.pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._count, context, _begin, (self._function,))

    def begin(self, chunk: C) -> _Task[C, R]:
        self._begun += 1
        task: _Task[C, R] = _Task(self._begun, chunk)
        self._submit(task)
        return task

    def _submit(self, task: _Task[C, R]) -> None:
        task.future = None
        try:
            with _interrupts_held():
                task.future = self.pool.submit(_work, task.chunk)
        except BrokenProcessPool:
            return  # it is begun when the pool is renewed, which whoever waits for an earlier task does

    def result(self, task: _Task[C, R]) -> tuple[R, float]:
        while True:
            try:
                if task.future is not None:
                    return task.future.result()
            except BrokenProcessPool:
                pass
            self._renew()

    def _renew(self) -> None:
        """Take a new pool and begin all that the broken one did not finish."""
        self.pool.shutdown()
        self.pool = self._new_pool()
        for task in self.waiting:
            if task.future is not None:
                if not isinstance(task.future.exception(), BrokenProcessPool):
                    continue
                task.deaths += 1
                if task.deaths > 1:
                    raise E2EVoteError(
                        f"worker processes died twice while chunk {task.number} of the work was in their hands; "
                        "perhaps the memory is too small for so many processes"
                    )
            self._submit(task)


_function: Callable[[Any], Any]
"""In a worker process: what it is there to do."""


def _begin(function: Callable[[Any], Any]) -> None:
    """Begin a worker process, which ends when the one that it works for has ended, however that came."""
    global _function
    _function = function
    end_with_parent()


def end_with_parent() -> None:
    """End this process when the one that started it has ended, however that came."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(chunk: Any) -> tuple[Any, float]:  # noqa: ANN401
    begun = time.process_time()
    result = _function(chunk)
    return result, time.process_time() - begun


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let processes that begin here never see Ctrl-C, which is for the caller; one that comes now is seen later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
