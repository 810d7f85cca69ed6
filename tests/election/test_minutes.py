"""Minutes of an election with a board have its times, and those of the witnesses that cosigned its end."""

import base64
from pathlib import Path

import pytest

from e2evote.election.export import export
from e2evote.election.minutes import statement_of
from e2evote.errors import VerificationError
from e2evote.record.entries import FileEntry, parse_entry
from e2evote.record.layout import BOARD_CHECKPOINT, Record
from e2evote.record.load import load_election
from e2evote.web.minutes.checking import verify_minutes
from e2evote.web.minutes.paper import draw, renderer
from e2evote.web.minutes.signed import take_apart, with_statement
from tests.builders import TOY
from tests.election.held import Clock, acceptance_of, build, publish
from tests.election.log_in_memory import MemoryBoard

INSECURE = frozenset({TOY})


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    board, folder, clock = MemoryBoard(), tmp_path_factory.mktemp("minutes"), Clock()
    publish(board, build(folder / "built", board.policy).path, clock)
    with board.writing() as writing:
        acceptance_of(board).end(writing, clock())
    size = board.view.size
    export(board.view, board.checkpoint(size, [1_800_000_000]).encode(), size, folder / "record")
    return folder / "record"


def test_times_are_those_of_the_board_and_of_its_witnesses(record: Path) -> None:
    said = statement_of(Record.at(record), "both", "Asia/Tehran", renderer(), (), INSECURE)
    entries = [parse_entry(line, where) for where, line in Record.at(record).lines("board/entries.ndjson")]
    files = {entry.path: entry.time for entry in entries if isinstance(entry, FileEntry)}
    assert said.moments is not None
    assert said.moments.opened == min(time for path, time in files.items() if path.endswith("/open.json"))
    assert said.moments.closed == max(time for path, time in files.items() if path.endswith("/close.json"))
    assert said.moments.counted == files["tallies.ndjson"]
    assert [(seen.witness, seen.time) for seen in said.witnessed] == [("a", "2027-01-15T08:00:00Z")]


def test_the_paper_holds_and_no_other_time_does(record: Path) -> None:
    found = Record.at(record)
    said = statement_of(found, "both", "Asia/Tehran", renderer(), (), INSECURE)
    manifest = load_election(found, INSECURE).manifest
    paper = with_statement(draw(said, manifest), said)
    assert verify_minutes(take_apart(paper), found, INSECURE).statement == said
    seen = said.witnessed[0].model_copy(update={"time": "2027-01-15T09:00:00Z"})
    other = said.model_copy(update={"witnessed": (seen,)})
    forged = with_statement(draw(other, manifest), other)
    with pytest.raises(VerificationError, match="witnessed is not what the record says"):
        verify_minutes(take_apart(forged), found, INSECURE)


def test_a_forged_cosignature_gives_no_minutes(record: Path, tmp_path: Path) -> None:
    text = (record / BOARD_CHECKPOINT).read_bytes()
    changed = tmp_path / "record"
    changed.mkdir()
    for path in record.rglob("*"):
        target = changed / path.relative_to(record)
        target.mkdir(exist_ok=True) if path.is_dir() else target.write_bytes(path.read_bytes())
    lines = text.decode().splitlines()
    head, _, coded = lines[-1].rpartition(" ")
    raw = bytearray(base64.b64decode(coded))
    raw[11] ^= 1  # key's identifier, 4 bytes; time, 8 bytes
    forged = [*lines[:-1], f"{head} {base64.b64encode(raw).decode()}", ""]
    (changed / BOARD_CHECKPOINT).write_text("\n".join(forged))
    with pytest.raises(VerificationError):
        statement_of(Record.at(changed), "en", "UTC", renderer(), (), INSECURE)
