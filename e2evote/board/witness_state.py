"""What a witness remembers, as files: one folder a log, in it the checkpoint that it last cosigned.

The folders are named like the paths of the protocol's monitoring prefix, ``SHA-256 of the origin/checkpoint``, so any
server of static files can publish them. A file is replaced as a whole and is on the disk before the cosignature leaves.
One process at a time has the folder. Whoever deletes it or brings back an old copy makes the witness cosign what it
must not: a witness that has lost its files needs a new key.
"""

import fcntl
import hashlib
import os
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import MAX_NOTE, Note
from e2evote.board.witness import Latest
from e2evote.errors import CheckError, ParseError
from e2evote.files import TEMPORARY, write_atomically

_LOCK = ".lock"
_NAME = "checkpoint"


class FileState:
    """A ``State`` in a folder; threads may share it. Closing it lets another process in."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, made if it is missing; what a crash has left half-written is removed.

        Raises:
            CheckError: another process has it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        _sync(folder.parent)
        self._folder = folder
        self._changing = Lock()
        self._descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise CheckError(f"{folder}: another process is a witness with this folder") from None
        for leftover in folder.glob(f"*/{TEMPORARY}*"):
            leftover.unlink()

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def latest(self, origin: str) -> Latest | None:
        """Return what was last kept for the log, None if nothing ever was.

        Raises:
            ParseError: the file is damaged, or another log's.
        """
        path = self._path(origin)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_NOTE + 1)
        except FileNotFoundError:
            return None
        try:
            checkpoint = Checkpoint.parse(Note.parse(data).text)
        except ParseError as error:
            raise ParseError(str(path), error.problem, error.field) from None
        if checkpoint.origin != origin:
            raise ParseError(str(path), f"expected a checkpoint of {origin}, found one of {checkpoint.origin}")
        return Latest(checkpoint.size, checkpoint.root, data)

    def replace(self, origin: str, old: Latest | None, new: Latest) -> bool:
        """Keep ``new`` if ``old`` is still what is kept, and tell whether it was; when True, it is on the disk.

        Raises:
            ParseError: the file that is there is damaged.
            OSError: it could not be written; then the old one is still there, or the new one.
        """
        with self._changing:
            if self.latest(origin) != old:
                return False
            path = self._path(origin)
            if old is None:
                path.parent.mkdir(exist_ok=True)
                _sync(self._folder)
            write_atomically(path, new.note)
            return True

    def _path(self, origin: str) -> Path:
        return self._folder / hashlib.sha256(origin.encode()).hexdigest() / _NAME


def _sync(folder: Path) -> None:
    """Have the folder's names on the disk; a file in a folder that a crash takes away is gone."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
