"""Files, links and paths that a record should not have, and what the command says."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from e2evote.cli import main
from e2evote.record import layout
from tests import oracle
from tests.builders import TOY, BuiltRecord, reindex
from tests.records.conftest import BALLOTS, GUARDIAN, at, failed, refused, rewrite, rewrite_json, verified

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
