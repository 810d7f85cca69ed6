"""A record below a URL: read through fsspec, without listing anything; its index says which files there are."""

import io
import re
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any

from e2evote.errors import E2EVoteError, ParseError
from e2evote.record.codec import parse
from e2evote.record.layout import INDEX, OBJECT_LIMIT, Index, checked_index

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^?#]*[^?#/]")
_BLOCK = 2**22
"""Bytes that are asked for at once."""


class Remote:
    """The files below ``https://…``, ``s3://…`` or another URL that fsspec reads, part by part.

    Whether other files lie beside those of the index cannot be told, so that nobody looks.
    """

    def __init__(self, url: str) -> None:
        """Take the URL of the directory in which index.json lies.

        Raises:
            ParseError: no URL, or of a kind that fsspec cannot read.
            E2EVoteError: fsspec is not installed.
        """
        self.url = url.rstrip("/")
        self._opened: tuple[Any, str] | None = None
        if not _URL.fullmatch(self.url) or "::" in self.url:
            raise ParseError(ascii(url), "expected a URL like https://host/record")
        if find_spec("fsspec") is None:
            missing = "a record at a URL needs fsspec, which is not installed"
            raise E2EVoteError(f"{missing}: pip install 'e2evote[distributed]'")
        try:
            _ = self._system()
        except (ValueError, ImportError) as error:
            raise ParseError(ascii(url), f"no way to read such a URL ({error})") from error

    def names(self) -> list[str]:
        """Return index.json and every name in it.

        Raises:
            ParseError: there is no index, or it cannot be parsed.
        """
        try:
            with self.open(INDEX) as file:
                data = file.read(OBJECT_LIMIT + 1)
        except OSError as error:
            raise ParseError(f"{self.url}/{INDEX}", f"cannot be read ({error})") from error
        index = checked_index(parse(Index, data.removesuffix(b"\n"), INDEX))
        return sorted([INDEX, *(entry.path for entry in index.files)])

    def open(self, name: str) -> IO[bytes]:
        """Open a file.

        Raises:
            OSError: it cannot be read.
        """
        system, root = self._system()
        try:
            size = system.size(f"{root}/{name}")
        except Exception as error:
            raise OSError(_text(error)) from error
        if not isinstance(size, int):
            raise OSError("the server does not tell its size")
        return io.BufferedReader(_Blocks(self, name, size), _BLOCK)

    def read_range(self, name: str, start: int, stop: int) -> bytes:
        """Return the bytes from start to stop, fewer if the file ends before.

        Raises:
            OSError: it cannot be read.
        """
        system, root = self._system()
        try:
            data = bytes(system.cat_file(f"{root}/{name}", start, stop))
        except Exception as error:  # every kind of URL has errors of its own
            raise OSError(_text(error)) from error
        # a server that knows no ranges sends the whole file
        return data if len(data) <= stop - start else data[start:stop]

    def __reduce__(self) -> tuple[type["Remote"], tuple[str]]:
        """Travel to other processes as the URL alone; connections are made anew there."""
        return type(self), (self.url,)

    def _system(self) -> tuple[Any, str]:
        """Return fsspec's file system, and its name for the directory."""
        if self._opened is None:
            self._opened = import_module("fsspec.core").url_to_fs(self.url)  # an extra: imported only when asked for
        return self._opened


class _Blocks(io.RawIOBase):
    """A file that is asked for block by block, so that no connection waits while its lines are worked on."""

    def __init__(self, files: Remote, name: str, size: int) -> None:
        super().__init__()
        self._files, self._name, self._size, self._at = files, name, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        view = memoryview(buffer)
        wanted = min(len(view), self._size - self._at)
        data = self._files.read_range(self._name, self._at, self._at + wanted) if wanted else b""
        if len(data) < wanted:
            raise OSError(f"ends after {self._at + len(data)} bytes instead of {self._size}")
        view[:wanted] = data
        self._at += wanted
        return wanted


def _text(error: Exception) -> str:
    """Return a library's error as one line of plain text."""
    return ascii(f"{type(error).__name__}: {error}")[1:-1][:200]
