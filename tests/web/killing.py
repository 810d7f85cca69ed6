"""A server that is killed while many submit: whatever it has acknowledged is in the log, once, and the log only grows.

``python -m tests.web.killing --rounds 50 --ballots 1000`` is the full run (``make board-kill``). In each round a fresh
board gets all ballots from several clients at once, a status for each; the server is killed at a random point, or at
several, and started again; clients send again what was not acknowledged. Clients keep every receipt, and every
checkpoint they see.
"""

import argparse
import http.client
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import make_url

from e2evote.board import checkpoint as checkpoints
from e2evote.board import merkle, policy
from e2evote.board.log import Board
from e2evote.board.notes import Note
from e2evote.election.receipts import verify_receipt
from e2evote.encoding import hex_of
from e2evote.record.entries import BallotEntry, StatusEntry, commitment, parse_entry
from e2evote.web.token import submission_token
from tests.web.elections import VotingBoard, request_of, voting_board
from tests.web.servers import Server, post, status_body

CLIENTS = 8
CAST, CHALLENGE = b"c" * 32, b"h" * 32
COMMITMENTS = commitment(CAST), commitment(CHALLENGE)


@dataclass
class Seen:
    """What the clients of a round were told."""

    receipts: dict[tuple[str, str], set[bytes]] = field(default_factory=dict)
    checkpoints: set[bytes] = field(default_factory=set)
    refusals: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledge(self, what: str, code: str, receipt: bytes) -> None:
        with self.lock:
            self.receipts.setdefault((what, code), set()).add(receipt)


@dataclass(frozen=True, slots=True)
class Round:
    """What happened in a round."""

    ballots: int
    kills: int
    receipts: int
    checkpoints: int
    seconds: float


class Client(threading.Thread):
    """Submits ballots and their statuses until all are acknowledged, whatever happens to the server."""

    def __init__(self, port: int, token: str, ballots: Sequence[tuple[str, bytes]], seen: Seen, until: float) -> None:
        super().__init__(daemon=True)
        self._port, self._token, self._ballots, self._seen, self._until = port, token, ballots, seen, until
        self._connection: http.client.HTTPConnection | None = None
        self.failure = ""

    def run(self) -> None:
        try:
            for number, (code, ballot) in enumerate(self._ballots):
                self._submit("ballot", code, request_of(ballot, COMMITMENTS))
                self._submit("status", code, status_body(code, "cast", hex_of(CAST)))
                if number % 3 == 0:
                    self._look()
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
        finally:
            if self._connection is not None:
                self._connection.close()

    def _submit(self, what: str, code: str, body: bytes) -> None:
        while True:
            status, answer = self._try(lambda connection: post(connection, f"/submit/{what}", self._token, body))
            if status == 200:
                self._seen.acknowledge(what, code, answer)
                return
            if status not in (0, 503):
                raise AssertionError(f"{status}: {answer!r}")

    def _look(self) -> None:
        def get(connection: http.client.HTTPConnection) -> tuple[int, bytes]:
            connection.request("GET", "/checkpoint")
            answer = connection.getresponse()
            return answer.status, answer.read()

        status, note = self._try(get)
        if status == 200:
            self._seen.checkpoints.add(note)

    def _try(self, ask: Callable[[http.client.HTTPConnection], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Ask once; 0 where there was no answer."""
        if time.monotonic() > self._until:
            raise AssertionError("the round takes too long")
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            status, data = ask(self._connection)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection, status, data = None, 0, b""
            time.sleep(0.02)
        self._seen.refusals[status] += status != 200
        return status, data


def hold_round(voting: VotingBoard, kills: int, rng: random.Random, *arguments: object) -> Round:
    """Submit all ballots of a board, kill the server so many times meanwhile, and check what came of it."""
    begun, seen = time.monotonic(), Seen()
    token = submission_token(voting.folder)
    until = begun + 60 + len(voting.ballots) / 5
    server = Server.board(voting.folder, *arguments)
    pairs = list(zip(voting.codes, voting.ballots, strict=True))
    clients = [Client(server.port, token, pairs[start::CLIENTS], seen, until) for start in range(CLIENTS)]
    # At random points of the submission: when so many are acknowledged, and a moment.
    points = sorted(rng.randrange(2 * len(pairs)) for _ in range(kills))
    try:
        for client in clients:
            client.start()
        for point in points:
            while len(seen.receipts) < point and any(client.is_alive() for client in clients):
                time.sleep(0.001)
            time.sleep(rng.random() * 0.02)
            server.kill()
            server = Server.board(voting.folder, *arguments, port=server.port)
        for client in clients:
            client.join()
    finally:
        stderr = server.end()
    failures = [client.failure for client in clients if client.failure]
    if failures:
        raise AssertionError(f"{failures[0]}; the server said: {stderr[-2000:]}")
    check(voting, seen)
    return Round(len(pairs), kills, len(seen.receipts), len(seen.checkpoints), time.monotonic() - begun)


def check(voting: VotingBoard, seen: Seen) -> None:
    """Check that the log holds what was acknowledged, once, and that every checkpoint is of this log."""
    with Board.open(voting.folder) as board, board.reading() as view:
        keys = [log.key for log in board.policy.logs]
        entries = list(view.entries(0, view.size))
        parsed = [parse_entry(entry, "entry") for entry in entries]
        for kind, what in ((BallotEntry, "ballot"), (StatusEntry, "status")):
            counted = Counter(hex_of(entry.confirmation_code) for entry in parsed if isinstance(entry, kind))
            assert counted == Counter(voting.codes), f"each {what} once"
            assert {code for name, code in seen.receipts if name == what} == set(voting.codes)
        positions = [entry.position for entry in parsed if isinstance(entry, BallotEntry)]
        assert positions == list(range(1, len(voting.codes) + 1))
        for (_, code), receipts in seen.receipts.items():
            assert len(receipts) == 1, "who sends again gets the same receipt"
            receipt = verify_receipt(next(iter(receipts)), keys)
            assert entries[receipt.index] == receipt.entry
            assert code.encode() in receipt.entry
        frontier, roots = merkle.Frontier(), [merkle.EMPTY_ROOT]
        for entry in entries:
            frontier.append(merkle.leaf_hash(entry))
            roots.append(frontier.root())
        stored = list(view.checkpoints())
        assert all(roots[one.size] == one.root for one in stored)
        for note in seen.checkpoints:
            found = checkpoints.verify(Note.parse(note), keys)
            assert roots[found.size] == found.root
            assert found.size in {one.size for one in stored}, "what was published is remembered"
        newest = view.published()
        assert newest is not None
        assert policy.verify(newest, board.policy).checkpoint.size == view.size, "the last one covers everything"


@contextmanager
def fresh(prepared: VotingBoard, folder: Path, database: str | None = None):
    """Give a copy of a board, on a copy of its database."""
    shutil.copytree(prepared.folder, folder)
    path, name = folder / "board.json", ""
    if database is not None:
        from tests.board.conftest import drop, execute, server

        name = f"{make_url(database).database}_{random.getrandbits(32):x}"
        execute(server(), f"CREATE DATABASE {name} TEMPLATE {make_url(database).database}")
        settings = json.loads(path.read_text())
        settings["database"] = make_url(database).set(database=name).render_as_string()
        path.write_text(json.dumps(settings, separators=(",", ":")) + "\n")
    try:
        yield replace(prepared, folder=folder)
    finally:
        shutil.rmtree(folder)
        if database is not None:
            drop(settings["database"])


def main() -> None:
    """Hold the rounds and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--ballots", type=int, default=1000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    chosen = parser.parse_args()
    from tests.board.conftest import drop, new_database

    url = new_database() if chosen.database == "postgresql" else None
    rng, rounds = random.Random(chosen.seed), list[Round]()
    print(f"{chosen.rounds} rounds of {chosen.ballots} ballots and as many statuses, {CLIENTS} clients")
    print(f"{chosen.database}, {chosen.workers} server processes, seed {chosen.seed}", flush=True)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            prepared = voting_board(Path(temporary) / "prepared", chosen.ballots, database=url)
            for number in range(1, chosen.rounds + 1):
                with fresh(prepared, Path(temporary) / f"round-{number}", url) as voting:
                    rounds.append(hold_round(voting, rng.randint(1, 3), rng, "--workers", chosen.workers))
                if sys.stderr.isatty() or number % 10 == 0:
                    print(f"round {number}: {rounds[-1]}", file=sys.stderr, flush=True)
    finally:
        if url is not None:
            drop(url)
    kills, receipts = sum(one.kills for one in rounds), sum(one.receipts for one in rounds)
    seen, seconds = sum(one.checkpoints for one in rounds), sum(one.seconds for one in rounds)
    print(f"{len(rounds)} rounds, {kills} kills, {seconds:.0f} s: all held")
    print(f"{receipts} receipts, each in the log, once; {seen} checkpoints seen, each of this log")


if __name__ == "__main__":
    main()
