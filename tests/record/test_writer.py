"""Writing a record: whole files, an index that fits, nothing overwritten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2evote.errors import CheckError, ParseError
from e2evote.files import replacing, write_atomically
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.setup import ExtendedHashes
from e2evote.record.writer import RecordWriter
from tests.builders import BuiltRecord, build_record

HASHES = ExtendedHashes(h_e=bytes(32))


def entries(root: Path) -> dict[str, tuple[int, bytes]]:
    return {entry.path: (entry.size, entry.sha256) for entry in Record.at(root).index().files}


def test_index_names_every_file(built: BuiltRecord) -> None:
    record = Record.at(built.path)
    assert entries(built.path) == {name: record.sha256(name) for name in record.names - {layout.INDEX}}


def test_the_same_election_writes_the_same_bytes(built: BuiltRecord, tmp_path: Path) -> None:
    again = build_record(tmp_path / "again")
    first, second = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (built.path, again.path)
    )
    assert first == second


def test_another_seed_writes_other_secrets(built: BuiltRecord, tmp_path: Path) -> None:
    other = build_record(tmp_path / "other", seed=2, until="keys")
    assert other.election.K != built.election.K


def test_files_are_not_overwritten_unless_told(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path / "r")
    writer.write(layout.EXTENDED_HASHES, HASHES)
    with pytest.raises(CheckError, match="exists already; nothing was overwritten"):
        writer.write(layout.EXTENDED_HASHES, HASHES)
    writer.write(layout.EXTENDED_HASHES, ExtendedHashes(h_e=bytes(31) + b"\1"), replace=True)
    assert writer.record.object(ExtendedHashes, layout.EXTENDED_HASHES).h_e[-1] == 1
    assert entries(tmp_path / "r")[layout.EXTENDED_HASHES] == writer.record.sha256(layout.EXTENDED_HASHES)


def test_a_file_in_pieces(tmp_path: Path) -> None:
    """The pieces are one file in the index; if there is no end to them, the file before stays as it was."""
    writer = RecordWriter(tmp_path / "r")
    pieces = [b"one\n", b"", b"two\n"]
    writer.write_pieces(layout.BOARD_ENTRIES, pieces)
    assert writer.record.read(layout.BOARD_ENTRIES) == b"".join(pieces)
    assert entries(tmp_path / "r") == {layout.BOARD_ENTRIES: writer.record.sha256(layout.BOARD_ENTRIES)}

    def broken() -> Iterator[bytes]:
        yield b"three\n"
        raise ParseError("entry 1", "broken")

    with pytest.raises(ParseError, match="broken"):
        writer.write_pieces(layout.BOARD_ENTRIES, broken(), replace=True)
    assert entries(tmp_path / "r") == {layout.BOARD_ENTRIES: writer.record.sha256(layout.BOARD_ENTRIES)}
    assert writer.record.read(layout.BOARD_ENTRIES) == b"".join(pieces)
    assert len(list((tmp_path / "r" / "board").iterdir())) == 1


@pytest.mark.parametrize("name", ["notes.txt", "../hashes.json", "/hashes.json", "index.json", "devices/1/open.json"])
def test_only_files_of_the_format_are_written(tmp_path: Path, name: str) -> None:
    writer = RecordWriter(tmp_path / "r")
    with pytest.raises(CheckError, match="the record format has no file"):
        writer.write(name, HASHES)
    assert [path.name for path in tmp_path.rglob("*")] == ["r"]


def test_an_interrupted_run_is_tidied_up(tmp_path: Path) -> None:
    """A temporary file is removed; a whole file that did not get into the index is entered."""
    root = tmp_path / "r"
    RecordWriter(root).write(layout.EXTENDED_HASHES, HASHES)
    (root / ".writing-abc").write_bytes(b"half")
    write_atomically(root / layout.HASHES, b"{}\n")
    writer = RecordWriter(root)
    writer.write_bytes(layout.MANIFEST, b"{}")
    assert set(entries(root)) == {layout.EXTENDED_HASHES, layout.HASHES, layout.MANIFEST}
    assert not list(root.glob(".writing-*"))


def test_a_link_in_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ParseError, match="only plain files"):
        RecordWriter(tmp_path)


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old", 0o600)

    def fail(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_block_that_raises_leaves_the_old_content(tmp_path: Path, old: bytes | None) -> None:
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)

    def write() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise ParseError("record", "broken")

    with pytest.raises(ParseError, match="broken"):
        write()
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == ([] if old is None else [old])


def test_many_files_are_entered_at_once_and_an_interruption_loses_none(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path)

    def interrupted() -> None:
        with writer.together():
            writer.write_bytes(layout.HASHES, b"{}\n")
            assert layout.INDEX not in writer.record
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert [entry.path for entry in writer.record.index().files] == [layout.HASHES]
    with writer.together():
        writer.write_bytes(layout.HASHES, b"[]\n", replace=True)
        assert writer.record.index().files == (), "never the new file under the old one's hash"
        writer.write_bytes(layout.MANIFEST, b"{}\n")
    names = [layout.HASHES, layout.MANIFEST]
    assert [entry.path for entry in RecordWriter(tmp_path).record.index().files] == names
