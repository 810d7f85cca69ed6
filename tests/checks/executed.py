"""A plugin of pytest that tells whether tests run what they cite.

python -m pytest -p tests.checks.executed -n0

Only tests that cite an equation are run. Each equation, or one that it restates, must be cited by a function of the
library that ran in this process, in the test or in its fixtures, with some of its parameters. The others are printed,
and fail the run. A class that cites stands for its methods. Boxes are left out: there are records for their sub-checks.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import TypeAlias

import pytest

from tests.checks.citations import Problems, citations, module_name, scopes
from tests.checks.spec_index import INDEX, Item, read_index

ROOT = Path(__file__).resolve().parents[2]

Test: TypeAlias = tuple[str, str]


def cited_by_tests() -> dict[Test, set[Item]]:
    """Return (file, function) → what a test cites."""
    found: dict[Test, set[Item]] = defaultdict(set)
    for citation in citations(ROOT, "tests", Problems()):
        name = citation.owner.rpartition(".")[2]
        if name.startswith("test_") and citation.item.kind == "eq":
            found[citation.file, name].add(citation.item)
    return found


def lines_that_cite() -> dict[str, list[tuple[range, Item]]]:
    """Return file → lines of a function or class that cites, and what it cites."""
    cited: dict[str, set[Item]] = defaultdict(set)
    for citation in citations(ROOT, "e2evote", Problems()):
        cited[citation.owner].add(citation.item)
    found: dict[str, list[tuple[range, Item]]] = defaultdict(list)
    for file in (ROOT / "e2evote").rglob("*.py"):
        for owner, scope in scopes(ast.parse(file.read_bytes()), module_name(file, ROOT)):
            if not isinstance(scope, ast.Module):
                lines = range(scope.lineno, (scope.end_lineno or scope.lineno) + 1)
                found[str(file)] += [(lines, item) for item in cited[owner]]
    return found


def test_of(nodeid: str) -> Test:
    """Return file and function of a test, whatever its parameters."""
    file, _, name = nodeid.partition("::")
    return file, name.split("[")[0]


class Watch:
    """Listens to what is called, and keeps what that cites."""

    def __init__(self) -> None:
        self.seen: set[Item] = set()
        self._lines = lines_that_cite()
        self._known: dict[CodeType, list[Item]] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call."""
        if event == "call":
            code = frame.f_code
            if code not in self._known:
                lines = self._lines.get(code.co_filename, [])
                self._known[code] = [item for where, item in lines if code.co_firstlineno in where]
            self.seen.update(self._known[code])


class Plugin:
    """The hooks."""

    def __init__(self) -> None:
        self.watch, self.cited, self.index = Watch(), cited_by_tests(), read_index(ROOT / INDEX)
        self.by_fixture: dict[object, set[Item]] = defaultdict(set)
        self.ran: dict[Test, set[Item]] = defaultdict(set)
        self.passed: set[Test] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that cite."""
        items[:] = [item for item in items if test_of(item.nodeid) in self.cited]

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: object) -> Generator[None, object, object]:
        """Keep apart what a fixture runs: of several tests only the first runs it."""
        before, self.watch.seen = self.watch.seen, set()
        try:
            return (yield)
        finally:
            self.by_fixture[fixturedef] |= self.watch.seen
            self.watch.seen |= before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Generator[None, object, object]:
        """Listen while a test runs."""
        self.watch.seen = set()
        sys.setprofile(self.watch)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            fixtures = item._fixtureinfo.name2fixturedefs.values()
            used = [self.by_fixture[fixture] for fixtures_of_name in fixtures for fixture in fixtures_of_name]
            self.ran[test_of(item.nodeid)].update(self.watch.seen, *used)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note who was not skipped."""
        if report.when == "call" and report.passed:
            self.passed.add(test_of(report.nodeid))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Print the claims that nothing bears out."""
        for test in sorted(self.passed):
            for item in sorted(self.cited[test], key=lambda item: item.order):
                if not self.ran[test] & {item, *self.index[item].refers}:
                    print(f"\n{'::'.join(test)} cites {item} and runs nothing that cites it", end="")
                    session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config: pytest.Config) -> None:
    """Start."""
    config.pluginmanager.register(Plugin())
