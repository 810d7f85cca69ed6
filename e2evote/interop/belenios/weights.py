"""Weights and counts in JSON: numbers up to 2^30 − 1, strings above, as Belenios writes them."""

from gmpy2 import mpz

from e2evote.errors import ParseError
from e2evote.interop.belenios.arithmetic import decimal

_LARGEST_NUMBER = (1 << 30) - 1


def weight(value: object, where: str) -> int:
    """Read a weight.

    Raises:
        ParseError: no natural number, or in the other form.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_NUMBER:
        return value
    if isinstance(value, str):
        number: mpz = decimal(value, where)
        if number > _LARGEST_NUMBER:
            return int(number)
    raise ParseError(where, "expected a weight: a natural number, in a string if it is 2^30 or more")
