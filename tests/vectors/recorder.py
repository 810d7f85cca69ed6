"""Listen to what the library hashes: key, message and result of every HMAC, in order."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import NamedTuple
from unittest.mock import patch

from e2evote import hashing


class Hashed(NamedTuple):
    """One HMAC-SHA-256."""

    key: bytes
    message: bytes
    result: bytes


@contextmanager
def recorded() -> Iterator[list[Hashed]]:
    """Yield a list that grows with every HMAC of ``e2evote.hashing``, hash or key derivation."""
    calls: list[Hashed] = []

    def digest(key: bytes, message: bytes, algorithm: object) -> bytes:
        result = hmac.digest(key, message, algorithm)
        calls.append(Hashed(key, message, result))
        return result

    with patch.object(hashing, "hmac", SimpleNamespace(digest=digest)):
        yield calls
