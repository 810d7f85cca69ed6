"""Records of ElectionGuard 2.0.0: of our own making in both spellings, and those that others published."""

import copy
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.engine import workers
from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop.electionguard_2_0 import ELECTIONGUARD_2_0
from e2evote.interop.electionguard_2_0.checks import CHECKS
from e2evote.interop.foreign import Foreign
from e2evote.interop.registry import recognised
from e2evote.verifier.report import Report
from tests.interop.electionguard_2_0.flaws import CONFIG, FLAWS, RESULT, TALLY, UNREADABLE, Files
from tests.interop.electionguard_2_0.maker import made, write

STEPS = {check.id: check.step for check in CHECKS}


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    """An election in egk-ec's spelling; copy it before changing it."""
    return made("egk-ec")


def verify(path: Path, jobs: int = 1) -> Report:
    return ELECTIONGUARD_2_0.verify(Foreign.at(path), workers(jobs), None)


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.status == "failed"}


@pytest.mark.parametrize("chained", [True, False])
@pytest.mark.parametrize("kind", ["kotlin", "egk-ec", "P-256"])
def test_our_own_election_verifies(kind: str, chained: bool, tmp_path: Path) -> None:
    path = write(made(kind, chained=chained), tmp_path)
    assert recognised(path) is ELECTIONGUARD_2_0
    report = verify(path)
    assert report.valid, failed(report)
    assert report.counts["ballots"] == 4
    assert report.counts["opened ballots"] == 1
    idle = {check.id for check in report.checks if not check.count}
    assert idle == (set() if chained else {"EG20.chain-close"})
    assert ("no-chain" in {note.code for note in report.strength}) is not chained


def test_a_folder_deeper_and_an_archive_are_recognised(files: Files, tmp_path: Path) -> None:
    write(files, tmp_path / "deep" / "election_record")
    archive = tmp_path / "record.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for name, value in files.items():
            target.writestr(name, json.dumps(value))
    for path in (tmp_path / "deep", archive):
        assert recognised(path) is ELECTIONGUARD_2_0
        assert verify(path).valid


def test_points_travel_to_other_processes(tmp_path: Path) -> None:
    assert verify(write(made("P-256"), tmp_path), jobs=2).valid


def test_every_check_has_a_flaw() -> None:
    assert {check for check, *_ in FLAWS} == set(STEPS)


@pytest.mark.parametrize(("check", "change"), [(c, x) for c, _, x in FLAWS], ids=[f"{c}: {w}" for c, w, _ in FLAWS])
def test_a_flaw_is_found_by_its_check(
    check: str, change: Callable[[Files], None], files: Files, tmp_path: Path
) -> None:
    changed = copy.deepcopy(files)
    change(changed)
    report = verify(write(changed, tmp_path))
    assert not report.valid
    assert check in failed(report)
    assert report.steps[STEPS[check]] == "failed"


@pytest.mark.parametrize(("name", "change"), UNREADABLE)
def test_what_everything_depends_on_is_refused(
    name: str, change: Callable[[Files], None], files: Files, tmp_path: Path
) -> None:
    changed = copy.deepcopy(files)
    change(changed)
    with pytest.raises(ParseError, match=name):
        verify(write(changed, tmp_path))


@pytest.mark.parametrize("votes", [{"mayor": (1, 1), "budget": (0, 0, 0)}, {"mayor": (0, 0), "budget": (2, 1, 0)}])
def test_a_ballot_over_its_limit_has_no_proof(votes: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    report = verify(write(made("kotlin", votes=votes), tmp_path))
    assert "EG20.limit-proof" in failed(report)
    assert report.steps["selection rule"] == "failed"


def test_an_election_under_way_is_not_valid(files: Files, tmp_path: Path) -> None:
    for missing in ({RESULT}, {RESULT, TALLY}):
        path = write(
            {name: value for name, value in files.items() if name not in missing}, tmp_path / str(len(missing))
        )
        report = verify(path)
        assert not report.valid
        assert not failed(report)
        assert report.steps["decryption"] == "not run"
        assert any("under way" in remark for remark in report.remarks)


@pytest.mark.parametrize("name", ["public/election_manifest_canonical.bin", "electionConfig.protobuf"])
def test_forms_that_are_not_read_are_named(name: str, tmp_path: Path) -> None:
    path = write({name: b""}, tmp_path)
    assert recognised(path) is ELECTIONGUARD_2_0
    with pytest.raises(ParseError, match="not read here"):
        verify(path)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, entry in entries for place in _places(entry, (*path, key)))]


_FREE = ("metadata", "config_version", "name", "guardian_id", "timestamp", "tally_id", "id", "contest_data", "chaining")
"""Words, times and what nothing can be held against: a change of these has no meaning."""


@given(data=st.data())
def test_mutations_are_refused_and_never_crash(
    data: st.DataObject, files: Files, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = copy.deepcopy(files)
    place = data.draw(st.sampled_from([place for place in _places(changed) if place and not set(place) & set(_FREE)]))
    new = data.draw(st.one_of(st.none(), st.integers(), st.text(), st.just([]), st.just({}), st.booleans()))
    target = changed
    for key in place[:-1]:
        target = target[key]
    old = target[place[-1]]
    target[place[-1]] = new
    try:
        report = verify(write(changed, tmp_path_factory.mktemp("mutant")))
    except E2EVoteError:
        return
    assert not report.valid or (old == new and type(old) is type(new))


@pytest.mark.parametrize(
    ("folder", "ballots", "opened"), [("electionguard-2.0-egk-ec", 42, 8), ("electionguard-2.0-kotlin", 11, 0)]
)
def test_what_others_published_verifies(interop: Path, folder: str, ballots: int, opened: int) -> None:
    path = interop / folder
    assert recognised(path) is ELECTIONGUARD_2_0
    report = verify(path)
    assert report.valid, failed(report)
    assert (report.counts["ballots"], report.counts["opened ballots"]) == (ballots, opened)
    assert report.parameters == "standard-4096"


def test_a_changed_record_of_others_is_refused(interop: Path, tmp_path: Path) -> None:
    source = interop / "electionguard-2.0-kotlin"
    copied: Files = {
        str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*.json") if path.is_file()
    }
    result = json.loads(copied[RESULT])
    result["contests"][0]["selections"][0]["tally"] += 1
    report = verify(write(copied | {RESULT: json.dumps(result).encode()}, tmp_path))
    assert failed(report) == {"EG20.result"}
    assert report.steps["result"] == "failed"
    assert CONFIG in copied
