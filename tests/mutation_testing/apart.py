"""Mutants of what a module does while it is imported: for each a process that has not imported the library yet.

python -m tests.mutation_testing.apart MUTANTS VERDICTS SECONDS
"""

import importlib.util
import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401 imported once, before there are children
import gmpy2  # noqa: F401
import hypothesis  # noqa: F401
import pydantic  # noqa: F401
import pytest
import rich.console  # noqa: F401

from tests.mutation_testing.choosing import Chooser
from tests.mutation_testing.mutants import ROOT, UNCHANGED, Mutant, unchanged
from tests.mutation_testing.verdicts import (
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

OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is imported above
OVERHEAD = 20
"""Seconds that a process may need to import everything."""


class _Planted(MetaPathFinder, Loader):
    """Finds one module, and has the mutant's source for it."""

    def __init__(self, mutant: Mutant) -> None:
        self._path, self._source = ROOT / mutant.file, mutant.source
        self._package = self._path.name == "__init__.py"
        parts = Path(mutant.file).with_suffix("").parts
        self._name = ".".join(parts[:-1] if self._package else parts)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        places = [str(self._path.parent)] if self._package else None
        return importlib.util.spec_from_file_location(name, self._path, loader=self, submodule_search_locations=places)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, str(self._path), "exec"), module.__dict__)


class _Killer:
    """Remembers the first test that fails."""

    name = "the import"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.name == "the import":
            self.name = report.nodeid


def _child(mutant: Mutant, tests: list[str], pipe: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    sys.meta_path.insert(0, _Planted(mutant))
    killer = _Killer()
    try:
        code = int(pytest.main([*OPTIONS, *tests], plugins=[killer]))
    except BaseException:  # whatever it is, the tests did not pass
        code = 1
    os.write(pipe, json.dumps({"verdict": KILLED, "by": killer.name} if code else {"verdict": SURVIVED}).encode())
    os._exit(0)


def judge(mutant: Mutant, tests: list[str], seconds: float) -> dict[str, Any]:
    """Return the verdict of one mutant."""
    read, end = os.pipe()
    child, since = os.fork(), time.monotonic()
    if child == 0:
        limit(OVERHEAD + PATIENCE * seconds)
        _child(mutant, tests, end)
    os.close(end)
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() - since > WAITING + PATIENCE * seconds:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.01)
    with os.fdopen(read, "rb") as pipe:
        said: dict[str, Any] = json.loads(pipe.read() or json.dumps({"verdict": ENDLESS}))
    return said | {"tests": len(tests), "seconds": round(time.monotonic() - since, 2)}


def main(mutants: Path, verdicts: Path, seconds: float) -> None:
    """Judge all mutants that have no verdict yet."""
    chooser: Chooser = pickle.loads(REACHED.read_bytes())
    judged = {entry["key"] for entry in entries(verdicts)}
    left = [mutant for mutant in pickle.loads(mutants.read_bytes()) if mutant.key not in judged]
    with verdicts.open("a", encoding="utf-8") as out:
        for mutant in [*map(unchanged, sorted({mutant.file for mutant in left})), *left]:
            tests = chooser.tests(mutant, seconds, on_import=True)
            said = judge(mutant, tests, 1 + sum(map(chooser.took.__getitem__, tests)))
            if mutant.operator != UNCHANGED:
                write(out, mutant, said)
            elif said["verdict"] != SURVIVED:
                sys.exit(f"{mutant.file} is killed without a change: {said}")
            if said["verdict"] == KILLED:
                chooser.killed(mutant, said["by"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
