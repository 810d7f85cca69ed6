"""The mutants of a file: every place where an operator fits, but for annotations, decorators and texts of messages."""

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import parso
from cosmic_ray.ast import Visitor, ast_nodes
from parso.tree import NodeOrLeaf

from tests.mutation_testing.operators import OPERATORS

ROOT = Path(__file__).resolve().parents[2]
SCOPE = ("e2evote/group", "e2evote/hashing.py", "e2evote/zkp", "e2evote/verifier")
NOT_RUN = {"e2evote/group/backends/crypto_mb.py": "loads a library that is not there"}
"""Files that are left out, and why."""
RUN_ON_IMPORT = ("e2evote/group/parameters.py",)
"""Their functions are called while they are imported, and what came of it is kept everywhere."""
UNCHANGED = "unchanged"


def files(named: tuple[str, ...] = SCOPE) -> list[str]:
    """Return the Python files below these paths."""
    found = (p for name in named for p in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py")))
    return sorted({path.relative_to(ROOT).as_posix() for path in found} - NOT_RUN.keys())


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file; lines are those that the changed place covers, counted from 1.

    ``change`` has the lines that are taken out, with ``-``, and put in, with ``+``, without their indentation.
    """

    file: str
    operator: str
    occurrence: int
    first: int
    last: int
    function: str
    source: str
    change: tuple[str, ...]

    @property
    def key(self) -> str:
        """What names it as long as file and operators stay as they are."""
        return f"{self.file}:{self.operator}:{self.occurrence}"

    @property
    def name(self) -> str:
        """What names it in explained.toml."""
        return name_of(self.function, self.change)


def name_of(function: str, change: Sequence[str]) -> str:
    """Return the name of a mutant by what it changes: the function and the changed lines, wherever they stand."""
    return f"{function}: {' '.join(change)}"


def unchanged(file: str) -> Mutant:
    """Return a file as it is, as if it were a mutant; it has to survive."""
    source = (ROOT / file).read_text(encoding="utf-8")
    return Mutant(file, UNCHANGED, 0, 1, len(source.splitlines()), "", source, ())


def mutants(file: str, excluded: Counter[str] | None = None) -> Iterator[Mutant]:
    """Yield all mutants of a file, and count in ``excluded`` what was left out, by reason."""
    text = (ROOT / file).read_text(encoding="utf-8")
    tree = parso.parse(text)
    for name, operator in OPERATORS.items():
        occurrence = -1
        for node in list(ast_nodes(tree)):
            for start, end in operator.mutation_positions(node):
                occurrence += 1
                reason = _why_not(node)
                if reason is not None:
                    if excluded is not None:
                        excluded[reason] += 1
                    continue
                source = _mutated(text, name, occurrence)
                if source is not None:
                    change = _change(text, source)
                    yield Mutant(file, name, occurrence, start[0], end[0], _function(node), source, change)


def _why_not(node: NodeOrLeaf) -> str | None:
    """Return why a place is not changed: nothing that is computed depends on it."""
    child: NodeOrLeaf = node
    while node is not None:
        if node.type == "fstring":
            return "text of a message"
        if node.type == "decorator":
            return "decorator"
        if node.type in ("annassign", "tfpdef") and node.children.index(child) < 2 + (node.type == "tfpdef"):
            return "annotation"
        if node.type == "funcdef" and child is node.annotation:
            return "annotation"
        if node.type == "param" and child is node.annotation:
            return "annotation"
        child, node = node, node.parent
    return None


def _change(before: str, after: str) -> tuple[str, ...]:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return tuple(line[0] + line[1:].strip() for line in lines if not line.startswith("@@"))


def _function(node: NodeOrLeaf) -> str:
    names = []
    while node is not None:
        if node.type in ("funcdef", "classdef"):
            names.append(node.name.value)
        node = node.parent
    return ".".join(reversed(names))


def _mutated(text: str, operator: str, occurrence: int) -> str | None:
    changed = applied(text, operator, occurrence)
    try:
        return None if changed == text or not compile(changed, operator, "exec") else changed
    except SyntaxError:
        return None


def applied(text: str, operator: str, occurrence: int) -> str:
    """Return the text with one occurrence of an operator applied."""
    changed: str = _Change(operator, occurrence).walk(parso.parse(text)).get_code()
    return changed


class _Change(Visitor):
    """Applies one occurrence of an operator."""

    def __init__(self, operator: str, occurrence: int) -> None:
        self._operator, self._left = OPERATORS[operator], occurrence

    def visit(self, node: NodeOrLeaf) -> NodeOrLeaf | None:
        for index, _ in enumerate(list(self._operator.mutation_positions(node))):
            self._left -= 1
            if self._left == -1:
                return self._operator.mutate(node, index)  # type: ignore[no-any-return]
        return node
