"""Elections in which every two values of two dimensions meet are held from beginning to end, and then forged."""

from itertools import count
from pathlib import Path

import pytest
from hypothesis import given

from e2evote.record.manifest import parse_manifest
from tests.matrix.conftest import ROWS, Elections, plan_of_row
from tests.matrix.dimensions import DIMENSIONS, every_pair, pairs_of
from tests.matrix.judging import check_finished, check_flaw
from tests.matrix.named import EXACT, NAMED, check_named
from tests.matrix.plans import FIELDS, Plan, plans
from tests.matrix.registered import FLAWS
from tests.matrix.voters import limit_of, option_limits

NUMBERED = range(len(ROWS))
SOME = [mutation for mutation in NAMED if mutation.name in EXACT][::8]


def test_every_pair_of_values_meets_in_a_row() -> None:
    assert set[object]().union(*map(pairs_of, ROWS)) == every_pair()
    assert all(row.keys() == DIMENSIONS.keys() for row in ROWS)


def test_extremes_are_among_the_rows() -> None:
    rows = [plan_of_row(row) for row in NUMBERED]
    assert {plan.n for plan in rows} == {plan.k for plan in rows} == {1, 2, 3, 4, 5}
    assert {len(plan.manifest["contests"]) for plan in rows} >= {1, 2, 3, 4}
    contests = [contest for plan in rows for contest in plan.manifest["contests"]]
    assert any(set(contest.get("supplemental_fields", ())) == set(FIELDS) for contest in contests)
    assert {limit_of(contest) for contest in contests} >= {1, 2, 3, 4}
    assert {R for contest in contests for R in option_limits(contest)} == {1, 2, 3}


@given(plans())
def test_every_plan_can_be_held(plan: Plan) -> None:
    manifest = parse_manifest(plan.manifest_bytes)
    manifest.check()
    assert 1 <= plan.k <= plan.n <= 5
    assert plan.mail_style is None or manifest.why_not_pre_encrypted(plan.mail_style) is None
    for ind_c, contest in enumerate(manifest.contests, 1):
        assert list(contest.option_limits) == option_limits(plan.contest(ind_c))
        assert contest.limit == limit_of(plan.contest(ind_c))


@pytest.mark.parametrize("row", NUMBERED)
def test_row(row: int, elections: Elections) -> None:
    check_finished(elections.finished(row))


@pytest.mark.parametrize("number", range(len(FLAWS)), ids=lambda number: FLAWS[number].name)
def test_every_flaw_finds_a_place_and_is_named(number: int, elections: Elections, tmp_path: Path) -> None:
    """In the first row, from its own number on, that has one."""
    rows = (row % len(ROWS) for row in range(number, number + len(ROWS)))
    assert any(check_flaw(elections.finished(row), FLAWS[number], tmp_path / str(row), row) for row in rows)


@pytest.mark.parametrize("number", range(len(SOME)), ids=lambda number: SOME[number].name)
def test_named_defects_are_named_elsewhere_too(number: int, elections: Elections, tmp_path: Path) -> None:
    rows = (row % len(ROWS) for row in range(number, number + len(ROWS)))
    assert any(check_named(elections.finished(row), SOME[number], tmp_path / str(row), exact=True) for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("row", NUMBERED)
def test_every_flaw_in_every_row(row: int, elections: Elections, tmp_path: Path) -> None:
    places = count(1)
    for flaw in FLAWS:
        for seed in range(3):
            check_flaw(elections.finished(row), flaw, tmp_path / str(next(places)), seed)


@pytest.mark.slow
@pytest.mark.parametrize("row", NUMBERED)
def test_every_named_defect_in_every_row(row: int, elections: Elections, tmp_path: Path) -> None:
    for mutation in NAMED:
        check_named(elections.finished(row), mutation, tmp_path / mutation.name, mutation.name in EXACT)
