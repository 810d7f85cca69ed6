"""A verification runs the phases that were asked for, no more and no fewer, and says what it was about."""

from pathlib import Path

import pytest

from e2evote.errors import CheckError
from e2evote.record.layout import Record
from e2evote.verifier.report import PHASES, Phase, Report
from e2evote.verifier.run import verify_record
from tests.builders import TOY, BuiltRecord
from tests.mutations import BY_NAME
from tests.mutations.board import BOARD_ONLY
from tests.mutations.pre_encrypted import MAIL_ONLY
from tests.verifier.conftest import Mutants

COUNTS = {
    "setup": set(),
    "keys": {"guardians"},
    "ballots": {"guardians", "devices", "ballots", "cast", "challenged", "spoiled"},
}
COUNTS |= {phase: COUNTS["ballots"] | {"cells"} for phase in ("tally", "decryption", "opened")}


def verify(path: Path, until: Phase = "opened", **options: object) -> Report:
    return verify_record(Record.at(path), until, allow_insecure=(TOY,), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("until", PHASES)
def test_phases_up_to_the_one_asked_for(until: Phase, built: BuiltRecord) -> None:
    report = verify(built.path, until)
    asked = PHASES[: PHASES.index(until) + 1]
    for check in report.checks:
        if check.id not in MAIL_ONLY | BOARD_ONLY:
            # all that is known of ballots is found in one pass over them
            assert (check.status == "passed") == (check.phase in asked), check
    assert report.valid
    assert set(report.counts) == COUNTS[until]


def test_what_was_counted(built: BuiltRecord) -> None:
    statuses = {status: len(built.of_status(status)) for status in ("cast", "challenged", "spoiled")}
    expected = {"guardians": 3, "devices": 2, "ballots": len(built.ballots), "cells": 2} | statuses
    assert verify(built.path).counts == expected


def test_progress_is_of_all_ballots(built: BuiltRecord) -> None:
    seen = list[tuple[int, int]]()
    verify(built.path, progress=lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {len(built.ballots)}
    assert seen[-1][0] == len(built.ballots)


def test_what_there_is_not(built: BuiltRecord) -> None:
    with pytest.raises(CheckError, match="there is no phase 'everything'; there are setup, keys"):
        verify(built.path, "everything")  # type: ignore[arg-type]
    with pytest.raises(CheckError, match="no insecure parameter set is called 'toy-1-2'; there are reduced-3072, "):
        verify_record(Record.at(built.path), allow_insecure=(TOY, "toy-1-2"))
    with pytest.raises(CheckError, match="abacus"):
        verify(built.path, backend="abacus")


def test_a_backend_makes_no_difference(built: BuiltRecord) -> None:
    assert verify(built.path, "keys", backend="gmpy2") == verify(built.path, "keys")


@pytest.mark.parametrize("backend", [None, "gmpy2"])
@pytest.mark.parametrize("until", ["setup", "opened"])
def test_a_group_that_nobody_knows(until: Phase, backend: str | None, mutants: Mutants) -> None:
    report = verify(mutants.path(BY_NAME["p-of-no-known-set"]), until, backend=backend)
    assert (report.parameters, report.counts) == ("unknown", {})
    assert not report.valid


def test_the_group_is_named(built: BuiltRecord) -> None:
    assert verify(built.path, "setup").parameters == TOY


@pytest.mark.parametrize("until", ["keys", "opened"])
def test_a_manifest_against_its_rules_ends_the_verification(until: Phase, mutants: Mutants) -> None:
    name = next(mutation.name for mutation in BY_NAME.values() if mutation.must == {"X.manifest"})
    report = verify(mutants.path(BY_NAME[name]), until)
    assert report.counts == {"guardians": 3}
    assert not report.valid
