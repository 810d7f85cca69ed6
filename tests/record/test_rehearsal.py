"""A rehearsal says that it is one wherever its name is shown; its roll, keys and board are of no use to an election."""

import json
from pathlib import Path

import pytest

from e2evote.board.log import Board
from e2evote.election.people.database import People
from e2evote.errors import CheckError
from e2evote.examples import manifest_bytes
from e2evote.record.manifest import Manifest, parse_manifest, rehearsal_of
from e2evote.workspace.directory import Workspace
from tests.builders import TOY
from tests.cli.conftest import run
from tests.election.members import people_with
from tests.web.booth.booths import make_booth

ONLINE = parse_manifest(manifest_bytes("online"))


def changed(manifest: Manifest, **changes: object) -> list[str]:
    return list(manifest.model_copy(update=changes).problems())


def test_its_label_and_names_say_so() -> None:
    made = rehearsal_of(ONLINE)
    made.check()
    assert made.label == f"REHEARSAL {ONLINE.label}"
    assert made.name is not None
    assert made.name["en"].startswith("REHEARSAL: ")
    assert made.name["fa"].startswith("مانور: ")
    assert (made.rehearsal, made.board, made.contests) == (True, None, ONLINE.contests)
    with pytest.raises(CheckError, match="rehearsal already"):
        rehearsal_of(made)


def test_a_rehearsal_without_the_word_and_an_election_with_it_are_refused() -> None:
    made = rehearsal_of(ONLINE)
    assert changed(made, label="Board 2026") == ["label: a rehearsal begins with 'REHEARSAL'"]
    assert changed(made, name={"fa": "انتخابات"}) == ["name in fa: a rehearsal begins with 'مانور'"]
    assert changed(made, name={"fa-IR": "انتخابات"}) == ["name in fa-IR: a rehearsal begins with 'مانور'"]
    assert changed(made, name={"de": "Wahl"}) == ["name in de: a rehearsal begins with 'REHEARSAL'"]
    assert len(changed(made, rehearsal=False)) == 3
    assert changed(ONLINE, label="REHEARSAL") == ["label: only a rehearsal begins with 'REHEARSAL'"]


def test_the_rolls_of_rehearsals_and_elections_are_apart(tmp_path: Path) -> None:
    for name in ("real", "rehearsal"):
        (tmp_path / name).mkdir()
    people_with(tmp_path / "real", 3).close()
    People.create(tmp_path / "rehearsal", rehearsal=True).close()
    with People.open(tmp_path / "real") as people:
        assert not people.rehearsal
        people.require(rehearsal=False)
        with pytest.raises(
            CheckError, match="this is the roll of an election, and the manifest is that of a rehearsal"
        ):
            people.require(rehearsal=True)
    with People.open(tmp_path / "rehearsal") as people:
        assert people.rehearsal
        with pytest.raises(CheckError, match="this is the roll of a rehearsal"):
            people.require(rehearsal=False)


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """An election and its rehearsal, each with its keys."""
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(manifest_bytes("online"))
    run("manifest", "rehearse", manifest, "--out", tmp_path / "rehearsal.json")
    for name, file in (("real", manifest), ("practice", tmp_path / "rehearsal.json")):
        run("election", "create", tmp_path / name, "--manifest", file, "--guardians", 3, "--quorum", 2,
            "--insecure-parameters", TOY)  # fmt: skip
    return tmp_path / "real", tmp_path / "practice"


def test_the_verifier_says_what_it_is(both: tuple[Path, Path]) -> None:
    real, practice = both
    arguments = ("--until", "keys", "--insecure-parameters", TOY, "--json", "-")
    told = json.loads(run("verify", practice / "record", *arguments).stdout)
    assert "rehearsal" in [note["code"] for note in told["strength"]]
    told = json.loads(run("verify", real / "record", *arguments).stdout)
    assert "rehearsal" not in [note["code"] for note in told["strength"]]


def test_its_roll_is_not_taken_by_the_election(both: tuple[Path, Path], tmp_path: Path) -> None:
    real, practice = both
    roll = tmp_path / "roll.csv"
    roll.write_text("member_number,name,mobile\n12345,A,09121234567\n")
    run("roll", "import", practice, roll)
    (practice / "people").rename(real / "people")
    (practice / "private" / "people.key").rename(real / "private" / "people.key")
    assert "this is the roll of a rehearsal" in run("roll", "import", real, roll, code=2).stderr


def test_its_record_is_not_taken_by_the_board_of_the_election(both: tuple[Path, Path], tmp_path: Path) -> None:
    _, practice = both
    board = make_booth(tmp_path / "club") / "board"
    with Board.open(board) as kept, kept.reading() as view:
        before = view.size
    refused = run("board", "publish", board, practice / "record", "--insecure-parameters", TOY, code=2).stderr
    assert "manifest" in refused
    with Board.open(board) as kept, kept.reading() as view:
        assert view.size == before


def test_its_keys_decrypt_nothing_of_the_election(both: tuple[Path, Path]) -> None:
    real, practice = both
    assert Workspace(real).shares(1).i == 1
    for i in (1, 2, 3):
        name = f"private/guardians/guardian_{i}.json"
        (real / name).write_bytes((practice / name).read_bytes())
        with pytest.raises(CheckError, match=f"not the shares of guardian {i} in this election"):
            Workspace(real).shares(i)
