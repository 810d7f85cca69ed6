"""Small cells are decrypted with the cell that the manifest names, and never by themselves."""

from pathlib import Path

import pytest

from e2evote.approval import Override
from e2evote.cli.summary import contest_results
from e2evote.decryption.results import tallies
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import tally_statements
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.tally import Tally
from tests import oracle
from tests.approvals import allowed, approved_of, decrypted, of_votes, ruling, verified
from tests.builders import MERGING, TOY, BuiltRecord
from tests.mistakes.helpers import counted, expected_counts, plain

YES, NO = (1, 0), (0, 1)

STYLES = [
    {"label": "member", "contests": [1, 3]},
    {"label": "partner", "contests": [2, 3]},
    {"label": "observer", "contests": [1]},
    {"label": "guest", "contests": [3]},
]
CHAIN = [
    {"label": "members", "ballot_styles": [1]},
    {"label": "partners", "ballot_styles": [2], "merge_into": "members"},
    {"label": "observers", "ballot_styles": [3], "merge_into": "guests"},
    {"label": "guests", "ballot_styles": [4], "merge_into": "partners"},
]
"""Observers, who have contest 1 only, pass through guests and partners to members."""


def motion(style: int, weight: int = 1, marks: tuple[int, int] = YES) -> PlaintextBallot:
    return plain(style, weight, c3=marks)


def judged(built: BuiltRecord) -> None:
    """Accept a record that the verifier and the oracle find valid."""
    report = verified(built.path)
    assert report.valid, [check for check in report.checks if check.findings]
    assert not oracle.verify(built.path, {TOY}, "decryption").failed


def merged_of(built: BuiltRecord) -> dict[tuple[str, str], tuple[int, ...]]:
    found = Record.at(built.path).objects(Tally, layout.TALLIES, built.election.group)
    return {(tally.label, contest.label): contest.merged or () for tally in found for contest in tally.contests}


@pytest.fixture
def merged(tmp_path: Path) -> BuiltRecord:
    """Three members and one partner, who have the motion in common; at least two of each are wanted."""
    votes = [plain(1, c1=(1, 1, 0, 0), c3=YES), motion(1), motion(1, marks=NO), plain(2, c2=(3, 1), c3=NO)]
    return of_votes(tmp_path / "r", votes, tally_cells=MERGING)


def test_a_small_cell_is_counted_with_another(merged: BuiltRecord) -> None:
    approved = approved_of(merged.path)
    assert allowed(approved) == [(1, 1), (1, 3)]
    together = ruling(approved, 1, 3)
    assert (together.merged, together.ballots, together.broken) == ({2: "partners"}, 4, {})
    assert [(r.cell, r.contest, r.ballots) for r in approved.rulings] == [(1, 1, 3), (1, 3, 4), (2, 2, 1)]
    first, second = (cell.contests[-1].options for cell in merged.encrypted_tallies)
    assert [s.total for s in approved.tally_statements() if s.ind_c == 3] == [
        a * b for a, b in zip(first, second, strict=True)
    ]
    decrypted(merged, approved)
    judged(merged)
    assert merged_of(merged) == {("members", "board"): (), ("members", "motion"): (2,)}
    results = contest_results(Record.at(merged.path), merged.election)
    assert results.merged == ("members (with partners): motion",)
    assert results.withheld == ("partners: scores",)
    assert [option.votes for option in results.contests[-1].options] == [2, 2]


def test_the_record_names_what_is_merged_before_the_options(merged: BuiltRecord) -> None:
    decrypted(merged, approved_of(merged.path))
    assert b'{"index":3,"label":"motion","merged":[2],"options":[' in (merged.path / layout.TALLIES).read_bytes()


def test_without_a_record_the_counts_decide(merged: BuiltRecord) -> None:
    """Rehearsals decrypt the same sums as guardians who verified, where all weights are the same."""
    statements = tally_statements(merged.election, merged.encrypted_tallies)
    assert statements == approved_of(merged.path).tally_statements()
    results = decrypt(merged.election, merged.guardian_record.guardians, merged.shares[:2], statements)
    (found,) = tallies(merged.election, merged.encrypted_tallies, results)
    assert counted([found])[1, 3, 1] == 2


def test_large_cells_keep_their_results(tmp_path: Path) -> None:
    built = of_votes(tmp_path / "r", [motion(1), motion(1), motion(2), motion(2, marks=NO)], tally_cells=MERGING)
    decrypted(built, approved_of(built.path))
    judged(built)
    assert set(merged_of(built).values()) == {()}
    found = Record.at(built.path).objects(Tally, layout.TALLIES, built.election.group)
    assert counted(list(found)) == expected_counts(built)


def test_a_chain_with_cells_that_have_not_the_contest(tmp_path: Path) -> None:
    votes = [*[motion(1)] * 4, motion(2), motion(4), motion(4, marks=NO), plain(3, c1=(0, 1, 0, 0))]
    built = of_votes(tmp_path / "r", votes, ballot_styles=STYLES, tally_cells=CHAIN, minimum_cell_ballots=3)
    approved = approved_of(built.path)
    assert [(r.cell_label, r.contest_label, dict(r.merged)) for r in approved.rulings if r.allowed] == [
        ("members", "board", {3: "observers"}),
        ("members", "motion", {}),
        ("partners", "motion", {4: "guests"}),
    ]
    decrypted(built, approved)
    judged(built)
    found = counted(list(Record.at(built.path).objects(Tally, layout.TALLIES, built.election.group)))
    assert [found[1, 1, j] for j in (1, 2)] == [0, 1]
    assert [found[1, 3, j] for j in (1, 2)] == [4, 0]
    assert [found[2, 3, j] for j in (1, 2)] == [2, 1]
    results = contest_results(Record.at(built.path), built.election)
    assert results.merged == ("members (with observers): board", "partners (with guests): motion")
    assert results.withheld == ("partners: scores",)


def test_a_tally_beyond_the_weight_of_the_cell_that_receives(tmp_path: Path) -> None:
    built = of_votes(tmp_path / "r", [motion(1, 5), motion(2, 5)], tally_cells=MERGING)
    decrypted(built, approved_of(built.path))
    judged(built)
    found = Record.at(built.path).objects(Tally, layout.TALLIES, built.election.group)
    assert counted(list(found))[1, 3, 1] == 10


def test_a_cell_is_merged_into_one_behind_it(tmp_path: Path) -> None:
    cells = [
        {"label": "members", "ballot_styles": [1], "merge_into": "partners"},
        {"label": "partners", "ballot_styles": [2]},
    ]
    built = of_votes(tmp_path / "r", [motion(1), motion(2), motion(2)], tally_cells=cells)
    decrypted(built, approved_of(built.path))
    judged(built)
    assert merged_of(built)["partners", "motion"] == (1,)


def test_a_cell_without_ballots_receives(tmp_path: Path) -> None:
    votes = [motion(2), motion(4), motion(4)]
    built = of_votes(tmp_path / "r", votes, ballot_styles=STYLES, tally_cells=CHAIN, minimum_cell_ballots=3)
    decrypted(built, approved_of(built.path))
    judged(built)
    assert merged_of(built) == {("partners", "motion"): (4,)}


def test_a_rare_weight_is_hidden_in_a_larger_cell(tmp_path: Path) -> None:
    """1 + 1 + 4 would show a vote; with two more of weight 4 it does not."""
    votes = [motion(1, w) for w in (1, 1, 4, 4)] + [motion(2, w) for w in (1, 1, 4)]
    built = of_votes(tmp_path / "r", votes, tally_cells=MERGING)
    approved = approved_of(built.path)
    assert ruling(approved, 1, 3).merged == {2: "partners"}
    decrypted(built, approved)
    judged(built)
    assert merged_of(built)["members", "motion"] == (2,)


def test_a_rare_weight_that_stays_rare_withholds_all_that_it_is_merged_with(tmp_path: Path) -> None:
    built = of_votes(tmp_path / "r", [motion(1), motion(1), motion(2, 4)], tally_cells=MERGING)
    approved = approved_of(built.path)
    assert allowed(approved) == [(1, 1)]
    assert ruling(approved, 1, 3).broken.keys() == {"weight"}
    decrypted(built, approved)
    judged(built)
    assert [(e.cell, e.contest, e.action) for e in approved.exceptions((1, 3))] == [(1, 3, "withheld")]


def test_what_is_still_too_small_is_withheld(tmp_path: Path) -> None:
    votes = [motion(1), motion(1), motion(1), motion(2)]
    built = of_votes(tmp_path / "r", votes, tally_cells=MERGING, minimum_cell_ballots=5)
    approved = approved_of(built.path)
    assert approved.tally_statements() == ()
    reason = "4 cast ballots have it, fewer than the manifest's minimum of 5"
    assert (ruling(approved, 1, 3).merged, ruling(approved, 1, 3).broken) == ({2: "partners"}, {"minimum": reason})
    decrypted(built, approved)
    judged(built)
    assert contest_results(Record.at(built.path), built.election).withheld == ("members", "partners")


def test_an_override_is_for_what_is_left_after_merging(tmp_path: Path) -> None:
    votes = [motion(1), motion(1), motion(1, marks=NO), motion(2)]
    built = of_votes(tmp_path / "r", votes, tally_cells=MERGING, minimum_cell_ballots=5)
    with pytest.raises(CheckError, match="or it is merged into another cell"):
        approved_of(built.path, [Override("partners", "motion", "minimum", "x")])
    approved = approved_of(built.path, [Override("members", "motion", "minimum", "All agree.")])
    assert allowed(approved) == [(1, 3)]
    decrypted(built, approved)
    judged(built)
    assert merged_of(built) == {("members", "motion"): (2,)}
    found = Record.at(built.path).objects(Tally, layout.TALLIES, built.election.group)
    assert counted(list(found)) == {(1, 3, 1): 3, (1, 3, 2): 1}
    assert "(4 cast ballots have it" in verified(built.path).remarks[0]
