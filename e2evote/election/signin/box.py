"""The election's board as ``voting`` sees it."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from e2evote.election.acceptance import Acceptance
from e2evote.election.ports import Appending
from e2evote.election.signin.desk import Clock
from e2evote.election.signin.voting import Fate
from e2evote.election.streams import OnBoard


class Writer(Protocol):
    """What runs functions under the board's lock, as ``Committer`` does."""

    def submit(self, function: Callable[[Appending], Any]) -> "Future[Any]":
        """Have a function run; the future has its result once that is durable."""


class BoardBox:
    """An election on a board."""

    def __init__(self, acceptance: Acceptance, writer: Writer, clock: Clock) -> None:
        """Take what decides about ballots, what writes them, and the board's clock."""
        self._acceptance, self._writer, self._clock = acceptance, writer, clock

    def fate(self, code: bytes) -> Fate:
        """Return what the board has of a ballot.

        Raises:
            StorageError: the board cannot be read.
        """
        with self._acceptance.reading() as view:
            known = OnBoard(view).ballot(code)
        if known is None:
            return Fate.ABSENT
        return Fate.UNDECIDED if known.status is None else Fate(known.status)

    def spoil(self, code: bytes) -> None:
        """Have a ballot spoiled.

        Raises:
            CheckError: it has another status.
            StorageError: the board cannot be written.
        """
        self._writer.submit(lambda writing: self._acceptance.spoil(writing, code, self._clock())).result()
