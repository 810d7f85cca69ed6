"""From decrypted statements to what the record publishes."""

from collections.abc import Iterator, Sequence

from e2evote import hashed_elgamal
from e2evote.decryption.cells import CellSums, ContestSum, decryptable_cells
from e2evote.decryption.statements import DataStatement
from e2evote.group.discrete_log import DiscreteLog
from e2evote.group.elements import Element
from e2evote.hashed_elgamal import ContestDataSeal
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.opened import DecryptedContestData
from e2evote.record.setup import Election
from e2evote.record.tally import EncryptedTally, Tally, TallyContest, TallyOption
from e2evote.zkp.equality import EqualityProof


def tallies(
    election: Election,
    encrypted: Sequence[EncryptedTally],
    results: Sequence[tuple[Element, EqualityProof]],
) -> tuple[Tally, ...]:
    """Return the tallies of the cells that may be decrypted: T = B/M, and t ≤ weight·R of their ballots with K^t = T.

    Args:
        election: the election.
        encrypted: the encrypted tallies.
        results: what ``combine`` returned for ``tally_statements(election, encrypted)``.

    Raises:
        CheckError: no such t.

    Spec: EG-2.1 §3.6.2, eqs. 81, 82
    """
    return tallies_of(election, decryptable_cells(election, encrypted), results)


def tallies_of(
    election: Election,
    cells: Sequence[CellSums],
    results: Sequence[tuple[Element, EqualityProof]],
) -> tuple[Tally, ...]:
    """Return the tallies of these cells, which hold exactly the contests that were decrypted, merged cells named.

    Raises:
        CheckError: no such t.

    Spec: EG-2.1 §3.6.2, eqs. 81, 82
    """
    decrypted = iter(results)
    limits = [field.limit for contest in election.manifest.contests for field in contest.verifiable_fields]
    highest = max((contest.weight for cell in cells for contest in cell.contests), default=0)
    lookup = DiscreteLog(election.K, highest * max(limits))
    return tuple(
        Tally(
            cell=cell.cell,
            label=cell.label,
            contests=tuple(
                TallyContest(
                    index=contest.index,
                    label=election.manifest.contest(contest.index).label,
                    merged=contest.merged or None,
                    options=tuple(_tally_options(election, lookup, contest, decrypted)),
                )
                for contest in cell.contests
            ),
        )
        for cell in cells
    )


def opened_contest_data(
    ballot: EncryptedBallot, statement: DataStatement, factor: Element, proof: EqualityProof
) -> DecryptedContestData:
    """Return the record entry of one cast ballot's contest data, decrypted with β = factor.

    Spec: EG-2.1 §3.6.6, eqs. 104–106
    """
    seal = ContestDataSeal(ballot.h_i, statement.ind_c)
    return DecryptedContestData(
        device=ballot.device,
        position=ballot.position,
        confirmation_code=ballot.confirmation_code,
        index=statement.ind_c,
        factor=factor,
        proof=proof,
        data=hashed_elgamal.decrypt(seal, statement.ciphertext, factor),
    )


def _tally_options(
    election: Election,
    lookup: DiscreteLog,
    contest_sum: ContestSum,
    decrypted: Iterator[tuple[Element, EqualityProof]],
) -> Iterator[TallyOption]:
    contest = election.manifest.contest(contest_sum.index)
    for ind_o, (field, total) in enumerate(zip(contest.verifiable_fields, contest_sum.options, strict=True), 1):
        M, proof = next(decrypted)
        T = total.beta / M
        t = lookup.of(T, contest_sum.weight * field.limit)
        yield TallyOption(index=ind_o, label=field.label, tally=t, encoded_tally=T, proof=proof)
