"""The frozen pre-images: the stated message gives the stated hash, and the library still hashes that message.

That it is the right message is shown by ``layouts``, which writes out the tables of §5.5 without the library, and by
docs/spec-index.toml, which has the keys, first bytes and lengths of these tables.
"""

import hmac
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from e2evote.group.parameters import group_named
from e2evote.hashing import Tag
from tests.builders import TOY
from tests.oracle.arithmetic import Group
from tests.vectors import freeze
from tests.vectors.layouts import LAYOUTS, LETTERS, VER, Layout, Values

FROZEN = json.loads(freeze.FILE.read_bytes())
INDEX = Path(__file__).resolve().parents[2] / "docs" / "spec-index.toml"
ROWS = tomllib.loads(INDEX.read_text(encoding="utf-8"))["required"]["rows"]
KEY_DERIVATION = {"17", "18", "36", "66"}
raw = bytes.fromhex


def values(group_name: str) -> Values:
    """Return the inputs of ``freeze`` as integers and bytes."""
    x = freeze.Inputs(group_named(group_name))
    group = Group(int(x.group.p), int(x.group.q), int(x.group.g.value))
    elements, numbers = (tuple(int(item.value) for item in items) for items in (x.elements, x.numbers))
    return Values(group, x.h, x.id_b, x.xi_b, elements, numbers, x.blocks)


STANDARD_VALUES = values(freeze.STANDARD_NAME)


def rows_of(number: str) -> list[tuple[str, Layout]]:
    """Return the hashes of one equation with the standard parameters, with the names of their cases."""
    found = ((name, layout) for name, layouts in LAYOUTS.items() for layout in layouts(STANDARD_VALUES))
    return [(name, layout) for name, layout in found if layout.equation == number]


@pytest.mark.parametrize("vector", FROZEN["vectors"], ids=lambda vector: vector["name"])
def test_pre_image_gives_the_hash(vector: dict[str, Any]) -> None:
    assert hmac.digest(raw(vector["key"]), raw(vector["message"]), "sha256") == raw(vector["result"])


@pytest.mark.parametrize("name", freeze.CASES)
def test_library_hashes_the_pre_image(name: str) -> None:
    stored = [v for v in FROZEN["vectors"] if v["name"] == name or v["name"].startswith(f"{name} (")]
    calls = freeze.hashes_of(group_named(TOY), name)
    assert [(raw(v["key"]), raw(v["message"]), raw(v["result"])) for v in stored] == calls


@pytest.mark.parametrize("group_name", [TOY, freeze.STANDARD_NAME])
@pytest.mark.parametrize("name", freeze.CASES)
def test_library_hashes_what_the_tables_say(name: str, group_name: str) -> None:
    """On both groups, key derivation included.

    Spec: EG-2.1 §5.2, eq. 130; §5.5.1, eqs. 4, 5; §5.5.2, eqs. 11, 13, 16, 22, 27, 30; §3.2.2, eqs. 17, 18
    Spec: EG-2.1 §5.5.3, eqs. 32, 33, 35, 38, 41, 59, 62, 64, 65, 69–72, 74, 77, 78; §3.3.4, eq. 36; §3.3.10, eq. 66
    Spec: EG-2.1 §5.5.4, eqs. 88, 90, 99, 101; §5.5.5, eqs. 113, 115–121
    """
    layouts = LAYOUTS[name](STANDARD_VALUES if group_name == freeze.STANDARD_NAME else values(group_name))
    calls = freeze.hashes_of(group_named(group_name), name)
    assert calls == [(layout.b_0, layout.b_1, layout.hash) for layout in layouts]
    assert freeze.CASES[name][0].split() == [layout.equation for layout in layouts]


@pytest.mark.parametrize("number", ROWS)
def test_row_of_the_tables(number: str) -> None:
    """Key, first byte and length of the message.

    Spec: EG-2.1 §5.5.1–5.5.5
    """
    row, layouts = ROWS[number], rows_of(number)
    assert layouts
    key = VER if row["key"] == "ver" else STANDARD_VALUES.h[row["key"].removeprefix("H_").lower()]
    for name, layout in layouts:
        assert (layout.b_0, layout.b_1[0]) == (key, row["tag"])
        if name == "χ":  # without contest data, which the table's length includes
            assert len(layout.b_1) == 5 + 2 * 2 * 512
        else:
            assert len(layout.b_1) == eval(row["length"], {}, LETTERS.get(name, {}))


def test_every_row_is_frozen() -> None:
    assert {vector["equation"] for vector in FROZEN["vectors"]} == {*ROWS, *KEY_DERIVATION, "own"}


@pytest.mark.parametrize("name", freeze.CASES)
def test_length_with_the_standard_parameters(name: str) -> None:
    sizes = FROZEN["message_length_with_standard_parameters"]
    stored = [size for key, size in sizes.items() if key == name or key.startswith(f"{name} (")]
    assert [len(layout.b_1) for layout in LAYOUTS[name](STANDARD_VALUES)] == stored


def test_every_domain_tag_is_frozen() -> None:
    first = {raw(vector["message"])[0] for vector in FROZEN["vectors"]}
    assert set(Tag) <= first


def test_the_file_is_what_freeze_writes() -> None:
    assert freeze.main([]) == 0
