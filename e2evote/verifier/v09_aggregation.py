"""Box 9: the encrypted tallies are the weighted products of the cast ballots; and they are the manifest's cells."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from e2evote.elgamal import Ciphertext, aggregate
from e2evote.record import layout
from e2evote.record.codec import parse
from e2evote.record.layout import Record
from e2evote.record.pre_encrypted import CountedBallot
from e2evote.record.tally import EncryptedTally
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("9.A", "every A is the product of the cast ballots' α", "tally"),
    Check("9.B", "every B is the product of the cast ballots' β", "tally"),
    Check(
        "X.tally-cells", "the encrypted tallies are the manifest's cells, complete, with counts and weights", "tally"
    ),
)

Row = Sequence[Ciphertext]


@dataclass(slots=True)
class Sums:
    """What the cast ballots add up to, by cell and contest; and which contests were on any submitted ballot.

    ``weights`` counts cast ballots by style and weight.
    """

    ballots: dict[int, int] = field(default_factory=dict)
    weight: dict[int, int] = field(default_factory=dict)
    voters: dict[tuple[int, int], int] = field(default_factory=dict)
    totals: dict[tuple[int, int], Row] = field(default_factory=dict)
    submitted: set[tuple[int, int]] = field(default_factory=set)
    weights: dict[tuple[int, int], int] = field(default_factory=dict)

    def add_ballots(self, context: Context, ballots: Iterable[CountedBallot]) -> None:
        """Multiply cast ballots into their cells.

        Spec: EG-2.1 §3.5, eq. 80
        """
        rows: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for ballot in ballots:
            cell, W = context.manifest.cell_of(ballot.ballot_style), context.group.scalar(ballot.weight)
            self.ballots[cell] = self.ballots.get(cell, 0) + 1
            self.weight[cell] = self.weight.get(cell, 0) + ballot.weight
            kind = ballot.ballot_style, ballot.weight
            self.weights[kind] = self.weights.get(kind, 0) + 1
            for contest in ballot.contests:
                row = [option.ciphertext if ballot.weight == 1 else option.ciphertext**W for option in contest.options]
                rows[cell, contest.index].append(row)
                self.voters[cell, contest.index] = self.voters.get((cell, contest.index), 0) + 1
        self._multiply(rows)

    def add(self, other: "Sums") -> None:
        """Add the sums of other ballots."""
        for cell, count in other.ballots.items():
            self.ballots[cell] = self.ballots.get(cell, 0) + count
            self.weight[cell] = self.weight.get(cell, 0) + other.weight[cell]
        for key, voters in other.voters.items():
            self.voters[key] = self.voters.get(key, 0) + voters
        for kind, count in other.weights.items():
            self.weights[kind] = self.weights.get(kind, 0) + count
        self._multiply({key: [row] for key, row in other.totals.items()})
        self.submitted |= other.submitted

    def _multiply(self, rows: dict[tuple[int, int], list[Row]]) -> None:
        for key, row in self.totals.items():
            if key in rows:
                rows[key].append(row)
        sums = iter(aggregate([column for several in rows.values() for column in zip(*several, strict=True)]))
        for key, several in rows.items():
            self.totals[key] = list(islice(sums, len(several[0])))


def verify(ledger: Ledger, record: Record, context: Context, sums: Sums) -> tuple[EncryptedTally, ...]:
    """Run the box and return the encrypted tallies as published.

    Raises:
        ParseError: the file is missing or cannot be parsed.

    Spec: EG-2.1 §3.5, box 9
    """
    # of too many lines, only the first that is too many
    lines = islice(record.lines(layout.ENCRYPTED_TALLIES), len(context.manifest.cells) + 1)
    tallies = tuple(parse(EncryptedTally, line, where, context.group) for where, line in lines)
    cells = context.manifest.cells
    found = [(tally.cell, tally.label) for tally in tallies]
    expected = [(index, cell.label) for index, cell in enumerate(cells, 1)]
    if not ledger.check("X.tally-cells", found == expected, f"cells {found} instead of {expected}"):
        ledger.skip("9.A", "9.B")
    for tally in tallies:
        if tally.cell <= len(cells):
            _verify_cell(ledger, context, tally, sums)
    ledger.complete(CHECKS)
    return tallies


def _verify_cell(ledger: Ledger, context: Context, tally: EncryptedTally, sums: Sums) -> None:
    place = Place(contest=f"(cell {tally.label})")
    ballots, weight = sums.ballots.get(tally.cell, 0), sums.weight.get(tally.cell, 0)
    counted = f"{tally.ballots} ballots of weight {tally.weight}; the record has {ballots} of weight {weight}"
    ledger.check("X.tally-cells", (tally.ballots, tally.weight) == (ballots, weight), counted, place)
    expected = context.manifest.cell_contests(context.manifest.cells[tally.cell - 1])
    found = tuple(contest.index for contest in tally.contests)
    ledger.check("X.tally-cells", found == expected, f"contests {list(found)} instead of {list(expected)}", place)
    for contest in tally.contests:
        if contest.index not in expected:
            continue
        labels = [field.label for field in context.manifest.contest(contest.index).verifiable_fields]
        here = place.within(context.manifest.contest(contest.index).label)
        voters = sums.voters.get((tally.cell, contest.index), 0)
        counted = f"{contest.ballots} ballots with this contest; the record has {voters}"
        ledger.check("X.tally-cells", contest.ballots == voters, counted, here)
        same = len(contest.options) == len(labels)
        ledger.check("X.tally-cells", same, f"{len(contest.options)} options instead of {len(labels)}", here)
        one = Ciphertext(context.group.one, context.group.one)
        products: Iterable[Ciphertext] = sums.totals.get((tally.cell, contest.index), [one] * len(labels))
        if not same:
            ledger.skip("9.A", "9.B")
        for label, total, product in zip(labels, contest.options, products, strict=False):
            there = here.within(option=label)
            ledger.check("9.A", total.alpha == product.alpha, "A is not the product of the cast ballots' α", there)
            ledger.check("9.B", total.beta == product.beta, "B is not the product of the cast ballots' β", there)
