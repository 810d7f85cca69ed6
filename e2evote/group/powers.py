"""Bases whose powers share work, and the equations written with them.

``FixedBase`` (used often, with tables) and ``NewBase`` (met once, raised to several exponents) stand where an
``Element`` stands in an equation: ``g ** v * alpha ** c``. The value is then a ``Product`` that is not computed yet; a
computation (``e2evote.group.computation``) asks for it. None of this hides an exponent from an observer of time or
memory: exponents that guardians keep are for ``Element`` itself.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from gmpy2 import mpz

from e2evote.group.backends.protocol import Table
from e2evote.group.elements import Element, Scalar
from e2evote.group.sharing import SharedBytes, is_starting_process

WINDOW = 10
"""Bits of an exponent looked up at once, where nobody chose: 26 tables of 1024 numbers for 256-bit q, about 15 MB."""


@dataclass(slots=True)
class Product:
    """Π base^exponent over bases of both kinds, not computed yet, with 0 ≤ exponent < q."""

    fixed: tuple[tuple["FixedBase", mpz], ...] = ()
    new: tuple[tuple["NewBase", mpz], ...] = ()

    def __mul__(self, other: "Product") -> "Product":
        """Return the product."""
        return Product(self.fixed + other.fixed, self.new + other.new)


V = TypeVar("V", Element, Product)
V_co = TypeVar("V_co", Element, Product, covariant=True)


class Base(Protocol[V_co]):
    """What can be raised to an exponent: an element, at once; a base of this module, later."""

    def __pow__(self, exponent: Scalar, /) -> V_co:
        """Return the power."""


class NewBase:
    """A base without tables, member of the group or not: one chain of squarings for all its powers in one request."""

    def __init__(self, element: Element) -> None:
        """Take the element."""
        self.element = element

    def __pow__(self, exponent: Scalar) -> Product:
        """Return the power; the exponent is taken mod q, which changes nothing for a member."""
        return Product(new=((self, exponent.value % self.element.group.q),))


class FixedBase:
    """A base with tables of base^(d·2^(w·i)) for every window position i and digit d: one product a window.

    The tables are built when they are first needed. Processes started from this one share them; elsewhere, on another
    machine of a cluster, they are built anew, once a process.
    """

    def __init__(self, element: Element, window: int = WINDOW) -> None:
        """Take the base, which a record may give as any number, and the number of bits looked up at once."""
        self.element, self.window = element, window
        self._table: Table | None = None
        self._shared: SharedBytes | None = None

    def __pow__(self, exponent: Scalar) -> Product:
        """Return the power; the exponent is taken mod q."""
        return Product(fixed=((self, exponent.value % self.element.group.q),))

    @property
    def table(self) -> Table:
        """The tables: 2^w·⌈bits(q)/w⌉ numbers, as the group's backend keeps them."""
        if self._table is None:
            group = self.element.group
            self._table = group.backend.table(self.element.value % group.p, self.window)
        return self._table

    def __reduce__(self) -> tuple[Any, ...]:
        """Share the tables with a process that is being started; tell any other how to build them."""
        if not is_starting_process():
            return fixed, (self.element, self.window)
        if self._shared is None:
            self._shared = SharedBytes.of(self.table.buffer)
            self._table = self._load(self._shared)
        return _attached, (self.element, self.window, self._shared.name, self._shared.size)

    def _load(self, shared: SharedBytes) -> Table:
        group = self.element.group
        return group.backend.load(self.element.value % group.p, self.window, shared.view)


def _attached(element: Element, window: int, name: str, size: int) -> FixedBase:
    base = FixedBase(element, window)
    base._shared = SharedBytes.attached(name, size)  # noqa: SLF001
    base._table = base._load(base._shared)  # noqa: SLF001
    return base


def fixed(element: Element, window: int = WINDOW) -> FixedBase:
    """Return the base with its tables, kept for the eight bases used last in this process."""
    return _fixed(element, window, element.group.backend.name)


@lru_cache(maxsize=8)
def _fixed(element: Element, window: int, _backend: str) -> FixedBase:
    return FixedBase(element, window)


def window_for(powers: int, most: int = 12) -> int:
    """Return the window with which building a table and taking that many powers costs the fewest products.

    Args:
        powers: how many will be taken, of 256 bits.
        most: the largest window: a table of 2^w·⌈256/w⌉ numbers, 14 MB for w = 10 and 46 MB for w = 12 at 4096 bits.
    """
    return min(range(4, most + 1), key=lambda window: -(-256 // window) * ((1 << window) + powers))
