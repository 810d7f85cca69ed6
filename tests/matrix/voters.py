"""Voters who mark their ballots in every way, and a plain reading of docs/formats/manifest.md of what that comes to.

The reading shares nothing with the library: it is what tallies and opened ballots are compared with.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.matrix.plans import Json, Plan

WAYS = ("nothing", "one vote", "all votes", "some votes", "one too many", "far too many", "left out")
"""How voters mark a contest."""
TEXTS = ("", "A", "شاپور ارغوان‌زاده", '"\\\u0001', "x" * 200)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a voter marked on a ballot of a style: of each contest not left out a number an option, and texts."""

    style: int
    weight: int
    selections: Mapping[int, tuple[int, ...]]
    texts: Mapping[int, Mapping[int, str]] = field(default_factory=dict)

    def as_json(self) -> Json:
        contests: list[Json] = []
        for ind_c, selections in self.selections.items():
            contests.append({"contest": ind_c, "selections": list(selections)})
            if ind_c in self.texts:
                contests[-1]["write_ins"] = {str(ind_o): text for ind_o, text in self.texts[ind_c].items()}
        return {"ballot_style": self.style, "weight": self.weight, "contests": contests}


def marked(plan: Plan, rng: Random, way: str | None = None) -> Marks:
    """Return what a voter marks; in every contest in this way, or in any."""
    style = rng.randint(1, len(plan.manifest["ballot_styles"]))
    selections, texts = dict[int, tuple[int, ...]](), dict[int, dict[int, str]]()
    for ind_c in plan.contests(style):
        how = way or rng.choice(WAYS)
        if how == "left out":
            continue
        contest = plan.contest(ind_c)
        selections[ind_c] = _marks(contest, how, rng)
        write_ins = [ind_o for ind_o, option in enumerate(contest["options"], 1) if option.get("write_in")]
        if write_ins and rng.random() < 0.7:
            texts[ind_c] = {ind_o: rng.choice(TEXTS) for ind_o in write_ins}
    return Marks(style, weight_of(plan, rng), selections, texts)


def weight_of(plan: Plan, rng: Random) -> int:
    """Return the weight of a ballot: all have one, or each another."""
    most = int(plan.manifest["maximum_weight"])
    return rng.choice((1, 2, most)) if plan.levels["weights"] == "mixed" else most


def chosen(plan: Plan, style: int, rng: Random) -> dict[int, tuple[int, ...]]:
    """Return the options that a voter by mail chooses, by contest; some leave contests out."""
    found = {}
    for ind_c in plan.contests(style):
        options = range(1, len(plan.contest(ind_c)["options"]) + 1)
        count = rng.randint(0, limit_of(plan.contest(ind_c)))
        if count or rng.random() < 0.5:
            found[ind_c] = tuple(sorted(rng.sample(options, count)))
    return found


def _marks(contest: Json, how: str, rng: Random) -> tuple[int, ...]:
    limits, L = option_limits(contest), limit_of(contest)
    wanted = {"nothing": 0, "one vote": 1, "all votes": L, "some votes": rng.randint(0, L), "one too many": L + 1}
    marks = [0] * len(limits)
    if how == "far too many":
        marks[rng.randrange(len(marks))] = rng.choice((limits[0] + 1, 10**6, 2**31 - 1))
        return tuple(marks)
    for _ in range(wanted[how]):
        room = [j for j, R in enumerate(limits) if marks[j] < R] or [0]
        marks[rng.choice(room)] += 1
    return tuple(marks)


# ------------------------------------------------------------------------------------------- a plain reading


def option_limits(contest: Json) -> list[int]:
    """Return R of every option."""
    stated = contest.get("selection_limit", 1)
    limits = []
    for option in contest["options"]:
        R = option.get("selection_limit", 1)
        R = stated if R == "CONTEST_LIMIT" else R
        limits.append(R if stated == "NO_LIMIT" else min(R, stated))
    return limits


def limit_of(contest: Json) -> int:
    """Return L."""
    total, stated = sum(option_limits(contest)), contest.get("selection_limit", 1)
    return total if stated == "NO_LIMIT" else min(stated, total)


def overvoted(contest: Json, marks: Iterable[int]) -> bool:
    """Tell whether the marks are more than L in all, or more than R in an option."""
    marks = list(marks)
    return sum(marks) > limit_of(contest) or any(s > R for s, R in zip(marks, option_limits(contest), strict=True))


def values_of(contest: Json, marks: tuple[int, ...] | None) -> list[int]:
    """Return what a ballot encrypts in a contest: of every option, then of every supplemental field."""
    marks = marks or (0,) * len(contest["options"])
    names, L, over = contest.get("supplemental_fields", []), limit_of(contest), overvoted(contest, marks)
    votes = [0] * len(marks) if over else list(marks)
    S = L if over and "overvote_indicator" in names else sum(votes)
    written = [vote for vote, option in zip(votes, contest["options"], strict=True) if option.get("write_in")]
    values = {
        "overvote_indicator": 1 if over else 0,
        "undervote_indicator": 1 if S < L else 0,
        "undervote_difference": L - S,
        "null_vote_indicator": 1 if S == 0 else 0,
        "write_in_count": sum(written),
    }
    return votes + [values[name] for name in names]


def sums(plan: Plan, cast: Iterable[Marks]) -> dict[tuple[int, int], Counter[int]]:
    """Return by cell and contest the sum of every field, field 0 being the number of ballots."""
    totals: dict[tuple[int, int], Counter[int]] = {}
    for marks in cast:
        for ind_c in plan.contests(marks.style):
            total = totals.setdefault((cell_of(plan, marks.style), ind_c), Counter())
            total[0] += 1
            for j, value in enumerate(values_of(plan.contest(ind_c), marks.selections.get(ind_c)), 1):
                total[j] += marks.weight * value
    return totals


def cell_of(plan: Plan, style: int) -> int:
    """Return the number of the cell that counts ballots of a style."""
    cells = plan.manifest.get("tally_cells")
    return next(i for i, cell in enumerate(cells, 1) if style in cell["ballot_styles"]) if cells else 1
