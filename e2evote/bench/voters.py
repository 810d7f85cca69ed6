"""A voter who casts a ballot by the interface of the booth's page, and what is noted of the server's answers."""

import http.client
import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from e2evote.bench.booth_election import Ballot
from e2evote.bench.calls import MESSAGE, STEPS
from e2evote.bench.mailbox import Mailbox
from e2evote.board.notes import VerifierKey
from e2evote.election.receipts import Receipt, verify_receipt
from e2evote.election.signin.robots import work_done
from e2evote.errors import E2EVoteError

PATIENCE = 120
"""Seconds after which a voter gives up who still has no answer, or no code."""
_KEPT = 15
"""Seconds for which a connection is used again; servers close idle ones after some more."""
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class FailedError(Exception):
    """A vote was not cast: the call, and why."""


@dataclass
class Notes:
    """What happened to all voters: seconds until each answer, what was asked again, what failed.

    ``receipts`` has those of each ballot's entry and of its casting, by confirmation code;
    ``casts`` when, by the clock of ``perf_counter``; ``most`` were inside at once.
    """

    answers: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    again: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    receipts: dict[str, tuple[Receipt, Receipt]] = field(default_factory=dict)
    casts: list[float] = field(default_factory=list)
    most: int = 0
    _inside: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ask_again(self, call: str, why: str) -> None:
        """Count what has to be asked once more."""
        with self._lock:
            self.again[f"{call}: {why}"] += 1

    def fail(self, why: str) -> None:
        """Count a vote that was not cast."""
        with self._lock:
            self.failures[why] += 1

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count a voter who is in the booth while the block runs."""
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where one votes: the server's port, the outbox, the keys of receipts; and where it is noted."""

    port: int
    mailbox: Mailbox
    keys: Collection[VerifierKey]
    notes: Notes


class Voter:
    """One voter with a browser of their own."""

    def __init__(self, place: Place, ballot: Ballot, pause: Callable[[int], None]) -> None:
        """Take where, what, and what is waited for before a call."""
        self._place, self._ballot, self._pause = place, ballot, pause
        self._connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
        self._cookie, self._used = "", 0.0

    def vote(self) -> None:
        """Go the whole way, from the first look at the page to the receipt of the cast ballot.

        Raises:
            FailedError: it ended before.
        """
        try:
            self._sign_in()
            self._vote()
        finally:
            self._connection.close()

    def _sign_in(self) -> None:
        ballot = self._ballot
        _expect(not self._call("turn")["session"], "turn: signed in already")
        question = self._call("question", {})
        token, text = question["token"], answer_to(question["texts"]["en"])
        work = next(str(n) for n in count() if work_done(token, str(n)) >= question["work_bits"])
        sent = self._call(
            "sign-in", {"fields": ballot.identity, "answer": {"token": token, "text": text, "work": work}}
        )
        _expect(self._call("enter", {"token": sent["token"], "code": self._code()})["session"], "enter: no session")

    def _vote(self) -> None:
        ballot = self._ballot
        self._call("begin", {})
        committed = self._receipt(self._call("commit", ballot.commit))
        sent = self._call("code", {"confirmation_code": ballot.code})
        cast = {"confirmation_code": ballot.code, "secret": ballot.secret, "token": sent["token"], "code": self._code()}
        receipt = self._receipt(self._call("cast", cast))
        self._place.notes.receipts[ballot.code] = committed, receipt
        self._place.notes.casts.append(time.perf_counter())

    def _receipt(self, answer: dict[str, Any]) -> Receipt:
        try:
            return verify_receipt(answer["receipt"].encode(), self._place.keys)
        except E2EVoteError as error:
            raise FailedError(f"receipt: {error}") from None

    def _code(self) -> str:
        start = time.perf_counter()
        try:
            code = self._place.mailbox.take(self._ballot.mobile, PATIENCE)
        except TimeoutError:
            raise FailedError("no code came") from None
        self._place.notes.answers[MESSAGE].append(time.perf_counter() - start)
        return code

    def _call(self, name: str, body: dict[str, Any] | bytes | None = None) -> dict[str, Any]:
        """Call until there is an answer, as the page lets its voter do: again after the time that the server says.

        Raises:
            FailedError: it is a refusal, or it takes too long.
        """
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        self._pause(STEPS.index(name))
        start = time.perf_counter()
        while True:
            status, answer = self._ask(name, data)
            now = time.perf_counter()
            if status == 200:
                self._place.notes.answers[name].append(now - start)
                return answer
            why = f"{status} {answer.get('error', '')}".strip() if status else "no answer"
            if (0 < status < 500 and answer.get("error") != "not-on-board") or now - start > PATIENCE:
                raise FailedError(f"{name}: {why}")
            self._place.notes.ask_again(name, why)
            time.sleep(max(1, answer.get("wait", 0)))

    def _ask(self, name: str, data: bytes | None) -> tuple[int, dict[str, Any]]:
        """Return status and content of an answer, the status 0 where there is none."""
        headers = {"Content-Type": "application/json", "X-E2EVote": "1", "Cookie": self._cookie}
        if time.monotonic() - self._used > _KEPT:
            self._connection.close()  # the next request opens another
        try:
            self._connection.request("GET" if data is None else "POST", f"/vote/api/{name}?lang=en", data, headers)
            answer = self._connection.getresponse()
            content = json.loads(answer.read())
        except (http.client.HTTPException, OSError, ValueError):
            self._connection.close()
            return 0, {}
        self._used = time.monotonic()
        cookie = answer.headers.get("Set-Cookie", "")
        if cookie:
            self._cookie = cookie.partition(";")[0]
        return answer.status, content


def answer_to(question: str) -> str:
    """Return the answer to the booth's question in English, as somebody who reads it would."""
    first, second = (_NUMBERS.index(word) for word in re.findall(r"[a-z]+", question) if word in _NUMBERS)
    if "plus" in question:
        return str(first + second)
    return str(first - second) if "minus" in question else str(max(first, second))


def _expect(right: bool, why: str) -> None:
    if not right:
        raise FailedError(why)
