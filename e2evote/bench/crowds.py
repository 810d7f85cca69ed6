"""Many voters at once, in threads of this process, and when each makes its calls."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from e2evote.bench.booth_election import Ballot
from e2evote.bench.calls import STEPS
from e2evote.bench.voters import FailedError, Place, Voter

_LOOK = 0.2
"""Seconds between two looks at how far it is."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many voters are in the booth at once, and how many a second come; None: all are in a rush.

    At a rate each voter has voters / rate seconds, over which the calls of their page are spread: evenly, but for some
    chance. So the booth is full, and calls come at their time whether those of others have been answered or not.
    """

    voters: int
    rate: float | None = None

    def due(self, number: int, step: int) -> float:
        """Return when a voter, numbered from 0, makes a call, in seconds since the beginning."""
        if self.rate is None:
            return 0.0
        chance = secrets.randbelow(1000) / 1000
        return (number + (step + chance) * self.voters / len(STEPS)) / self.rate

    def vote(self, place: Place, ballots: Sequence[Ballot], watch: Callable[[int], None]) -> float:
        """Have every ballot cast, and return how many were a second: in a rush from its beginning, else from the first.

        What happened is in the notes of the place.
        """
        start = time.perf_counter()
        threads = [
            threading.Thread(target=self._share, args=(place, ballots, first, start), daemon=True)
            for first in range(self.voters)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                watch(len(place.notes.receipts))
                thread.join(_LOOK)
        first, *others = [start, *sorted(place.notes.casts)][0 if self.rate is None else 1 :] or [start]
        return len(others) / (others[-1] - first) if others else 0.0

    def _share(self, place: Place, ballots: Sequence[Ballot], first: int, start: float) -> None:
        """Be one voter after the other."""
        for number in range(first, len(ballots), self.voters):

            def pause(step: int, number: int = number) -> None:
                time.sleep(max(0.0, start + self.due(number, step) - time.perf_counter()))

            with place.notes.inside():
                try:
                    Voter(place, ballots[number], pause).vote()
                except FailedError as error:
                    place.notes.fail(str(error))
