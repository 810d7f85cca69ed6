"""The unit, what is measured in it, and figures as rows that can be kept in a file.

The unit is pm, one plain GMP powmod with the standard 4096-bit modulus and a 256-bit exponent. It is measured every few
ballots in the process that does the work, whatever backend that uses: seconds drift with the machine, ratios hold.
"""

import json
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self, TypeVar

import gmpy2

from e2evote import __version__
from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.group.parameters import STANDARD

T = TypeVar("T")
R = TypeVar("R")

Watch = Callable[[str, int, int], None]
"""Told what is being measured, how much of it is done, and how much there is."""

SLICE = 8
"""Things done between two measurements of the unit."""


def unit(samples: int = 25) -> float:
    """Return the seconds of processor time of one pm now: the median of some."""
    base, exponent, times = STANDARD.generator, STANDARD.q - 12345, []
    for _ in range(samples):
        start = time.process_time()
        gmpy2.powmod(base, exponent, STANDARD.p)
        times.append(time.process_time() - start)
    return median(times)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: a cost of one thing, in milliseconds and pm, and bytes where it takes any.

    ``part`` and ``case`` say where it was measured, and ``size`` what that part varies: ballots, processes, options.
    """

    part: str
    case: str
    backend: str
    what: str
    count: int
    milliseconds: float
    pm: float
    bytes: int | None = None
    size: int | None = None

    def row(self) -> dict[str, Any]:
        """Return the row for programs, without what it does not have."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Time:
    """How long work took, by one clock: seconds, and pm as they were meanwhile."""

    seconds: float = 0.0
    pm: float = 0.0

    def __add__(self, other: "Time") -> "Time":
        """Add up."""
        return Time(self.seconds + other.seconds, self.pm + other.pm)


class Stopwatch:
    """Adds up work by the processor's clock and the one on the wall; the unit is measured between its laps."""

    def __init__(self) -> None:
        """Start."""
        self.processor, self.wall = Time(), Time()
        self._unit = unit()
        self._start()

    @property
    def running(self) -> float:
        """The seconds of processor time since the last lap."""
        return time.process_time() - self._processor_start

    def lap(self) -> Time:
        """End one piece of work, start the next, and return what the one took of the processor."""
        processor, wall = self.running, time.perf_counter() - self._wall_start
        before, self._unit = self._unit, unit()
        middle = (before + self._unit) / 2
        lap = Time(processor, processor / middle)
        self.processor += lap
        self.wall += Time(wall, wall / middle)
        self._start()
        return lap

    def _start(self) -> None:
        self._processor_start, self._wall_start = time.process_time(), time.perf_counter()


@dataclass(slots=True)
class Meter:
    """Measures the phases of one case, on one backend."""

    part: str
    case: str
    backend: str
    watch: Watch
    size: int | None = None
    figures: list[Figure] = field(default_factory=list)

    def each(self, what: str, items: Sequence[T], work: Callable[[Sequence[T]], R]) -> list[R]:
        """Do the work on slices of the items; the figure is the cost of one item, in pm the median of the slices'."""
        results, each, timer = list[R](), list[float](), Stopwatch()
        for first in range(0, len(items), SLICE):
            self.watch(what, first, len(items))
            part = items[first : first + SLICE]
            results.append(work(part))
            each.append(timer.lap().pm / len(part))
        self.add(what, len(items), Time(timer.processor.seconds, median(each) * len(items)))
        return results

    def once(self, what: str, count: int, work: Callable[[], R]) -> R:
        """Do work that handles ``count`` things at once; the figure is the cost of one of them."""
        self.watch(what, 0, count)
        timer = Stopwatch()
        result = work()
        self.add(what, count, timer.lap())
        return result

    def add(self, what: str, count: int, time: Time, size: int | None = None) -> None:
        """Add a figure from the time that all took and the bytes of one."""
        each, pm = round(1000 * time.seconds / count, 3), round(time.pm / count, 4)
        self.figures.append(Figure(self.part, self.case, self.backend, what, count, each, pm, size, self.size))

    def takes(self, size: int) -> None:
        """Note the bytes of what was measured last."""
        row = self.figures[-1].row() | {"bytes": size}
        self.figures[-1] = Figure(**row)


@dataclass(frozen=True, slots=True)
class Report:
    """Figures, and the machine on which they were measured."""

    about: dict[str, Any]
    figures: tuple[Figure, ...]

    @classmethod
    def of(cls, figures: Iterable[Figure]) -> Self:
        """Describe this machine, now."""
        about = {
            "e2evote": __version__,
            "python": platform.python_version(),
            "gmp": gmpy2.mp_version().removeprefix("GMP "),
            "processor": _processor(),
            "pm_milliseconds": round(1000 * unit(), 3),
        }
        return cls(about, tuple(figures))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``dump`` wrote.

        Raises:
            ParseError: it is nothing of the kind.
        """
        try:
            content = strict_json(path.read_bytes(), str(path))
            return cls(dict(content.get("about", {})), tuple(Figure(**row) for row in content["figures"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ParseError(str(path), "not figures of a benchmark") from error

    def dump(self) -> str:
        """Return it as JSON, a line a figure."""
        rows = ",\n".join("  " + json.dumps(figure.row()) for figure in self.figures)
        return f'{{\n "about": {json.dumps(self.about)},\n "figures": [\n{rows}\n ]\n}}\n'

    def beside(self, other: "Report") -> "Report":
        """Return the figures of both; the machine is that of the first which names one."""
        return Report(self.about or other.about, self.figures + other.figures)


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    lines = names.read_text().splitlines() if names.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
