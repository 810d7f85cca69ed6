"""Where the files of a record can lie: a directory or a zip archive; ``remote`` adds URLs. Nothing there is trusted."""

import os
import stat
import struct
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

from e2evote.errors import ParseError

# What zipfile and the file system raise on files that are broken, encrypted or of another version.
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error)


class Files(Protocol):
    """A read-only set of named files."""

    def names(self) -> list[str]:
        """Return every file name, sorted."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file of that name for reading."""


@runtime_checkable
class Ranged(Files, Protocol):
    """Files of which any process, given this object, can read a part."""

    def read_range(self, name: str, start: int, stop: int) -> bytes:
        """Return the bytes from start to stop, fewer if the file ends before."""


class Directory:
    """The files under a directory."""

    def __init__(self, root: Path) -> None:
        """Take the directory."""
        self.root = root.absolute()

    def names(self) -> list[str]:
        """Return every file name, sorted.

        Raises:
            ParseError: a symbolic link, or something that is neither file nor directory.
        """
        found = []
        for folder, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(folder, name)
                mode = path.lstat().st_mode
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    where = ascii(path.relative_to(self.root).as_posix())
                    raise ParseError(where, "only plain files and directories may lie in a record")
            found += [Path(folder, name).relative_to(self.root).as_posix() for name in files]
        return sorted(found)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.root / name).open("rb")

    def read_range(self, name: str, start: int, stop: int) -> bytes:
        """Return the bytes from start to stop, fewer if the file ends before."""
        with self.open(name) as file:
            file.seek(start)
            return file.read(stop - start)


class Archive:
    """The files of a zip archive, which is open only while one of them is being read."""

    def __init__(self, path: Path) -> None:
        """Read the archive's directory.

        Raises:
            ParseError: not a zip archive.
        """
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                self._members = archive.infolist()
        except UNREADABLE as error:
            raise ParseError(str(path), f"not a readable zip archive ({error})") from error

    def names(self) -> list[str]:
        """Return every file name, sorted.

        Raises:
            ParseError: a symbolic link, a member neither stored nor deflated, or the same name twice.
        """
        for info in self._members:
            if not info.filename:
                raise ParseError("archive", "a member has no name")
            if info.filename.startswith("/") or "\\" in info.filename or ".." in info.filename.split("/"):
                raise ParseError(ascii(info.filename), "a path that leaves the record")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ParseError(ascii(info.filename), "members of the archive must be stored or deflated")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise ParseError(ascii(info.filename), "only plain files and directories may lie in a record")
        names = sorted(info.filename for info in self._members if not info.is_dir())
        for name, following in pairwise(names):
            if name == following:
                raise ParseError(ascii(name), "the archive holds this name twice")
        return names

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        with zipfile.ZipFile(self.path) as archive:
            return archive.open(name)
