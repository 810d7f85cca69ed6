"""The driver changes what it says it changes, and puts the change where it runs."""

import ast
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason="the extra 'mutants' is not installed")

from tests.mutation_testing.choosing import Chooser
from tests.mutation_testing.mutants import ROOT, Mutant, applied, files, mutants
from tests.mutation_testing.operators import OPERATORS
from tests.mutation_testing.planting import changes

OWN = ("DropStatement", "DropOperand", "DropCondition", "HoldAlways")
FILE = "e2evote/zkp/range.py"


@pytest.mark.parametrize("name", OPERATORS)
def test_examples_of_operators(name: str) -> None:
    for example in OPERATORS[name].examples():
        changed = applied(example.pre_mutation_code, name, example.occurrence)
        assert ast.dump(ast.parse(changed.strip())) == ast.dump(ast.parse(example.post_mutation_code.strip()))


@pytest.mark.parametrize("name", OWN)
def test_own_operators_have_examples(name: str) -> None:
    assert OPERATORS[name].examples()


def test_every_mutant_is_another_program() -> None:
    found = list(mutants(FILE))
    assert {mutant.operator for mutant in found} >= {"DropStatement", "NumberReplacer", "AddNot"}
    text = (ROOT / FILE).read_text(encoding="utf-8")
    assert len({mutant.key for mutant in found}) == len(found)
    assert all(mutant.source != text and compile(mutant.source, FILE, "exec") for mutant in found)


def test_annotations_decorators_and_messages_stay() -> None:
    for mutant in mutants(FILE):
        removed = " ".join(line for line in mutant.change if line.startswith("-"))
        assert "@dataclass" not in removed
        assert "expected {limit + 1}" not in removed or mutant.operator == "DropStatement"


def test_files_of_the_scope() -> None:
    found = files()
    assert {"e2evote/hashing.py", "e2evote/verifier/v06_selections.py", "e2evote/group/backends/gmp.py"} <= set(found)
    assert "e2evote/group/backends/crypto_mb.py" not in found


def test_only_functions_are_changed_in_place() -> None:
    before = "x = 1\ndef f(a):\n    return [a + y for y in (1, 2)]\n"
    assert changes(before, before, "f.py") == []
    changed = changes(before, before.replace("a + y", "a - y"), "f.py")
    assert changed is not None
    assert {old.co_name for old, _ in changed} == {"f", "<listcomp>"} or {old.co_name for old, _ in changed} == {"f"}
    assert changes(before, before.replace("x = 1", "x = 2"), "f.py") is None
    assert changes(before, before.replace("f(a)", "f(a=1)"), "f.py") is None
    assert changes("x = {y for y in (1, 2) if y}", "x = {y for y in (1, 2)}", "f.py") is None


def test_tests_of_the_same_name_come_first_and_as_many_as_there_is_time_for() -> None:
    mutant = Mutant(FILE, "AddNot", 0, 31, 31, "RangeProof.has_length", (ROOT / FILE).read_text(encoding="utf-8"), ())
    took = {"tests/test_a.py::test": 1.0, "tests/zkp/test_range.py::test": 2.0, "tests/test_b.py::test": 0.5}
    chooser = Chooser(took, {FILE: {31: set(took)}}, {})
    assert chooser.tests(mutant, 2.6) == ["tests/zkp/test_range.py::test", "tests/test_b.py::test"]
    chooser.killed(mutant, "tests/test_a.py::test")
    assert chooser.tests(mutant, 0.5) == ["tests/test_a.py::test"]
    chooser.only({"tests/test_b.py::test"})
    assert chooser.tests(mutant, 9) == ["tests/test_b.py::test"]


def test_the_explained_survivors_are_those_of_files_that_are_there() -> None:
    import tomllib

    classes = tomllib.loads(Path(__file__).with_name("explained.toml").read_text(encoding="utf-8"))
    assert all(content["why"] and content["survivors"].keys() <= set(files()) for content in classes.values())
