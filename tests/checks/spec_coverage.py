"""Equation → function → test: print it, compare docs/spec-coverage.md with it, and fail where something is missing.

python -m tests.checks.spec_coverage [--map] [--write]

``spec_index`` reads what there has to be, ``citations`` who cites it, ``spec_evidence`` what shows it.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.checks.citations import Problems, check, citations
from tests.checks.spec_evidence import Evidence, Sources, gather
from tests.checks.spec_index import INDEX, KINDS, Entry, Item, read_index

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/spec-coverage.md"
SHOWN = 4
"""Names in one cell of the page."""

Index = dict[Item, Entry]
Found = dict[Item, Evidence]

INTRODUCTION = """# Coverage of the specification

<!-- Written by `make spec-coverage`; `make check` compares. -->

What the ElectionGuard Design Specification 2.1.0 numbers, which functions follow it, and what shows that they do. A
program makes this page from `docs/spec-index.toml`, from the `Spec:` lines of docstrings, from the lists of the
[conformance suite](conformance.md) and from `vectors/hash-preimages.json`; `make check` fails where an item has no
function or nothing that shows it, and `make test-slow` where a test does not run what it cites. This tells that there
is a test, not how good it is.

{counts}

Functions are named below `e2evote`, tests below `tests`. `.venv/bin/python -m tests.checks.spec_coverage --map` prints
the same with every name.

Nothing that is numbered is left out as not applicable. Parts of the specification that are not numbered, such as the
rules for manifests (§3.1.3), supplemental fields (§3.3.9) and hash trimming (§4.6), are not in the tables.
"""
EQUATIONS = """
## Equations

A test counts that cites the equation and needs no files from elsewhere. Where "restates" stands, the equation says
nothing that those named do not say: a special case, the same in other letters, or why something holds.

| eq. | § | what | functions | tests |
|---|---|---|---|---|
"""
ROWS = """
## Hash inputs

The tables of §5.5: every use of H. Key is B_0; tag is the first byte of B_1; the length of B_1 is for the standard
parameters. Each message is frozen in `vectors/hash-preimages.json`. It is written out a second time from the tables,
without the library, and must be byte for byte what the library hashes (`tests/vectors/test_hash_preimages.py`).

| eq. | § | what | key | tag | length | functions | vectors |
|---|---|---|---|---|---|---|---|
"""
BOXES = """
## Verification boxes

For every lettered sub-check there are records of the conformance suite with one defect, in which it must fail; `e2evote
verify` and the oracle of the tests, which share no code, judge them all. The numbered steps of a box are computations
whose results a sub-check compares.
"""


def gaps(index: Index, found: Found, sources: Sources) -> Iterable[tuple[str, str]]:
    """Yield place and text of everything that is missing."""
    for item, evidence in found.items():
        entry = index[item]
        where = f"§{entry.sections[0]}, " if entry.sections else ""
        for gap in evidence.gaps:
            yield f"{INDEX}:{entry.line}", f"{item} ({where}{entry.what}) {gap}"
    for number in sorted(sources.declared):
        if not number.startswith("X.") and Item("check", number) not in index:
            yield INDEX, f"the verifier has a check {number}, which is not listed"


def print_map(index: Index, found: Found) -> None:
    """Print item → functions → tests, records or vectors, all names."""
    for item in sorted(index, key=lambda item: item.order):
        entry = index[item]
        print("  ".join([str(item), *(f"§{section}" for section in entry.sections[:1]), entry.what]))
        if item not in found:
            print(f"    restates {listed(entry.refers)}")
            continue
        for name in found[item].functions:
            print(f"    {name}")
        for name in found[item].shown_by:
            print(f"        {name}")


def listed(items: Iterable[Item]) -> str:
    return ", ".join(item.number for item in items)


def cell(names: list[str], form: str = "`{}`") -> str:
    """Return the first names as one cell of a table."""
    shown = ", ".join(form.format(name) for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def functions(evidence: Evidence) -> str:
    """Return a cell with links into the reference, where it has the function."""
    return cell([f"{name.removeprefix('e2evote.')} <{name}>" for name in evidence.functions], "{{py:obj}}`{}`")


def page(index: Index, found: Found) -> str:
    """Return the page of the documentation."""
    of_kind = {
        kind: [item for item in sorted(index, key=lambda i: i.order) if item.kind == kind] for kind in KINDS.values()
    }
    required = sum(item in found for item in of_kind["eq"])
    counts = (
        f"There are {required} equations, and {len(of_kind['eq']) - required} more that restate some of them; "
        f"{len(of_kind['row'])} rows in the tables of §5.5;\n{len(of_kind['box'])} verification boxes with "
        f"{len(of_kind['check'])} sub-checks and {len(of_kind['step'])} steps."
    )
    parts = [INTRODUCTION.format(counts=counts), EQUATIONS]
    for item in of_kind["eq"]:
        entry, evidence = index[item], found.get(item)
        start = f"| {item.number} | {entry.sections[0]} | {entry.what} |"
        if evidence is None:
            parts.append(f"{start} restates {listed(entry.refers)} | |\n")
        else:
            tests = [test.removeprefix("tests/") for test in evidence.shown_by]
            parts.append(f"{start} {functions(evidence)} | {cell(tests)} |\n")
    parts.append(ROWS)
    for item in of_kind["row"]:
        entry, evidence = index[item], found[item]
        key, tag, length = entry.message
        start = f"| {item.number} | {entry.sections[0]} | {entry.what} | {key} | {tag} | `{length}` |"
        parts.append(f"{start} {functions(evidence)} | {cell(evidence.shown_by)} |\n")
    parts.append(BOXES)
    for box in of_kind["box"]:
        parts += box_part(box, index, found)
    return "".join(parts)


def box_part(box: Item, index: Index, found: Found) -> list[str]:
    """Return what the page says about one box."""
    entry = index[box]
    checks = [item for item, other in index.items() if item.kind == "check" and box in other.refers]
    steps = [item for item, other in index.items() if item.kind == "step" and other.refers[0] in checks]
    lines = [f"\n### Box {box.number}: {entry.what} (§{entry.sections[0]})\n\n"]
    lines.append(f"{functions(found[box])}\n\n| | what must hold | functions | records | |\n|---|---|---|---|---|\n")
    for item in checks:
        evidence = found[item]
        count = len(evidence.shown_by)
        lines.append(
            f"| {item.number} | {index[item].what} | {functions(evidence)} | {count} | {cell(evidence.shown_by)} |\n"
        )
    if steps:
        lines.append("\n| | what is computed | shown by |\n|---|---|---|\n")
        lines += (f"| {item.number} | {index[item].what} | {listed(index[item].refers)} |\n" for item in steps)
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Run the check, print the problems, return how the process should exit."""
    parser = argparse.ArgumentParser(description="Check what the library has for each item of the specification.")
    parser.add_argument("--map", action="store_true", help="print equation → function → test")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE} instead of comparing it")
    parser.add_argument("--root", type=Path, default=ROOT, help="repository to read")
    options = parser.parse_args(arguments)
    index = read_index(options.root / INDEX)
    problems = Problems()
    library, tests = (citations(options.root, folder, problems) for folder in ("e2evote", "tests"))
    check(index, [*library, *tests], problems)
    sources = Sources.read(options.root, library, tests)
    found = gather(index, sources)
    for where, text in gaps(index, found, sources):
        problems.add(where, text)
    if options.map:
        print_map(index, found)
    file, text = options.root / PAGE, page(index, found)
    if options.write:
        file.write_text(text, encoding="utf-8")
    elif not file.is_file() or file.read_text(encoding="utf-8") != text:
        problems.add(PAGE, "out of date; run 'make spec-coverage'")
    for line in problems.lines:
        print(line, file=sys.stderr)
    whole = sum(not evidence.gaps for evidence in found.values())
    print(f"specification: {whole} of {len(found)} items have a function and a test; {len(problems.lines)} problems")
    return 1 if problems.lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
