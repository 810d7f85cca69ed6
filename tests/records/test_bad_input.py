"""Whatever a record's files hold, reading it ends in a report or in a ParseError that says where; nothing else."""

import contextlib
import json
import os
import re
import shutil
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from e2evote.cli import main
from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier.report import Report
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.builders import TOY, BuiltRecord, reindex
from tests.records.conftest import Change

BALLOTS = layout.ballots_path(1, 1)
GUARDIAN = layout.guardian_path(1)
OBJECTS = (
    layout.INDEX,
    layout.MANIFEST,
    layout.PARAMETERS,
    layout.HASHES,
    GUARDIAN,
    layout.JOINT_KEYS,
    layout.EXTENDED_HASHES,
    layout.opening_path(1),
    layout.closing_path(1),
)
LINES = (
    BALLOTS,
    layout.statuses_path(1),
    layout.ENCRYPTED_TALLIES,
    layout.TALLIES,
    layout.CHALLENGED_BALLOTS,
    layout.CONTEST_DATA,
)
FILES = (*OBJECTS, *LINES)


def verified(path: Path) -> Report:
    return verify_record(Record.at(path), allow_insecure=(TOY,))


def failed(path: Path) -> set[str]:
    return {check.id for check in verified(path).checks if check.status == "failed"}


def refused(path: Path, ask_oracle: bool = True) -> ParseError:
    """Return the error with which a record is refused; the oracle refuses it too, or finds something."""
    with pytest.raises(ParseError) as caught:
        verified(path)
    assert str(caught.value).startswith(caught.value.where)
    assert "\n" not in str(caught.value)
    str(caught.value).encode("utf-8")
    if ask_oracle:
        with contextlib.suppress(oracle.OracleParseError):
            assert not oracle.verify(path, {TOY}).passed
    return caught.value


def rewrite(root: Path, name: str, change: Change) -> None:
    """Change a file's bytes, and the index unless it is the file."""
    path = root / name
    path.write_bytes(change(path.read_bytes()))
    if name != layout.INDEX:
        reindex(root)


def rewrite_json(root: Path, name: str, change: Callable[[Any], object]) -> None:
    """Change the first object of a file."""

    def changed(data: bytes) -> bytes:
        first, _, rest = data.partition(b"\n")
        value = json.loads(data if name == layout.MANIFEST else first)
        change(value)
        return compact(value) + b"\n" + (b"" if name == layout.MANIFEST else rest)

    rewrite(root, name, changed)


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def at(*path: str | int, value: object) -> Callable[[Any], None]:
    """Return a change of one place, to a value or to a function of the old one."""

    def change(top: Any) -> None:
        for step in path[:-1]:
            top = top[step]
        top[path[-1]] = value(top[path[-1]]) if callable(value) else value

    return change


# ------------------------------------------------------------------------------------------- bytes of any file


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


# ------------------------------------------------------------------------------------------- single fields

HEX_PLACES: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    (layout.INDEX, ("files", 0, "sha256")),
    (layout.HASHES, ("h_p",)),
    (layout.HASHES, ("h_b",)),
    (GUARDIAN, ("vote_commitments", 1)),
    (GUARDIAN, ("communication_key",)),
    (GUARDIAN, ("vote_proof", "challenge")),
    (GUARDIAN, ("data_proof", "responses", 2)),
    (layout.JOINT_KEYS, ("vote_encryption_key",)),
    (layout.EXTENDED_HASHES, ("h_e",)),
    (layout.opening_path(1), ("h_di",)),
    (layout.opening_path(1), ("h_0",)),
    (layout.closing_path(1), ("chaining_field",)),
    (layout.closing_path(1), ("closing_hash",)),
    (BALLOTS, ("id_b",)),
    (BALLOTS, ("h_i",)),
    (BALLOTS, ("contests", 0, "options", 1, "ciphertext", "alpha")),
    (BALLOTS, ("contests", 0, "options", 1, "ciphertext", "beta")),
    (BALLOTS, ("contests", 0, "options", 1, "proof", "challenges", 1)),
    (BALLOTS, ("contests", 0, "proof", "responses", 0)),
    (BALLOTS, ("contests", 0, "contest_data", "c_0")),
    (BALLOTS, ("contests", 0, "contest_data", "c_2", "response")),
    (BALLOTS, ("contests", 0, "contest_hash")),
    (BALLOTS, ("ballot_nonce", "c_0")),
    (BALLOTS, ("ballot_nonce", "c_2", "challenge")),
    (BALLOTS, ("chaining_field",)),
    (BALLOTS, ("confirmation_code",)),
    (layout.statuses_path(1), ("confirmation_code",)),
    (layout.ENCRYPTED_TALLIES, ("contests", 0, "options", 0, "alpha")),
    (layout.TALLIES, ("contests", 0, "options", 0, "encoded_tally")),
    (layout.TALLIES, ("contests", 0, "options", 0, "proof", "response")),
    (layout.CHALLENGED_BALLOTS, ("confirmation_code",)),
    (layout.CHALLENGED_BALLOTS, ("contests", 0, "options", 0, "nonce")),
    (layout.CONTEST_DATA, ("factor",)),
    (layout.CONTEST_DATA, ("proof", "challenge")),
)
HEX_DAMAGES: dict[str, Callable[[str], object]] = {
    "in lower case": lambda text: re.sub("[A-F]", lambda m: m[0].lower(), text, count=1),
    "two digits short": lambda text: text[2:],
    "one digit short": lambda text: text[1:],
    "two digits long": lambda text: "00" + text,
    "empty": lambda text: "",
    "with a letter that is no digit": lambda text: "G" + text[1:],
    "with a full-width digit": lambda text: "１" + text[1:],
    "with an Arabic digit": lambda text: "٣" + text[1:],
    "with 0x": lambda text: "0x" + text[2:],
    "with a sign": lambda text: "-" + text[1:],
    "with a blank": lambda text: " " + text[1:],
    "with a line end": lambda text: text[:-1] + "\n",
    "a number": lambda text: 7,
    "a list": lambda text: [text],
    "true": lambda text: True,
}


@pytest.mark.parametrize(
    ("name", "place"), HEX_PLACES, ids=lambda x: ".".join(map(str, x)) if isinstance(x, tuple) else x
)
def test_hex_has_one_spelling(name: str, place: tuple[str | int, ...], copy: Path, small: BuiltRecord) -> None:
    for number, damage in enumerate(HEX_DAMAGES.values()):
        (copy / name).write_bytes((small.path / name).read_bytes())
        rewrite_json(copy, name, at(*place, value=damage))
        # The oracle is asked about another damage at each place.
        error = refused(copy, ask_oracle=number == HEX_PLACES.index((name, place)) % len(HEX_DAMAGES))
        assert error.where in (name, f"{name}:1")
        assert error.field == ".".join(map(str, place))


NUMBERS: tuple[tuple[str, tuple[str | int, ...], int], ...] = (
    # file, place, least value
    (layout.INDEX, ("files", 0, "size"), 0),
    (layout.PARAMETERS, ("n",), 0),
    (layout.PARAMETERS, ("k",), 0),
    (layout.MANIFEST, ("maximum_weight",), 1),
    (layout.MANIFEST, ("ballot_styles", 0, "contests", 0), 1),
    (layout.MANIFEST, ("contests", 0, "selection_limit"), 1),
    (layout.MANIFEST, ("contests", 0, "contest_data_blocks"), 1),
    (GUARDIAN, ("i",), 1),
    (layout.opening_path(1), ("device",), 1),
    (layout.closing_path(1), ("ballots",), 0),
    (BALLOTS, ("device",), 1),
    (BALLOTS, ("position",), 1),
    (BALLOTS, ("ballot_style",), 1),
    (BALLOTS, ("weight",), 0),
    (BALLOTS, ("contests", 0, "index"), 1),
    (layout.ENCRYPTED_TALLIES, ("cell",), 1),
    (layout.ENCRYPTED_TALLIES, ("ballots",), 0),
    (layout.TALLIES, ("cell",), 1),
    (layout.TALLIES, ("contests", 0, "options", 0, "index"), 1),
    (layout.TALLIES, ("contests", 0, "options", 0, "tally"), 0),
    (layout.CHALLENGED_BALLOTS, ("contests", 0, "options", 0, "selection"), 0),
    (layout.CONTEST_DATA, ("index",), 1),
)


@pytest.mark.parametrize(
    ("name", "place", "least"), NUMBERS, ids=lambda x: ".".join(map(str, x)) if isinstance(x, tuple) else str(x)
)
def test_numbers_have_one_spelling(
    name: str, place: tuple[str | int, ...], least: int, copy: Path, small: BuiltRecord
) -> None:
    wrong = [b"-1", b"1.0", b"1e0", b"01", b"+1", b'"1"', b"true", b"[1]", b"9" * 20, b"9" * 5000, b"-0"]
    for spelling in [*wrong, str(least - 1).encode()]:
        (copy / name).write_bytes((small.path / name).read_bytes())
        rewrite_json(copy, name, at(*place, value="PLACEHOLDER"))
        rewrite(copy, name, lambda data, spelling=spelling: data.replace(b'"PLACEHOLDER"', spelling))
        assert refused(copy, ask_oracle=spelling == wrong[least]).where in (name, f"{name}:1"), spelling


@pytest.mark.parametrize(
    "time",
    [
        "2026-12-01 09:30:00Z",
        "2026-12-01T09:30:00",
        "2026-12-01T09:30Z",
        "2026-12-01T09:30:00+00:00",
        "2026-12-01T09:30:00.5Z",
        "2026-12-01t09:30:00z",
        "2026-13-01T09:30:00Z",
        "2026-02-29T09:30:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T09:60:00Z",
        "2026-12-01T09:30:60Z",
        "0000-12-01T09:30:00Z",
        "٢٠٢٦-12-01T09:30:00Z",
        "2026-12-01T09:30:00Z\n",
        "",
    ],
)
def test_times_that_are_none(time: str, copy: Path) -> None:
    rewrite_json(copy, BALLOTS, at("encrypted_at", value=time))
    error = refused(copy)
    assert (error.where, error.field) == (f"{BALLOTS}:1", "encrypted_at")


OTHER_FIELDS: tuple[tuple[str, tuple[str | int, ...], object], ...] = (
    (GUARDIAN, ("name",), ""),
    (GUARDIAN, ("name",), "x" * 201),
    (GUARDIAN, ("vote_commitments",), []),
    (layout.opening_path(1), ("chaining_mode",), 2),
    (layout.opening_path(1), ("device_info",), 1),
    (layout.statuses_path(1), ("status",), "counted"),
    (layout.statuses_path(1), ("status",), "Cast"),
    (BALLOTS, ("contests",), []),
    (BALLOTS, ("contests", 0, "options"), []),
    (BALLOTS, ("contests", 0, "options", 0, "ciphertext"), "AB"),
    (BALLOTS, ("contests", 0, "proof", "challenges"), "AB"),
    (BALLOTS, ("ballot_nonce", "c_1"), "ABC"),
    (layout.ENCRYPTED_TALLIES, ("contests",), []),
    (layout.ENCRYPTED_TALLIES, ("label",), 1),
    (layout.TALLIES, ("contests", 0, "options"), []),
    (layout.CHALLENGED_BALLOTS, ("contests",), []),
    (layout.CHALLENGED_BALLOTS, ("contests", 0, "contest_data", "data"), "ab"),
    (layout.MANIFEST, ("contests",), []),
    (layout.MANIFEST, ("contests", 0, "options"), []),
    (layout.MANIFEST, ("contests", 0, "label"), 1),
    (layout.MANIFEST, ("contests", 0, "selection_limit"), "NONE"),
    (layout.MANIFEST, ("contests", 0, "options", 0, "write_in"), 1),
    (layout.MANIFEST, ("name",), {}),
    (layout.MANIFEST, ("name",), "text"),
    (layout.MANIFEST, ("chaining_modes",), [2]),
    (layout.MANIFEST, ("chaining_modes",), [True]),
    (layout.MANIFEST, ("cast_contest_data_may_be_decrypted",), 1),
    (layout.MANIFEST, ("ballot_styles",), []),
    (layout.MANIFEST, ("tally_cells",), []),
)


@pytest.mark.parametrize(("name", "place", "value"), OTHER_FIELDS)
def test_fields_of_another_form(name: str, place: tuple[str | int, ...], value: object, copy: Path) -> None:
    rewrite_json(copy, name, at(*place, value=value))
    error = refused(copy)
    assert error.where in (name, f"{name}:1")
    assert error.field.startswith(".".join(map(str, place)))


BROKEN_RULES: tuple[tuple[tuple[str | int, ...], object], ...] = (
    (("label",), ""),
    (("label",), " x"),
    (("label",), "x "),
    (("label",), "a  b"),
    (("label",), "a \u3000b"),
    (("label",), "a\tb"),
    (("label",), "a\nb"),
    (("label",), "a\u2028b"),
    (("label",), "a\u00a0b"),
    (("label",), "a\u202fb"),
    (("label",), "\ufeffa"),
    (("label",), "a\x7fb"),
    (("label",), "a\u200bb"),
    (("label",), "a\u202eb"),
    (("contests", 0, "options", 0, "label"), "board-2"),
    (("contests", 1, "label"), "board"),
    (("contests", 2, "options", 1, "label"), "yes"),
    (("contests", 1, "selection_limit"), 2000),
    (("contests", 2, "options", 0, "write_in"), True),
    (("ballot_styles", 0, "contests"), [3, 1]),
    (("ballot_styles", 0, "contests"), [1, 1]),
    (("ballot_styles", 0, "contests"), [1, 4]),
    (("ballot_styles", 0, "contests"), [3]),
    (("ballot_styles", 1, "label"), "member"),
    (("tally_cells", 0, "ballot_styles"), [1, 2]),
    (("tally_cells", 0, "ballot_styles"), [3]),
    (("tally_cells", 1, "label"), "members"),
    (("tally_cells",), [{"label": "all", "ballot_styles": [2, 1]}]),
    (("tally_cells",), [{"label": "all", "ballot_styles": [1]}]),
    (("chaining_modes",), []),
    (("chaining_modes",), [1, 0]),
    (("chaining_modes",), [1, 1]),
    (("date",), "2026-02-30"),
    (("date",), "20261201"),
    (("date",), "2026-W49-2"),
    (("date",), "٢٠٢٦-12-01"),
)


@pytest.mark.parametrize(("place", "value"), BROKEN_RULES)
def test_broken_rules_of_the_manifest_are_findings(place: tuple[str | int, ...], value: object, copy: Path) -> None:
    def change(top: Any) -> None:
        if place[:2] == ("contests", 1) and value == 2000:
            top["contests"][1]["options"][0]["selection_limit"] = 1500
        at(*place, value=value)(top)

    rewrite_json(copy, layout.MANIFEST, change)
    assert {"X.manifest", "1.F"} <= failed(copy)
    assert "X.manifest" in oracle.verify(copy, {TOY}).failed


def test_labels_that_differ_in_their_normal_form_only(copy: Path) -> None:
    def change(top: Any) -> None:
        for option, label in zip(top["contests"][2]["options"], ("e\u0301", "\u00e9"), strict=True):
            option["label"] = label

    rewrite_json(copy, layout.MANIFEST, change)
    assert "X.manifest" in failed(copy) & oracle.verify(copy, {TOY}).failed


def test_no_limit_with_contest_limit(copy: Path) -> None:
    def change(top: Any) -> None:
        top["contests"][2] |= {"selection_limit": "NO_LIMIT"}
        top["contests"][2]["options"][0] |= {"selection_limit": "CONTEST_LIMIT"}

    rewrite_json(copy, layout.MANIFEST, change)
    assert "X.manifest" in failed(copy) & oracle.verify(copy, {TOY}).failed


# ------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "name",
    [
        layout.INDEX,
        layout.MANIFEST,
        layout.PARAMETERS,
        layout.HASHES,
        layout.JOINT_KEYS,
        layout.EXTENDED_HASHES,
        layout.opening_path(2),
        layout.ENCRYPTED_TALLIES,
        layout.TALLIES,
    ],
)
def test_missing_files(name: str, copy: Path) -> None:
    (copy / name).unlink()
    if name != layout.INDEX:
        reindex(copy)
    error = refused(copy)
    assert (error.where, error.problem) == (name, "the file is missing")


@pytest.mark.parametrize(
    ("name", "check"),
    [
        (GUARDIAN, "X.guardian-indices"),
        (layout.closing_path(1), "X.chain-closed"),
        (layout.statuses_path(1), "X.status-complete"),
        (layout.ballots_path(1, 1), "X.chain-closed"),
        (layout.CHALLENGED_BALLOTS, "X.challenged-complete"),
    ],
)
def test_missing_files_that_are_findings(name: str, check: str, copy: Path) -> None:
    (copy / name).unlink()
    assert "X.index" in failed(copy)
    reindex(copy)
    assert check in failed(copy) & oracle.verify(copy, {TOY}).failed


def test_missing_shard(built: BuiltRecord, tmp_path: Path) -> None:
    root = Path(shutil.copytree(built.path, tmp_path / "record"))
    (root / layout.ballots_path(1, 1)).unlink()
    reindex(root)
    error = refused(root)
    assert error.where == layout.ballots_path(1, 2)
    assert "without gaps" in error.problem


def test_empty_directory(tmp_path: Path) -> None:
    assert refused(tmp_path).where == layout.INDEX


def test_nothing_there(tmp_path: Path) -> None:
    assert "no such" in refused(tmp_path / "nowhere").problem


def test_directory_in_place_of_a_file(copy: Path) -> None:
    (copy / layout.TALLIES).unlink()
    (copy / layout.TALLIES).mkdir()
    reindex(copy)
    assert refused(copy).where == layout.TALLIES


@pytest.mark.parametrize(
    "name", ["notes.txt", "Manifest.json", ".hidden", "devices/0001/ballots-1.txt", "devices/0001/x y", "a\nb"]
)
def test_files_that_are_none_of_the_format(name: str, copy: Path) -> None:
    (copy / name).write_text("{}\n")
    assert failed(copy) == {"X.index"}


def test_file_name_that_is_not_utf_8(copy: Path) -> None:
    (copy / os.fsdecode(b"\xff.json")).write_text("{}\n")
    assert failed(copy) == {"X.index"}
    finding = next(check.findings[0] for check in verified(copy).checks if check.id == "X.index")
    assert str(finding) == "'\\udcff.json': the file is not in the index"


@pytest.mark.parametrize("number", ["0", "01", "-1", "1" * 100])
def test_guardian_files_with_other_numbers(number: str, copy: Path) -> None:
    (copy / f"guardians/guardian_{number}.public_key.json").write_bytes((copy / GUARDIAN).read_bytes())
    assert failed(copy) == {"X.index"}


# ------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize("name", [layout.MANIFEST, BALLOTS, "elsewhere"])
def test_symbolic_links_to_files(name: str, copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes((copy / name).read_bytes() if (copy / name).exists() else b"secret")
    (copy / name).unlink(missing_ok=True)
    (copy / name).symlink_to(target)
    error = refused(copy)
    assert error.where == repr(name)
    assert "plain files" in error.problem


def test_symbolic_link_to_a_directory(copy: Path, tmp_path: Path) -> None:
    (copy / "guardians").rename(tmp_path / "guardians")
    (copy / "guardians").symlink_to(tmp_path / "guardians")
    assert refused(copy).where == "'guardians'"


def test_pipe(copy: Path) -> None:
    os.mkfifo(copy / "pipe")
    assert refused(copy).where == "'pipe'"


def test_link_to_the_record_itself(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(copy)
    assert verified(tmp_path / "link").valid


# ------------------------------------------------------------------------------------------- index.json


@pytest.mark.parametrize(
    "path",
    ["../manifest.json", "/etc/passwd", "devices\\0001\\open.json", "devices/../manifest.json", "./manifest.json", "",
     "manifest.json/", "Manifest.json", "devices//0001/open.json", "index.json", "notes.txt", "manifest.json\u0000",
     "guardians/guardian_" + "1" * 5000 + ".public_key.json", "~/x", "C:manifest.json"],
)  # fmt: skip
def test_paths_of_the_index(path: str, copy: Path) -> None:
    rewrite_json(copy, layout.INDEX, lambda index: index["files"].append({**index["files"][-1], "path": path}))
    error = refused(copy)
    assert (error.where, error.field) == (layout.INDEX, "files.path")


def test_index_out_of_order(copy: Path) -> None:
    rewrite_json(copy, layout.INDEX, lambda index: index["files"].reverse())
    assert refused(copy).field == "files.path"


def test_index_with_a_file_twice(copy: Path) -> None:
    rewrite_json(copy, layout.INDEX, lambda index: index["files"].insert(0, index["files"][0]))
    assert refused(copy).field == "files.path"


@pytest.mark.parametrize("version", [0, 2, 1000])
def test_other_versions_of_the_format(version: int, copy: Path) -> None:
    rewrite_json(copy, layout.INDEX, at("version", value=version))
    error = refused(copy)
    assert (error.where, error.field) == (layout.INDEX, "version")
    assert f"version {version}" in error.problem


def test_another_format(copy: Path) -> None:
    rewrite_json(copy, layout.INDEX, at("format", value="egrf"))
    assert refused(copy).field == "format"


# ------------------------------------------------------------------------------------------- size


@pytest.mark.parametrize("name", [BALLOTS, layout.TALLIES, layout.statuses_path(1)])
def test_lines_above_the_limit(name: str, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (copy / name).read_bytes().splitlines(keepends=True)
    monkeypatch.setattr(layout, "LINE_LIMIT", max(map(len, lines)))
    assert verified_lines(copy, name)
    monkeypatch.setattr(layout, "LINE_LIMIT", max(map(len, lines)) - 1)
    with pytest.raises(ParseError, match="a line of more than"):
        verified_lines(copy, name)


def verified_lines(root: Path, name: str) -> list[tuple[str, bytes]]:
    return list(Record.at(root).lines(name))


def test_objects_above_the_limit(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "OBJECT_LIMIT", 1000)
    with pytest.raises(ParseError, match="larger than 1000 bytes"):
        verified(copy)


@pytest.mark.parametrize("name", [layout.MANIFEST, BALLOTS, layout.INDEX])
def test_archive_that_unpacks_to_much_more(
    name: str, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stays near the limits for objects and lines, whatever a file unpacks to."""
    monkeypatch.setattr(layout, "OBJECT_LIMIT", 2**20)
    monkeypatch.setattr(layout, "LINE_LIMIT", 2**20)
    (copy / name).write_bytes(b" " * 2**26)
    if name != layout.INDEX:
        reindex(copy)
    archive = zipped(copy, tmp_path / "bomb.zip")
    assert archive.stat().st_size < 2**20
    tracemalloc.start()
    try:
        with pytest.raises(ParseError, match=r"larger than|more than"):
            verified(archive)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


# ------------------------------------------------------------------------------------------- archives


def zipped(folder: Path, archive: Path, **options: Any) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            file.write(path, path.relative_to(folder).as_posix())
    return archive


@pytest.fixture
def archive(small: BuiltRecord, tmp_path: Path) -> Path:
    return zipped(small.path, tmp_path / "record.zip")


def test_archive(archive: Path) -> None:
    assert verified(archive).valid


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("content", [b"", b"same"])
def test_archive_with_a_name_twice(content: bytes, archive: Path, small: BuiltRecord) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(layout.TALLIES, content and (small.path / layout.TALLIES).read_bytes())
    error = refused(archive)
    assert error.where == repr(layout.TALLIES)
    assert "twice" in error.problem


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a\\b", "devices/../../evil", "C:evil", "notes.txt"])
def test_archive_with_names_that_leave_the_record(name: str, archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, b"{}\n")
    before = {*tmp_path.rglob("*"), *tmp_path.parent.iterdir()}
    assert failed(archive) == {"X.index"}
    assert {*tmp_path.rglob("*"), *tmp_path.parent.iterdir()} == before


def test_archive_with_a_symbolic_link(archive: Path) -> None:
    link = zipfile.ZipInfo("guardians/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(link, "/etc/passwd")
    assert refused(archive).where == "'guardians/link'"


def test_archive_with_a_folder_around_the_record(small: BuiltRecord, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "record.zip", "w") as file:
        for path in (path for path in small.path.rglob("*") if path.is_file()):
            file.write(path, f"record/{path.relative_to(small.path)}")
    assert refused(tmp_path / "record.zip").where == layout.INDEX


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04" + bytes(100), b"hello", b"PK\x05\x06" + bytes(18)])
def test_files_that_are_no_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "record.zip").write_bytes(content)
    refused(tmp_path / "record.zip")


def test_archive_cut_short(archive: Path) -> None:
    data = archive.read_bytes()
    for length in (len(data) // 2, len(data) - 1, len(data) - 22, 30):
        archive.write_bytes(data[:length])
        refused(archive)


def test_archive_with_damaged_content(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        offset = file.getinfo(layout.MANIFEST).header_offset + 30 + len(layout.MANIFEST) + 20
    data = bytearray(archive.read_bytes())
    data[offset] ^= 0xFF
    archive.write_bytes(data)
    assert refused(archive).where == layout.MANIFEST


@pytest.mark.parametrize(("offset", "value", "problem"), [(8, 1, "encrypted"), (10, 99, "stored or deflated")])
def test_archive_with_what_cannot_be_read(offset: int, value: int, problem: str, archive: Path) -> None:
    """The flag for encryption, and a compression method that nobody knows, in the central directory."""
    data = bytearray(archive.read_bytes())
    for match in re.finditer(b"PK\x01\x02", bytes(data)):
        data[match.start() + offset] = value
    archive.write_bytes(data)
    assert problem in refused(archive).problem


# ------------------------------------------------------------------------------------------- the command


@pytest.mark.parametrize("damage", ["missing", "truncated", "link", "archive", "nowhere"])
def test_the_command_says_where_and_exits_with_2(damage: str, copy: Path, tmp_path: Path) -> None:
    path = copy
    if damage == "missing":
        (copy / layout.INDEX).unlink()
    elif damage == "truncated":
        rewrite(copy, BALLOTS, lambda data: data[:-100])
    elif damage == "link":
        (copy / "link").symlink_to("/etc")
    elif damage == "archive":
        path = tmp_path / "record.zip"
        path.write_bytes(b"PK")
    else:
        path = tmp_path / "nowhere"
    result = CliRunner().invoke(main, ["verify", str(path), "--jobs", "1", "--insecure-parameters", TOY])
    assert result.exit_code == 2
    where = {"missing": layout.INDEX, "truncated": f"{BALLOTS}:", "link": "link"}.get(damage, str(path))
    assert where in result.output
    assert "Traceback" not in result.output
