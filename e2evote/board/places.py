"""Where a log is served: below a URL, or in a folder whose files a plain file server can serve under the same paths."""

import time
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from e2evote.errors import E2EVoteError, StorageError

SECONDS = 30.0
"""How long a server may be silent, and a tenth of how long it may take for one answer."""


class Place(Protocol):
    """Files that somebody serves; nothing in them is believed."""

    @property
    def name(self) -> str:
        """What to call the place in messages."""

    def get(self, path: str, limit: int) -> bytes | None:
        """Return a file, None where there is none.

        Raises:
            StorageError: it cannot be read, or has more bytes than the limit.
        """


class Folder:
    """A folder."""

    def __init__(self, root: Path) -> None:
        """Take the folder."""
        self.root = root

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.root)

    def get(self, path: str, limit: int) -> bytes | None:
        """Return a file, None where there is none.

        Raises:
            StorageError: it cannot be read, or has more bytes than the limit.
        """
        try:
            with (self.root / path).open("rb") as file:
                data = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(f"{self.root / path}: cannot be read ({error.strerror or error})") from error
        return _limited(data, limit, f"{self.root / path}")


class Web:
    """What lies below an ``http://`` or ``https://`` URL."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        """Take the URL below which the log is served.

        Raises:
            E2EVoteError: urllib3 is not installed.
        """
        self.name = url.rstrip("/")
        self._seconds = seconds
        if find_spec("urllib3") is None:
            raise E2EVoteError("a board at a URL needs urllib3, which is not installed: pip install 'e2evote[board]'")

    def get(self, path: str, limit: int) -> bytes | None:
        """Return a file, None where there is none.

        Raises:
            StorageError: it cannot be read, or has more bytes than the limit.
        """
        url = f"{self.name}/{path}"
        try:
            answer = self._pool.request("GET", url, preload_content=False)
            try:
                data = self._read(answer, url, limit)
            except BaseException:
                answer.close()
                raise
            answer.release_conn()
        except import_module("urllib3").exceptions.HTTPError as error:
            raise StorageError(f"{url}: cannot be read ({type(error).__name__})") from error
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise StorageError(f"{url}: the server answers {answer.status}")
        return _limited(data, limit, url)

    def _read(self, answer: Any, url: str, limit: int) -> bytes:  # noqa: ANN401
        """Return what is not longer than the limit by more than a byte; it is unpacked while it is read."""
        data, end = bytearray(), time.monotonic() + 10 * self._seconds
        while len(data) <= limit and (piece := answer.read1(limit + 1 - len(data), decode_content=True)):
            data += piece
            if time.monotonic() > end:
                raise StorageError(f"{url}: it took longer than {10 * self._seconds:.0f} seconds")
        return bytes(data)

    @cached_property
    def _pool(self) -> Any:  # noqa: ANN401  (an extra: imported only when asked for)
        urllib3 = import_module("urllib3")
        # how long to wait is not for the server to say
        retries = urllib3.Retry(3, redirect=3, backoff_factor=0.2, respect_retry_after_header=False)
        headers = {"accept-encoding": "gzip, identity", "user-agent": "e2evote"}
        return urllib3.PoolManager(headers=headers, timeout=self._seconds, retries=retries)


def place_of(name: str | Path) -> Place:
    """Return the place that a person named: a URL, or a folder.

    Raises:
        StorageError: there is no such folder.
        E2EVoteError: what reads URLs is not installed.
    """
    if isinstance(name, str) and name.startswith(("http://", "https://")):
        return Web(name)
    root = Path(name)
    if not root.is_dir():
        raise StorageError(f"{name}: no such folder, and no http:// or https:// URL")
    return Folder(root)


def _limited(data: bytes, limit: int, where: str) -> bytes:
    if len(data) > limit:
        raise StorageError(f"{where}: more than {limit} bytes")
    return data
