"""How a board's requests reach its witnesses: HTTP, with a time limit.

A witness that failed is left alone for a while, so that one that is down does not hold up every checkpoint. What it
says is judged by ``e2evote.board.publishing``.
"""

import logging
import time
from http import HTTPStatus

import urllib3

from e2evote.board import witness as protocol
from e2evote.board.policy import Witness
from e2evote.board.witness import Answer
from e2evote.errors import StorageError

LOG = logging.getLogger("e2evote.web")

SECONDS = 5.0
"""In which a witness has to answer."""
REST = 15.0
"""Seconds in which a witness that failed is not asked again."""


class UnreachableError(StorageError):
    """A witness did not answer, or is not asked for now."""


class WitnessClient:
    """Asks witnesses; threads may share it. ``ask`` and ``problem`` are what a board publishes with."""

    def __init__(self, seconds: float = SECONDS, rest: float = REST) -> None:
        """Take the seconds in which a witness has to answer, and those in which one that failed is left alone."""
        self._rest = rest
        timeout = urllib3.Timeout(connect=seconds, read=seconds)
        self._http = urllib3.PoolManager(timeout=timeout, retries=False, num_pools=64)
        self._resting: dict[str, float] = {}
        self._problems: dict[str, str] = {}

    def ask(self, witness: Witness, body: bytes) -> Answer:
        """Send a request and return the answer.

        Raises:
            UnreachableError: there is none.
        """
        if witness.url is None or not witness.url.startswith(("http://", "https://")):
            raise UnreachableError("the policy does not say where it is: expected a URL with http:// or https://")
        if self._resting.get(witness.name, 0) > time.monotonic():
            raise UnreachableError(self._problems.get(witness.name, "it failed just now"))
        try:
            answer = self._post(f"{witness.url.rstrip('/')}/{protocol.PATH}", body)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            self._resting[witness.name] = time.monotonic() + self._rest
            raise UnreachableError(f"{witness.url} does not answer: {error}") from None
        if answer.status == HTTPStatus.OK and self._problems.pop(witness.name, None) is not None:
            LOG.warning("witness %s cosigns again", witness.name)
        return answer

    def problem(self, name: str, problem: str) -> None:
        """Log why a witness, by its name in the policy, has not cosigned, when that is new."""
        if self._problems.get(name) != problem:
            LOG.warning("witness %s has not cosigned: %s", name, problem)
        self._problems[name] = problem

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def _post(self, url: str, body: bytes) -> Answer:
        headers = {"Content-Type": protocol.TEXT, "User-Agent": "e2evote", "Accept-Encoding": "identity"}
        response = self._http.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
        try:
            data = response.read(protocol.MAX_ANSWER + 1, decode_content=False)
        finally:
            response.release_conn()
        return Answer(response.status, response.headers.get("Content-Type", ""), data)
