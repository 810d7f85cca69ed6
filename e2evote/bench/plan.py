"""What is measured, in two lengths, and the parts by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from e2evote.bench.cores import over_cores
from e2evote.bench.figures import Figure, Meter, Watch
from e2evote.bench.phases import measure
from e2evote.bench.refusals import check_refusals
from e2evote.bench.scaling import over_ballots, over_options
from e2evote.bench.workload import association, grid
from e2evote.errors import CheckError
from e2evote.group.elements import Group

OPTIONS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured of everything."""

    contests: tuple[int, ...]
    ballots: int
    warm_up: int
    example_ballots: int
    record_ballots: tuple[int, ...]
    shared_ballots: int
    processes: tuple[int, ...]
    repeats: int
    options: tuple[int, ...]
    options_ballots: int
    entries: int
    submitters: tuple[int, ...]
    submitted: int
    voters: int
    votes: int
    database: str | None = None
    rate: float | None = None
    verifying: int | None = None


FULL = Plan(
    (12, 5),
    100,
    11,
    48,
    (100, 1_000, 10_000),
    1_000,
    (1, 2),
    3,
    (2, 4, 8, 16),
    24,
    5_000,
    (1, 8, 64, 256),
    800,
    200,
    2_000,
)
QUICK = Plan((5,), 20, 3, 10, (10, 20, 40), 40, (1, 2), 1, (2, 4, 8), 8, 500, (1, 8, 64), 96, 50, 200)

Part = Callable[[Plan, str, Group, Watch], list[Figure]]
"""From a plan and a group with its backend's name to figures."""


def workload(plan: Plan, name: str, group: Group, watch: Watch) -> list[Figure]:
    """Measure EG-Cx4, and check that forged ballots are refused."""
    figures: list[Figure] = []
    for contests in plan.contests:
        votes = grid(contests, OPTIONS, plan.ballots, plan.warm_up)
        meter = Meter("workload", votes.name, name, watch)
        check_refusals(measure(votes, group, meter), contests, OPTIONS)
        figures += meter.figures
    return figures


def example(plan: Plan, name: str, group: Group, watch: Watch) -> list[Figure]:
    """Measure the example election of an association."""
    meter = Meter("example", "association", name, watch)
    measure(association(plan.example_ballots), group, meter)
    return meter.figures


def ballots(plan: Plan, name: str, group: Group, watch: Watch) -> list[Figure]:
    """Measure how time and memory grow with the ballots of a record."""
    return over_ballots(name, group, plan.record_ballots, watch)


def cores(plan: Plan, name: str, group: Group, watch: Watch) -> list[Figure]:
    """Measure what a second core is worth."""
    votes = grid(plan.contests[0], OPTIONS, plan.shared_ballots)
    return over_cores(name, group, votes, plan.processes, plan.repeats, watch)


def options(plan: Plan, name: str, group: Group, watch: Watch) -> list[Figure]:
    """Measure how cost grows with the options of a contest."""
    return over_options(name, group, plan.options, plan.options_ballots, watch)


def log(plan: Plan, _name: str, _group: Group, watch: Watch) -> list[Figure]:
    """Measure what the bulletin board's log acknowledges.

    Raises:
        CheckError: the extra ``board`` is not installed.
    """
    try:
        from e2evote.bench.logs import over_submitters
    except ModuleNotFoundError as error:
        raise CheckError(f"{error.name} is missing: install e2evote with the extra 'board'") from None
    return over_submitters(plan.entries, plan.submitters, plan.database, watch)


def submission(plan: Plan, _name: str, group: Group, watch: Watch) -> list[Figure]:
    """Measure what a board's server accepts.

    Raises:
        CheckError: the extra ``web`` is not installed.
    """
    try:
        from e2evote.bench.submissions import over_proofs
    except ModuleNotFoundError as error:
        raise CheckError(f"{error.name} is missing: install e2evote with the extra 'web'") from None
    votes = grid(plan.contests[-1], OPTIONS, plan.submitted)
    return over_proofs(votes, group, plan.processes[-1], plan.database, watch)


def booth(plan: Plan, _name: str, group: Group, watch: Watch) -> list[Figure]:
    """Measure how many voters a booth's server lets vote.

    Raises:
        CheckError: the extra ``web`` is not installed.
    """
    try:
        from e2evote.bench.booths import Load, over_proofs
    except ModuleNotFoundError as error:
        raise CheckError(f"{error.name} is missing: install e2evote with the extra 'web'") from None
    load = Load(plan.voters, plan.votes, plan.verifying or plan.processes[-1], plan.rate)
    return over_proofs(grid(plan.contests[-1], OPTIONS, OPTIONS), group, load, watch)


PARTS: Mapping[str, Part] = {
    "workload": workload,
    "example": example,
    "ballots": ballots,
    "cores": cores,
    "options": options,
    "log": log,
    "submission": submission,
    "booth": booth,
}
"""Every part, in the order of the report."""

ON_DATABASES = ("log", "submission")
"""Parts measured on PostgreSQL too where there is an empty database for each."""

ON_EVERY_BACKEND = ("workload", "example")
"""Parts measured on all backends; the others only on the best, unless backends are named."""
