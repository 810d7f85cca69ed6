"""A guardian's folder: one command at a time, files that only the owner reads, each written whole or not at all."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from e2evote.errors import CheckError, ParseError
from e2evote.files import write_atomically

Write = Callable[[Path, bytes], None]
"""What writes a file as a whole; tests hand in one that fails."""

LOCK = ".lock"


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600; when this returns, it is on the disk."""
    write_atomically(path, data, mode=0o600)


def make_private(path: Path) -> None:
    """Make a folder that only its owner can enter, or see that an existing one is such.

    Raises:
        CheckError: others may enter it.
    """
    path.mkdir(mode=0o700, exist_ok=True)
    _sync(path.parent)  # a file in a folder that a crash takes away is gone, however well the file was synced
    if path.stat().st_mode & 0o077:
        raise CheckError(f"{path}: others can look into this folder; 'chmod 700' it first")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other command out of the folder; the system gives the lock back even if the command is killed.

    What killed commands left half-written is removed.

    Raises:
        CheckError: another command is at work there, or others may enter the folder.
    """
    make_private(folder)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CheckError(f"{folder}: another command is at work in this folder; wait until it ends") from None
        for leftover in folder.rglob(".writing-*"):
            if not _has_lock_of_its_own(folder, leftover.parent):
                leftover.unlink()
        yield
    finally:
        os.close(descriptor)


def delete_private(path: Path) -> None:
    """Delete a file; when this returns, it stays deleted after a crash. The disk may keep what was in it."""
    path.unlink()
    _sync(path.parent)


def _has_lock_of_its_own(folder: Path, inner: Path) -> bool:
    """Tell whether what lies in ``inner`` belongs to another folder with a lock, inside this one."""
    between = (inner, *inner.parents)
    return any((place / LOCK).exists() for place in between if place != folder and place.is_relative_to(folder))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_private(path: Path, limit: int) -> bytes:
    """Return the bytes of a file that only its owner can read.

    Raises:
        ParseError: it is missing or too large.
        CheckError: others can read it.
    """
    if not path.is_file():
        raise ParseError(str(path), "the file is missing")
    status = path.stat()
    if status.st_mode & 0o077:
        raise CheckError(f"{path}: others can read this file; 'chmod 600' it, and think about who has read it")
    if status.st_size > limit:
        raise ParseError(str(path), f"the file has {status.st_size} bytes; expected at most {limit}")
    return path.read_bytes()
