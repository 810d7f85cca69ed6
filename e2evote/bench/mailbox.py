"""The codes that voters are sent, taken from the outbox's files as they appear."""

import re
import threading
from collections import defaultdict
from pathlib import Path
from queue import Empty, Queue
from typing import Self

from e2evote.encoding import strict_json

_CODE = re.compile(r"\b[0-9]{6}\b")
_INTERVAL = 0.02


class Mailbox:
    """Reads messages in a thread, and hands each code to whoever waits for it; ``with`` ends it."""

    def __init__(self, outbox: Path) -> None:
        """Start."""
        self._outbox, self._ended = outbox, threading.Event()
        self._codes: defaultdict[str, Queue[str]] = defaultdict(Queue)
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)
        self._thread.start()

    def take(self, place: str, patience: float) -> str:
        """Return the next code that is sent to a place.

        Raises:
            TimeoutError: none comes.
        """
        try:
            return self._codes[place].get(timeout=patience)
        except Empty:
            raise TimeoutError from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_INTERVAL):
            for file in sorted(self._outbox.glob("[0-9]*.json")):
                message = strict_json(file.read_bytes(), file.name)
                file.unlink()
                self._codes[message["to"]].put(_CODE.findall(message["text"])[-1])
