"""What is shown of published tallies: each contest in all, and each sum that was decrypted, with how many it counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from e2evote.errors import CheckError
from e2evote.record.exceptions import TallyException
from e2evote.record.manifest import Manifest
from e2evote.record.results import ContestResult, OptionResult, by_contest, withheld
from e2evote.record.tally import EncryptedTally, Tally, TallyContest


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum that guardians decrypted: a cell's ballots of a contest, with those of the cells merged into it.

    Args:
        cell: its index.
        merged: indices of the cells that are counted with it.
        ballots: how many cast ballots it counts.
        votes: of each option, in the manifest's order.
        fields: of each supplemental field, by name.
    """

    cell: int
    merged: tuple[int, ...]
    ballots: int
    votes: tuple[int, ...]
    fields: Mapping[str, int]


@dataclass(frozen=True)
class ContestSums:
    """A contest: its votes in all, and the sums that they are added up from."""

    result: ContestResult
    sums: tuple[Sum, ...]

    @property
    def ballots(self) -> int:
        """How many cast ballots are counted."""
        return sum(each.ballots for each in self.sums)

    @cached_property
    def placed(self) -> Sequence[tuple[int, OptionResult]]:
        """The options by votes with their places; equal votes have the same place, and the next one is left out."""
        found: list[tuple[int, OptionResult]] = []
        for number, option in enumerate(self.result.ranked, 1):
            same = bool(found) and found[-1][1].votes == option.votes
            found.append((found[-1][0] if same else number, option))
        return found

    @property
    def tied(self) -> bool:
        """Whether options share a place, with votes."""
        places = [place for place, option in self.placed if option.votes]
        return len(places) != len(set(places))


@dataclass(frozen=True)
class Results:
    """All that was decrypted, what was not for being too small, and what was decided about that.

    ``weights`` is the sum of the weights of the cast ballots of each cell, ``withheld`` contests by cell.
    """

    contests: tuple[ContestSums, ...]
    withheld: Mapping[int, tuple[int, ...]]
    exceptions: tuple[TallyException, ...]
    ballots: int
    weights: tuple[int, ...]


def results_of(
    manifest: Manifest,
    encrypted: Sequence[EncryptedTally],
    tallies: Sequence[Tally],
    exceptions: Sequence[TallyException],
) -> Results:
    """Put together what the files say.

    Raises:
        CheckError: they do not fit the manifest, so that it cannot be said what they say.
    """
    for problem in _problems(manifest, encrypted, tallies, exceptions):
        raise CheckError(problem)
    counted = {(cell.cell, contest.index): contest.ballots for cell in encrypted for contest in cell.contests}
    sums: dict[int, list[Sum]] = {}
    for cell in tallies:
        for contest in cell.contests:
            sums.setdefault(contest.index, []).append(_sum(manifest, cell.cell, contest, counted))
    return Results(
        tuple(ContestSums(result, tuple(sums[result.index])) for result in by_contest(manifest, tallies)),
        withheld(manifest, tallies),
        tuple(exceptions),
        sum(cell.ballots for cell in encrypted),
        tuple(cell.weight for cell in encrypted),
    )


def _sum(manifest: Manifest, cell: int, contest: TallyContest, counted: Mapping[tuple[int, int], int]) -> Sum:
    merged, values = contest.merged or (), [option.tally for option in contest.options]
    ballots = sum(counted.get((each, contest.index), 0) for each in (cell, *merged))
    of = manifest.contest(contest.index)
    fields = dict[str, int](zip(of.supplemental_fields, values[len(of.options) :], strict=True))
    return Sum(cell, merged, ballots, tuple(values[: len(of.options)]), fields)


def _problems(
    manifest: Manifest,
    encrypted: Sequence[EncryptedTally],
    tallies: Sequence[Tally],
    exceptions: Sequence[TallyException],
) -> Iterator[str]:
    """Yield what does not fit the manifest; a record in which something does not is found invalid by every verifier."""
    cells = range(1, len(manifest.cells) + 1)
    for name, found in (("encrypted tallies", encrypted), ("tallies", tallies)):
        numbers = [cell.cell for cell in found]
        if numbers != sorted(set(numbers)) or not {*numbers} <= {*cells}:
            yield f"{name}: the cells are not those of the manifest"
            return
        for cell in found:
            of = set(manifest.cell_contests(manifest.cells[cell.cell - 1]))
            contests = [contest.index for contest in cell.contests]
            if contests != sorted(set(contests)) or not {*contests} <= of:
                yield f"{name}: cell {cell.cell} has contests that are not its own"
    for cell in tallies:
        for contest in cell.contests:
            if contest.index > len(manifest.contests) or [option.index for option in contest.options] != [
                index for index, _ in enumerate(manifest.contest(contest.index).verifiable_fields, 1)
            ]:
                yield f"tallies: contest {contest.index} of cell {cell.cell} does not have the manifest's options"
            elif not {*(contest.merged or ())} <= {*cells} - {cell.cell}:
                yield f"tallies: contest {contest.index} of cell {cell.cell} counts cells that there are not"
    for each in exceptions:
        if each.cell not in cells or each.contest > len(manifest.contests):
            yield "exceptions: a cell or a contest that there is not"
