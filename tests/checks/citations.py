"""Check that the library cites the specification, equation by equation and box by box.

A docstring of ``e2evote`` cites with a line such as

    Spec: EG-2.1 §3.3.7, eqs. 57–61; §3.3.8, eq. 62
    Spec: EG-2.1 §3.3.7, box 6 (a remark in brackets is not read)

``docs/spec-index.toml`` says which equations and boxes exist, in which sections, and which of them must be cited.
Reported are lines that cannot be read, citations of what the index does not have or has elsewhere, and required
entries that nobody cites. With ``--map`` the entries are printed with the functions that cite them and the tests that
reach these functions: by naming one, or by a ``Spec:`` line of their own.
"""

import argparse
import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
INDEX = "docs/spec-index.toml"

_LINE = re.compile(r"^\s*Spec\b")
_SPEC = re.compile(r"^\s*Spec: EG-2\.1 (?P<parts>§.*)$")
_SECTION = re.compile(r"§(\d+(?:\.\d+)*)(–\d+(?:\.\d+)*)?")
_NUMBERS = re.compile(r"(?:(eq|box)(?:s|es)?\.? )?(\d+)(?:–(\d+))?")
_REMARK = re.compile(r" ?\([^()]*\)")
_NOTE = re.compile(r"note \d+\.\d+")


class Item(NamedTuple):
    """An equation or a box of the specification."""

    kind: str
    number: int

    def __str__(self) -> str:
        """Write it as a citation does."""
        return f"{'eq.' if self.kind == 'eq' else 'box'} {self.number}"


@dataclass(frozen=True)
class Entry:
    """One line of the index."""

    table: str
    sections: tuple[str, ...]
    what: str
    line: int


@dataclass(frozen=True)
class Citation:
    """One item cited by one docstring; ``section`` is the one named with it."""

    item: Item
    section: str
    owner: str
    file: str
    line: int

    @property
    def where(self) -> str:
        """File and line, for people and editors."""
        return f"{self.file}:{self.line}"


@dataclass
class Problems:
    """What is wrong, in the order found."""

    lines: list[str] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        """Note one problem."""
        self.lines.append(f"{where}: {text}")


def read_index(path: Path) -> dict[Item, Entry]:
    """Return the index; every number stands in exactly one table."""
    text = path.read_text(encoding="utf-8")
    lines: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            table = line.strip("[] ")
        elif "=" in line and not line.startswith("#"):
            lines[table, line.split("=")[0].strip()] = number
    index: dict[Item, Entry] = {}
    for name, kinds in tomllib.loads(text).items():
        for plural, entries in kinds.items():
            for number, value in entries.items():
                item = Item("eq" if plural == "equations" else "box", int(number))
                sections, what = value.split(" ", 1)
                if item in index:
                    raise SystemExit(f"{path}: {item} stands in two tables")
                index[item] = Entry(name, tuple(sections.split(",")), what, lines[f"{name}.{plural}", number])
    return index


def parse_spec_line(line: str) -> list[tuple[str, Item]]:
    """Return the (section, item) pairs of one ``Spec:`` line; a section alone gives none.

    Raises:
        ValueError: the line does not follow the form; the text says where.
    """
    match = _SPEC.match(_REMARK.sub("", line))
    if match is None:
        raise ValueError("expected 'Spec: EG-2.1 §3.3.7, eq. 59' or the like")
    found: list[tuple[str, Item]] = []
    for part in match["parts"].rstrip(". ").split(";"):
        head, *tokens = (token.strip() for token in part.split(","))
        section = _SECTION.fullmatch(head)
        if section is None or (section[2] and tokens):
            raise ValueError(f"expected a section such as §3.3.7 (a range only without items), found {head!r}")
        kind = ""
        for token in tokens:
            if _NOTE.fullmatch(token):
                continue
            numbers = _NUMBERS.fullmatch(token)
            if numbers is None or not (kind := numbers[1] or kind):
                raise ValueError(f"expected 'eq. 59', 'eqs. 57–61', 'box 6' or 'note 3.7', found {token!r}")
            first, last = int(numbers[2]), int(numbers[3] or numbers[2])
            if last < first:
                raise ValueError(f"the range {token!r} runs backwards")
            found += [(section[1], Item(kind, number)) for number in range(first, last + 1)]
    return found


def docstrings(tree: ast.Module, module: str) -> Iterator[tuple[str, str, int]]:
    """Yield (qualified name, docstring, first line) of the module and all its classes and functions."""
    pending: list[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]] = [(module, tree)]
    while pending:
        name, node = pending.pop(0)
        text = ast.get_docstring(node, clean=False)
        if text is not None:
            yield name, text, node.body[0].lineno
        pending += [
            (f"{name}.{child.name}", child)
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        ]


def module_name(file: Path, root: Path) -> str:
    """Return the dotted name of a Python file below root."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def citations(root: Path, folder: str, problems: Problems) -> list[Citation]:
    """Read every citation below a folder; what cannot be read becomes a problem."""
    found: list[Citation] = []
    for file in sorted((root / folder).rglob("*.py")):
        name = file.relative_to(root).as_posix()
        for owner, text, start in docstrings(ast.parse(file.read_bytes(), name), module_name(file, root)):
            for line, content in enumerate(text.splitlines(), start=start):
                if not _LINE.match(content):
                    continue
                try:
                    pairs = parse_spec_line(content)
                except ValueError as error:
                    problems.add(f"{name}:{line}", f"{owner}: {error}")
                    continue
                found += [Citation(item, section, owner, name, line) for section, item in pairs]
    return found


def check(index: dict[Item, Entry], found: list[Citation], problems: Problems) -> None:
    """Note unknown, misplaced, premature and missing citations."""
    for citation in found:
        entry = index.get(citation.item)
        text = f"{citation.owner} cites {citation.item}, "
        if entry is None:
            problems.add(citation.where, f"{text}which {INDEX} does not list")
        elif entry.table == "later":
            problems.add(citation.where, f"{text}which {INDEX}:{entry.line} keeps under 'later': move it to 'required'")
        elif citation.section not in entry.sections:
            problems.add(citation.where, f"{text}in §{citation.section}; it stands in §{', §'.join(entry.sections)}")
    cited = {citation.item for citation in found}
    for item, entry in index.items():
        if entry.table == "required" and item not in cited:
            problems.add(f"{INDEX}:{entry.line}", f"{item} (§{entry.sections[0]}, {entry.what}) is cited nowhere")


def names_used(root: Path) -> dict[str, set[str]]:
    """Map each test to the dotted library names and bare attribute names that it uses."""
    used: dict[str, set[str]] = {}
    for file in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(file.read_bytes())
        alias: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                alias |= {a.asname: a.name for a in node.names if a.asname}
                alias |= {head: head for head in (a.name.split(".")[0] for a in node.names if not a.asname)}
            elif isinstance(node, ast.ImportFrom) and node.module:
                alias |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
        for test in ast.walk(tree):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test"):
                dotted = (ast.unparse(node) for node in ast.walk(test) if isinstance(node, ast.Name | ast.Attribute))
                names = {".".join([alias.get(head, ""), *rest]) for head, *rest in (name.split(".") for name in dotted)}
                used[f"{file.relative_to(root).as_posix()}::{test.name}"] = names
    return used


def reaches(names: set[str], owner: str) -> bool:
    """Tell whether names used by a test include a cited owner.

    A re-export one package higher counts, and so does the bare name of a method.
    """
    parent, _, last = owner.rpartition(".")
    if parent.rpartition(".")[2][:1].isupper():
        return any(name.endswith(f".{last}") for name in names)
    return any(name.rpartition(".")[2] == last and parent.startswith(name.rpartition(".")[0] or "?") for name in names)


def grouped(found: list[Citation]) -> dict[Item, list[Citation]]:
    """Group citations by item."""
    groups: dict[Item, list[Citation]] = defaultdict(list)
    for citation in found:
        groups[citation.item].append(citation)
    return groups


def print_map(
    index: dict[Item, Entry], found: list[Citation], tested: list[Citation], used: dict[str, set[str]]
) -> None:
    """Print entry → functions → tests."""
    by_item, direct = grouped(found), grouped(tested)
    for item, entry in sorted(index.items(), key=lambda pair: (pair[0].kind == "box", pair[0].number)):
        if entry.table == "optional" and item not in by_item:
            continue
        print(f"{item}  §{entry.sections[0]}  {entry.what}" + ("  (later)" if entry.table == "later" else ""))
        for citation in by_item.get(item, []):
            print(f"    {citation.owner}  {citation.where}")
            for test in (test for test, names in used.items() if reaches(names, citation.owner)):
                print(f"        {test}")
        for citation in direct.get(item, []):
            print(f"    cited by {citation.owner}  {citation.where}")


def main(arguments: list[str] | None = None) -> int:
    """Run the check, print the problems, return how the process should exit."""
    parser = argparse.ArgumentParser(description="Check the citations of the specification.")
    parser.add_argument("--map", action="store_true", help="print equation → function → tests")
    parser.add_argument("--root", type=Path, default=ROOT, help="repository to read")
    options = parser.parse_args(arguments)
    index = read_index(options.root / INDEX)
    problems = Problems()
    found = citations(options.root, "e2evote", problems)
    tested = citations(options.root, "tests", problems)
    check(index, found, problems)
    if options.map:
        print_map(index, found, tested, names_used(options.root))
    for line in problems.lines:
        print(line, file=sys.stderr)
    required = sum(entry.table == "required" for entry in index.values())
    missing = sum(entry.table == "required" for item, entry in index.items() if item not in {c.item for c in found})
    print(f"citations: {required - missing} of {required} equations and boxes cited, {len(problems.lines)} problems")
    return 1 if problems.lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
