"""A small record to damage, on disk and in memory, and how to damage it.

Whatever a record's files hold, reading it ends in a report or in a ParseError that says where; nothing else.
"""

import contextlib
import hashlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.layout import Index, IndexEntry, Record
from e2evote.verifier.report import Report
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.builders import TOY, BuiltRecord, build_record, reindex


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

BALLOTS = layout.ballots_path(1, 1)
GUARDIAN = layout.guardian_path(1)
OBJECTS = (
    layout.INDEX,
    layout.MANIFEST,
    layout.PARAMETERS,
    layout.HASHES,
    GUARDIAN,
    layout.JOINT_KEYS,
    layout.EXTENDED_HASHES,
    layout.opening_path(1),
    layout.closing_path(1),
)
LINES = (
    BALLOTS,
    layout.statuses_path(1),
    layout.ENCRYPTED_TALLIES,
    layout.TALLIES,
    layout.CHALLENGED_BALLOTS,
    layout.CONTEST_DATA,
)
FILES = (*OBJECTS, *LINES)


def verified(path: Path) -> Report:
    return verify_record(Record.at(path), allow_insecure=(TOY,))


def failed(path: Path) -> set[str]:
    return {check.id for check in verified(path).checks if check.status == "failed"}


def refused(path: Path, ask_oracle: bool = True) -> ParseError:
    """Return the error with which a record is refused; the oracle refuses it too, or finds something."""
    with pytest.raises(ParseError) as caught:
        verified(path)
    assert str(caught.value).startswith(caught.value.where)
    assert "\n" not in str(caught.value)
    str(caught.value).encode("utf-8")
    if ask_oracle:
        with contextlib.suppress(oracle.OracleParseError):
            assert not oracle.verify(path, {TOY}).passed
    return caught.value


def rewrite(root: Path, name: str, change: Change) -> None:
    """Change a file's bytes, and the index unless it is the file."""
    path = root / name
    path.write_bytes(change(path.read_bytes()))
    if name != layout.INDEX:
        reindex(root)


def rewrite_json(root: Path, name: str, change: Callable[[Any], object]) -> None:
    """Change the first object of a file."""

    def changed(data: bytes) -> bytes:
        first, _, rest = data.partition(b"\n")
        value = json.loads(data if name == layout.MANIFEST else first)
        change(value)
        return compact(value) + b"\n" + (b"" if name == layout.MANIFEST else rest)

    rewrite(root, name, changed)


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def at(*path: str | int, value: object) -> Callable[[Any], None]:
    """Return a change of one place, to a value or to a function of the old one."""

    def change(top: Any) -> None:
        for step in path[:-1]:
            top = top[step]
        top[path[-1]] = value(top[path[-1]]) if callable(value) else value

    return change
