"""Work for other processes: it counts its attempts in files, and goes wrong where it is told to."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def attempts(folder: Path, number: int) -> int:
    """Return how often a chunk was begun."""
    path = folder / str(number)
    return len(path.read_bytes()) if path.exists() else 0


def begin(folder: Path, number: int) -> int:
    """Note that a chunk is begun, and return how often it was before."""
    before = attempts(folder, number)
    with (folder / str(number)).open("ab") as file:
        file.write(b".")
    return before


def die(folder: Path, fatal: int, deaths: int, number: int) -> int:
    """Double a number; the process dies on the fatal one the first so many times."""
    if begin(folder, number) < deaths and number == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def fail(folder: Path, fatal: int, number: int) -> int:
    """Double a number; the fatal one cannot be."""
    begin(folder, number)
    if number == fatal:
        raise ValueError(f"{number} cannot be doubled")
    return 2 * number


def own_pid(number: int) -> int:
    time.sleep(0.01)
    return os.getpid()


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that is over but not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: set[int], seconds: float = 10) -> bool:
    """Wait until no process of these is there."""
    end = time.monotonic() + seconds
    while (left := any(alive(pid) for pid in pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not left


def counted(limit: int, taken: list[int]) -> Iterator[int]:
    """Yield numbers and note each that was asked for."""
    for number in range(limit):
        taken.append(number)
        yield number
