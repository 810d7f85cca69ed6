"""What cast ballots add up to is the same, however they are dealt to chunks."""

from functools import reduce
from types import SimpleNamespace
from typing import Any

import pytest

from e2evote.elgamal import Ciphertext
from e2evote.record.manifest import parse_manifest
from e2evote.verifier.v09_aggregation import Sums
from tests.builders import manifest_bytes
from tests.strategies import TOY_GROUP

CONTEXT: Any = SimpleNamespace(group=TOY_GROUP, manifest=parse_manifest(manifest_bytes()))


def pair(number: int) -> Ciphertext:
    return Ciphertext(TOY_GROUP.g ** TOY_GROUP.scalar(number), TOY_GROUP.g ** TOY_GROUP.scalar(-number))


def ballot(style: int, weight: int, first: int) -> Any:
    """Return what is counted of a ballot: members have contests 1 and 3, partners 2 and 3, here of two options each."""
    contests = (1, 3) if style == 1 else (2, 3)
    return SimpleNamespace(
        ballot_style=style,
        weight=weight,
        contests=[
            SimpleNamespace(index=c, options=[SimpleNamespace(ciphertext=pair(first * c + j)) for j in (0, 1)])
            for c in contests
        ],
    )


BALLOTS = [ballot(1, 1, 10), ballot(2, 3, 20), ballot(1, 4, 30), ballot(1, 1, 40), ballot(2, 3, 50)]


def counted(*chunks: list[Any]) -> Sums:
    total = Sums()
    for chunk in chunks:
        sums = Sums()
        sums.add_ballots(CONTEXT, chunk)
        sums.submitted |= {(ballot.ballot_style, contest.index) for ballot in chunk for contest in ballot.contests}
        total.add(sums)
    return total


def check(sums: Sums) -> None:
    assert sums.ballots == {1: 3, 2: 2}
    assert sums.weight == {1: 6, 2: 6}
    assert sums.voters == {(1, 1): 3, (1, 3): 3, (2, 2): 2, (2, 3): 2}
    assert sums.weights == {(1, 1): 2, (1, 4): 1, (2, 3): 2}
    assert sums.submitted == {(1, 1), (1, 3), (2, 2), (2, 3)}
    for (cell, ind_c), row in sums.totals.items():
        of_cell = [ballot for ballot in BALLOTS if ballot.ballot_style == cell]
        options = [next(c.options for c in ballot.contests if c.index == ind_c) for ballot in of_cell]
        for j in (0, 1):
            parts = [o[j].ciphertext ** TOY_GROUP.scalar(b.weight) for o, b in zip(options, of_cell, strict=True)]
            assert row[j] == reduce(lambda x, y: x * y, parts)
    assert sums.totals.keys() == sums.voters.keys()


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_chunks_of_any_size(size: int) -> None:
    """Spec: EG-2.1 §3.5, eq. 80"""
    check(counted(*(BALLOTS[first : first + size] for first in range(0, 5, size))))


def test_ballots_one_by_one_into_the_same_sums() -> None:
    sums = Sums()
    for one in BALLOTS:
        sums.add_ballots(CONTEXT, [one])
    sums.submitted = set(sums.voters)
    check(sums)


def test_nothing_adds_nothing() -> None:
    sums = counted(BALLOTS, [])
    sums.add(Sums())
    check(sums)
