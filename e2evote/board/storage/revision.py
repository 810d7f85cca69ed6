"""Which tables a database has, and bringing them to those of this version, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert

from e2evote.board.storage.database import Database, translated
from e2evote.board.storage.schema import LOG
from e2evote.errors import CheckError

_SCRIPTS = Path(__file__).parent / "migrations"


def newest() -> str:
    """Return the revision of this version."""
    head = _scripts().get_current_head()
    if head is None:
        raise FileNotFoundError(f"{_SCRIPTS}: the migrations are missing")
    return head


def revision_of(database: Database) -> str | None:
    """Return a database's revision, None where it has no tables of ours.

    Raises:
        StorageError: it cannot be read.
    """
    with database.transaction() as connection, translated(database.where):
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> None:
    """Bring a log's database to the tables of this version. Servers that use it have to be stopped before.

    Raises:
        CheckError: it has no tables of a log, or those of a newer version.
        StorageError: it does not take it; then nothing has changed.
    """
    _known(database)
    with database.transaction(writing=True) as connection, translated(database.where):
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    """Make the newest tables out of older ones, or out of none, in the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def create(database: Database, origin: str, vkey: str) -> None:
    """Make the tables of an empty log in an empty database.

    Raises:
        CheckError: there is a log already.
        StorageError: the database does not take it.
    """
    if revision_of(database) is not None:
        raise CheckError(f"{database.where}: there is a board in this database already")
    with database.transaction(writing=True) as connection, translated(database.where):
        _upgrade(connection)
        connection.execute(insert(LOG).values(id=1, origin=origin, vkey=vkey, size=0))


def check(database: Database, folder: Path) -> None:
    """Accept a database with the tables of this version.

    Raises:
        CheckError: it has others, or none; the text names the command that helps, if one does.
        StorageError: it cannot be read.
    """
    found, wanted = _known(database), newest()
    if found != wanted:
        hint = f"run 'e2evote board upgrade {folder}'"
        raise CheckError(f"{database.where}: its tables are of revision {found}, expected {wanted}; {hint}")


def _known(database: Database) -> str:
    found = revision_of(database)
    if found is None:
        raise CheckError(f"{database.where}: there are no tables of a board in this database")
    if all(script.revision != found for script in _scripts().walk_revisions()):
        raise CheckError(
            f"{database.where}: a newer version of e2evote has written it, its tables are of revision {found}"
        )
    return found


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_SCRIPTS))
