"""Aggregation: cast ballots, multiplied option by option into the tally cells of the manifest."""

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from e2evote.elgamal import Ciphertext, aggregate
from e2evote.engine import Workers, workers
from e2evote.errors import CheckError
from e2evote.record.pre_encrypted import CountedBallot, parse_counted
from e2evote.record.setup import Election
from e2evote.record.tally import EncryptedTally, EncryptedTallyContest

BATCH = 64
"""Ballots multiplied at once."""

Row = Sequence[Ciphertext]
Line = tuple[str, bytes]
"""Where a line stands, and the line."""


@dataclass(slots=True)
class Accumulation:
    """What some cast ballots add up to, by cell and contest; accumulations of different ballots add up."""

    ballots: Counter[int] = field(default_factory=Counter)
    weight: Counter[int] = field(default_factory=Counter)
    voters: Counter[tuple[int, int]] = field(default_factory=Counter)
    totals: dict[tuple[int, int], Row] = field(default_factory=dict)

    def add_ballots(self, election: Election, ballots: Iterable[CountedBallot]) -> None:
        """Multiply cast ballots into their cells.

        Raises:
            CheckError: a ballot that is not of its style, or whose weight is not allowed.

        Spec: EG-2.1 §3.5, eqs. 79, 80
        """
        rows: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for ballot in ballots:
            _check_shape(election, ballot)
            cell = election.manifest.cell_of(ballot.ballot_style)
            self.ballots[cell] += 1
            self.weight[cell] += ballot.weight
            for contest in ballot.contests:
                self.voters[cell, contest.index] += 1
                row = [_weighted(option.ciphertext, ballot.weight) for option in contest.options]
                rows[cell, contest.index].append(row)
        self._multiply(rows)

    def add(self, other: "Accumulation") -> None:
        """Add what other ballots came to."""
        self.ballots += other.ballots
        self.weight += other.weight
        self.voters += other.voters
        self._multiply({key: [row] for key, row in other.totals.items()})

    def tallies(self, election: Election) -> tuple[EncryptedTally, ...]:
        """Return the encrypted tally of every cell, in manifest order; where no ballot was cast, of ones."""
        manifest, one = election.manifest, Ciphertext(election.group.one, election.group.one)
        return tuple(
            EncryptedTally(
                cell=index,
                label=cell.label,
                ballots=self.ballots[index],
                weight=self.weight[index],
                contests=tuple(
                    EncryptedTallyContest(
                        index=ind_c,
                        ballots=self.voters[index, ind_c],
                        options=tuple(
                            self.totals.get((index, ind_c)) or [one] * len(manifest.contest(ind_c).verifiable_fields)
                        ),
                    )
                    for ind_c in manifest.cell_contests(cell)
                ),
            )
            for index, cell in enumerate(manifest.cells, 1)
        )

    def _multiply(self, rows: dict[tuple[int, int], list[Row]]) -> None:
        for key, row in self.totals.items():
            if key in rows:
                rows[key].append(row)
        sums = iter(aggregate([column for several in rows.values() for column in zip(*several, strict=True)]))
        for key, several in rows.items():
            self.totals[key] = list(islice(sums, len(several[0])))


def accumulate(election: Election, cast_ballots: Iterable[CountedBallot]) -> tuple[EncryptedTally, ...]:
    """Return the encrypted tally of every cell, in manifest order.

    Args:
        election: the election.
        cast_ballots: the ballots with status cast, each once, already verified; of pre-encrypted ballots what was
            recorded; streamed.

    Raises:
        CheckError: a ballot that is not of its style, or whose weight is not allowed.

    Spec: EG-2.1 §3.5, eqs. 79, 80
    """
    accumulation, ballots = Accumulation(), iter(cast_ballots)
    while batch := list(islice(ballots, BATCH)):
        accumulation.add_ballots(election, batch)
    return accumulation.tallies(election)


def accumulate_lines(
    election: Election, cast_ballots: Iterable[Line], jobs: int | Workers = 1
) -> Generator[Accumulation, None, None]:
    """Yield what has been added up so far, after every chunk of lines, the last time of all.

    Args:
        election: the election.
        cast_ballots: where each line stands and the line, for every ballot with status cast, once, of either kind;
            streamed.
        jobs: where the lines are parsed and multiplied.

    Raises:
        ParseError: a line that cannot be parsed.
        CheckError: as ``accumulate``.

    Spec: EG-2.1 §3.5, eqs. 79, 80
    """
    total, lines = Accumulation(), iter(cast_ballots)
    chunks = iter(lambda: list(islice(lines, BATCH)), [])
    yield total
    for part in workers(jobs).map(partial(_accumulate_chunk, election), chunks):
        total.add(part)
        yield total


def _accumulate_chunk(election: Election, lines: Sequence[Line]) -> Accumulation:
    part = Accumulation()
    part.add_ballots(election, (parse_counted(line, where, election.group) for where, line in lines))
    return part


def _weighted(ciphertext: Ciphertext, weight: int) -> Ciphertext:
    return ciphertext if weight == 1 else ciphertext ** ciphertext.alpha.group.scalar(weight)


def _check_shape(election: Election, ballot: CountedBallot) -> None:
    manifest, code = election.manifest, ballot.confirmation_code.hex().upper()
    style = manifest.ballot_style(ballot.ballot_style)
    if not 1 <= ballot.weight <= manifest.maximum_weight:
        raise CheckError(f"ballot {code}: weight {ballot.weight} is not between 1 and {manifest.maximum_weight}")
    if tuple(contest.index for contest in ballot.contests) != style.contests:
        raise CheckError(f"ballot {code}: its contests are not those of style {style.label!r}")
    for contest in ballot.contests:
        if len(contest.options) != len(manifest.contest(contest.index).verifiable_fields):
            raise CheckError(f"ballot {code}: contest {contest.index} has another number of options than the manifest")
