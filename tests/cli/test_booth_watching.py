"""The monitor's command with a booth: a board as it is kept, and a booth's server as a process of its own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance
from e2evote.election.booth_files import check_files, publish_files
from e2evote.errors import CheckError
from e2evote.workspace.boards import sign_checkpoint
from tests.builders import TOY, manifest_bytes
from tests.cli.conftest import run
from tests.election.test_booth_watch import FILES, SCRIPT, Served

INSECURE = ("--insecure-parameters", TOY)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "booth")
    yield served
    served.end()


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A board with the keys of an election, and nobody who witnesses it."""
    folder = tmp_path / "board"
    named = run("board", "create", folder, "--origin", "club.example/2026").stdout
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(manifest_bytes(board=json.loads("{" + named + "}")["board"]))
    create = ("election", "create", tmp_path / "club", "--manifest", manifest, "--guardians", 2, "--quorum", 1)
    run(*create, *INSECURE)
    run("board", "publish", folder, tmp_path / "club" / "record", "--jobs", 1, *INSECURE)
    return folder


def announce(folder: Path, files: dict[str, bytes]) -> str | None:
    with Board.open(folder) as kept:
        path = publish_files(kept, Acceptance.of(kept, frozenset({TOY})), files, datetime.now(UTC))
        sign_checkpoint(kept)
        check_files(kept, files)
    return path


def test_a_booth_is_watched_with_its_board(board: Path, served: Served, tmp_path: Path) -> None:
    watch = ("board", "monitor", board, "--state", tmp_path / "watch", "--booth", served.url)
    assert "no list of the booth's files yet" in run(*watch, code=2).stderr
    assert announce(board, FILES) == "booth/0001.json"
    assert announce(board, FILES) is None
    assert run(*watch).stdout == ""

    served.put({SCRIPT: b"steal()"})
    shown = run(*watch, code=1).stdout
    assert shown.startswith("ALARM booth-file-changed: ")
    (data, question) = sorted((tmp_path / "watch" / "evidence").iterdir())
    assert f"evidence: evidence/{data.name}" in shown
    assert data.read_bytes() == b"steal()"
    assert json.loads(question.read_bytes())["url"] == f"{served.url}{SCRIPT}"
    assert run(*watch, code=1).stdout == ""
    (line,) = (tmp_path / "watch" / "alarms.ndjson").read_text().splitlines()
    assert json.loads(line)["about"].startswith(f"{SCRIPT} ")

    served.put({SCRIPT: FILES[SCRIPT]})
    served.play({SCRIPT: {"status": 404}})
    as_json = [json.loads(line) for line in run(*watch, "--json", code=1).stdout.splitlines()]
    assert [(alarm["kind"], alarm["about"]) for alarm in as_json] == [("booth-file-missing", SCRIPT)]

    with Board.open(board) as kept, pytest.raises(CheckError, match=rf"{SCRIPT} is another$"):
        check_files(kept, FILES | {SCRIPT: b"encrypt(better)"})
    assert announce(board, FILES | {SCRIPT: b"encrypt(better)"}) == "booth/0002.json"


def test_what_to_call_oneself_and_a_booth_that_is_down(board: Path, served: Served, tmp_path: Path) -> None:
    announce(board, FILES)
    served.play({SCRIPT: {"for": "Pocket/2", "data": "steal()"}})
    watch = ("board", "monitor", board, "--state", tmp_path / "watch", "--booth", served.url)
    run(*watch, "--user-agent", "Pocket/1")
    assert {each["User-Agent"] for each in served.asked()} == {"Pocket/1"}
    served.end()
    assert "2 more files of the booth likewise" in run(*watch, code=2).stderr
    again = Served(tmp_path / "again")
    again.play({SCRIPT: {"for": "Pocket/2", "data": "steal()"}})
    run(*watch[:-1], again.url, "--user-agent", "Pocket/2", code=1)
    again.end()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--user-agent", "Pocket/1"), "needs --booth"),
        (("--booth", "vote.example"), "expected the booth's address"),
        (("--booth", "https://vote.example", "--user-agent", "a\nb: c"), "a line of ASCII characters"),
        (("--booth", "https://vote.example", "--user-agent", "مرورگر"), "a line of ASCII characters"),
    ],
)
def test_options_that_are_wrong(options: tuple[str, ...], message: str, board: Path, tmp_path: Path) -> None:
    assert message in run("board", "monitor", board, "--state", tmp_path / "watch", *options, code=2).output
    assert not (tmp_path / "watch").exists()
