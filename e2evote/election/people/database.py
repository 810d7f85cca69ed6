"""Opening the database about people, and its transactions.

```
DIR/people/people.sqlite     the database, unless people.json names a server's
DIR/people/people.json       {"database": "postgresql://…"}, where there is one
DIR/private/people.key       the keys, for the owner alone; keep its backup apart from the database's
```

Connections, durability and errors are those of the board's storage; the databases have nothing else in common. Whoever
writes is alone, in all processes, so that what it has read still holds when it writes.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select

from e2evote.board.storage.database import Database, translated
from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.people.schema import PEOPLE
from e2evote.encoding import canonical_json, strict_json
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.files import write_atomically

FOLDER, FILE, SETTINGS, KEY = "people", "people.sqlite", "people.json", "private/people.key"

_SCRIPTS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Access:
    """A connection in a transaction, and the keys to what it reads and writes."""

    connection: Connection
    key: SecretPeopleKey


class People:
    """The database about people of one election."""

    def __init__(self, database: Database, key: SecretPeopleKey, rehearsal: bool = False) -> None:
        """Take an open database and its keys, and whether it is a rehearsal's."""
        self._database, self.key, self.rehearsal = database, key, rehearsal

    @classmethod
    def create(cls, directory: Path, database: str | None = None, rehearsal: bool = False) -> "People":
        """Make an empty database and its keys in an election's directory.

        Args:
            directory: the election's.
            database: a ``postgresql://`` URL without a password; by default a file.
            rehearsal: whether it is a rehearsal's; it says so for ever.

        Raises:
            CheckError: there is one already, or something is in its way.
            StorageError: it cannot be written.
        """
        folder = directory / FOLDER
        if exists(directory):
            raise CheckError(f"{folder}: there is a people's database already")
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            key = SecretPeopleKey.create(directory / KEY)
            try:
                found = Database.at(folder / FILE if database is None else database, create=True)
                _make_tables(found, key, rehearsal)
                if database is not None:
                    write_atomically(folder / SETTINGS, canonical_json({"database": database}) + b"\n", mode=0o600)
            except BaseException:
                (directory / KEY).unlink()
                for left in folder.glob(f"{FILE}*"):
                    left.unlink()
                raise
        except OSError as error:
            raise StorageError(f"{folder}: {error.strerror}") from error
        return cls(found, key, rehearsal)

    @classmethod
    def open(cls, directory: Path) -> "People":
        """Open the database of an election's directory.

        Raises:
            CheckError: there is none, its tables are of another version, or the key is not its key.
            ParseError: the key's file or the settings are not in their form.
            StorageError: it cannot be read.
        """
        place = _place(directory / FOLDER)
        key = SecretPeopleKey.read(directory / KEY)
        people = cls(Database.at(place), key)
        people._check(directory / KEY)
        return people

    @classmethod
    def upgrade(cls, directory: Path) -> bool:
        """Bring the tables of an election's directory up to date, and tell whether they were not.

        Raises:
            CheckError: there is no database, or its tables are of a later version.
            ParseError, StorageError: as ``open``.
        """
        database = Database.at(_place(directory / FOLDER))
        try:
            known = [script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()]
            with database.transaction() as connection, translated(database.where):
                found = MigrationContext.configure(connection).get_current_revision()
            if found not in known:
                raise CheckError(f"{database.where}: its tables are of revision {found}; expected one of {known}")
            if found != known[0]:
                _migrate(database)
        finally:
            database.close()
        cls.open(directory).close()
        return found != known[0]

    @contextmanager
    def reading(self) -> Iterator[Access]:
        """Give one view of everything.

        Raises:
            StorageError: it cannot be read.
        """
        with self._database.transaction() as connection, translated(self._database.where):
            yield Access(connection, self.key)

    @contextmanager
    def writing(self) -> Iterator[Access]:
        """Give the one writer's view; what is written is durable at the end, and forgotten if the block raises.

        Raises:
            StorageError: it cannot be written.
        """
        with self._database.transaction(writing=True) as connection, translated(self._database.where):
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")  # what is deleted is overwritten
            connection.execute(select(PEOPLE.c.id).with_for_update())
            yield Access(connection, self.key)

    def require(self, rehearsal: bool) -> None:
        """Accept a roll for a rehearsal, or for an election: neither is ever used for the other.

        Raises:
            CheckError: it is the other's.
        """
        if self.rehearsal != rehearsal:
            ours, wanted = ("a rehearsal", "an election") if self.rehearsal else ("an election", "a rehearsal")
            raise CheckError(
                f"{self._database.where}: this is the roll of {ours}, and the manifest is that of {wanted}"
            )

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, key_file: Path) -> None:
        where = self._database.where
        with self._database.transaction() as connection, translated(where):
            found = MigrationContext.configure(connection).get_current_revision()
            if found is None:
                raise CheckError(f"{where}: there are no tables of people in this database")
            wanted = ScriptDirectory(str(_SCRIPTS)).get_current_head()
            if found != wanted:
                raise CheckError(
                    f"{where}: its tables are of revision {found}, expected {wanted}; 'e2evote roll upgrade' brings "
                    "older ones up to date"
                )
            proof = connection.execute(select(PEOPLE.c.proof)).scalar_one()
        self.rehearsal = secrets.compare_digest(proof, _proof(self.key, rehearsal=True))
        if not (self.rehearsal or secrets.compare_digest(proof, _proof(self.key, rehearsal=False))):
            raise CheckError(f"{key_file}: this is not the key of {where}")


def exists(directory: Path) -> bool:
    """Tell whether an election's directory has a people's database."""
    return any((directory / FOLDER / name).exists() for name in (FILE, SETTINGS))


def _place(folder: Path) -> Path | str:
    settings = folder / SETTINGS
    if settings.is_file():
        found = strict_json(settings.read_bytes(), str(settings))
        if not isinstance(found, dict) or found.keys() != {"database"} or not isinstance(found["database"], str):
            raise ParseError(str(settings), "expected an object with the field database, a string")
        return found["database"]
    if not (folder / FILE).is_file():
        raise CheckError(f"{folder}: there is no people's database; 'e2evote roll import' makes one")
    return folder / FILE


def _proof(key: SecretPeopleKey, rehearsal: bool) -> bytes:
    return key.digest("proof", b"rehearsal") if rehearsal else key.digest("proof")


def _make_tables(database: Database, key: SecretPeopleKey, rehearsal: bool) -> None:
    with database.transaction() as connection, translated(database.where):
        if MigrationContext.configure(connection).get_current_revision() is not None:
            raise CheckError(f"{database.where}: there are tables in this database already")
    _migrate(database)
    with database.transaction(writing=True) as connection, translated(database.where):
        connection.execute(insert(PEOPLE).values(id=1, proof=_proof(key, rehearsal)))


def _migrate(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with database.transaction(writing=True) as connection, translated(database.where):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
