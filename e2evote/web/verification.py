"""Proofs of ballots are verified on arrival in processes of their own, so that no page waits for them.

Only so many ballots wait; whoever comes when the queue is full is told to come again. A process that dies takes no
answer with it: its ballots are refused for now, and the next ones get new processes.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, Generic, TypeVar

from e2evote.engine.processes import end_with_parent
from e2evote.errors import E2EVoteError

T = TypeVar("T")


class BusyError(E2EVoteError):
    """There is more to do than can be done soon; nothing was accepted."""


class Verification(Generic[T]):
    """Processes that verify, each begun with the same function."""

    def __init__(self, prepare: Callable[[], Callable[[T], None]], processes: int, waiting: int) -> None:
        """Take what makes the function that verifies, called once a process; processes; and how many may wait."""
        self._prepare, self._processes, self._limit = prepare, processes, processes + waiting
        self._inside = 0
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        """Return processes that begin at once, so that the first voter does not wait for them."""
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self._processes, context, partial(_begin, self._prepare))
        for _ in range(self._processes):
            pool.submit(_ready)
        return pool

    async def verify(self, item: T) -> None:
        """Return when the item has been verified.

        Raises:
            BusyError: too many wait, or the process died.
            whatever the function raises.
        """
        if self._inside >= self._limit:
            raise BusyError("too many ballots are waiting to be verified")
        self._inside += 1
        pool = self._pool
        try:
            await asyncio.wrap_future(pool.submit(_verify, item))
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = self._new_pool()
                pool.shutdown(wait=False)
            raise BusyError("a process that verifies has ended unexpectedly") from None
        finally:
            self._inside -= 1

    def close(self) -> None:
        """End the processes, when they have done what they have begun."""
        self._pool.shutdown(cancel_futures=True)


_verifier: Callable[[Any], None]
"""In a process that verifies: the function."""


def _begin(prepare: Callable[[], Callable[[Any], None]]) -> None:
    global _verifier
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this process when it is done
    end_with_parent()
    _verifier = prepare()


def _ready() -> None:
    """Do nothing: what has a process do so is only there when the process is."""


def _verify(item: object) -> None:
    _verifier(item)
