"""Receipts: the board's signed promise that an entry stands in its log, at this index, from a deadline on.

A receipt is a signed note by the log's key. Its text has five lines: ``e2evote-receipt/v1``, the board's origin, the
entry's index, the deadline, and the entry itself. It cannot be taken for a checkpoint, whose second line is a number.
The deadline follows from the entry's own time, so that an entry that is asked for again gets the same receipt, byte for
byte.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from e2evote.board import notes
from e2evote.board.lines import parse_decimal
from e2evote.board.notes import Note, VerifierKey
from e2evote.election.acceptance import Accepted
from e2evote.election.ports import KeptBoard
from e2evote.election.times import seconds_of, time_of
from e2evote.errors import ParseError, VerificationError
from e2evote.record.entries import Entry, parse_entry

HEADER = "e2evote-receipt/v1"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a board promised; ``parse`` and ``str`` are the text of the note."""

    origin: str
    index: int
    deadline: str
    entry: bytes

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read the text of a receipt's note.

        Raises:
            ParseError: not the five lines.
        """
        where, lines = "receipt", text.split("\n")
        if len(lines) != 6 or lines[5] or lines[0] != HEADER:
            raise ParseError(where, f"expected five lines, the first of them {HEADER!r}")
        _, origin, index, deadline, entry, _ = lines
        if not origin or not _is_time(deadline):
            raise ParseError(where, "expected an origin, an index and a time")
        parse_entry(entry.encode(), f"{where}: entry")
        return cls(origin, parse_decimal(index, where, "index"), deadline, entry.encode())

    def __str__(self) -> str:
        """Return the five lines."""
        return f"{HEADER}\n{self.origin}\n{self.index}\n{self.deadline}\n{self.entry.decode()}\n"

    @property
    def due(self) -> int:
        """The deadline in seconds since 1970."""
        return seconds_of(self.deadline)

    @property
    def content(self) -> Entry:
        """The entry as what it is."""
        return parse_entry(self.entry, "receipt: entry")


def receipt(board: KeptBoard, accepted: Accepted) -> bytes:
    """Return the receipt for an entry, which must be durable on the board by now."""
    time = parse_entry(accepted.entry, "entry").time
    deadline = time_of(seconds_of(time) + board.merge_delay)
    return board.sign_note(str(Receipt(board.origin, accepted.index, deadline, accepted.entry))).encode()


def verify_receipt(data: bytes, keys: Collection[VerifierKey]) -> Receipt:
    """Return a receipt that one of the logs' keys has signed, one with the name of its origin.

    Raises:
        ParseError: it is no receipt.
        VerificationError: no such key has signed it, or a signature by one does not hold.
    """
    note = Note.parse(data)
    found = Receipt.parse(note.text)
    own = [key for key in keys if key.name == found.origin]
    if not own:
        raise VerificationError(f"receipt: it is of the board {found.origin}, whose key is not the one expected")
    notes.verify(note, own)
    return found


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) is not None
    except ValueError:
        return False
