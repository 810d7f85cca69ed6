"""Aggregation: cast ballots, multiplied option by option into the tally cells of the manifest."""

from collections.abc import Iterable

from e2evote.elgamal import Ciphertext
from e2evote.errors import CheckError
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.setup import Election
from e2evote.record.tally import EncryptedTally, EncryptedTallyContest


def accumulate(election: Election, cast_ballots: Iterable[EncryptedBallot]) -> tuple[EncryptedTally, ...]:
    """Return the encrypted tally of every cell, in manifest order.

    Args:
        election: the election.
        cast_ballots: the ballots with status cast, each once, already verified; streamed.

    Raises:
        CheckError: a ballot that is not of its style, or whose weight is not allowed.

    Spec: EG-2.1 §3.5, eqs. 79, 80
    """
    manifest = election.manifest
    one = Ciphertext(election.group.one, election.group.one)
    totals = [
        {ind_c: [one] * len(manifest.contest(ind_c).options) for ind_c in manifest.cell_contests(cell)}
        for cell in manifest.cells
    ]
    counts, weights = [0] * len(totals), [0] * len(totals)
    voters = [dict.fromkeys(cell, 0) for cell in totals]
    for ballot in cast_ballots:
        _check_shape(election, ballot)
        cell = manifest.cell_of(ballot.ballot_style) - 1
        counts[cell] += 1
        weights[cell] += ballot.weight
        for contest in ballot.contests:
            voters[cell][contest.index] += 1
            row = totals[cell][contest.index]
            for j, option in enumerate(contest.options):
                row[j] = row[j] * _weighted(option.ciphertext, ballot.weight)
    return tuple(
        EncryptedTally(
            cell=index,
            label=cell.label,
            ballots=counts[index - 1],
            weight=weights[index - 1],
            contests=tuple(
                EncryptedTallyContest(index=ind_c, ballots=voters[index - 1][ind_c], options=tuple(row))
                for ind_c, row in totals[index - 1].items()
            ),
        )
        for index, cell in enumerate(manifest.cells, 1)
    )


def _weighted(ciphertext: Ciphertext, weight: int) -> Ciphertext:
    return ciphertext if weight == 1 else ciphertext ** ciphertext.alpha.group.scalar(weight)


def _check_shape(election: Election, ballot: EncryptedBallot) -> None:
    manifest, code = election.manifest, ballot.confirmation_code.hex().upper()
    style = manifest.ballot_style(ballot.ballot_style)
    if not 1 <= ballot.weight <= manifest.maximum_weight:
        raise CheckError(f"ballot {code}: weight {ballot.weight} is not between 1 and {manifest.maximum_weight}")
    if tuple(contest.index for contest in ballot.contests) != style.contests:
        raise CheckError(f"ballot {code}: its contests are not those of style {style.label!r}")
    for contest in ballot.contests:
        if len(contest.options) != len(manifest.contest(contest.index).options):
            raise CheckError(f"ballot {code}: contest {contest.index} has another number of options than the manifest")
