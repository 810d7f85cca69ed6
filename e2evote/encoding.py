"""Bytes and text, strictly: fixed-width integers, upper-case hex, JSON without surprises.

Nothing here knows of groups or votes. Every function accepts exactly one spelling of a value, so that
two different files never mean the same thing.
"""

import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from e2evote.errors import ParseError

_HEX = re.compile(r"[0-9A-F]*")


def b(x: int, n: int) -> bytes:
    """Return the n-byte big-endian encoding of 0 ≤ x < 256^n.

    Raises:
        OverflowError: x is negative or does not fit.

    Spec: EG-2.1 §5.1, eq. 123
    """
    return int(x).to_bytes(n, "big")


def hex_of(data: bytes) -> str:
    """Return upper-case hex."""
    return data.hex().upper()


def parse_hex(text: object, size: int | None = None) -> bytes:
    """Return the bytes of an upper-case hex string of exactly ``size`` bytes (any whole number if None).

    Raises:
        ValueError: not a string, another alphabet, another width.
    """
    if not isinstance(text, str):
        raise ValueError("expected a string of upper-case hex digits")
    if size is not None and len(text) != 2 * size:
        raise ValueError(f"expected {2 * size} upper-case hex digits, found {len(text)} characters")
    if len(text) % 2 or not _HEX.fullmatch(text):
        raise ValueError("expected upper-case hex digits only, an even number of them")
    return bytes.fromhex(text)


def xor(left: bytes, right: bytes) -> bytes:
    """Return left ⊕ right of two byte strings of the same length."""
    return bytes(x ^ y for x, y in zip(left, right, strict=True))


def canonical_json(value: object) -> bytes:
    """Return compact UTF-8 JSON, keys in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def strict_json(data: bytes, where: str, nulls: bool = False) -> Any:  # noqa: ANN401  (JSON is any of its types)
    """Parse UTF-8 JSON, refusing duplicate keys, null, NaN, infinities, lone surrogates, a BOM and absurd nesting.

    Args:
        data: the text.
        where: what to call it in an error.
        nulls: accept null, for formats of others.

    Raises:
        ParseError: with ``where`` and the first problem found.
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items:
            if key in result:
                raise ParseError(where, "the key appears twice", _printable(key))
            if value is None and not nulls:
                raise ParseError(where, "null is not allowed; leave the field out", _printable(key))
            result[key] = value
        return result

    def constant(name: str) -> None:
        raise ParseError(where, f"{name} is not JSON")

    def fraction(text: str) -> float:
        if not isfinite(value := float(text)):
            raise ParseError(where, "a number is too large")
        return value

    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=fraction)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ParseError(where, "a string holds half of a surrogate pair") from error
    except UnicodeDecodeError as error:
        raise ParseError(where, f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise ParseError(where, f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except (RecursionError, ValueError) as error:
        raise ParseError(where, "nested too deeply or a number too long") from error
    if not nulls and _holds_null(value):
        raise ParseError(where, "null is not allowed in an array or alone")
    return value


def _holds_null(value: object) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if item is None:
            return True
        if isinstance(item, dict | list):
            pending += item.values() if isinstance(item, dict) else item
    return False


def _printable(key: str) -> str:
    return key.encode("ascii", "backslashreplace").decode()[:100]


class Hex:
    """Annotation for ``bytes`` that are stored as upper-case hex: ``Annotated[bytes, Hex(32)]``.

    The schema is plain data, so that this file needs no validation library.
    """

    def __init__(self, size: int | None = None) -> None:
        """Take the exact number of bytes, or None for any."""
        self.size = size

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> dict[str, Any]:
        """Validate from hex or bytes, serialise to hex."""

        def validate(value: object) -> bytes:
            if isinstance(value, bytes):
                if self.size is not None and len(value) != self.size:
                    raise ValueError(f"expected {self.size} bytes, found {len(value)}")
                return value
            return parse_hex(value, self.size)

        return plain_schema(validate, hex_of)

    def __get_pydantic_json_schema__(self, schema: object, handler: object) -> dict[str, Any]:
        """Describe the string."""
        return hex_json_schema(2 * self.size if self.size is not None else None)


def hex_json_schema(digits: int | None) -> dict[str, Any]:
    """Return the JSON Schema of an upper-case hex string."""
    return {"type": "string", "pattern": f"^[0-9A-F]{{{digits}}}$" if digits is not None else "^([0-9A-F]{2})*$"}


def plain_schema(
    validate: Callable[..., object], serialise: Callable[[Any], object], info: bool = False
) -> dict[str, Any]:
    """Return the validation schema, as data, of a type with its own reader and writer."""
    return {
        "type": "function-plain",
        "function": {"type": "with-info" if info else "no-info", "function": validate},
        "serialization": {"type": "function-plain", "function": serialise},
    }
