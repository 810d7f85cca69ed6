"""Records that are approved, decrypted and judged: what the tests of approvals use."""

from collections.abc import Sequence
from pathlib import Path

from e2evote.approval import (
    ApprovedRecord,
    ContestRuling,
    Override,
    approve,
)
from e2evote.decryption.results import tallies_of
from e2evote.decryption.rounds import decrypt
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.writer import RecordWriter
from e2evote.verifier.report import Report
from e2evote.verifier.run import verify_record
from tests.builders import TOY, BuiltRecord, build_record, manifest_bytes
from tests.mistakes.helpers import plain

MEMBERS, PARTNERS = [(1, 1), (1, 3)], [(2, 2), (2, 3)]
"""Cell and contest of everything in the default manifest."""


def approved_of(path: Path, overrides: Sequence[Override] = ()) -> ApprovedRecord:
    return approve(Record.at(path), allow_insecure=(TOY,), overrides=overrides)


def verified(path: Path, until: str = "decryption") -> Report:
    return verify_record(Record.at(path), until, allow_insecure=(TOY,))


def made(path: Path, *weights: tuple[int, int], **changes: object) -> BuiltRecord:
    """Return a record up to its encrypted tallies, of ballots with these styles and weights, all cast."""
    votes = [plain(style, weight, c3=(1, 0)) for style, weight in weights]
    return of_votes(path, votes, **changes)


def of_votes(path: Path, votes: Sequence[PlaintextBallot], **changes: object) -> BuiltRecord:
    data = manifest_bytes(**changes)
    return build_record(
        path, manifest=data, ballots=len(votes), challenged=0, spoiled=0, plaintexts=votes, until="tally"
    )


def allowed(approved: ApprovedRecord) -> list[tuple[int, int]]:
    found = [(cell.cell, contest.index) for cell in approved.cells for contest in cell.contests]
    assert found == [(ruling.cell, ruling.contest) for ruling in approved.rulings if ruling.allowed]
    return found


def ruling(approved: ApprovedRecord, cell: int, contest: int) -> ContestRuling:
    return next(r for r in approved.rulings if (r.cell, r.contest) == (cell, contest))


def decrypted(built: BuiltRecord, approved: ApprovedRecord) -> None:
    """Decrypt what was approved and write it into the record."""
    guardians = (1, 3)
    shares = [built.shares[i - 1] for i in guardians]
    results = decrypt(approved.election, approved.guardians, shares, approved.tally_statements())
    writer = RecordWriter(built.path)
    if exceptions := approved.exceptions(guardians):
        writer.write_lines(layout.EXCEPTIONS, exceptions)
    writer.write_lines(layout.TALLIES, tallies_of(approved.election, approved.cells, results))


def failed(path: Path) -> set[str]:
    return {check.id for check in verified(path).checks if check.status == "failed"}
