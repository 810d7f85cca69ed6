"""A witness's folder: a key, the logs that it watches, and what it has cosigned of them.

``witness.key`` is for the owner alone; ``logs`` has a vkey a line; ``state`` is ``e2evote.board.witness_state``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from e2evote.board.notes import KeyKind, SigningKey, VerifierKey
from e2evote.errors import CheckError, ParseError
from e2evote.files import write_atomically

KEY, LOGS, STATE = "witness.key", "logs", "state"
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class WitnessFolder:
    """The files of a witness."""

    root: Path
    key: SigningKey

    @classmethod
    def create(cls, root: Path, name: str, logs: Iterable[str] = ()) -> "WitnessFolder":
        """Make a folder with a new key, that watches the logs with these vkeys.

        Raises:
            CheckError: something is there already.
            ParseError: the name is none that a key can have, or a vkey none of a log.
        """
        key = SigningKey.generate(name, KeyKind.COSIGNATURE)
        lines = [f"{_log_key(log, 'vkey')}\n" for log in logs]
        if root.exists() and not (root.is_dir() and not any(root.iterdir())):
            raise CheckError(f"{root} is there already")
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(root / LOGS, "".join(lines).encode())
        write_atomically(root / KEY, f"{key.reveal()}\n".encode(), mode=0o600)
        return cls(root, key)

    @classmethod
    def open(cls, root: Path) -> "WitnessFolder":
        """Read a folder.

        Raises:
            CheckError: it is no witness's, or others can read the key.
            ParseError: the key is none.
        """
        path = root / KEY
        if not path.is_file():
            raise CheckError(f"{root} is not a witness's folder; 'e2evote board witness init {root} …' makes one")
        if path.stat().st_mode & 0o077:
            raise CheckError(f"{path}: others can read this file; 'chmod 600' it, and think about who has read it")
        key = SigningKey.parse(_text(path).removesuffix("\n"))
        if key.kind is not KeyKind.COSIGNATURE:
            raise CheckError(f"{path}: this key is not for cosignatures")
        return cls(root, key)

    @property
    def state(self) -> Path:
        """The folder of what it has cosigned."""
        return self.root / STATE

    def logs(self) -> list[VerifierKey]:
        """Return the keys of the logs; the name of each is the log's origin.

        Raises:
            ParseError: naming the line.
        """
        path = self.root / LOGS
        lines = enumerate(_text(path).splitlines(), 1)
        return [_log_key(line, f"{path}:{number}") for number, line in lines if line and not line.startswith("#")]

    def add_log(self, vkey: str) -> VerifierKey:
        """Watch one more log.

        Raises:
            ParseError: the key is none of a log.
            CheckError: it is watched already.
        """
        key = _log_key(vkey, "vkey")
        if key in self.logs():
            raise CheckError(f"{key.name} is watched already")
        path = self.root / LOGS
        write_atomically(path, _text(path).encode() + f"{key}\n".encode())
        return key


def _log_key(text: str, where: str) -> VerifierKey:
    try:
        key = VerifierKey.parse(text)
    except ParseError as error:
        raise ParseError(where, error.problem, error.field) from None
    if key.kind is not KeyKind.ED25519:
        raise ParseError(where, "expected the key of a log, type 01")
    return key


def _text(path: Path) -> str:
    if path.stat().st_size > _LIMIT:
        raise ParseError(str(path), f"larger than {_LIMIT} bytes")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(str(path), f"not UTF-8 at byte {error.start}") from None
