"""The broken records once more, on the standard parameters: with every backend the checks fail that fail on the toy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2evote.group.backends import available
from e2evote.group.parameters import STANDARD, STANDARD_NAME
from e2evote.record.layout import Record
from e2evote.verifier.report import Report
from e2evote.verifier.run import verify_record
from tests.builders import TOY, BuiltRecord, build_record
from tests.mutations import BY_NAME, MUTATIONS, Mutation
from tests.mutations.board import BOARD_ONLY
from tests.mutations.pre_encrypted import MAIL_ONLY
from tests.verifier.conftest import Mutants

BACKENDS = available(STANDARD.p, STANDARD.q)
TOGETHER = ("parts-of-two-ballots-cancel", "tally-minus")
"""Defects that several processes find too."""
SAMPLE = (
    # boxes 2 and 3
    "guardian-response-plus-1",
    "communication-key-outside-the-group",
    # boxes 6 and 7: proofs, and numbers outside the group
    "challenges-and-responses-plus-q",
    "challenge-hashed-in-another-order",
    "alpha-above-p",
    "alpha-0",
    "alpha-p",
    "beta-minus",
    "beta-with-two-other-parts",
    "parts-of-two-options-cancel",
    # supplemental fields
    "undervote-not-indicated",
    # hashed ciphertexts
    "nonce-c-0-minus",
    "data-proof-wrong",
    # boxes 9, 10, 12 and 13
    "challenged-ballot-counted-silently",
    "tally-response-plus-q",
    "data-response-plus-q",
    "data-changed",
    "data-factor-minus",
    "opened-data-changed",
    "opened-nonce-changed",
)
"""At least one for every check that computes in the group, with those of ``TOGETHER``."""
ARITHMETIC = {
    "2.A", "2.C", "6.A", "6.B", "6.C", "6.D", "7.A", "7.B", "7.C", "7.D", "9.A", "9.B", "10.A", "10.B", "10.C",
    "12.A", "12.B", "12.C", "13.A", "13.B", "X.nonce-proof", "X.contest-data-proof", "X.contest-data-factor",
    "X.tally-membership", "X.challenged-nonce", "X.field-relations",
}  # fmt: skip
ON_STANDARD = [mutation for mutation in MUTATIONS if mutation.on_any_group]


@pytest.fixture(scope="session")
def built_standard(tmp_path_factory: pytest.TempPathFactory) -> BuiltRecord:
    """The election of ``built`` on the standard parameters: the same voters, marks and statuses."""
    return build_record(tmp_path_factory.mktemp("standard") / "record", group_name=STANDARD_NAME)


SMALL: dict[str, int] = {"ballots": 7, "challenged": 1, "spoiled": 1, "seed": 0}
"""The fewest ballots on which every defect of the sample can be."""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BuiltRecord]:
    """A small election, on the toy group and on the standard parameters."""
    folder = tmp_path_factory.mktemp("small")
    return {name: build_record(folder / name, group_name=name, **SMALL) for name in (TOY, STANDARD_NAME)}


def verify(path: Path, backend: str, jobs: int = 1) -> Report:
    return verify_record(Record.at(path), jobs=jobs, backend=backend)


def outline(report: Report) -> list[tuple[object, ...]]:
    """Return all that two groups have in common: of every check how often it was done, what it came to and where."""
    return [
        (
            *(check.id, check.status, check.count, check.omitted),
            *((found.device, found.position, found.contest, found.option) for found in check.findings),
        )
        for check in report.checks
    ]


def judge(mutation: Mutation, toy: Report, reports: dict[str, Report]) -> None:
    """Expect what the toy group shows from every backend, and the same report to the letter."""
    free = mutation.may | mutation.standard_adds
    for backend, report in reports.items():
        failed = {check.id for check in report.checks if check.status == "failed"}
        assert not report.valid
        assert mutation.must | mutation.standard_adds <= failed <= mutation.must | free, backend
        pairs = zip(outline(report), outline(toy), strict=True)
        assert [(mine, other) for mine, other in pairs if mine != other and mine[0] not in free] == [], backend
        assert report == reports[BACKENDS[-1]], backend


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A place for one record of 4096 bits, which goes away."""
    yield tmp_path / "record"
    shutil.rmtree(tmp_path / "record", ignore_errors=True)


def verify_toy(path: Path) -> Report:
    return verify_record(Record.at(path), allow_insecure=(TOY,))


@pytest.mark.parametrize("name", SAMPLE)
def test_every_backend_finds_the_defect(name: str, small: dict[str, BuiltRecord], place: Path, tmp_path: Path) -> None:
    mutation = BY_NAME[name]
    toy = verify_toy(mutation.write(tmp_path / "toy", small[TOY]))
    mutation.write(place, small[STANDARD_NAME])
    judge(mutation, toy, {backend: verify(place, backend) for backend in BACKENDS})


@pytest.mark.slow
@pytest.mark.parametrize("mutation", ON_STANDARD, ids=lambda mutation: mutation.name)
def test_every_backend_finds_every_defect(
    mutation: Mutation, mutants: Mutants, built_standard: BuiltRecord, place: Path
) -> None:
    """Some seconds each, most of them with gmpy2: ten minutes on a quiet machine."""
    toy = verify_toy(mutants.path(mutation))
    mutation.write(place, built_standard)
    judge(mutation, toy, {backend: verify(place, backend) for backend in BACKENDS})


@pytest.mark.parametrize("name", TOGETHER)
def test_processes_find_the_same_with_every_backend(
    name: str, small: dict[str, BuiltRecord], place: Path, tmp_path: Path
) -> None:
    mutation = BY_NAME[name]
    toy = verify_toy(mutation.write(tmp_path / "toy", small[TOY]))
    mutation.write(place, small[STANDARD_NAME])
    alone = {backend: verify(place, backend) for backend in BACKENDS}
    judge(mutation, toy, alone)
    assert {backend: verify(place, backend, 2) for backend in BACKENDS} == alone


def test_the_record_that_is_broken_is_valid(small: dict[str, BuiltRecord]) -> None:
    reports = [verify(small[STANDARD_NAME].path, backend, jobs) for backend in BACKENDS for jobs in (1, 2)]
    assert all(report.valid and report == reports[0] for report in reports)
    assert {check.id for check in reports[0].checks if check.status != "passed"} == MAIL_ONLY | BOARD_ONLY


def test_the_sample_has_every_check_that_computes() -> None:
    assert {
        check for name in (*SAMPLE, *TOGETHER) for check in BY_NAME[name].must | BY_NAME[name].standard_adds
    } >= ARITHMETIC
    assert set(SAMPLE).isdisjoint(TOGETHER)


def test_what_is_about_the_toy_group_only() -> None:
    only = {mutation.name for mutation in MUTATIONS} - {mutation.name for mutation in ON_STANDARD}
    assert only == {"toy-parameters-not-allowed", "other-toy-parameters-allowed", "tally-plus-q"}
