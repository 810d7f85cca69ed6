"""A small record to damage, on disk and in memory."""

import hashlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.layout import Index, IndexEntry
from tests.builders import BuiltRecord, build_record


@dataclass(frozen=True)
class InMemory:
    """The files of a record as bytes by name."""

    contents: dict[str, bytes]

    def names(self) -> list[str]:
        return sorted(self.contents)

    def open(self, name: str) -> IO[bytes]:
        return io.BytesIO(self.contents[name])

    def with_file(self, name: str, content: bytes, indexed: bool) -> "InMemory":
        """Return the record with another file of that name, on request with the index that goes with it."""
        contents = self.contents | {name: content}
        if indexed and name != layout.INDEX:
            files = sorted(contents.keys() - {layout.INDEX})
            digests = (hashlib.sha256(contents[path]).digest() for path in files)
            entries = (
                IndexEntry(path=path, size=len(contents[path]), sha256=digest)
                for path, digest in zip(files, digests, strict=True)
            )
            index = Index(format=layout.FORMAT, version=layout.FORMAT_VERSION, files=tuple(entries))
            contents[layout.INDEX] = dump(index) + b"\n"
        return InMemory(contents)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> BuiltRecord:
    """A toy record with every file of the format and few ballots. Read-only."""
    built = build_record(tmp_path_factory.mktemp("small") / "record", ballots=8, challenged=2, spoiled=0, n=2, k=2)
    assert {"cast", "challenged"} == set(built.statuses.values())
    return built


@pytest.fixture(scope="session")
def in_memory(small: BuiltRecord) -> InMemory:
    """The files of ``small``."""
    files = [path for path in small.path.rglob("*") if path.is_file()]
    return InMemory({path.relative_to(small.path).as_posix(): path.read_bytes() for path in files})


@pytest.fixture
def copy(small: BuiltRecord, tmp_path: Path) -> Path:
    """A copy of ``small`` to damage."""
    return Path(shutil.copytree(small.path, tmp_path / "record"))


Change = Callable[[bytes], bytes]
