"""A station's way to the election's server: one signed POST a call, over HTTPS, or on this machine."""

import json
import time
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3

from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.election.stations.wire import signed_headers
from e2evote.encoding import canonical_json, strict_json
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.messages.signing import SecretSigningKey

PATH = "/stations/api/"
SECONDS = 20.0
_ANSWER = 2**26
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class CutOffError(StorageError):
    """The server does not answer, or cannot now; the same may be asked again."""


class Central(Protocol):
    """The election's server, as a station sees it."""

    def ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask, and return the answer.

        Raises:
            CutOffError: there is none now.
            NoPermitError: somebody may not vote here.
            CheckError: it refuses what was asked.
        """


class Link:
    """The server at a URL."""

    def __init__(
        self,
        url: str,
        device: int,
        h_e: bytes,
        key: SecretSigningKey,
        clock: Callable[[], float] = time.time,
        seconds: float = SECONDS,
    ) -> None:
        """Take where the server is, and who asks.

        Raises:
            CheckError: neither https:// nor this machine.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise CheckError(f"{url!a}: expected https://; http:// is for this machine only")
        self.url, self._device, self._h_e, self._key, self._clock = url.rstrip("/"), device, h_e, key, clock
        timeout = urllib3.Timeout(connect=5.0, read=seconds)
        self._http = urllib3.PoolManager(timeout=timeout, retries=False)

    def ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask, and return the answer."""
        path, data = PATH + call, canonical_json(body)
        headers = signed_headers(self._key, self._h_e, self._device, int(self._clock()), path, data)
        headers["Content-Type"] = "application/json"
        try:
            answer = self._http.request("POST", self.url + path, body=data, headers=headers, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise CutOffError(f"{self.url} does not answer ({type(error).__name__})") from None
        return _judged(answer.status, answer.data, self.url)


def _judged(status: int, data: bytes, url: str) -> dict[str, Any]:
    try:
        found = strict_json(data[:_ANSWER], "answer")
    except ParseError:
        found = None
    if not isinstance(found, dict) or status >= 500 or status in (404, 429):
        raise CutOffError(f"{url} cannot answer now (status {status})")
    if status == 200:
        return found
    reason, problem = found.get("answer"), str(found.get("error", ""))[:500]
    if reason in list(Answer):
        raise NoPermitError(Answer(reason), str(found.get("field", ""))[:50])
    raise CheckError(problem or f"the server refuses it: {json.dumps(found)[:200]}")
