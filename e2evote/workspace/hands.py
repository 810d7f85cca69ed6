"""Work in several processes: how many are worth their start, and what they were worth in the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from e2evote.engine import Workers, workers
from e2evote.terminal.screen import note


@contextmanager
def side_by_side(jobs: int | Workers, items: int = 0, each: int = 0) -> Iterator[Workers]:
    """Work with other processes in the block, and say afterwards how much faster that was.

    Args:
        jobs: processes at most, or where else the work is done.
        items: with ``each``, how much there is to do; every process shall have ``each`` items, or this one does it all.
        each: items that pay for the start of a process; 0 to start all.
    """
    hands = workers(max(1, min(jobs, items // each)) if each and isinstance(jobs, int) else jobs)
    begun, own = time.perf_counter(), time.process_time()
    yield hands
    if hands.apart:
        # processor time, so that waiting is not taken for work
        seconds, work = time.perf_counter() - begun, hands.busy + time.process_time() - own
        speed = work / seconds
        note(f"{seconds:.1f} s on {hands}; {work:.1f} s of work, {speed:.2f} times as fast as one after another")
