"""Defects that somebody who knows every secret puts into the published record of any election.

Unlike those of tests/mutations, which belong to one election, these look for a place in the election at hand: any
ballot, contest, option or field that will do. A flaw returns the checks that must fail there, and those that may fail
with them because they look at the same thing; where there is no place, it raises ``DoesNotApplyError``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders import reindex
from tests.matrix.forging import MatrixForger
from tests.matrix.refusals import DoesNotApplyError
from tests.matrix.world import World


@dataclass(frozen=True, slots=True)
class Expected:
    """Ids of checks. The oracle goes on from stated values where the verifier recomputes them: it may name more."""

    must: frozenset[str]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A named defect."""

    name: str
    apply: Callable[[MatrixForger], Expected]

    def put_into(self, world: World, root: Path, seed: int) -> Expected | None:
        """Write the broken record to a new directory; return what must fail, or None if there is no place for it."""
        forger = MatrixForger.take_over(root, world, seed)
        try:
            expected = self.apply(forger)
        except DoesNotApplyError:
            return None
        reindex(root)
        return expected


FLAWS: list[Flaw] = []


def flaw(function: Callable[[MatrixForger], Expected]) -> Callable[[MatrixForger], Expected]:
    """Register a flaw."""
    FLAWS.append(Flaw(function.__name__.removeprefix("_").replace("_", "-"), function))
    return function


def fail(must: str, may: str = "") -> Expected:
    """Name checks in one string."""
    return Expected(frozenset(must.split()), frozenset(may.split()))


def in_lines(f: MatrixForger, name: str, *path: str) -> tuple[int, ...]:
    """Choose a place in a file of lines that has been written: a line, then an element of each list on the path.

    Raises:
        DoesNotApplyError: the file is not there, or no line has such a place.
    """
    places: list[tuple[int, ...]] = []
    f.edit_if_there(name, lambda lines: places.extend(_places(lines, path)))
    return tuple(f.any_of(places))


def _places(value: Any, path: tuple[str, ...]) -> list[tuple[int, ...]]:
    """Return the indices that lead to every element, list by list; what lacks a list has no place."""
    if not path:
        return [(i,) for i in range(len(value))]
    return [
        (i, *rest)
        for i, element in enumerate(value)
        if path[0] in element
        for rest in _places(element[path[0]], path[1:])
    ]
