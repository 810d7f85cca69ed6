"""``e2evote.record.load``: an election read back from its record, and what does not fit."""

import json
import shutil
from pathlib import Path

import pytest

from e2evote.errors import CheckError, ParseError
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_guardians
from tests.builders import TOY, BuiltRecord, build_record

ACCEPTED = frozenset({TOY})


def test_the_election_is_read_back(built: BuiltRecord):
    record = Record.at(built.path)
    assert load_election(record, ACCEPTED) == built.election
    assert load_guardians(record, built.election) == built.guardian_record.guardians


def test_insecure_parameters_are_asked_for_by_name(built: BuiltRecord):
    for accepted in (frozenset(), frozenset({"reduced-3072"})):
        with pytest.raises(CheckError, match=r"parameters\.json: .* proves nothing"):
            load_election(Record.at(built.path), accepted)


@pytest.fixture
def record(built: BuiltRecord, tmp_path: Path) -> Path:
    shutil.copytree(built.path, tmp_path / "record")
    return tmp_path / "record"


@pytest.mark.parametrize(
    ("name", "field", "value", "problem"),
    [
        ("parameters.json", "p", "00" * 31 + "07", "p is the prime of no known parameter set"),
        ("parameters.json", "version", "v2.0.0", "differ from the set"),
        ("parameters.json", "q", "00" * 31 + "07", "differ from the set"),
        ("parameters.json", "r", "00" * 31 + "07", "differ from the set"),
        ("parameters.json", "g", "00" * 31 + "07", "differ from the set"),
        ("parameters.json", "k", 4, "a quorum of 4 of 3"),
        ("parameters.json", "k", 0, "a quorum of 0 of 3"),
        ("parameters.json", "n", 4, "hashes.json: H_P or H_B"),
        ("hashes.json", "h_p", "00" * 32, "hashes.json: H_P or H_B"),
        ("hashes.json", "h_b", "00" * 32, "hashes.json: H_P or H_B"),
        ("manifest.json", "label", "Another election", "hashes.json: H_P or H_B"),
        ("manifest.json", "label", " a ", "label ' a '"),
        ("joint_election_public_key.json", "vote_encryption_key", "00" * 31 + "07", "hashes_ext.json: H_E"),
        ("joint_election_public_key.json", "data_encryption_key", "00" * 31 + "07", "hashes_ext.json: H_E"),
        ("hashes_ext.json", "h_e", "00" * 32, "hashes_ext.json: H_E"),
    ],
)
def test_what_does_not_fit_is_named(record: Path, name: str, field: str, value: object, problem: str):
    content = json.loads((record / name).read_bytes())
    assert field in content
    changed = json.dumps(content | {field: value}, ensure_ascii=False, separators=(",", ":"))
    (record / name).write_text(changed + "\n")
    with pytest.raises(CheckError, match=problem):
        load_election(Record.at(record), ACCEPTED)


@pytest.mark.parametrize("name", ["parameters.json", "manifest.json", "hashes.json", "hashes_ext.json"])
def test_a_missing_file_is_named(record: Path, name: str):
    (record / name).unlink()
    with pytest.raises(ParseError, match=name):
        load_election(Record.at(record), ACCEPTED)


def test_guardians_are_those_of_their_files(built: BuiltRecord, record: Path, tmp_path: Path):
    folder = record / "guardians"
    first = folder / "guardian_1.public_key.json"
    first.write_bytes((folder / "guardian_2.public_key.json").read_bytes())
    with pytest.raises(CheckError, match="not the key of guardian 1 with 2 commitments each"):
        load_guardians(Record.at(record), built.election)
    other = build_record(tmp_path / "other", k=1, until="keys")
    first.write_bytes((other.path / "guardians" / first.name).read_bytes())
    with pytest.raises(CheckError, match="not the key of guardian 1 with 2 commitments each"):
        load_guardians(Record.at(record), built.election)
