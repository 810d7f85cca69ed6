"""Files of others' records and groups that they bring: what is refused before anything is computed."""

import io
import tarfile
import warnings
import zipfile
from pathlib import Path

import pytest

from e2evote.errors import CheckError, ParseError
from e2evote.group.parameters import STANDARD
from e2evote.interop.family import Judgement, check
from e2evote.interop.foreign import Foreign
from e2evote.interop.groups import LARGEST, integer_group


def tar_of(path: Path, *members: tuple[str, bytes | None]) -> Path:
    """Write an archive; None as content makes a symbolic link."""
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return path


def test_a_directory_and_its_archives_are_the_same(tmp_path: Path):
    (tmp_path / "d" / "sub").mkdir(parents=True)
    (tmp_path / "d" / "a.json").write_bytes(b'{"x": null}')
    (tmp_path / "d" / "sub" / "b.json").write_bytes(b"[]")
    tar = tar_of(tmp_path / "d.tar", ("sub/b.json", b"[]"), ("a.json", b'{"x": null}'))
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("a.json", b'{"x": null}')
        archive.writestr("sub/b.json", b"[]")
    records = [Foreign.at(path) for path in (tmp_path / "d", tar, tmp_path / "d.zip")]
    assert len({record.fingerprint() for record in records}) == 1
    for record in records:
        assert record.json("a.json") == {"x": None}
        assert record.under("sub", ".json") == ["sub/b.json"]


def test_one_file(tmp_path: Path):
    (tmp_path / "x.json").write_bytes(b"[1]")
    assert Foreign.at(tmp_path / "x.json").json("x.json") == [1]


def test_links_are_refused(tmp_path: Path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link").symlink_to("/etc/passwd")
    for path in (tmp_path / "d", tar_of(tmp_path / "d.tar", ("link", None))):
        with pytest.raises(ParseError, match="only plain files"):
            Foreign.at(path)


def test_a_name_twice_is_refused(tmp_path: Path):
    with pytest.raises(ParseError, match="twice"):
        Foreign.at(tar_of(tmp_path / "d.tar", ("a", b"1"), ("a", b"2")))
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    with pytest.raises(ParseError, match="twice"):
        Foreign.at(tmp_path / "d.zip")


def test_size_missing_files_and_keys_twice(tmp_path: Path):
    (tmp_path / "x.json").write_bytes(b'{"a": 1, "a": 2}')
    record = Foreign.at(tmp_path / "x.json")
    with pytest.raises(ParseError, match="more than 3 bytes"):
        record.read("x.json", 3)
    with pytest.raises(ParseError, match="missing"):
        record.read("y.json")
    with pytest.raises(ParseError, match="twice"):
        record.json("x.json")
    with pytest.raises(ParseError, match="no such file"):
        Foreign.at(tmp_path / "none")


@pytest.mark.parametrize(
    ("p", "q", "g", "message"),
    [
        (21, 5, 4, "p is not a prime"),
        (23, 9, 4, "q is not a prime"),
        (23, 7, 4, "q does not divide"),
        (23, 11, 5, "order q"),
        (23, 11, 1, "order q"),
        (23, 11, 27, "order q"),
        (23, 29, 4, "expected"),
        ((1 << LARGEST) + 1, 11, 4, "bits"),
        (0, 0, 0, "bits"),
    ],
)
def test_groups_that_are_none(p: int, q: int, g: int, message: str):
    with pytest.raises(CheckError, match=message):
        integer_group(p, q, g)


def test_groups():
    assert integer_group(23, 11, 4).name.startswith("integers-5-4-")
    assert integer_group(int(STANDARD.p), int(STANDARD.q), int(STANDARD.generator)) == STANDARD
    other = int(STANDARD.generator) ** 2 % int(STANDARD.p)
    assert integer_group(int(STANDARD.p), int(STANDARD.q), other) != STANDARD


def test_a_judgement_keeps_first_notes_and_single_remarks(tmp_path: Path):
    (tmp_path / "x").write_bytes(b"")
    judgement = Judgement("helios", Foreign.at(tmp_path / "x"))
    judgement.note("sha-1", "first")
    judgement.note("sha-1", "second")
    judgement.remark("once")
    judgement.remark("once")
    rule = check("T.a", "a rule", "selection rule")
    judgement.ledger.check("T.a", True, "")
    assert not judgement.report([rule]).valid  # not complete
    judgement.ledger.complete([rule])
    report = judgement.report([rule])
    assert (report.valid, report.steps) == (True, {"selection rule": "passed"})
    assert [note.text for note in report.strength] == ["first"]
    assert report.remarks == ("once",)


@pytest.mark.parametrize("name", ["a\n0  b", "a\x07", "a\u202eb"])
def test_names_that_cannot_be_printed_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(ParseError, match="cannot be printed"):
        Foreign.at(tmp_path)
