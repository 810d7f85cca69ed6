"""The runner scores verifiers; the record verifier and the oracle judge every record of the suite as expected."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from e2evote.errors import ParseError
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.conformance import run as runner
from tests.conformance.archive import FOLDER, SETS, stored
from tests.conformance.conftest import Unpacked
from tests.conformance.run import GOOD, INVALID, UNREADABLE, VALID, Answer, Result, Rules

TOY, STANDARD = SETS
ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = {
    "e2evote": [sys.executable, "tests/conformance/adapters/e2evote_verify.py"],
    "oracle": [sys.executable, "-m", "tests.conformance.adapters.oracle"],
}


def ours(record: Path, accept: str | None) -> Answer:
    try:
        report = verify_record(Record.at(record), allow_insecure=[accept] if accept else [])
    except ParseError:
        return Answer(UNREADABLE)
    failed = frozenset(check.id for check in report.checks if check.status == "failed")
    return Answer(VALID if report.valid else INVALID, failed)


def other(record: Path, accept: str | None) -> Answer:
    try:
        verdict = oracle.verify(record, {accept} if accept else set())
    except oracle.OracleParseError:
        return Answer(UNREADABLE)
    return Answer(VALID if verdict.passed else INVALID, frozenset(verdict.failed))


def cover(name: str) -> list[str]:
    """Return records in which each check must fail once, the valid ones, and those of another form."""
    firsts: dict[str, str] = {}
    for expected in stored(name):
        for check in expected.must_fail:
            firsts.setdefault(check, expected.name)
    apart = {expected.name for expected in stored(name) if expected.valid or expected.level == "form"}
    return sorted(apart | set(firsts.values()))


def outcomes(results: list[Result]) -> dict[str, str]:
    return {result.expected["name"]: result.outcome for result in results if result.outcome not in GOOD}


# ------------------------------------------------------------------------------------------- both pass all of it


@pytest.mark.parametrize("judge", [ours, other], ids=["e2evote", "oracle"])
def test_every_check_on_the_toy_set(judge: Callable[[Path, str | None], Answer], unpacked: Unpacked) -> None:
    results = runner.run([unpacked(TOY) / name for name in cover(TOY)], judge)
    assert outcomes(results) == {}
    assert all(row["found"] and not row["false_alarms"] for row in runner.by_check(results, Rules()).values())


def test_sample_of_the_standard_set(unpacked: Unpacked) -> None:
    names = ["valid-three-ballots", "encryption-of-two", "tally-off-by-one", "opened-data-changed"]
    assert outcomes(runner.run([unpacked(STANDARD) / name for name in names], ours)) == {}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_adapters(adapter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands say what the functions say: valid, not valid, unreadable, and other parameters."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    names = ["valid-three-ballots", "encryption-of-two", "form-key-twice", "toy-parameters-not-allowed"]
    only = [part for name in names for part in ("--only", name)]
    score = tmp_path / "score.json"
    suite = str(FOLDER / f"{TOY}.tar.xz")
    assert runner.main([suite, *only, "--json", str(score), "--", *ADAPTERS[adapter]]) == 0
    records = json.loads(score.read_text())["records"]
    assert [records[name]["exit_code"] for name in names] == [0, 1, 2, 1]
    assert records["encryption-of-two"]["failed"] == ["6.D"]


@pytest.mark.slow
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_all_of_the_toy_set_through_adapters(adapter: str, unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some minutes: every record is a process of its own."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert runner.main([str(unpacked(TOY)), "--jobs", "2", "--", *ADAPTERS[adapter]]) == 0


@pytest.mark.slow
def test_all_of_the_standard_set(unpacked: Unpacked) -> None:
    """Some minutes."""
    assert outcomes(runner.run(runner.folders(unpacked(STANDARD)), ours)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["valid-three-ballots", "opened-data-changed", "g-squared"])
def test_oracle_on_the_standard_set(name: str, unpacked: Unpacked) -> None:
    assert outcomes(runner.run([unpacked(STANDARD) / name], other)) == {}


# ------------------------------------------------------------------------------------------- other verifiers

NAMES = ["valid-default", "encryption-of-two", "h-e-wrong", "contest-twice", "form-key-twice", "q-too-wide"]


def scored(unpacked: Unpacked, answer: Answer, **rules: bool) -> list[str]:
    """Return how one answer to everything comes out."""
    results = runner.run([unpacked(TOY) / name for name in NAMES], lambda record, accept: answer, Rules(**rules))
    return [result.outcome for result in results]


def test_whoever_accepts_everything(unpacked: Unpacked) -> None:
    assert scored(unpacked, Answer(VALID)) == ["right"] + ["missed"] * 5
    allowed = ["right", "missed", "missed", "allowed", "allowed", "allowed"]
    assert scored(unpacked, Answer(VALID), boxes_only=True) == allowed


def test_whoever_refuses_everything(unpacked: Unpacked) -> None:
    found = scored(unpacked, Answer(INVALID, frozenset({"6.D"})))
    assert found == ["rejected", "right", *["imprecise"] * 4]
    assert scored(unpacked, Answer(INVALID), verdicts_only=True) == ["rejected"] + ["right"] * 5


def test_whoever_reads_nothing(unpacked: Unpacked) -> None:
    assert scored(unpacked, Answer(UNREADABLE)) == ["not read"] * 4 + ["right"] * 2


def test_whoever_goes_on_from_stated_values(unpacked: Unpacked) -> None:
    """What may fail with it is no false alarm."""
    answer = Answer(INVALID, frozenset({"4.A", "5.B", "8.C"}))
    results = runner.run([unpacked(TOY) / "h-e-wrong"], lambda record, accept: answer)
    assert [result.outcome for result in results] == ["right"]
    assert runner.by_check(results, Rules()) == {"4.A": {"records": 1, "found": 1, "false_alarms": 0}}


@pytest.mark.parametrize(
    "program", ["print('{}')", "print('hello')", "raise SystemExit(9)", "import time; time.sleep(60)"]
)
def test_adapters_that_fail(program: str, unpacked: Unpacked, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--only", "valid-default", "--seconds", "2", "--", sys.executable, "-c", program]
    assert runner.main([str(unpacked(TOY)), *command]) == 1
    assert "the adapter failed" in capsys.readouterr().out


def test_records_are_left_out_by_feature(unpacked: Unpacked) -> None:
    folders = runner.folders(unpacked(TOY), without=["supplemental-fields"])
    assert 0 < len(folders) < len(stored(TOY))
    assert not any("supplemental-fields" in path.name for path in folders)
    with pytest.raises(SystemExit, match="no such records: nothing-like-it"):
        runner.folders(unpacked(TOY), names=["nothing-like-it"])
