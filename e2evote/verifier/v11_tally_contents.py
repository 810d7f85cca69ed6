"""Box 11: tallies have the manifest's labels, and nothing is missing; and no cell too small to be secret was opened."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from e2evote.record import layout
from e2evote.record.codec import parse
from e2evote.record.layout import Record
from e2evote.record.tally import Tally, TallyContest
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.verifier.secrecy import Secrecy
from e2evote.verifier.x_exceptions import Exceptions

CHECKS = (
    Check("11.A", "every contest of a tally carries its label in the manifest", "decryption", "result"),
    Check("11.B", "every option of a tally carries its label in the manifest", "decryption", "result"),
    Check("11.C", "every option of the manifest is in the tally", "decryption", "result"),
    Check("11.D", "every contest on a submitted ballot is in its cell's tally", "decryption", "result"),
    Check(
        "X.tally-complete",
        "tallies are those of the cells to be decrypted, each contest and option once",
        "decryption",
        "result",
    ),
    Check(
        "X.tally-merged", "every tally counts the cells that the manifest merges into its own", "decryption", "result"
    ),
    Check(
        "X.cell-minimum",
        "no tally is over fewer cast ballots with the contest than the minimum but by exception",
        "decryption",
        "result",
    ),
)


def read(record: Record, context: Context) -> tuple[Tally, ...]:
    """Return the tallies as published; of too many lines only the first that is too many.

    Raises:
        ParseError: the file is missing or cannot be parsed.
    """
    lines = islice(record.lines(layout.TALLIES), len(context.manifest.cells) + 1)
    return tuple(parse(Tally, line, where, context.group) for where, line in lines)


def verify(
    ledger: Ledger, context: Context, secrecy: Secrecy, exceptions: Exceptions, tallies: Sequence[Tally]
) -> None:
    """Run the box, and remark on what was decrypted although few ballots have a weight, if nobody says why.

    Spec: EG-2.1 §3.6.5, box 11
    """
    expected, cells = _decryptable(secrecy, exceptions), len(context.manifest.cells)
    # A cell that is there with nothing but too small contests is a matter of X.cell-minimum.
    found = [(tally.cell, tally.label) for tally in tallies if tally.cell in expected or tally.cell > cells]
    labelled = [(cell, context.manifest.cells[cell - 1].label) for cell in expected]
    ledger.check("X.tally-complete", found == labelled, f"tallies of cells {found} instead of {labelled}")
    for tally in tallies:
        if tally.cell <= cells:
            _verify_cell(ledger, context, secrecy, exceptions, tally, expected.get(tally.cell, ()))
            _remark(ledger, secrecy, exceptions, tally)
    ledger.complete(CHECKS)


def _decryptable(secrecy: Secrecy, exceptions: Exceptions) -> dict[int, tuple[int, ...]]:
    """Return the contests of every cell that are to be there; cells without any are left out.

    They are those with enough cast ballots, merged cells included, but for the exceptions.
    """
    least, contests = secrecy.manifest.minimum_cell_ballots, defaultdict[int, tuple[int, ...]](tuple)
    for (cell, ind_c), cells in secrecy.together.items():
        enough = secrecy.voters(cells, ind_c) >= least and (cell, ind_c) not in exceptions.withheld
        if enough or (cell, ind_c) in exceptions.below:
            contests[cell] += (ind_c,)
    return contests


def _verify_cell(
    ledger: Ledger,
    context: Context,
    secrecy: Secrecy,
    exceptions: Exceptions,
    tally: Tally,
    expected: tuple[int, ...],
) -> None:
    manifest, place = context.manifest, Place(contest=f"(cell {tally.label})")
    small = _verify_secrecy(ledger, secrecy, exceptions, tally)
    found = tuple(contest.index for contest in tally.contests if contest.index not in small.difference(expected))
    ledger.check("X.tally-complete", found == expected, f"contests {list(found)} instead of {list(expected)}", place)
    labels = {contest.label for contest in tally.contests}
    for ind_c in expected:
        if any((cell, ind_c) in secrecy.sums.submitted for cell in secrecy.together[tally.cell, ind_c]):
            label = manifest.contest(ind_c).label
            ledger.check("11.D", label in labels, f"contest {label!r} is not in the tally", place)
    for contest in tally.contests:
        _verify_contest(ledger, context, contest)


def _verify_secrecy(ledger: Ledger, secrecy: Secrecy, exceptions: Exceptions, tally: Tally) -> set[int]:
    """Check whose ballots each contest counts, and return the contests that count too few."""
    least, place, small = secrecy.manifest.minimum_cell_ballots, Place(contest=f"(cell {tally.label})"), set[int]()
    for contest in tally.contests:
        cells = secrecy.together.get((tally.cell, contest.index))
        if cells is None:
            continue
        here, stated = place.within(contest.label), list(contest.merged or ())
        merged = [cell for cell in cells if cell != tally.cell]
        ledger.check("X.tally-merged", stated == merged, f"cells {stated} are merged instead of {merged}", here)
        voters = secrecy.voters({tally.cell, *stated}, contest.index)
        enough = voters >= least or (tally.cell, contest.index) in exceptions.below
        message = f"the tally is over {voters} cast ballots, fewer than {least}"
        if not ledger.check("X.cell-minimum", enough, message, here):
            small.add(contest.index)
    return small


def _remark(ledger: Ledger, secrecy: Secrecy, exceptions: Exceptions, tally: Tally) -> None:
    manifest, cell = secrecy.manifest, secrecy.manifest.cells[tally.cell - 1]
    for ind_c in sorted({contest.index for contest in tally.contests}):
        broken = secrecy.broken_rules(secrecy.together.get((tally.cell, ind_c), ()), ind_c).get("weight")
        if broken is not None and (tally.cell, ind_c) not in exceptions.weight:
            where = f"contest {manifest.contest(ind_c).label!r} of tally cell {cell.label!r}"
            ledger.remarks.append(f"{where} was decrypted, no reason given: {broken}")


def _verify_contest(ledger: Ledger, context: Context, contest: TallyContest) -> None:
    manifest, place = context.manifest, Place(contest=contest.label)
    exists = contest.index <= len(manifest.contests)
    same = exists and manifest.contest(contest.index).label == contest.label
    ledger.check("11.A", same, f"this is not the label of contest {contest.index}", place)
    if not exists:
        ledger.skip("11.B", "11.C")
        return
    labels = [field.label for field in manifest.contest(contest.index).verifiable_fields]
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
