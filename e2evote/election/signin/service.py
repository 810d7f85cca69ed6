"""Signing in: who somebody says they are, a code that only they get, a session.

The answer to an identity is the same whether somebody in the roll has it or not; a stranger is shown a mask that is
always the same for what they typed, and no code that they enter is ever right.
"""

from collections.abc import Mapping

from e2evote.election.people import codes, counters, members, sessions, standings, trail
from e2evote.election.people.members import Found
from e2evote.election.people.sessions import Ended, Session
from e2evote.election.roll.fields import read_email, read_identifier, read_mobile, read_national_id
from e2evote.election.signin import robots
from e2evote.election.signin.desk import Desk, Order, Sent
from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.robots import Answer, Question
from e2evote.election.signin.settings import SignInField
from e2evote.errors import CheckError

_DAY = 24 * 3600


class SignIn:
    """Signs voters in."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk where codes are sent and judged."""
        self._desk, self._people, self._settings = desk, desk.people, desk.settings

    def question(self) -> Question:
        """Return what a page asks before anything else."""
        return robots.ask(self._people, self._settings.robots, self._desk.now())

    def begin(self, fields: Mapping[str, str], answer: Answer, order: Order) -> Sent:
        """Send a code to whoever has this identity.

        Args:
            fields: what was typed, by the fields of the settings.
            answer: of ``question``.
            order: language, address of the browser, and channel.

        Raises:
            RefusedError: voting is not open, the answer is wrong, a field is malformed, or it is too often.
        """
        now = self._desk.require_open()
        identity = self._identity(fields)
        purpose = self._people.key.digest("purpose", b"sign-in")
        with self._people.writing() as access:
            robots.check(access, self._settings.robots, answer, now)
            found = members.look_up(access, identity)
            ends = now + self._settings.limits.attempt_seconds
            token, asking = codes.ask(access, found.subject, purpose, ends)
            parcel = self._desk.prepare(access, token, asking, found, order, casting=False)
        return self._desk.hand_over(parcel)

    def resend(self, token: str, order: Order) -> Sent:
        """Send one more code for an attempt; those before stay good until their time is over.

        Raises:
            RefusedError: the attempt is over, or it is too often.
        """
        now = self._desk.require_open()
        purpose = self._people.key.digest("purpose", b"sign-in")
        with self._people.writing() as access:
            asking = codes.find(access, token, purpose, now)
            if asking is None:
                raise RefusedError(Reason.NO_ASKING)
            found = members.resolve(access, asking.subject)
            parcel = self._desk.prepare(access, token, asking, found, order, casting=False)
        return self._desk.hand_over(parcel)

    def enter(self, token: str, code: str, address: str) -> str:
        """Return the token of a new session, for the right code; another session of the voter ends.

        Raises:
            RefusedError: the code is wrong or expired, there were too many, or a polling station has the voter.
        """
        now = self._desk.require_open()
        purpose = self._people.key.digest("purpose", b"sign-in")
        with self._people.writing() as access:
            asking = codes.find(access, token, purpose, now)
            if asking is None:
                raise RefusedError(Reason.NO_ASKING)
            found: Found = members.resolve(access, asking.subject)
            refused = self._desk.judge(access, asking, code, found.known, address)
            if refused is None and standings.read(access, found.subject).permit is not None:
                refused = RefusedError(Reason.AT_STATION)
            if refused is None:
                return sessions.begin(access, found.subject, now + self._settings.limits.session_seconds)
        raise refused

    def session(self, token: str) -> Session:
        """Return a session that is alive.

        Raises:
            RefusedError: it has ended; the reason says whether because the voter signed in elsewhere.
        """
        with self._people.reading() as access:
            return require_session(sessions.find(access, token, self._desk.now()))

    def sign_out(self, token: str) -> None:
        """End a session, if it is alive."""
        with self._people.writing() as access:
            found = sessions.find(access, token, self._desk.now())
            if found is not None and found.ended is Ended.NOT:
                sessions.end(access, found.member, Ended.SIGNED_OUT)

    def forget(self) -> None:
        """Delete what is over: sessions, askings, counters, old events. To be called now and then."""
        now = self._desk.now()
        with self._people.writing() as access:
            sessions.forget(access, now)
            codes.forget(access, now)
            counters.forget(access, now)
            trail.forget(access, now - self._settings.limits.trail_days * _DAY)

    def _identity(self, fields: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for field in self._settings.fields:
            try:
                found[field] = self._read(field, fields.get(field, ""))
            except CheckError:
                raise RefusedError(Reason.MALFORMED, field=field) from None
        return found

    def _read(self, field: SignInField, text: str) -> str:
        if len(text) > 200:
            raise CheckError("too long")
        country = self._settings.country
        match field:
            case "member_number":
                return read_identifier(text)
            case "national_id":
                return _read_any_national_id(text, country)
            case "mobile":
                return read_mobile(text, country)
            case "email":
                return read_email(text)


def require_session(found: Session | None) -> Session:
    """Return a session that is alive.

    Raises:
        RefusedError: there is none, the voter has signed in elsewhere since, or has voted.
    """
    if found is None or found.ended is Ended.SIGNED_OUT:
        raise RefusedError(Reason.NO_SESSION)
    if found.ended is not Ended.NOT:
        raise RefusedError(Reason.ELSEWHERE if found.ended is Ended.ELSEWHERE else Reason.HAS_VOTED)
    return found


def _read_any_national_id(text: str, country: str) -> str:
    """Return a national ID of whatever country; one of the election's may lack its leading zeros."""
    value = read_identifier(text)
    try:
        return read_national_id(value, country)
    except CheckError:
        return value
