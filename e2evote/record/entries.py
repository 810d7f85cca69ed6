"""What an election writes into its bulletin board: short canonical objects, each of which commits to something larger.

An entry is the JSON of one of these types without a line end. ``docs/formats/board.md`` says what each stands for, and
which must come before which.
"""

import hashlib
import re
from typing import Annotated, Literal, TypeAlias

from pydantic import StringConstraints

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.record.ballot import Status, Timestamp
from e2evote.record.codec import Hash, Index, RecordModel, parse

ENTRY_LIMIT = 2**16 - 1
"""Bytes of the largest entry that a log of tiles can hold."""

Path = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class FileEntry(RecordModel):
    """A whole file of the record, as it is published."""

    kind: Literal["file"] = "file"
    time: Timestamp
    path: Path
    sha256: Hash


class BallotEntry(RecordModel):
    """A ballot: the SHA-256 of its canonical JSON, and what the voter's page will decide by.

    The commitments, both or neither, are hashes of two secrets: who shows one decides what becomes of the ballot.
    """

    kind: Literal["ballot"] = "ballot"
    time: Timestamp
    device: Index
    position: Index
    confirmation_code: Hash
    sha256: Hash
    cast_commitment: Hash | None = None
    challenge_commitment: Hash | None = None


class StatusEntry(RecordModel):
    """What became of a ballot, with the secret that allows it where the ballot has commitments."""

    kind: Literal["status"] = "status"
    time: Timestamp
    confirmation_code: Hash
    status: Status
    secret: Hash | None = None


class RecordedEntry(RecordModel):
    """What was recorded of a cast pre-encrypted ballot."""

    kind: Literal["recorded"] = "recorded"
    time: Timestamp
    confirmation_code: Hash
    sha256: Hash


class OpenedEntry(RecordModel):
    """A challenged or an uncast ballot, opened."""

    kind: Literal["opened"] = "opened"
    time: Timestamp
    confirmation_code: Hash
    sha256: Hash


class EndEntry(RecordModel):
    """The end of the election: nothing follows."""

    kind: Literal["end"] = "end"
    time: Timestamp


Entry: TypeAlias = FileEntry | BallotEntry | StatusEntry | RecordedEntry | OpenedEntry | EndEntry
KINDS: dict[str, type[Entry]] = {
    "file": FileEntry,
    "ballot": BallotEntry,
    "status": StatusEntry,
    "recorded": RecordedEntry,
    "opened": OpenedEntry,
    "end": EndEntry,
}


_KIND = re.compile(rb'\{"kind":"([a-z]{1,20})"')


def parse_entry(data: bytes, where: str) -> Entry:
    """Return the entry that ``data`` is the canonical JSON of.

    Raises:
        ParseError: naming the field; also a kind that is not known.
    """
    if len(data) > ENTRY_LIMIT:
        raise ParseError(where, f"longer than {ENTRY_LIMIT} bytes")
    match = _KIND.match(data)
    kind = KINDS.get(match[1].decode()) if match else None
    if kind is None:
        strict_json(data, where)
        raise ParseError(where, f"expected an object that begins with the kind, one of {', '.join(KINDS)}", "kind")
    return parse(kind, data, where)


def commitment(secret: bytes) -> bytes:
    """Return the hash by which a ballot's entry commits to a secret of 32 bytes."""
    return hashlib.sha256(secret).digest()
