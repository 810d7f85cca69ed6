"""The eight hash-trimming functions."""

from fractions import Fraction

import pytest

from e2evote.record.short_codes import HASH_TRIMMING_FUNCTIONS, chance_of_unique_codes, short_code


def last(byte: int, before: int = 0xAB) -> bytes:
    return bytes(30) + bytes((before, byte))


@pytest.mark.parametrize(
    ("omega", "first", "example", "final"),
    [
        (1, "00", "1F", "FF"),
        (2, "AB00", "AB1F", "ABFF"),
        (3, "A0", "D1", "Z5"),
        (4, "0A", "1F", "9V"),
        (5, "0", "31", "255"),
        (6, "1", "32", "256"),
        (7, "100", "131", "355"),
        (8, "101", "132", "356"),
    ],
)
def test_first_and_last_codes(omega: int, first: str, example: str, final: str) -> None:
    """Spec: EG-2.1 §4.6"""
    assert [short_code(omega, last(byte)) for byte in (0, 31, 255)] == [first, example, final]


@pytest.mark.parametrize("omega", HASH_TRIMMING_FUNCTIONS)
def test_every_last_byte_has_a_code_of_its_own(omega: int) -> None:
    assert len({short_code(omega, last(byte)) for byte in range(256)}) == 256


def test_four_digits_are_of_two_bytes() -> None:
    assert short_code(2, last(1, 2)) != short_code(2, last(1, 3))
    assert short_code(1, last(1, 2)) == short_code(1, last(1, 3))


def test_chance_that_codes_differ() -> None:
    assert chance_of_unique_codes(1, 1) == 1
    assert chance_of_unique_codes(1, 2) == Fraction(255, 256)
    assert chance_of_unique_codes(2, 2) == Fraction(65535, 65536)
    assert chance_of_unique_codes(1, 257) == 0
    assert chance_of_unique_codes(1, 1000) == 0
