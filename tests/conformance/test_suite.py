"""The stored suite is what it says, and comes out of the generator byte for byte."""

import hashlib
import json
import lzma
from pathlib import Path

import pytest

from e2evote.record.codec import dump, parse
from tests.conformance.archive import FOLDER, SETS, digest, listing, made, packed, stored
from tests.conformance.cases import cases_of
from tests.conformance.conftest import Unpacked
from tests.conformance.expectation import Expectation

TOY, STANDARD = SETS
MEGABYTES = 30
"""What the suite may add to the repository."""


@pytest.mark.parametrize("name", SETS)
def test_archive_holds_the_records_that_are_listed(name: str, unpacked: Unpacked) -> None:
    data = lzma.decompress((FOLDER / f"{name}.tar.xz").read_bytes())
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert text == listing(name, data, stored(name))
    assert json.loads(text)["tar_sha256"] == hashlib.sha256(data).hexdigest().upper()
    assert {path.name for path in unpacked(name).iterdir()} == {expected.name for expected in stored(name)}
    for expected in stored(name):
        folder = unpacked(name) / expected.name
        assert parse(Expectation, (folder / "expect.json").read_bytes()[:-1], "expect.json") == expected
        assert digest(folder / "record") == expected.sha256


@pytest.mark.parametrize("name", SETS)
def test_stored_are_the_cases_that_there_are(name: str) -> None:
    """Whoever adds a mutation runs make conformance."""
    assert [expected.name for expected in stored(name)] == [case.name for case in cases_of(name)]


def sample(name: str) -> list[str]:
    names = [case.name for case in cases_of(name)]
    return names[::12] if name == TOY else ["valid-three-ballots", names[-1]]


@pytest.mark.parametrize(("name", "case"), [(name, case) for name in SETS for case in sample(name)])
def test_sample_is_made_anew(name: str, case: str, tmp_path: Path) -> None:
    (chosen,) = [each for each in cases_of(name) if each.name == case]
    (expected,) = [each for each in stored(name) if each.name == case]
    assert dump(made(chosen, tmp_path)) == dump(expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_everything_is_made_anew(name: str) -> None:
    """Some minutes on the standard parameters."""
    data, expectations = packed(name)
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == listing(name, data, expectations)


def test_expectations_make_sense() -> None:
    for name in SETS:
        records = stored(name)
        assert len({expected.name for expected in records}) == len(records)
        for expected in records:
            assert expected.valid == (not expected.must_fail and not expected.may_be_unreadable)
            assert expected.valid == expected.name.startswith("valid-")
            assert not set(expected.must_fail) & set(expected.may_fail)
            assert (expected.accept is None) == (name == STANDARD) or expected.name == "toy-parameters-not-allowed"


def test_suite_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MEGABYTES * 2**20
