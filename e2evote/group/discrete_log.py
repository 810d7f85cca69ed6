"""From K^t back to a tally t that is known to be small: baby steps and giant steps."""

from gmpy2 import isqrt, mpz

from e2evote.errors import CheckError
from e2evote.group.elements import Element

MOST_STEPS = 2**20
"""Baby steps kept at most, about 100 bytes each: from bounds of 2^40 on, time grows instead of memory."""


class DiscreteLog:
    """The baby steps of one base, made once for all values looked up: √bound products, then √bound for each value."""

    def __init__(self, base: Element, bound: int) -> None:
        """Take the base and the largest t that any value may have."""
        self._base, self._table = base, dict[int, int]()
        self._steps = min(int(isqrt(bound)) + 1, MOST_STEPS)
        power = base.group.one
        for t in range(self._steps):
            self._table.setdefault(_digest(power), t)
            power = power * base
        self._giant = base.group.one / power

    def of(self, power: Element, bound: int) -> int:
        """Return the t with 0 ≤ t ≤ bound and base^t = power.

        Raises:
            CheckError: there is none.

        Spec: EG-2.1 §3.6.5, box 10
        """
        value = power
        for high in range(0, bound + 1, self._steps):
            low = self._table.get(_digest(value))
            if low is not None and high + low <= bound and self._base ** self._base.group.scalar(high + low) == power:
                return high + low
            value = value * self._giant
        raise CheckError(f"no tally between 0 and {bound} fits the decrypted value")


def discrete_log(base: Element, power: Element, bound: int) -> int:
    """Return the t with 0 ≤ t ≤ bound and base^t = power; for several values, ``DiscreteLog`` keeps the table.

    Raises:
        CheckError: there is none.
    """
    return DiscreteLog(base, bound).of(power, bound)


def _digest(power: Element) -> int:
    """Return 64 bits in place of thousands; whatever they match is compared in full."""
    return int(power.value & mpz(2**64 - 1))
