"""``e2evote verify`` with records of other systems: recognition, options, exit codes, the report."""

import copy
import json
from pathlib import Path

import pytest

from e2evote.interop import registry
from tests.cli.running import run
from tests.interop.helios.maker import Documents, made


@pytest.fixture(scope="module")
def documents() -> Documents:
    return made()


@pytest.fixture
def record(documents: Documents, tmp_path: Path) -> Path:
    path = tmp_path / "helios.json"
    path.write_text(json.dumps(documents))
    return path


def test_a_record_is_recognised_and_reported(record: Path, tmp_path: Path):
    shown = run("verify", record, "--jobs", 1, "--json", tmp_path / "report.json").stdout.splitlines()
    assert shown[-1] == "VALID"
    assert "family:      helios" in shown
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["valid"], report["family"], report["until"], report["backend"]) == (True, "helios", "opened", None)
    assert list(report["steps"]) == [
        "setup", "keys", "ballots", "selection rule", "aggregation", "decryption", "result"
    ]  # fmt: skip
    assert {"code", "text"} == set(report["strength"][0])


def test_a_record_that_is_not_valid(documents: Documents, tmp_path: Path):
    changed = copy.deepcopy(documents)
    changed["result"][0].reverse()
    (tmp_path / "x.json").write_text(json.dumps(changed))
    report = json.loads(run("verify", tmp_path / "x.json", "--jobs", 1, "--json", "-", code=1).stdout)
    assert [step for step, status in report["steps"].items() if status == "failed"] == ["result"]


def test_the_family_can_be_named(record: Path):
    run("verify", record, "--jobs", 1, "--family", "helios")
    run("verify", record, "--jobs", 1, "--family", "electionguard-2.1", code=2)
    assert "Invalid value for '--family'" in run("verify", record, "--family", "none", code=2).output


@pytest.mark.parametrize(
    "options", [("--until", "keys"), ("--resume", "state"), ("--backend", "gmpy2")], ids=lambda options: options[0]
)
def test_options_for_own_records_only(record: Path, options: tuple[str, str]):
    assert f"{options[0]} is for records of electionguard-2.1" in run("verify", record, *options, code=2).output


def test_unknown_ambiguous_and_unreadable_records(
    record: Path, documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "other.json").write_text("{}")
    assert "not a record of any family" in run("verify", tmp_path / "other.json", code=2).output
    (tmp_path / "broken.json").write_text(json.dumps(documents | {"trustees": []}))
    assert "trustee" in run("verify", tmp_path / "broken.json", "--jobs", 1, code=2).output
    helios = registry.family_named("helios")
    monkeypatch.setattr(registry, "FAMILIES", (helios, helios))
    assert "say which with --family" in run("verify", record, code=2).output


def test_help_fits_on_a_screen():
    lines = run("verify", "--help").output.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
