"""Every record of the toy set of the conformance suite, judged in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from e2evote.errors import ParseError
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
from tests.conformance.archive import FOLDER
from tests.conformance.cases import ORDER, registered
from tests.conformance.conftest import unpacked  # noqa: F401
from tests.conformance.run import INVALID, UNREADABLE, VALID, Answer, Rules, outcome
from tests.mutations.board import BOARD_ONLY
from tests.mutations.pre_encrypted import MAIL_ONLY, NOT_BY_MAIL

SET = "toy-64-256"
EXPECTED = json.loads((FOLDER / f"{SET}.json").read_bytes())["records"]
ALL_PASSED = {
    "valid-default": set(ORDER) - MAIL_ONLY - BOARD_ONLY,
    "valid-mail": set(ORDER) - NOT_BY_MAIL - BOARD_ONLY,
    "valid-board": set(ORDER) - NOT_BY_MAIL,
}
"""Records in which every check has something to look at, but for those of the other kind of election."""
SKIPS = {mutation.name: mutation.skips for mutation in registered()}
for record in EXPECTED:
    record["skips"] = sorted(SKIPS.get(record["name"], ()))


@pytest.fixture(scope="session")
def folder(unpacked: Any) -> Path:  # noqa: F811
    return unpacked(SET)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["name"])
def test_record(expected: dict[str, Any], folder: Path) -> None:
    """What tests/conformance/test_run.py and tests/verifier/test_mutations.py ask of a record."""
    accept = expected.get("accept")
    try:
        report = verify_record(
            Record.at(folder / expected["name"] / "record"), allow_insecure=[accept] if accept else []
        )
    except ParseError:
        answer = Answer(UNREADABLE)
    else:
        kinds = ("failed", "not run", "passed")
        failed, not_run, passed = ({check.id for check in report.checks if check.status == kind} for kind in kinds)
        answer = Answer(VALID if report.valid else INVALID, frozenset(failed))
        assert not_run == SKIPS.get(expected["name"], not_run) - failed
        assert passed == ALL_PASSED.get(expected["name"], passed)
    assert outcome(expected, answer, Rules()) == "right"
