"""Voters of the benchmark who get no answer, or other than they should: then there are no figures."""

import json
import time
from queue import Queue
from threading import Thread

import pytest

from e2evote.bench import booths, voters
from e2evote.bench.booth_election import BoothElection, make_election
from e2evote.bench.booths import Voting
from e2evote.bench.crowds import Crowd
from e2evote.bench.figures import Meter
from e2evote.bench.voters import answer_to
from e2evote.bench.workload import grid
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.web.serving import listen

BUSY = {"error": "busy", "message": "Very many people are voting.", "wait": 1, "field": "", "now": 1}
REFUSED = {"error": "closed", "message": "Voting is over.", "wait": 0, "field": "", "now": 1}


@pytest.fixture(scope="module")
def election(tmp_path_factory: pytest.TempPathFactory, toy: Group) -> BoothElection:
    """An election with two members and their ballots."""
    directory = tmp_path_factory.mktemp("bench") / "election"
    return make_election(directory, grid(2, 4, 2), toy, 1, lambda *_: None)


def answering(answers: list[tuple[int, dict[str, object]]]) -> tuple[int, Queue[bytes]]:
    """Serve these answers, one a connection, and return the port and what was asked."""
    listening, asked = listen("127.0.0.1", 0), Queue[bytes]()
    listening.listen()

    def run() -> None:
        with listening:
            for status, content in answers:
                connection, _ = listening.accept()
                with connection:
                    asked.put(connection.recv(2**16))
                    data = json.dumps(content).encode()
                    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
                    connection.sendall(head.encode() + data)

    Thread(target=run, daemon=True).start()
    return int(listening.getsockname()[1]), asked


def vote(election: BoothElection, port: int) -> Meter:
    """Have the first ballot cast, or try to."""
    meter = Meter("booth", "a case", "sqlite", lambda *_: None, 1)
    Voting(election, iter(election.ballots)).measure(port, Crowd(1), 1, meter)
    return meter


def test_a_busy_server_is_asked_again_after_the_time_it_names(
    election: BoothElection, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    port, asked = answering([(503, BUSY | {"wait": 7}), (409, REFUSED | {"error": "not-on-board"}), (403, REFUSED)])
    with pytest.raises(E2EVoteError, match=r"^a case: 1 of 1 votes were not cast: turn: 403 closed \(1\)$"):
        vote(election, port)
    assert [asked.get().split()[1] for _ in range(3)] == [b"/vote/api/turn?lang=en"] * 3
    assert [wait for wait in waits if wait] == [7, 1]


def test_a_server_that_does_not_answer_is_given_up(election: BoothElection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voters, "PATIENCE", 0.01)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with listen("127.0.0.1", 0) as listening:
        port = int(listening.getsockname()[1])  # nobody listens there
    with pytest.raises(E2EVoteError, match="turn: no answer"):
        vote(election, port)


def test_what_is_not_on_the_board_or_in_the_roll_is_noticed(
    election: BoothElection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(E2EVoteError, match="receipts for 0 of 2 ballots"):
        booths._check(election, {})
    promised = {ballot.code: None for ballot in election.ballots}
    with pytest.raises(E2EVoteError, match="2 ballots were cast; the board has 0"):
        booths._check(election, promised)  # type: ignore[arg-type]


def test_voters_are_due_while_the_booth_is_full() -> None:
    crowd = Crowd(200, 10.0)
    first, last = crowd.due(0, 0), crowd.due(0, 7)
    assert 0 <= first <= 2.5
    assert 17.5 <= last <= 20
    assert 100 <= crowd.due(1000, 0) <= 102.5
    assert Crowd(200).due(1000, 7) == 0


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much is seven plus nine?", "16"),
        ("How much is nine minus two?", "7"),
        ("Which number is larger, three or eight?", "8"),
    ],
)
def test_questions_are_read_as_people_do(question: str, answer: str) -> None:
    assert answer_to(question) == answer
