"""Servers as processes of their own, started as the console script starts them; ended or killed by their process id."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from e2evote.web.serving import listen
from tests.builders import TOY

PROGRAM = (sys.executable, "-c", "from e2evote.cli import main; main()")
PATIENCE = 60
"""Seconds in which a server has to begin or to end."""


class Server:
    """A running program of ``e2evote board``, or of another group."""

    GROUP: tuple[str, ...] = ("board",)

    def __init__(self, *arguments: object, port: int = 0) -> None:
        """Start it, and wait until it answers."""
        command = [*PROGRAM, *self.GROUP, *map(str, arguments), "--port", str(port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        address = self.process.stdout.readline().strip()
        if not address.startswith(("http://127.0.0.1:", "https://127.0.0.1:")):
            raise AssertionError(self.end())
        self.port = int(address.rpartition(":")[2])
        self._wait()

    @classmethod
    def board(cls, folder: Path, *arguments: object, port: int = 0, jobs: int = 0, interval: float = 0.1) -> Self:
        """Serve a board of the toy group."""
        return cls(
            "serve", folder, "--insecure-parameters", TOY, "--jobs", jobs, "--interval", interval, *arguments, port=port
        )

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(self.end())
            with suppress(OSError):
                self.get("/checkpoint")
                return
            time.sleep(0.02)
        raise AssertionError("the server does not answer")

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask for a resource."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill it as a power cut does."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def interrupt(self) -> str:
        """Press Ctrl-C, which all its processes see, and return what it wrote to standard error."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self._ended()

    def end(self) -> str:
        """Stop it as an operator does, and return what it wrote to standard error."""
        self.process.terminate()
        return self._ended()

    def _ended(self) -> str:
        try:
            return self.process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()


@contextmanager
def in_a_thread(application: ASGIApp) -> Iterator[str]:
    """Serve an application from this process, so that a test can reach into it; yields its address."""
    with listen("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", ws="none", http="h11"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            until = time.monotonic() + PATIENCE
            while not server.started and time.monotonic() < until:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def post(connection: http.client.HTTPConnection, path: str, token: str, body: bytes) -> tuple[int, bytes]:
    """Submit something on a connection that is kept."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def status_body(code: str, status: str, secret: str) -> bytes:
    """The body that submits a status."""
    return json.dumps({"confirmation_code": code, "status": status, "secret": secret}).encode()
