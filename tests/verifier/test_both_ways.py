"""A value that a check compares is refused whether it is higher or lower than the right one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from e2evote.encoding import canonical_json
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
from tests.board_forger import BoardForger
from tests.builders import TOY, BuiltRecord, reindex
from tests.forger import Forger
from tests.mail_forger import MailForger
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
