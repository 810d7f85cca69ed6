"""Which objects the entries of an election name."""

from collections.abc import Iterator

from e2evote.errors import ParseError
from e2evote.record.entries import BallotEntry, FileEntry, OpenedEntry, RecordedEntry, parse_entry


def named(data: bytes) -> Iterator[bytes]:
    """Yield the SHA-256 of the object that belongs to an entry; what is no entry of an election names none."""
    try:
        entry = parse_entry(data, "entry")
    except ParseError:
        return
    if isinstance(entry, FileEntry | BallotEntry | RecordedEntry | OpenedEntry):
        yield entry.sha256
