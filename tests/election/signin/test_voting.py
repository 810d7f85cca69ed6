"""From a session to a vote: what is bound, cast, challenged, abandoned; and what every crash on the way leaves."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from e2evote.election.people import members, standings
from e2evote.election.people.standings import Standing, State
from e2evote.election.signin.refusals import Reason
from e2evote.election.signin.settings import Settings
from e2evote.election.signin.voting import CHALLENGES, Fate, Offered, Reconciled, Turn
from e2evote.errors import CheckError, E2EVoteError, StorageError
from e2evote.record.codec import parse
from tests.election.members import member, people_with
from tests.election.signin.conftest import NOON, ORDER, SETTINGS, Hall, hall_at
from tests.election.signin.test_signing_in import refusal

CODE, OTHER = b"\x01" * 32, b"\x02" * 32


def standing(hall: Hall, number: int = 1) -> Standing:
    with hall.people.reading() as access:
        found = members.look_up(access, hall.fields(number))
        assert found.known
        return standings.read(access, found.subject)


def test_a_voter_votes_once(hall: Hall) -> None:
    token = hall.sign_in()
    name = member(1).name
    fresh = Turn(name, 1, 1, voted=False, undecided=False, challenges_left=CHALLENGES, ballot_ends=0)
    assert hall.voting.turn(token) == fresh
    assert name not in repr(fresh)
    hall.commit(token, CODE)
    assert hall.voting.turn(token).undecided
    assert standing(hall) == Standing(State.BOUND, 0, CODE)
    assert hall.cast(token, CODE) == "receipt"
    assert standing(hall) == Standing(State.VOTED, 0, None)
    for call in (hall.signin.session, hall.voting.begin, hall.voting.turn):
        assert refusal(call, token).reason is Reason.HAS_VOTED
    token = hall.sign_in()
    assert hall.voting.turn(token).voted
    assert refusal(hall.voting.begin, token).reason is Reason.HAS_VOTED
    assert refusal(hall.voting.commit, token, Offered(OTHER, 1, 1), hall.box.put(OTHER)).reason is Reason.HAS_VOTED
    assert refusal(hall.voting.challenge, token, CODE, hall.box.put(CODE)).reason is Reason.HAS_VOTED
    assert hall.box.fates == {CODE: Fate.CAST}
    assert hall.voting.reconcile() == Reconciled(voted=1, undecided=0)


@pytest.mark.parametrize("offered", [Offered(CODE, 2, 1), Offered(CODE, 1, 2)])
def test_a_ballot_is_what_the_roll_entitles_to(hall: Hall, offered: Offered) -> None:
    token = hall.sign_in()
    hall.voting.begin(token)
    assert refusal(hall.voting.commit, token, offered, hall.box.put(CODE)).reason is Reason.WRONG_STYLE
    assert not hall.box.fates


def test_codes_have_one_purpose(hall: Hall) -> None:
    """A code to sign in casts nothing, a code to cast signs nobody in, and neither is good for another ballot."""
    token = hall.sign_in()
    hall.commit(token, CODE)
    casting = hall.voting.send_code(token, CODE, ORDER)
    cast_code = hall.newest_code()
    signing = hall.begin(1)
    sign_code = hall.newest_code()
    decide = hall.box.decide(CODE, Fate.CAST)
    assert refusal(hall.signin.enter, casting.token, cast_code, "a").reason is Reason.NO_ASKING
    assert refusal(hall.signin.resend, casting.token, ORDER).reason is Reason.NO_ASKING
    if sign_code != cast_code:
        assert refusal(hall.signin.enter, signing.token, cast_code, "a").reason is Reason.WRONG_CODE
        found = refusal(hall.voting.cast, token, casting.token, sign_code, CODE, "a", decide)
        assert found.reason is Reason.WRONG_CODE
    found = refusal(hall.voting.cast, token, signing.token, sign_code, CODE, "a", decide)
    assert found.reason is Reason.NO_ASKING
    hall.voting.begin(token)
    hall.voting.commit(token, Offered(OTHER, 1, 1), hall.box.put(OTHER))
    found = refusal(hall.voting.cast, token, casting.token, cast_code, OTHER, "a", hall.box.decide(OTHER, Fate.CAST))
    assert found.reason is Reason.NO_ASKING
    assert hall.box.fates == {CODE: Fate.SPOILED, OTHER: Fate.UNDECIDED}


def test_a_casting_code_is_the_voters_own_and_can_be_resent(hall: Hall) -> None:
    first, second = hall.sign_in(1), hall.sign_in(2)
    hall.commit(first, CODE)
    hall.commit(second, OTHER)
    sent = hall.voting.send_code(first, CODE, ORDER)
    code = hall.newest_code()
    assert "to cast your ballot" in hall.received.messages[-1].text
    assert refusal(hall.voting.send_code, second, CODE, ORDER).reason is Reason.OTHER_BALLOT
    stolen = refusal(hall.voting.cast, second, sent.token, code, OTHER, "a", hall.box.decide(OTHER, Fate.CAST))
    assert stolen.reason is Reason.NO_ASKING
    again = hall.voting.send_code(first, CODE, ORDER, sent.token)
    assert again.token == sent.token
    assert hall.voting.cast(first, sent.token, code, CODE, "a", hall.box.decide(CODE, Fate.CAST))


def test_five_wrong_casting_codes_leave_the_ballot_bound(hall: Hall) -> None:
    token = hall.sign_in()
    hall.commit(token, CODE)
    sent = hall.voting.send_code(token, CODE, ORDER)
    decide = hall.box.decide(CODE, Fate.CAST)
    for _ in range(5):
        assert refusal(hall.voting.cast, token, sent.token, "x", CODE, "a", decide).reason is Reason.WRONG_CODE
    assert refusal(hall.voting.cast, token, sent.token, "x", CODE, "a", decide).reason is Reason.TOO_MANY_WRONG
    assert standing(hall).state is State.BOUND
    assert hall.cast(token, CODE) == "receipt"


def test_the_ballots_clock(hall: Hall) -> None:
    token = hall.sign_in()
    assert refusal(hall.voting.commit, token, Offered(CODE, 1, 1), hall.box.put(CODE)).reason is Reason.BALLOT_EXPIRED
    assert hall.voting.begin(token) == NOON + 1200
    hall.time.now += 1200
    assert refusal(hall.voting.commit, token, Offered(CODE, 1, 1), hall.box.put(CODE)).reason is Reason.BALLOT_EXPIRED
    hall.voting.begin(token)
    hall.time.now += 1199
    hall.voting.commit(token, Offered(CODE, 1, 1), hall.box.put(CODE))
    hall.time.now += 599
    sent = hall.voting.send_code(token, CODE, ORDER)
    code = hall.newest_code()
    hall.time.now += 1
    found = refusal(hall.voting.cast, token, sent.token, code, CODE, "a", hall.box.decide(CODE, Fate.CAST))
    assert found.reason is Reason.BALLOT_EXPIRED
    hall.voting.begin(token)
    assert hall.box.fates == {CODE: Fate.SPOILED}


def test_nothing_is_cast_after_the_end(hall: Hall) -> None:
    hall.time.now = NOON + 6 * 3600 - 60
    token = hall.sign_in()
    assert hall.voting.begin(token) == NOON + 6 * 3600
    hall.voting.commit(token, Offered(CODE, 1, 1), hall.box.put(CODE))
    sent = hall.voting.send_code(token, CODE, ORDER)
    code = hall.newest_code()
    hall.time.now += 60
    found = refusal(hall.voting.cast, token, sent.token, code, CODE, "a", hall.box.decide(CODE, Fate.CAST))
    assert found.reason is Reason.CLOSED


def test_a_challenge_frees_the_voter_at_most_five_times(hall: Hall) -> None:
    token = hall.sign_in()
    for number in range(CHALLENGES):
        code = bytes([number]) * 32
        hall.commit(token, code)
        assert hall.voting.challenge(token, code, hall.box.decide(code, Fate.CHALLENGED)) == "receipt"
        assert hall.voting.turn(token).challenges_left == CHALLENGES - number - 1
    last = b"\x77" * 32
    hall.commit(token, last)
    found = refusal(hall.voting.challenge, token, last, hall.box.decide(last, Fate.CHALLENGED))
    assert found.reason is Reason.NO_MORE_CHALLENGES
    assert hall.cast(token, last) == "receipt"


def test_a_ballot_of_somebody_else_is_not_taken_over(hall: Hall) -> None:
    """Else whoever copies a ballot from the board could have it spoiled."""
    first, second = hall.sign_in(1), hall.sign_in(2)
    hall.commit(first, CODE)
    hall.voting.begin(second)
    found = refusal(hall.voting.commit, second, Offered(CODE, 1, 1), hall.box.put(CODE))
    assert found.reason is Reason.OTHER_BALLOT
    hall.voting.begin(second)
    assert hall.box.fates == {CODE: Fate.UNDECIDED}


def test_ballots_of_a_voter_are_limited(hall: Hall) -> None:
    token = hall.sign_in()
    for _ in range(30):
        hall.voting.begin(token)
    assert refusal(hall.voting.begin, token).reason is Reason.TOO_OFTEN


def test_a_second_device_ends_the_ballot_of_the_first(hall: Hall) -> None:
    first = hall.sign_in()
    hall.commit(first, CODE)
    sent = hall.voting.send_code(first, CODE, ORDER)
    code = hall.newest_code()
    second = hall.sign_in()
    decide = hall.box.decide(CODE, Fate.CAST)
    assert refusal(hall.voting.cast, first, sent.token, code, CODE, "a", decide).reason is Reason.ELSEWHERE
    hall.voting.begin(second)
    assert hall.box.fates == {CODE: Fate.SPOILED}


# ---------------------------------------------------------------------------------------------------------- crashes


def failing(hall: Hall, when: str, call: Callable[[], object]) -> None:
    """Do something while the board fails before or after it has accepted."""
    hall.box.fail = when
    with pytest.raises(StorageError):
        call()
    hall.box.fail = ""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_that_fails_can_be_repeated_or_abandoned(hall: Hall, when: str) -> None:
    token = hall.sign_in()
    hall.voting.begin(token)
    offered = Offered(CODE, 1, 1)
    failing(hall, when, lambda: hall.voting.commit(token, offered, hall.box.put(CODE)))
    assert hall.voting.commit(token, offered, hall.box.put(CODE)) == "receipt"
    failing(hall, when, lambda: hall.voting.commit(token, offered, hall.box.put(CODE)))
    hall.voting.begin(token)
    hall.voting.commit(token, Offered(OTHER, 1, 1), hall.box.put(OTHER))
    assert hall.cast(token, OTHER) == "receipt"
    assert hall.box.fates == {CODE: Fate.SPOILED, OTHER: Fate.CAST}


def test_a_ballot_that_never_reached_the_board_frees_its_voter(hall: Hall) -> None:
    token = hall.sign_in()
    hall.voting.begin(token)
    failing(hall, "before", lambda: hall.voting.commit(token, Offered(CODE, 1, 1), hall.box.put(CODE)))
    hall.voting.begin(token)
    assert hall.box.fates == {}
    late = hall.box.put(CODE)  # the request that seemed lost
    late()
    found = refusal(hall.voting.cast, token, "x", "x", CODE, "a", hall.box.decide(CODE, Fate.CAST))
    assert found.reason is Reason.OTHER_BALLOT


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cast_that_fails_can_be_repeated_without_another_code(hall: Hall, when: str) -> None:
    token = hall.sign_in()
    hall.commit(token, CODE)
    sent = hall.voting.send_code(token, CODE, ORDER)
    code = hall.newest_code()
    decide = hall.box.decide(CODE, Fate.CAST)
    failing(hall, when, lambda: hall.voting.cast(token, sent.token, code, CODE, "a", decide))
    assert standing(hall) == Standing(State.CASTING, 0, CODE)
    assert hall.voting.cast(token, sent.token, code, CODE, "a", decide) == "receipt"
    assert standing(hall) == Standing(State.VOTED, 0)
    assert hall.voting.cast(token, sent.token, code, CODE, "a", decide) == "receipt", "the answer was lost"
    other = hall.box.decide(OTHER, Fate.CAST)
    hall.box.fates[OTHER] = Fate.UNDECIDED
    assert refusal(hall.voting.cast, token, sent.token, code, OTHER, "a", other).reason is Reason.HAS_VOTED


def test_a_cast_that_comes_late_is_no_second_vote(hall: Hall) -> None:
    """The board accepts a request after its voter was told of a failure and has voted anew."""
    token = hall.sign_in()
    hall.commit(token, CODE)
    failing(hall, "late", lambda: hall.cast(token, CODE))
    hall.commit(token, OTHER)
    hall.cast(token, OTHER)
    hall.box.be_late()
    assert hall.box.fates == {CODE: Fate.SPOILED, OTHER: Fate.CAST}


def test_a_cast_that_comes_in_time_after_all_is_the_vote(hall: Hall) -> None:
    token = hall.sign_in()
    hall.commit(token, CODE)
    failing(hall, "late", lambda: hall.cast(token, CODE))
    hall.box.be_late()
    assert refusal(hall.voting.begin, token).reason is Reason.HAS_VOTED
    assert hall.voting.reconcile() == Reconciled(voted=1, undecided=0)


@pytest.mark.parametrize(("when", "voted"), [("before", False), ("after", True)])
def test_a_cast_that_failed_is_settled_by_what_the_board_has(hall: Hall, when: str, voted: bool) -> None:
    token = hall.sign_in()
    hall.commit(token, CODE)
    sent = hall.voting.send_code(token, CODE, ORDER)
    code = hall.newest_code()
    failing(hall, when, lambda: hall.voting.cast(token, sent.token, code, CODE, "a", hall.box.decide(CODE, Fate.CAST)))
    assert hall.voting.reconcile() == Reconciled(voted=int(voted), undecided=int(not voted))
    token = hall.sign_in()
    assert hall.voting.turn(token).voted is voted
    if voted:
        assert refusal(hall.voting.begin, token).reason is Reason.HAS_VOTED
        assert hall.box.fates == {CODE: Fate.CAST}
    else:
        hall.commit(token, OTHER)
        hall.cast(token, OTHER)
        assert hall.box.fates == {CODE: Fate.SPOILED, OTHER: Fate.CAST}


def test_a_cast_is_not_begun_before_the_ballot_is_on_the_board(hall: Hall) -> None:
    token = hall.sign_in()
    hall.voting.begin(token)
    failing(hall, "before", lambda: hall.voting.commit(token, Offered(CODE, 1, 1), hall.box.put(CODE)))
    sent = hall.voting.send_code(token, CODE, ORDER)
    typed = hall.newest_code()
    found = refusal(hall.voting.cast, token, sent.token, typed, CODE, "a", hall.box.decide(CODE, Fate.CAST))
    assert found.reason is Reason.NOT_ON_BOARD
    assert standing(hall).state is State.BOUND


def test_a_board_that_was_put_back_is_noticed(hall: Hall) -> None:
    token = hall.sign_in()
    hall.commit(token, CODE)
    failing(hall, "before", lambda: hall.cast(token, CODE))
    hall.box.fates.clear()
    with pytest.raises(StorageError, match="put back to an older state"):
        hall.voting.reconcile()


def test_the_vote_stands_where_only_the_last_step_fails(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board has accepted; the voter is told so, and the rest follows later."""
    token = hall.sign_in()
    hall.commit(token, CODE)
    sent = hall.voting.send_code(token, CODE, ORDER)
    code = hall.newest_code()
    with monkeypatch.context() as patch:

        def fail(_: bytes) -> Standing:
            raise StorageError("the disk is full")

        patch.setattr(hall.voting, "_settle", fail)
        assert hall.voting.cast(token, sent.token, code, CODE, "a", hall.box.decide(CODE, Fate.CAST)) == "receipt"
    assert standing(hall).state is State.CASTING
    assert hall.voting.reconcile() == Reconciled(voted=1, undecided=0)


@pytest.mark.parametrize("kind", ["hall", "server_hall"])
def test_many_requests_at_once_cast_one_ballot(request: pytest.FixtureRequest, kind: str) -> None:
    """Eight threads, each doing all it can with one voter's session; the board has one cast ballot at most."""
    hall: Hall = request.getfixturevalue(kind)
    token = hall.sign_in()

    def attempt(number: int) -> None:
        code = bytes([number + 1]) * 32
        with suppress(CheckError):
            hall.voting.begin(token)
            hall.voting.commit(token, Offered(code, 1, 1), hall.box.put(code))
            sent = hall.voting.send_code(token, code, ORDER)
            hall.settle()
            newest = next(m.code for m in reversed(hall.received.messages))
            hall.voting.cast(token, sent.token, newest, code, "a", hall.box.decide(code, Fate.CAST))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(16)))
    fates = list(hall.box.fates.values())
    assert fates.count(Fate.CAST) <= 1
    assert hall.voting.reconcile().voted == fates.count(Fate.CAST)


class Story(RuleBasedStateMachine):
    """Two voters, any order of steps, a board that fails at any of them: never two cast ballots of a voter."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        directory = Path(self.folder.name)
        parsed = parse(Settings, SETTINGS, "", canonical=False)
        limits = parsed.limits.model_copy(update={"codes_a_person": 1000, "ballots_a_person": 1000})
        self.hall = hall_at(directory, people_with(directory, 2), parsed.model_copy(update={"limits": limits}))
        self.tokens: dict[int, str] = {}
        self.codes: dict[int, list[bytes]] = {1: [], 2: []}

    def teardown(self) -> None:
        self.hall.courier.close()
        self.hall.people.close()
        self.folder.cleanup()

    @rule(voter=st.sampled_from([1, 2]))
    def sign_in(self, voter: int) -> None:
        self.tokens[voter] = self.hall.sign_in(voter)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), step=st.sampled_from(["commit", "commit", "cast", "cast", "cast", "challenge", "begin"]),
          fail=st.sampled_from(["", "", "before", "after", "late", "late"]))  # fmt: skip
    def step(self, data: st.DataObject, step: str, fail: str) -> None:
        hall, voter = self.hall, data.draw(st.sampled_from(sorted(self.tokens)))
        token, own = self.tokens[voter], self.codes[voter]
        hall.box.fail = fail
        with suppress(E2EVoteError):
            if step == "begin":
                hall.voting.begin(token)
            elif step == "commit":
                code = bytes([voter, len(own)]) * 16
                own.append(code)
                hall.commit(token, code)
            elif own:
                code = data.draw(st.sampled_from([own[-1], own[-1], *own]))
                if step == "cast":
                    hall.cast(token, code)
                else:
                    hall.voting.challenge(token, code, hall.box.decide(code, Fate.CHALLENGED))
        hall.box.fail = ""

    @precondition(lambda self: self.hall.box.late)
    @rule()
    def be_late(self) -> None:
        self.hall.box.be_late()

    @invariant()
    def once(self) -> None:
        for voter, own in self.codes.items():
            cast = [code for code in own if self.hall.box.fate(code) is Fate.CAST]
            assert len(cast) <= 1
            if standing(self.hall, voter).state is State.VOTED:
                assert len(cast) == 1

    @rule()
    def reconcile(self) -> None:
        cast = [fate for fate in self.hall.box.fates.values() if fate is Fate.CAST]
        assert self.hall.voting.reconcile().voted == len(cast)


TestStory = Story.TestCase
TestStory.settings = hypothesis_settings(max_examples=8, stateful_step_count=30, deadline=None)
