"""What a decrypted sum would show of single votes: the two rules that a contest of a cell has to keep.

The verifier and the guardians read them here, from the same verified counts.
"""

from collections import Counter
from collections.abc import Iterable

from e2evote.record.exceptions import Rule
from e2evote.record.manifest import Manifest
from e2evote.verifier.v09_aggregation import Sums


def broken_rules(manifest: Manifest, sums: Sums, cell: int, ind_c: int) -> dict[Rule, str]:
    """Return the rules that the contest breaks in the cell, each with the reason; none where it may be decrypted.

    Where all weights are the same the minimum says it all. Where they differ a total can show who voted what
    (1 + 2 + 4 adds up in one way only), so every weight has to be that of many.
    """
    least, broken = manifest.minimum_cell_ballots, dict[Rule, str]()
    voters = sums.voters.get((cell, ind_c), 0)
    if voters < least:
        broken["minimum"] = f"{voters} cast ballots have it, fewer than the manifest's minimum of {least}"
    counts = weights_of(manifest, sums, manifest.cells[cell - 1].ballot_styles, ind_c)
    rare = sorted(weight for weight, ballots in counts.items() if ballots < least)
    if len(counts) > 1 and rare:
        told = ", ".join(f"{counts[weight]} of weight {weight}" for weight in rare[:3]) + (", …" if rare[3:] else "")
        broken["weight"] = f"weights differ, and of one there are fewer cast ballots than {least}: {told}"
    return broken


def weights_of(manifest: Manifest, sums: Sums, styles: Iterable[int], ind_c: int) -> Counter[int]:
    """Return how many cast ballots of these styles have the contest, by weight."""
    having = {ind_s for ind_s in styles if ind_c in manifest.ballot_style(ind_s).contests}
    counts = Counter[int]()
    for (ind_s, weight), ballots in sums.weights.items():
        if ind_s in having:
            counts[weight] += ballots
    return counts
