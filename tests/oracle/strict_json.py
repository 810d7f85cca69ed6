"""JSON read strictly: one reading for every byte sequence, and none for most.

Docs: docs/formats/record.md, "Encoding". What is refused here is form; range and membership are for the boxes.
"""

import datetime
import json
import re
from typing import Any, NoReturn

STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|.)", re.DOTALL)
HEX = re.compile(r"(?:[0-9A-F]{2})*")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
SMALL = 2**31
TOTAL = 2**53


class OracleParseError(ValueError):
    """The record, or a file of it, cannot be read: its form is wrong."""


def refuse(where: str, why: str) -> NoReturn:
    raise OracleParseError(f"{where}: {why}")


def decode(content: bytes, where: str, *, compact: bool) -> Any:
    """One JSON value, UTF-8 without BOM; `compact` allows no blanks outside strings and no needless escapes."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        refuse(where, "not UTF-8")
    if text.startswith("\ufeff"):
        refuse(where, "starts with a byte order mark")
    if compact and re.search(r"\s", STRING.sub('""', text)):
        refuse(where, "blanks outside strings")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_members,
            parse_int=_integer,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
        _refuse_null_and_surrogates(value)
    except (ValueError, RecursionError) as error:
        refuse(where, f"not strict JSON: {error}")
    if compact and any(_is_longer_than_needed(escape) for escape in ESCAPE.findall(text)):
        refuse(where, "an escape that is not needed")
    return value


def _is_longer_than_needed(escape: str) -> bool:
    """Only quote, backslash and control characters are escaped, by one letter where there is one."""
    if escape[1] != "u":
        return escape[1] == "/"
    code = int.from_bytes(bytes.fromhex(escape[2:]), "big")
    return code >= 0x20 or chr(code) in "\b\t\n\f\r" or escape != escape.lower()


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate key")
    return members


def _integer(digits: str) -> int:
    if digits == "-0" or len(digits) > 17:
        raise ValueError(f"the number {digits[:20]}")
    return int(digits)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:20]}")


def _refuse_null_and_surrogates(value: Any) -> None:
    if value is None:
        raise ValueError("null")
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, list):
        for item in value:
            _refuse_null_and_surrogates(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            key.encode("utf-8")
            _refuse_null_and_surrogates(item)


def json_file(content: bytes, where: str) -> Any:
    """A .json file of a record: one compact object, and one line feed behind it."""
    if not content.endswith(b"\n"):
        refuse(where, "has no line feed at its end")
    return decode(content[:-1], where, compact=True)


def json_lines(content: bytes, where: str, *, may_be_empty: bool) -> list[tuple[Any, str]]:
    """A .ndjson file: one compact object a line, each line ended by one line feed; with each value its place."""
    if not content:
        if not may_be_empty:
            refuse(where, "has no line; such a file is left out")
        return []
    if not content.endswith(b"\n"):
        refuse(where, "the last line has no end")
    lines = content[:-1].split(b"\n")
    places = [f"{where}, line {number}" for number in range(1, len(lines) + 1)]
    return [(decode(line, place, compact=True), place) for line, place in zip(lines, places, strict=True)]


def members(value: Any, layout: str, where: str, *, ordered: bool = True) -> dict[str, Any]:
    """An object with exactly the fields of `layout`, in that order; a field marked `?` may be left out."""
    if not isinstance(value, dict):
        refuse(where, "an object is expected")
    names = [name.removesuffix("?") for name in layout.split()]
    for name in value:
        if name not in names:
            refuse(where, f"unknown field {name!r}")
    for name in layout.split():
        if not name.endswith("?") and name not in value:
            refuse(where, f"field {name!r} is missing")
    if ordered and list(value) != [name for name in names if name in value]:
        refuse(where, "fields in another order")
    return value


def items(value: Any, where: str) -> list[tuple[Any, str]]:
    """An array; with each item its place, counted from 1."""
    if not isinstance(value, list):
        refuse(where, "an array is expected")
    return [(item, f"{where}[{number}]") for number, item in enumerate(value, 1)]


def text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        refuse(where, "a string is expected")
    return value


def integer(value: Any, where: str) -> int:
    """Any JSON integer; where a rule bounds it, the rule is checked elsewhere."""
    if type(value) is not int:
        refuse(where, "an integer is expected")
    return value


def count(value: Any, where: str, below: int = SMALL) -> int:
    """A small integer 0 <= n < 2^31, or below another bound."""
    number = integer(value, where)
    if not 0 <= number < below:
        refuse(where, f"{number} is out of range")
    return number


def hex_bytes(value: Any, where: str, length: int | None = None) -> bytes:
    """Upper-case hexadecimal digits, of a fixed number of bytes where `length` is given."""
    digits = text(value, where)
    if not HEX.fullmatch(digits):
        refuse(where, "upper-case hexadecimal digits are expected")
    if length is not None and len(digits) != 2 * length:
        refuse(where, f"{2 * length} digits are expected, not {len(digits)}")
    return bytes.fromhex(digits)


def hex_number(value: Any, where: str, length: int) -> int:
    """An element (l_p bytes) or a scalar (32 bytes), in big-endian form; it may lie out of range."""
    return int.from_bytes(hex_bytes(value, where, length), "big")


def check_time(value: Any, where: str) -> None:
    """RFC 3339 in UTC with whole seconds, written with T and Z."""
    moment = text(value, where)
    try:
        if not TIME.fullmatch(moment):
            raise ValueError
        datetime.datetime.fromisoformat(moment.removesuffix("Z"))
    except ValueError:
        refuse(where, "no time YYYY-MM-DDThh:mm:ssZ")
