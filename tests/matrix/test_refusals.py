"""Every misbehaviour finds an election in which it can be tried, and is refused there."""

from collections.abc import Iterator

import pytest

from tests.matrix.conftest import ROWS, STAGES, Elections
from tests.matrix.refusals import Refusal
from tests.matrix.registered import REFUSALS
from tests.matrix.world import World


def _worlds(elections: Elections, refusal: Refusal, first: int) -> Iterator[World]:
    """Yield elections in the refusal's phase, those of few rows before those of others."""
    stages = STAGES[:3] if refusal.phase == "ceremony" else (refusal.phase,)
    rows = [first, *(row for row in range(len(ROWS)) if row != first)]
    return (elections.at(row, stage) for row in rows for stage in stages)


@pytest.mark.parametrize(
    "number", range(len(REFUSALS)), ids=lambda number: f"{REFUSALS[number].phase}-{REFUSALS[number].name}"
)
def test_refused(number: int, elections: Elections) -> None:
    refusal = REFUSALS[number]
    for world in _worlds(elections, refusal, number % 4):
        world.rng.seed(number)
        if refusal.try_on(world):
            return
    pytest.fail("no election has a place for it")


@pytest.mark.slow
@pytest.mark.parametrize("row", range(len(ROWS)))
@pytest.mark.parametrize("stage", STAGES)
def test_whatever_there_is_a_place_for(row: int, stage: str, elections: Elections) -> None:
    """Each thrice, since each chooses who misbehaves and how."""
    world = elections.at(row, stage)
    assert sum(refusal.try_on(world) for refusal in REFUSALS for _ in range(3)) > 0
