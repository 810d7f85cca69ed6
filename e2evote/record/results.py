"""What published tallies say: votes by contest and option, all cells together. Nothing here is judged."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from e2evote.record.manifest import Contest, Manifest
from e2evote.record.tally import Tally

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OptionResult:
    """One option and its votes, all cells together."""

    index: int
    label: str
    name: Names
    votes: int


@dataclass(frozen=True, slots=True)
class ContestResult:
    """One contest, options in manifest order; tallies of its supplemental fields by name."""

    index: int
    label: str
    name: Names
    limit: int
    options: tuple[OptionResult, ...]
    supplemental_fields: Mapping[str, int]

    @property
    def ranked(self) -> list[OptionResult]:
        """The options by votes, most first; in manifest order where votes are equal."""
        return sorted(self.options, key=lambda option: -option.votes)


def by_contest(manifest: Manifest, cells: Iterable[Tally]) -> tuple[ContestResult, ...]:
    """Return the tallies, summed over the cells, of every contest that was decrypted at all."""
    votes = sum_cells(cells)
    return tuple(
        ContestResult(
            index, contest.label, contest.name or {}, contest.limit, _options(index, contest, votes),
            _supplemental_fields(index, contest, votes),
        )
        for index, contest in enumerate(manifest.contests, 1)
        if (index, 1) in votes
    )  # fmt: skip


def sum_cells(cells: Iterable[Tally]) -> Counter[tuple[int, int]]:
    """Return the votes by contest and index of option or supplemental field, zeros included."""
    votes = Counter[tuple[int, int]]()
    for cell in cells:
        for contest in cell.contests:
            for option in contest.options:
                votes[contest.index, option.index] += option.tally
    return votes


def withheld(manifest: Manifest, cells: Iterable[Tally]) -> Mapping[int, tuple[int, ...]]:
    """Return by cell the contests that were decrypted neither in it nor, merged, in another one."""
    told = {
        (index, contest.index)
        for cell in cells
        for contest in cell.contests
        for index in (cell.cell, *(contest.merged or ()))
    }
    missing = {
        index: tuple(ind_c for ind_c in manifest.cell_contests(cell) if (index, ind_c) not in told)
        for index, cell in enumerate(manifest.cells, 1)
    }
    return {index: contests for index, contests in missing.items() if contests}


def _options(index: int, contest: Contest, votes: Counter[tuple[int, int]]) -> tuple[OptionResult, ...]:
    return tuple(
        OptionResult(ind_o, option.label, option.name or {}, votes[index, ind_o])
        for ind_o, option in enumerate(contest.options, 1)
    )


def _supplemental_fields(index: int, contest: Contest, votes: Counter[tuple[int, int]]) -> Mapping[str, int]:
    named = enumerate(contest.supplemental_fields, len(contest.options) + 1)
    return {name: votes[index, ind_o] for ind_o, name in named}
