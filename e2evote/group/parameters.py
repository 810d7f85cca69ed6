"""The parameter sets of the specification, each by name.

Only ``STANDARD`` makes a conformant election. The others are for tests and must be asked for by name wherever a
record is read.
"""

from functools import cache

import gmpy2
from gmpy2 import mpz

from e2evote.errors import CheckError
from e2evote.group.elements import Group

STANDARD_NAME = "standard-4096"

_Q = mpz(2) ** 256 - 189
_DELTA_4096 = mpz("287975203778583638958138611533602521491887169409704874643524560756486080635197037903")
_DELTA_3072 = mpz("298707407953437995876300625370749906325322663598036756391867662926569213935809577593")

# name: (q, p), q bits and p bits in the name; r = (p − 1)/q and g = 2^r mod p follow.
_TOY = {
    "toy-7-16": (127, 59183),
    "toy-16-32": (65521, 4214179679),
    "toy-16-48": (65521, 281010572049407),
    "toy-24-64": (16777213, 18444843247520538623),
    "toy-32-96": (4294967291, 79227651399410325621583970303),
    "toy-32-128": (4294967291, 340282366887442052436576802921059975167),
    "toy-48-192": (0xFFFFFFFFFFC5, 0xFFFFFFFFFFFFFFFF9ECB779649D9A82DFFFFFFFFFFFFFFFF),
    "toy-64-256": (0xFFFFFFFFFFFFFFC5, 0xFFFFFFFFFFFFFFFF93C467E37DB1212B89995855493FF059FFFFFFFFFFFFFFFF),
}

INSECURE_NAMES = ("reduced-3072", *_TOY)
"""Names of the sets that prove nothing: too small, or not the one the specification prescribes."""


def _baseline_prime(bits: int, delta: mpz) -> mpz:
    """Return p = 2^bits − 2^(bits−256) + 2^256·(⌊2^(bits−512)·ln 2⌋ + δ) + 2^256 − 1.

    Spec: EG-2.1 §3.1.1
    """
    with gmpy2.context(precision=bits) as context:
        context.round = gmpy2.RoundDown
        ln_2 = mpz(gmpy2.floor(gmpy2.const_log2() * gmpy2.mpfr(2) ** (bits - 512)))
    one = mpz(1)
    return (one << bits) - (one << (bits - 256)) + ((ln_2 + delta) << 256) + (one << 256) - 1


@cache
def group_named(name: str) -> Group:
    """Return the parameter set of that name.

    Raises:
        CheckError: no such name.
    """
    if name == STANDARD_NAME:
        q, p = _Q, _baseline_prime(4096, _DELTA_4096)
    elif name == "reduced-3072":
        q, p = _Q, _baseline_prime(3072, _DELTA_3072)
    elif name in _TOY:
        q, p = map(mpz, _TOY[name])
    else:
        raise CheckError(
            f"no parameter set is called {name!r}; there are {', '.join((STANDARD_NAME, *INSECURE_NAMES))}"
        )
    r = (p - 1) // q
    return Group(name, p, q, r, gmpy2.powmod(2, r, p))


def group_with_prime(p: int) -> Group | None:
    """Return the parameter set whose prime is p, or None."""
    names = (STANDARD_NAME, *INSECURE_NAMES)
    return next((group for group in map(group_named, names) if group.p == p), None)


STANDARD = group_named(STANDARD_NAME)
"""The standard 4096-bit parameters."""
