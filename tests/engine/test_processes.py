"""Work in this process and in several: order, bounds, deaths, errors, and nothing left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2evote.engine import Here, Processes, Workers, workers
from e2evote.errors import E2EVoteError, ParseError
from tests.engine import work

PLACES = pytest.mark.parametrize("hands", [Here(), Processes(1), Processes(2)], ids=["here", "one", "two"])


def pids() -> set[int]:
    return {process.pid for process in multiprocessing.active_children() if process.pid is not None}


@PLACES
def test_results_come_in_order(hands: Workers) -> None:
    assert list(hands.map(work.double, range(40))) == [2 * number for number in range(40)]
    assert list(hands.map(work.double, [])) == []
    assert not pids()


def test_a_number_is_so_many_processes() -> None:
    assert isinstance(workers(1), Here)
    assert isinstance(several := workers(3), Processes)
    assert (several.count, str(several)) == (3, "3 processes")
    assert workers(several) is several


def test_only_a_few_chunks_are_in_flight() -> None:
    taken: list[int] = []
    for index, _ in enumerate(Processes(2).map(work.double, work.counted(50, taken))):
        assert len(taken) <= index + 1 + 2 * 2


def test_work_is_measured() -> None:
    hands = Processes(2)
    assert len(set(hands.map(work.own_pid, range(20)))) == 2
    assert hands.busy > 0


def test_a_death_is_noticed_and_the_chunk_done_again(tmp_path: Path) -> None:
    function = partial(work.die, tmp_path, 7, 1)
    assert list(Processes(2).map(function, range(30))) == [2 * number for number in range(30)]
    assert work.attempts(tmp_path, 7) == 2
    assert [work.attempts(tmp_path, number) for number in range(3)] == [1, 1, 1]
    assert [work.attempts(tmp_path, number) for number in range(14, 30)] == [1] * 16
    assert not pids()


def test_a_second_death_is_an_error(tmp_path: Path) -> None:
    results = Processes(2).map(partial(work.die, tmp_path, 7, 9), range(30))
    with pytest.raises(E2EVoteError, match=r"worker processes died twice while chunk [1-8] of the work"):
        list(results)
    assert work.attempts(tmp_path, 7) == 2
    assert not pids()


@PLACES
def test_what_the_function_raises_comes_out_and_is_not_tried_again(hands: Workers, tmp_path: Path) -> None:
    results = hands.map(partial(work.fail, tmp_path, 5), range(30))
    assert [next(results) for _ in range(5)] == [0, 2, 4, 6, 8]
    with pytest.raises(ValueError, match="5 cannot be doubled"):
        next(results)
    assert work.attempts(tmp_path, 5) == 1
    assert not pids()


@PLACES
def test_what_the_chunks_raise_comes_after_the_results_before(hands: Workers) -> None:
    def chunks() -> Iterator[int]:
        yield from range(3)
        raise ParseError("file:4", "no line")

    results = hands.map(work.double, chunks())
    assert [next(results) for _ in range(3)] == [0, 2, 4]
    with pytest.raises(ParseError, match="file:4"):
        next(results)


def test_who_stops_early_leaves_nothing_behind() -> None:
    results = Processes(2).map(work.own_pid, range(1000))
    next(results)
    assert len(running := pids()) == 2
    results.close()
    assert work.gone(running)


SCRIPT = """
import sys
from e2evote.engine import Processes
from tests.engine import work
if __name__ == "__main__":
    seen = set()
    try:
        for pid in Processes(2).map(work.own_pid, range(100_000)):
            if pid not in seen:
                seen.add(pid)
                print(pid, flush=True)
    except KeyboardInterrupt:
        sys.exit(42)
"""


@pytest.fixture
def running(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    """A program that works in two processes, in a process group of its own, as in a terminal."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=root, env=environment, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        yield process
        process.kill()


def workers_of(process: "subprocess.Popen[str]") -> set[int]:
    assert process.stdout is not None
    return {int(process.stdout.readline()) for _ in range(2)}


def test_an_interrupt_ends_everything_quietly(running: "subprocess.Popen[str]") -> None:
    """The terminal sends it to every process."""
    found = workers_of(running)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(10) == 42
    assert running.stderr is not None
    assert running.stderr.read() == ""
    assert work.gone(found)


def test_workers_end_with_the_process_they_work_for(running: "subprocess.Popen[str]") -> None:
    found = workers_of(running)
    running.kill()
    assert work.gone(found)


def test_a_worker_killed_from_outside(tmp_path: Path) -> None:
    killed = False
    found = []
    for pid in Processes(2).map(work.own_pid, range(200)):
        found.append(pid)
        if not killed:
            os.kill(pid, signal.SIGKILL)
            killed = True
            time.sleep(0.5)  # by now the next chunk meets a pool that knows
    assert len(found) == 200
    assert len(set(found)) > 2
