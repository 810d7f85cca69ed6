"""docs/conformance.md says what is so: its adapter, its table of known mistakes, its list of exceptions."""

import ast
import re
from pathlib import Path

from e2evote.group.parameters import group_named
from tests.conformance.archive import SETS, stored
from tests.conformance.expectation import Expectation
from tests.conformance.test_completeness import EXCEPTIONS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")


def all_tests() -> set[str]:
    """Return the names of all tests."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "tests").rglob("test_*.py"))
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_mistake_has_a_case() -> None:
    _, _, part = TEXT.partition("## Known mistakes and their cases")
    rows = [line.split("|")[1:-1] for line in part.splitlines() if line.startswith("| ")]
    mistakes = [(mistake, re.findall(r"`([^`]+)`", cases)) for mistake, cases in rows if mistake.strip() != "mistake"]
    assert len(mistakes) > 40
    known = all_tests() | {expected.name for expected in stored(SETS[0])}
    for mistake, cases in mistakes:
        assert cases, mistake
        assert set(cases) <= known, (mistake, set(cases) - known)


def test_the_adapter_is_the_one_that_is_used() -> None:
    (shown,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert shown == (ROOT / "tests" / "conformance" / "adapters" / "e2evote_verify.py").read_text(encoding="utf-8")
    assert len(shown.splitlines()) <= 20


def test_every_field_is_described() -> None:
    assert [name for name in Expectation.model_fields if f"`{name}`" not in TEXT] == []


def test_the_toy_parameters() -> None:
    group = group_named(SETS[0])
    for name, value in (("p", group.p), ("q", group.q), ("g", group.g.value)):
        assert f"    {name} = {int(value):X}\n" in TEXT


def test_exceptions_are_listed() -> None:
    assert ("there are none" in TEXT) == (not EXCEPTIONS)
    assert all(check in TEXT for check in EXCEPTIONS)
