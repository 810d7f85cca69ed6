"""``e2evote verify``: verdicts, exit codes, and what people and programs read."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2evote.cli import verify as command
from e2evote.verifier.report import CheckResult, Finding, Report
from tests.builders import TOY, reindex
from tests.cli.conftest import Finished, run, verify


@pytest.fixture
def record(finished: Finished, tmp_path: Path) -> Path:
    """A copy of a whole record, to break."""
    shutil.copytree(finished.record, tmp_path / "record")
    return tmp_path / "record"


def change(record: Path, name: str, old: str, new: str) -> None:
    """Change the first place where a text stands in a file, and the index."""
    text = (record / name).read_text()
    assert old in text
    (record / name).write_text(text.replace(old, new, 1))
    reindex(record)


def test_a_valid_record(record: Path):
    shown = verify(record).stdout
    assert shown.splitlines()[-1] == "VALID"
    assert "failed" not in shown
    assert "ballots 16" in shown


def test_a_changed_result_is_named(record: Path, tmp_path: Path):
    change(record, "tallies.ndjson", '"label":"board-1","tally":', '"label":"board-1","tally":1')
    result = verify(record, "--json", tmp_path / "report.json", code=1)
    lines = result.stdout.splitlines()
    assert lines[0].split()[:3] == ["failed", "10", "10.C"]
    assert lines[-1] == "NOT VALID"
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["valid"] is False
    failed = next(check for check in report["checks"] if check["status"] == "failed")
    assert (failed["id"], failed["count"]) == ("10.C", 10)
    assert failed["findings"][0] == {"message": "T is not K^t", "contest": "board", "option": "board-1"}


def test_a_changed_ballot_is_named(record: Path):
    change(record, "devices/0002/statuses.ndjson", '"challenged"', '"cast"')
    report = json.loads(verify(record, "--json", "-", code=1).stdout)
    findings = [finding for check in report["checks"] for finding in check["findings"]]
    assert any((found.get("device"), found.get("position")) == (2, 2) for found in findings)


def test_what_cannot_be_parsed(record: Path):
    change(record, "tallies.ndjson", '"tally":', '"tally":0')
    assert verify(record, code=2).stderr.startswith("Error: tallies.ndjson:1: ")
    shutil.rmtree(record)
    assert "no such file or directory" in verify(record, code=2).stderr
    record.write_bytes(b"PK")
    assert "not a record of any family" in verify(record, code=2).stderr


def test_insecure_parameters_must_be_asked_for(record: Path):
    assert "which proves nothing" in run("verify", record, "--jobs", 1, code=1).stdout
    for noun in (("show",), ("chart", "--out", record.parent / "chart.svg")):
        error = run("record", noun[0], record, *noun[1:], code=2).stderr
        assert f"the parameter set {TOY} proves nothing" in error


def test_a_record_under_way(fresh: Path):
    assert "VALID up to the phase 'keys'" in verify(fresh / "record", "--until", "keys").stdout
    assert "NOT VALID" in verify(fresh / "record", "--until", "ballots", code=1).stdout


def test_the_report_is_not_overwritten(record: Path, tmp_path: Path):
    report = tmp_path / "report.json"
    report.write_text("mine")
    assert "exists already" in verify(record, "--json", report, code=2).stderr
    assert report.read_text() == "mine"
    verify(record, "--json", report, "--force")
    assert json.loads(report.read_text())["valid"]
    assert "no directory" in verify(record, "--json", tmp_path / "no" / "report.json", code=2).stderr


def test_usage_errors(record: Path):
    verify(record, "--until", "noon", code=2)
    verify(record, "--jobs", 0, code=2)
    run("verify", code=2)


def test_findings_are_limited_and_cannot_steer_the_terminal(record: Path, monkeypatch: pytest.MonkeyPatch):
    evil = Finding("[bold]\x1b[2J\x9b\u202edrow", device=1, position=3, ballot="AB" * 32, contest="board")
    check = CheckResult("6.D", "challenges add up", "ballots", "ballots", "failed", 50, (evil,) * 30, 7)
    other = CheckResult("1.A", "version", "setup", "setup", "passed", 1, (), 0)
    report = Report((other, check), "opened", "standard-4096", "00" * 32, {"ballots": 50})
    monkeypatch.setattr(command, "verify_record", lambda *_: report)
    shown = verify(record, code=1).stdout
    assert shown.count("device 1, ballot 3, ABABABABABABABAB…, contest board: [bold]") == 20
    assert "… and 17 more" in shown
    assert not set(shown) & set("\x1b\x9b\u202e")
    assert shown.splitlines()[0].startswith("failed")
    found = json.loads(verify(record, "--json", "-", code=1).stdout)["checks"][1]
    assert len(found["findings"]) == 30
    assert found["omitted"] == 7


def test_an_unexpected_error_is_not_a_verdict(record: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise ValueError("boom")

    monkeypatch.setattr(command, "verify_record", fail)
    error = verify(record, code=3).stderr
    assert error.startswith("Error: unexpected ValueError: boom")
    assert "--traceback" in error


def test_a_terminal_without_utf_8_still_gets_the_verdict(record: Path):
    command = [sys.executable, "-c", "from e2evote.cli import main; main()"]
    arguments = ["verify", str(record), "--insecure-parameters", TOY, "--jobs", "1"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "VALID")
