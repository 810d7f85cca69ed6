"""One database: how connections are set up, how transactions begin and end, what its errors are called.

Whoever writes is alone, in all processes: SQLite's ``BEGIN IMMEDIATE`` takes the lock of the whole file; in PostgreSQL
``Writing`` locks the one row of the table ``log`` before it reads anything else. There it runs READ COMMITTED: each
statement then sees all that was committed before the lock was had; a snapshot from before the wait would be stale.
Readers see one state of everything: a read transaction in SQLite, REPEATABLE READ and READ ONLY in PostgreSQL.

When a commit returns, what it wrote is on the disk: WAL with ``synchronous=FULL``, ``synchronous_commit=on``; a server
that runs with ``fsync=off`` is refused.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from e2evote.errors import CheckError, StorageError

PATIENCE = 10
"""Seconds that a process waits for the writer's lock, or for a database server that does not answer."""

_ABANDONED = 60
"""Seconds after which PostgreSQL ends a transaction in which nothing is asked any more, and gives its lock away."""

_POOL: dict[str, Any] = {"pool_size": 8, "max_overflow": 56, "pool_timeout": PATIENCE, "hide_parameters": True}


class Database:
    """A database of one log."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Take an engine, and what the database is called in errors."""
        self._engine, self.where = engine, where
        self._writer = Lock()

    @classmethod
    def at(cls, place: Path | str, create: bool = False) -> "Database":
        """Return the SQLite database in a file, or the one behind a ``postgresql://`` URL. Nothing is connected yet.

        Raises:
            CheckError: another kind of URL, or psycopg is not installed.
        """
        return cls(_sqlite(place, create), str(place)) if isinstance(place, Path) else _postgresql(place)

    @contextmanager
    def transaction(self, writing: bool = False) -> Iterator[Connection]:
        """Give a connection in a transaction: a reader's, or a writer's, committed at the end unless the block raises.

        Raises:
            StorageError: there is no connection, or the commit failed; after a lost connection it may nevertheless have
                taken place.
        """
        with self._turn() if writing else nullcontext():
            with translated(self.where):
                connection = self._engine.connect()
            try:
                with translated(self.where):
                    _begin(connection, writing)
                yield connection
                if writing:
                    _commit(connection, self.where)
            finally:
                _end(connection)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let one thread of this process after the other ask for the database's lock.

        SQLite has whoever does not get it sleep and ask again, up to a tenth of a second: of many threads that write,
        some then wait for ever while the lock is free most of the time.

        Raises:
            StorageError: the others take too long.
        """
        if not self._writer.acquire(timeout=PATIENCE):
            raise StorageError(f"{self.where}: others are writing")
        try:
            yield
        finally:
            self._writer.release()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn a database's errors into ours.

    Raises:
        StorageError: with the database's reason.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise StorageError(f"{where}: {_reason(error)}") from error


def _reason(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def _begin(connection: Connection, writing: bool) -> None:
    if connection.dialect.name == "sqlite":
        connection.execution_options(writing=writing)
    elif writing:
        connection.execution_options(isolation_level="READ COMMITTED")
    else:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    connection.begin()


def _commit(connection: Connection, where: str) -> None:
    try:
        connection.commit()
    except DBAPIError as error:
        unknown = "; whether this was still written is not known" if error.connection_invalidated else ""
        raise StorageError(f"{where}: {_reason(error)}{unknown}") from error


def _end(connection: Connection) -> None:
    """Roll back what is not committed; a connection on which that fails is not used again."""
    try:
        connection.rollback()
    except SQLAlchemyError:
        connection.invalidate()
    connection.close()


# ------------------------------------------------------------------------------------------------------------ SQLite


def _sqlite(file: Path, create: bool) -> Engine:
    name = f"file:{quote(str(file.absolute()))}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        # Without an isolation level the driver begins no transactions of its own; ours begin below.
        return sqlite3.connect(name, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, **_POOL)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma, wanted in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        connection.execute(f"PRAGMA {pragma}={wanted}")
        found = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        if found != wanted:
            raise sqlite3.OperationalError(f"{pragma} is {found}, and not to be set to {wanted} here")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


# -------------------------------------------------------------------------------------------------------- PostgreSQL


def _postgresql(text: str) -> Database:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise CheckError("the database's URL is none") from None  # not repeated: it may hold a password
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise CheckError(f"the database's URL begins with {url.drivername}:// instead of postgresql://")
    settings = (
        f"-c synchronous_commit=on -c lock_timeout={PATIENCE}s -c idle_in_transaction_session_timeout={_ABANDONED}s"
    )
    arguments = {"connect_timeout": PATIENCE, "tcp_user_timeout": 1000 * PATIENCE, "options": settings}
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), connect_args=arguments, pool_pre_ping=True, **_POOL
        )
    except ModuleNotFoundError:
        raise CheckError("a PostgreSQL database needs psycopg: install e2evote with the extra 'postgres'") from None
    event.listen(engine, "connect", _require_durable)
    return Database(engine, url.set(query={}).render_as_string(hide_password=True))


def _require_durable(connection: Any, _record: object) -> None:  # noqa: ANN401  (psycopg is not always there)
    found = connection.execute("SHOW fsync").fetchone()[0]
    connection.rollback()
    if found != "on":
        connection.close()
        raise CheckError("the database server runs with fsync=off: a crash would lose what it has acknowledged")
