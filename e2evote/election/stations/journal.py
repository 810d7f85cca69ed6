"""An append-only file of JSON objects, each bound to all before it, durable when ``append`` returns.

A line is ``{"entry": …, "hash": …}``; the hash is SHA-256 over the hash before it (32 zero bytes before the first) and
the canonical JSON of the entry. A last line without its end was never acknowledged and is cut off; anything else that
does not fit makes the file refused.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from e2evote.encoding import canonical_json, hex_of, parse_hex, strict_json
from e2evote.errors import CheckError, ParseError, StorageError

_START = bytes(32)
LINE_LIMIT = 2**26

Entry = dict[str, Any]


class Journal:
    """One file, open for appending; whoever has it open is alone."""

    def __init__(self, path: Path) -> None:
        """Read the file, which is made where it is missing.

        Raises:
            ParseError, CheckError: it was changed, or is no such file.
            StorageError: it cannot be read or written.
        """
        self.path = path
        self._offsets: list[int] = []
        self.head = _START
        try:
            new = not path.exists()
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if new:
                _sync_folder(path.parent)
            self._end = self._read()
            if self._end != os.fstat(self._file).st_size:
                os.ftruncate(self._file, self._end)
                os.fsync(self._file)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._offsets)

    def append(self, entry: Entry) -> int:
        """Append an entry, and return its index when it is on the disk.

        Raises:
            StorageError: it is not; nothing was appended.
        """
        body = canonical_json(entry)
        head = _next(self.head, body)
        line = b'{"entry":' + body + b',"hash":"' + hex_of(head).encode() + b'"}\n'
        try:
            written = 0
            while written < len(line):
                written += os.pwrite(self._file, line[written:], self._end + written)
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise StorageError(f"{self.path}: {error.strerror}") from error
        self._offsets.append(self._end)
        self._end, self.head = self._end + len(line), head
        return len(self._offsets) - 1

    def entry(self, index: int) -> Entry:
        """Return an entry."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield the entries from start to before stop, or the end."""
        for index in range(start, len(self) if stop is None else stop):
            first = self._offsets[index]
            after = self._offsets[index + 1] if index + 1 < len(self) else self._end
            found: Entry = strict_json(os.pread(self._file, after - first, first), str(self.path))["entry"]
            yield found

    def close(self) -> None:
        """Close the file, if it is open."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _read(self) -> int:
        """Check every line, and return where the last whole one ends."""
        end = 0
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(0)
            number = 0
            while (line := file.readline(LINE_LIMIT + 1)).endswith(b"\n"):
                number += 1
                self.head = check_line(line, self.head, f"{self.path}:{number}")
                self._offsets.append(end)
                end += len(line)
        if len(line) > LINE_LIMIT:
            raise ParseError(str(self.path), f"a line of more than {LINE_LIMIT} bytes")
        return end


def check_line(line: bytes, before: bytes, where: str) -> bytes:
    """Accept a line behind a hash, and return its own.

    Raises:
        ParseError: it is not in its form.
        CheckError: its hash is another one.
    """
    found = strict_json(line, where)
    if not isinstance(found, dict) or list(found) != ["entry", "hash"] or not isinstance(found["entry"], dict):
        raise ParseError(where, "expected an object with entry and hash")
    try:
        told = parse_hex(found["hash"], 32)
    except ValueError as error:
        raise ParseError(where, str(error), "hash") from None
    body = canonical_json(found["entry"])
    if told != _next(before, body) or line != b'{"entry":' + body + b',"hash":"' + hex_of(told).encode() + b'"}\n':
        raise CheckError(f"{where}: the line was changed, or lines before it are missing; the file is refused")
    return told


def _next(before: bytes, body: bytes) -> bytes:
    # hash(32) ‖ canonical JSON of the entry
    return hashlib.sha256(before + body).digest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
