"""Elections of the rows of the matrix, each held once."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.matrix import walking
from tests.matrix.dimensions import covering_rows
from tests.matrix.plans import Plan, plan_of
from tests.matrix.world import World, repeatable

ROWS = covering_rows()
STAGES = ("keys", "shares", "confirmation", "voting", "counted", "decrypted")
"""Where an election is stopped so that somebody can misbehave."""


def plan_of_row(row: int) -> Plan:
    return plan_of(ROWS[row], row)


class Elections:
    """Gives the election of a row, at its end or at a stage before; whoever gets it leaves it as it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.at = cache(self._at)

    def finished(self, row: int) -> World:
        return self.at(row, STAGES[-1])

    def _at(self, row: int, stage: str) -> World:
        root = self._folder / f"{row}-{stage}"
        root.mkdir()
        with repeatable(row):
            world = World.of(plan_of_row(row), root)
            if stage in STAGES[:3]:
                _until_round(world, {"keys": 2, "shares": 3, "confirmation": 5}[stage])
                return world
            walking.hold_ceremony(world)
            walking.open_devices(world)
            walking.vote(world)
            if stage == "voting":
                walking.begin_to_decide(world)
            elif stage == "counted":
                walking.count(world)
            else:
                walking.finish(world)
        return world


def _until_round(world: World, number: int) -> None:
    while world.guardians.round < number:
        world.guardians.act(world.guardians.waiting[0])


@pytest.fixture(scope="session")
def elections(tmp_path_factory: pytest.TempPathFactory) -> Elections:
    return Elections(tmp_path_factory.mktemp("matrix"))


@pytest.fixture(autouse=True)
def _repeatable(request: pytest.FixtureRequest) -> Iterator[None]:
    with repeatable(request.node.name):
        yield
