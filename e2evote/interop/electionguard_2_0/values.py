"""Values of these records' JSON, taken strictly: fields, numbers, and bytes in either of the two spellings."""

import base64
import binascii
import re

from e2evote.errors import ParseError
from e2evote.interop.fields import items

LARGEST = 1 << 31
"""What an integer of a record may be below, but for the time."""
_HEX = re.compile(r"(?:[0-9A-F]{2})*", re.ASCII)


def text(value: object, where: str) -> str:
    """Return a string of at least one character.

    Raises:
        ParseError: something else.
    """
    if not isinstance(value, str) or not value:
        raise ParseError(where, "expected a string that is not empty")
    return value


def integer(value: object, where: str, below: int = LARGEST) -> int:
    """Return an integer from 0 up.

    Raises:
        ParseError: something else, or too large.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < below:
        raise ParseError(where, f"expected a natural number below {below}")
    return value


def flag(value: object, where: str) -> bool:
    """Return a truth value.

    Raises:
        ParseError: something else.
    """
    if not isinstance(value, bool):
        raise ParseError(where, "expected true or false")
    return value


def hexadecimal(value: object, where: str) -> bytes:
    """Return bytes written as upper-case hex.

    Raises:
        ParseError: something else.
    """
    if not isinstance(value, str) or _HEX.fullmatch(value) is None:
        raise ParseError(where, "expected bytes in upper-case hex")
    return bytes.fromhex(value)


def canonical_base64(value: object, where: str) -> bytes:
    """Return bytes written as base64, in its one form.

    Raises:
        ParseError: something else.
    """
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or base64.b64encode(data).decode() != value:
        raise ParseError(where, "expected bytes in base64")
    return data


def signed_bytes(value: object, where: str) -> bytes:
    """Return bytes written as a list of numbers −128…127.

    Raises:
        ParseError: something else.
    """
    numbers = items(value, where)
    if not all(isinstance(n, int) and not isinstance(n, bool) and -128 <= n < 128 for n in numbers):
        raise ParseError(where, "expected a list of bytes, −128 to 127")
    return bytes(n % 256 for n in numbers)


def distinct(values: list[str], where: str) -> None:
    """Accept names that are all different.

    Raises:
        ParseError: one is there twice.
    """
    if len(set(values)) != len(values):
        raise ParseError(where, "a name is there twice")
