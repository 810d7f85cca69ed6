"""Arithmetic modulo p over batches: GMP always, others where the machine has them; all give the same numbers."""

from collections.abc import Callable

from gmpy2 import mpz

from e2evote.errors import CheckError
from e2evote.group.backends import crypto_mb, ifma
from e2evote.group.backends.gmp import GmpBackend
from e2evote.group.backends.protocol import Backend


def _on_ifma(p: mpz, q: mpz) -> Backend | None:
    return ifma.IfmaBackend(p, q) if ifma.available() and ifma.supports(p, q) else None


def _on_crypto_mb(p: mpz, q: mpz) -> Backend | None:
    return crypto_mb.CryptoMbBackend(p, q) if crypto_mb.supports(p, q) and crypto_mb.available() else None


_KINDS: dict[str, Callable[[mpz, mpz], Backend | None]] = {
    "ifma": _on_ifma,
    "crypto_mb": _on_crypto_mb,
    "gmpy2": GmpBackend,
}
"""From a name to a backend for p and q, or None where this machine or these numbers do not allow it; best first."""

NAMES = tuple(_KINDS)
"""Every backend that exists, best first."""


def available(p: mpz, q: mpz) -> tuple[str, ...]:
    """Return the names of the backends that can work modulo p on this machine, best first."""
    return tuple(name for name, kind in _KINDS.items() if kind(p, q) is not None)


def backend(p: mpz, q: mpz, name: str | None = None) -> Backend:
    """Return the backend of that name, or the best there is.

    Raises:
        CheckError: there is no such backend here.
    """
    for known in NAMES if name is None else (name,):
        kind = _KINDS.get(known)
        found = kind(p, q) if kind is not None else None
        if found is not None:
            return found
    raise CheckError(f"no backend {name!r} here for a modulus of {p.bit_length()} bits; there is {available(p, q)}")
