"""The hash of ElectionGuard 1.x: SHA-256 over parts with bars between them, mod q."""

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

from gmpy2 import mpz

from e2evote.group.elements import Element, Group, Scalar

Part: TypeAlias = Element | Scalar | str | int | Sequence["Part"] | None


def hex_of(value: mpz) -> str:
    """Return a number as upper-case hex with an even number of digits and no other padding."""
    digits = f"{int(value):X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def H(group: Group, *parts: Part) -> Scalar:  # noqa: N802  (the field's name)
    """Return H(parts) = SHA-256("|" ‖ part ‖ "|" ‖ …) mod q.

    Elements are in hex, small numbers in decimal; nothing and an empty list are ``null``; a list is hashed first.
    """
    text = "|" + "".join(f"{_text(group, part)}|" for part in parts)
    return group.scalar(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def _text(group: Group, part: Part) -> str:
    if isinstance(part, Element | Scalar):
        return hex_of(part.value)
    if isinstance(part, str):
        return part
    if isinstance(part, int):
        return str(part)
    return hex_of(H(group, *part).value) if part else "null"
