"""A log's side of the witness protocol over HTTP: ask the witnesses of a policy for their cosignatures, all at once.

A witness that does not answer in time, or refuses, is one that has not cosigned; why is logged when it changes. After a
failure a witness is left alone for a while, so that a dead one does not hold up every checkpoint.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import urllib3

from e2evote.board import witness as protocol
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note, Signature
from e2evote.board.policy import Policy, Witness
from e2evote.board.witness import Answer, Conflict, Request
from e2evote.errors import CheckError, E2EVoteError

LOG = logging.getLogger("e2evote.web")

SECONDS = 5.0
"""In which a witness has to answer."""
REST = 15.0
"""Seconds in which a witness that failed is not asked again."""
_TRIES = 3

Prove = Callable[[int], Sequence[bytes]]
"""From an old size to the consistency proof up to the checkpoint."""


class WitnessClient:
    """Asks the witnesses of a policy that have a URL. One thread at a time asks; what it has learnt stays."""

    def __init__(self, policy: Policy, seconds: float = SECONDS, rest: float = REST) -> None:
        """Take the policy, the seconds in which a witness has to answer, and those in which one that failed is left alone."""
        self._witnesses = [witness for witness in policy.witnesses.values() if witness.url]
        self._rest = rest
        self._http = urllib3.PoolManager(
            maxsize=1, timeout=urllib3.Timeout(connect=seconds, read=seconds), retries=False
        )
        self._threads = ThreadPoolExecutor(max(len(self._witnesses), 1), thread_name_prefix="witness")
        self._proving = Lock()
        self._sizes: dict[str, int] = {}
        self._resting: dict[str, float] = {}

    def ask(self, note: Note, prove: Prove) -> list[Signature]:
        """Return the cosignatures that witnesses give to a checkpoint.

        Args:
            note: the checkpoint, signed by its log.
            prove: returns the consistency proof from an old size to the checkpoint; called by one thread at a time.
        """
        now = time.monotonic()
        asked = [witness for witness in self._witnesses if self._resting.get(witness.name, now) <= now]
        answers = self._threads.map(lambda witness: self._ask_one(witness, note, prove), asked)
        return [signature for signatures in answers for signature in signatures]

    def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown()
        self._http.clear()

    def _ask_one(self, witness: Witness, note: Note, prove: Prove) -> Sequence[Signature]:
        try:
            signatures = self._cosignatures(witness, note, prove)
        except (E2EVoteError, urllib3.exceptions.HTTPError) as error:
            if witness.name not in self._resting:
                LOG.warning("witness %s has not cosigned: %s", witness.name, error)
            self._resting[witness.name] = time.monotonic() + self._rest
            return ()
        if self._resting.pop(witness.name, None) is not None:
            LOG.warning("witness %s cosigns again", witness.name)
        return signatures

    def _cosignatures(self, witness: Witness, note: Note, prove: Prove) -> Sequence[Signature]:
        size = Checkpoint.parse(note.text).size
        for _ in range(_TRIES):
            old = self._sizes.get(witness.name, 0)
            with self._proving:
                request = Request(old, tuple(prove(old)) if old else (), note)
            answer = protocol.parse_answer(self._post(witness, request.encode()), note, [witness.key])
            if not isinstance(answer, Conflict):
                self._sizes[witness.name] = size
                return answer.signatures
            if answer.size > size:
                raise CheckError(f"it has cosigned a checkpoint of {answer.size} entries already")
            self._sizes[witness.name] = answer.size
        raise CheckError("it names another size each time")

    def _post(self, witness: Witness, body: bytes) -> Answer:
        url = f"{(witness.url or '').rstrip('/')}/{protocol.PATH}"
        headers = {"Content-Type": protocol.TEXT, "User-Agent": "e2evote"}
        response = self._http.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
        try:
            data = response.read(protocol.MAX_ANSWER + 1, decode_content=False)
        finally:
            response.release_conn()
        return Answer(response.status, response.headers.get("Content-Type", ""), data)
