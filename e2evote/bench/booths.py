"""A booth's server: votes a second, from signing in to the receipt of the cast ballot, and how long a voter waits.

The server is a process of its own, as ``e2evote serve`` starts it; voters are threads of this one, on the same machine.
First all of them rush through the booth, without a pause between two calls: more the server cannot do. Then they come
at a rate that it sustains, and take their time, so that as many are in the booth at once. Times are by the clock on the
wall, and are those a voter waits for an answer, with what had to be asked again.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from math import ceil
from pathlib import Path

from e2evote.bench.boards import served
from e2evote.bench.booth_election import Ballot, BoothElection, make_election
from e2evote.bench.calls import AGAIN, AT_ONCE, CALLS, COME, EVERY, STEPS, VOTE, WAITS
from e2evote.bench.crowds import Crowd
from e2evote.bench.figures import Figure, Meter, Stopwatch, Time, Watch
from e2evote.bench.mailbox import Mailbox
from e2evote.bench.voters import Notes, Place
from e2evote.bench.workload import Workload
from e2evote.board.log import Board
from e2evote.election.people import standings
from e2evote.election.people.database import People
from e2evote.election.people.standings import Standing, State
from e2evote.election.receipts import Receipt
from e2evote.election.streams import BALLOTS, STATUSES, code_stream
from e2evote.encoding import hex_of
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.record.entries import BallotEntry, StatusEntry
from e2evote.web.booth.application import election_application
from e2evote.web.booth.booth import Plan as Serving
from e2evote.web.site import Settings

SUSTAINED = 0.7
"""At what share of the speed of a rush voters come afterwards, unless a rate is given."""


@dataclass(frozen=True, slots=True)
class VotingRound:
    """What one server is asked: its processes that verify, votes in a rush and at a rate; a few before, to warm up."""

    proofs: str
    processes: int
    rush: int
    votes: int

    @property
    def warm_up(self) -> int:
        """Votes that are not measured: one for each process that verifies."""
        return max(self.processes, 1)


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a booth: voters at once, votes at a rate, processes that verify, and the rate, if it is given.

    Without verification half as many votes are cast.
    """

    voters: int
    votes: int
    processes: int
    rate: float | None = None

    @property
    def rounds(self) -> tuple[VotingRound, VotingRound]:
        """One server that verifies proofs, and one that does not."""
        half = self.votes // 2
        return (
            VotingRound("verified", self.processes, max(self.voters, self.votes // 5), self.votes),
            VotingRound("unverified", 0, max(self.voters, half // 5), half),
        )


def over_proofs(workload: Workload, group: Group, load: Load, watch: Watch) -> list[Figure]:
    """Measure with and without verification of proofs.

    Args:
        workload: its ballots are voted in turn.
        group: the parameters, on a backend.
        load: what is asked of the booth.
        watch: told how far it is.

    Raises:
        E2EVoteError: a vote was not cast, or what is on the board or in the roll is not what was promised.
    """
    count, choices = sum(each.warm_up + each.rush + each.votes for each in load.rounds), workload.ballots
    every = replace(workload, ballots=tuple(choices[i % len(choices)] for i in range(count)))
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as temporary:
        election = make_election(Path(temporary, "election"), every, group, load.processes, watch)
        voting = Voting(election, iter(election.ballots))
        for each in load.rounds:

            def meter(voters: str, proofs: str = each.proofs) -> Meter:
                return Meter("booth", f"{workload.name}, {proofs}, {voters}", "sqlite", watch, load.voters)

            settings = Settings(election.board, processes=each.processes, allow_insecure=frozenset(INSECURE_NAMES))
            with served(partial(election_application, settings, Serving(election.directory))) as port:
                voting.measure(port, Crowd(each.warm_up), each.warm_up, meter("warming up"))
                rush, calm = meter("in a rush"), meter("at a rate")
                speed = voting.measure(port, Crowd(load.voters), each.rush, rush)
                voting.measure(port, Crowd(load.voters, load.rate or SUSTAINED * speed), each.votes, calm)
            figures += rush.figures + calm.figures
        _check(election, voting.receipts)
    return figures


@dataclass
class Voting:
    """An election under way: the ballots that are left, and the receipts of those that are cast."""

    election: BoothElection
    ballots: Iterator[Ballot]
    receipts: dict[str, tuple[Receipt, Receipt]] = field(default_factory=dict)

    def measure(self, port: int, crowd: Crowd, votes: int, meter: Meter) -> float:
        """Have the next ballots cast, and return how many were a second.

        Raises:
            E2EVoteError: one was not cast.
        """
        notes, timer, ballots = Notes(), Stopwatch(), list(islice(self.ballots, votes))
        with Mailbox(self.election.outbox) as mailbox:
            place = Place(port, mailbox, self.election.keys, notes)
            speed = crowd.vote(place, ballots, lambda done: meter.watch(meter.case, done, votes))
        timer.lap()
        if notes.failures:
            told = "; ".join(f"{why} ({times})" for why, times in notes.failures.most_common())
            raise E2EVoteError(f"{meter.case}: {notes.failures.total()} of {votes} votes were not cast: {told}")
        self.receipts |= notes.receipts
        _note(meter, notes, crowd, 1 / speed, timer.wall.pm / timer.wall.seconds)
        return speed


def _note(meter: Meter, notes: Notes, crowd: Crowd, each: float, unit: float) -> None:
    """Add the figures of one crowd: seconds for each vote, and what voters waited for; the unit is pm a second."""

    def add(what: str, count: int, seconds: float) -> None:
        meter.add(what, 1, Time(seconds, seconds * unit))
        meter.figures[-1] = replace(meter.figures[-1], count=count)

    add(VOTE, len(notes.casts), each)
    if crowd.rate is not None:
        add(COME, len(notes.casts), 1 / crowd.rate)
    add(AT_ONCE, notes.most, 0.0)
    waits = notes.answers | {EVERY: [wait for step in STEPS for wait in notes.answers[step]]}
    for call in CALLS:
        found = sorted(waits[call])
        for what, share in WAITS:
            add(f"{call}, {what}", len(found), found[ceil(share * len(found)) - 1])
    for what, count in sorted(notes.again.items()):
        add(f"{AGAIN}: {what}", count, 0.0)


def _check(election: BoothElection, receipts: Mapping[str, tuple[Receipt, Receipt]]) -> None:
    """Accept a board and a roll on which every ballot is cast, once, as its receipts say, and nothing else is.

    Raises:
        E2EVoteError: there is something else.
    """
    count = len(election.ballots)
    if receipts.keys() != {ballot.code for ballot in election.ballots}:
        raise E2EVoteError(f"there are receipts for {len(receipts)} of {count} ballots")
    with Board.open(election.board) as board, board.reading() as view:
        if (view.length(BALLOTS), view.length(STATUSES)) != (count, count):
            raise E2EVoteError(f"{count} ballots were cast; the board has {view.length(BALLOTS)}")
        for code, promised in receipts.items():
            found = [(index, view.entry(index)) for index in view.stream(code_stream(bytes.fromhex(code)))]
            if found != [(receipt.index, receipt.entry) for receipt in promised] or not _is_cast(code, *promised):
                raise E2EVoteError(f"the board does not have ballot {code} as its receipts promise")
    with People.open(election.directory) as people, people.reading() as access:
        stands = [standing for _, standing in standings.every(access)]
    if stands != [Standing(State.VOTED)] * count:
        raise E2EVoteError(f"of {count} members {stands.count(Standing(State.VOTED))} have voted by the roll")


def _is_cast(code: str, committed: Receipt, cast: Receipt) -> bool:
    first, second = committed.content, cast.content
    return (
        isinstance(first, BallotEntry)
        and isinstance(second, StatusEntry)
        and hex_of(first.confirmation_code) == hex_of(second.confirmation_code) == code
        and second.status == "cast"
    )
