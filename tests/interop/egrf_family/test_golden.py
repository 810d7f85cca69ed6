"""The two published records of EGRF v2, read from their folders."""

import shutil
from pathlib import Path

import pytest

from e2evote.engine import workers
from e2evote.interop.egrf.family import EgrfFamily
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Report


def verified(folder: Path, rebuild: bool = True) -> Report:
    return EgrfFamily(rebuild).verify(Foreign.at(folder), workers(1), None)


@pytest.fixture(params=["regular-chained", "pre-encrypted"])
def folder(interop: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    source = interop / "electionguard-2.1-egrf" / request.param / "json"
    if not source.is_dir():
        pytest.skip(f"{source} is missing")
    return Path(shutil.copytree(source, tmp_path / "record", copy_function=shutil.copyfile))


def test_valid_with_the_setup_rebuilt(folder: Path) -> None:
    assert verified(folder).valid


def test_missing_files_are_named_and_nothing_else_fails(folder: Path) -> None:
    failed = [check for check in verified(folder, rebuild=False).checks if check.status == "failed"]
    assert [check.id for check in failed] == ["R.structure"]
    assert {str(f) for f in failed[0].findings} == {f"setup/{x}.jsonl is missing" for x in ("header", "parameters")}
