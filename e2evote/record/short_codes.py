"""Short codes: what stands beside an option on a pre-encrypted ballot, cut from its selection hash.

The manifest names the hash-trimming function Ω by its number in the specification.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod
from typing import Annotated

from pydantic import StringConstraints

ShortCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,4}$")]

_OF_LAST_BYTE: Mapping[int, Callable[[int], str]] = {
    1: lambda x: f"{x:02X}",
    3: lambda x: f"{chr(ord('A') + x // 10)}{x % 10}",
    4: lambda x: f"{x // 26}{chr(ord('A') + x % 26)}",
    5: lambda x: f"{x}",
    6: lambda x: f"{x + 1}",
    7: lambda x: f"{x + 100}",
    8: lambda x: f"{x + 101}",
}
_FOUR_DIGITS = 2
HASH_TRIMMING_FUNCTIONS = range(1, 9)


def short_code(omega: int, selection_hash: bytes) -> str:
    """Return Ω(ψ): of the last two bytes as four hexadecimal digits if Ω is Ω_2, else of the last byte.

    Spec: EG-2.1 §4.6; §4.1.5
    """
    return selection_hash[-2:].hex().upper() if omega == _FOUR_DIGITS else _OF_LAST_BYTE[omega](selection_hash[-1])


def chance_of_unique_codes(omega: int, count: int) -> Fraction:
    """Return how likely it is that so many codes are all different.

    Spec: EG-2.1 §4.1.5
    """
    codes = 1 << (16 if omega == _FOUR_DIGITS else 8)
    return prod((Fraction(codes - taken, codes) for taken in range(min(count, codes + 1))), start=Fraction(1))
