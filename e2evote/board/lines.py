"""The two spellings that all texts of the log share: decimal numbers and base64, each value in one way only."""

import base64
import binascii
import re

from e2evote.errors import ParseError

NUMBER_LIMIT = 1 << 63
"""Sizes, indices and times are below this."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse_decimal(text: str, where: str, field: str) -> int:
    """Return a number from 0 to 2^63 − 1, written without sign and leading zeros.

    Raises:
        ParseError: anything else.
    """
    if not _DECIMAL.fullmatch(text) or int(text) >= NUMBER_LIMIT:
        raise ParseError(where, "expected a decimal number below 2^63, without leading zeros", field)
    return int(text)


def to_base64(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode()


def parse_base64(text: str, where: str, field: str) -> bytes:
    """Return the bytes of standard base64 with padding, in the one spelling that ``to_base64`` gives.

    Raises:
        ParseError: another alphabet, wrong padding, bits that say nothing, or no bytes at all.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ParseError(where, "expected base64 with padding", field) from None
    if not data or to_base64(data) != text:
        raise ParseError(where, "expected base64 in its one canonical spelling, and not empty", field)
    return data


def parse_hash(text: str, where: str, field: str) -> bytes:
    """Return 32 bytes from base64.

    Raises:
        ParseError: not base64, or another number of bytes.
    """
    data = parse_base64(text, where, field)
    if len(data) != 32:
        raise ParseError(where, f"expected base64 of 32 bytes, found {len(data)}", field)
    return data
