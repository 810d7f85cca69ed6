"""What a backend of the group's arithmetic does: powers from tables, powers of new bases, products; over batches.

A backend is bound to one modulus p and order q. Numbers are ``mpz``. Every result is canonical, 0 ≤ y < p, so that
backends cannot differ. A base may be any number 0 ≤ x < 2^bits(p), member or not; an exponent is 0 ≤ e < q.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gmpy2 import mpz


class Table(Protocol):
    """The powers base^(d·2^(w·i)) of one base for every window position i and digit d, as its backend keeps them."""

    @property
    def base(self) -> mpz:
        """The base."""

    @property
    def window(self) -> int:
        """w, the bits of an exponent looked up at once."""

    @property
    def buffer(self) -> memoryview:
        """The table as bytes, which ``Backend.load`` of another process takes without copying."""


class Row(NamedTuple):
    """One power or product of two: T^v · x^c, where either factor may be missing."""

    table: Table | None = None
    v: mpz = mpz(0)
    c: mpz | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """The rows that share a base x, whose squarings are done once; without a base, rows from tables alone.

    ``member`` asks whether x^q mod p = 1 as well, 0 < x < p.
    """

    base: mpz | None
    rows: tuple[Row, ...]
    member: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The values of a job's rows, and whether its base is a member (False where that was not asked for)."""

    values: tuple[mpz, ...]
    member: bool


class Backend(Protocol):
    """Arithmetic modulo p."""

    @property
    def name(self) -> str:
        """How the backend is called on the command line."""

    def table(self, base: mpz, window: int) -> Table:
        """Build the table of a base, 0 ≤ base < p: about 2^w·⌈bits(q)/w⌉ products."""

    def load(self, base: mpz, window: int, buffer: memoryview) -> Table:
        """Return the table whose ``buffer`` another process has shared; nothing is copied that need not be."""

    def evaluate(self, jobs: Sequence[Job]) -> list[Answer]:
        """Return the answer of every job, in order."""

    def products(self, columns: Sequence[Sequence[mpz]]) -> list[mpz]:
        """Return the product of every column of numbers 0 ≤ x < 2^bits(p); 1 for an empty one."""
