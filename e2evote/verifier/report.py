"""What a verification found: checks, findings, and the ledger in which the boxes write them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from e2evote.errors import CheckError

PHASES = ("setup", "keys", "ballots", "tally", "decryption", "opened")
"""Parts of a record in the order in which an election makes them; a finished record has all."""

Phase = Literal["setup", "keys", "ballots", "tally", "decryption", "opened"]

STEPS = ("setup", "keys", "ballots", "selection rule", "aggregation", "decryption", "result", "opened")
"""What a verification of any system's record does: parts by which records of several systems compare."""

Step = Literal["setup", "keys", "ballots", "selection rule", "aggregation", "decryption", "result", "opened"]
Status = Literal["passed", "failed", "not run", "not applicable"]

NATIVE = "electionguard-2.1"
"""The family of this library's own records."""

KEPT = 100
"""Findings kept for each check; more are only counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: id, title, the phase it belongs to, and its step where that is not the phase's own."""

    id: str
    title: str
    phase: Phase
    own_step: Step | None = None

    @property
    def step(self) -> Step:
        """The step that this check is part of."""
        if self.own_step is not None:
            return self.own_step
        return "aggregation" if self.phase == "tally" else self.phase


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a record: any part may be unknown or not apply."""

    device: int | None = None
    position: int | None = None
    ballot: str | None = None
    contest: str | None = None
    option: str | None = None

    def within(self, contest: str | None = None, option: str | None = None) -> "Place":
        """Return the place of a contest or option on the same ballot."""
        return Place(self.device, self.position, self.ballot, contest or self.contest, option)


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure of one check."""

    message: str
    device: int | None = None
    position: int | None = None
    ballot: str | None = None
    contest: str | None = None
    option: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        parts = [f"device {self.device}" if self.device else "", f"ballot {self.position}" if self.position else ""]
        parts += [self.ballot[:16] + "…" if self.ballot else ""]
        parts += [f"contest {self.contest}" if self.contest else "", f"option {self.option}" if self.option else ""]
        place = ", ".join(part for part in parts if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check: how often it was done, and what failed; ``omitted`` findings were only counted."""

    id: str
    title: str
    phase: Phase
    step: Step
    status: Status
    count: int
    findings: tuple[Finding, ...]
    omitted: int


@dataclass(slots=True)
class Ledger:
    """Counts checks and collects findings while the boxes run; ledgers of several workers add up."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    omitted: Counter[str] = field(default_factory=Counter)
    skipped: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)

    def check(self, check_id: str, holds: bool, message: str, place: Place = NOWHERE) -> bool:
        """Count a check, note a finding if it does not hold, and return ``holds``."""
        self.counts[check_id] += 1
        if not holds:
            kept = self.findings.setdefault(check_id, [])
            if len(kept) < KEPT:
                finding = Finding(message, place.device, place.position, place.ballot, place.contest, place.option)
                kept.append(finding)
            else:
                self.omitted[check_id] += 1
        return holds

    def skip(self, *check_ids: str) -> None:
        """Note checks that could not be computed somewhere; they cannot count as passed any more."""
        self.skipped.update(check_ids)

    def complete(self, checks: Iterable[Check]) -> None:
        """Note that the box of these checks went through all it had to look at."""
        self.completed.update(check.id for check in checks)

    def add(self, other: "Ledger") -> None:
        """Add another ledger's counts and findings."""
        self.counts += other.counts
        self.omitted += other.omitted
        self.skipped |= other.skipped
        self.completed |= other.completed
        self.remarks += other.remarks
        for check_id, findings in other.findings.items():
            kept = self.findings.setdefault(check_id, [])
            room = max(KEPT - len(kept), 0)
            kept += findings[:room]
            self.omitted[check_id] += len(findings[room:])

    def result(self, check: Check) -> CheckResult:
        """Return the outcome of a check."""
        findings = tuple(self.findings.get(check.id, ()))
        return CheckResult(
            check.id,
            check.title,
            check.phase,
            check.step,
            self._status(check.id),
            self.counts[check.id],
            findings,
            self.omitted[check.id],
        )

    def _status(self, check_id: str) -> Status:
        if self.findings.get(check_id):
            return "failed"
        if check_id in self.skipped or check_id not in self.completed:
            return "not run"
        return "passed" if self.counts[check_id] else "not applicable"


@dataclass(frozen=True, slots=True)
class StrengthNote:
    """A property of a record that is no error but must be known: a code for programs, a text for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a verification up to a phase; ``parameters`` names the set the record uses.

    ``family`` says which system's record it is, ``strength`` what even a valid record of it does not prove. ``remarks``
    say what is no failure and should be known all the same: deviations of a dialect, files that were not read.
    """

    checks: tuple[CheckResult, ...]
    until: Phase
    parameters: str
    fingerprint: str
    counts: Mapping[str, int]
    remarks: tuple[str, ...] = ()
    family: str = NATIVE
    strength: tuple[StrengthNote, ...] = ()

    @property
    def steps(self) -> dict[Step, Status]:
        """The outcome of every step that has a check asked for, in order: its worst."""
        worst = ("failed", "not run", "passed", "not applicable")
        found: dict[Step, list[Status]] = {}
        for check in self._asked:
            found.setdefault(check.step, []).append(check.status)
        return {step: min(found[step], key=worst.index) for step in STEPS if step in found}

    @property
    def valid(self) -> bool:
        """Tell whether every check up to the phase asked for ran, where it applies, and passed."""
        return all(check.status in ("passed", "not applicable") for check in self._asked)

    @property
    def _asked(self) -> list[CheckResult]:
        asked = PHASES[: PHASES.index(self.until) + 1]
        return [check for check in self.checks if check.phase in asked]

    def require_valid(self) -> None:
        """Accept a valid record.

        Raises:
            CheckError: naming the first checks that failed and what they found.
        """
        if self.valid:
            return
        failed = [f"{check.id} {check.status}" for check in self._asked if check.status in ("failed", "not run")]
        findings = [str(finding) for check in self._asked for finding in check.findings]
        raise CheckError(
            f"the record is not valid, so nothing was done ({', '.join(failed[:5])}): {'; '.join(findings[:3])}"
        )
