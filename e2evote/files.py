"""Files that are whole: each is written to a temporary file, synced, renamed, and its folder synced."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from e2evote.errors import CheckError

TEMPORARY = ".writing-"
"""How the names of temporary files begin; what a crash leaves of them may be deleted."""


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a crash leaves the old content or the new, never a mixture."""
    with replacing(path, mode) as file:
        file.write(data)


def write_new(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a whole file that is not there yet, also where several processes try at once.

    Raises:
        FileExistsError: it is there; nothing was changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
        path.hardlink_to(temporary)
    finally:
        Path(temporary).unlink(missing_ok=True)
    _sync(path.parent)


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Open a file for writing that becomes ``path`` at the end of the block; if the block raises, nothing changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(path.parent)


@contextmanager
def held(lock: Path, busy: str) -> Iterator[None]:
    """Hold a lock, a file that is made if need be, against every other process; it ends with the process at the latest.

    Raises:
        CheckError: another process holds it; ``busy`` says so.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CheckError(busy) from None
        yield
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
