"""The files of somebody else's record: a directory, a zip or tar archive, or one file. Nothing there is trusted."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.record.places import UNREADABLE, Archive, Directory, Files

LIMIT = 256 << 20
"""Bytes that one file may have."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Named files, read whole and once checked for size; ``where`` is what the user called the record."""

    where: str
    files: Files
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """List the files.

        Raises:
            ParseError: a name holds a character that cannot be printed, such as the one that ends a fingerprint's line.
        """
        names = frozenset(self.files.names())
        for name in names:
            if not name.isprintable():
                raise ParseError(ascii(name), "a file's name holds characters that cannot be printed")
        object.__setattr__(self, "names", names)

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open a directory, a zip or tar archive, or any other single file.

        Raises:
            ParseError: nothing is there, or it cannot be read.
        """
        try:
            if path.is_dir():
                return cls(str(path), Directory(path))
            if not path.is_file():
                raise ParseError(str(path), "no such file or directory")
            if zipfile.is_zipfile(path):
                return cls(str(path), Archive(path))
            if tarfile.is_tarfile(path):
                return cls(str(path), _Tar(str(path), lambda: path.open("rb")))
            return cls(str(path), _Single(path))
        except (*UNREADABLE, tarfile.TarError) as error:
            raise ParseError(str(path), f"cannot be read ({error})") from error

    def within(self, name: str) -> "Foreign":
        """Open a tar archive that is one of the files.

        Raises:
            ParseError: it is missing, or no tar archive.
        """
        data = self.read(name)
        try:
            return Foreign(name, _Tar(name, lambda: io.BytesIO(data)))
        except (*UNREADABLE, tarfile.TarError) as error:
            raise ParseError(name, f"cannot be read ({error})") from error

    def __contains__(self, name: str) -> bool:
        """Tell whether the file is there."""
        return name in self.names

    def under(self, folder: str, ending: str = "") -> list[str]:
        """Return the names below a folder that end so, sorted."""
        return sorted(name for name in self.names if name.startswith(f"{folder}/") and name.endswith(ending))

    def read(self, name: str, limit: int = LIMIT) -> bytes:
        """Return the content of a file.

        Raises:
            ParseError: missing, unreadable, or larger than the limit.
        """
        if name not in self.names:
            raise ParseError(name, "the file is missing")
        try:
            with self.files.open(name) as file:
                data = file.read(limit + 1)
        except (*UNREADABLE, tarfile.TarError) as error:
            raise ParseError(name, f"cannot be read ({error})") from error
        if len(data) > limit:
            raise ParseError(name, f"more than {limit} bytes")
        return data

    def json(self, name: str, limit: int = LIMIT) -> Any:  # noqa: ANN401  (JSON is any of its types)
        """Return the JSON of a file; null is allowed, duplicate keys are not.

        Raises:
            ParseError: as ``read``, or it is not JSON.
        """
        return strict_json(self.read(name, limit), name, nulls=True)

    def fingerprint(self) -> str:
        """Return SHA-256 over every file's SHA-256 and name, sorted by name: as ``sha256sum`` lists them, hashed."""
        lines = (f"{hashlib.sha256(self.read(name)).hexdigest()}  {name}\n" for name in sorted(self.names))
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest().upper()


class _Single:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        return [self.path.name]

    def open(self, name: str) -> IO[bytes]:  # noqa: ARG002
        return self.path.open("rb")


class _Tar:
    """The plain files of a tar archive; nothing but zeros may follow them."""

    def __init__(self, where: str, content: Callable[[], IO[bytes]]) -> None:
        self.content = content
        self.places: dict[str, tuple[int, int]] = {}
        end = 0
        with content() as file, tarfile.open(fileobj=file) as archive:
            for member in archive:
                if not (member.isfile() or member.isdir()) or member.issparse():
                    raise ParseError(ascii(member.name), "only plain files and directories may lie in a record")
                end = member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
                if member.isdir():
                    continue
                if member.name in self.places:
                    raise ParseError(where, "a file is in the archive twice")
                self.places[member.name] = member.offset_data, member.size
            file.seek(end)
            if any(any(block) for block in iter(lambda: file.read(1 << 20), b"")):
                raise ParseError(where, "the archive is damaged: something follows its last file")

    def names(self) -> list[str]:
        return sorted(self.places)

    def open(self, name: str) -> IO[bytes]:
        offset, size = self.places[name]
        with self.content() as file:
            file.seek(offset)
            data = file.read(min(size, LIMIT + 1))
        if len(data) < min(size, LIMIT + 1):
            raise OSError("the archive ends within the file")
        return io.BytesIO(data)
