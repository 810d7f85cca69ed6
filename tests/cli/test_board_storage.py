"""The care of a board's database, through the commands."""

import sqlite3
from pathlib import Path

import pytest

from e2evote.board.log import Board
from tests.cli.running import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Board.create(tmp_path / "board", "log.example/election") as board, board.writing() as writing:
        for number in range(5):
            writing.append(f"entry {number}".encode(), ["all"])
    return tmp_path / "board"


def change(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "board.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_sound_database_is_audited(folder: Path) -> None:
    assert run("board", "audit", folder).stdout == "5 entries: all that the database holds follows from them\n"


def test_a_stream_whose_end_is_gone_is_found(folder: Path) -> None:
    change(folder, "DELETE FROM streams WHERE ordinal = 4")
    assert "the streams are not those that the entries name" in run("board", "audit", folder, code=2).stderr


def test_an_older_database_is_upgraded_and_a_newer_one_refused(folder: Path) -> None:
    assert run("board", "upgrade", folder).stdout == "the database has the tables of this version\n"
    change(folder, "UPDATE alembic_version SET version_num = '9999'")
    for command in ("audit", "upgrade"):
        assert "a newer version of e2evote has written it" in run("board", command, folder, code=2).stderr


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "is not a board's folder" in run("board", "audit", tmp_path / "none", code=2).stderr
