"""The programs as processes: how they stop, what strangers on the wire can do to them, and witnesses."""

import asyncio
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.board import policy
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.log import Board
from e2evote.board.notes import KeyKind, Note, SigningKey, VerifierKey
from e2evote.web.application import board_application
from e2evote.web.token import submission_token
from e2evote.web.verification import BusyError, Verification
from e2evote.web.witness_folder import WitnessFolder
from tests.cli.conftest import run
from tests.web.elections import ORIGIN, VotingBoard, request_of, voting_board
from tests.web.servers import Server, post
from tests.web.slow import slowly

WITNESS_KEY = SigningKey.generate("w.example", KeyKind.COSIGNATURE).verifier


@pytest.fixture(scope="module")
def server(prepared: VotingBoard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A served board that nobody submits to."""
    with Server.board(prepared.folder) as server:
        yield server


def test_head_has_no_body_and_the_length_of_one(server: Server) -> None:
    answer, body = server.get("/checkpoint")
    head, nothing = server.get("/checkpoint", "HEAD")
    assert (head.status, nothing) == (200, b"")
    assert head.headers["content-length"] == str(len(body))
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /%ff%fe/..%2f..%2fprivate/log.key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /ballot/" + b"A" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /checkpoint HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n",
        b"GET http://[/checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /submit/ballot HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /submit/ballot HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /submit/ballot HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_strangers_send(server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as stranger:
        stranger.sendall(sent)
        stranger.shutdown(socket.SHUT_WR)
        answer = stranger.makefile("rb").read()
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
    assert b"PRIVATE" not in answer
    assert server.get("/checkpoint")[0].status == 200


@pytest.mark.parametrize("stop", [Server.end, Server.interrupt], ids=["SIGTERM", "Ctrl-C"])
def test_it_stops_when_what_it_has_begun_is_done(voting: VotingBoard, stop: Callable[[Server], str]) -> None:
    server = Server.board(voting.folder, jobs=1)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    token = submission_token(voting.folder)
    assert post(connection, "/submit/ballot", token, request_of(voting.ballots[0]))[0] == 200
    connection.close()
    assert stop(server) == ""
    assert server.process.returncode == 0
    with Board.open(voting.folder) as board, board.reading() as view:
        note = view.published()
        assert note is not None
        assert Checkpoint.parse(Note.parse(note).text).size == view.size


def test_what_cannot_be_served(voting: VotingBoard, tmp_path: Path, server: Server) -> None:
    def refused(*arguments: object) -> str:
        return run("board", *arguments, code=2).stderr

    assert "is not a board's folder" in refused("serve", tmp_path)
    assert "is not a witness's folder" in refused("witness", "serve", tmp_path)
    assert "there is no such time zone" in refused("serve", voting.folder, "--time-zone", "Nowhere")
    assert "begins with https://" in refused("serve", voting.folder, "--url", "board.example")
    assert f"port {server.port}" in refused("serve", voting.folder, "--port", server.port)
    assert "there already" in refused("witness", "init", voting.folder, "--name", "w.example")
    assert "expected the key of a log" in refused(
        "witness", "init", tmp_path / "w", "--name", "w", "--log", WITNESS_KEY
    )
    assert not (tmp_path / "w").exists()
    (voting.folder / "private" / "log.key").chmod(0o644)
    assert "others can read this file" in refused("serve", voting.folder)


def test_a_witness_is_made_and_told_of_logs(voting: VotingBoard, tmp_path: Path) -> None:
    with Board.open(voting.folder) as board:
        log = str(board.policy.logs[0].key)
    key = run("board", "witness", "init", tmp_path / "w", "--name", "w.example").stdout.strip()
    assert VerifierKey.parse(key).kind is KeyKind.COSIGNATURE
    assert f"watching {ORIGIN}" in run("board", "witness", "add", tmp_path / "w", log).stderr
    assert "watched already" in run("board", "witness", "add", tmp_path / "w", log, code=2).stderr
    assert [str(found) for found in WitnessFolder.open(tmp_path / "w").logs()] == [log]


# ------------------------------------------------------------------------------------------------------- witnesses


def test_witnesses_cosign_and_survive(tmp_path: Path) -> None:
    """Two of three are enough; the third is down. One that is killed knows afterwards what it has cosigned."""
    folders = {name: WitnessFolder.create(tmp_path / name, f"{name}.example") for name in ("w1", "w2", "w3")}
    with socket.socket() as nobody, ExitStack() as stack:
        nobody.bind(("127.0.0.1", 0))
        witnesses = {name: stack.enter_context(Server("witness", "serve", folders[name].root)) for name in ("w1", "w2")}
        ports = {name: witness.port for name, witness in witnesses.items()} | {"w3": nobody.getsockname()[1]}
        lines = [f"witness {name} {folders[name].key.verifier} http://127.0.0.1:{ports[name]}" for name in folders]
        voting = voting_board(tmp_path / "board", 2, "\n".join([*lines, "group two 2 w1 w2 w3", "quorum two", ""]))
        with Board.open(voting.folder) as board:
            for folder in folders.values():
                folder.add_log(str(board.policy.logs[0].key))
            believed = board.policy
        server = stack.enter_context(Server.board(voting.folder))
        token, submitted = submission_token(voting.folder), http.client.HTTPConnection("127.0.0.1", server.port)
        stack.callback(submitted.close)

        def published(size: int) -> policy.Witnessed:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                answer, note = server.get("/checkpoint")
                if answer.status == 200 and (found := policy.verify(note, believed)).checkpoint.size >= size:
                    return found
                time.sleep(0.05)
            raise AssertionError("not published in time")

        before = published(1)
        assert set(before.times) == {"w1", "w2"}
        assert post(submitted, "/submit/ballot", token, request_of(voting.ballots[0]))[0] == 200
        after = published(before.checkpoint.size + 1)
        path = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
        witnesses["w1"].kill()
        again = stack.enter_context(Server("witness", "serve", folders["w1"].root, port=ports["w1"]))
        remembered = Checkpoint.parse(Note.parse(again.get(path)[1]).text)
        assert remembered == after.checkpoint
        assert post(submitted, "/submit/ballot", token, request_of(voting.ballots[1]))[0] == 200
        assert set(published(after.checkpoint.size + 1).times) >= {"w1", "w2"}
        assert "witness w3 has not cosigned" in server.end()


# ---------------------------------------------------------------------------------------------------------- proofs


def forged(ballot: bytes) -> bytes:
    """The same ballot with a proof that does not hold."""
    value = json.loads(ballot)
    response = value["contests"][0]["options"][0]["proof"]["responses"]
    response[0] = f"{int(response[0], 16) ^ 1:064X}"
    return json.dumps(value, separators=(",", ":")).encode()


def test_proofs_are_verified_before_a_ballot_is_accepted(voting: VotingBoard, bearer: dict[str, str]) -> None:
    with TestClient(board_application(voting.settings(processes=1))) as client:

        def submit(ballot: bytes) -> tuple[int, str]:
            answer = client.post("/submit/ballot", content=request_of(ballot), headers=bearer)
            return answer.status_code, answer.text

        assert submit(voting.ballots[0])[0] == 200
        status, text = submit(forged(voting.ballots[1]))
        assert (status, "6." in text) == (422, True)
        verification = client.app.application.state.site.verification
        for process in list(verification._pool._processes.values()):
            os.kill(process.pid, signal.SIGKILL)
        answers = [submit(voting.ballots[1])[0] for _ in range(2)]
        assert answers in ([503, 200], [200, 200])
        assert submit(forged(voting.ballots[2]))[0] == 422
    with Board.open(voting.folder) as board, board.reading() as view:
        assert view.length("ballots") == 2


def test_processes_that_verify_are_there_before_the_first_ballot() -> None:
    verification = Verification[float](slowly, 2, 1)
    try:
        assert len(verification._pool._processes) == 2
    finally:
        verification.close()


def test_only_so_many_wait() -> None:
    async def run() -> list[object]:
        verification = Verification[float](slowly, 1, 1)
        try:
            return await asyncio.gather(*(verification.verify(0.3) for _ in range(4)), return_exceptions=True)
        finally:
            verification.close()

    with ThreadPoolExecutor(1) as thread:  # in the main thread a browser's loop may be running
        outcomes = thread.submit(asyncio.run, run()).result()
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), BusyError, BusyError]
