"""What may be decrypted comes from a record that was verified, and from nowhere else."""

import copy
import dataclasses
import json
import pickle
import shutil
from pathlib import Path

import pytest

from e2evote.approval import (
    ApprovedRecord,
    BallotStatement,
    approve,
)
from e2evote.decryption.results import opened_contest_data
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import ballot_nonce_statement, contest_data_statement, tally_statements
from e2evote.errors import CheckError, ParseError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.tally import Tally
from tests.approvals import MEMBERS, PARTNERS, allowed, approved_of, decrypted, failed, made, ruling, verified
from tests.builders import BuiltRecord, build_record, manifest_bytes, reindex
from tests.forger import Forger
from tests.mistakes.helpers import counted, expected_counts, plain


def test_everything_of_a_record_that_breaks_no_rule(even: BuiltRecord, approved: ApprovedRecord) -> None:
    assert allowed(approved) == MEMBERS + PARTNERS
    assert approved.tally_statements() == tally_statements(even.election, even.encrypted_tallies)
    assert [r.ballots for r in approved.rulings] == [
        c.ballots for cell in even.encrypted_tallies for c in cell.contests
    ]
    assert approved.fingerprint == Record.at(even.path).sha256(layout.INDEX)[1]
    assert approved.exceptions((1, 2)) == ()
    assert (approved.election, approved.guardians) == (even.election, even.guardian_record.guardians)


def test_approved_statements_give_the_right_count(even: BuiltRecord, tmp_path: Path) -> None:
    built = dataclasses.replace(even, path=tmp_path / "record")
    shutil.copytree(even.path, built.path)
    approved = approved_of(built.path)
    decrypted(built, approved)
    assert verified(built.path).valid
    assert verified(built.path).remarks == ()
    tallies = Record.at(built.path).objects(Tally, layout.TALLIES, built.election.group)
    assert counted(list(tallies)) == expected_counts(built)


def test_challenged_ballots_and_contest_data(even: BuiltRecord, approved: ApprovedRecord) -> None:
    challenged = even.of_status("challenged")
    expected = [BallotStatement(b, ballot_nonce_statement(even.election, b, "challenged")) for b in challenged]
    assert list(approved.ballot_nonce_statements()) == expected
    one = challenged[1].confirmation_code
    assert [found.ballot.confirmation_code for found in approved.ballot_nonce_statements([one])] == [one]
    data = [
        BallotStatement(b, contest_data_statement(even.election, b, "cast", 1))
        for b in even.of_status("cast")
        if b.ballot_style == 1
    ]
    assert list(approved.contest_data_statements()) == data
    shares = even.shares[:2]
    (found,) = decrypt(even.election, approved.guardians, shares, [data[0].statement])
    assert opened_contest_data(*data[0], *found).confirmation_code == data[0].ballot.confirmation_code


# ------------------------------------------------------------------------------- an approved record is verified


def test_nothing_else_makes_an_approved_record(approved: ApprovedRecord) -> None:
    fields = {f.name: getattr(approved, f.name) for f in dataclasses.fields(approved)}
    for token in (None, object(), True):
        with pytest.raises(CheckError, match=r"comes from approve\(\)"):
            ApprovedRecord(**fields, token=token)
    with pytest.raises((TypeError, ValueError), match="token"):
        dataclasses.replace(approved, rulings=())
    for carry in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(CheckError, match="not carried to another process"):
            carry(approved)
    with pytest.raises(dataclasses.FrozenInstanceError):
        approved.rulings = ()
    with pytest.raises(TypeError):
        approved.rulings[0].overridden["minimum"] = "x"


@pytest.mark.parametrize("until", ["setup", "keys", "ballots"])
def test_a_record_that_is_not_there_yet(tmp_path: Path, until: str) -> None:
    build_record(tmp_path / "record", until=until)
    with pytest.raises((ParseError, CheckError), match=r"missing|not valid"):
        approved_of(tmp_path / "record")


def test_parameters_that_prove_nothing(even: BuiltRecord) -> None:
    with pytest.raises(CheckError, match=r"the record is not valid, so nothing was done \(1"):
        approve(Record.at(even.path))


@pytest.mark.parametrize("change", ["sum of the cells", "another cell", "count", "ballots left out", "ciphertext"])
def test_anything_but_the_aggregates_of_the_cells(even: BuiltRecord, tmp_path: Path, change: str) -> None:
    """Guardians asked for another sum would show a vote by the difference.

    Spec: EG-2.1 §3.5, box 9
    """
    forger = Forger.of(tmp_path / "record", even)
    cells = forger.aggregate()
    first, second = cells
    one = first.contests[0]
    if change == "sum of the cells":
        totals = [a * b for a, b in zip(one.options[:2], second.contests[0].options, strict=True)]
        changed = one.model_copy(update={"options": (*totals, *one.options[2:])})
        cells = [first.model_copy(update={"contests": (changed, *first.contests[1:])}), second]
    elif change == "another cell":
        cells = [*cells, first.model_copy(update={"cell": 3, "label": "friends"})]
    elif change == "count":
        cells = [first.model_copy(update={"contests": (one.model_copy(update={"ballots": 9}), *first.contests[1:])}),
                 second]  # fmt: skip
    elif change == "ballots left out":
        forger.pick("cast").status = "spoiled"
        cells = forger.aggregate()
        forger = Forger.of(tmp_path / "record", even)
    else:
        ballot = forger.pick("cast", ballot_style=1).ballot
        single = tuple(option.ciphertext for option in ballot.contests[0].options)
        changed = one.model_copy(update={"options": single})
        cells = [first.model_copy(update={"contests": (changed, *first.contests[1:])}), second]
    forger.write(encrypted=cells, tallies=[])
    reindex(forger.root)
    with pytest.raises(
        CheckError, match=r"the record is not valid, so nothing was done \(.*(9\.A|X\.tally-cells) failed"
    ):
        approved_of(forger.root)


def test_files_that_change_after_the_approval(even: BuiltRecord, tmp_path: Path) -> None:
    """Nothing of a changed file is handed out."""
    path = tmp_path / "record"
    shutil.copytree(even.path, path)
    approved = approved_of(path)
    shards = sorted((path / "devices" / "0001").glob("ballots-*"))
    shards[0].write_bytes(shards[1].read_bytes())
    found = approved.contest_data_statements()
    with pytest.raises(ParseError, match="changed while the record was being read"):
        next(found)
    statuses = path / layout.statuses_path(1)
    statuses.write_bytes(statuses.read_bytes().replace(b'"cast"', b'"challenged"'))
    with pytest.raises(ParseError, match="changed while the record was being read"):
        approved.ballot_nonce_statements()


# ------------------------------------------------------------------------------------------------ few ballots


def test_a_contest_with_fewer_ballots_than_the_minimum(tmp_path: Path) -> None:
    """Spec: EG-2.1 §3.6.1"""
    built = made(tmp_path / "r", (1, 1), (1, 1), (2, 1))
    approved = approved_of(built.path)
    assert allowed(approved) == MEMBERS
    assert {s.total for s in approved.tally_statements()} == {
        total for contest in built.encrypted_tallies[0].contests for total in contest.options
    }
    refused = ruling(approved, 2, 3)
    assert refused.broken == {"minimum": "1 cast ballots have it, fewer than the manifest's minimum of 2"}
    assert (refused.cell_label, refused.contest_label, refused.ballots) == ("partners", "motion", 1)
    assert approved.exceptions((1, 2)) == ()


def test_an_election_of_too_few_ballots(tmp_path: Path) -> None:
    built = made(tmp_path / "r", (1, 1), (2, 1))
    approved = approved_of(built.path)
    assert approved.tally_statements() == approved.cells == ()
    decrypted(built, approved)
    assert verified(built.path).valid


# ------------------------------------------------------------------------------------------------ rare weights


def test_a_weight_of_few_ballots(tmp_path: Path) -> None:
    """1 + 1 + 4: whoever sees the total knows what the one with 4 voted."""
    built = made(tmp_path / "r", (1, 1), (1, 1), (1, 4), (2, 3), (2, 3))
    approved = approved_of(built.path)
    assert allowed(approved) == PARTNERS
    reason = "weights differ, and of one there are fewer cast ballots than 2: 1 of weight 4"
    assert ruling(approved, 1, 1).broken == {"weight": reason}
    decrypted(built, approved)
    report = verified(built.path)
    assert report.valid
    assert len(report.remarks) == 2
    assert "contest 'board' of tally cell 'members' was withheld by guardians 1, 3" in report.remarks[0]
    assert reason in report.remarks[0]


def test_weights_that_each_have_enough_ballots(tmp_path: Path) -> None:
    built = made(tmp_path / "r", (1, 1), (1, 4), (1, 1), (1, 4), (2, 5), (2, 5))
    assert allowed(approved_of(built.path)) == MEMBERS + PARTNERS


def test_weights_are_counted_by_contest(tmp_path: Path) -> None:
    """In one cell, contest 3 has both styles' ballots and contest 1 only one style's: 1, 1, 4."""
    built = made(tmp_path / "r", (1, 1), (1, 1), (1, 4), (2, 4), (2, 4), tally_cells=None)
    assert allowed(approved_of(built.path)) == [(1, 2), (1, 3)]


def test_weights_of_ballots_that_do_not_count(tmp_path: Path) -> None:
    """A challenged ballot's weight hides nobody."""
    votes = [plain(1, weight, c3=(1, 0)) for weight in (1, 1, 4, 4)]
    for seed in range(1, 30):
        built = build_record(
            tmp_path / str(seed), ballots=4, challenged=1, spoiled=0, plaintexts=votes, seed=seed, until="tally"
        )
        if built.of_status("challenged")[0].weight == 4:
            break
    assert allowed(approved_of(built.path)) == []


def test_a_weight_withheld_without_saying_so(tmp_path: Path) -> None:
    """Nobody drops a contest in silence."""
    built = made(tmp_path / "r", (1, 1), (1, 1), (1, 4))
    decrypted(built, approved_of(built.path))
    assert verified(built.path).valid
    (built.path / layout.EXCEPTIONS).unlink()
    reindex(built.path)
    assert failed(built.path) == {"X.tally-complete"}


def test_a_rare_weight_that_was_decrypted_is_remarked_on(built: BuiltRecord) -> None:
    report = verified(built.path)
    assert report.valid
    assert [remark.partition(":")[0] for remark in report.remarks] == [
        f"contest {contest!r} of tally cell {cell!r} was decrypted, no reason given"
        for cell, contest in (
            ("members", "board"),
            ("members", "motion"),
            ("partners", "scores"),
            ("partners", "motion"),
        )
    ]


# ------------------------------------------------------------------------------------------------ single ballots


@pytest.mark.parametrize("status", ["cast", "spoiled"])
def test_a_ballot_that_was_not_challenged(even: BuiltRecord, approved: ApprovedRecord, status: str) -> None:
    """Spec: EG-2.1 §3.6.7"""
    code = even.of_status(status)[0].confirmation_code
    with pytest.raises(CheckError, match=f"ballot {code.hex().upper()} is {status}; only challenged ballots are"):
        approved.ballot_nonce_statements([even.of_status("challenged")[0].confirmation_code, code])
    with pytest.raises(CheckError, match="is not in the record; only challenged"):
        approved.ballot_nonce_statements([bytes(32)])


def test_contest_data_that_the_manifest_keeps_closed(tmp_path: Path) -> None:
    built = made(tmp_path / "r", (1, 1), (1, 1), cast_contest_data_may_be_decrypted=None)
    with pytest.raises(CheckError, match="the manifest does not allow contest data"):
        approved_of(built.path).contest_data_statements()


def test_contest_data_where_weights_differ(tmp_path: Path) -> None:
    """Also where each weight has many ballots: the entry stands beside the ballot, and the weight says whose it is."""
    built = made(tmp_path / "r", (1, 1), (1, 2), (1, 1), (1, 2))
    approved = approved_of(built.path)
    assert (1, 1) in allowed(approved)
    with pytest.raises(CheckError, match=r"contest 'board' is not decrypted: weights of cast ballots differ \(1, 2\)"):
        approved.contest_data_statements()


def test_contest_data_where_weights_differ_in_another_contest(tmp_path: Path) -> None:
    contests = json.loads(manifest_bytes())["contests"]
    contests[1]["contest_data_blocks"] = 1
    built = made(tmp_path / "r", (1, 1), (1, 1), (2, 1), (2, 2), contests=contests)
    approved = approved_of(built.path)
    assert [r.refusal is None for r in approved.data_rulings] == [True, False]
    assert {found.statement.ind_c for found in approved.contest_data_statements()} == {1}
