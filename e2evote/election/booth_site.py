"""Asking a booth for its files as a browser asks, without trusting it.

Redirections are answers and not followed, an answer has to come in time, and no more of it is read than a booth's file
may have.
"""

import http.client
import socket
import threading
from contextlib import suppress

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from e2evote.election.booth_watch import Answer
from e2evote.errors import ParseError, StorageError

SECONDS = 30.0
"""How long an answer may take, from the first byte that is sent to the last that is read."""

_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_LANGUAGES = "fa-IR,fa;q=0.9,en-US;q=0.8,en;q=0.7"


class Site:
    """A booth at its address; each file is asked for anew, over a connection of its own."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        """Take the address below which the paths of the booth's files lie.

        Raises:
            ParseError: it is no http:// or https:// URL, or has more than a host and a path.
        """
        try:
            parsed = urllib3.util.parse_url(url)
        except urllib3.exceptions.LocationParseError:
            parsed = urllib3.util.Url()
        more = parsed.auth or parsed.query is not None or parsed.fragment is not None
        if parsed.scheme not in ("http", "https") or not parsed.host or more:
            raise ParseError(ascii(url), "expected the booth's address, like https://vote.example")
        self._kind = HTTPSConnection if parsed.scheme == "https" else HTTPConnection
        self._host, self._port = parsed.host.strip("[]"), parsed.port
        self._base, self._seconds = (parsed.path or "").rstrip("/"), seconds
        self.url = url.rstrip("/")

    def get(self, path: str, agent: str, limit: int) -> Answer:
        """Ask for a file.

        Args:
            path: its path in the booth's list.
            agent: what the browser calls itself.
            limit: bytes of the content that are read, and one more where there are more.

        Raises:
            StorageError: there is no answer, it is broken, or it does not come in time.
        """
        connection = self._kind(self._host, self._port, timeout=self._seconds)
        limiter = _Limiter(connection, self._seconds)
        try:
            answer = self._ask(connection, limiter, path, agent, limit)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            late = limiter.late or _is_silence(error)
            why = self._late() if late else f"cannot be read ({type(error).__name__})"
            raise StorageError(f"{self.url}{path}: {why}") from error
        finally:
            limiter.end()
            connection.close()
        if limiter.late:  # where an answer says nothing of its length, hanging up looks like its end
            raise StorageError(f"{self.url}{path}: {self._late()}")
        return answer

    def _ask(self, connection: HTTPConnection, limiter: "_Limiter", path: str, agent: str, limit: int) -> Answer:
        connection.connect()
        limiter.hold(connection.sock)
        sent = _headers(path, agent)
        connection.request("GET", self._base + path, headers=sent, preload_content=False)
        answer, data = connection.getresponse(), bytearray()
        if answer.status == 200:
            while len(data) <= limit and (piece := answer.read1(limit + 1 - len(data), decode_content=True)):
                data += piece
        return Answer(f"{self.url}{path}", sent, answer.status, tuple(answer.headers.items()), bytes(data))

    def _late(self) -> str:
        return f"it took longer than {self._seconds:g} seconds"


def _headers(path: str, agent: str) -> dict[str, str]:
    name = path.rpartition("/")[2]
    accepted = _PAGE if "." not in name or name.endswith(".html") else "*/*"
    return {
        "User-Agent": agent,
        "Accept": accepted,
        "Accept-Language": _LANGUAGES,
        "Accept-Encoding": "gzip, deflate",
    }


def _is_silence(error: Exception) -> bool:
    """Tell whether nothing came for too long; for urllib3 a refused connection is a kind of timeout."""
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError) and not refused


class _Limiter:
    """Hangs up on what takes too long: a server that sends a byte now and then is never silent."""

    def __init__(self, connection: HTTPConnection, seconds: float) -> None:
        """Begin to count."""
        self._connection, self._seconds, self._done = connection, seconds, threading.Event()
        self._socket: socket.socket | None = None
        self.late = False
        threading.Thread(target=self._watch, daemon=True).start()

    def hold(self, connected: socket.socket | None) -> None:
        """Remember the socket: the connection forgets it when the answer begins."""
        self._socket = connected

    def end(self) -> None:
        """Stop counting."""
        self._done.set()

    def _watch(self) -> None:
        wait = self._seconds
        while not self._done.wait(wait):
            self.late, wait = True, 0.2  # again, where the connection was not there yet
            found = self._socket or self._connection.sock
            if found is not None:
                with suppress(OSError):
                    # not the method of encrypted sockets, which is not for a second thread
                    socket.socket.shutdown(found, socket.SHUT_RDWR)
