"""A value that a check compares is refused whether it is higher or lower than the right one."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from e2evote.encoding import canonical_json
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier.report import Phase
from e2evote.verifier.run import CHECKS, verify_record
from tests.board_forger import BoardForger
from tests.builders import TOY, BuiltRecord, reindex
from tests.forger import Forger
from tests.mail_forger import MailForger
from tests.mutations.pre_encrypted import NOT_BY_MAIL
from tests.mutations.registry import add, put

ORDINARY, MAIL, BOARD = Forger, MailForger, BoardForger
OPEN_1, OPEN_2, CLOSE_1, CLOSE_2 = (
    name(device) for name in (layout.opening_path, layout.closing_path) for device in (1, 2)
)
CHAINED, UNCHAINED = layout.ballots_path(1, 1), layout.ballots_path(2, 1)
PRINTED, PRINTED_UNCHAINED, RECORDED = layout.ballots_path(2, 1), layout.ballots_path(3, 1), layout.recorded_path(2, 1)


class Value(NamedTuple):
    """A value of a record, the kind of record, and the check that must refuse any other value."""

    check: str
    kind: type[Forger]
    file: str
    path: tuple[str | int, ...]


VALUES = (
    Value("1.A", ORDINARY, layout.PARAMETERS, ("version",)),
    Value("1.C", ORDINARY, layout.PARAMETERS, ("q",)),
    Value("1.D", ORDINARY, layout.PARAMETERS, ("g",)),
    Value("1.E", ORDINARY, layout.HASHES, ("h_p",)),
    Value("1.F", ORDINARY, layout.HASHES, ("h_b",)),
    Value("X.guardian-indices", ORDINARY, layout.guardian_path(2), ("i",)),
    Value("2.C", ORDINARY, layout.guardian_path(2), ("vote_proof", "challenge")),
    Value("4.A", ORDINARY, layout.EXTENDED_HASHES, ("h_e",)),
    Value("5.B", ORDINARY, CHAINED, (1, "h_i")),
    Value("8.A", ORDINARY, CHAINED, (1, "contests", 0, "contest_hash")),
    Value("8.B", ORDINARY, CHAINED, (1, "confirmation_code")),
    Value("8.C", ORDINARY, OPEN_1, ("h_di",)),
    Value("8.D", ORDINARY, UNCHAINED, (1, "chaining_field")),
    Value("8.E", ORDINARY, CHAINED, (1, "chaining_field")),
    Value("8.F", ORDINARY, OPEN_1, ("h_0",)),
    Value("8.G", ORDINARY, CLOSE_1, ("closing_hash",)),
    Value("8.G", ORDINARY, CLOSE_1, ("chaining_field",)),
    Value("X.chain-closed", ORDINARY, CLOSE_1, ("ballots",)),
    Value("X.chain-closed", ORDINARY, CLOSE_2, ("ballots",)),
    Value("X.device-order", ORDINARY, OPEN_2, ("device",)),
    Value("X.device-order", ORDINARY, UNCHAINED, (1, "device")),
    Value("X.device-order", ORDINARY, CHAINED, (1, "position")),
    Value("X.status-complete", ORDINARY, layout.statuses_path(1), (0, "confirmation_code")),
    Value("X.tally-cells", ORDINARY, layout.ENCRYPTED_TALLIES, (0, "label")),
    Value("X.tally-cells", ORDINARY, layout.ENCRYPTED_TALLIES, (0, "ballots")),
    Value("X.tally-cells", ORDINARY, layout.ENCRYPTED_TALLIES, (0, "weight")),
    Value("X.tally-cells", ORDINARY, layout.ENCRYPTED_TALLIES, (0, "contests", 0, "ballots")),
    Value("11.A", ORDINARY, layout.TALLIES, (0, "contests", 0, "label")),
    Value("11.B", ORDINARY, layout.TALLIES, (0, "contests", 0, "options", 0, "label")),
    Value("X.contest-data-target", ORDINARY, layout.CONTEST_DATA, (0, "confirmation_code")),
    Value("X.challenged-complete", ORDINARY, layout.CHALLENGED_BALLOTS, (0, "confirmation_code")),
    Value("13.A", ORDINARY, layout.CHALLENGED_BALLOTS, (0, "contests", 0, "contest_data", "data")),
    Value("14.A", ORDINARY, layout.CHALLENGED_BALLOTS, (0, "contests", 0, "label")),
    Value("14.C", ORDINARY, layout.CHALLENGED_BALLOTS, (0, "contests", 0, "options", 0, "label")),
    Value("16.A", MAIL, RECORDED, (0, "contests", 0, "selections", 0, "selection_hash")),
    Value("16.B", MAIL, PRINTED, (1, "contests", 0, "contest_hash")),
    Value("16.C", MAIL, PRINTED, (1, "confirmation_code")),
    Value("16.D", MAIL, OPEN_2, ("h_di",)),
    Value("16.E", MAIL, PRINTED_UNCHAINED, (1, "chaining_field")),
    Value("16.F", MAIL, PRINTED, (1, "chaining_field")),
    Value("16.G", MAIL, OPEN_2, ("h_0",)),
    Value("16.H", MAIL, CLOSE_2, ("closing_hash",)),
    Value("17.A", MAIL, RECORDED, (0, "contests", 0, "selections", 0, "short_code")),
    Value("X.recorded-complete", MAIL, RECORDED, (0, "confirmation_code")),
    Value("X.recorded-complete", MAIL, RECORDED, (0, "weight")),
    Value("18.A", MAIL, layout.UNCAST_BALLOTS, (0, "contests", 0, "options", 0, "nonces", 0)),
    Value("X.uncast-complete", MAIL, layout.UNCAST_BALLOTS, (0, "confirmation_code")),
    Value("19.A", MAIL, layout.UNCAST_BALLOTS, (0, "contests", 0, "label")),
    Value("19.C", MAIL, layout.UNCAST_BALLOTS, (0, "contests", 0, "options", 0, "label")),
    Value("X.board-files", BOARD, layout.BOARD_ENTRIES, (0, "sha256")),
    Value("X.board-ballots", BOARD, layout.BOARD_ENTRIES, ("ballot", "sha256")),
    Value("X.board-ballots", BOARD, layout.BOARD_ENTRIES, ("ballot", "position")),
    Value("X.board-ballots", BOARD, layout.BOARD_ENTRIES, ("ballot", "device")),
    Value("X.board-order", BOARD, layout.BOARD_ENTRIES, ("ballot", "position")),
    Value("X.board-recorded", BOARD, layout.BOARD_ENTRIES, ("recorded", "sha256")),
    Value("X.board-opened", BOARD, layout.BOARD_ENTRIES, ("opened", "sha256")),
)


@pytest.fixture(scope="module")
def records(
    tmp_path_factory: pytest.TempPathFactory, built: BuiltRecord, mail: BuiltRecord, board: BuiltRecord
) -> dict[type[Forger], Path]:
    """A valid record of every kind."""
    found = {}
    for kind, election in ((ORDINARY, built), (MAIL, mail), (BOARD, board)):
        found[kind] = tmp_path_factory.mktemp("valid") / "record"
        found[kind].mkdir()
        kind.of(found[kind], election).write()
        reindex(found[kind])
    return found


def failed(root: Path) -> set[str]:
    reindex(root)
    report = verify_record(Record.at(root), allow_insecure=(TOY,))
    return {check.id for check in report.checks if check.status == "failed"}


def moved(value: Any, step: int) -> Any:
    """Return a value that comes after another where step is 1, and before it where step is −1."""
    if isinstance(value, int):
        return value + step
    if len(value) >= 64:
        return add(step)(value)
    return value[:-1] + chr(ord(value[-1]) + step)


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Change a file's JSON, or the list of its lines."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    change(lines if path.suffix == ".ndjson" else lines[0])
    path.write_bytes(b"".join(canonical_json(line) + b"\n" for line in lines))


def located(lines: list[Any], path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the path in a list of lines, where a kind of entry stands for one of them whose numbers can be lower."""
    if isinstance(path[0], int):
        return path
    entries = (number for number, line in enumerate(lines) if line["kind"] == path[0])
    return next(n for n in entries if lines[n].get("device", 2) > 1 < lines[n].get("position", 2)), *path[1:]


@pytest.mark.parametrize("step", [-1, 1], ids=["lower", "higher"])
@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.check}-{value.path[-1]}")
def test_another_value(value: Value, step: int, records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = shutil.copytree(records[value.kind], tmp_path / "record")

    def change(top: Any) -> None:
        path = located(top, value.path) if isinstance(top, list) else value.path
        put(*path, value=lambda old: moved(old, step))(top)

    edit(root / value.file, change)
    assert value.check in failed(root)


def test_a_p_that_is_higher_than_the_prescribed_one(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    """No lower one can be taken for it either: other tests have p of the toy parameters where they are not allowed."""
    root = shutil.copytree(records[ORDINARY], tmp_path / "record")
    edit(root / layout.PARAMETERS, put("p", value="F" * 1024))
    assert "1.B" in failed(root)


@pytest.mark.parametrize(
    "changes",
    [
        [put("q", value=lambda text: text.lstrip("0"))],
        [put(name, value=lambda text: "00" + text) for name in ("p", "g")],
    ],
    ids=["q narrower", "p and g wider"],
)
def test_numbers_of_another_width(
    changes: list[Callable[[Any], None]], records: dict[type[Forger], Path], tmp_path: Path
) -> None:
    root = shutil.copytree(records[ORDINARY], tmp_path / "record")
    for change in changes:
        edit(root / layout.PARAMETERS, change)
    assert failed(root) == {"X.parameters"}


@pytest.mark.parametrize("path", [("null_vectors",), ("options", 0, "nonces"), ("options",)], ids=lambda path: path[-1])
def test_one_more_in_an_uncast_ballot(
    path: tuple[str | int, ...], records: dict[type[Forger], Path], tmp_path: Path
) -> None:
    root = shutil.copytree(records[MAIL], tmp_path / "record")
    edit(root / layout.UNCAST_BALLOTS, put(0, "contests", 0, *path, value=lambda values: [*values, values[-1]]))
    assert "X.uncast-complete" in failed(root)


@pytest.mark.parametrize("number", [1, 3])
def test_a_device_and_its_ballots_under_another_number(
    number: int, records: dict[type[Forger], Path], tmp_path: Path
) -> None:
    root = shutil.copytree(records[ORDINARY], tmp_path / "record")
    edit(root / OPEN_2, put("device", value=number))
    for path in (root / OPEN_2).parent.glob("ballots-*"):
        edit(path, lambda lines: [line.update(device=number) for line in lines])
    assert "X.device-order" in failed(root)


@pytest.mark.parametrize("step", [-1, 1], ids=["lower", "higher"])
def test_the_size_of_the_board(step: int, records: dict[type[Forger], Path], tmp_path: Path) -> None:
    """With the root of all entries."""
    path = shutil.copytree(records[BOARD], tmp_path / "record") / layout.BOARD_CHECKPOINT
    origin, size, rest = path.read_bytes().split(b"\n", 2)
    path.write_bytes(b"\n".join([origin, b"%d" % (int(size) + step), rest]))
    assert "X.board-root" in failed(tmp_path / "record")


# ------------------------------------------------------------------------------------------- what is not there


def copied(records: dict[type[Forger], Path], kind: type[Forger], tmp_path: Path) -> Path:
    return shutil.copytree(records[kind], tmp_path / "record")


def of_status(root: Path, status: str, until: Phase = "opened") -> set[str]:
    reindex(root)
    report = verify_record(Record.at(root), until, allow_insecure=(TOY,))
    return {check.id for check in report.checks if check.status == status}


def test_the_last_option_of_the_last_contest_has_its_limit_too(
    records: dict[type[Forger], Path], tmp_path: Path
) -> None:
    root = copied(records, ORDINARY, tmp_path)
    edit(root / layout.CHALLENGED_BALLOTS, put(0, "contests", -1, "options", -1, "selection", value=2))
    assert "14.E" in failed(root)


def test_a_printed_ballot_without_a_status(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = copied(records, MAIL, tmp_path)
    (root / layout.statuses_path(2)).unlink()
    assert {"X.status-complete", "X.recorded-complete", "X.uncast-complete"} <= failed(root)


def test_a_printed_and_recorded_contest_that_does_not_exist(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = copied(records, MAIL, tmp_path)
    for file in (PRINTED, RECORDED):
        edit(root / file, put(0, "contests", -1, "index", value=9))
    assert "X.ballot-contests" in failed(root)


def test_an_uncast_ballot_of_a_style_that_does_not_exist(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = copied(records, MAIL, tmp_path)
    opened = json.loads((root / layout.UNCAST_BALLOTS).read_bytes().splitlines()[0])
    place = layout.ballots_path(opened["device"], 1), opened["position"] - 1
    edit(root / place[0], put(place[1], "ballot_style", value=9))
    assert {"19.A", "19.B", "19.C", "19.D"} <= of_status(root, "not run")
    assert "X.ballot-style" in failed(root)


def test_an_uncast_ballot_with_a_contest_that_does_not_exist(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = copied(records, MAIL, tmp_path)
    opened = json.loads((root / layout.UNCAST_BALLOTS).read_bytes().splitlines()[0])
    printed, line = layout.ballots_path(opened["device"], 1), opened["position"] - 1
    edit(root / printed, put(line, "contests", -1, "index", value=9))
    edit(root / layout.UNCAST_BALLOTS, put(0, "contests", -1, "index", value=9))
    assert "X.uncast-complete" in of_status(root, "not run")
    assert "X.ballot-contests" in failed(root)


def test_a_file_that_is_missing(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = copied(records, ORDINARY, tmp_path)
    (root / layout.CHALLENGED_BALLOTS).unlink()
    report = verify_record(Record.at(root), allow_insecure=(TOY,))
    assert {check.id for check in report.checks if check.status == "failed"} == {"X.index", "X.challenged-complete"}


def test_a_file_on_the_board_that_is_not_in_the_index(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = copied(records, BOARD, tmp_path)
    edit(root / layout.INDEX, lambda index: index["files"].remove(next(file_of(index, layout.TALLIES))))
    report = verify_record(Record.at(root), allow_insecure=(TOY,))
    assert {check.id for check in report.checks if check.status == "failed"} == {"X.index"}


def file_of(index: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
    return (entry for entry in index["files"] if entry["path"] == path)


def test_a_recorded_ballot_without_a_status_on_the_board(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    root = copied(records, BOARD, tmp_path)
    entries = [json.loads(line) for line in (root / layout.BOARD_ENTRIES).read_bytes().splitlines()]
    code = next(entry["confirmation_code"] for entry in entries if entry["kind"] == "recorded")
    status = next(e for e in entries if e["kind"] == "status" and e["confirmation_code"] == code)
    edit(root / layout.BOARD_ENTRIES, lambda lines: lines.remove(status))
    assert "X.board-statuses" in failed(root)


def test_a_board_that_is_valid(records: dict[type[Forger], Path], tmp_path: Path) -> None:
    """What was looked at has passed; its end is asked for at the end."""
    root = copied(records, BOARD, tmp_path)
    assert of_status(root, "passed") == {check.id for check in CHECKS} - NOT_BY_MAIL
    assert "X.board-end" in of_status(root, "not run", "decryption")
    report = verify_record(Record.at(root), allow_insecure=(TOY,))
    assert report.counts["entries"] == len((root / layout.BOARD_ENTRIES).read_bytes().splitlines())
