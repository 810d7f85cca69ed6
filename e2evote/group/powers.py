"""Powers that share work: tables for a base used often, one chain of squarings for several powers of a new base.

``FixedBase`` and ``SquaringChain`` stand where an ``Element`` stands in an equation: ``g ** v * alpha ** c``.
Neither hides its exponent from an observer of time or memory.
"""

from functools import lru_cache
from typing import Protocol

from gmpy2 import isqrt, mpz

from e2evote.errors import CheckError
from e2evote.group.elements import Element, Scalar

WINDOW = 10
"""Bits of an exponent looked up at once: 26 tables of 1024 numbers for 256-bit q, about 15 MB a base at 4096 bits."""


class Base(Protocol):
    """What can be raised to an exponent."""

    def __pow__(self, exponent: Scalar) -> Element:
        """Return the power."""


class FixedBase:
    """Tables of base^(d·2^(w·i)) for every window position i and digit d; a power is one product a window."""

    def __init__(self, base: Element, window: int = WINDOW) -> None:
        """Build the tables: 2^w·⌈bits(q)/w⌉ products."""
        self.base, self.window = base, window
        p, width = base.group.p, 1 << window
        self._tables: list[list[mpz]] = []
        step = base.value
        for _ in range(-(-base.group.q.bit_length() // window)):
            row = [mpz(1), step]
            while len(row) < width:
                row.append(row[-1] * step % p)
            self._tables.append(row)
            step = row[-1] * step % p

    def __pow__(self, exponent: Scalar) -> Element:
        """Return the power; the exponent is taken mod q."""
        group, mask, window = self.base.group, (1 << self.window) - 1, self.window
        rest, result, p = int(exponent.value % group.q), mpz(1), group.p
        for row in self._tables:
            digit = rest & mask
            if digit:
                result = result * row[digit] % p
            rest >>= window
        return Element(result, group)


@lru_cache(maxsize=8)
def fixed(base: Element, window: int = WINDOW) -> FixedBase:
    """Return the tables of a base, built once a process and kept for the eight bases used last."""
    return FixedBase(base, window)


class SquaringChain:
    """The powers x^(16^i) of one base, from which any power costs about a quarter of a full one.

    One chain costs about as much as one power. It also tests membership, since q is just below a power of two:
    x^q = 1 exactly if x^(16^m) = x^(16^m − q).
    """

    def __init__(self, base: Element) -> None:
        """Square 4·m times, with 16^m ≥ q."""
        group = base.group
        self.base, p = base, group.p
        self._digits = -(-group.q.bit_length() // 4)
        power = base.value % p
        self._links: list[mpz] = []
        for _ in range(self._digits):
            self._links.append(power)
            for _ in range(4):
                power = power * power % p
        self._last = power

    def __pow__(self, exponent: Scalar) -> Element:
        """Return the power; the exponent is taken mod q, which changes nothing for a member."""
        return Element(self._power(exponent.value % self.base.group.q), self.base.group)

    def is_member(self) -> bool:
        """Tell whether 0 ≤ x < p and x^q mod p = 1.

        Spec: EG-2.1 §3.3.7, box 6
        """
        group = self.base.group
        in_range = 0 < self.base.value < group.p
        return in_range and self._last == self._power((mpz(1) << (4 * self._digits)) - group.q)

    def _power(self, exponent: mpz) -> mpz:
        # Yao's method: links with the same digit d are multiplied first, then Π bucket_d^d by running products.
        p, buckets = self.base.group.p, [mpz(1)] * 16
        for digit, link in zip(reversed(f"{exponent:0{self._digits}x}"), self._links, strict=True):
            if digit != "0":
                d = int(digit, 16)
                buckets[d] = buckets[d] * link % p
        running = result = mpz(1)
        for bucket in reversed(buckets[1:]):
            running = running * bucket % p
            result = result * running % p
        return result


def discrete_log(base: Element, power: Element, bound: int) -> int:
    """Return the t with 0 ≤ t ≤ bound and base^t = power, by baby steps and giant steps (√bound products and memory).

    Raises:
        CheckError: there is none.

    Spec: EG-2.1 §3.6.5, box 10
    """
    group = base.group
    steps = int(isqrt(bound)) + 1
    baby = group.one
    table: dict[mpz, int] = {}
    for t in range(steps):
        table.setdefault(baby.value, t)
        baby = baby * base
    giant = group.one / baby
    value = power
    for j in range(steps):
        found = table.get(value.value)
        if found is not None and j * steps + found <= bound:
            return j * steps + found
        value = value * giant
    raise CheckError(f"no tally between 0 and {bound} fits the decrypted value")
