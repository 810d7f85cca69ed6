"""A station that dies at any of its durable steps, before it or behind it, and is started again.

Each run has one member vote and one challenge first; then the state on the disk is judged: every ballot whose code was
shown is in the chain, nobody has voted twice, and everybody can be finished.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.election.people.standings import State
from e2evote.election.stations.folder import Sealed
from e2evote.election.stations.journal import Journal
from e2evote.election.stations.local import LocalRoll
from e2evote.election.stations.machine import Machine
from e2evote.election.stations.refusals import Answer, NoPermitError
from tests.election.stations.halls import Within, assign, machine, marks, signing, typed
from tests.election.stations.test_machine import standing
from tests.web.booth.booths import Clock


class Killed(BaseException):
    """The machine is gone; nothing catches it."""


STEPS = ((Journal, "append"), (Sealed, "write"), (LocalRoll, "authorise"), (LocalRoll, "finish"), (Within, "ask"))


@contextmanager
def dying(at: int, behind: bool) -> Iterator[Callable[[], bool]]:
    """Die at the step with this number, counted over everything durable or sent; tells whether it was reached."""
    counted, reached = itertools.count(), False
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            original = getattr(owner, name)

            def step(*arguments, original=original):
                nonlocal reached
                here = next(counted) == at
                reached = reached or here
                if here and not behind:
                    raise Killed
                found = original(*arguments)
                if here:
                    raise Killed
                return found

            patch.setattr(owner, name, step)
        yield lambda: reached


def serve_one(station: Machine, number: int, shown: list[bytes], cast: list[bytes]) -> None:
    """Have a member challenge a ballot and cast another."""
    station.authorise(typed(number))
    shown.append(station.encrypt(marks(station, 2)).code)
    station.challenge()
    code = station.encrypt(marks(station)).code
    shown.append(code)
    station.cast()
    cast.append(code)


def finish(station: Machine, number: int) -> None:
    """Do what people at the station would do after a restart."""
    if station.permit is None and station.chain.undecided is None:
        with suppress(NoPermitError):
            station.authorise(typed(number))
    if station.chain.undecided is not None:
        station.cast()
    elif station.permit is not None:
        station.encrypt(marks(station))
        station.cast()


MOST = 18
"""Steps in one run; each takes a voter of its own."""


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize(("online", "first"), [(False, 0), (True, 0), pytest.param(True, MOST, marks=pytest.mark.slow)])
def test_a_station_that_dies_anywhere(
    place: Path, client: TestClient, clock: Clock, online: bool, first: int, behind: bool
) -> None:
    root, number = place / "hall", 0
    link = Within(client, root, clock) if online else None
    station = machine(root, clock, link)
    if not online:
        station.load_list(assign(place / "club", "hall", range(1, MOST + 2)))
    station.open(signing(root))
    station.shut()
    for number, at in enumerate(range(first, first + MOST), 1):
        reached = die_once(root, clock, link, number, at, behind)
        if not reached:
            break
    station = machine(root, clock, link)
    assert station.chain.counts()[:2] == (number, number)
    station.close(signing(root))
    if online:
        assert standing(place, 1).state is State.VOTED
    station.shut()


def die_once(root: Path, clock: Clock, link: Within | None, number: int, at: int, behind: bool) -> bool:
    """Have the station die at a step, judge what it finds afterwards, and tell whether there is such a step."""
    shown, cast = list[bytes](), list[bytes]()
    station = machine(root, clock, link)
    with dying(at, behind) as reached, suppress(Killed):
        serve_one(station, number, shown, cast)
    station.shut()
    again = machine(root, clock, link)
    codes = {ballot.code: ballot for ballot in again.chain.ballots}
    assert set(shown) <= set(codes)
    assert all(codes[code].status == "cast" for code in cast)
    finish(again, number)
    with pytest.raises(NoPermitError) as caught:
        again.authorise(typed(number))
    assert caught.value.answer is Answer.HAS_VOTED
    assert not list((root / "private").glob("pe*.sealed"))
    again.shut()
    return reached()


def test_a_station_that_is_killed_loses_nothing(place: Path, clock: Clock) -> None:
    """A process votes for the list and is killed at moments that nobody chose."""
    root = place / "hall"
    station = machine(root, clock)
    station.load_list(assign(place / "club", "hall", range(1, 21)))
    station.open(signing(root))
    station.shut()
    shown, kills, wait = set[str](), 0, 0.03
    while True:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.election.stations.voting_and_dying", str(root)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path.cwd(),
        )
        assert child.stdout is not None
        if child.stdout.readline() == "begun\n":
            time.sleep(wait)
        child.kill()
        rest = child.communicate()[0].split()
        kills, wait = kills + 1, wait * 1.6
        shown |= {word for word in rest if len(word) == 64}
        if "done" in rest:
            break
    again = machine(root, clock)
    codes = {ballot.code.hex().upper() for ballot in again.chain.ballots}
    assert shown <= codes
    assert kills > 2
    assert again.chain.counts()[:2] == (20, 20)
    again.shut()
