"""The board's folder: made whole or not at all, read strictly, its key for the owner alone."""

import json
import stat
from pathlib import Path

import pytest

from e2evote.board.folder import Folder
from e2evote.board.log import Board
from e2evote.board.notes import SigningKey
from e2evote.errors import CheckError, E2EVoteError, ParseError, StorageError
from tests.board.keys import ORIGIN, WITNESSES


def made(root: Path) -> Path:
    Board.create(root, ORIGIN).close()
    return root


def test_what_is_made(tmp_path: Path) -> None:
    root = made(tmp_path / "sub" / "board")
    key = SigningKey.parse((root / "private/log.key").read_text().removesuffix("\n"))
    assert json.loads((root / "board.json").read_bytes()) == {
        "origin": ORIGIN,
        "vkey": str(key.verifier),
        "merge_delay": 60,
    }
    assert (root / "policy").read_text() == f"log {key.verifier}\nquorum none\n"
    assert [
        stat.S_IMODE((root / name).stat().st_mode) for name in ("private", "private/log.key", "private/signed.json")
    ] == [
        0o700,
        0o600,
        0o600,
    ]
    assert sorted(path.name for path in root.iterdir()) == ["board.json", "board.sqlite", "policy", "private"]


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    secret = (made(tmp_path / "board") / "private/log.key").read_text().split("+")[-1].strip()
    with Board.open(tmp_path / "board") as board:
        for thing in (board, board._folder, board._folder.key, board._folder.settings):
            assert secret not in repr(thing)


def test_a_board_is_not_made_over_another(tmp_path: Path) -> None:
    before = sorted(made(tmp_path / "board").rglob("*"))
    with pytest.raises(CheckError, match="board is there already"):
        Board.create(tmp_path / "board", ORIGIN)
    assert sorted((tmp_path / "board").rglob("*")) == before
    (tmp_path / "empty").mkdir()
    made(tmp_path / "empty")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "with space"}, "without spaces"),
        ({"witnesses": ""}, "expected one quorum line"),
        ({"witnesses": "quorum nobody\n"}, "nobody"),
        ({"merge_delay": 0}, "a merge delay is from 1 to 604800 seconds, not 0"),
        ({"database": "mysql://localhost/board"}, "begins with mysql:// instead of postgresql://"),
        ({"database": "no url"}, "the database's URL is none"),
        ({"database": "postgresql://me:secret@localhost/board"}, "has a password in it"),
        ({"database": "postgresql://127.0.0.1:1/board"}, "postgresql://127.0.0.1:1/board: .*refused"),
    ],
)
def test_nothing_is_left_of_a_board_that_cannot_be_made(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(E2EVoteError, match=said) as error:
        Board.create(tmp_path / "board", **({"name": ORIGIN} | options))
    assert "secret" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


SETTINGS = {
    "missing": (None, CheckError, "is not a board's folder"),
    "not-json": (b"{", ParseError, "board.json: not JSON"),
    "not-an-object": (b"[]", ParseError, "board.json: expected an object"),
    "twice": (b'{"origin":"a","origin":"a"}', ParseError, "board.json: origin: the key appears twice"),
    "field-missing": ({"vkey": None}, ParseError, "board.json: vkey: the field is missing"),
    "field-unknown": ({"colour": "red"}, ParseError, "board.json: colour: there is no such field"),
    "wrong-type": ({"merge_delay": "60"}, ParseError, "board.json: merge_delay: expected a whole number"),
    "a-truth-value": ({"merge_delay": True}, ParseError, "board.json: merge_delay: expected a whole number"),
    "delay": ({"merge_delay": 604801}, ParseError, "board.json: a merge delay is from 1 to 604800"),
    "no-vkey": ({"vkey": "log+1"}, ParseError, "board.json: verifier key"),
    "other-origin": ({"origin": "another"}, ParseError, "whose name is the origin"),
    "witness-key": ({"vkey": str(WITNESSES[0].verifier), "origin": WITNESSES[0].name}, ParseError, "an Ed25519 key"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_read_strictly(tmp_path: Path, name: str) -> None:
    change, kind, said = SETTINGS[name]
    path = made(tmp_path / "board") / "board.json"
    if change is None:
        path.unlink()
    elif isinstance(change, bytes):
        path.write_bytes(change)
    else:
        values = json.loads(path.read_bytes()) | change
        path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
    with pytest.raises(kind, match=said):
        Board.open(tmp_path / "board")


def test_the_other_files_are_read_strictly(tmp_path: Path) -> None:
    root = made(tmp_path / "board")
    other = made(tmp_path / "other")
    for name, content, said in (
        ("policy", b"quorum none\n", "there is no line 'log log.example/election"),
        ("policy", b"what\n", "policy: policy:1: expected log, witness"),
        ("private/log.key", b"PRIVATE+KEY+what\n", "log.key: expected name"),
        ("private/log.key", b"\xff", "log.key: not UTF-8 at byte 0"),
        ("private/log.key", (other / "private/log.key").read_bytes(), "this key is not the one that board.json names"),
        ("private/log.key", bytes(1 << 21), "expected at most 1048576 bytes"),
        ("private/log.key", None, "log.key: the file is missing"),
    ):
        path = root / name
        before = path.read_bytes()
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(E2EVoteError, match=said):
            Board.open(root)
        path.write_bytes(before)
        path.chmod(0o600)
    Board.open(root).close()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    root = made(tmp_path / "board")
    (root / "private/log.key").chmod(0o640)
    with pytest.raises(CheckError, match=r"log\.key: others can read this file"):
        Folder(root)


def test_the_database_has_to_be_this_logs(tmp_path: Path) -> None:
    root, other = made(tmp_path / "board"), made(tmp_path / "other")
    (other / "board.sqlite").replace(root / "board.sqlite")
    with pytest.raises(CheckError, match="this is the database of another log"):
        Board.open(root)


def test_a_missing_database_is_not_made_anew(tmp_path: Path) -> None:
    root = made(tmp_path / "board")
    (root / "board.sqlite").unlink()
    with pytest.raises(StorageError, match=r"board\.sqlite: unable to open database file"):
        Board.open(root)
    assert not (root / "board.sqlite").exists()


def test_a_database_that_is_none_is_refused(tmp_path: Path) -> None:
    root = made(tmp_path / "board")
    (root / "board.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match=r"board\.sqlite: file is not a database"):
        Board.open(root)
