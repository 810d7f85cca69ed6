"""A booth's server as a process of its own, which does as it is told: honest, dishonest, or broken.

    python -m tests.election.booth_server FOLDER

It prints its port, and reads ``FOLDER/tricks.json`` for every question: what to do for a path. The files lie in
``FOLDER/files``.
"""

import gzip
import json
import socket
import sys
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Booth(BaseHTTPRequestHandler):
    """Answers with the file, unless there is a trick for its path."""

    root: Path

    def do_GET(self) -> None:
        trick = json.loads((self.root / "tricks.json").read_text()).get(self.path, {})
        with (self.root / "asked.ndjson").open("a") as asked:
            asked.write(json.dumps({"path": self.path, **dict(self.headers)}) + "\n")
        if trick.get("for", "") not in self.headers["User-Agent"]:
            trick = {}
        path = self.root / "files" / self.path[1:]
        if not path.is_file() and "status" not in trick:
            trick = {"status": 404}
        if "status" in trick:
            self.send_response(trick["status"])
            for name, value in trick.get("headers", {}).items():
                self.send_header(name, value)
            self.end_headers()
            return
        data = trick["data"].encode() if "data" in trick else path.read_bytes()
        self.answer(data * trick.get("times", 1), trick)

    def answer(self, data: bytes, trick: dict[str, Any]) -> None:
        coding = trick.get("coding")
        packed = {"gzip": gzip.compress, "deflate": zlib.compress, None: bytes}[coding](data)
        if trick.get("broken"):
            packed = packed[:10] + b"?" + packed[11:]
        if "drip" in trick:
            self.drip(packed, trick)
            return
        self.send_response(200)
        if coding:
            self.send_header("Content-Encoding", coding)
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed[: -1 if trick.get("short") else None])

    def drip(self, data: bytes, trick: dict[str, Any]) -> None:
        """Send a byte now and then: all of the answer, or its content only; with or without its length."""
        head = b"HTTP/1.0 200 OK\r\n"
        if trick.get("length"):
            head += b"Content-Length: %d\r\n" % len(data)
        slow = data
        if trick["drip"] == "head":
            slow = head + b"\r\n" + data
        else:
            self.wfile.write(head + b"\r\n")
        for number in range(len(slow)):
            try:
                self.wfile.write(slow[number : number + 1])
            except OSError:
                return
            time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Ends without waiting for slow answers."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of those who hang up."""


if __name__ == "__main__":
    Booth.root = Path(sys.argv[1])
    with Server(("127.0.0.1", 0), Booth) as server:
        assert server.socket.family == socket.AF_INET
        print(server.server_port, flush=True)
        server.serve_forever()
