"""What became of the mutants: a table by file, and the survivors that nobody has explained."""

import tomllib
from collections import Counter, defaultdict
from pathlib import Path

from tests.mutation_testing.mutants import name_of
from tests.mutation_testing.verdicts import APART, ENDLESS, KILLED, SURVIVED, entries

STAGES = ("quick", "whole", "long", "apart", "apart-long")
"""In this order: what a later stage says counts."""
EXPLAINED = "explained"
Reasons = dict[tuple[str, str], str]
"""The class of every explained survivor, by file and name."""


def survivors(path: Path, verdict: str) -> set[str]:
    """Return the keys of those with a verdict."""
    return {str(entry["key"]) for entry in entries(path) if entry["verdict"] == verdict}


def report(build: Path, path: Path) -> int:
    """Print the table and all survivors without an explanation; return 1 if there are any."""
    verdicts = {entry["key"]: entry for stage in STAGES for entry in entries(build / f"{stage}.ndjson")}
    reasons = explained(path)
    table: dict[str, Counter[str]] = defaultdict(Counter)
    left, classes, used = [], Counter[str](), set()
    for key, entry in verdicts.items():
        file, verdict = str(key).split(":")[0], str(entry["verdict"])
        name = file, name_of(entry["function"], entry["change"])
        if verdict in (SURVIVED, APART) and name in reasons:
            verdict = EXPLAINED
            used.add(name)
            classes[reasons[name]] += 1
        elif verdict in (SURVIVED, APART):
            left.append(entry)
        table[file][verdict] += 1
    print(_table(table))
    print("\n".join(f"{count:>5}  {name}" for name, count in classes.most_common()))
    for entry in left:
        print(f"\n{entry['key']}, line {entry['line']}, {entry['function']}", *entry["change"], sep="\n    ")
    for file, name in sorted(reasons.keys() - used):
        if file in table:
            print(f"\nexplained, but it does not survive: {file}: {name}")
    return 1 if left else 0


def explained(path: Path) -> Reasons:
    """Return what explained.toml says."""
    classes = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        (file, name): title
        for title, content in classes.items()
        for file, names in content["survivors"].items()
        for name in names
    }


def _table(table: dict[str, Counter[str]]) -> str:
    kinds = (KILLED, ENDLESS, EXPLAINED, SURVIVED)
    rows = [f"| file | mutants | {' | '.join(kinds)} |", f"|---|{'---:|' * (1 + len(kinds))}"]
    total = sum(table.values(), Counter[str]())
    for file, counts in [*sorted(table.items()), ("all", total)]:
        numbers = [counts.total(), *(counts[kind] for kind in kinds)]
        rows.append(f"| `{file}` | {' | '.join(map(str, numbers))} |")
    return "\n".join(rows)
