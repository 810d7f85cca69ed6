"""A station at work: online, offline, merged, restarted, closed."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.cli.stations import election_side, lose_station, merge_bundle, signed_bundle
from e2evote.election.people import members as people_members
from e2evote.election.people import standings
from e2evote.election.people.database import People
from e2evote.election.people.standings import State
from e2evote.election.stations.link import CutOffError
from e2evote.election.stations.machine import Machine
from e2evote.election.stations.minutes import read_minutes
from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.workspace.directory import Workspace
from tests.election.stations.halls import Within, assign, machine, marks, signing, typed, vote
from tests.web.booth.booths import Clock, Voter, ballots, members


def standing(place: Path, number: int) -> standings.Standing:
    with People.open(place / "club") as people, people.reading() as access:
        found = people_members.look_up(access, typed(number))
        assert found.known
        return standings.read(access, found.subject)


def refusal(station: Machine, number: int) -> Answer:
    with pytest.raises(NoPermitError) as caught:
        station.authorise(typed(number))
    return caught.value.answer


def test_one_voter_after_the_other_online(place: Path, hall: Machine) -> None:
    granted = hall.authorise(typed(1))
    assert (len(granted.inquiry), granted.name) == (12, members()[0]["name"])
    assert standing(place, 1).state is State.AUTHORISED
    with pytest.raises(CheckError, match="a voter is here already"):
        hall.authorise(typed(2))
    first = hall.encrypt(marks(hall))
    assert (hall.sender.waiting, hall.sender.connected) == (0, True)
    hall.cast()
    assert standing(place, 1) == standings.Standing(State.VOTED)
    assert hall.permit is None
    assert not list((place / "hall" / "private").glob("pe*.sealed"))
    assert refusal(hall, 1) is Answer.HAS_VOTED
    vote(hall, 2)
    assert [ballot.position for ballot in hall.chain.ballots] == [1, 2]
    assert hall.chain.ballots[0].code == first.code


def test_somebody_else_s_answers(place: Path, hall: Machine, clock: Clock) -> None:
    with pytest.raises(NoPermitError) as caught:
        hall.authorise(typed(1) | {"member_number": "999999"})
    assert caught.value.answer is Answer.NOT_ON_ROLL
    with pytest.raises(NoPermitError) as caught:
        hall.authorise({"member_number": "", "national_id": ""})
    assert (caught.value.answer, caught.value.field) == (Answer.MALFORMED, "member_number")
    clock.ahead += 100 * 3600
    assert refusal(hall, 1) is Answer.CLOSED


def test_a_challenged_ballot_is_opened_and_the_permit_still_releases_one(place: Path, hall: Machine) -> None:
    hall.authorise(typed(3))
    encrypted = hall.encrypt(marks(hall, 2))
    opened, _ = hall.challenge()
    assert opened.confirmation_code == encrypted.code
    assert [option.selection for option in opened.contests[0].options][:3] == [0, 1, 0]
    assert (hall.challenges_left, hall.opened(1)) == (4, opened)
    with pytest.raises(CheckError, match="no ballot waits"):
        hall.cast()
    hall.encrypt(marks(hall))
    hall.cast()
    assert hall.chain.counts() == (1, 1, 1, 0, 0)
    with pytest.raises(CheckError, match="no ballot is released"):
        hall.encrypt([])


def test_a_permit_that_is_taken_back_frees_the_voter(place: Path, hall: Machine) -> None:
    hall.authorise(typed(4))
    hall.encrypt(marks(hall))
    hall.take_back()
    assert standing(place, 4).state is State.NONE
    assert hall.chain.counts() == (1, 0, 0, 1, 1)
    vote(hall, 4)
    with pytest.raises(CheckError, match="no voter is here"):
        hall.take_back()


def test_nobody_votes_at_the_booth_while_a_station_has_them(
    place: Path, client: TestClient, hall: Machine, clock: Clock
) -> None:
    voter = Voter(client, place / "club")
    voter.sign_in(5)
    hall.authorise(typed(5))
    assert voter.refused("begin") == "elsewhere"
    sent = voter.ask_for_code(5)
    code = voter.read_code(5, 2)
    assert voter.refused("enter", {"token": sent["token"], "code": code}) == "at-station"
    hall.encrypt(marks(hall))
    hall.cast()
    again = Voter(client, place / "club")
    assert again.sign_in(5)["voted"]


def test_nobody_votes_at_a_station_while_their_ballot_is_on_the_board(
    place: Path, client: TestClient, hall: Machine
) -> None:
    voter = Voter(client, place / "club")
    voter.sign_in(6)
    (ballot,) = ballots(place / "club", 1)
    voter.commit(ballot)
    assert refusal(hall, 6) is Answer.VOTING_ELSEWHERE
    voter.cast(ballot)
    assert refusal(hall, 6) is Answer.HAS_VOTED


def test_exactly_one_of_two_stations_and_the_booth_wins(
    place: Path, client: TestClient, hall: Machine, clock: Clock
) -> None:
    school = machine(place / "school", clock, Within(client, place / "school", clock))
    school.open(signing(place / "school"))
    prepared = ballots(place / "club", 6)
    for number, ballot in enumerate(prepared, 7):
        voter = Voter(client, place / "club")
        voter.sign_in(number)
        voter.done("begin")

        def at(station: Machine, number: int = number) -> str:
            try:
                station.authorise(typed(number))
            except NoPermitError as error:
                return error.answer.value
            return "here"

        def booth(voter: Voter = voter, ballot: object = ballot) -> str:
            answer = voter.call("commit", ballot.commit)  # type: ignore[attr-defined]
            if answer.status == 200:  # a binding that was not on the board yet may have ended meanwhile (ADR 30)
                answer = voter.call("code", {"confirmation_code": ballot.code})  # type: ignore[attr-defined]
            return "here" if answer.status == 200 else str(answer.json["error"])

        with ThreadPoolExecutor(3) as threads:
            found = [
                task.result() for task in (threads.submit(at, hall), threads.submit(at, school), threads.submit(booth))
            ]
        assert found.count("here") == 1, found
        for station in (hall, school):
            if station.permit is not None:
                station.take_back()
    school.shut()


# ---------------------------------------------------------------------------------------------------------- offline


def test_offline_a_station_serves_its_list_alone_and_is_merged_later(
    place: Path, client: TestClient, link: Within, hall: Machine, clock: Clock
) -> None:
    vote(hall, 1)
    assert hall.load_list(assign(place / "club", "hall", [2, 3, 4])) == 3
    assert standing(place, 2).state is State.ASSIGNED
    school = machine(place / "school", clock, Within(client, place / "school", clock))
    school.open(signing(place / "school"))
    assert refusal(school, 2) is Answer.OTHER_STATION
    link.cut = True
    with pytest.raises(CutOffError):
        hall.authorise(typed(5))
    codes = [vote(hall, 2), vote(hall, 3)]
    assert refusal(hall, 2) is Answer.HAS_VOTED
    assert (hall.sender.waiting, hall.sender.connected) == (4, False)
    assert refusal(school, 3) is Answer.OTHER_STATION
    link.cut = False
    hall.send()
    assert [ballot.code for ballot in hall.chain.ballots[1:]] == codes
    assert [standing(place, number).state for number in (3, 4)] == [State.VOTED, State.ASSIGNED]
    hall.send()  # the same again does no harm
    hall.close(signing(place / "hall"))
    assert standing(place, 4).state is State.NONE
    vote(school, 4)
    school.shut()


def test_a_voter_with_a_permit_of_the_server_goes_on_when_the_line_is_cut(
    place: Path, link: Within, hall: Machine, clock: Clock
) -> None:
    hall.authorise(typed(8))
    link.cut = True
    hall.encrypt(marks(hall))
    hall.cast()
    assert standing(place, 8).state is State.AUTHORISED
    hall.shut()
    again = machine(place / "hall", clock, link)
    link.cut = False
    again.send()
    assert standing(place, 8).state is State.VOTED
    again.shut()


def test_a_lost_answer_is_asked_for_again(place: Path, link: Within, hall: Machine) -> None:
    hall.send()
    for step in (lambda: hall.encrypt(marks(hall)), hall.cast):
        if hall.permit is None:
            hall.authorise(typed(9))
        link.lose = True
        step()
    link.lose = False
    assert standing(place, 9).state in (State.AUTHORISED, State.VOTED)
    hall.send()
    assert standing(place, 9).state is State.VOTED


def test_a_station_without_a_network_is_merged_by_file(place: Path, clock: Clock) -> None:
    alone = machine(place / "hall", clock)
    alone.load_list(assign(place / "club", "hall", [2, 3, 4]))
    alone.open(signing(place / "hall"))
    with pytest.raises(NoPermitError) as caught:
        alone.authorise(typed(1))
    assert caught.value.answer is Answer.NOT_IN_LIST
    vote(alone, 2)
    alone.authorise(typed(3))
    alone.encrypt(marks(alone))
    alone.challenge()
    half = signed_bundle(2, alone.bundle(), alone.sign)
    alone.encrypt(marks(alone))
    alone.cast()
    signed = alone.close(signing(place / "hall"))
    assert signed.minutes.counts == (2, 2, 1, 0, 0)
    whole = signed_bundle(2, alone.bundle(), alone.sign)
    for data in (half, whole, whole):
        with election_side(Workspace(place / "club"), place / "club" / "board") as side:
            merge_bundle(side, data, "bundle", lambda *_: None)
    states = [standing(place, number).state for number in (2, 3, 4)]
    assert states == [State.VOTED, State.VOTED, State.NONE]
    with election_side(Workspace(place / "club"), place / "club" / "board") as side:
        with pytest.raises(CheckError, match="was cut"):
            merge_bundle(side, half, "bundle", lambda *_: None)
        changed = whole.replace(b'"returned":[]', b'"returned":["00"]')
        with pytest.raises(Exception, match="the signature does not hold"):
            merge_bundle(side, changed, "bundle", lambda *_: None)
    alone.shut()


def test_a_forked_chain_is_refused(place: Path, link: Within, hall: Machine, clock: Clock) -> None:
    """The folder is copied to a second machine, and both vote."""
    hall.load_list(assign(place / "club", "hall", [2, 3, 4]))
    hall.shut()
    shutil.copytree(place / "hall", place / "copy")
    one = machine(place / "hall", clock, link)
    vote(one, 2)
    one.shut()
    two = machine(place / "copy", clock)
    vote(two, 3)
    two.shut()
    two = machine(place / "copy", clock, link)
    with pytest.raises(CheckError, match="forked"):
        two.send()
    with pytest.raises(CheckError, match="refuses this station"):
        two.authorise(typed(4))
    two.shut()
    assert standing(place, 3).state is State.ASSIGNED


def test_a_chain_that_was_cut_is_refused(place: Path, link: Within, hall: Machine, clock: Clock) -> None:
    shutil.copytree(place / "hall", place / "before")
    vote(hall, 1)
    hall.shut()
    old = machine(place / "before", clock, link)
    with pytest.raises(CheckError, match="was cut"):
        old.send()
    old.shut()
    path = place / "hall" / "chain.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    with pytest.raises(CheckError, match="the line was changed"):
        machine(place / "hall", clock, link)


def test_whoever_is_released_has_not_voted(place: Path, link: Within, hall: Machine, clock: Clock) -> None:
    """A station cannot give somebody back who voted: the numbers on the board forbid it."""
    granted = hall.authorise(typed(1))
    hall.encrypt(marks(hall))
    link.cut = True
    hall.cast()
    link.cut = False
    for entry in islice(hall.chain.journal.entries(), 2, None):
        link.ask(entry["kind"], entry)
    with pytest.raises(CheckError, match="nobody is released"):
        link.ask("settle", {"used": [], "returned": [hex_of(granted.token)]})
    with pytest.raises(CheckError, match="is none that"):
        link.ask("settle", {"used": ["00" * 80], "returned": []})
    hall.send()
    with pytest.raises(CheckError, match="cast ballots"):
        link.ask("settle", {"used": [hex_of(hall.authorise(typed(2)).token)], "returned": []})


def test_a_lost_station(place: Path, client: TestClient, link: Within, hall: Machine) -> None:
    hall.load_list(assign(place / "club", "hall", [2, 3]))
    vote(hall, 1)
    link.cut = True
    vote(hall, 2)
    with election_side(Workspace(place / "club"), place / "club" / "board") as side:
        station, released = lose_station(side, "hall", "lost", [], "")
    assert (station.name, released) == ("hall", 2)
    link.cut = False
    with pytest.raises(CheckError, match="reported as lost"):
        hall.send()
    assert standing(place, 2).state is State.NONE  # the ballot in the lost machine is never counted


def test_a_station_that_is_lost_before_it_reported(place: Path, link: Within, hall: Machine) -> None:
    """The last ballot is on the board, and nobody was told whose permit was used: people say who it was."""
    hall.load_list(assign(place / "club", "hall", [2, 3]))
    hall.authorise(typed(1))
    hall.encrypt(marks(hall))
    hall.send()
    link.refuse = "settle"
    hall.cast()
    number, wrong = typed(1)["member_number"], typed(5)["member_number"]
    with election_side(Workspace(place / "club"), place / "club" / "board") as side:
        for said in ([], [wrong], [number, typed(2)["member_number"]]):
            with pytest.raises(CheckError, match="nobody knows who"):
                lose_station(side, "hall", "lost", said, "")
        assert [standing(place, each).permit is not None for each in (1, 2, 3)] == [True] * 3
        assert lose_station(side, "hall", "lost", [number], "")[1] == 2
    assert [standing(place, each).state for each in (1, 2, 3)] == [State.VOTED, State.NONE, State.NONE]


# ---------------------------------------------------------------------------------------------------------- minutes


def test_minutes_are_those_of_the_chain(place: Path, hall: Machine) -> None:
    first, last = vote(hall, 1), vote(hall, 2)
    hall.authorise(typed(3))
    with pytest.raises(CheckError, match="a voter is here"):
        hall.close(signing(place / "hall"))
    hall.take_back()
    names = signing(place / "hall")
    with pytest.raises(CheckError, match="two different officials"):
        hall.close([names[0], names[0]])
    with pytest.raises(CheckError, match="name and PIN"):
        hall.close([names[0], (names[1][0], "00000000")])
    hall.close(names)
    data = (place / "hall" / "minutes.json").read_bytes()
    found = read_minutes(data, "minutes").minutes
    assert (found.first_code, found.last_code, found.counts) == (first, last, (3, 2, 0, 0, 1))
    with pytest.raises(CheckError, match="not open"):
        hall.authorise(typed(4))
    changed = json.loads(data)
    changed["minutes"]["cast"] = 3
    with pytest.raises(Exception, match="the signature does not hold"):
        read_minutes(json.dumps(changed, separators=(",", ":"), ensure_ascii=False).encode(), "minutes")
