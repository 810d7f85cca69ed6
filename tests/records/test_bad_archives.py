"""Records and archives that are too large, broken or made to mislead."""

import re
import stat
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.layout import Record
from tests.builders import BuiltRecord, reindex
from tests.records.conftest import BALLOTS, failed, refused, verified

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


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a\\b", "devices/../../evil"])
def test_archive_with_names_that_leave_the_record(name: str, archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, b"{}\n")
    before = {*tmp_path.rglob("*"), *tmp_path.parent.iterdir()}
    assert "leaves the record" in refused(archive).problem
    assert {*tmp_path.rglob("*"), *tmp_path.parent.iterdir()} == before


@pytest.mark.parametrize("name", ["C:evil", "notes.txt"])
def test_archive_with_names_that_no_record_has(name: str, archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, b"{}\n")
    assert failed(archive) == {"X.index"}


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
