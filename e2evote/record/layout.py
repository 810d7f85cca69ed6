"""Where each file of a record lies, and how it is read: streamed, nothing trusted.

Reading promises: no path leaves the record, no symbolic link is followed, a line is never longer than ``LINE_LIMIT``,
every object goes through ``codec.parse``, and a file that is read to its end twice was the same both times. What the
objects mean is checked by others.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Literal, TypeVar
from urllib.parse import unquote

from e2evote.errors import ParseError
from e2evote.group.elements import Group
from e2evote.record.ballot import BallotStatus, DeviceClosing, DeviceOpening
from e2evote.record.codec import Hash, RecordModel, Total, parse
from e2evote.record.places import UNREADABLE, Archive
from e2evote.record.places import Directory as Directory
from e2evote.record.places import Files as Files

FORMAT: Literal["e2evote-record"] = "e2evote-record"
FORMAT_VERSION = 1
OBJECT_LIMIT = LINE_LIMIT = 64 * 2**20
"""Bytes of one JSON object, alone or in a line."""

INDEX = "index.json"
MANIFEST = "manifest.json"
PARAMETERS = "parameters.json"
HASHES = "hashes.json"
JOINT_KEYS = "joint_election_public_key.json"
EXTENDED_HASHES = "hashes_ext.json"
ENCRYPTED_TALLIES = "encrypted_tallies.ndjson"
EXCEPTIONS = "exceptions.ndjson"
TALLIES = "tallies.ndjson"
CHALLENGED_BALLOTS = "challenged_ballots.ndjson"
CONTEST_DATA = "contest_data.ndjson"
UNCAST_BALLOTS = "uncast_ballots.ndjson"
BOARD_CHECKPOINT = "board/checkpoint"
BOARD_ENTRIES = "board/entries.ndjson"

_PIECE = 2**13

_PATH = re.compile(r"[a-z0-9_-][a-z0-9_.-]*(/[a-z0-9_-][a-z0-9_.-]*)*")
_GUARDIAN = re.compile(r"guardians/guardian_([1-9][0-9]{0,9})\.public_key\.json")
_BOOTH = re.compile(r"booth/([0-9]{4}|[1-9][0-9]{4,8})\.json")
_DEVICE = re.compile(
    r"devices/([0-9]{4}|[1-9][0-9]{4,8})/"
    r"(open\.json|close\.json|statuses\.ndjson|(?:ballots|recorded)-([0-9]{6}|[1-9][0-9]{6,8})\.ndjson)"
)
_MAY_BE_EMPTY = re.compile(r"tallies\.ndjson|devices/[0-9]+/statuses\.ndjson")

T = TypeVar("T", bound=RecordModel)


def guardian_path(i: int) -> str:
    """Return the path of guardian i's public key."""
    return f"guardians/guardian_{i}.public_key.json"


def booth_path(number: int) -> str:
    """Return the path of the list of a booth's files that has this number."""
    return f"booth/{number:04}.json"


def booth_number(path: str) -> int | None:
    """Return which list of a booth's files a path is, None where it is none."""
    match = _BOOTH.fullmatch(path)
    return int(match[1]) if match else None


def opening_path(device: int) -> str:
    """Return the path of a device's opening."""
    return f"devices/{device:04}/open.json"


def closing_path(device: int) -> str:
    """Return the path of a device's closing."""
    return f"devices/{device:04}/close.json"


def statuses_path(device: int) -> str:
    """Return the path of a device's ballot statuses."""
    return f"devices/{device:04}/statuses.ndjson"


def ballots_path(device: int, shard: int) -> str:
    """Return the path of one shard of a device's ballots."""
    return f"devices/{device:04}/ballots-{shard:06}.ndjson"


def recorded_path(device: int, shard: int) -> str:
    """Return the path of one shard of what was recorded of a device's cast pre-encrypted ballots."""
    return f"devices/{device:04}/recorded-{shard:06}.ndjson"


def is_record_path(path: str) -> bool:
    """Tell whether the format has a file of this name."""
    single = {MANIFEST, PARAMETERS, HASHES, JOINT_KEYS, EXTENDED_HASHES, ENCRYPTED_TALLIES, EXCEPTIONS, TALLIES}
    single |= {CHALLENGED_BALLOTS, CONTEST_DATA, UNCAST_BALLOTS, BOARD_CHECKPOINT, BOARD_ENTRIES}
    numbered = (_GUARDIAN, _DEVICE, _BOOTH)
    return path in single or any(pattern.fullmatch(path) for pattern in numbered)


def is_ballots_path(path: str) -> bool:
    """Tell whether the file holds ballots, what was recorded of them, or their statuses."""
    match = _DEVICE.fullmatch(path)
    return match is not None and (match[2] == "statuses.ndjson" or match[3] is not None)


def is_entered_whole(path: str) -> bool:
    """Tell whether a bulletin board has one entry for the whole file, rather than one for each of its ballots."""
    of_ballots = {CHALLENGED_BALLOTS, UNCAST_BALLOTS, BOARD_CHECKPOINT, BOARD_ENTRIES}
    return is_record_path(path) and not is_ballots_path(path) and path not in of_ballots


def device_of(path: str) -> int | None:
    """Return the number of the device that the file is of, None if it is of none."""
    match = _DEVICE.fullmatch(path)
    return int(match[1]) if match else None


class IndexEntry(RecordModel):
    """One file of the record."""

    path: str
    size: Total
    sha256: Hash


class Index(RecordModel):
    """index.json: every other file of the record."""

    format: Literal["e2evote-record"]
    version: int
    files: tuple[IndexEntry, ...]


def checked_index(index: Index) -> Index:
    """Return an index whose version and paths this program reads.

    Raises:
        ParseError: another format or version, a path outside the format, or out of order.
    """
    if index.version != FORMAT_VERSION:
        raise ParseError(INDEX, f"version {index.version}; this program reads version {FORMAT_VERSION}", "version")
    paths = [entry.path for entry in index.files]
    for path in paths:
        if not _PATH.fullmatch(path) or not is_record_path(path):
            raise ParseError(INDEX, f"the format has no file {ascii(path)[:100]}", "files.path")
    if paths != sorted(set(paths)):
        raise ParseError(INDEX, "paths must be sorted and each named once", "files.path")
    return index


class Record:
    """Read access to a published or growing record."""

    def __init__(self, files: Files) -> None:
        """Take the files and read their names.

        Raises:
            ParseError: links, or names twice.
        """
        self.files = files
        self.names = frozenset(files.names())
        self._digests: dict[str, bytes] = {}

    @classmethod
    def at(cls, path: Path | str) -> "Record":
        """Open a directory, a zip archive, or what lies below a URL.

        Raises:
            ParseError: none of them.
            E2EVoteError: what reads URLs is not installed.
        """
        if isinstance(path, str) and path.startswith("file:///"):
            path = unquote(path.removeprefix("file://"))
        if isinstance(path, str) and "://" in path:
            from e2evote.record.remote import Remote

            return cls(Remote(path))
        path = Path(path)
        if path.is_dir():
            return cls(Directory(path))
        if path.is_file():
            return cls(Archive(path))
        raise ParseError(str(path), "no such directory or zip archive")

    def __contains__(self, name: str) -> bool:
        """Tell whether the file is there."""
        return name in self.names

    def open(self, name: str) -> IO[bytes]:
        """Open a file of the record.

        Raises:
            ParseError: missing or unreadable.
        """
        if name not in self.names:
            raise ParseError(name, "the file is missing")
        try:
            return self.files.open(name)
        except UNREADABLE as error:
            raise ParseError(name, f"cannot be read ({error})") from error

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        """Yield the content of a file in pieces, at most so many bytes of it.

        Raises:
            ParseError: missing or unreadable.
        """
        with self.open(name) as file:
            yield from _pieces(file, name, limit)

    def read(self, name: str) -> bytes:
        """Return the whole content of a file of one object.

        Raises:
            ParseError: missing, unreadable, or larger than OBJECT_LIMIT.
        """
        data = b"".join(self.pieces(name, OBJECT_LIMIT + 1))
        if len(data) > OBJECT_LIMIT:
            raise ParseError(name, f"larger than {OBJECT_LIMIT} bytes")
        self._same_as_before(name, hashlib.sha256(data).digest())
        return data

    def lines(self, name: str) -> Iterator[tuple[str, bytes]]:
        """Yield (file and line number, line without its end) of a newline-delimited file.

        Raises:
            ParseError: missing, unreadable, a blank, over-long or unended line, or no line where there must be some.
        """
        number, digest = 0, hashlib.sha256()
        with self.open(name) as file:
            for number, line in enumerate(_lines(file, name), 1):
                where = f"{name}:{number}"
                digest.update(line)
                if len(line) > LINE_LIMIT:
                    raise ParseError(where, f"a line of more than {LINE_LIMIT} bytes")
                if not line.endswith(b"\n"):
                    raise ParseError(where, "the line does not end with a line feed; the file may be truncated")
                if len(line) == 1:
                    raise ParseError(where, "a blank line")
                yield where, line[:-1]
        if number == 0 and not _MAY_BE_EMPTY.fullmatch(name):
            raise ParseError(name, "the file is empty; a file without lines is left out")
        self._same_as_before(name, digest.digest())

    def object(self, kind: type[T], name: str, group: Group | None = None) -> T:
        """Return the object that fills a file.

        Raises:
            ParseError: naming file and field.
        """
        return parse(kind, self._without_line_end(name), name, group)

    def objects(self, kind: type[T], name: str, group: Group | None = None) -> Iterator[T]:
        """Yield the objects of a newline-delimited file, nothing if there is no such file.

        Raises:
            ParseError: naming file, line and field.
        """
        if name in self:
            for where, line in self.lines(name):
                yield parse(kind, line, where, group)

    def sha256(self, name: str) -> tuple[int, bytes]:
        """Return size and SHA-256 of a file."""
        digest, size = hashlib.sha256(), 0
        for piece in self.pieces(name):
            digest.update(piece)
            size += len(piece)
        self._same_as_before(name, digest.digest())
        return size, digest.digest()

    def index(self) -> Index:
        """Return index.json.

        Raises:
            ParseError: another format or version, a path outside the format, or out of order.
        """
        return checked_index(self.object(Index, INDEX))

    def guardian_indices(self) -> list[int]:
        """Return the i of every guardians/guardian_<i> file, ascending."""
        return sorted(int(match[1]) for match in map(_GUARDIAN.fullmatch, self.names) if match)

    def booth_lists(self) -> list[str]:
        """Return the path of every list of a booth's files, in order."""
        return sorted(filter(_BOOTH.fullmatch, self.names), key=lambda path: (len(path), path))

    def device_indices(self) -> list[int]:
        """Return the number of every device that has any file, ascending."""
        return sorted({int(match[1]) for match in map(_DEVICE.fullmatch, self.names) if match})

    def opening(self, device: int) -> DeviceOpening:
        """Return a device's opening."""
        return self.object(DeviceOpening, opening_path(device))

    def closing(self, device: int) -> DeviceClosing | None:
        """Return a device's closing, None while it is open."""
        path = closing_path(device)
        return self.object(DeviceClosing, path) if path in self else None

    def ballot_shards(self, device: int) -> list[str]:
        """Return the paths of a device's ballots, in order; shards count from 1 without gaps.

        Raises:
            ParseError: a gap.
        """
        return self._shards(device, ballots_path)

    def recorded_shards(self, device: int) -> list[str]:
        """Return the paths of what was recorded of a device's cast ballots; shards count from 1 without gaps.

        Raises:
            ParseError: a gap.
        """
        return self._shards(device, recorded_path)

    def _shards(self, device: int, path: Callable[[int, int], str]) -> list[str]:
        prefix = path(device, 1).removesuffix("000001.ndjson")
        shards = (name for name in self.names if name.startswith(prefix) and _DEVICE.fullmatch(name))
        found = sorted(shards, key=lambda name: (len(name), name))
        expected = [path(device, shard) for shard in range(1, len(found) + 1)]
        if found != expected:
            raise ParseError(found[0], f"shards of device {device} must be numbered from 1 without gaps")
        return found

    def ballot_lines(self, device: int) -> Iterator[tuple[str, bytes]]:
        """Yield (where, line) of each of a device's ballots in order."""
        for name in self.ballot_shards(device):
            yield from self.lines(name)

    def statuses(self, device: int) -> Iterator[BallotStatus]:
        """Yield the statuses of a device's ballots."""
        return self.objects(BallotStatus, statuses_path(device))

    @property
    def digests(self) -> Mapping[str, bytes]:
        """The SHA-256 of every file that was read to its end so far."""
        return self._digests

    def _same_as_before(self, name: str, digest: bytes) -> None:
        if self._digests.setdefault(name, digest) != digest:
            raise ParseError(name, "the file changed while the record was being read")

    def _without_line_end(self, name: str) -> bytes:
        data = self.read(name)
        if not data.endswith(b"\n"):
            raise ParseError(name, "the file does not end with a line feed; it may be truncated")
        return data[:-1]


def _pieces(file: IO[bytes], name: str, limit: int | None) -> Iterable[bytes]:
    left = limit
    try:
        while (left is None or left > 0) and (piece := file.read(_PIECE if left is None else min(_PIECE, left))):
            left = None if left is None else left - len(piece)
            yield piece
    except UNREADABLE as error:
        raise ParseError(name, f"cannot be read ({error})") from error


def _lines(file: IO[bytes], name: str) -> Iterator[bytes]:
    try:
        while line := file.readline(LINE_LIMIT + 2):
            yield line
    except UNREADABLE as error:
        raise ParseError(name, f"cannot be read ({error})") from error
