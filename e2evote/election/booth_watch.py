"""Watching a booth: what it serves is held against the newest list on the board, and each list against the one before.

An altered file is a reason to act at once, and no proof to others: a web server signs nothing. So what was served is
kept, together with the question that was answered so, and others can ask the same.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from e2evote.election.alarms import Alarm, Watch
from e2evote.election.booth_files import FILE_LIMIT, differences, in_words
from e2evote.election.times import seconds_of, time_of
from e2evote.encoding import canonical_json, hex_of
from e2evote.errors import ParseError, StorageError
from e2evote.record.booth import BoothFiles
from e2evote.record.codec import parse

BROWSERS = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.6 Mobile/15E148 Safari/604.1"
    ),
)
"""What common browsers call themselves."""

UPDATE = 900
"""For how many seconds after a new list the files of the one before are as good: a server is changed after it."""

_BUSY = (408, 429)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a booth answered; ``data`` is the content unpacked, of an answer that is not 200 nothing."""

    url: str
    sent: Mapping[str, str]
    status: int
    received: tuple[tuple[str, str], ...]
    data: bytes


class Booth(Protocol):
    """Where a booth is served."""

    def get(self, path: str, agent: str, limit: int) -> Answer:
        """Ask for a file as a browser of this name, and read so many bytes and one more.

        Raises:
            StorageError: there is no answer, or it does not come in time.
        """


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of a booth's files on a board, with its path, its entry's index and its time in seconds since 1970."""

    path: str
    index: int
    time: int
    sha256: bytes
    files: BoothFiles


@dataclass(frozen=True, slots=True)
class Found:
    """An alarm about a file that is served, and the files that are its evidence."""

    alarm: Alarm
    path: str
    evidence: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Unread:
    """Files could not be asked for, so that nothing is known of them."""

    message: str


def lists_of(watch: Watch, get: Callable[[bytes], bytes | None]) -> tuple[list[Listed], list[Alarm]]:
    """Return the lists on a board in order, and an alarm for each that is none.

    Args:
        watch: what went through the board's entries.
        get: returns an object by its SHA-256, None where it is missing, which is an alarm of its own.
    """
    lists, alarms = [], []
    for index, entry in watch.standing.booth:
        data = get(entry.sha256)
        if data is None:
            continue
        try:
            files = parse(BoothFiles, data.removesuffix(b"\n"), entry.path)
        except ParseError as error:
            alarms.append(Alarm(kind="file", about=entry.path, message=f"entry {index}: {error}", index=index))
        else:
            lists.append(Listed(entry.path, index, seconds_of(entry.time), entry.sha256, files))
    return lists, alarms


def replaced(lists: Sequence[Listed], watch: Watch, name: Callable[[bytes], str]) -> Iterator[Alarm]:
    """Yield an alarm for each list that took the place of another after voters' pages had handed in ballots.

    Args:
        lists: in order.
        watch: what went through the board's entries.
        name: tells where the object with this SHA-256 is kept.
    """
    for before, after in pairwise(lists):
        if watch.first_page is None or after.index < watch.first_page:
            continue
        message = (
            f"entry {after.index}: at {time_of(after.time)} {after.path} took the place of {before.path}, after a "
            f"ballot had come from a voter's page: {in_words(differences(before.files, after.files))}"
        )
        evidence = (name(before.sha256), name(after.sha256))
        yield Alarm(
            kind="booth-files-replaced", about=after.path, message=message, index=after.index, evidence=evidence
        )


class BoothWatch:
    """Asks a booth for every file of the newest list; each time as another browser, and in another order."""

    def __init__(self, booth: Booth, agents: Sequence[str] = BROWSERS, seconds: float = 300.0) -> None:
        """Take the booth, what to call oneself, and how long one look may take; what is left then counts as unread."""
        self._booth, self._agents, self._seconds = booth, agents, seconds

    def look(self, lists: Sequence[Listed], now: int) -> Iterator[Found | Unread]:
        """Yield every file that is another, or not there; at last, what could not be read.

        Args:
            lists: those on the board in order, at least one.
            now: seconds since 1970.
        """
        agent, end = secrets.choice(self._agents), time.monotonic() + self._seconds
        allowed, unread = _allowed(lists, now), list[str]()
        paths = list(allowed)
        secrets.SystemRandom().shuffle(paths)
        for path in paths:
            if time.monotonic() > end:
                unread.append(f"{path}: not asked for, since {self._seconds:g} seconds were over")
                continue
            try:
                answer = self._booth.get(path, agent, FILE_LIMIT)
            except StorageError as error:
                unread.append(str(error))
                continue
            if answer.status >= 500 or answer.status in _BUSY:
                unread.append(f"{answer.url}: the server answers {answer.status}")
            elif (found := _judge(path, allowed[path], answer, lists[-1], agent, now)) is not None:
                yield found
        if unread:
            more = f"; {len(unread) - 1} more files of the booth likewise" if len(unread) > 1 else ""
            yield Unread(f"{unread[0]}{more}")


def _allowed(lists: Sequence[Listed], now: int) -> dict[str, set[bytes | None]]:
    """Return by path the hashes that are no alarm; None stands for a file that may not be there yet."""
    newest = lists[-1]
    allowed: dict[str, set[bytes | None]] = {file.path: {file.sha256} for file in newest.files.files}
    if len(lists) > 1 and now < newest.time + UPDATE:
        before = {file.path: file.sha256 for file in lists[-2].files.files}
        for path, hashes in allowed.items():
            hashes.add(before.get(path))
    return allowed


def _judge(path: str, allowed: set[bytes | None], answer: Answer, newest: Listed, agent: str, now: int) -> Found | None:
    if answer.status != 200:
        return None if answer.status == 404 and None in allowed else _missing(path, answer, agent)
    sha256 = hashlib.sha256(answer.data).digest()
    if sha256 in allowed:
        return None
    expected = next(file.sha256 for file in newest.files.files if file.path == path)
    size = f"more than {FILE_LIMIT}" if len(answer.data) > FILE_LIMIT else str(len(answer.data))
    message = (
        f"{answer.url} has {size} bytes with the SHA-256 {hex_of(sha256)} instead of {hex_of(expected)}, which "
        f"{newest.path} on the board has; asked as {agent!a}"
    )
    question = {
        "url": answer.url, "time": time_of(now), "sent": dict(answer.sent), "status": answer.status,
        "received": [list(header) for header in answer.received], "sha256": hex_of(sha256),
        "expected": hex_of(expected), "list": newest.path,
    }  # fmt: skip
    name = f"evidence/booth-{hashlib.sha256(path.encode() + b' ' + sha256).hexdigest()[:16]}"
    about = f"{path} {hex_of(sha256)[:16]}"
    alarm = Alarm(kind="booth-file-changed", about=about, message=message, evidence=(name, f"{name}.json"))
    return Found(alarm, path, {name: answer.data, f"{name}.json": canonical_json(question)})


def _missing(path: str, answer: Answer, agent: str) -> Found:
    target = next((value for key, value in answer.received if key.lower() == "location"), "")
    where = f" and sends on to {target!a}" if target else ""
    message = f"{answer.url} is not there: the server answers {answer.status}{where}; asked as {agent!a}"
    return Found(Alarm(kind="booth-file-missing", about=path, message=message), path, {})
