"""The citations of the specification in docstrings, equation by equation and box by box.

A docstring of ``e2evote``, or of a test, cites with a line such as

    Spec: EG-2.1 §3.3.7, eqs. 57–61; §3.3.8, eq. 62
    Spec: EG-2.1 §3.3.7, box 6 (a remark in brackets is not read)

``docs/spec-index.toml`` says which equations and boxes exist, and in which sections. Problems are lines that cannot be
read, and citations of what the index does not have or has elsewhere.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tests.checks.spec_index import INDEX, Entry, Item

_LINE = re.compile(r"^\s*Spec\b")
_SPEC = re.compile(r"^\s*Spec: EG-2\.1 (?P<parts>§.*)$")
_SECTION = re.compile(r"§(\d+(?:\.\d+)*)(–\d+(?:\.\d+)*)?")
_NUMBERS = re.compile(r"(?:(eq|box)(?:s|es)?\.? )?(\d+)(?:–(\d+))?")
_REMARK = re.compile(r" ?\([^()]*\)")
_NOTE = re.compile(r"note \d+\.\d+")

Scope: TypeAlias = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


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
            found += [(section[1], Item(kind, str(number))) for number in range(first, last + 1)]
    return found


def scopes(tree: ast.Module, module: str) -> Iterator[tuple[str, Scope]]:
    """Yield the module and all its classes and functions with their qualified names."""
    pending: list[tuple[str, Scope]] = [(module, tree)]
    while pending:
        name, node = pending.pop(0)
        yield name, node
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
        for owner, node in scopes(ast.parse(file.read_bytes(), name), module_name(file, root)):
            text = ast.get_docstring(node, clean=False) or ""
            for number, content in enumerate(text.splitlines()):
                if not _LINE.match(content):
                    continue
                line = node.body[0].lineno + number
                try:
                    pairs = parse_spec_line(content)
                except ValueError as error:
                    problems.add(f"{name}:{line}", f"{owner}: {error}")
                    continue
                found += [Citation(item, section, owner, name, line) for section, item in pairs]
    return found


def check(index: dict[Item, Entry], found: list[Citation], problems: Problems) -> None:
    """Note citations of what is unknown or stands elsewhere."""
    for citation in found:
        entry = index.get(citation.item)
        text = f"{citation.owner} cites {citation.item}, "
        if entry is None:
            problems.add(citation.where, f"{text}which {INDEX} does not list")
        elif citation.section not in entry.sections:
            problems.add(citation.where, f"{text}in §{citation.section}; it stands in §{', §'.join(entry.sections)}")
