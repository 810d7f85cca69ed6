"""Map a pure function over chunks of work, in this process or in several; knows nothing of voting.

Results come in the order of the chunks, and only a few chunks are in flight, so that memory stays flat however many
there are. Functions, chunks and results must be picklable where there is more than one process.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

C = TypeVar("C")
R = TypeVar("R")

_AHEAD = 2
"""Chunks in flight for every process."""


def map_chunks(function: Callable[[C], R], chunks: Iterable[C], jobs: int = 1) -> Iterator[R]:
    """Yield function(chunk) for every chunk, in order.

    Args:
        function: a module-level function.
        chunks: consumed lazily.
        jobs: number of processes; with 1 everything runs here.

    Raises:
        whatever the function raises. Then, and when the caller stops early, the other processes are ended at once.
    """
    if jobs <= 1:
        yield from map(function, chunks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for chunk in chunks:
                with _interrupts_held():
                    waiting.append(pool.submit(function, chunk))
                if len(waiting) > _AHEAD * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            for process in list((pool._processes or {}).values()):  # noqa: SLF001  (public from Python 3.14 on)
                process.terminate()
            raise


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
