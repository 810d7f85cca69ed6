"""Which tests judge a mutant, and in what order: those that reach the changed lines, likely killers first."""

import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation_testing.mutants import ROOT, Mutant


@dataclass
class Chooser:
    """What every test took in seconds, by its name; what lines of each file it reaches; and what it killed so far.

    ``must_fail`` has the checks that must fail for every test of a record.
    """

    took: dict[str, float]
    reached: dict[str, dict[int, set[str]]]
    must_fail: dict[str, set[str]]
    killers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def killed(self, mutant: Mutant, by: str) -> None:
        """Note that a test killed a mutant: it may kill others of the same function, or file."""
        if by not in self.took:
            return
        self.killers[f"{mutant.file} {mutant.function}"][by] += 1
        self.killers[mutant.file][by] += 1

    def only(self, names: Collection[str]) -> None:
        """Forget all other tests."""
        self.took = {name: seconds for name, seconds in self.took.items() if name in names}

    def tests(self, mutant: Mutant, seconds: float) -> list[str]:
        """Return tests that together took about so many seconds without the mutant, or one that takes longer.

        Where nothing reaches the lines that changed, because they are run when the module is imported, or because
        coverage counts them as another line, tests that reach the function or the file stand in.
        """
        reached = self.reached[mutant.file]
        found: set[str] = set()
        for lines in (range(mutant.first, mutant.last + 1), block(mutant), reached):
            found = found or self.took.keys() & set().union(*(reached.get(line, set()) for line in lines))
        chosen: list[str] = []
        for name in self._in_order(mutant, found):
            seconds -= self.took[name]
            if chosen and seconds < 0:
                break
            chosen.append(name)
        return chosen

    def _in_order(self, mutant: Mutant, names: set[str]) -> list[str]:
        """Return likely killers first, and leave out records that are broken somewhere else.

        First is what killed another mutant of the function, then the file of tests of the same name, then records that
        must fail what the line, the function or the file speaks of. Records without a defect find what always fails: a
        few come before most that have one.
        """
        here, near = self.killers[f"{mutant.file} {mutant.function}"], self.killers[mutant.file]
        spoken = [ids(mutant, lines) for lines in (range(mutant.first, mutant.last + 1), block(mutant), None)]
        path = Path(mutant.file).relative_to("e2evote")
        mirror = re.compile(rf"{Path('tests') / path.parent / 'test_'}{path.stem}")
        firsts = set() if path.name[:1] in "vx" else self._firsts()

        def rank(name: str) -> tuple[float, ...]:
            must = self.must_fail.get(name)
            apart = (not must & ids for ids in spoken) if must else (True, must is None, must is None)
            return (-here[name], not mirror.match(name), *apart, -near[name], self.took[name])

        def elsewhere(name: str) -> bool:
            must = self.must_fail.get(name)
            return bool(must) and not any(must & ids for ids in spoken) and name not in firsts and not near[name]

        return sorted((name for name in names if not elsewhere(name)), key=rank)

    def _firsts(self) -> set[str]:
        """Return a record for every check."""
        return set({check: name for name, must in self.must_fail.items() for check in must}.values())


def block(mutant: Mutant) -> range:
    """Return the lines of the function around a mutant."""
    best = range(mutant.first, mutant.last + 1)
    for node in ast.walk(ast.parse(mutant.source)):
        if isinstance(node, ast.FunctionDef) and node.lineno <= mutant.first <= (node.end_lineno or 0):
            best = range(node.lineno + 1, (node.end_lineno or 0) + 1)
    return best


def ids(mutant: Mutant, lines: range | None) -> set[str]:
    """Return the checks that these lines speak of, or the whole file, which may be that of a box."""
    text = (ROOT / mutant.file).read_text(encoding="utf-8").splitlines()
    chosen = text if lines is None else text[lines.start - 1 : lines.stop - 1]
    found = set(re.findall(r'"((?:[0-9]+|X)\.[A-Za-z-]+)"', "\n".join(chosen)))
    box = re.match(r"v0?(\d+)_", Path(mutant.file).name)
    return found | {f"{box[1]}.{letter}" for letter in "ABCDEFGH"} if box and lines is None else found


def entries(path: Path) -> Iterable[dict[str, object]]:
    """Return the verdicts of a file, a line each."""
    return map(json.loads, path.read_text(encoding="utf-8").splitlines() if path.is_file() else [])
