"""What every family of records offers: how it is recognised, and its verification."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from e2evote.engine import Workers
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Check, Ledger, Phase, Report, Step, StrengthNote

Progress = Callable[[int, int], None]
"""Called with the number of ballots verified and the number expected."""

_PHASES: Mapping[Step, Phase] = {"selection rule": "ballots", "aggregation": "tally", "result": "decryption"}


class Family(Protocol):
    """One family of records."""

    @property
    def name(self) -> str:
        """Its name on the command line and in reports, as ``helios-legacy``."""

    @property
    def title(self) -> str:
        """What it is, for people."""

    def recognises(self, record: Foreign) -> bool:
        """Tell from names and shape of files whether this is a record of the family; never raises ParseError."""

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:
        """Verify the record whole.

        Raises:
            ParseError: what everything else depends on cannot be read.
        """


def check(identifier: str, title: str, step: Step) -> Check:
    """Return a check of a family."""
    return Check(identifier, title, _PHASES.get(step, step), step)  # type: ignore[arg-type]


@dataclass(slots=True)
class Judgement:
    """What a family's verification gathers: ledger, counts, strength notes."""

    family: str
    record: Foreign
    parameters: str = "unknown"
    ledger: Ledger = field(default_factory=Ledger)
    counts: dict[str, int] = field(default_factory=dict)
    strength: dict[str, str] = field(default_factory=dict)

    def note(self, code: str, text: str) -> None:
        """Add a strength note; the first text of a code stays."""
        self.strength.setdefault(code, text)

    def remark(self, text: str) -> None:
        """Add a remark once: an accepted deviation, or something that was not read."""
        if text not in self.ledger.remarks:
            self.ledger.remarks.append(text)

    def report(self, checks: Iterable[Check]) -> Report:
        """Close the judgement: the outcome of all checks of the family."""
        return Report(
            tuple(self.ledger.result(known) for known in checks),
            "opened",
            self.parameters,
            self.record.fingerprint(),
            self.counts,
            tuple(self.ledger.remarks),
            self.family,
            tuple(StrengthNote(code, text) for code, text in self.strength.items()),
        )
