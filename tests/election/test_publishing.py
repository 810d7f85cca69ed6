"""A record brought onto a board, and taken from it again."""

from pathlib import Path

import pytest

from e2evote.election.export import export
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
from tests.builders import TOY
from tests.election.held import Clock, acceptance_of, build, entries_of, publish
from tests.election.log_in_memory import MemoryBoard


@pytest.fixture(scope="module")
def board() -> MemoryBoard:
    return MemoryBoard()


@pytest.fixture(scope="module")
def record(board: MemoryBoard, tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("record") / "record", board.policy).path


@pytest.fixture(scope="module")
def published(board: MemoryBoard, record: Path) -> MemoryBoard:
    clock = Clock()
    publish(board, record, clock)
    with board.writing() as writing:
        acceptance_of(board).end(writing, clock())
    return board


def taken(board: MemoryBoard, folder: Path, size: int | None = None) -> Path:
    size = board.view.size if size is None else size
    note = board.checkpoint(size, [1_800_000_000]).encode()
    export(board.view, note, size, folder)
    return folder


def test_a_record_goes_onto_the_board_and_comes_back_valid(published, tmp_path):
    report = verify_record(Record.at(taken(published, tmp_path / "record")), allow_insecure={TOY})
    report.require_valid()
    assert report.counts["entries"] == published.view.size
    assert {check.id for check in report.checks if check.id.startswith("X.board") and check.count} >= {
        "X.board-signed", "X.board-witnessed", "X.board-root", "X.board-order", "X.board-files", "X.board-ballots",
        "X.board-statuses", "X.board-opened", "X.board-end",
    }  # fmt: skip


def test_what_is_there_already_is_not_brought_again(published, record):
    size = published.view.size
    with pytest.raises(CheckError, match="ended"), published.writing() as writing:
        acceptance_of(published).publish_file(writing, "exceptions.ndjson", b"{}\n", Clock()())
    assert publish(published, record) == {}
    assert published.view.size == size


def test_the_entries_come_in_order(published):
    kinds = [entry["kind"] for entry in entries_of(published)]
    assert kinds[0] == "file"
    assert kinds[-1] == "end"
    times = [entry["time"] for entry in entries_of(published)]
    assert times == sorted(times)


@pytest.mark.parametrize("how", ["missing", "false"])
def test_no_record_without_every_object(published, tmp_path, how):
    view = published.view
    sha256, data = list(view.objects.items())[-1]
    try:
        view.objects[sha256] = b"something else"
        if how == "missing":
            del view.objects[sha256]
        with pytest.raises(CheckError, match="is missing" if how == "missing" else "not what its name says"):
            taken(published, tmp_path / "record")
    finally:
        view.objects[sha256] = data


def test_an_entry_of_another_kind_ends_the_export(published, tmp_path):
    published.view.log.append(b'{"kind":"greeting"}')
    try:
        with pytest.raises(ParseError, match="kind"):
            taken(published, tmp_path / "record")
    finally:
        published.view.log.pop()


def test_ballots_without_proof_do_not_come_onto_a_board(tmp_path):
    board = MemoryBoard()
    built = build(tmp_path / "record", board.policy, until="ballots")
    shard = built.path / "devices/0001/ballots-000001.ndjson"
    data = shard.read_bytes()
    at = data.index(b'"challenge":"') + 13
    shard.write_bytes(data[:at] + (b"1" if data[at : at + 1] == b"0" else b"0") + data[at + 1 :])
    with pytest.raises(VerificationError, match="proof"):
        publish(board, built.path)
    assert [entry["kind"] for entry in entries_of(board)].count("ballot") == 0
