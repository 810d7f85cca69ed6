"""Boards on each kind of database."""

import importlib.util
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from e2evote.board.log import Board
from tests.board.keys import ORIGIN
from tests.postgres import URL

SQLITE, POSTGRESQL = "sqlite", "postgresql"


def server() -> str:
    """The URL of the tests' PostgreSQL server; skips without one, fails in CI."""
    reason = ""
    if importlib.util.find_spec("psycopg") is None:
        reason = "no psycopg: 'make extras' installs it"
    elif not URL.is_file():
        reason = "no PostgreSQL server: 'make postgres' starts one"
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return URL.read_text()


def execute(url: str, statement: str) -> None:
    """Run one statement on the server, in no transaction."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def new_database() -> str:
    """Make an empty database and return its URL."""
    url, name = server(), f"test_{secrets.token_hex(8)}"
    execute(url, f"CREATE DATABASE {name}")
    return make_url(url).set(database=name).render_as_string()


def drop(url: str) -> None:
    """Drop it, whoever is connected."""
    execute(server(), f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture
def postgres_database() -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    url = new_database()
    yield url
    drop(url)


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database(request: pytest.FixtureRequest) -> str | None:
    """What ``Board.create`` takes: no URL for a file in the folder, or that of an empty PostgreSQL database."""
    return None if request.param == SQLITE else request.getfixturevalue("postgres_database")


@pytest.fixture
def board(tmp_path: Path, database: str | None) -> Iterator[Board]:
    """A new board, on each kind of database."""
    with Board.create(tmp_path / "board", ORIGIN, database=database) as made:
        yield made


@pytest.fixture
def file_board(tmp_path: Path) -> Iterator[Board]:
    """A new board in a file."""
    with Board.create(tmp_path / "board", ORIGIN) as made:
        yield made
