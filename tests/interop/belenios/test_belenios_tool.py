"""Elections that Debian's ``belenios-tool`` made on the spot: accepted, and refused once they were tampered with."""

import os
from pathlib import Path

import pytest

from e2evote.engine import Here
from e2evote.interop.belenios import BELENIOS
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Report
from tests.interop.belenios import tool
from tests.interop.belenios.flaws import FLAWS, Flaw
from tests.interop.belenios.maker import Maker
from tests.interop.belenios.model import read_tar, take_apart, write_tar

NEEDING_SECRETS = {
    "generator_of_no_order_q",
    "key_outside_the_group",
    "key_share_of_the_trustees_choice",
    "single_key_exchanged",
    "credential_outside_the_group",
    "credential_twice",
    "certificate_of_another_list",
    "certificate_of_the_list_signed_by_nobody",
    "certificates_exchanged",
    "commitments_not_signed_with_certificates",
    "key_share_signed_by_nobody",
    "credential_with_a_negative_weight",
    "ballot_with_a_point_in_capitals",
    "ballot_without_an_answer",
    "ballot_with_a_proof_too_few",
    "ballot_of_another_election",
    "ballot_of_nobody",
    "ciphertext_outside_the_group",
    "choice_not_proved",
    "sum_not_proved",
    "sum_or_blank_not_proved",
    "blank_not_proved",
    "first_vote_counted_instead_of_the_last",
    "factor_outside_the_group",
    "certificate_signed_by_nobody",
}
"""Flaws that only those can make who have keys, or that this version of Belenios has no place for."""
TAMPERED = [flaw for flaw in FLAWS if flaw.name not in NEEDING_SECRETS]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The archives; skips without the tool, fails in CI."""
    if tool.TOOL is None:
        reason = "belenios-tool is not installed: 'make system-packages' does it"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return tool.make(tmp_path_factory.mktemp("belenios") / "made")


def verify(path: Path) -> Report:
    return BELENIOS.verify(Foreign.at(path), Here(), None)


@pytest.mark.parametrize(("name", "result"), [("weights", [[3, 4], [3, 2, 4]]), ("no-weights", [[2, 2], [2, 2, 2]])])
def test_elections_are_valid(made: dict[str, Path], name: str, result: list[list[int]]) -> None:
    report = verify(made[name])
    assert report.valid
    assert report.parameters == "BELENIOS-2048"
    assert report.counts["ballots"] == 7
    assert report.counts["counted ballots"] == 5
    assert take_apart(read_tar(made[name])).result == {"result": result}
    notes = {note.code for note in report.strength}
    assert ("public-weights" in notes) == (name != "no-weights")
    assert {"parameters-2048", "mandatory-trustees", "unbound-key-generation", "no-board"} <= notes


def test_an_archive_put_together_again_is_the_same(made: dict[str, Path]) -> None:
    files = read_tar(made["weights"])
    again = take_apart(files).files()
    assert list(again)[1:] == list(files)[1:]
    assert {name: data for name, data in again.items() if name != "BELENIOS"} == {
        name: data for name, data in files.items() if name != "BELENIOS"
    }


@pytest.mark.parametrize("flaw", TAMPERED, ids=lambda flaw: flaw.name)
def test_tampered_copies_are_refused(made: dict[str, Path], tmp_path: Path, flaw: Flaw) -> None:
    model = take_apart(read_tar(made["no-weights"]))
    report = verify(write_tar(tmp_path / "tampered.bel", flaw.files(Maker("BELENIOS-2048"), model)))
    failed = {check.id for check in report.checks if check.status == "failed"}
    assert flaw.check in failed
    assert failed <= {flaw.check} | flaw.also


def test_a_ballot_with_choices_exchanged_is_refused(made: dict[str, Path], tmp_path: Path) -> None:
    model = take_apart(read_tar(made["weights"]))
    choices = model.ballots[2]["answers"][0]["choices"]
    choices[0], choices[1] = choices[1], choices[0]
    report = verify(write_tar(tmp_path / "tampered.bel", model.files()))
    failed = {check.id for check in report.checks if check.status == "failed"}
    assert failed == {"BEL.signature", "BEL.individual", "BEL.overall", "BEL.tally"}


def test_a_dropped_vote_is_refused(made: dict[str, Path], tmp_path: Path) -> None:
    model = take_apart(read_tar(made["weights"]))
    del model.ballots[5]
    report = verify(write_tar(tmp_path / "tampered.bel", model.files()))
    assert {check.id for check in report.checks if check.status == "failed"} == {"BEL.tally"}


def test_shuffled_questions_are_named_and_the_rest_verified(made: dict[str, Path]) -> None:
    report = verify(made["shuffled"])
    assert not report.valid
    assert report.parameters == "RFC-3526-2048"
    assert {check.id for check in report.checks if check.status not in ("passed", "not applicable")} == {
        "BEL.other-questions"
    }
    assert report.remarks == ("question 2 is of the kind 'NonHomomorphic', which is not verified",)
    assert next(check for check in report.checks if check.id == "BEL.result").count == 2
