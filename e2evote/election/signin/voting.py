"""From a session to a vote: a voter is bound to one ballot at a time, and the board decides what becomes of it.

The people's database and the board cannot commit together. So each step is written here first as an intention, then on
the board, then here as done; whatever a crash leaves is settled by asking the board, which has every ballot and never
forgets (docs/adr/0030):

* A voter casts only the ballot that they are *bound* to, after it was seen on the board, and after CASTING is durable.
* A binding ends only when the ballot has a status on the board, or is not on the board and nobody has begun to cast it.
* VOTED is written when the board has the ballot as cast, and never otherwise.

So no voter has two cast ballots, and none is called a voter whose vote is not on the board.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, TypeVar

from e2evote.election.people import codes, counters, members, sessions, standings
from e2evote.election.people.codes import Asking
from e2evote.election.people.counters import Limit
from e2evote.election.people.database import Access
from e2evote.election.people.member import Member
from e2evote.election.people.sessions import Ended, Session
from e2evote.election.people.standings import Standing, State
from e2evote.election.people.trail import HOUR
from e2evote.election.signin.desk import Desk, Order, Sent
from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.service import require_session
from e2evote.errors import CheckError, StorageError

CHALLENGES = 5
"""Ballots that a voter may challenge."""

T = TypeVar("T")

_LOG = logging.getLogger(__name__)


class Fate(StrEnum):
    """What the board has of a ballot."""

    ABSENT = "absent"
    UNDECIDED = "undecided"
    CAST = "cast"
    CHALLENGED = "challenged"
    SPOILED = "spoiled"


class BallotBox(Protocol):
    """The board, as far as it matters here. Both are durable: what ``fate`` returns is on the disk."""

    def fate(self, code: bytes) -> Fate:
        """Return what the board has of the ballot with a confirmation code."""

    def spoil(self, code: bytes) -> None:
        """Have an undecided ballot spoiled, which needs no secret.

        Raises:
            CheckError: the board has decided otherwise by now.
        """


@dataclass(frozen=True, slots=True)
class Offered:
    """A ballot that a voter hands in: its confirmation code, and what the roll must agree with."""

    code: bytes
    ballot_style: int
    weight: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a voter stands: what the roll entitles them to, whether they have voted, what is left.

    ``undecided``: a ballot of theirs is on the board, or on its way, which ``begin`` will have spoiled.
    ``ballot_ends``: when the ballot that is being filled in has to be handed in, seconds since 1970; 0: none is.
    """

    name: str = field(repr=False)
    ballot_style: int
    weight: int
    voted: bool
    undecided: bool
    challenges_left: int
    ballot_ends: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many voters have voted, and how many are bound to a ballot that is not decided."""

    voted: int
    undecided: int

    def check(self, cast: int) -> None:
        """Accept the number of ballots that the board has as cast on the devices of these voters.

        Raises:
            CheckError: it is another, as after a database was put back to an older state; let nobody vote then.
        """
        if cast != self.voted:
            raise CheckError(f"the board has {cast} cast ballots, the roll {self.voted} members who have voted")


class Voting:
    """Leads voters from a session to a cast vote."""

    def __init__(self, desk: Desk, box: BallotBox) -> None:
        """Take the desk where codes are sent and judged, and the board."""
        self._desk, self._box, self._people, self._limits = desk, box, desk.people, desk.settings.limits

    def turn(self, token: str) -> Turn:
        """Return where the voter of a session stands, after asking the board.

        Raises:
            RefusedError: the session has ended.
            StorageError: board or database cannot be read, or the board has lost a ballot.
        """
        with self._people.reading() as access:
            session = self._session(access, token)
            member = _member(access, session)
        standing = self._settle(session.member)
        return Turn(
            name=member.name,
            ballot_style=member.ballot_style,
            weight=member.weight,
            voted=standing.state is State.VOTED,
            undecided=standing.code is not None,
            challenges_left=CHALLENGES - standing.challenges,
            ballot_ends=session.ballot_ends,
        )

    def begin(self, token: str) -> int:
        """Begin a ballot and return when it has to be handed in; an undecided one before is spoiled on the board.

        Raises:
            RefusedError: the session has ended, voting is not open, the voter has voted, or it is too often.
            StorageError: the board or the database cannot be written.
        """
        now = self._desk.require_open()
        self._abandon(self._standing(token)[0])
        limit = Limit(self._limits.ballots_a_person, HOUR)
        with self._people.writing() as access:
            session = self._session(access, token)
            if self._not_voted(access, session).state is not State.NONE:
                raise RefusedError(Reason.OTHER_BALLOT)
            wait = counters.wait(access, "ballots", session.member, limit, now)
            if wait:
                raise RefusedError(Reason.TOO_OFTEN, wait=wait)
            counters.add(access, "ballots", session.member, limit, now)
            ends = min(now + self._limits.ballot_seconds, self._desk.settings.open_until)
            sessions.set_clock(access, session, ends)
        return ends

    def commit(self, token: str, offered: Offered, submit: Callable[[], T]) -> T:
        """Bind the voter to a ballot, then have it put on the board; the same again does no harm.

        Args:
            token: of the session.
            offered: the ballot, which the caller has verified.
            submit: puts it on the board, durably.

        Raises:
            RefusedError: the session or the ballot's time has ended, the voter has voted or is bound to another ballot,
                or the roll says another style or weight.
            whatever ``submit`` raises.
        """
        now = self._desk.require_open()
        fate = self._box.fate(offered.code)
        with self._people.writing() as access:
            session = self._session(access, token)
            standing = self._not_voted(access, session)
            self._require_time(session, now)
            member = _member(access, session)
            if (member.ballot_style, member.weight) != (offered.ballot_style, offered.weight):
                raise RefusedError(Reason.WRONG_STYLE)
            if standing.state is State.NONE and fate is Fate.ABSENT:
                standings.write(access, session.member, replace(standing, state=State.BOUND, code=offered.code))
            elif standing.code != offered.code:
                raise RefusedError(Reason.OTHER_BALLOT)
            ends = max(session.ballot_ends, now + self._limits.casting_seconds)
            sessions.set_clock(access, session, ends)
        return submit()

    def send_code(self, token: str, code: bytes, order: Order, asked: str | None = None) -> Sent:
        """Send a one-time code with which this ballot can be cast; no other can be, and nobody signs in with it.

        Args:
            token: of the session.
            code: the ballot's confirmation code.
            order: language, address of the browser, and channel.
            asked: the token that came with an earlier code, which then stays good until its time is over.

        Raises:
            RefusedError: the session or the ballot's time has ended, it is not this voter's ballot, it is too often, or
                the voter has voted.
        """
        now = self._desk.require_open()
        with self._people.writing() as access:
            session = self._session(access, token)
            self._bound(access, session, code)
            self._require_time(session, now)
            if asked is None:
                ends = now + self._limits.attempt_seconds
                asked, asking = codes.ask(access, session.member, self._purpose(code), ends)
            else:
                asking = self._asking(access, session, asked, code)
            found = members.resolve(access, session.member)
            parcel = self._desk.prepare(access, asked, asking, found, order, casting=True)
        return self._desk.hand_over(parcel)

    def cast(self, token: str, asked: str, typed: str, offered_code: bytes, address: str, submit: Callable[[], T]) -> T:
        """Cast the ballot that the voter is bound to; once.

        After a failure on the way the same may be asked again, without another code: it was judged.

        Args:
            token: of the session.
            asked: the token that came with the code.
            typed: the code.
            offered_code: the ballot's confirmation code.
            address: of the browser.
            submit: has the ballot cast on the board, durably; the same again must do no harm.

        Raises:
            RefusedError: the session or the ballot's time has ended, it is not this voter's ballot or not on the board,
                the code is wrong or expired, or the voter has voted.
            whatever ``submit`` raises.
        """
        now = self._desk.require_open()
        fate = self._box.fate(offered_code)
        if fate is Fate.CAST and self._has_ended_by_voting(token):
            return submit()  # the answer was lost on the way; the board has the entry, and returns it
        refused = None
        with self._people.writing() as access:
            session = self._session(access, token)
            standing = self._bound(access, session, offered_code)
            self._require_time(session, now)
            if fate is Fate.ABSENT:
                raise RefusedError(Reason.NOT_ON_BOARD)
            if standing.state is State.BOUND:
                asking = self._asking(access, session, asked, offered_code)
                refused = self._desk.judge(access, asking, typed, known=True, address=address)
                if refused is None:
                    standings.write(access, session.member, replace(standing, state=State.CASTING))
        if refused is not None:
            raise refused
        result = submit()
        self._settle_later(session.member)
        return result

    def challenge(self, token: str, code: bytes, submit: Callable[[], T]) -> T:
        """Challenge the ballot that the voter is bound to; then they may begin another.

        Args:
            token: of the session.
            code: the ballot's confirmation code.
            submit: has the ballot challenged on the board, durably; the same again must do no harm.

        Raises:
            RefusedError: the session has ended, it is not this voter's ballot, they have challenged five, or voted.
            whatever ``submit`` raises.
        """
        self._desk.require_open()
        with self._people.reading() as access:
            session = self._session(access, token)
            if self._bound(access, session, code).challenges >= CHALLENGES:
                raise RefusedError(Reason.NO_MORE_CHALLENGES)
        result = submit()
        self._settle_later(session.member)
        return result

    def step(self, member: bytes) -> Standing:
        """Bring a voter's standing in step with the board, and return it.

        Raises:
            StorageError: board or database cannot be used, or the board has lost a ballot.
        """
        return self._settle(member)

    def reconcile(self) -> Reconciled:
        """Write down what the board has decided of ballots that voters are bound to, and count; to be called at start.

        Raises:
            StorageError: the board has lost a ballot that somebody has begun to cast, or a database cannot be used.
        """
        with self._people.reading() as access:
            bound = [member for member, standing in standings.every(access) if standing.code is not None]
        for member in bound:
            self._settle(member)
        with self._people.reading() as access:
            found = [standing for _, standing in standings.every(access)]
        voted = sum(standing.state is State.VOTED for standing in found)
        return Reconciled(voted, sum(standing.code is not None for standing in found))

    # ------------------------------------------------------------------------------------------------------ settling

    def _abandon(self, member: bytes) -> None:
        """Have the ballot that a voter is bound to decided, by spoiling it if need be.

        Raises:
            RefusedError: they have voted.
        """
        standing = self._settle(member)
        if standing.code is not None:
            with suppress(CheckError):  # another request has had it decided; the board knows how
                self._box.spoil(standing.code)
            standing = self._settle(member)
        if standing.state is State.VOTED:
            raise RefusedError(Reason.HAS_VOTED)

    def _settle(self, member: bytes) -> Standing:
        """Bring a voter's standing in step with the board, and return it."""
        with self._people.reading() as access:
            before = standings.read(access, member)
        if before.code is None:
            return before
        after = _after(before, self._box.fate(before.code))
        if after == before:
            return before
        with self._people.writing() as access:
            if standings.read(access, member) == before:
                standings.write(access, member, after)
                if after.state is State.VOTED:
                    sessions.end(access, member, Ended.VOTED)
                    codes.end(access, member)
                return after
        return self._settle(member)  # another request was faster

    def _settle_later(self, member: bytes) -> None:
        """Bring a standing in step after the board has accepted; if that fails now, it is done at the next look."""
        try:
            self._settle(member)
        except StorageError:
            _LOG.exception("the board has decided a ballot; its voter's standing will follow")

    # ------------------------------------------------------------------------------------------------------ checking

    def _session(self, access: Access, token: str) -> Session:
        return require_session(sessions.find(access, token, self._desk.now()))

    def _has_ended_by_voting(self, token: str) -> bool:
        with self._people.reading() as access:
            found = sessions.find(access, token, self._desk.now())
        return found is not None and found.ended is Ended.VOTED

    def _standing(self, token: str) -> tuple[bytes, Standing]:
        with self._people.reading() as access:
            session = self._session(access, token)
            return session.member, standings.read(access, session.member)

    @staticmethod
    def _not_voted(access: Access, session: Session) -> Standing:
        standing = standings.read(access, session.member)
        if standing.state is State.VOTED:
            raise RefusedError(Reason.HAS_VOTED)
        if standing.permit is not None:
            raise RefusedError(Reason.AT_STATION)
        return standing

    def _bound(self, access: Access, session: Session, code: bytes) -> Standing:
        """Return the standing of a voter who is bound to this ballot."""
        standing = self._not_voted(access, session)
        if standing.code != code:
            raise RefusedError(Reason.OTHER_BALLOT)
        return standing

    @staticmethod
    def _require_time(session: Session, now: int) -> None:
        if now >= session.ballot_ends:
            raise RefusedError(Reason.BALLOT_EXPIRED)

    def _purpose(self, code: bytes) -> bytes:
        return self._people.key.digest("purpose", b"casting", code)

    def _asking(self, access: Access, session: Session, asked: str, code: bytes) -> Asking:
        found = codes.find(access, asked, self._purpose(code), self._desk.now())
        if found is None or found.subject != session.member:
            raise RefusedError(Reason.NO_ASKING)
        return found


def _member(access: Access, session: Session) -> Member:
    found = members.get(access, session.member)
    if found is None:
        raise StorageError("people's database: a session is of nobody in the roll")
    return found


def _after(before: Standing, fate: Fate) -> Standing:
    """Return a voter's standing once the board has said what became of the ballot that they are bound to."""
    free = Standing(State.NONE, before.challenges)
    match fate:
        case Fate.CAST:
            return replace(free, state=State.VOTED)
        case Fate.CHALLENGED:
            return replace(free, challenges=before.challenges + 1)
        case Fate.SPOILED:
            return free
        case Fate.UNDECIDED:
            return before
        case Fate.ABSENT:
            if before.state is State.CASTING:
                raise StorageError("the board does not have a ballot that it had; it was put back to an older state")
            return free
