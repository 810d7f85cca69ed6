"""Reading a record: a directory or an archive, nothing trusted, only ``ParseError``."""

import io
import re
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e2evote.errors import E2EVoteError, ParseError
from e2evote.record import layout
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.layout import Record
from e2evote.record.load import load_election
from e2evote.record.manifest import parse_manifest
from e2evote.record.opened import ChallengedBallot, DecryptedContestData
from e2evote.record.setup import ExtendedHashes, GuardianPublicKey, Hashes, JointKeys, Parameters
from e2evote.record.tally import EncryptedTally, Tally
from tests.builders import TOY, BuiltRecord, reindex
from tests.strategies import TOY_GROUP


def read_everything(record: Record) -> list[object]:
    """Read every file by the reader meant for it, and return all objects."""
    found: list[object] = [record.index()]
    found += [record.sha256(name) for name in sorted(record.names)]
    found.append(parse_manifest(record.read(layout.MANIFEST)))
    single = (
        (Parameters, layout.PARAMETERS),
        (Hashes, layout.HASHES),
        (JointKeys, layout.JOINT_KEYS),
        (ExtendedHashes, layout.EXTENDED_HASHES),
    )
    found += [record.object(kind, name, TOY_GROUP) for kind, name in single]
    found += [record.object(GuardianPublicKey, layout.guardian_path(i), TOY_GROUP) for i in record.guardian_indices()]
    for device in record.device_indices():
        found += [record.opening(device), record.closing(device), *record.statuses(device)]
        found += [parse(EncryptedBallot, line, where, TOY_GROUP) for where, line in record.ballot_lines(device)]
    listed = (
        (EncryptedTally, layout.ENCRYPTED_TALLIES),
        (Tally, layout.TALLIES),
        (ChallengedBallot, layout.CHALLENGED_BALLOTS),
        (DecryptedContestData, layout.CONTEST_DATA),
    )
    for kind, name in listed:
        found += record.objects(kind, name, TOY_GROUP)
    return found


def archive(folder: Path, method: int = zipfile.ZIP_DEFLATED, names: dict[str, str] | None = None) -> bytes:
    """Return a zip archive of a directory; ``names`` renames members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                file.writestr(zipfile.ZipInfo((names or {}).get(name, name)), path.read_bytes(), method)
    return stream.getvalue()


@pytest.fixture
def copied(built: BuiltRecord, tmp_path: Path) -> Path:
    """A copy of the toy record, to be changed."""
    return Path(shutil.copytree(built.path, tmp_path / "copy"))


def test_directory_and_archive_read_the_same(built: BuiltRecord, tmp_path: Path) -> None:
    everything = read_everything(Record.at(built.path))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = tmp_path / f"record-{method}.zip"
        path.write_bytes(archive(built.path, method))
        assert read_everything(Record.at(path)) == everything


def test_what_was_written_is_read(built: BuiltRecord) -> None:
    record = Record.at(built.path)
    lines = [parse(EncryptedBallot, line, where, TOY_GROUP) for d in (1, 2) for where, line in record.ballot_lines(d)]
    assert lines == list(built.ballots.values())
    assert [status.status for d in (1, 2) for status in record.statuses(d)] == list(built.statuses.values())
    assert tuple(record.objects(Tally, layout.TALLIES, TOY_GROUP)) == built.tallies
    assert load_election(record, frozenset({TOY})) == built.election


def test_positions_are_named(built: BuiltRecord) -> None:
    where = [where for where, _ in Record.at(built.path).ballot_lines(2)]
    assert where[:2] == ["devices/0002/ballots-000001.ndjson:1", "devices/0002/ballots-000001.ndjson:2"]
    assert where[4] == "devices/0002/ballots-000002.ndjson:1"


@pytest.mark.parametrize(
    "path",
    [
        "manifest.json",
        "guardians/guardian_1.public_key.json",
        "guardians/guardian_10.public_key.json",
        "devices/0001/open.json",
        "devices/12345/close.json",
        "devices/0001/statuses.ndjson",
        "devices/0001/ballots-000001.ndjson",
        "devices/0001/ballots-1000000.ndjson",
        "contest_data.ndjson",
        "exceptions.ndjson",
        "board/checkpoint",
        "board/entries.ndjson",
    ],
)
def test_paths_of_the_format(path: str) -> None:
    assert layout.is_record_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "index.json",
        "Manifest.json",
        "manifest.json/",
        "/manifest.json",
        "./manifest.json",
        "../manifest.json",
        "devices/../manifest.json",
        "guardians/guardian_0.public_key.json",
        "guardians/guardian_01.public_key.json",
        "guardians/guardian_-1.public_key.json",
        "guardians/guardian_١.public_key.json",
        "devices/1/open.json",
        "devices/00001/open.json",
        "devices/0001/ballots-1.ndjson",
        "devices/0001/ballots-0000001.ndjson",
        "devices/0001/notes.txt",
        "manifest.json\n",
        "manifest.json\0",
        "board",
        "board/checkpoint.json",
        "board/policy",
    ],
)
def test_paths_outside_the_format(path: str) -> None:
    assert not layout.is_record_path(path)
    assert not layout.is_entered_whole(path)


def test_which_files_a_board_enters_whole(built: BuiltRecord) -> None:
    names = Record.at(built.path).names | {layout.UNCAST_BALLOTS, layout.recorded_path(1, 1), layout.BOARD_ENTRIES}
    single = {"index.json", "challenged_ballots.ndjson", "uncast_ballots.ndjson", "board/entries.ndjson"}
    of_ballots = {name for name in names if re.search(r"/(ballots|recorded|statuses)", name)}
    assert {name for name in names if not layout.is_entered_whole(name)} == single | of_ballots
    assert [layout.device_of(name) for name in ("devices/0012/close.json", "devices/12345/open.json")] == [12, 12345]
    assert layout.device_of("manifest.json") is None


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "file missing": (lambda p: (p / layout.PARAMETERS).unlink(), "parameters.json: the file is missing"),
    "file empty": (lambda p: (p / layout.PARAMETERS).write_bytes(b""), "parameters.json: the file does not end with"),
    "no line feed": (lambda p: cut(p / layout.HASHES, 1), "hashes.json: the file does not end with a line feed"),
    "two line feeds": (lambda p: append(p / layout.HASHES, b"\n"), "hashes.json: "),
    "carriage return": (
        lambda p: (p / layout.HASHES).write_bytes((p / layout.HASHES).read_bytes().replace(b"\n", b"\r\n")),
        "hashes.json: ",
    ),
    "lines cut off": (
        lambda p: cut(p / layout.ballots_path(1, 2), 9),
        "ballots-000002.ndjson:2: the line does not end",
    ),
    "blank line": (
        lambda p: append(p / layout.statuses_path(1), b"\n"),
        "devices/0001/statuses.ndjson:7: a blank line",
    ),
    "blank first line": (
        lambda p: (p / layout.TALLIES).write_bytes(b"\n" + (p / layout.TALLIES).read_bytes()),
        "tallies.ndjson:1: a blank line",
    ),
    "no lines": (
        lambda p: (p / layout.CONTEST_DATA).write_bytes(b""),
        "contest_data.ndjson: the file is empty; a file without lines is left out",
    ),
    "shard missing": (
        lambda p: (p / layout.ballots_path(1, 1)).unlink(),
        "shards of device 1 must be numbered from 1 without gaps",
    ),
    "index missing": (lambda p: (p / layout.INDEX).unlink(), "index.json: the file is missing"),
    "index of another format": (
        lambda p: replace(p / layout.INDEX, b"e2evote-record", b"e2evote-rekord"),
        "index.json: format: ",
    ),
    "index out of order": (lambda p: swap_entries(p), "paths must be sorted and each named once"),
    "index names a file outside": (
        lambda p: replace(p / layout.INDEX, b'"path":"manifest.json"', b'"path":"../anifest.json"'),
        "the format has no file '../anifest.json'",
    ),
    "index names a foreign file": (
        lambda p: replace(p / layout.INDEX, b'"path":"manifest.json"', b'"path":"manifest.yaml"'),
        "the format has no file 'manifest.yaml'",
    ),
    "index with a negative size": (lambda p: replace(p / layout.INDEX, b'"size":', b'"size":-'), "size"),
    "object of another kind": (
        lambda p: shutil.copy(p / layout.HASHES, p / layout.JOINT_KEYS),
        "joint_election_public_key.json: ",
    ),
    "element of another width": (
        lambda p: replace(p / layout.JOINT_KEYS, b'"vote_encryption_key":"', b'"vote_encryption_key":"00'),
        "joint_election_public_key.json: vote_encryption_key: expected 64",
    ),
}


def cut(path: Path, count: int) -> None:
    path.write_bytes(path.read_bytes()[:-count])


def append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes() + data)


def replace(path: Path, old: bytes, new: bytes) -> None:
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))


def swap_entries(root: Path) -> None:
    index = Record.at(root).index()
    files = (index.files[1], index.files[0], *index.files[2:])
    (root / layout.INDEX).write_bytes(dump(index.model_copy(update={"files": files})) + b"\n")


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named(copied: Path, tmp_path: Path, name: str) -> None:
    """In the directory and in an archive of it alike."""
    damage, message = DAMAGES[name]
    damage(copied)
    (tmp_path / "record.zip").write_bytes(archive(copied))
    for path in (copied, tmp_path / "record.zip"):
        with pytest.raises(ParseError) as caught:
            read_everything(Record.at(path))
        assert message in str(caught.value)


@pytest.mark.parametrize("target", ["file", "directory", "dangling"])
def test_symbolic_links_are_refused(copied: Path, tmp_path: Path, target: str) -> None:
    """Even one that leads back into the record."""
    link = copied / "guardians" / "link"
    link.symlink_to(
        {"file": copied / layout.HASHES, "directory": copied / "devices", "dangling": tmp_path / "x"}[target]
    )
    with pytest.raises(ParseError, match="only plain files and directories may lie in a record"):
        Record.at(copied)


def test_symbolic_links_in_an_archive_are_refused(copied: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(archive(copied))
    with zipfile.ZipFile(path, "a") as file:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        file.writestr(info, "/etc/passwd")
    with pytest.raises(ParseError, match="only plain files and directories"):
        Record.at(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_an_archive_is_refused(copied: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(archive(copied, names={layout.HASHES: layout.MANIFEST}))
    with pytest.raises(ParseError, match=r"'manifest\.json': the archive holds this name twice"):
        Record.at(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(copied: Path, tmp_path: Path, method: int) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(archive(copied, method))
    with pytest.raises(ParseError, match="members of the archive must be stored or deflated"):
        Record.at(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip archive", b"PK\5\6" + bytes(18)])
def test_files_that_are_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(content)
    with pytest.raises(ParseError):
        read_everything(Record.at(path))


def test_a_member_without_a_name(copied: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(archive(copied, names={layout.HASHES: ""}))
    with pytest.raises(ParseError, match="archive: a member has no name"):
        Record.at(path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="no such directory or zip archive"):
        Record.at(tmp_path / "missing")


def test_an_empty_directory(tmp_path: Path) -> None:
    record = Record.at(tmp_path)
    assert (record.guardian_indices(), record.device_indices()) == ([], [])
    with pytest.raises(ParseError, match=r"index\.json: the file is missing"):
        record.index()
    assert list(record.objects(Tally, layout.TALLIES)) == []


def test_long_lines_and_files_are_refused(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to hold more in memory than the limit."""
    monkeypatch.setattr(layout, "LINE_LIMIT", 1000)
    monkeypatch.setattr(layout, "OBJECT_LIMIT", 1000)
    record = Record.at(copied)
    with pytest.raises(ParseError, match=r"ballots-000001\.ndjson:1: a line of more than 1000 bytes"):
        list(record.ballot_lines(1))
    with pytest.raises(ParseError, match=r"manifest\.json: larger than 1000 bytes"):
        record.read(layout.MANIFEST)


def test_statuses_and_tallies_may_be_empty(copied: Path) -> None:
    for name in (layout.TALLIES, layout.statuses_path(1)):
        (copied / name).write_bytes(b"")
        assert list(Record.at(copied).lines(name)) == []


def test_reindex_makes_the_index_fit(copied: Path) -> None:
    before = (copied / layout.INDEX).read_bytes()
    reindex(copied)
    assert (copied / layout.INDEX).read_bytes() == before
    append(copied / layout.TALLIES, b"x\n")
    reindex(copied)
    record = Record.at(copied)
    entries = {entry.path: (entry.size, entry.sha256) for entry in record.index().files}
    assert entries[layout.TALLIES] == record.sha256(layout.TALLIES)


def mutate_archive(built: BuiltRecord, folder: Path, data: st.DataObject) -> None:
    """Change bytes, mostly in the directory of the archive: it reads, or says what is wrong."""
    method = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]))
    raw = bytearray(archive(built.path, method))
    start = data.draw(st.sampled_from([0, raw.find(b"PK\1\2")]))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(start, len(raw) - 1))
        raw[position : position + data.draw(st.sampled_from([1, 1, 1, 40]))] = data.draw(st.binary(max_size=2))
    path = folder / "record.zip"
    path.write_bytes(raw)
    with suppress(E2EVoteError):
        read_everything(Record.at(path))


@given(st.data())
def test_mutated_archives(built: BuiltRecord, tmp_path: Path, data: st.DataObject) -> None:
    mutate_archive(built, tmp_path, data)


@pytest.mark.slow
@settings(max_examples=10_000)
@given(st.data())
def test_many_mutated_archives(built: BuiltRecord, tmp_path: Path, data: st.DataObject) -> None:
    mutate_archive(built, tmp_path, data)


@given(st.data())
def test_mutated_files(built: BuiltRecord, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any bytes in the place of any file."""
    root = Path(shutil.copytree(built.path, tmp_path_factory.mktemp("mutated") / "record"))
    name = data.draw(st.sampled_from(sorted(Record.at(root).names)))
    raw = (root / name).read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    (root / name).write_bytes(raw[:at] + data.draw(st.binary(max_size=30)) + raw[data.draw(st.integers(0, len(raw))) :])
    with suppress(E2EVoteError):
        read_everything(Record.at(root))
    with suppress(E2EVoteError):
        load_election(Record.at(root), frozenset({TOY}))
