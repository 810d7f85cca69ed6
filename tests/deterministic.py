"""Repeatable randomness, for frozen vectors and records that come out the same every time. Never for an election."""

import hashlib
import hmac

from e2evote.group.elements import Group, SecretScalar


class DeterministicRandomness:
    """A ``Randomness`` that is a function of its seed: HMAC-SHA-256(seed, counter), one block after the other."""

    def __init__(self, seed: int | str) -> None:
        """Start the stream of this seed; two instances with one seed give the same numbers."""
        self._key = hashlib.sha256(f"e2evote tests {seed}".encode()).digest()
        self._counter = 0

    def bytes(self, n: int) -> bytes:
        """Return the next n bytes of the stream, discarding the rest of the last block."""
        data = b""
        while len(data) < n:
            data += hmac.digest(self._key, self._counter.to_bytes(8, "big"), "sha256")
            self._counter += 1
        return data[:n]

    def scalar(self, group: Group) -> SecretScalar:
        """Return the next element of Z_q: 48 bytes reduced mod q."""
        return group.secret(int.from_bytes(self.bytes(48), "big"))


class ScriptedRandomness:
    """A ``Randomness`` that hands out given numbers, to reproduce a vector that states its nonces."""

    def __init__(self, *numbers: int) -> None:
        """Take the scalars in the order in which they will be asked for."""
        self._numbers = list(numbers)

    def bytes(self, n: int) -> bytes:
        """Refuse: a script has scalars only."""
        raise AssertionError("no bytes in this script")

    def scalar(self, group: Group) -> SecretScalar:
        """Return the next number."""
        return group.secret(self._numbers.pop(0))
