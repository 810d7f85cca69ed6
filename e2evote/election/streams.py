"""The streams by which an election finds its entries on a board, and what stands there according to them."""

from collections.abc import Mapping
from functools import cached_property

from e2evote.election.order import OPENED, Ballot, device_file
from e2evote.election.ports import Streaming
from e2evote.encoding import hex_of
from e2evote.errors import StorageError
from e2evote.record import layout
from e2evote.record.entries import (
    BallotEntry,
    EndEntry,
    Entry,
    FileEntry,
    OpenedEntry,
    RecordedEntry,
    StatusEntry,
    parse_entry,
)

FILES, DEVICES, CLOSINGS, BOOTH = "files", "devices", "closings", "booth"
BALLOTS, STATUSES, TO_OPEN, OPEN = "ballots", "statuses", "to-open", "opened"


def file_stream(path: str) -> str:
    """Name the stream of a file: one entry."""
    return f"file/{path}"


def device_stream(device: int) -> str:
    """Name the stream of a device's ballots."""
    return f"device/{device}"


def code_stream(code: bytes) -> str:
    """Name the stream of a ballot: its entry, and the later ones about it."""
    return f"code/{hex_of(code)}"


def identifier_stream(id_b: bytes) -> str:
    """Name the stream of a ballot's identifier: one entry."""
    return f"id/{hex_of(id_b)}"


def link_stream(device: int, position: int) -> str:
    """Name the stream of a chained device's ballot by its position: one entry, which the next is chained to."""
    return f"link/{device}/{position}"


def streams_of(entry: Entry) -> list[str]:
    """Return the streams that an entry belongs to; a ballot is in others besides, by what is not in its entry."""
    match entry:
        case FileEntry():
            return [FILES, file_stream(entry.path), *_kind_of(entry.path)]
        case BallotEntry():
            return [BALLOTS, code_stream(entry.confirmation_code), device_stream(entry.device)]
        case StatusEntry():
            return [STATUSES, code_stream(entry.confirmation_code), *([TO_OPEN] if entry.status in OPENED else [])]
        case RecordedEntry():
            return [code_stream(entry.confirmation_code)]
        case OpenedEntry():
            return [OPEN, code_stream(entry.confirmation_code)]
        case EndEntry():
            return []


def _kind_of(path: str) -> list[str]:
    """Return the streams of files that are counted."""
    if layout.booth_number(path) is not None:
        return [BOOTH]
    device = device_file(path)
    return [] if device is None else [{"open": DEVICES, "close": CLOSINGS}[device[1]]]


def entry_at(view: Streaming, index: int) -> Entry:
    """Return an entry of the board's own.

    Raises:
        ParseError: it is none of an election.
    """
    return parse_entry(view.entry(index), f"entry {index}")


def newest(view: Streaming, name: str) -> Entry | None:
    """Return the last entry of a stream."""
    indices = view.stream(name)
    return entry_at(view, indices[-1]) if indices else None


def file_of(view: Streaming, path: str) -> bytes | None:
    """Return a whole file of the record, None where it is not on the board.

    Raises:
        StorageError: its entry is there and it is not.
    """
    entry = newest(view, file_stream(path))
    if not isinstance(entry, FileEntry):
        return None
    data = view.object(entry.sha256)
    if data is None:
        raise StorageError(f"{path}: the file is not where its entry says")
    return data


def history(view: Streaming, code: bytes) -> list[Entry]:
    """Return the entries about a ballot, its own first; none where there is no such ballot."""
    return [entry_at(view, index) for index in view.stream(code_stream(code))]


def files_of(view: Streaming) -> Mapping[str, bytes]:
    """Return the SHA-256 of every whole file by path."""
    entries = (entry_at(view, index) for index in view.stream(FILES))
    return {entry.path: entry.sha256 for entry in entries if isinstance(entry, FileEntry)}


class OnBoard:
    """``order.Before`` by streams: what stands on a board before its next entry.

    Good until something is appended: what was looked up is kept.
    """

    def __init__(self, view: Streaming) -> None:
        """Take a view."""
        self._view = view
        self._ballots: dict[bytes, Ballot | None] = {}

    @cached_property
    def last(self) -> Entry | None:
        """The newest entry."""
        return entry_at(self._view, self._view.size - 1) if self._view.size else None

    @property
    def ended(self) -> bool:
        """Tell whether the election is over."""
        return isinstance(self.last, EndEntry)

    @property
    def undecided(self) -> int:
        """How many ballots have no status."""
        return self._view.length(BALLOTS) - self._view.length(STATUSES)

    @property
    def unopened(self) -> int:
        """How many ballots must still be opened."""
        return self._view.length(TO_OPEN) - self._view.length(OPEN)

    @property
    def devices(self) -> int:
        """How many devices there are."""
        return self._view.length(DEVICES)

    @property
    def open_devices(self) -> int:
        """How many of them are not closed."""
        return self._view.length(DEVICES) - self._view.length(CLOSINGS)

    @property
    def booth_lists(self) -> int:
        """How many lists of a booth's files there are."""
        return self._view.length(BOOTH)

    def has_file(self, path: str) -> bool:
        """Tell whether a file of the record has an entry."""
        return self._view.length(file_stream(path)) > 0

    def is_closed(self, device: int) -> bool:
        """Tell whether a device is closed."""
        return self.has_file(layout.closing_path(device))

    def ballots_of(self, device: int) -> int:
        """Return how many ballots a device has."""
        return self._view.length(device_stream(device))

    def ballot(self, code: bytes) -> Ballot | None:
        """Return the ballot with a confirmation code, with what became of it.

        Raises:
            StorageError: the streams are not those that this room writes.
        """
        if code not in self._ballots:
            self._ballots[code] = self._ballot(code)
        return self._ballots[code]

    def _ballot(self, code: bytes) -> Ballot | None:
        indices = self._view.stream(code_stream(code))
        if not indices:
            return None
        first = entry_at(self._view, indices[0])
        if not isinstance(first, BallotEntry):
            raise StorageError(f"the first entry about ballot {hex_of(code)} is not the ballot's")
        ballot = Ballot.of(indices[0], first)
        for index in indices[1:]:
            entry = entry_at(self._view, index)
            if isinstance(entry, StatusEntry | RecordedEntry | OpenedEntry):
                ballot.follow(entry)
        return ballot
