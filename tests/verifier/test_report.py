"""Ledgers add up, what nobody looked at is not passed, and a report speaks of the phases that were asked for."""

import pytest

from e2evote.errors import CheckError
from e2evote.verifier import report as module
from e2evote.verifier.report import PHASES, Check, CheckResult, Finding, Ledger, Phase, Place, Report, Status

CHECK = Check("6.A", "every number is a number", "ballots")


def test_a_check_is_passed_only_if_it_was_made_and_its_box_came_to_the_end() -> None:
    ledger = Ledger()
    assert ledger.result(CHECK).status == "not run"
    assert ledger.check("6.A", True, "is none")
    assert ledger.result(CHECK).status == "not run"
    ledger.complete([CHECK])
    assert (ledger.result(CHECK).status, ledger.result(CHECK).count) == ("passed", 1)
    ledger.skip("6.B")
    assert ledger.result(CHECK).status == "passed"
    ledger.skip("6.A")
    assert ledger.result(CHECK).status == "not run"
    assert not ledger.check("6.A", False, "is none")
    assert (ledger.result(CHECK).status, ledger.result(CHECK).count) == ("failed", 2)


def test_what_is_not_there_does_not_apply() -> None:
    ledger = Ledger()
    ledger.complete([CHECK])
    assert ledger.result(CHECK).status == "not applicable"


def test_findings_above_a_number_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    ledger = Ledger()
    for position in range(1, 6):
        ledger.check("6.A", False, "is none", Place(1, position))
    result = ledger.result(CHECK)
    assert [finding.position for finding in result.findings] == [1, 2, 3]
    assert (result.count, result.omitted) == (5, 2)


@pytest.mark.parametrize(("here", "there", "kept", "omitted"), [(1, 1, 2, 0), (2, 2, 3, 1), (3, 1, 3, 1), (5, 5, 3, 7)])
def test_ledgers_add_up(here: int, there: int, kept: int, omitted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    ledgers = Ledger(), Ledger()
    for ledger, failures, name in zip(ledgers, (here, there), ("here", "there"), strict=True):
        for _ in range(failures):
            ledger.check("6.A", False, name)
        ledger.check("6.B", True, name)
        ledger.skip(f"skipped {name}")
        ledger.complete([Check(f"completed {name}", "-", "ballots")])
        ledger.remarks.append(name)
    total, other = ledgers
    total.add(other)
    assert total.counts == {"6.A": here + there, "6.B": 2}
    assert [finding.message for finding in total.findings["6.A"]] == (["here"] * here)[:3] + ["there"] * (
        kept - min(here, 3)
    )
    assert (len(total.findings["6.A"]), total.omitted["6.A"]) == (kept, omitted)
    assert total.skipped == {"skipped here", "skipped there"}
    assert total.completed == {"completed here", "completed there"}
    assert total.remarks == ["here", "there"]


def test_a_place_within_a_place() -> None:
    place = Place(2, 7, "CODE", "board")
    assert place.within(option="yes") == Place(2, 7, "CODE", "board", "yes")
    assert place.within("motion") == Place(2, 7, "CODE", "motion")
    assert place.within("motion", "no") == Place(2, 7, "CODE", "motion", "no")


def test_a_finding_in_one_line() -> None:
    assert str(Finding("is none")) == "is none"
    assert str(Finding("is none", contest="board")) == "contest board: is none"
    whole = Finding("is none", 2, 7, "0123456789ABCDEF0", "board", "yes")
    assert str(whole) == "device 2, ballot 7, 0123456789ABCDEF…, contest board, option yes: is none"


def reported(until: Phase, **statuses: Status) -> Report:
    """Return a report with one check in every phase, passed where nothing else is said."""
    checks = []
    for phase in PHASES:
        status = statuses.get(phase, "passed")
        findings = (Finding(f"wrong in {phase}"),) if status == "failed" else ()
        checks.append(CheckResult(f"X.{phase}", "-", phase, Check("", "", phase).step, status, 1, findings, 0))
    return Report(tuple(checks), until, "toy", "00", {})


@pytest.mark.parametrize("until", PHASES)
@pytest.mark.parametrize("status", ["passed", "not applicable", "failed", "not run"])
def test_a_report_is_about_the_phases_up_to_the_one_asked_for(until: Phase, status: Status) -> None:
    good = status in ("passed", "not applicable")
    for number, phase in enumerate(PHASES):
        report = reported(until, **{phase: status})
        asked = number <= PHASES.index(until)
        assert report.valid == (good or not asked)
        if report.valid:
            report.require_valid()
        else:
            with pytest.raises(CheckError, match=rf"nothing was done \(X.{phase} {status}\): (wrong in {phase})?$"):
                report.require_valid()


def test_a_step_is_as_good_as_its_worst_check() -> None:
    def result(step: str, status: Status) -> CheckResult:
        return CheckResult(f"X.{step}-{status}", "-", "ballots", step, status, 1, (), 0)  # type: ignore[arg-type]

    checks = (result("ballots", "passed"), result("ballots", "failed"), result("selection rule", "not applicable"))
    report = Report((*checks, result("setup", "passed"), result("setup", "not run")), "opened", "x", "", {})
    assert report.steps == {"setup": "not run", "ballots": "failed", "selection rule": "not applicable"}
    assert list(report.steps) == ["setup", "ballots", "selection rule"]
