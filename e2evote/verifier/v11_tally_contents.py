"""Box 11: tallies have the manifest's labels, and nothing is missing; and no cell too small to be secret was opened."""

from collections.abc import Sequence

from e2evote.record import layout
from e2evote.record.codec import parse
from e2evote.record.layout import Record
from e2evote.record.tally import Tally, TallyContest
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.verifier.v09_aggregation import Sums

CHECKS = (
    Check("11.A", "every contest of a tally carries its label in the manifest", "decryption"),
    Check("11.B", "every option of a tally carries its label in the manifest", "decryption"),
    Check("11.C", "every option of the manifest is in the tally", "decryption"),
    Check("11.D", "every contest on a submitted ballot is in its cell's tally", "decryption"),
    Check(
        "X.tally-complete", "tallies are those of the cells to be decrypted, each contest and option once", "decryption"
    ),
    Check("X.cell-minimum", "no cell with fewer cast ballots than the minimum is decrypted", "decryption"),
)


def read(record: Record, context: Context) -> tuple[Tally, ...]:
    """Return the tallies as published.

    Raises:
        ParseError: the file is missing or cannot be parsed.
    """
    lines = record.lines(layout.TALLIES)
    return tuple(parse(Tally, line, where, context.group) for where, line in lines)


def verify(ledger: Ledger, context: Context, sums: Sums, tallies: Sequence[Tally]) -> None:
    """Run the box.

    Spec: EG-2.1 §3.6.5, box 11
    """
    manifest = context.manifest
    expected = [
        (index, cell.label)
        for index, cell in enumerate(manifest.cells, 1)
        if sums.ballots.get(index, 0) >= manifest.minimum_cell_ballots
    ]
    found = [(tally.cell, tally.label) for tally in tallies]
    small = [cell for cell in found if sums.ballots.get(cell[0], 0) < manifest.minimum_cell_ballots]
    ledger.check("X.cell-minimum", not small, f"cells {small} have fewer than {manifest.minimum_cell_ballots} ballots")
    found = [cell for cell in found if cell not in small]
    ledger.check("X.tally-complete", found == expected, f"tallies of cells {found} instead of {expected}")
    for tally in tallies:
        if 1 <= tally.cell <= len(manifest.cells):
            _verify_cell(ledger, context, sums, tally)
    ledger.complete(CHECKS)


def _verify_cell(ledger: Ledger, context: Context, sums: Sums, tally: Tally) -> None:
    manifest, place = context.manifest, Place(contest=f"(cell {tally.label})")
    expected = manifest.cell_contests(manifest.cells[tally.cell - 1])
    found = tuple(contest.index for contest in tally.contests)
    ledger.check("X.tally-complete", found == expected, f"contests {list(found)} instead of {list(expected)}", place)
    labels = {contest.label for contest in tally.contests}
    for cell, ind_c in sorted(sums.submitted):
        if cell == tally.cell:
            label = manifest.contest(ind_c).label
            ledger.check("11.D", label in labels, f"contest {label!r} is not in the tally", place)
    for contest in tally.contests:
        _verify_contest(ledger, context, contest)


def _verify_contest(ledger: Ledger, context: Context, contest: TallyContest) -> None:
    manifest, place = context.manifest, Place(contest=contest.label)
    exists = contest.index <= len(manifest.contests)
    same = exists and manifest.contest(contest.index).label == contest.label
    ledger.check("11.A", same, f"this is not the label of contest {contest.index}", place)
    if not exists:
        ledger.skip("11.B", "11.C")
        return
    labels = [option.label for option in manifest.contest(contest.index).options]
    indices = [option.index for option in contest.options]
    complete = indices == list(range(1, len(labels) + 1))
    ledger.check("X.tally-complete", complete, f"options {indices} instead of 1 to {len(labels)}", place)
    for option in contest.options:
        same = option.index <= len(labels) and labels[option.index - 1] == option.label
        there = place.within(option=option.label)
        ledger.check("11.B", same, f"this is not the label of option {option.index}", there)
    given = {option.label for option in contest.options}
    for label in labels:
        ledger.check("11.C", label in given, f"option {label!r} is not in the tally", place)
