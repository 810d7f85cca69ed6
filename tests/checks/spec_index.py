"""What the specification numbers: docs/spec-index.toml as items."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

INDEX = "docs/spec-index.toml"
KINDS = {"equations": "eq", "boxes": "box", "checks": "check", "steps": "step", "rows": "row"}


class Item(NamedTuple):
    """An equation, a box, a sub-check or a step of one, or a row of §5.5."""

    kind: str
    number: str

    def __str__(self) -> str:
        """Write it as a citation does."""
        return f"{'eq.' if self.kind == 'eq' else self.kind} {self.number}"

    @property
    def order(self) -> tuple[int, list[tuple[int, str]]]:
        """Sort by kind, then as people count: 2 before 10, 6.D before 10.A."""
        parts = ((int(part), "") if part.isdigit() else (0, part) for part in self.number.split("."))
        return list(KINDS.values()).index(self.kind), list(parts)


@dataclass(frozen=True)
class Entry:
    """One line of the index.

    ``refers`` are the items that stand for this one: what a restated equation restates, the sub-check of a step, the
    box of a sub-check, the equation of a row. ``message`` is a row's key, tag and length.
    """

    sections: tuple[str, ...]
    what: str
    line: int
    required: bool = True
    refers: tuple[Item, ...] = ()
    message: tuple[str, str, str] = ("", "", "")


def read_index(path: Path) -> dict[Item, Entry]:
    """Return the index; every item stands in exactly one table, and refers to one that is there."""
    text = path.read_text(encoding="utf-8")
    lines = _lines(text)
    index: dict[Item, Entry] = {}
    for table, kinds in tomllib.loads(text).items():
        for plural, values in kinds.items():
            for number, value in values.items():
                item = Item(KINDS[plural], number)
                if item in index:
                    raise SystemExit(f"{path}: {item} stands in two tables")
                index[item] = _entry(item, value, lines[f"{table}.{plural}", number], table == "required")
    for item, entry in index.items():
        for other in entry.refers:
            if other not in index:
                raise SystemExit(f"{path}:{entry.line}: {item} refers to {other}, which is not listed")
    return index


def _lines(text: str) -> dict[tuple[str, str], int]:
    lines: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            table = line.strip("[] ")
        elif " = " in line and not line.startswith("#"):
            lines[table, line.split(" = ")[0].strip('" ')] = number
    return lines


def _entry(item: Item, value: Any, line: int, required: bool) -> Entry:
    box = item.number.split(".")[0]
    match item.kind:
        case "check":
            return Entry((), value, line, refers=(Item("box", box),))
        case "step":
            letter, what = value.split(" ", 1)
            return Entry((), what, line, refers=(Item("check", letter),))
        case "row":
            message = value["key"], f"{value['tag']:02X}", value["length"]
            return Entry((value["section"],), value["what"], line, refers=(Item("eq", item.number),), message=message)
    if required:
        sections, what = value.split(" ", 1)
        return Entry(tuple(sections.split(",")), what, line)
    by = tuple(Item("eq", str(number)) for number in value["by"])
    return Entry(tuple(value["section"].split(",")), value["what"], line, required=False, refers=by)
