"""Writing a record: whole files only, each to a temporary file, synced, renamed, and entered into the index."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from e2evote.errors import CheckError
from e2evote.files import TEMPORARY, replacing, write_atomically
from e2evote.record import layout
from e2evote.record.codec import RecordModel, dump
from e2evote.record.layout import FORMAT, FORMAT_VERSION, Directory, Index, IndexEntry, Record


class RecordWriter:
    """Adds files to a record directory; refuses to replace what is published unless told to."""

    def __init__(self, root: Path) -> None:
        """Open or create the directory; files that an interrupted run left out of the index are entered.

        Raises:
            CheckError: a file of the index is missing, or a file lies there that is none of the format's.
        """
        self.root, self._held = root, False
        root.mkdir(parents=True, exist_ok=True)
        for leftover in root.rglob(f"{TEMPORARY}*"):
            leftover.unlink()
        record = Record(Directory(root))
        self._entries: dict[str, IndexEntry] = {}
        if layout.INDEX in record:
            self._entries = {entry.path: entry for entry in record.index().files}
        unlisted = sorted(record.names - self._entries.keys() - {layout.INDEX})
        for name in sorted(self._entries.keys() - record.names):
            raise CheckError(f"{root / name}: the file is in the index of the record, but missing")
        for name in (name for name in unlisted if not layout.is_record_path(name)):
            raise CheckError(f"{root / name}: no such file belongs in a record; move it elsewhere")
        for name in unlisted:
            size, sha256 = record.sha256(name)
            self._entries[name] = IndexEntry(path=name, size=size, sha256=sha256)
        if unlisted:
            self._write_index()

    @property
    def record(self) -> Record:
        """The record as it now is, for reading."""
        return Record(Directory(self.root))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write the index once, at the end of the block; what an interrupted block wrote is entered by the next writer.

        For many files of a record that nobody reads yet.
        """
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self._write_index()

    def write_bytes(self, name: str, data: bytes, replace: bool = False) -> None:
        """Write a file and the index.

        Raises:
            CheckError: the file is there and may not be replaced, or the format has no such file.
        """
        self.write_pieces(name, [data], replace)

    def write_pieces(self, name: str, pieces: Iterable[bytes], replace: bool = False) -> None:
        """Write a file of any size, piece by piece, and the index; if ``pieces`` raises, nothing is written.

        Raises:
            CheckError: the file is there and may not be replaced, or the format has no such file.
        """
        if not layout.is_record_path(name):
            raise CheckError(f"the record format has no file {name}")
        path = self.root / name
        if path.exists() and not replace:
            raise CheckError(f"{path} exists already; nothing was overwritten")
        size, digest = 0, hashlib.sha256()
        with replacing(path) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            if self._entries.pop(name, None):
                self._write_index(at_once=True)  # so that a crash never leaves the new file under the old one's hash
        self._entries[name] = IndexEntry(path=name, size=size, sha256=digest.digest())
        self._write_index()

    def write(self, name: str, value: RecordModel, replace: bool = False) -> None:
        """Write one object as a file."""
        self.write_bytes(name, dump(value) + b"\n", replace)

    def write_lines(self, name: str, values: Iterable[RecordModel], replace: bool = False) -> None:
        """Write objects as lines of a file."""
        self.write_pieces(name, (dump(value) + b"\n" for value in values), replace)

    def _write_index(self, at_once: bool = False) -> None:
        if self._held and not at_once:
            return
        files = tuple(self._entries[name] for name in sorted(self._entries))
        index = Index(format=FORMAT, version=FORMAT_VERSION, files=files)
        write_atomically(self.root / layout.INDEX, dump(index) + b"\n")
