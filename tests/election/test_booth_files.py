"""The list of a booth's files: published where it is new, and held against what is served."""

from pathlib import Path

import pytest

from e2evote.election import booth_files
from e2evote.election.booth_files import check_files, differences, list_of, newest_list, publish_files
from e2evote.election.export import export
from e2evote.errors import CheckError, ParseError
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.builders import TOY, BuiltRecord
from tests.election.held import START, Clock, acceptance_of, build, entries_of, publish
from tests.election.log_in_memory import MemoryBoard

FILES = {"/vote/en": b"<p>Vote", "/static/booth/page.js": b"encrypt()"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryBoard, BuiltRecord]:
    board = MemoryBoard()
    return board, build(tmp_path_factory.mktemp("keys") / "record", board.policy)


@pytest.fixture
def board(keys: tuple[MemoryBoard, BuiltRecord], tmp_path: Path) -> MemoryBoard:
    """A board with the keys of an election and nothing else."""
    first, built = keys
    board = MemoryBoard(first.origin)
    board.key, board.witnesses = first.key, first.witnesses
    acceptance = acceptance_of(board)
    with board.writing() as writing:
        names = ("manifest", "parameters", "hashes", "joint_election_public_key", "hashes_ext")
        guardians = [layout.guardian_path(i) for i in Record.at(built.path).guardian_indices()]
        for name in (*(f"{name}.json" for name in names[:3]), *guardians, *(f"{name}.json" for name in names[3:])):
            acceptance.publish_file(writing, name, (built.path / name).read_bytes(), START)
    return board


def announce(board: MemoryBoard, files: dict[str, bytes]) -> str | None:
    return publish_files(board, acceptance_of(board), files, START)


def test_a_list_is_published_where_it_is_new(board: MemoryBoard) -> None:
    with pytest.raises(CheckError, match="no list of the booth's files"):
        check_files(board, FILES)
    assert announce(board, FILES) == "booth/0001.json"
    check_files(board, FILES)
    assert announce(board, dict(reversed(FILES.items()))) is None
    updated = FILES | {"/vote/fa": b"<p>"}
    assert announce(board, updated) == "booth/0002.json"
    check_files(board, updated)
    assert announce(board, FILES) == "booth/0003.json", "the older programs are served again"
    assert announce(board, FILES) is None
    paths = [entry["path"] for entry in entries_of(board)]
    assert paths[-3:] == ["booth/0001.json", "booth/0002.json", "booth/0003.json"]
    with board.reading() as view:
        assert newest_list(view) == ("booth/0003.json", list_of(FILES))


def test_what_is_served_must_be_what_is_listed(board: MemoryBoard) -> None:
    announce(board, FILES)
    served = {"/vote/en": b"<p>Vote!", "/static/new.js": b""}
    with pytest.raises(CheckError) as caught:
        check_files(board, served)
    assert str(caught.value) == (
        "the booth's files are not those of booth/0001.json on the board: /static/booth/page.js is missing, "
        "/static/new.js is new, /vote/en is another"
    )
    with pytest.raises(CheckError, match=r"/vote/06 is new, /vote/07 is new, and 4 more$"):
        check_files(board, FILES | {f"/vote/{number:02}": b"" for number in range(-1, 12)} | {"/static/a": b""})
    with board.reading() as view:
        sha256 = next(iter(reversed(view.objects)))
        view.objects[sha256] = b'{"files":[]}\n'
    with pytest.raises(ParseError, match=r"booth/0001\.json"):
        check_files(board, FILES)


def test_what_cannot_be_listed(board: MemoryBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    before = board.view.size
    monkeypatch.setattr(booth_files, "FILE_LIMIT", 8)
    for files, message in (
        ({}, "not 0"),
        ({f"/{number}": b"" for number in range(1001)}, "not 1001"),
        ({"/vote": b"", "vote": b""}, "'vote' cannot be the path"),
        ({"/vote/../x": b""}, "cannot be the path"),
        ({"/vote?lang=fa": b""}, "cannot be the path"),
        ({"/رأی": b""}, "cannot be the path"),
        ({"/vote\n": b""}, "cannot be the path"),
        ({"/vote": b"123456789"}, "at most 8 bytes, not 9"),
    ):
        for refusing in (lambda files=files: announce(board, files), lambda files=files: check_files(board, files)):
            with pytest.raises(CheckError, match=message):
                refusing()
    assert board.view.size == before
    assert announce(board, {f"/{number}": b"12345678" for number in range(1000)}) == "booth/0001.json"


def test_no_list_before_the_keys_and_none_behind_the_end(keys: tuple[MemoryBoard, BuiltRecord]) -> None:
    board, built = keys
    with pytest.raises(CheckError, match=r"manifest\.json comes before the files of a booth"):
        announce(board, FILES)
    publish(board, built.path, clock := Clock())
    assert announce(board, FILES) == "booth/0001.json", "voting is over, and the booth may still be mended"
    with board.writing() as writing:
        acceptance_of(board).end(writing, clock())
    with pytest.raises(CheckError, match="the election has ended"):
        announce(board, FILES | {"/new": b""})
    assert announce(board, FILES) is None


def test_what_a_board_takes_for_a_list(board: MemoryBoard) -> None:
    """Whoever publishes files by other means is held to the same form and order."""
    acceptance, good = acceptance_of(board), dump(list_of(FILES)) + b"\n"
    for path, data, error, message in (
        ("booth/0001.json", b"{}\n", ParseError, r"booth/0001\.json"),
        ("booth/0001.json", good[:-1], ParseError, "line feed"),
        ("booth/0002.json", good, CheckError, r"booth/0002\.json comes where number 1 is the next"),
        ("booth/0000.json", good, CheckError, "number 1 is the next"),
        ("booth/1.json", good, CheckError, "no file that stands on a board"),
    ):
        with pytest.raises(error, match=message), board.writing() as writing:
            acceptance.publish_file(writing, path, data, START)
    announce(board, FILES)
    other = dump(list_of({"/x": b""})) + b"\n"
    with pytest.raises(CheckError, match="another file of this name"), board.writing() as writing:
        acceptance.publish_file(writing, "booth/0001.json", other, START)


def test_the_record_has_the_lists_and_is_valid(
    keys: tuple[MemoryBoard, BuiltRecord], board: MemoryBoard, tmp_path: Path
) -> None:
    announce(board, FILES)
    publish(board, keys[1].path, clock := Clock())
    announce(board, FILES | {"/new": b""})
    with board.writing() as writing:
        acceptance_of(board).end(writing, clock())
    path = tmp_path / "record"
    export(board.view, board.checkpoint(times=[1_800_000_000]).encode(), board.view.size, path)
    assert Record.at(path).booth_lists() == ["booth/0001.json", "booth/0002.json"]
    assert verify_record(Record.at(path), allow_insecure={TOY}).valid
    assert oracle.verify(path, {TOY}).passed

    again = MemoryBoard(board.origin)
    again.key, again.witnesses = board.key, board.witnesses
    assert publish(again, path)["file"] == sum(entry["kind"] == "file" for entry in entries_of(board))


def test_differences_are_told_by_path() -> None:
    before, after = list_of({"/a": b"1", "/b": b"1", "/c": b"1"}), list_of({"/b": b"2", "/c": b"1", "/d": b"1"})
    assert differences(before, after) == ["/a is missing", "/b is another", "/d is new"]
    assert differences(after, after) == []
