"""Any bytes anywhere in a record: a report or a ParseError, and never a valid record that is another one."""

import contextlib
import json
import random
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import ParseError
from e2evote.group.parameters import group_named
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier.report import Phase, Report
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.builders import TOY, BuiltRecord, reindex
from tests.records.conftest import InMemory

FREE_TEXT = re.compile(rb'"name":"(?:[^"\\]|\\.)*"|"encrypted_at":"[^"]*"')
"""What the index binds and nothing else: a guardian's name, and the time on a ballot."""

HEX = re.compile(rb'"([0-9A-F]{16,})"')


def judge(files: InMemory, until: Phase = "opened") -> Report | ParseError:
    """Verify; any other exception fails the test."""
    try:
        return verify_record(Record(files), until, allow_insecure=(TOY,))
    except ParseError as error:
        str(error).encode("utf-8")
        return error


def is_valid(files: InMemory, until: Phase = "opened") -> bool:
    outcome = judge(files, until)
    return isinstance(outcome, Report) and outcome.valid


def bound(content: bytes) -> bytes:
    """Return a file without its free text."""
    return FREE_TEXT.sub(b"", content)


@st.composite
def edits(draw: st.DrawFn, contents: dict[str, bytes]) -> tuple[str, bytes]:
    """Draw a file and what it becomes: bytes flipped, inserted, deleted, moved, doubled or replaced."""
    name = draw(st.sampled_from(sorted(contents)))
    data = bytearray(contents[name])
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([1, 1, 1, 2, 8, 64, 1000])))
        kind = draw(st.sampled_from(["flip", "replace", "insert", "delete", "double", "token"]))
        if kind == "flip" and start < len(data):
            data[start] ^= 1 << draw(st.integers(0, 7))
        elif kind == "replace":
            data[start:end] = draw(st.binary(min_size=end - start, max_size=end - start))
        elif kind == "insert":
            data[start:start] = draw(st.binary(min_size=1, max_size=8))
        elif kind == "delete":
            del data[start:end]
        elif kind == "double":
            data[start:start] = data[start:end]
        elif kind == "token":
            data[start:start] = draw(
                st.sampled_from([b"\n", b'"', b"{", b"}", b"[", b",", b"0", b"null", b"\\u0000", b"\xff"])
            )
    return name, bytes(data)


def test_bytes_changed_without_the_index(in_memory: InMemory) -> None:
    @given(edits(in_memory.contents))
    def run(edit: tuple[str, bytes]) -> None:
        name, content = edit
        assert is_valid(in_memory.with_file(name, content, indexed=False)) == (content == in_memory.contents[name])

    run()


def test_bytes_changed_with_the_index(in_memory: InMemory) -> None:
    @given(edits(in_memory.contents))
    def run(edit: tuple[str, bytes]) -> None:
        name, content = edit
        if is_valid(in_memory.with_file(name, content, indexed=True)):
            assert bound(content) == bound(in_memory.contents[name])

    run()


def test_oracle_agrees_on_changed_bytes(in_memory: InMemory, copy: Path) -> None:
    @given(edits(in_memory.contents))
    def run(edit: tuple[str, bytes]) -> None:
        name, content = edit
        (copy / name).write_bytes(content)
        if name != layout.INDEX:
            reindex(copy)
        mine = is_valid(in_memory.with_file(name, content, indexed=True))
        try:
            other = oracle.verify(copy, {TOY}).passed
        except oracle.OracleParseError:
            other = False
        finally:
            for changed in (name, layout.INDEX):
                (copy / changed).write_bytes(in_memory.contents[changed])
        assert mine == other

    run()


@st.composite
def rearrangements(draw: st.DrawFn, contents: dict[str, bytes]) -> dict[str, bytes]:
    """Draw files whose JSON is sound and means something else: values changed, moved, doubled, left out."""
    changed: dict[str, bytes] = {}
    names = sorted(contents.keys() - {layout.INDEX, layout.MANIFEST})
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=2)):
        lines = [json.loads(line) for line in changed.get(name, contents[name]).splitlines()]
        for _ in range(draw(st.integers(1, 2))):
            _rearrange(draw, lines)
        written = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines]
        changed[name] = "".join(written).encode()
    return changed


def _rearrange(draw: st.DrawFn, top: list[Any]) -> None:
    """Change one place in a JSON value."""
    node: Any = top
    while True:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        inner = node[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 4)):
            node = inner
            continue
        break
    if isinstance(node, list) and draw(st.booleans()):
        kind = draw(st.sampled_from(["delete", "double", "swap", "reverse"]))
        other = draw(st.sampled_from(keys))
        if kind == "delete":
            del node[key]
        elif kind == "double":
            node.insert(other, copy_of(inner))
        elif kind == "swap":
            node[key], node[other] = node[other], node[key]
        else:
            node.reverse()
    elif isinstance(inner, int):
        node[key] = draw(st.sampled_from([0, 1, 2, 3, 4, 9, inner + 1, max(0, inner - 1), 2**31 - 1, 2**53 - 1]))
    elif isinstance(inner, str) and re.fullmatch("[0-9A-F]{16,}", inner):
        size, q, p = len(inner), int(group_named(TOY).q), int(group_named(TOY).p)
        number = int(inner, 16)
        numbers = [0, 1, q, p, p - number, number + q, number + 1, p + 1, 256 ** (size // 2) - 1]
        fitting = [f"{x:0{size}X}" for x in numbers if 0 <= x < 16**size]
        node[key] = draw(st.sampled_from([*fitting, "", inner[:-64], inner + "00" * 32, inner[2:]]))
    elif isinstance(inner, str):
        node[key] = draw(
            st.sampled_from(["cast", "challenged", "spoiled", "board", "motion", "yes", "no", "", "members"])
        )
    elif isinstance(node, dict):
        kind = draw(st.sampled_from(["delete", "empty", "exchange"]))
        if kind == "delete":
            del node[key]
        elif kind == "empty":
            node[key] = type(inner)()
        else:
            other = draw(st.sampled_from(keys))
            node[key], node[other] = node[other], node[key]


def copy_of(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_oracle_agrees_on_changed_values(in_memory: InMemory, copy: Path) -> None:
    """Sound JSON that says something else: no crash, and both readings agree whether it is still a valid record."""

    @given(rearrangements(in_memory.contents))
    def run(changed: dict[str, bytes]) -> None:
        files = in_memory
        for name, content in changed.items():
            files = files.with_file(name, content, indexed=True)
            (copy / name).write_bytes(content)
        reindex(copy)
        mine = is_valid(files)
        try:
            other = oracle.verify(copy, {TOY}).passed
        except oracle.OracleParseError:
            other = False
        finally:
            for name in changed:
                (copy / name).write_bytes(in_memory.contents[name])
        assert mine == other
        if mine:
            for name, content in changed.items():
                assert bound(content) == bound(in_memory.contents[name]) or name == layout.CONTEST_DATA

    run()


def hex_digits(content: bytes) -> list[int]:
    """Return where hex digits of values stand."""
    return [at for match in HEX.finditer(content) for at in range(match.start(1), match.end(1))]


def with_digit(content: bytes, at: int, rng: random.Random) -> bytes:
    """Return the content with another hex digit at a place."""
    other = rng.choice([digit for digit in b"0123456789ABCDEF" if digit != content[at]])
    return content[:at] + bytes([other]) + content[at + 1 :]


def sampled(in_memory: InMemory, count: int, seed: int) -> list[tuple[str, bytes]]:
    """Return that many changes of one hex digit: some in every file, the rest by the files' sizes."""
    rng = random.Random(seed)
    places = {name: hex_digits(content) for name, content in in_memory.contents.items()}
    names = sorted(name for name, found in places.items() if found)
    chosen = [(name, rng.choice(places[name])) for name in names for _ in range(4)]
    weights = [len(places[name]) for name in names]
    chosen += [(name, rng.choice(places[name])) for name in rng.choices(names, weights, k=count - len(chosen))]
    return [(name, with_digit(in_memory.contents[name], at, rng)) for name, at in chosen]


def test_a_hex_digit_changed_without_the_index(in_memory: InMemory) -> None:
    changes = sampled(in_memory, 300, seed=1)
    without_hex = {layout.MANIFEST, layout.closing_path(2)}
    assert {name for name, _ in changes} == set(in_memory.contents) - without_hex
    for number, (name, content) in enumerate(changes):
        # What is not valid up to a phase is not valid up to a later one.
        until: Phase = "setup" if number % 5 else "opened"
        assert not is_valid(in_memory.with_file(name, content, indexed=False), until), name


def test_a_hex_digit_changed_with_the_index(in_memory: InMemory) -> None:
    """Every hex value of a record is bound by a check of its own, not by the index alone."""
    for name, content in sampled(in_memory, 120, seed=2):
        assert not is_valid(in_memory.with_file(name, content, indexed=True)), name


def test_a_character_changed_with_the_index(in_memory: InMemory) -> None:
    """What is not hex is bound too, but for a guardian's name and the time on a ballot."""
    rng, survivors = random.Random(3), 0
    for name in sorted(in_memory.contents.keys() - {layout.INDEX}):
        content = in_memory.contents[name]
        hexadecimal = set(hex_digits(content))
        places = [at for at, byte in enumerate(content) if chr(byte).isalnum() and byte < 128 and at not in hexadecimal]
        for at in rng.sample(places, min(12, len(places))):
            kind = b"0123456789" if chr(content[at]).isdigit() else b"abcdefghijklmnopqrstuvwxyz"
            other = rng.choice([byte for byte in kind if byte != content[at]])
            changed = content[:at] + bytes([other]) + content[at + 1 :]
            if is_valid(in_memory.with_file(name, changed, indexed=True)):
                assert bound(changed) == bound(content)
                survivors += 1
    assert survivors < 40


@pytest.mark.parametrize(("old", "new"), [("Guardian 1", "Somebody"), ("2026-12-01T09:01:00Z", "2027-12-01T09:01:00Z")])
def test_free_text_is_bound_by_the_index_alone(old: str, new: str, in_memory: InMemory) -> None:
    name, content = next((name, content) for name, content in in_memory.contents.items() if old.encode() in content)
    changed = content.replace(old.encode(), new.encode(), 1)
    assert is_valid(in_memory.with_file(name, changed, indexed=True))
    assert not is_valid(in_memory.with_file(name, changed, indexed=False))


def test_any_file_missing(in_memory: InMemory) -> None:
    for missing in in_memory.contents:
        without = {name: content for name, content in in_memory.contents.items() if name != missing}
        assert not is_valid(InMemory(without))


def test_archives_with_any_bytes_changed(small: BuiltRecord, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "record.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in small.path.rglob("*") if path.is_file()):
            file.write(path, path.relative_to(small.path).as_posix())
    original = (tmp_path / "record.zip").read_bytes()
    folder = original.index(b"PK\x01\x02")

    @given(st.one_of(st.integers(0, len(original) - 1), st.integers(folder, len(original) - 1)), st.integers(1, 255))
    def run(at: int, change: int) -> None:
        data = bytearray(original)
        data[at] ^= change
        (tmp_path / "damaged.zip").write_bytes(data)
        try:
            report = verify_record(Record.at(tmp_path / "damaged.zip"), allow_insecure=(TOY,))
        except ParseError as error:
            str(error).encode("utf-8")
        else:
            # Times, attributes and the like may change: then every file is still the one of the index.
            assert not report.valid or report.fingerprint == fingerprint
        finally:
            (tmp_path / "damaged.zip").unlink()

    fingerprint = verify_record(Record.at(tmp_path / "record.zip"), allow_insecure=(TOY,)).fingerprint
    run()


def test_files_of_one_kind_exchanged(copy: Path, small: BuiltRecord) -> None:
    """Every file in the place of every other one."""
    files = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file())
    rng = random.Random(4)
    for name in files:
        other = rng.choice([file for file in files if file != name])
        shutil.copyfile(small.path / other, copy / name)
        if name != layout.INDEX:
            reindex(copy)
        with contextlib.suppress(ParseError):
            assert not verify_record(Record.at(copy), allow_insecure=(TOY,)).valid, (name, other)
        shutil.copyfile(small.path / name, copy / name)
        shutil.copyfile(small.path / layout.INDEX, copy / layout.INDEX)
