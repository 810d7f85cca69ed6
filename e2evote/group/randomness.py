"""Where secret numbers come from: the operating system, unless a caller hands in another source (tests do)."""

import secrets
from typing import Protocol

from e2evote.group.elements import Group, SecretScalar


class Randomness(Protocol):
    """A source of uniform secrets."""

    def scalar(self, group: Group) -> SecretScalar:
        """Return a uniform element of Z_q."""

    def bytes(self, n: int) -> bytes:
        """Return n uniform bytes."""


class SystemRandomness:
    """The operating system's generator."""

    def scalar(self, group: Group) -> SecretScalar:
        """Return a uniform element of Z_q."""
        return group.secret(secrets.randbelow(int(group.q)))

    def bytes(self, n: int) -> bytes:
        """Return n uniform bytes."""
        return secrets.token_bytes(n)


SYSTEM: Randomness = SystemRandomness()
