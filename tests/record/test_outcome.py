"""Who is elected: properties of the rules on drawn votes, and each rule on one example."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError
from e2evote.record.manifest import Contest, Manifest
from e2evote.record.outcome import ContestOutcome, Decision, Draw, Outcome, lots, outcome_of
from e2evote.record.results import ContestResult, OptionResult
from e2evote.record.rules import Quorum
from e2evote.record.sums import ContestSums, Results, Sum

H_E = bytes(range(32))
NONE = Decision()


def outcome(votes: Sequence[int], ballots: int = 100, decision: Decision = NONE, **rules: object) -> Outcome:
    quorum = rules.pop("quorum", None)
    options = tuple({"label": f"o{index}"} for index, _ in enumerate(votes, 1))
    contest = Contest.model_validate({"label": "board", "options": options, **rules})
    manifest = Manifest.model_validate(
        {
            "label": "club",
            "contests": (contest,),
            "ballot_styles": ({"label": "member", "contests": (1,)},),
            "quorum": quorum,
        }
    )
    found = tuple(OptionResult(index, f"o{index}", {}, each) for index, each in enumerate(votes, 1))
    sums = ContestSums(ContestResult(1, "board", {}, len(votes), found, {}), (Sum(1, (), ballots, tuple(votes), {}),))
    return outcome_of(H_E, manifest, Results((sums,), {}, (), ballots, (ballots,)), decision)


def contest(*arguments: object, **rules: object) -> ContestOutcome:
    return outcome(*arguments, **rules).contests[0]  # type: ignore[arg-type]


def who(found: ContestOutcome, result: str) -> list[int]:
    chosen = [each for each in found.candidates if each.result == result]
    return [each.index for each in sorted(chosen, key=lambda each: each.rank or 0)]


VOTES = st.lists(st.integers(0, 5), min_size=1, max_size=8)


@given(VOTES, st.integers(1, 4), st.integers(0, 4), st.sampled_from(["lots", "order", "unresolved"]))
def test_nobody_is_passed_over(votes: list[int], seats: int, alternates: int, ties: str) -> None:
    found = contest(votes, seats=seats, alternates=alternates, ties=ties)
    elected, others, tied = (who(found, each) for each in ("elected", "alternate", "tied"))
    assert len(elected) <= seats
    assert len(others) <= alternates
    assert all(votes[each - 1] > 0 for each in [*elected, *others, *tied])
    rest = {*range(1, len(votes) + 1)} - {*elected}
    assert all(votes[one - 1] >= votes[other - 1] for one in elected for other in rest)
    assert found.vacant == max(0, seats - sum(each > 0 for each in votes))
    if not tied:
        assert len(elected) == min(seats, sum(each > 0 for each in votes))
    if ties == "order":
        assert not tied


@given(VOTES, st.integers(1, 4), st.integers(0, 4), st.text(min_size=1, max_size=20))
def test_a_seed_resolves_every_tie(votes: list[int], seats: int, alternates: int, seed: str) -> None:
    rules = {"seats": seats, "alternates": alternates, "ties": "lots"}
    before = outcome(votes, **rules)
    if not before.undrawn:
        return
    decision = Decision(draws=(Draw(contest=1, seed=seed, source="a newspaper"),))
    after = outcome(votes, decision=decision, **rules)
    assert not after.undrawn
    assert not who(after.contests[0], "tied")
    assert {frozenset(tie.options) for tie in after.contests[0].ties} == {
        frozenset(tie.options) for tie in before.contests[0].ties
    }


def test_ties_without_effect_are_none() -> None:
    assert contest([5, 5, 3], seats=2, ties="lots").ties == ()
    assert contest([5, 3, 3], seats=1, ties="lots").ties == ()
    assert contest([0, 0], seats=1, ties="lots").ties == ()


def test_ties_at_seats_and_at_alternates() -> None:
    found = contest([5, 5, 3, 3], seats=1, alternates=2, ties="unresolved")
    assert [(tie.options, tie.decides) for tie in found.ties] == [((1, 2), "seats"), ((3, 4), "alternates")]
    assert who(found, "tied") == [1, 2, 3, 4]


def test_an_order_of_lots_decides() -> None:
    decision = Decision(draws=(Draw(contest=1, order=(3, 1, 2), source="an urn"),))
    found = contest([4, 4, 4], decision=decision, seats=1, alternates=1, ties="lots")
    assert (who(found, "elected"), who(found, "alternate")) == ([3], [1])


@pytest.mark.parametrize(("threshold", "elected"), [("majority", [1]), (50, [1, 2]), (20, [1, 2, 3]), (52, [])])
def test_thresholds(threshold: object, elected: list[int]) -> None:
    assert who(contest([51, 50, 20, 19], seats=3, threshold=threshold), "elected") == elected


@pytest.mark.parametrize(
    ("rule", "entitled", "reached"),
    [
        (Quorum(at_least=100), None, True), (Quorum(at_least=101), None, False), (Quorum(percent=50), None, None),
        (Quorum(percent=50), 200, True), (Quorum(percent=50), 201, False),
        (Quorum(percent=50, entitled=200), None, True),
    ],
)  # fmt: skip
def test_quorum(rule: Quorum, entitled: int | None, reached: bool | None) -> None:
    found = outcome([1], decision=Decision(entitled=entitled), quorum=rule).quorum
    assert found is not None
    assert found.reached is reached


REFUSED = {
    "no tie": ([3, 2], {"ties": "lots"}, Draw(contest=1, order=(1, 2), source="x"), "no tie that lots decide"),
    "other rule": ([3, 3], {"ties": "order"}, Draw(contest=1, order=(1, 2), source="x"), "no tie that lots decide"),
    "twice": ([3, 3], {"ties": "lots"}, Draw(contest=1, order=(1, 1), source="x"), "exactly the options"),
    "not tied": ([3, 3, 1], {"ties": "lots"}, Draw(contest=1, order=(1, 2, 3), source="x"), "exactly the options"),
    "both": ([3, 3], {"ties": "lots"}, Draw(contest=1, order=(1, 2), seed="y", source="x"), "not both"),
    "neither": ([3, 3], {"ties": "lots"}, Draw(contest=1, source="x"), "not both"),
    "no contest": ([3, 3], {"ties": "lots"}, Draw(contest=2, seed="y", source="x"), "contest 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_draws_are_refused(case: str) -> None:
    votes, rules, draw, message = REFUSED[case]
    with pytest.raises(CheckError, match=message):
        outcome(votes, decision=Decision(draws=(draw,)), seats=1, **rules)


def test_a_number_of_entitled_that_is_not_asked_for_is_refused() -> None:
    with pytest.raises(CheckError, match="not asked of officials"):
        outcome([1], decision=Decision(entitled=5))


def test_lots_depend_on_everything() -> None:
    options = range(1, 9)
    first = lots(H_E, 1, options, "seed")
    assert sorted(first) == [*options]
    others = {lots(H_E, 2, options, "seed"), lots(H_E, 1, options, "s"), lots(bytes(32), 1, options, "seed")}
    assert len({first, *others}) == 4
