"""A plugin of pytest that judges mutants: all tests once with coverage, then for each mutant a child that runs some.

The children are forks of the process that has everything loaded. A mutant is killed when one of the tests that reach
the changed lines fails, and counts as endless when they take far longer than they should.
"""

import gc
import json
import os
import pickle
import signal
import time
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import coverage
import pytest
from _pytest.runner import runtestprotocol

from e2evote.group import powers
from tests.mutation_testing.choosing import Chooser
from tests.mutation_testing.mutants import ROOT, UNCHANGED, Mutant, files, unchanged
from tests.mutation_testing.planting import Planter
from tests.mutation_testing.verdicts import (
    APART,
    ENDLESS,
    KILLED,
    PATIENCE,
    REACHED,
    SURVIVED,
    WAITING,
    entries,
    limit,
    write,
)

LONGEST = 3.0
"""Seconds that a test may take to be among those for every mutant."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants", help="a pickle of mutants")
    parser.addoption("--verdicts", help="where the verdicts go, a line each; mutants that have one are left out")
    parser.addoption("--children", type=int, default=1, help="how many mutants at a time, where there is nothing else")
    parser.addoption("--seconds", type=float, default=1e9, help="of tests for a mutant, as they took without it")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if session.config.option.mutants is None:
        return None
    Judge(session).judge()
    return True


class Running(NamedTuple):
    """A child, the tests that it runs, since when, for how long at most, and where it answers."""

    mutant: Mutant
    tests: list[str]
    since: float
    longest: float
    pipe: int


class Judge:
    """Runs the tests once and then judges mutants."""

    def __init__(self, session: pytest.Session) -> None:
        options, self._session = session.config.option, session
        self._items = {item.nodeid: item for item in session.items}
        self._mutants: list[Mutant] = pickle.loads(Path(options.mutants).read_bytes())
        self._verdicts, self._children, self._seconds = Path(options.verdicts), options.children, options.seconds

    def judge(self) -> None:
        self._chooser = self._as_before() or self._baseline()
        planter = Planter()
        powers._fixed.cache_clear()  # tables in shared memory: whoever lets go of them, a child too, takes them away
        gc.collect()
        gc.freeze()  # children share the memory as long as nobody writes to it
        judged = {entry["key"] for entry in entries(self._verdicts)}
        left = [mutant for mutant in self._mutants if mutant.key not in judged]
        left = [unchanged(mutant.file) for mutant in left[:1]] + left  # and all tests, which have to pass
        running: dict[int, Running] = {}
        with self._verdicts.open("a", encoding="utf-8") as out:
            while left or running:
                while left and len(running) < self._room():
                    self._start(running, planter, left.pop(0))
                self._reap(running, out)
                time.sleep(0.005)

    def _room(self) -> int:
        """Return how many children there may be: one, or more where the machine has nothing else to do."""
        return max(1, min(self._children, round((os.cpu_count() or 1) - os.getloadavg()[0] + self._children)))

    def _start(self, running: dict[int, Running], planter: Planter, mutant: Mutant) -> None:
        tests = [*self._chooser.took] if mutant.operator == UNCHANGED else self._chooser.tests(mutant, self._seconds)
        seconds = 1 + sum(self._chooser.took[name] for name in tests)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            limit(PATIENCE * seconds)
            self._child(planter, mutant, tests, write)
        os.close(write)
        running[child] = Running(mutant, tests, time.monotonic(), WAITING + PATIENCE * seconds, read)

    def _reap(self, running: dict[int, Running], out: TextIO) -> None:
        for child, (mutant, tests, since, longest, pipe) in list(running.items()):
            late = time.monotonic() - since > longest
            if late:
                os.kill(child, signal.SIGKILL)
            done, status = os.waitpid(child, 0 if late else os.WNOHANG)
            if not done:
                continue
            del running[child]
            with os.fdopen(pipe, "rb") as end:
                said = json.loads(end.read() or b"{}")
            if not said:
                slow = late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL))
                said = {"verdict": ENDLESS} if slow else {"verdict": KILLED, "by": f"the process: status {status}"}
            if mutant.operator == UNCHANGED:
                if said["verdict"] != SURVIVED:
                    pytest.exit(f"killed without a change: {said}", 1)
                continue
            if said["verdict"] == KILLED:
                self._chooser.killed(mutant, said["by"])
            write(out, mutant, said | {"tests": len(tests), "seconds": round(time.monotonic() - since, 2)})

    def _child(self, planter: Planter, mutant: Mutant, tests: list[str], pipe: int) -> None:
        """Judge the mutant in this process and end it."""
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        said: dict[str, Any] = {"verdict": SURVIVED}
        try:
            if not planter.plant(mutant):
                said = {"verdict": APART}
            else:
                for name, failed in self._run(tests):
                    if failed:
                        said = {"verdict": KILLED, "by": name}
                        break
        except BaseException as error:  # whatever it is, the tests did not pass
            said = {"verdict": KILLED, "by": f"the run: {error!r}"[:200]}
        os.write(pipe, json.dumps(said).encode())
        os._exit(0)

    def _run(self, names: list[str]) -> Any:
        """Run tests one after the other; after the last, what they share stays."""
        if names:  # whatever is set up is what the tests before needed
            self._session._setupstate.teardown_exact(self._items[names[0]])
        for name, following in zip(names, names[1:] + names[:1], strict=True):
            reports = runtestprotocol(self._items[name], log=False, nextitem=self._items[following])
            yield name, any(report.failed for report in reports)

    # ------------------------------------------------------------------------------------------- without mutants

    def _as_before(self) -> Chooser | None:
        """Take what an earlier run found out; what tests share is made by the quickest of each file."""
        if not REACHED.is_file():
            return None
        chooser: Chooser = pickle.loads(REACHED.read_bytes())
        slow_first = sorted(self._items.keys() & chooser.took.keys(), key=lambda name: -chooser.took[name])
        firsts = {name.split("::")[0]: name for name in slow_first}
        if any(failed for _, failed in self._run([*firsts.values()])):
            return None
        chooser.only(self._items.keys())
        return chooser

    def _baseline(self) -> Chooser:
        """Run every test; those that are skipped or take too long are left out, and one that fails ends the run."""
        measured = coverage.Coverage(data_file=None, source=[str(ROOT / "e2evote")], messages=False)
        took: dict[str, float] = {}
        names = list(self._items)
        for name, following in zip(names, names[1:] + names[:1], strict=True):
            measured.start()
            measured.switch_context(name)
            reports = runtestprotocol(self._items[name], log=False, nextitem=self._items[following])
            measured.stop()
            for report in reports:
                if report.failed:
                    pytest.exit(f"fails without any mutant: {name}\n{report.longrepr}", 1)
            seconds = sum(report.duration for report in reports if report.when == "call")
            if not any(report.skipped for report in reports) and seconds <= LONGEST:
                took[name] = seconds
        data = measured.get_data()
        reached = {
            file: {
                line: set(contexts) & took.keys()
                for line, contexts in data.contexts_by_lineno(str(ROOT / file)).items()
            }
            for file in files()
        }
        chooser = Chooser(took, reached, {name: must for name in took if (must := self._must_fail(name)) is not None})
        REACHED.write_bytes(pickle.dumps(chooser))
        print(f"{len(took)} of {len(names)} tests, {sum(took.values()):.0f} s with coverage", flush=True)
        return chooser

    def _must_fail(self, name: str) -> set[str] | None:
        """Return the checks that must fail or are not run, where the test is of a record."""
        call = getattr(self._items[name], "callspec", None)
        given = call.params if call else {}
        if isinstance(expected := given.get("expected"), dict):
            return {*expected["must_fail"], *expected["skips"]}
        return {given["value"].check} if hasattr(given.get("value"), "check") else None
