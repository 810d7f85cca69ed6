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
    chains = _chains(manifest)
    farthest_first = sorted(chains, key=lambda cell: len(chains[cell]), reverse=True)
    sums = {
        (cell, ind_c): [cell] for cell in farthest_first for ind_c in manifest.cell_contests(manifest.cells[cell - 1])
    }
    for (cell, ind_c), cells in sums.items():
        receiver = next((other for other in chains[cell] if (other, ind_c) in sums), None)
        moving = [each for each in cells if voters.get((each, ind_c), 0)]
        if receiver is not None and moving and breaks(ind_c, cells):
            sums[receiver, ind_c] += moving
            sums[cell, ind_c] = [each for each in cells if each not in moving]
    return {key: tuple(sorted(cells)) for key, cells in sorted(sums.items())}


def _chains(manifest: Manifest) -> dict[int, list[int]]:
    """Return for every cell those that it leads to by ``merge_into``, nearest first."""
    number = {cell.label: index for index, cell in enumerate(manifest.cells, 1)}
    chains = {}
    for index, cell in enumerate(manifest.cells, 1):
        chain, label = list[int](), cell.merge_into
        while label is not None:
            chain.append(number[label])
            label = manifest.cells[number[label] - 1].merge_into
        chains[index] = chain
    return chains
