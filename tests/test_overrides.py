"""Rules that are broken on purpose: with a reason, in public, and never by accident."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from e2evote.approval import (
    ApprovedRecord,
    Override,
)
from e2evote.decryption.results import tallies_of
from e2evote.decryption.rounds import decrypt
from e2evote.errors import CheckError, ParseError
from e2evote.record import layout
from e2evote.record.codec import dump, parse
from e2evote.record.exceptions import TallyException
from e2evote.record.writer import RecordWriter
from tests import oracle
from tests.approvals import MEMBERS, PARTNERS, allowed, approved_of, decrypted, failed, made, verified
from tests.builders import TOY, BuiltRecord, reindex

SMALL = [
    Override("partners", "scores", "minimum", "The partner was asked and agrees."),
    Override("partners", "motion", "minimum", "The partner was asked and agrees."),
]


@pytest.fixture
def overridden(tmp_path: Path) -> BuiltRecord:
    """A record in which a cell of one ballot was decrypted by override."""
    built = made(tmp_path / "r", (1, 1), (1, 1), (2, 1))
    approved = approved_of(built.path, SMALL)
    assert allowed(approved) == MEMBERS + PARTNERS
    decrypted(built, approved)
    return built


def test_an_override_is_published_and_told(overridden: BuiltRecord) -> None:
    report = verified(overridden.path)
    assert report.valid
    assert next(check.status for check in report.checks if check.id == "X.exceptions") == "passed"
    assert report.remarks[0] == (
        "contest 'scores' of tally cell 'partners' was decrypted by guardians 1, 3 (1 cast ballots have it, fewer "
        "than the manifest's minimum of 2): The partner was asked and agrees."
    )
    lines = (overridden.path / layout.EXCEPTIONS).read_bytes().splitlines()
    assert lines[0] == (
        b'{"cell":2,"contest":2,"rule":"minimum","action":"decrypted",'
        b'"reason":"The partner was asked and agrees.","guardians":[1,3]}'
    )
    assert len(lines) == 2


def test_a_small_cell_decrypted_without_its_exception(overridden: BuiltRecord) -> None:
    (overridden.path / layout.EXCEPTIONS).unlink()
    reindex(overridden.path)
    assert failed(overridden.path) == {"X.cell-minimum"}


def test_an_exception_without_the_tally(overridden: BuiltRecord) -> None:
    path = overridden.path / layout.TALLIES
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    reindex(overridden.path)
    assert failed(overridden.path) == {"X.tally-complete"}


@pytest.mark.parametrize(
    ("change", "also"),
    [
        ({"cell": 1, "contest": 1}, {"X.cell-minimum"}),  # keeps the rule
        ({"cell": 1, "contest": 2}, {"X.cell-minimum"}),  # no such contest in the cell
        ({"cell": 9}, {"X.cell-minimum"}),
        ({"contest": 3}, {"X.cell-minimum"}),  # twice
        ({"rule": "weight"}, {"X.cell-minimum"}),
        ({"action": "withheld"}, {"X.cell-minimum"}),
        ({"guardians": [1]}, {"X.cell-minimum"}),
        ({"guardians": [3, 1]}, {"X.cell-minimum"}),
        ({"guardians": [1, 1]}, {"X.cell-minimum"}),
        ({"guardians": [1, 4]}, {"X.cell-minimum"}),
        ({"guardians": [1, 3, 4]}, {"X.cell-minimum"}),
        ({"guardians": [1, 1, 3]}, {"X.cell-minimum"}),
    ],
)
def test_an_exception_that_does_not_hold(overridden: BuiltRecord, change: dict, also: set[str]) -> None:
    path = overridden.path / layout.EXCEPTIONS
    first, *others = path.read_bytes().splitlines(keepends=True)
    fields = json.dumps(json.loads(first) | change, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(fields + b"".join(others))
    reindex(overridden.path)
    assert failed(overridden.path) == {"X.exceptions"} | also


@pytest.mark.parametrize("order", [(0, 0, 1), (0, 1, 1), (1, 0)])
def test_exceptions_that_are_doubled_or_out_of_order(order: tuple[int, ...], overridden: BuiltRecord) -> None:
    path = overridden.path / layout.EXCEPTIONS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[number] for number in order))
    reindex(overridden.path)
    assert failed(overridden.path) == {"X.exceptions"}


def test_as_many_exceptions_as_there_can_be(tmp_path: Path) -> None:
    """Both rules are broken in every contest of every cell; one exception more is told."""
    built = made(tmp_path / "r", (1, 1), (1, 2), (2, 1), (2, 2), minimum_cell_ballots=3)
    contests = [("members", "board"), ("members", "motion"), ("partners", "scores"), ("partners", "motion")]
    rules = ("minimum", "weight")
    decrypted(built, approved_of(built.path, [Override(*where, rule, "x") for where in contests for rule in rules]))
    path = built.path / layout.EXCEPTIONS
    assert len(path.read_bytes().splitlines()) == 8
    assert failed(built.path) == set()
    last = path.read_bytes().splitlines()[-1].replace(b'{"cell":2,', b'{"cell":9,')
    path.write_bytes(path.read_bytes() + last + b"\n")
    reindex(built.path)
    assert failed(built.path) == {"X.exceptions"}


def test_exceptions_in_a_record_without_guardians(overridden: BuiltRecord) -> None:
    """Who is a quorum is a matter of the parameters; that nobody is there is found, and is no crash."""
    for path in (overridden.path / "guardians").iterdir():
        path.unlink()
    reindex(overridden.path)
    assert (
        failed(overridden.path) == oracle.verify(overridden.path, {TOY}).failed == {"X.guardian-indices", "3.A", "3.B"}
    )


def excepted(path: Path, **fields: object) -> set[str]:
    """Replace the exceptions by one for contest 1 of the members; return what fails."""
    entry = {"cell": 1, "contest": 1, "rule": "weight", "action": "decrypted", "reason": "x", "guardians": (1, 3)}
    (path / layout.EXCEPTIONS).write_bytes(dump(TallyException(**entry | fields)) + b"\n")
    reindex(path)
    return failed(path)


def test_an_exception_for_a_weight_does_not_except_from_the_minimum(tmp_path: Path) -> None:
    """Where both rules are broken the minimum is a rule of its own: nothing is withheld by name, nothing decrypted."""
    built = made(tmp_path / "r", (1, 1), (1, 2), minimum_cell_ballots=3)
    decrypted(
        built, approved_of(built.path, [Override("members", "board", rule, "x") for rule in ("minimum", "weight")])
    )
    assert failed(built.path) == set()
    assert excepted(built.path, rule="weight") == {"X.cell-minimum"}
    assert excepted(built.path, rule="weight", action="withheld") == {"X.exceptions", "X.cell-minimum"}


def test_an_exception_for_a_contest_that_nobody_cast(tmp_path: Path) -> None:
    built = made(tmp_path / "r", (1, 1), (1, 1))
    decrypted(built, approved_of(built.path))
    assert failed(built.path) == set()
    assert excepted(built.path, cell=2, contest=2, rule="minimum") == {"X.exceptions"}


@pytest.mark.parametrize("reason", ["", " x", "x" * 1001])
def test_an_exception_without_a_reason_cannot_be_read(reason: str) -> None:
    line = f'{{"cell":1,"contest":1,"rule":"minimum","action":"decrypted","reason":"{reason}","guardians":[1]}}'
    with pytest.raises(ParseError, match="reason"):
        parse(TallyException, line.encode(), "exceptions.ndjson:1")


def test_withholding_what_keeps_the_rules(even: BuiltRecord, tmp_path: Path) -> None:
    """Guardians cannot drop an unwelcome result."""
    built = dataclasses.replace(even, path=tmp_path / "record")
    shutil.copytree(even.path, built.path)
    approved = approved_of(built.path)
    entry = TallyException(cell=1, contest=1, rule="weight", action="withheld", reason="x", guardians=(1, 3))
    shares, cells = built.shares[:2], approved.cells
    cells = (dataclasses.replace(cells[0], contests=cells[0].contests[1:]), cells[1])
    statements = approved.tally_statements()[len(approved.cells[0].contests[0].options) :]
    results = decrypt(built.election, approved.guardians, shares, statements)
    writer = RecordWriter(built.path)
    writer.write_lines(layout.EXCEPTIONS, [entry])
    writer.write_lines(layout.TALLIES, tallies_of(built.election, cells, results))
    assert {"X.exceptions", "X.tally-complete"} <= failed(built.path)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (Override("members", "board", "minimum", "x"), "there is no such contest in the cell, or it keeps this rule"),
        (Override("partners", "board", "minimum", "x"), "there is no such contest in the cell"),
        (Override("nobody", "board", "minimum", "x"), "there is no such contest in the cell"),
        (Override("partners", "scores", "weight", "x"), "it keeps this rule"),
        (Override("partners", "scores", "minimum", ""), "expected a reason of 1 to 1000 characters"),
        (Override("partners", "scores", "minimum", " x"), "expected a reason"),
        (Override("partners", "scores", "minimum", "x" * 1001), "expected a reason"),
    ],
)
def test_an_override_that_does_not_fit(tmp_path: Path, override: Override, message: str) -> None:
    built = made(tmp_path / "r", (1, 1), (1, 1), (2, 1))
    with pytest.raises(CheckError, match=message):
        approved_of(built.path, [override])
    with pytest.raises(CheckError, match="overridden twice"):
        approved_of(built.path, [SMALL[0], SMALL[0]])


def test_an_override_of_one_rule_where_two_are_broken(tmp_path: Path) -> None:
    built = made(tmp_path / "r", (1, 1), (1, 2), minimum_cell_ballots=3)
    one = Override("members", "board", "minimum", "x")
    with pytest.raises(CheckError, match="it also breaks 'weight'"):
        approved_of(built.path, [one])
    approved = approved_of(built.path, [one, Override("members", "board", "weight", "y")])
    assert allowed(approved) == [(1, 1)]
    decrypted(built, approved)
    assert verified(built.path).valid
    assert len(verified(built.path).remarks) == 2


def test_an_exception_for_one_rule_where_two_are_broken(tmp_path: Path) -> None:
    """The other one is remarked on."""
    built = made(tmp_path / "r", (1, 1), (1, 2), minimum_cell_ballots=3)
    overrides = [Override("members", "board", rule, "x") for rule in ("minimum", "weight")]
    decrypted(built, approved_of(built.path, overrides))
    path = built.path / layout.EXCEPTIONS
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    reindex(built.path)
    report = verified(built.path)
    assert report.valid
    assert [remark.partition(":")[0] for remark in report.remarks][1:] == [
        "contest 'board' of tally cell 'members' was decrypted, no reason given"
    ]


def test_an_override_for_a_cell_without_ballots(tmp_path: Path) -> None:
    built = made(tmp_path / "r", (1, 1), (1, 1))
    with pytest.raises(CheckError, match="no cast ballot has it"):
        approved_of(built.path, SMALL)


def test_a_rare_weight_by_override(tmp_path: Path) -> None:
    built = made(tmp_path / "r", (1, 1), (1, 1), (1, 4))
    approved = approved_of(built.path, [Override("members", "motion", "weight", "By order of the court.")])
    assert allowed(approved) == [(1, 3)]
    decrypted(built, approved)
    report = verified(built.path)
    assert report.valid
    assert ["withheld" in remark for remark in report.remarks] == [True, False]


@pytest.mark.parametrize("guardians", [(), (1,), (1, 1), (0, 1), (1, 4)])
def test_exceptions_of_less_than_a_quorum(approved: ApprovedRecord, guardians: tuple[int, ...]) -> None:
    with pytest.raises(CheckError, match="at least 2 different guardians of 1 to 3"):
        approved.exceptions(guardians)
