"""A board's folder.

```
DIR/board.json           what everybody may know: origin, key, merge delay, where the database is
DIR/policy               the log's key, its witnesses and the quorum (C2SP tlog-policy)
DIR/board.sqlite         the database, unless it is a server's
DIR/private/log.key      the signing key, for the owner alone
DIR/private/signed.json  size and root of the last checkpoint that was signed
```

``signed.json`` is no part of the database on purpose: a database that is put back from an old copy does not know what
was signed since, this file does.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2evote.board import merkle
from e2evote.board.notes import KeyKind, SigningKey, VerifierKey
from e2evote.board.policy import Policy
from e2evote.encoding import canonical_json, hex_of, parse_hex, strict_json
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.files import TEMPORARY, write_atomically

SETTINGS, POLICY, DATABASE = "board.json", "policy", "board.sqlite"
KEY, SIGNED = "private/log.key", "private/signed.json"

MERGE_DELAY = 60
"""Seconds after which a receipt's entry has to be in a published checkpoint, unless settings say otherwise."""

_MAX_DELAY = 7 * 24 * 3600
_LIMIT = 1 << 20
_FIELDS = {"origin": str, "vkey": str, "merge_delay": int, "database": str}


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``board.json`` says; ``database`` is a URL without a password, or None for the file in the folder.

    Raises:
        CheckError: a value is out of range.
    """

    vkey: VerifierKey
    merge_delay: int = MERGE_DELAY
    database: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.merge_delay <= _MAX_DELAY:
            raise CheckError(f"a merge delay is from 1 to {_MAX_DELAY} seconds, not {self.merge_delay}")
        if self.database is not None and re.match(r"[^/?#]*//[^/?#]*:[^/?#]*@", self.database):
            raise CheckError("the database's URL has a password in it; leave it out, and keep it in ~/.pgpass")

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.vkey.name

    def encode(self) -> bytes:
        """Return the bytes of the file."""
        values = {"origin": self.origin, "vkey": str(self.vkey), "merge_delay": self.merge_delay}
        return canonical_json(values | ({} if self.database is None else {"database": self.database})) + b"\n"

    @classmethod
    def parse(cls, data: bytes, where: str) -> "Settings":
        """Read the file.

        Raises:
            ParseError: another form.
        """
        found = _object(data, where, _FIELDS, {"database"})
        try:
            key = VerifierKey.parse(found["vkey"])
            settings = cls(key, found["merge_delay"], found.get("database"))
        except (ParseError, CheckError) as error:
            raise ParseError(where, str(error)) from None
        if key.kind is not KeyKind.ED25519 or key.name != found["origin"]:
            raise ParseError(where, "expected an Ed25519 key whose name is the origin", "vkey")
        return settings


@dataclass(frozen=True, slots=True)
class Signed:
    """Size and root of a checkpoint that was signed."""

    size: int
    root: bytes

    def encode(self) -> bytes:
        """Return the bytes of the file."""
        return canonical_json({"size": self.size, "root": hex_of(self.root)}) + b"\n"

    @classmethod
    def parse(cls, data: bytes, where: str) -> "Signed":
        """Read the file.

        Raises:
            ParseError: another form.
        """
        found = _object(data, where, {"size": int, "root": str})
        try:
            root = parse_hex(found["root"], merkle.HASH_SIZE)
        except ValueError as error:
            raise ParseError(where, str(error), "root") from None
        if not 0 <= found["size"] < merkle.SIZE_LIMIT:
            raise ParseError(where, "expected a number from 0 to 2^63 − 1", "size")
        return cls(found["size"], root)


class Folder:
    """The files of a board, apart from its database."""

    def __init__(self, root: Path) -> None:
        """Read the folder.

        Raises:
            CheckError: it is no board's, others can read the key, or key or policy are not those of the settings' log.
            ParseError: a file is not in its form.
        """
        self.root = root
        if not (root / SETTINGS).is_file():
            raise CheckError(f"{root} is not a board's folder; 'e2evote board create {root} …' makes one")
        self.settings = Settings.parse(_read(root / SETTINGS), str(root / SETTINGS))
        self.policy = _read_policy(root / POLICY, self.settings.vkey)
        self.key = _read_key(root / KEY)
        if self.key.verifier != self.settings.vkey:
            raise CheckError(f"{root / KEY}: this key is not the one that {SETTINGS} names")

    def __repr__(self) -> str:
        return f"Folder({str(self.root)!r})"

    @property
    def database(self) -> Path | str:
        """The database's file or URL."""
        return self.settings.database or self.root / DATABASE

    def signed(self) -> Signed:
        """Return what was signed last.

        Raises:
            StorageError: the file is missing or damaged.
        """
        path = self.root / SIGNED
        try:
            return Signed.parse(_read(path), str(path))
        except ParseError as error:
            raise StorageError(f"{error}; without it nobody knows what was signed") from None
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error

    def note_signed(self, signed: Signed) -> None:
        """Remember a checkpoint, on the disk, unless a larger one is remembered already.

        Raises:
            StorageError: it cannot be written.
        """
        path = self.root / SIGNED
        try:
            with _locked(path.parent / "lock"):
                if self.signed().size < signed.size:
                    write_atomically(path, signed.encode(), mode=0o600)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error


@contextmanager
def new_folder(root: Path, key: SigningKey, settings: Settings, policy: Policy) -> Iterator[Path]:
    """Give a folder with a board's files; it takes its place at the end of the block, and is gone if that raises.

    Raises:
        CheckError: something is there already.
        StorageError: it cannot be written.
    """
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise CheckError(f"{root} is there already")
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=root.parent))
        try:
            temporary.chmod(0o755)
            (temporary / KEY).parent.mkdir(mode=0o700)
            write_atomically(temporary / KEY, f"{key.reveal()}\n".encode(), mode=0o600)
            write_atomically(temporary / SIGNED, Signed(0, merkle.EMPTY_ROOT).encode(), mode=0o600)
            write_atomically(temporary / POLICY, policy.encode())
            write_atomically(temporary / SETTINGS, settings.encode())
            yield temporary
            temporary.replace(root)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _sync(root.parent)
    except OSError as error:
        raise StorageError(f"{root}: {error.strerror}") from error


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ParseError(str(path), "the file is missing")
    if path.stat().st_size > _LIMIT:
        raise ParseError(str(path), f"expected at most {_LIMIT} bytes")
    return path.read_bytes()


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(str(path), f"not UTF-8 at byte {error.start}") from None


def _read_policy(path: Path, own: VerifierKey) -> Policy:
    try:
        policy = Policy.parse(_read(path))
    except ParseError as error:
        raise ParseError(f"{path}: {error.where}", error.problem, error.field) from None
    if own not in [log.key for log in policy.logs]:
        raise CheckError(f"{path}: there is no line 'log {own}', so no checkpoint of this log would satisfy it")
    return policy


def _read_key(path: Path) -> SigningKey:
    data = _text(path)
    if path.stat().st_mode & 0o077:
        raise CheckError(f"{path}: others can read this file; 'chmod 600' it, and think about who has read it")
    try:
        return SigningKey.parse(data.removesuffix("\n"))
    except ParseError as error:
        raise ParseError(str(path), error.problem, error.field) from None


def _object(data: bytes, where: str, fields: dict[str, type], optional: set[str] | None = None) -> dict[str, Any]:
    found = strict_json(data, where)
    if not isinstance(found, dict):
        raise ParseError(where, "expected an object")
    for name in fields.keys() - found.keys() - (optional or set()):
        raise ParseError(where, "the field is missing", name)
    for name, value in found.items():
        if name not in fields:
            raise ParseError(where, "there is no such field", name[:100])
        if type(value) is not fields[name]:
            raise ParseError(where, f"expected {'a string' if fields[name] is str else 'a whole number'}", name)
    return found


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
