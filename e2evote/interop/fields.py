"""Values of JSON, taken strictly."""

from typing import Any

from e2evote.errors import ParseError

LARGEST = 1 << 53
"""What an integer of JSON may be below."""


def record(value: object, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an object with these fields and no others.

    Raises:
        ParseError: not an object, or other fields.
    """
    if not isinstance(value, dict):
        raise ParseError(where, "expected an object")
    missing, unknown = set(required) - set(value), set(value) - set(required) - set(optional)
    if missing or unknown:
        names = ", ".join(ascii(name)[:40] for name in sorted(missing or unknown)[:5])
        raise ParseError(where, f"{'missing' if missing else 'unknown'} fields: {names}")
    return value


def items(value: object, where: str, count: int | None = None) -> list[Any]:
    """Return a list, of so many items where that is given.

    Raises:
        ParseError: not a list, or another number of items.
    """
    if not isinstance(value, list):
        raise ParseError(where, "expected a list")
    if count is not None and len(value) != count:
        raise ParseError(where, f"{len(value)} items; expected {count}")
    return value


def text(value: object, where: str) -> str:
    """Return a string.

    Raises:
        ParseError: something else.
    """
    if not isinstance(value, str):
        raise ParseError(where, "expected a string")
    return value


def integer(value: object, where: str) -> int:
    """Return an integer from 0 up.

    Raises:
        ParseError: something else, or 2^53 and more.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < LARGEST:
        raise ParseError(where, "expected a natural number")
    return value
