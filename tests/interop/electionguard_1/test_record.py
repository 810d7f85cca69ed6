"""Records of ElectionGuard 1.x: honest ones are accepted in every layout, others refused with the right step."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e2evote.engine import workers
from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop.electionguard_1.family import CHECKS, FAMILY
from e2evote.interop.foreign import Foreign
from e2evote.interop.registry import recognised
from e2evote.verifier.report import Report
from tests.interop.electionguard_1.maker import Files, Maker, as_095, write
from tests.interop.electionguard_1.mutations import BALLOT, MUTATIONS


@pytest.fixture(scope="module")
def files() -> Files:
    """A record of our own making. Read-only."""
    return Maker().make()


def verified(path: Path) -> Report:
    """Verify as the command does."""
    family = recognised(path)
    assert family is FAMILY
    return family.verify(Foreign.at(path), workers(1), None)


def test_a_record_of_1_4_is_valid_and_everything_is_checked(files: Files, tmp_path: Path) -> None:
    report = verified(write(files, tmp_path))
    assert report.valid
    assert {check.id: check.status for check in report.checks if check.status != "passed"} == {}
    assert report.counts == {"guardians": 3, "quorum": 2, "devices": 2, "ballots": 3, "cast": 2, "spoiled": 1}


def test_a_record_of_0_95_is_valid(files: Files, tmp_path: Path) -> None:
    assert verified(write(as_095(files), tmp_path)).valid


def test_a_record_in_its_folder_and_in_an_archive_is_valid(files: Files, tmp_path: Path) -> None:
    write(files, tmp_path / "out" / "election_record")
    assert verified(tmp_path / "out").valid
    assert verified(Path(shutil.make_archive(str(tmp_path / "record"), "zip", tmp_path / "out"))).valid


def test_contest_data_and_files_of_others_are_accepted_and_said(files: Files, tmp_path: Path) -> None:
    files = copy.deepcopy(files)
    pad = files["context.json"]["elgamal_public_key"]
    files[BALLOT]["contests"][0]["extended_data"] = {"pad": pad, "data": "00", "mac": "00"}
    report = verified(write(files | {"notes.json": {}}, tmp_path))
    assert report.valid
    assert any("notes.json" in remark for remark in report.remarks)


def test_a_later_version_is_not_recognised(files: Files, tmp_path: Path) -> None:
    tally = {key: value for key, value in files["encrypted_tally.json"].items() if key != "object_id"}
    record = Foreign.at(write(files | {"encrypted_tally.json": tally}, tmp_path))
    assert not FAMILY.recognises(record)


def test_every_check_has_a_mutation() -> None:
    assert MUTATIONS.keys() == {check.id for check in CHECKS}


@pytest.mark.parametrize("identifier", MUTATIONS)
def test_a_mutation_fails_its_check_and_step(files: Files, tmp_path: Path, identifier: str) -> None:
    files = copy.deepcopy(files)
    MUTATIONS[identifier](files)
    report = verified(write(files, tmp_path))
    failed = {check.id: check for check in report.checks if check.status == "failed"}
    assert identifier in failed
    assert report.steps[failed[identifier].step] == "failed"
    assert not report.valid


@pytest.mark.parametrize("name", ["constants.json", "context.json", "manifest.json"])
def test_what_everything_depends_on_must_be_readable(files: Files, tmp_path: Path, name: str) -> None:
    files = copy.deepcopy(files)
    files[name] = {}
    with pytest.raises(ParseError, match=name):
        FAMILY.verify(Foreign.at(write(files, tmp_path)), workers(1), None)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values in JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in inner for each in paths(item, (*path, key)))]


@settings(max_examples=40)
@given(data=st.data())
def test_any_change_to_the_json_is_refused_and_nothing_crashes(
    files: Files, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = copy.deepcopy(files)
    name = data.draw(st.sampled_from(sorted(files)))
    path = data.draw(st.sampled_from(paths(files[name])[1:]))
    value = data.draw(st.sampled_from([None, [], {}, "", "00", "01", "FF" * 600, 0, -1, 2**70, True, 1.5, "x"]))
    where = files[name]
    for key in path[:-1]:
        where = where[key]
    before, where[path[-1]] = where[path[-1]], value
    folder = write(files, tmp_path_factory.mktemp("mutated"))
    try:
        report = FAMILY.verify(Foreign.at(folder), workers(1), None)
    except E2EVoteError:
        return
    finally:
        shutil.rmtree(folder)
    unhashed = name == "manifest.json" and path[0] in ("spec_version", "candidates")
    null = not value and not before and not isinstance(value, str)  # nothing and an empty list are the same to the hash
    assert (
        not report.valid or json.dumps(before) == json.dumps(value) or unhashed or null or path[-1] == "extended_data"
    )


@pytest.mark.parametrize("name", ["minimal", "hamilton-general"])
def test_records_of_others_are_valid(interop: Path, name: str) -> None:
    report = verified(interop / "electionguard-0.95" / name)
    assert report.valid
    assert report.counts["ballots"] == 5
