"""What decrypted sums would show of single votes: whose ballots are in a sum, and the two rules that it has to keep.

The verifier and the guardians read both here, from the same verified counts.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from e2evote.record.exceptions import Rule
from e2evote.record.manifest import Manifest
from e2evote.record.merging import Together, merged_cells
from e2evote.verifier.v09_aggregation import Sums


@dataclass(frozen=True)
class Secrecy:
    """The rules of a manifest that is valid, for cast ballots that were counted."""

    manifest: Manifest
    sums: Sums

    @cached_property
    def together(self) -> Together:
        """The cells whose ballots are decrypted together, by cell and contest."""
        return merged_cells(self.manifest, self.sums.voters, lambda ind_c, cells: bool(self.broken_rules(cells, ind_c)))

    def voters(self, cells: Iterable[int], ind_c: int) -> int:
        """Return how many cast ballots of these cells have the contest."""
        return sum(self.sums.voters.get((cell, ind_c), 0) for cell in cells)

    def broken_rules(self, cells: Collection[int], ind_c: int) -> dict[Rule, str]:
        """Return the rules that the contest breaks in these cells together, each with the reason.

        Where all weights are the same the minimum says it all. Where they differ a total can show who voted what
        (1 + 2 + 4 adds up in one way only), so every weight has to be that of many.
        """
        least, broken = self.manifest.minimum_cell_ballots, dict[Rule, str]()
        voters = self.voters(cells, ind_c)
        if voters < least:
            broken["minimum"] = f"{voters} cast ballots have it, fewer than the manifest's minimum of {least}"
        counts = self.weights((s for cell in cells for s in self.manifest.cells[cell - 1].ballot_styles), ind_c)
        rare = sorted(weight for weight, ballots in counts.items() if ballots < least)
        if len(counts) > 1 and rare:
            told = ", ".join(f"{counts[w]} of weight {w}" for w in rare[:3]) + (", …" if rare[3:] else "")
            broken["weight"] = f"weights differ, and of one there are fewer cast ballots than {least}: {told}"
        return broken

    def weights(self, styles: Iterable[int], ind_c: int) -> Counter[int]:
        """Return how many cast ballots of these styles have the contest, by weight."""
        having = {ind_s for ind_s in styles if ind_c in self.manifest.ballot_style(ind_s).contests}
        counts = Counter[int]()
        for (ind_s, weight), ballots in self.sums.weights.items():
            if ind_s in having:
                counts[weight] += ballots
        return counts
