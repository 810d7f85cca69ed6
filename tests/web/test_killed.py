"""A server killed while many submit, in few rounds; ``make board-kill`` holds fifty, of a thousand ballots each."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.board.conftest import drop, new_database
from tests.web.elections import VotingBoard, voting_board
from tests.web.killing import fresh, hold_round

BALLOTS = 100


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> VotingBoard:
    return voting_board(tmp_path_factory.mktemp("sqlite") / "prepared", BALLOTS)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    url = new_database()
    yield url
    drop(url)


@pytest.fixture(scope="module")
def on_postgresql(database: str, tmp_path_factory: pytest.TempPathFactory) -> VotingBoard:
    return voting_board(tmp_path_factory.mktemp("postgresql") / "prepared", BALLOTS, database=database)


def test_one_process_on_sqlite(on_sqlite: VotingBoard, tmp_path: Path) -> None:
    with fresh(on_sqlite, tmp_path / "board") as voting:
        assert hold_round(voting, 2, random.Random(1)).receipts == 2 * BALLOTS


def test_two_processes_on_postgresql(on_postgresql: VotingBoard, database: str, tmp_path: Path) -> None:
    with fresh(on_postgresql, tmp_path / "board", database) as voting:
        assert hold_round(voting, 1, random.Random(2), "--workers", 2).receipts == 2 * BALLOTS
