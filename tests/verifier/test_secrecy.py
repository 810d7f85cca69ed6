"""Which sums would tell single votes: too few ballots, or a weight that few of them have."""

import pytest

from e2evote.record.manifest import parse_manifest
from e2evote.verifier.secrecy import Secrecy
from e2evote.verifier.v09_aggregation import Sums
from tests.builders import manifest_bytes

MEMBER, PARTNER = 1, 2
"""Styles, and cells: members have contests 1 and 3, partners 2 and 3."""
BOARD, MOTION = 1, 3


def secrecy(*ballots: tuple[int, int, int], least: int = 3) -> Secrecy:
    """Count so many cast ballots of a style and weight."""
    sums = Sums()
    for style, weight, count in ballots:
        sums.weights[style, weight] = count
        for ind_c in (BOARD, MOTION) if style == MEMBER else (2, MOTION):
            sums.voters[style, ind_c] = sums.voters.get((style, ind_c), 0) + count
    return Secrecy(parse_manifest(manifest_bytes(minimum_cell_ballots=least)), sums)


def test_voters_of_several_cells() -> None:
    counted = secrecy((MEMBER, 1, 4), (PARTNER, 1, 2))
    assert counted.voters([MEMBER], MOTION) == 4
    assert counted.voters([MEMBER, PARTNER], MOTION) == 6
    assert counted.voters([MEMBER, PARTNER], BOARD) == 4
    assert counted.voters([PARTNER], BOARD) == 0


@pytest.mark.parametrize(("count", "broken"), [(0, True), (2, True), (3, False), (4, False)])
def test_the_minimum(count: int, broken: bool) -> None:
    rules = secrecy((MEMBER, 1, count)).broken_rules([MEMBER], BOARD)
    assert list(rules) == (["minimum"] if broken else [])
    if broken:
        assert rules["minimum"] == f"{count} cast ballots have it, fewer than the manifest's minimum of 3"


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({1: 5}, None),
        ({1: 3, 2: 3}, None),
        ({1: 5, 2: 2}, "2 of weight 2"),
        ({4: 1, 1: 5, 2: 2}, "2 of weight 2, 1 of weight 4"),
        ({4: 1, 1: 2, 2: 2}, "2 of weight 1, 2 of weight 2, 1 of weight 4"),
        ({4: 1, 1: 2, 2: 2, 3: 1}, "2 of weight 1, 2 of weight 2, 1 of weight 3, …"),
    ],
)
def test_a_weight_that_few_have(counts: dict[int, int], told: str | None) -> None:
    rules = secrecy(*((MEMBER, weight, count) for weight, count in counts.items())).broken_rules([MEMBER], BOARD)
    expected = f"weights differ, and of one there are fewer cast ballots than 3: {told}"
    assert rules == ({} if told is None else {"weight": expected})


def test_one_weight_is_a_matter_of_the_minimum_alone() -> None:
    assert list(secrecy((MEMBER, 7, 2)).broken_rules([MEMBER], BOARD)) == ["minimum"]


def test_weights_are_those_of_the_styles_that_have_the_contest() -> None:
    counted = secrecy((MEMBER, 1, 4), (MEMBER, 2, 1), (PARTNER, 2, 3))
    assert counted.weights([MEMBER, PARTNER], BOARD) == {1: 4, 2: 1}
    assert counted.weights([MEMBER, PARTNER], MOTION) == {1: 4, 2: 4}
    assert counted.weights([PARTNER], MOTION) == {2: 3}
    assert list(counted.broken_rules([MEMBER], MOTION)) == ["weight"]
    assert not counted.broken_rules([MEMBER, PARTNER], MOTION)
