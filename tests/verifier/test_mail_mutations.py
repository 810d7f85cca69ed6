"""Every check of pre-encrypted ballots fails on a record of a mail election with exactly the defect it is there for."""

from pathlib import Path

import pytest

from e2evote.record.layout import Record
from e2evote.verifier import ballots
from e2evote.verifier.report import Report
from e2evote.verifier.run import CHECKS, verify_record
from tests import oracle
from tests.builders import TOY, BuiltRecord, reindex
from tests.mail_forger import MailForger
from tests.mutations import BY_NAME
from tests.mutations.board import BOARD_ONLY
from tests.mutations.pre_encrypted import MAIL_MUTATIONS, NOT_BY_MAIL, MailMutation
from tests.verifier.conftest import Mutants

IDS = {check.id for check in CHECKS}
MAIL_BY_NAME = {mutation.name: mutation for mutation in MAIL_MUTATIONS}


@pytest.fixture(scope="module")
def mail_mutants(tmp_path_factory: pytest.TempPathFactory, mail: BuiltRecord) -> Mutants:
    return Mutants(tmp_path_factory.mktemp("mail-mutants"), mail)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory, mail: BuiltRecord) -> Path:
    """A record without a defect."""
    root = tmp_path_factory.mktemp("mail") / "record"
    root.mkdir()
    MailForger.of(root, mail).write()
    reindex(root)
    return root


def verify(path: Path, jobs: int = 1) -> Report:
    return verify_record(Record.at(path), jobs=jobs, allow_insecure=(TOY,))


def of_status(report: Report, status: str) -> set[str]:
    return {check.id for check in report.checks if check.status == status}


@pytest.mark.parametrize("mutation", MAIL_MUTATIONS, ids=lambda mutation: mutation.name)
def test_exactly_the_checks_for_a_defect_fail(mutation: MailMutation, mail_mutants: Mutants) -> None:
    report = verify(mail_mutants.path(mutation))
    failed = of_status(report, "failed")
    assert not report.valid
    assert mutation.must <= failed
    assert failed <= mutation.must | mutation.may
    assert of_status(report, "not run") == mutation.skips - failed


@pytest.mark.parametrize("mutation", MAIL_MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_oracle_finds_the_same(mutation: MailMutation, mail_mutants: Mutants) -> None:
    verdict = oracle.verify(mail_mutants.path(mutation), set(mutation.allow))
    assert not verdict.passed
    found, must = ({check for check in ids if check[0].isdigit()} for ids in (verdict.failed, mutation.must))
    assert must - found == mutation.oracle_lacks
    assert found - must - mutation.may == mutation.oracle_adds


def test_the_record_that_is_broken_is_valid(honest: Path) -> None:
    report = verify(honest)
    assert report.valid
    assert of_status(report, "passed") == IDS - NOT_BY_MAIL - BOARD_ONLY
    assert report.counts["uncast"] == 3
    assert oracle.verify(honest, {TOY}).passed
    assert verify(honest, jobs=2) == report


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("name", ["mail-chaining-field-wrong", "mail-cast-ballot-not-recorded", "mail-opened-twice"])
def test_where_ballots_are_cut_makes_no_difference(
    name: str, size: int, mail_mutants: Mutants, honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mail_mutants.path(MAIL_BY_NAME[name])
    whole = verify(path)
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", size)
    assert verify(path) == whole
    assert verify(honest).valid


def test_names_are_unique() -> None:
    assert len(MAIL_BY_NAME) == len(MAIL_MUTATIONS)
    assert not MAIL_BY_NAME.keys() & BY_NAME.keys()
    assert all(mutation.defect for mutation in MAIL_MUTATIONS)
    assert all((m.must | m.may | m.skips) <= IDS for m in MAIL_MUTATIONS)
