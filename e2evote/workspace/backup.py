"""Backups of an election under way: two archives, of what there is and of its keys, and putting both back.

The people's database and the board are copied as they are at one instant: both writers' locks are held while the two
views are taken, not while they are written out. So every vote that was acknowledged before is in the copy, and the
copy is a state from which the server can go on (``signin.voting``).

Archives are plain tar files, for the owner alone. Keys are what lies in folders called ``private``, and they are an
archive of their own, because whoever has both knows the roll and who has voted (docs/adr/0029).
"""

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from e2evote.board import folder as board_folder
from e2evote.board.log import Board
from e2evote.election.people import database as people_database
from e2evote.election.people.database import People
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.files import TEMPORARY, replacing
from e2evote.terminal.screen import progress
from e2evote.workspace.directory import drafted, held

PRIVATE = "private"
_BOARD = "board"
_LOCK = "lock"
_DATABASES = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite-journal")
_KINDS = {"data": "e2evote-backup-data", "keys": "e2evote-backup-keys"}
"""The first file of an archive, which says what it is."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds: files, and entries of the board, None where there is no board."""

    files: int
    entries: int | None


def back_up(root: Path, data: Path, keys: Path) -> Kept:
    """Write both archives; an interrupted call leaves neither half written.

    Args:
        root: the election's directory, which may be in use by a server.
        data: where the archive of everything but keys is written.
        keys: where the archive of the keys is written.

    Raises:
        CheckError: it is no election's directory, a command is at work in it, a database is a server's, or the
            archives are one file or lie in the directory.
        StorageError: a database cannot be read.
    """
    if not (root / PRIVATE).is_dir():
        raise CheckError(f"{root} is not an election's directory")
    if data.resolve() == keys.resolve():
        raise CheckError(f"{data}: one file cannot be both archives")
    for path in (data, keys):
        if path.resolve().is_relative_to(root.resolve()):
            raise CheckError(f"{path} lies in {root} itself; keep backups elsewhere")
    with held(root / PRIVATE / _LOCK, root), tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=root.parent) as scratch:
        copies, entries = _copy_databases(root, Path(scratch))
        files = {name: root / name for name in _names(root)} | copies
        secret = {name: path for name, path in files.items() if _is_key(name)}
        _write(data, "data", {name: path for name, path in files.items() if name not in secret})
        _write(keys, "keys", secret)
    return Kept(len(files), entries)


def put_back(root: Path, data: Path, keys: Path) -> Kept:
    """Make an election's directory from both archives, all of it or nothing, and see that its databases open.

    Raises:
        CheckError: the directory is in use, or the archives are not of one election.
        ParseError: a file is no such archive.
        StorageError: a database is damaged.
    """
    with drafted(root) as draft:
        files = _extract(data, "data", draft) + _extract(keys, "keys", draft)
        entries = None
        if (draft / _BOARD / board_folder.SETTINGS).is_file():
            with Board.open(draft / _BOARD) as board, board.reading() as view:
                entries = view.size
        if people_database.exists(draft):
            People.open(draft).close()
    return Kept(files, entries)


def _copy_databases(root: Path, scratch: Path) -> tuple[dict[str, Path], int | None]:
    """Copy both databases as they are at one instant, and what the board signed last."""
    board, people = root / _BOARD, people_database.exists(root)
    with ExitStack() as views:
        pinned: dict[str, sqlite3.Connection] = {}
        copies: dict[str, Path] = {}
        entries = None
        with ExitStack() as locks:
            if people:
                name = f"{people_database.FOLDER}/{people_database.FILE}"
                _require_file(root / name)
                locks.enter_context(locks.enter_context(People.open(root)).writing())
                pinned[name] = views.enter_context(_pinned(root / name))
            if (board / board_folder.SETTINGS).is_file():
                name = f"{_BOARD}/{board_folder.DATABASE}"
                _require_file(root / name)
                writing = locks.enter_context(locks.enter_context(Board.open(board)).writing())
                entries = writing.size
                pinned[name] = views.enter_context(_pinned(root / name))
                signed = f"{_BOARD}/{board_folder.SIGNED}"
                copies[signed] = scratch / "signed.json"
                shutil.copy2(root / signed, copies[signed])
        for number, (name, connection) in enumerate(pinned.items()):
            copies[name] = scratch / f"{number}.sqlite"
            _copy(connection, copies[name])
    return copies, entries


@contextmanager
def _pinned(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that sees the database as it is now, whatever is written later."""
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, isolation_level=None)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield connection
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error
    finally:
        connection.close()


def _copy(source: sqlite3.Connection, path: Path) -> None:
    """Copy what a connection sees, without what was deleted before."""
    target = sqlite3.connect(path, isolation_level=None)
    try:
        with progress("Copying") as report:
            source.backup(target, pages=1000, progress=lambda _, left, all_pages: report(all_pages - left, all_pages))
        target.execute("VACUUM")
    finally:
        target.close()
    path.chmod(0o600)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise CheckError(f"{path}: there is no such file, so the database is a server's; its own tools back it up")


def _names(root: Path) -> Iterator[str]:
    """Yield every file but databases, locks, and what a crash has left."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith((".", TEMPORARY)))
        for name in sorted(files):
            path = Path(folder, name)
            if (
                name.endswith(_DATABASES)
                or name.startswith(TEMPORARY)
                or (name == _LOCK and path.parent.name == PRIVATE)
            ):
                continue
            yield path.relative_to(root).as_posix()


def _is_key(name: str) -> bool:
    return PRIVATE in Path(name).parts[:-1] and name != f"{_BOARD}/{board_folder.SIGNED}"


def _write(archive: Path, kind: str, files: dict[str, Path]) -> None:
    with (
        replacing(archive, mode=0o600) as out,
        tarfile.open(fileobj=out, mode="w") as tar,
        progress("Writing") as report,
    ):
        tar.addfile(tarfile.TarInfo(_KINDS[kind]))
        for done, (name, path) in enumerate(sorted(files.items()), 1):
            try:
                with path.open("rb") as file:
                    entry = tar.gettarinfo(arcname=name, fileobj=file)
                    tar.addfile(entry, file)
            except FileNotFoundError:  # a server tidies up its own files
                continue
            report(done, len(files))


def _extract(archive: Path, kind: str, root: Path) -> int:
    """Extract plain files below the root, and return how many there were."""
    count = 0
    try:
        with tarfile.open(archive) as tar:
            first = tar.next()
            if first is None or first.name != _KINDS[kind]:
                raise ParseError(str(archive), f"not an archive of an election's {kind}")
            for entry in tar.getmembers()[1:]:
                path = root / entry.name
                if not entry.isfile() or not path.resolve().is_relative_to(root.resolve()) or path.exists():
                    raise ParseError(str(archive), f"{entry.name!a} does not belong in an election's directory")
                secret = PRIVATE in Path(entry.name).parts or entry.name.startswith(people_database.FOLDER)
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if secret else 0o755)
                source = tar.extractfile(entry)
                if source is None:
                    raise ParseError(str(archive), f"{entry.name!a} is not a plain file")
                with path.open("xb") as file:
                    shutil.copyfileobj(source, file, _CHUNK)
                    file.flush()
                    os.fsync(file.fileno())
                path.chmod(0o600 if secret else 0o644)
                count += 1
    except (tarfile.TarError, OSError) as error:
        raise ParseError(str(archive), f"cannot be read ({error})") from error
    return count
