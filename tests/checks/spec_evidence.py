"""What the library has for each item of the specification, and what shows it.

* An equation: the functions that cite it, and the tests that cite it; only tests that need no foreign files count.
* A box: the functions that cite it; its sub-checks show it.
* A sub-check: the functions of the verifier that make it, and in each set of the conformance suite the records in which
  it must fail. The verifier and the oracle both judge every record.
* A step of a box: the sub-check that compares its result.
* A row of §5.5: the functions that cite its equation, and the frozen messages of it, which ``tests/vectors`` compares
  with the table.

A gap is where one of these is missing.
"""

import ast
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.checks.citations import Citation, module_name, scopes
from tests.checks.spec_index import Entry, Item

VERIFIER = "e2evote/verifier"
RECORDS = "vectors/records"
VECTORS = "vectors/hash-preimages.json"
FOREIGN = "tests/interop/"


@dataclass
class Evidence:
    """Qualified names of functions, and names of tests, records or vectors; ``gaps`` say what is missing."""

    functions: list[str] = field(default_factory=list)
    shown_by: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sources:
    """What is in the repository, by item or by the number of one."""

    functions: dict[Item, list[str]]
    tests: dict[Item, list[str]]
    declared: set[str]
    makers: dict[str, list[str]]
    records: dict[str, dict[str, list[str]]]
    vectors: dict[str, list[str]]

    @classmethod
    def read(cls, root: Path, library: list[Citation], tests: list[Citation]) -> "Sources":
        """Read the verifier's sources, the lists of the conformance suite, and the vectors."""
        functions: dict[Item, list[str]] = defaultdict(list)
        for citation in library:
            if citation.owner not in functions[citation.item]:
                functions[citation.item].append(citation.owner)
        shown: dict[Item, list[str]] = defaultdict(list)
        for citation in tests:
            name = citation.owner.rpartition(".")[2]
            if name.startswith("test_") and not citation.file.endswith(f"/{name}.py"):  # a test, not a module of tests
                shown[citation.item].append(f"{citation.file}::{name}")
        for names in shown.values():
            names.sort(key=lambda test: test.startswith(FOREIGN))
        declared, makers = _checks(root)
        return cls(functions, shown, declared, makers, _records(root), _vectors(root))


def gather(index: dict[Item, Entry], sources: Sources) -> dict[Item, Evidence]:
    """Return the evidence of every item that the index requires."""
    collect = {"eq": _equation, "box": _box, "check": _check, "step": _step}
    found: dict[Item, Evidence] = {}
    for item, entry in index.items():
        if item.kind == "row":
            (equation,) = entry.refers
            found[item] = _row(item, (equation, *index[equation].refers), sources)
        elif entry.required:
            found[item] = collect[item.kind](item, entry, sources)
        if item in found and not found[item].functions:
            found[item].gaps.append("is cited by no function")
    return found


def _equation(item: Item, _: Entry, sources: Sources) -> Evidence:
    evidence = Evidence(sources.functions.get(item, []), sources.tests.get(item, []))
    if all(test.startswith(FOREIGN) for test in evidence.shown_by):
        evidence.gaps.append("is cited by no test that runs everywhere")
    return evidence


def _box(item: Item, _: Entry, sources: Sources) -> Evidence:
    return Evidence(sources.functions.get(item, []))


def _check(item: Item, entry: Entry, sources: Sources) -> Evidence:
    (box,) = entry.refers
    evidence = Evidence(sources.makers.get(item.number) or sources.functions.get(box, []))
    if item.number not in sources.declared:
        evidence.gaps.append("is not among the verifier's checks")
    for name, failing in sources.records.items():
        if not failing.get(item.number):
            evidence.gaps.append(f"has no record in {RECORDS}/{name}")
        evidence.shown_by += (record for record in failing.get(item.number, []) if record not in evidence.shown_by)
    return evidence


def _step(item: Item, entry: Entry, sources: Sources) -> Evidence:
    (check,) = entry.refers
    return Evidence(sources.functions.get(Item("box", item.number.split(".")[0]), []), [str(check)])


def _row(item: Item, equations: tuple[Item, ...], sources: Sources) -> Evidence:
    functions = dict.fromkeys(name for equation in equations for name in sources.functions.get(equation, []))
    evidence = Evidence(list(functions), sources.vectors.get(item.number, []))
    if not evidence.shown_by:
        evidence.gaps.append(f"has no message in {VECTORS}")
    return evidence


def _checks(root: Path) -> tuple[set[str], dict[str, list[str]]]:
    """Return the ids that ``Check(…)`` declares, and by id the functions that call ``….check`` with it."""
    declared: set[str] = set()
    makers: dict[str, list[str]] = defaultdict(list)
    for file in sorted((root / VERIFIER).glob("*.py")):
        for owner, scope in scopes(ast.parse(file.read_bytes()), module_name(file, root)):
            for node in ast.walk(scope):
                match node:
                    case ast.Call(func=ast.Name(id="Check"), args=[ast.Constant(value=str(number)), *_]):
                        declared.add(number)
                    case ast.Call(func=ast.Attribute(attr="check"), args=[ast.Constant(value=str(number)), *_]):
                        if isinstance(scope, ast.FunctionDef) and owner not in makers[number]:
                            makers[number].append(owner)
    return declared, makers


def _records(root: Path) -> dict[str, dict[str, list[str]]]:
    """Return set → check → names of the records in which it must fail, of the level that every verifier refuses."""
    found: dict[str, dict[str, list[str]]] = {}
    for file in sorted((root / RECORDS).glob("*.json")):
        failing = found.setdefault(file.name, defaultdict(list))
        for record in json.loads(file.read_bytes())["records"]:
            for number in record["must_fail"] if record["level"] == "specification" else ():
                failing[number].append(record["name"])
    return found


def _vectors(root: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for vector in json.loads((root / VECTORS).read_bytes())["vectors"]:
        found[vector["equation"]].append(vector["name"])
    return found
