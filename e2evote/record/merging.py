"""Which tally cells are decrypted together, by the rule that the manifest states (docs/formats/manifest.md)."""

from collections.abc import Callable, Mapping, Sequence

from e2evote.record.manifest import Manifest

Together = Mapping[tuple[int, int], tuple[int, ...]]
"""By cell and contest: the cells, ascending, whose ballots its sum counts; none if its own are in another cell's."""


def merged_cells(
    manifest: Manifest, voters: Mapping[tuple[int, int], int], breaks: Callable[[int, Sequence[int]], bool]
) -> Together:
    """Return how every contest is summed up, so that each cast ballot that has it is in exactly one sum.

    Cells come before those that they name. What a cell may not have decrypted of a contest, its own and what was added
    to it, goes on to the next cell along ``merge_into`` that has the contest. Cells without ballots are never added.

    Args:
        manifest: a manifest that keeps its rules.
        voters: how many cast ballots have a contest, by cell and contest; what is not there is 0.
        breaks: whether the ballots of some cells together break a rule in a contest.
    """
    following, sums = _following(manifest), dict[tuple[int, int], list[int]]()
    for cell in _farthest_first(following):
        sums |= {(cell, ind_c): [cell] for ind_c in manifest.cell_contests(manifest.cells[cell - 1])}
    for (cell, ind_c), cells in sums.items():
        moving = [each for each in cells if voters.get((each, ind_c), 0)]
        if not moving or not breaks(ind_c, cells):
            continue
        receiver = following[cell]
        while receiver is not None and (receiver, ind_c) not in sums:
            receiver = following[receiver]
        if receiver is not None:
            sums[receiver, ind_c] += moving
            sums[cell, ind_c] = [each for each in cells if each not in moving]
    return {key: tuple(sorted(cells)) for key, cells in sorted(sums.items())}


def _following(manifest: Manifest) -> dict[int, int | None]:
    """Return for every cell the one that ``merge_into`` names."""
    number = {cell.label: index for index, cell in enumerate(manifest.cells, 1)}
    return {
        index: number[cell.merge_into] if cell.merge_into is not None else None
        for index, cell in enumerate(manifest.cells, 1)
    }


def _farthest_first(following: Mapping[int, int | None]) -> list[int]:
    """Return the cells, those before the ones they name: by how many steps it is to the end, most first."""
    steps = dict[int | None, int]({None: -1})
    for start in following:
        path = list[int]()
        cell: int | None = start
        while cell is not None and cell not in steps:
            path.append(cell)
            cell = following[cell]
        for each in reversed(path):
            steps[each] = steps[following[each]] + 1
    return sorted(following, key=lambda cell: steps[cell], reverse=True)
