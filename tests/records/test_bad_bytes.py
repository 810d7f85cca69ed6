"""Damaged bytes of any file of a record: refused by name."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from e2evote.record import layout
from tests.builders import BuiltRecord
from tests.records.conftest import FILES, Change, at, failed, refused, rewrite, rewrite_json


def first_key(data: bytes) -> bytes:
    match = re.search(rb'"[a-z_]+":', data)
    assert match
    return match[0]


DAMAGES: dict[str, Change] = {
    "cut in half": lambda data: data[: len(data) // 2 - 7],
    "without its last bracket": lambda data: data.rstrip()[:-1] + b"\n",
    "not JSON": lambda data: b"hello\n",
    "an array": lambda data: b"[]\n",
    "a number": lambda data: b"1\n",
    "an empty object": lambda data: b"{}\n",
    "binary": lambda data: bytes(range(256)) + b"\n",
    "zero bytes": lambda data: bytes(100),
    "not UTF-8": lambda data: data.replace(first_key(data), b'"\xff":', 1),
    "with a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "in UTF-16": lambda data: data.decode().encode("utf-16"),
    "with a key twice": lambda data: data.replace(b"{", b"{" + first_key(data) + b"1,", 1),
    "with an unknown field": lambda data: data.replace(b"{", b'{"colour":1,', 1),
    "with an unknown null": lambda data: data.replace(b"{", b'{"colour":null,', 1),
    "nested deeply": lambda data: data.replace(b"{", b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b",", 1),
    "nested without end": lambda data: b"[" * 100_000 + b"\n",
    "with a huge number": lambda data: data.replace(b"{", b'{"x":' + b"9" * 10_000 + b",", 1),
    "with NaN": lambda data: data.replace(b"{", b'{"x":NaN,', 1),
    "with half a surrogate pair": lambda data: data.replace(b"{", b'{"\\ud800":1,', 1),
    "with a comment": lambda data: b"// comment\n" + data,
}
FORM_DAMAGES: dict[str, Change] = {
    "without line end": lambda data: data.removesuffix(b"\n"),
    "with a second line end": lambda data: data + b"\n",
    "with carriage returns": lambda data: data.replace(b"\n", b"\r\n"),
    "with a blank": lambda data: data.replace(b",", b", ", 1),
    "with a tab at the end": lambda data: data.removesuffix(b"\n") + b"\t\n",
    "with a key escaped": lambda data: re.sub(rb'"([a-z])', lambda m: b'"\\u%04x' % ord(m[1]), data, count=1),
    "with two objects in a line": lambda data: data.replace(b"\n", b"{}\n", 1),
}
"""What the manifest may have and no other file."""


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_refused_by_name(name: str, damage: str, copy: Path) -> None:
    rewrite(copy, name, DAMAGES[damage])
    assert re.fullmatch(re.escape(name) + "(:[0-9]+)?", refused(copy).where)


@pytest.mark.parametrize("damage", FORM_DAMAGES)
@pytest.mark.parametrize("name", [name for name in FILES if name != layout.MANIFEST])
def test_only_one_spelling_is_read(name: str, damage: str, copy: Path) -> None:
    before = (copy / name).read_bytes()
    rewrite(copy, name, FORM_DAMAGES[damage])
    if (copy / name).read_bytes() == before:
        assert (name, damage) == (layout.EXTENDED_HASHES, "with a blank")  # one field, no comma
        return
    assert re.fullmatch(re.escape(name) + "(:[0-9]+)?", refused(copy).where)


@pytest.mark.parametrize("name", FILES)
def test_empty_files(name: str, copy: Path) -> None:
    rewrite(copy, name, lambda _: b"")
    if name == layout.TALLIES:
        assert "X.tally-complete" in failed(copy)
    elif name == layout.statuses_path(1):
        assert "X.status-complete" in failed(copy)
    else:
        assert refused(copy).where == name


@pytest.mark.parametrize("name", [name for name in FILES if name != layout.EXTENDED_HASHES])  # it has one field
def test_fields_in_another_order(name: str, copy: Path) -> None:
    def turn(value: Any) -> None:
        fields = list(value.items())[::-1]
        value.clear()
        value.update(fields)

    rewrite_json(copy, name, turn)
    if name == layout.MANIFEST:
        assert "1.F" in failed(copy)
    elif name in (layout.CHALLENGED_BALLOTS, layout.CONTEST_DATA):
        assert "begins with device and position" in refused(copy).problem
    else:
        assert "canonical" in refused(copy).problem


@pytest.mark.parametrize("name", FILES)
def test_every_field_is_needed(name: str, copy: Path, small: BuiltRecord) -> None:
    value = json.loads(
        (small.path / name).read_bytes().partition(b"\n")[0] if name != layout.MANIFEST else small.manifest_bytes
    )
    optional = {
        layout.MANIFEST: {"name", "date", "chaining_modes", "maximum_weight", "minimum_cell_ballots", "tally_cells",
                          "cast_contest_data_may_be_decrypted"},
        layout.opening_path(1): {"h_0"},
        layout.closing_path(1): {"chaining_field", "closing_hash"},
    }.get(name, set())  # fmt: skip
    for field in value.keys() - optional:
        (copy / name).write_bytes((small.path / name).read_bytes())
        rewrite_json(copy, name, lambda top, field=field: top.pop(field))
        error = refused(copy)
        assert error.where.startswith(name)
        assert error.field == field or "begins with device" in error.problem
    for field in value:
        (copy / name).write_bytes((small.path / name).read_bytes())
        rewrite_json(copy, name, at(field, value=None))
        assert refused(copy).where.startswith(name)
