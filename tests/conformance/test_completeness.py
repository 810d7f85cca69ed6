"""Every check has a record in which it must fail."""

import tomllib
from pathlib import Path

import pytest

from e2evote.verifier.run import CHECKS
from tests.conformance.archive import SETS, stored

ROOT = Path(__file__).resolve().parents[2]
LETTERS = {
    1: "ABCDEF", 2: "ABC", 3: "AB", 4: "A", 5: "AB", 6: "ABCD", 7: "ABCD", 8: "ABCDEFG", 9: "AB", 10: "ABC",
    11: "ABCD", 12: "ABC", 13: "AB", 14: "ABCDEF", 15: "A", 16: "ABCDEFGH", 17: "A", 18: "A", 19: "ABCD",
}  # fmt: skip
"""The lettered sub-checks of the boxes of the specification, counted there."""

EXCEPTIONS: dict[str, str] = {}
"""Checks that no record can fail, with the reason; docs/conformance.md has the same list."""


def lettered_checks() -> list[str]:
    return [f"{box}.{letter}" for box, letters in LETTERS.items() for letter in letters]


def required_checks() -> list[str]:
    return [*lettered_checks(), *(check.id for check in CHECKS if check.id.startswith("X."))]


@pytest.mark.parametrize("name", SETS)
def test_every_check_has_a_record(name: str) -> None:
    covered = {check for expected in stored(name) for check in expected.must_fail}
    assert set(required_checks()) - covered == set(EXCEPTIONS)


@pytest.mark.parametrize("name", SETS)
def test_every_box_has_a_record_that_a_verifier_of_the_specification_refuses(name: str) -> None:
    refused = [expected for expected in stored(name) if expected.level == "specification"]
    covered = {check for expected in refused for check in expected.must_fail}
    assert set(lettered_checks()) - covered == set(EXCEPTIONS)


def test_the_index_of_the_specification_has_exactly_these_letters() -> None:
    index = tomllib.loads((ROOT / "docs" / "spec-index.toml").read_text(encoding="utf-8"))
    assert list(index["required"]["checks"]) == lettered_checks()


def test_the_verifier_has_exactly_these_checks() -> None:
    assert {check.id for check in CHECKS} == set(required_checks())


def test_every_form_of_record_has_a_level() -> None:
    for name in SETS:
        assert {expected.level for expected in stored(name)} == {"specification", "additional", "form"}
