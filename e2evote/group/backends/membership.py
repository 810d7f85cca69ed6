"""Membership of many numbers at once, for a backend to which powers are dear.

p − 1 = 2·q·s with s = r/2 prime and p ≡ 3 (mod 4). A number of Jacobi symbol 1 is a square, so its order divides q·s.
Of squares x_i the product (Π x_i^(e_i))^q with random 128-bit e_i is 1 if all are members; if one has a part of order
s, it is 1 for at most one value of its e_i mod s, whatever the others are: with probability ≤ 2^−128, as s > 2^128. A
product that is not 1 is split in halves until the culprits stand alone, and those are tested by their own power.
"""

import secrets
from collections.abc import Sequence
from functools import lru_cache

import gmpy2
from gmpy2 import mpz

BITS = 128
_ALONE = 4
"""So few are tested one by one."""


@lru_cache(maxsize=16)
def allows_batches(p: mpz, q: mpz) -> bool:
    """Tell whether p and q have the form for which the argument above holds."""
    s = (p - 1) // (2 * q)
    return (p - 1) % (2 * q) == 0 and p & 3 == 3 and s.bit_length() > BITS and gmpy2.is_prime(s) and s != q


def members(p: mpz, q: mpz, numbers: Sequence[mpz]) -> list[bool]:
    """Tell of every number 0 ≤ x < p whether x^q mod p = 1, wrong with probability ≤ 2^−128 for each batch tested."""
    result = [0 < x < p and gmpy2.jacobi(x, p) == 1 for x in numbers]
    squares = [index for index, is_square in enumerate(result) if is_square]
    for index in _outsiders(p, q, numbers, squares):
        result[index] = False
    return result


def _outsiders(p: mpz, q: mpz, numbers: Sequence[mpz], indices: Sequence[int]) -> list[int]:
    """Return which of the squares are not members."""
    if len(indices) <= _ALONE or not allows_batches(p, q):
        return [index for index in indices if gmpy2.powmod(numbers[index], q, p) != 1]
    exponents = [mpz(secrets.randbits(BITS)) for _ in indices]
    if gmpy2.powmod(product_of_powers(p, [numbers[index] for index in indices], exponents), q, p) == 1:
        return []
    half = len(indices) // 2
    return [*_outsiders(p, q, numbers, indices[:half]), *_outsiders(p, q, numbers, indices[half:])]


def product_of_powers(p: mpz, numbers: Sequence[mpz], exponents: Sequence[mpz]) -> mpz:
    """Return Π x_i^(e_i) mod p for 0 ≤ e_i < 2^128 (buckets by digit, Pippenger 1976)."""
    window = max(1, min(8, len(numbers).bit_length() - 2))
    result = mpz(1)
    for start in reversed(range(0, BITS, window)):
        for _ in range(window):
            result = result * result % p
        buckets: list[mpz | None] = [None] * (1 << window)
        for x, e in zip(numbers, exponents, strict=True):
            digit = int(e >> start) & (1 << window) - 1
            if digit:
                known = buckets[digit]
                buckets[digit] = x if known is None else known * x % p
        running = mpz(1)
        for bucket in reversed(buckets[1:]):
            running = running if bucket is None else running * bucket % p
            result = result * running % p
    return result
