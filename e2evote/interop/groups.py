"""Groups of integers that a record brings with it: tested before anything is computed in them."""

import hashlib
from functools import lru_cache

from gmpy2 import is_prime, mpz, powmod

from e2evote.errors import CheckError
from e2evote.group.elements import Group
from e2evote.group.parameters import group_with_prime

LARGEST = 8192
"""Bits of p that are computed with; more would only keep a verifier busy."""
ROUNDS = 40
"""Rounds of Miller and Rabin after GMP's own tests."""


@lru_cache(maxsize=8)
def integer_group(p: int, q: int, g: int) -> Group:
    """Return the subgroup of order q of Z_p^* that g generates.

    A group of this library's own parameter sets comes with its name; others are called by their length.

    Raises:
        CheckError: p or q is no prime, q does not divide p − 1, or g does not have order q.
    """
    if not 2 < p.bit_length() <= LARGEST or not 1 < q < p:
        raise CheckError(f"p has {p.bit_length()} bits; expected 3 to {LARGEST}, and q between 1 and p")
    if not is_prime(mpz(p), ROUNDS):
        raise CheckError("p is not a prime")
    if not is_prime(mpz(q), ROUNDS):
        raise CheckError("q is not a prime")
    if (p - 1) % q:
        raise CheckError("q does not divide p − 1")
    if not 1 < g < p or powmod(g, q, p) != 1:
        raise CheckError("g does not generate a group of order q")
    known = group_with_prime(p)
    if known is not None and (int(known.q), int(known.generator)) == (q, g):
        return known
    name = f"integers-{p.bit_length()}-{q.bit_length()}-{_digits(p, q, g)}"
    return Group(name, mpz(p), mpz(q), mpz((p - 1) // q), mpz(g))


def _digits(*numbers: int) -> str:
    """Return digits that tell groups of the same lengths apart: groups are equal by their names."""
    return hashlib.sha256(",".join(map(str, numbers)).encode()).hexdigest()[:32]
