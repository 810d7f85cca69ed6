"""Every check of the bulletin board fails on a record with exactly the defect that it is there for."""

import re
from pathlib import Path

import pytest

from e2evote.record.layout import Record
from e2evote.verifier import ballots
from e2evote.verifier.report import Report
from e2evote.verifier.run import CHECKS, verify_record
from tests import oracle
from tests.board_forger import BoardForger
from tests.builders import TOY, BuiltRecord, reindex
from tests.mutations import BY_NAME
from tests.mutations.board import BOARD_MUTATIONS, BOARD_ONLY, BoardMutation
from tests.mutations.pre_encrypted import NOT_BY_MAIL
from tests.verifier.conftest import Mutants

IDS = {check.id for check in CHECKS}
FORMAT = Path(__file__).resolve().parents[2] / "docs" / "formats" / "board.md"
BOARD_BY_NAME = {mutation.name: mutation for mutation in BOARD_MUTATIONS}


@pytest.fixture(scope="module")
def board_mutants(tmp_path_factory: pytest.TempPathFactory, board: BuiltRecord) -> Mutants:
    return Mutants(tmp_path_factory.mktemp("board-mutants"), board)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory, board: BuiltRecord) -> Path:
    """A record without a defect."""
    root = tmp_path_factory.mktemp("board") / "record"
    root.mkdir()
    BoardForger.of(root, board).write()
    reindex(root)
    return root


def verify(path: Path, jobs: int = 1) -> Report:
    return verify_record(Record.at(path), jobs=jobs, allow_insecure=(TOY,))


def of_status(report: Report, status: str) -> set[str]:
    return {check.id for check in report.checks if check.status == status}


@pytest.mark.parametrize("mutation", BOARD_MUTATIONS, ids=lambda mutation: mutation.name)
def test_exactly_the_checks_for_a_defect_fail(mutation: BoardMutation, board_mutants: Mutants) -> None:
    report = verify(board_mutants.path(mutation))
    failed = of_status(report, "failed")
    assert not report.valid
    assert mutation.must <= failed
    assert failed <= mutation.must | mutation.may
    assert of_status(report, "not run") <= mutation.skips


@pytest.mark.parametrize("mutation", BOARD_MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_oracle_finds_the_same(mutation: BoardMutation, board_mutants: Mutants) -> None:
    failed = oracle.verify(board_mutants.path(mutation), {TOY}).failed
    assert mutation.must <= failed
    assert failed <= mutation.must | mutation.may


def test_the_record_that_is_broken_is_valid(honest: Path) -> None:
    report = verify(honest)
    assert report.valid
    assert of_status(report, "passed") == IDS - NOT_BY_MAIL
    assert report.counts["entries"] == 53
    verdict = oracle.verify(honest, {TOY})
    assert verdict.passed
    assert all(verdict.ran[check] for check in BOARD_ONLY)
    assert verify(honest, jobs=2) == report


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("name", ["board-ballots-exchanged", "board-opened-otherwise", "board-ballot-added-after"])
def test_where_ballots_are_cut_makes_no_difference(
    name: str, size: int, board_mutants: Mutants, honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = board_mutants.path(BOARD_BY_NAME[name])
    whole = verify(path)
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", size)
    assert verify(path) == whole
    assert verify(honest).valid


def test_every_check_is_described() -> None:
    """With its phase, and in this order."""
    rows = re.findall(r"^\| `(X\.board-[a-z]+)` \| ([a-z]+) \|", FORMAT.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(check.id, check.phase) for check in CHECKS if check.id in BOARD_ONLY]


def test_names_are_unique() -> None:
    assert len(BOARD_BY_NAME) == len(BOARD_MUTATIONS)
    assert not BOARD_BY_NAME.keys() & BY_NAME.keys()
    assert all(mutation.defect for mutation in BOARD_MUTATIONS)
    assert all((m.must | m.may | m.skips) <= IDS for m in BOARD_MUTATIONS)
