"""What every place where work runs has in common, and the nearest of them."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Protocol, TypeVar

C = TypeVar("C")
R = TypeVar("R")
T = TypeVar("T")

AHEAD = 2
"""Chunks in flight for every process or thread that works."""


class Workers(Protocol):
    """Where work runs."""

    @property
    def apart(self) -> bool:
        """Tell whether chunks travel to other processes, so that small ones are better."""

    @property
    def count(self) -> int:
        """How many chunks can be worked on at once."""

    @property
    def busy(self) -> float:
        """Seconds of processor time that the function has taken in other processes so far."""

    def map(self, function: Callable[[C], R], chunks: Iterable[C]) -> Generator[R, None, None]:
        """Yield function(chunk) for every chunk, in order, with only a few chunks in flight.

        Args:
            function: it reaches every worker once, however many chunks there are; picklable, like chunks and results,
                where they travel.
            chunks: consumed lazily, here.

        Raises:
            whatever the function raises, or ``chunks``; the latter after the results of the chunks before.
            E2EVoteError: workers died on the same chunk twice, or cannot be reached.
        """


class Here:
    """This process, one chunk after the other."""

    apart, count, busy = False, 1, 0.0

    def map(self, function: Callable[[C], R], chunks: Iterable[C]) -> Generator[R, None, None]:
        """Yield function(chunk) for every chunk."""
        yield from map(function, chunks)


def started(tasks: Iterator[T], waiting: deque[T], ahead: Callable[[], int]) -> Iterator[T]:
    """Yield tasks in order while up to ``ahead()`` later ones are begun already.

    Args:
        tasks: begins a task whenever it is asked for the next.
        waiting: holds the tasks that are begun and not done with, the one yielded last in front.
        ahead: how many.

    Raises:
        whatever ``tasks`` raises, after the tasks before, as if all ran one after another.
    """
    failure, more = None, True
    while more or waiting:
        while more and len(waiting) <= ahead():
            try:
                waiting.append(next(tasks))
            except StopIteration:
                more = False
            except Exception as error:
                failure, more = error, False
        if waiting:
            yield waiting[0]
            waiting.popleft()
    if failure is not None:
        raise failure
