"""Eight numbers at a time with AVX-512 IFMA, where the extension ``_ifma`` was built and the processor runs it."""

import mmap
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce

from gmpy2 import mpz

from e2evote.group.backends.protocol import Answer, Job, Row, Table

try:
    from e2evote.group.backends import _ifma
except ImportError:  # the extension is optional
    AVAILABLE = False
else:
    AVAILABLE = _ifma.supported()

_BYTES, _EXPONENT, _ENTRY, _LANES = 512, 32, 640, 8
_ZERO = bytes(_EXPONENT)
_NOTHING = Row(c=mpz(0))
_R = mpz(1) << 4160
_Chain = tuple[int, mpz, list[int]]  # the number of a job, its base, its rows with powers of the base


def available() -> bool:
    """Tell whether the extension was built and this processor runs it."""
    return AVAILABLE


def supports(p: mpz, q: mpz) -> bool:
    """Tell whether the numbers have the form that the kernel relies on: that of the standard parameters."""
    low, high = (1 << 208) - 1, ((1 << 248) - 1) << 3848
    return p.bit_length() == 4096 and p & low == low and p & high == high and 0 < (1 << 256) - q < 1 << 16


@lru_cache(maxsize=4)
def _modulus(p: mpz) -> bytes:
    return _number(p) + _number(_R * _R % p)


def _number(x: mpz) -> bytes:
    return x.to_bytes(_BYTES, "little")


def _numbers(data: bytes) -> list[mpz]:
    return [mpz.from_bytes(data[i : i + _BYTES], "little") for i in range(0, len(data), _BYTES)]


def _memory(size: int) -> memoryview:
    """Return memory that begins at a page, on large pages where the system has them: tables are read all over."""
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(memory)


@dataclass(frozen=True, slots=True, eq=False)
class IfmaTable:
    """Numbers of 640 bytes in the kernel's form, position by position."""

    base: mpz
    window: int
    buffer: memoryview = field(repr=False)


@dataclass(slots=True)
class _Call:
    """The arguments of one call of the kernel, and the places of its answers: a job and some of its rows."""

    tables: list[tuple[memoryview, int]] = field(default_factory=list)
    indices: dict[int, int] = field(default_factory=dict)
    choice: "array[int]" = field(default_factory=lambda: array("i"))
    v: list[bytes] = field(default_factory=list)
    c: list[bytes] = field(default_factory=list)
    bases: list[bytes] = field(default_factory=list)
    places: list[tuple[int, list[int]]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take one more row."""
        table = row.table
        if row.c is not None:
            self.c.append(row.c.to_bytes(_EXPONENT, "little"))
        if table is None:
            self.choice.append(-1)
            self.v.append(_ZERO)
            return
        index = self.indices.get(id(table))
        if index is None:
            index = self.indices[id(table)] = len(self.tables)
            self.tables.append((table.buffer, table.window))
        self.choice.append(index)
        self.v.append(row.v.to_bytes(_EXPONENT, "little"))


@dataclass(frozen=True, slots=True)
class IfmaBackend:
    """Arithmetic modulo p, with exponents below q; where ``available()``, for numbers that ``supports``."""

    p: mpz
    q: mpz

    @property
    def name(self) -> str:
        """The name of the processor's instructions."""
        return "ifma"

    def table(self, base: mpz, window: int) -> IfmaTable:
        """Build the table of a base."""
        size = (-(-8 * _EXPONENT // window) << window) * _ENTRY
        buffer = _memory(size)
        _ifma.table(_modulus(self.p), _number(base), window, buffer)
        return IfmaTable(base, window, buffer.toreadonly())

    def load(self, base: mpz, window: int, buffer: memoryview) -> Table:
        """Return a table over shared memory."""
        return IfmaTable(base, window, buffer)

    def evaluate(self, jobs: Sequence[Job]) -> list[Answer]:
        """Return the answer of every job, in order."""
        values = [[mpz(1)] * len(job.rows) for job in jobs]
        members = [False] * len(jobs)
        powers, chains = _Call(), list[_Chain]()
        for number, job in enumerate(jobs):
            rows, base = job.rows, job.base
            new = [i for i, row in enumerate(rows) if row.c is not None] if base is not None else []
            if base is not None and (new or job.member):
                chains.append((number, base, new))
            if len(new) < len(rows):
                old = [i for i in range(len(rows)) if i not in new]
                powers.places.append((number, old))
                for i in old:
                    powers.add(rows[i])
        modulus, excess = _modulus(self.p), int((mpz(1) << 8 * _EXPONENT) - self.q)
        if powers.places:
            found = iter(_numbers(_ifma.fixed(modulus, powers.tables, powers.choice, b"".join(powers.v))))
            for number, places in powers.places:
                for i in places:
                    values[number][i] = next(found)
        for m, call in self._calls(jobs, chains).items():
            bases, v, c = b"".join(call.bases), b"".join(call.v), b"".join(call.c)
            data, flags = _ifma.chain(modulus, excess, call.tables, bases, m, call.choice, v, c)
            results = _numbers(data)
            for position, (number, places) in enumerate(call.places):
                members[number] = flags[position] == 1
                for i, value in zip(places, results[position * m : position * m + m], strict=False):
                    values[number][i] = value
        return [
            Answer(tuple(own), job.member and member and job.base is not None and job.base < self.p)
            for job, own, member in zip(jobs, values, members, strict=True)
        ]

    @staticmethod
    def _calls(jobs: Sequence[Job], chains: list[_Chain]) -> dict[int, _Call]:
        """Return one call for every number of rows.

        Eight bases with about as many rows go together, and have as many as the longest. Where lanes would be idle at
        the end, the rows of a base are spread over several.
        """
        chains.sort(key=lambda chain: -len(chain[2]))
        if idle := len(chains) % _LANES:
            last = chains[-idle:]
            parts = max(1, min(_LANES // idle, len(last[0][2])))
            chains[-idle:] = [(number, base, new[k::parts]) for number, base, new in last for k in range(parts)]
        calls: dict[int, _Call] = {}
        for first in range(0, len(chains), _LANES):
            lanes = chains[first : first + _LANES]
            m = max(len(new) for _, _, new in lanes)
            call = calls.setdefault(m, _Call())
            for number, base, new in lanes:
                call.places.append((number, new))
                call.bases.append(_number(base))
                rows = jobs[number].rows
                for i in new:
                    call.add(rows[i])
                for _ in range(m - len(new)):
                    call.add(_NOTHING)
        return calls

    def products(self, columns: Sequence[Sequence[mpz]]) -> list[mpz]:
        """Return the product of every column."""
        parts = max(1, _LANES // len(columns)) if columns else 1
        pieces = [column[k::parts] for column in columns for k in range(parts)]
        counts = array("i", map(len, pieces))
        numbers = b"".join([_number(x) for piece in pieces for x in piece])
        found = _numbers(_ifma.products(_modulus(self.p), counts, numbers))
        if parts == 1:
            return found
        return [reduce(lambda x, y: x * y % self.p, found[i : i + parts]) for i in range(0, len(found), parts)]
