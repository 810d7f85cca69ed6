"""What reaches witnesses, and what is logged of those that fail: once when it begins, once when it is over."""

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from e2evote.board.notes import KeyKind, SigningKey
from e2evote.board.policy import Witness
from e2evote.web.witness_client import UnreachableError, WitnessClient

KEY = SigningKey.generate("w.example", KeyKind.COSIGNATURE).verifier


class Odd(BaseHTTPRequestHandler):
    """Answers as it is told to."""

    status, location, size = 200, "", 10

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.status)
        self.send_header("Location", self.location)
        self.send_header("Content-Length", str(self.size))
        self.end_headers()
        self.wfile.write(b"x" * self.size)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def witness(server: HTTPServer) -> Witness:
    return Witness("w", KEY, f"http://127.0.0.1:{server.server_port}/under/")


@pytest.fixture
def client() -> Iterator[WitnessClient]:
    client = WitnessClient(seconds=2, rest=60)
    yield client
    client.close()


def test_a_refusal_is_logged_once(
    client: WitnessClient, witness: Witness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for status in (422, 422, 422, 409, 200, 200):
        monkeypatch.setattr(Odd, "status", status)
        assert client.ask(witness, b"body").status == status
        if status == 422:
            client.problem("w", "it refuses")
    assert [record.getMessage() for record in caplog.records] == [
        "witness w has not cosigned: it refuses",
        "witness w cosigns again",
    ]


def test_no_answer_leads_elsewhere_or_fills_the_memory(
    client: WitnessClient, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "status", 302)
    monkeypatch.setattr(Odd, "location", "http://127.0.0.1:9/")
    assert client.ask(witness, b"body").status == 302
    monkeypatch.setattr(Odd, "size", 2**21)
    assert len(client.ask(witness, b"body").body) < 2**20


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9", "ftp://127.0.0.1", "nonsense", "http://[", "http://\0"])
def test_a_witness_that_is_not_there_is_left_alone(client: WitnessClient, url: str | None) -> None:
    for _ in range(2):
        with pytest.raises(UnreachableError):
            client.ask(Witness("w", KEY, url), b"body")
