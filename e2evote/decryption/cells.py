"""What is decrypted of tally cells: sums, each over the ballots of one cell and of those that are merged into it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from e2evote.elgamal import Ciphertext, aggregate
from e2evote.errors import CheckError
from e2evote.record.merging import Together, merged_cells
from e2evote.record.setup import Election
from e2evote.record.tally import EncryptedTally


@dataclass(frozen=True, slots=True)
class ContestSum:
    """(A, B) of a contest's options, of so many cast ballots; ``weight`` is that of all ballots of their cells."""

    index: int
    merged: tuple[int, ...]
    ballots: int
    weight: int
    options: tuple[Ciphertext, ...]


@dataclass(frozen=True, slots=True)
class CellSums:
    """The contests of a tally cell that are decrypted."""

    cell: int
    label: str
    contests: tuple[ContestSum, ...]


def cell_sums(encrypted: Sequence[EncryptedTally], together: Together) -> tuple[CellSums, ...]:
    """Return the sums over these cells, by cell and contest; ``encrypted`` are all cells of the manifest, in order.

    Spec: EG-2.1 §3.5, eq. 79
    """
    contests = {(cell.cell, contest.index): contest for cell in encrypted for contest in cell.contests}
    sums = defaultdict[int, list[ContestSum]](list)
    for (cell, ind_c), cells in sorted(together.items()):
        parts = [contests[each, ind_c] for each in cells]
        sums[cell].append(
            ContestSum(
                index=ind_c,
                merged=tuple(each for each in cells if each != cell),
                ballots=sum(part.ballots for part in parts),
                weight=sum(encrypted[each - 1].weight for each in cells),
                options=tuple(aggregate(list(zip(*(part.options for part in parts), strict=True)))),
            )
        )
    return tuple(CellSums(cell, encrypted[cell - 1].label, tuple(found)) for cell, found in sums.items())


def decryptable_cells(election: Election, encrypted: Sequence[EncryptedTally]) -> tuple[CellSums, ...]:
    """Return what has enough cast ballots to be decrypted, of a cell or of cells that the manifest merges.

    The counts are the administrator's words until boxes 4 to 9 have been verified over the record, and nothing is known
    of weights that differ: ``e2evote.approval.approve`` does both.

    Raises:
        CheckError: cells, contests or options are not those of the manifest, or no contest has enough cast ballots.

    Spec: EG-2.1 §3.6.1
    """
    manifest = election.manifest
    _check_cells(election, encrypted)
    voters = {(cell.cell, contest.index): contest.ballots for cell in encrypted for contest in cell.contests}

    def too_few(ind_c: int, cells: Sequence[int]) -> bool:
        return sum(voters[cell, ind_c] for cell in cells) < manifest.minimum_cell_ballots

    together = merged_cells(manifest, voters, too_few)
    enough = {key: cells for key, cells in together.items() if not too_few(key[1], cells)}
    if not enough:
        raise CheckError(
            f"no contest has {manifest.minimum_cell_ballots} cast ballots in a tally cell, the manifest's minimum; "
            "fewer are never decrypted, since a tally of few shows their votes"
        )
    return cell_sums(encrypted, enough)


def _check_cells(election: Election, encrypted: Sequence[EncryptedTally]) -> None:
    manifest = election.manifest
    if [(cell.cell, cell.label) for cell in encrypted] != [(i, c.label) for i, c in enumerate(manifest.cells, 1)]:
        raise CheckError("only the tally cells of the manifest, each once, are decrypted")
    for cell, known in zip(encrypted, manifest.cells, strict=True):
        expected = [(ind_c, len(manifest.contest(ind_c).verifiable_fields)) for ind_c in manifest.cell_contests(known)]
        if [(contest.index, len(contest.options)) for contest in cell.contests] != expected:
            raise CheckError(f"tally cell {cell.label!r} has not the contests and options of the manifest")
