"""Which tests judge a mutant, and in what order: those that reach the changed lines, likely killers first."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation_testing.mutants import ROOT, Mutant

FEW = 40
"""So few tests that reach a line are all run: records that are broken somewhere else too."""

OVERRIDING = ("tests/test_overrides.py", "tests/test_merging.py")
PASSING = ("tests/verifier/",)
KIN = {
    **dict.fromkeys(("v09_aggregation", "v11_tally_contents", "x_exceptions", "secrecy"), OVERRIDING),
    "hashing": ("tests/vectors/", "tests/messages/"),
    **dict.fromkeys(("computation", "gmp", "ifma", "membership"), ("tests/group/",)),
    **dict.fromkeys(("x_board", "board_entries", "board_ballots"), ("tests/verifier/test_bo",)),
    **dict.fromkeys(("ballots", "cutting", "chunk", "reduction", "references", "report", "resume", "run"), PASSING),
}
"""Where a module is tested, if not in a file of its name."""
BOXES = ("tests/verifier/test_both_ways", "tests/verifier/test_mutations")
"""Where the others of the verifier are."""
SPEAKERS = {"labels": ("14.", "19."), "range_proofs": ("6.", "7.")}
"""Whose checks a module makes, where it does not say so."""


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

    def tests(self, mutant: Mutant, seconds: float, on_import: bool = False) -> list[str]:
        """Return tests that together took about so many seconds without the mutant, or one that takes longer.

        What a module does on import is also judged by tests of the same name, which may reach no line of it.

        Where nothing reaches the lines that changed, because they are run when the module is imported, or because
        coverage counts them as another line, tests that reach the function or the file stand in, or all.
        """
        reached = self.reached[mutant.file]
        found: set[str] = set()
        for lines in (range(mutant.first, mutant.last + 1), block(mutant), reached):
            found = found or self.took.keys() & set().union(*(reached.get(line, set()) for line in lines))
        found = found or set(self.took)
        if on_import:
            found |= set(filter(mirror(mutant).match, self.took))
        chosen: list[str] = []
        for name in self._in_order(mutant, found):
            seconds -= self.took[name]
            if chosen and seconds < 0:
                break
            chosen.append(name)
        return chosen

    def _in_order(self, mutant: Mutant, names: set[str]) -> list[str]:
        """Return likely killers first, and leave out records that are broken somewhere else.

        First is what killed another mutant of the function, then tests of the same name, then records that must fail
        what the line speaks of, two without a defect, which find what always fails, records for what the function and
        the file speak of, the other valid ones, and what is left.
        """
        here, near = self.killers[f"{mutant.file} {mutant.function}"], self.killers[mutant.file]
        spoken = [ids(mutant, lines) for lines in (range(mutant.first, mutant.last + 1), block(mutant), None)]
        path = Path(mutant.file).relative_to("e2evote")
        is_check = path.name[:1] in "vx"
        of_same_name = mirror(mutant)
        kin = KIN.get(path.stem, BOXES if path.parts[0] == "verifier" else ())
        firsts = set() if is_check else self._firsts()
        valid = sorted((name for name, must in self.must_fail.items() if not must), key=self.took.__getitem__)

        def level(name: str) -> int:
            must = self.must_fail.get(name)
            if of_same_name.match(name):
                return 0
            if must is None:
                return 2 if name.startswith(kin) else 5
            if not must:
                return 2 if name in valid[:2] else 4
            levels = [level for level, found in zip((1, 2, 3), spoken, strict=True) if must & found]
            return levels[0] if levels else 5

        def elsewhere(name: str) -> bool:
            return bool(self.must_fail.get(name)) and level(name) == 5 and name not in firsts and not near[name]

        kept = (name for name in names if len(names) <= FEW or not elsewhere(name))
        return sorted(kept, key=lambda name: (-here[name], level(name), -near[name], self.took[name]))

    def _firsts(self) -> set[str]:
        """Return a record for every check."""
        return set({check: name for name, must in self.must_fail.items() for check in must}.values())


def mirror(mutant: Mutant) -> re.Pattern[str]:
    """Return what the names of the tests of the same name begin with."""
    path = Path(mutant.file).relative_to("e2evote")
    return re.compile(rf"{Path('tests') / path.parent / 'test_'}{path.stem}")


def block(mutant: Mutant) -> range:
    """Return the lines of the function around a mutant."""
    best = range(mutant.first, mutant.last + 1)
    for node in ast.walk(ast.parse(mutant.source)):
        if isinstance(node, ast.FunctionDef) and node.lineno <= mutant.first <= (node.end_lineno or 0):
            best = range(node.lineno + 1, (node.end_lineno or 0) + 1)
    return best


def ids(mutant: Mutant, lines: range | None) -> set[str]:
    """Return the checks that these lines speak of, or the whole file: by name, or by the module that has them."""
    path = ROOT / mutant.file
    text = path.read_text(encoding="utf-8").splitlines()
    chosen = "\n".join(text if lines is None else text[lines.start - 1 : lines.stop - 1])
    called = [path.with_name(f"{name}.py") for name in re.findall(r"\b([a-z]\w+)\.\w+\(", chosen)]
    found = _named(chosen).union(*(_of_file(file) for file in called if file.is_file()))
    return found | _of_file(path) if lines is None else found


def _of_file(path: Path) -> set[str]:
    box = re.match(r"v0?(\d+)_", path.name)
    letters = {f"{box[1]}.{letter}" for letter in "ABCDEFGH"} if box else set()
    others = {f"{box}{letter}" for box in SPEAKERS.get(path.stem, ()) for letter in "ABCDEFGH"}
    return letters | others | _named(path.read_text(encoding="utf-8"))


def _named(text: str) -> set[str]:
    return set(re.findall(r'"((?:[0-9]+|X)\.[A-Za-z-]+)"', text))
