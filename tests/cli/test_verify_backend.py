"""``e2evote verify --backend``: the same verdict, and a word on what computed."""

import json
from pathlib import Path

import pytest

from e2evote.cli import verify as command
from e2evote.errors import CheckError
from e2evote.group.backends import NAMES, available
from e2evote.group.parameters import STANDARD, STANDARD_NAME
from e2evote.record.layout import Record, is_ballots_path
from e2evote.verifier.report import Report
from e2evote.verifier.run import verify_record
from tests.builders import TOY, BuiltRecord, build_record
from tests.cli.conftest import run, verify

SMALL: dict[str, int] = {"ballots": 2, "challenged": 0, "spoiled": 0, "n": 1, "k": 1}


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small record on the standard parameters."""
    return build_record(tmp_path_factory.mktemp("standard") / "record", group_name=STANDARD_NAME, **SMALL).path


def test_every_backend_gives_the_same_report(standard: Path) -> None:
    here = available(STANDARD.p, STANDARD.q)
    reports = {}
    for name in here:
        reports[name] = json.loads(run("verify", standard, "--jobs", 1, "--backend", name, "--json", "-").stdout)
        assert reports[name].pop("backend") == name
    assert all(report == reports[here[0]] for report in reports.values())
    assert json.loads(run("verify", standard, "--jobs", 1, "--json", "-").stdout)["backend"] == here[0]


def test_the_report_says_what_computed(built: BuiltRecord) -> None:
    lines = verify(built.path, "--backend", "gmpy2").stdout.splitlines()
    assert "arithmetic:  gmpy2 (GMP)" in lines
    assert lines[-1] == "VALID"
    assert set(command._KINDS) == set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "gmpy2"])
def test_a_backend_that_cannot_be_had(name: str, built: BuiltRecord) -> None:
    error = verify(built.path, "--backend", name, code=2).stderr
    assert error.startswith(f"Error: no backend {name!r} here for a modulus of 256 bits")


def test_it_is_refused_before_the_files_are_hashed(built: BuiltRecord) -> None:
    record = Record.at(built.path)
    with pytest.raises(CheckError, match="no backend 'ifma' here"):
        verify_record(record, allow_insecure=[TOY], backend="ifma")
    assert not [name for name in record.digests if is_ballots_path(name)]


def test_no_such_backend(built: BuiltRecord) -> None:
    assert "'abacus' is not one of" in verify(built.path, "--backend", "abacus", code=2).stderr


def test_nothing_computes_where_the_parameters_are_unknown(built: BuiltRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "verify_record", lambda *_: Report((), "opened", "unknown", "00" * 32, {}))
    monkeypatch.setattr(command, "show_report", lambda _, arithmetic: print(arithmetic))
    assert verify(built.path).stdout == "None\n"
    assert json.loads(verify(built.path, "--json", "-").stdout)["backend"] is None
