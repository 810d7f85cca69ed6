"""What nobody else may see: files under ``private/``, mode 0600 in directories of mode 0700, each replaced as a whole.

Taking an entry out of a file replaces the file; what the disk may still hold of the old one is not wiped.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from e2evote.encoding import Hex
from e2evote.errors import ParseError
from e2evote.files import write_atomically
from e2evote.group.elements import Group, SecretScalar
from e2evote.record.codec import Count, Hash, Index, RecordModel, dump, parse

T = TypeVar("T", bound=RecordModel)


class ParameterSet(RecordModel):
    """Which parameter set the election was created with, so that an insecure one is asked for once only."""

    name: str


class SecretGuardianFile(RecordModel):
    """z_i and ẑ_i of guardian i, and H_E of the election they belong to."""

    h_e: Hash
    i: Index
    z: SecretScalar
    z_hat: SecretScalar


class SecretNonceEntry(RecordModel):
    """ξ_B of a ballot that nobody has decided about yet."""

    confirmation_code: Hash
    nonce: Annotated[bytes, Hex(32), Field(repr=False)]


class Checkpoint(RecordModel):
    """How many lines of the input had been encrypted, and the SHA-256 over them."""

    ballots: Count
    sha256: Hash


class EncryptionState(RecordModel):
    """Where the encryption of a device's input stands: before its newest shard, and after it."""

    checkpoints: tuple[Checkpoint, ...]


def make_directory(path: Path) -> Path:
    """Make a directory that only its owner can enter, unless it is there."""
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_object(path: Path, value: RecordModel) -> None:
    """Write one object."""
    write_atomically(path, dump(value) + b"\n", mode=0o600)


def write_lines(path: Path, values: Iterable[RecordModel]) -> None:
    """Write one object a line; no file is left where there is nothing to write."""
    data = b"".join(dump(value) + b"\n" for value in values)
    if data:
        write_atomically(path, data, mode=0o600)
    else:
        path.unlink(missing_ok=True)


def read_object(kind: type[T], path: Path, group: Group | None = None) -> T:
    """Return the object in a file.

    Raises:
        ParseError: missing, or not in its form.
    """
    if not path.is_file():
        raise ParseError(str(path), "the file is missing")
    return parse(kind, path.read_bytes().removesuffix(b"\n"), str(path), group)


def read_lines(kind: type[T], path: Path, group: Group | None = None) -> list[T]:
    """Return the objects in a file, none if there is no such file.

    Raises:
        ParseError: naming file and line.
    """
    if not path.is_file():
        return []
    lines = path.read_bytes().splitlines()
    return [parse(kind, line, f"{path}:{number}", group) for number, line in enumerate(lines, 1)]
