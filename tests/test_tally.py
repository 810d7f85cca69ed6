"""Aggregation: products are sums, in any order, cell by cell."""

import random

from hypothesis import given
from hypothesis import strategies as st

from e2evote.decryption.results import tallies
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import tally_statements
from e2evote.elgamal import Ciphertext
from e2evote.encryption import encrypt_ballots
from e2evote.record.codec import dump
from e2evote.record.codes import open_device
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.tally import BATCH, accumulate, accumulate_lines
from tests.builders import BuiltRecord
from tests.deterministic import DeterministicRandomness

ballots = st.builds(
    lambda weight, marks: PlaintextBallot(
        ballot_style=2, weight=weight, contests=(PlaintextContest(contest=2, selections=marks),)
    ),
    st.integers(1, 5),
    st.sampled_from([(0, 0), (1, 0), (0, 3), (3, 1), (1, 2), (2, 2)]),
)


@given(st.lists(ballots, min_size=2, max_size=8), st.integers(0, 2**32))
def test_weighted_sums_by_any_guardians(built: BuiltRecord, given_ballots: list[PlaintextBallot], seed: int) -> None:
    """Spec: EG-2.1 §3.5, eqs. 79, 80; §3.6.2, eqs. 81, 82"""
    election, rng = built.election, DeterministicRandomness(seed)
    opening = open_device(election.h_e, 1, "B", 0)
    cast = [ballot for ballot, _ in encrypt_ballots(election, opening, given_ballots, rng=rng)]
    encrypted = accumulate(election, cast)
    assert (encrypted[1].ballots, encrypted[1].weight) == (len(cast), sum(ballot.weight for ballot in cast))
    available = random.Random(seed).sample(built.shares, 2)
    statements = tally_statements(election, encrypted)
    results = decrypt(election, built.guardian_record.guardians, available, statements, rng)
    (found,) = tallies(election, encrypted, results)
    sums = [sum(b.weight * b.contests[0].selections[j] for b in given_ballots) for j in (0, 1)]
    assert [option.tally for option in found.contests[0].options] == sums
    assert [option.tally for option in found.contests[1].options] == [0, 0]


def test_order_does_not_matter(built: BuiltRecord) -> None:
    cast = built.of_status("cast")
    assert (
        accumulate(built.election, reversed(cast)) == accumulate(built.election, iter(cast)) == built.encrypted_tallies
    )


def test_tallies_of_parts_multiply(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.5, eq. 79"""
    cast = built.of_status("cast")
    first, second, whole = (accumulate(built.election, part) for part in (cast[:4], cast[4:], cast))
    for cells in zip(first, second, whole, strict=True):
        for left, right, both in zip(*(cell.contests for cell in cells), strict=True):
            assert tuple(x * y for x, y in zip(left.options, right.options, strict=True)) == both.options


def test_no_ballots(built: BuiltRecord) -> None:
    """Every cell has its line, all ones."""
    one = Ciphertext(built.election.group.one, built.election.group.one)
    cells = accumulate(built.election, [])
    assert [(cell.cell, cell.label, cell.ballots, cell.weight) for cell in cells] == [
        (1, "members", 0, 0),
        (2, "partners", 0, 0),
    ]
    assert {option for cell in cells for contest in cell.contests for option in contest.options} == {one}


def test_lines_on_several_processes(built: BuiltRecord) -> None:
    """Chunks on other processes add up to what one process finds, of every cell."""
    election, rng = built.election, DeterministicRandomness(7)
    opening = open_device(election.h_e, 1, "B", 0)
    marks = [PlaintextBallot(ballot_style=1 + i % 2, weight=1 + i % 3, contests=()) for i in range(2 * BATCH + 3)]
    cast = [ballot for ballot, _ in encrypt_ballots(election, opening, marks, rng=rng)]
    lines = [(f"line {number}", dump(ballot)) for number, ballot in enumerate(cast)]
    whole = accumulate(election, cast)
    for jobs in (1, 2):
        *_, last = accumulate_lines(election, lines, jobs)
        assert last.tallies(election) == whole
    assert list(accumulate_lines(election, [], 1))[-1].tallies(election) == accumulate(election, [])
