"""Disks and databases that fail, through HTTP: 503 with a reason, nothing acknowledged or signed; then recovery."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, make_url
from starlette.testclient import TestClient

from e2evote.board import merkle
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.log import Board
from e2evote.board.notes import Note
from e2evote.web.application import board_application
from e2evote.web.token import submission_token
from tests.board.conftest import drop, execute, new_database, server
from tests.web.elections import VotingBoard, request_of, voting_board


def submit(client: TestClient, voting: VotingBoard, number: int) -> tuple[int, str]:
    bearer = {"Authorization": f"Bearer {submission_token(voting.folder)}", "Content-Type": "application/json"}
    answer = client.post("/submit/ballot", content=request_of(voting.ballots[number]), headers=bearer)
    if answer.status_code == 503:
        assert answer.headers["retry-after"] == "5"
    return answer.status_code, answer.text


def checkpoint(client: TestClient) -> Checkpoint:
    return Checkpoint.parse(Note.parse(client.get("/checkpoint").content).text)


def sizes(voting: VotingBoard) -> tuple[int, list[int]]:
    """How many entries there are, and the sizes of all checkpoints, each of which fits the entries."""
    with Board.open(voting.folder) as board, board.reading() as view:
        found = list(view.checkpoints())
        for stored in found:
            assert merkle.root(stored.size, view.hash) == stored.root
        return view.size, [stored.size for stored in found]


@contextmanager
def each_connection(client: TestClient, statement: str) -> Iterator[None]:
    """Every connection of the served board begins with a statement, while the block runs."""
    engine = client.app.application.state.site.board._database._engine

    def begin(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(statement)

    event.listen(engine, "connect", begin)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", begin)
        engine.dispose()


@pytest.mark.parametrize(
    ("statement", "reason"),
    [("PRAGMA max_page_count=1", "full"), ("PRAGMA query_only=1", "readonly")],
    ids=["full disk", "read-only disk"],
)
def test_a_disk_that_takes_nothing(client: TestClient, voting: VotingBoard, statement: str, reason: str) -> None:
    assert submit(client, voting, 0)[0] == 200
    before = sizes(voting)[0]
    with each_connection(client, statement):
        # A small entry can still fit into what the file has already; a few ballots cannot.
        answers = [submit(client, voting, number) for number in range(1, 7)]
        refused = [text for status, text in answers if status != 200]
        assert refused
        assert {status for status, _ in answers} <= {200, 503}
        assert all(reason in text for text in refused)
        assert client.get(f"/ballot/{voting.codes[0]}").status_code == 200
    acknowledged = sum(status == 200 for status, _ in answers)
    assert sizes(voting)[0] == before + acknowledged
    assert [submit(client, voting, number)[0] for number in range(7)] == [200] * 7
    assert sizes(voting)[0] == before + 6


def rewrite(voting: VotingBoard, index: int, change: Callable[[bytes], bytes]) -> None:
    connection = sqlite3.connect(voting.folder / "board.sqlite")
    with connection:
        (data,) = connection.execute('SELECT data FROM entries WHERE "index" = ?', (index,)).fetchone()
        connection.execute('UPDATE entries SET data = ? WHERE "index" = ?', (change(data), index))
    connection.close()


def test_a_corrupted_row(voting: VotingBoard) -> None:
    with TestClient(board_application(voting.settings(interval=3600))) as client:
        assert submit(client, voting, 0)[0] == 200
        index, last = sizes(voting)[0] - 1, checkpoint(client)
        kept: list[bytes] = []
        rewrite(voting, index, lambda data: kept.append(data) or data.replace(b'"position":1', b'"position":2'))
        status, text = submit(client, voting, 1)
        assert (status, f"entry {index}" in text) == (503, True)
        page = client.get(f"/ballot/{voting.codes[0]}")
        assert (page.status_code, page.headers["retry-after"]) == (503, "10")
        assert client.get("/checkpoint").status_code == 200
        rewrite(voting, index, lambda _: kept[0])
        assert submit(client, voting, 1)[0] == 200
        assert checkpoint(client) == last
    assert sizes(voting) == (index + 2, [*sizes(voting)[1][:-1], index + 2])


def test_a_corrupted_row_is_not_signed(voting: VotingBoard) -> None:
    with TestClient(board_application(voting.settings(interval=0.05))) as client:
        last = checkpoint(client).size
        rewrite(voting, last - 1, lambda data: data + b" ")
        assert submit(client, voting, 0)[0] == 503
        time.sleep(0.2)
        assert checkpoint(client).size == last
        answer = client.get(f"/tile/entries/000.p/{last}")
        assert (answer.status_code, "damaged" in answer.text) == (503, True)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-store"
        rewrite(voting, last - 1, lambda data: data[:-1])
        assert submit(client, voting, 0)[0] == 200


def test_a_lost_connection(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = new_database()
    try:
        voting = voting_board(tmp_path_factory.mktemp("lost") / "board", database=url)
        with TestClient(board_application(voting.settings(interval=3600))) as client:
            assert submit(client, voting, 0)[0] == 200
            name = make_url(url).database
            execute(server(), f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
            execute(server(), f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            status, text = submit(client, voting, 1)
            assert (status, '"error"' in text) == (503, True)
            assert client.get("/checkpoint").status_code == 503
            assert client.get("/").status_code == 503
            execute(server(), f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
            assert submit(client, voting, 1)[0] == 200
            assert client.get("/").status_code == 200
        sizes(voting)
    finally:
        drop(url)
