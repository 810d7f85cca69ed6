"""How many ballots there are and what became of them, counted as they come: each entry of the log is read once."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from e2evote.election.ports import Readable
from e2evote.record.entries import BallotEntry, Entry, StatusEntry, parse_entry

STATUSES = ("cast", "challenged", "spoiled", "uncast")


@dataclass(frozen=True, slots=True)
class Count:
    """Ballots of a device, or of all; ``by_status`` has every status, zeros included."""

    received: int
    by_status: Mapping[str, int]

    @property
    def undecided(self) -> int:
        """How many have no status yet."""
        return self.received - sum(self.by_status.values())


NONE = Count(0, dict.fromkeys(STATUSES, 0))


@dataclass(frozen=True, slots=True)
class Turnout:
    """All ballots, and those of each device by its number, after so many entries of the log."""

    entries: int
    all: Count
    devices: Mapping[int, Count]


class Counting:
    """A count that goes on where it was. Threads may share it; it remembers the ballots that have no status only."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self._lock = threading.Lock()
        self._entries = 0
        self._device_of: dict[bytes, int] = {}
        self._received, self._decided = Counter[int](), Counter[tuple[int, str]]()

    def turnout(self, view: Readable) -> Turnout:
        """Count what is new, and return the sum.

        Raises:
            ParseError, StorageError: an entry is not what a board stores.
        """
        with self._lock:
            if view.size > self._entries:
                for index, data in enumerate(view.entries(self._entries, view.size), self._entries):
                    self._take(parse_entry(data, f"entry {index}"))
                    self._entries += 1
            devices = {device: self._count(device) for device in sorted(self._received)}
            statuses = {status: sum(count.by_status[status] for count in devices.values()) for status in STATUSES}
            return Turnout(self._entries, Count(self._received.total(), statuses), devices)

    def _take(self, entry: Entry) -> None:
        if isinstance(entry, BallotEntry):
            self._received[entry.device] += 1
            self._device_of[entry.confirmation_code] = entry.device
        elif isinstance(entry, StatusEntry):
            device = self._device_of.pop(entry.confirmation_code, None)
            if device is not None:  # a second status would change nothing
                self._decided[device, entry.status] += 1

    def _count(self, device: int) -> Count:
        return Count(self._received[device], {status: self._decided[device, status] for status in STATUSES})
