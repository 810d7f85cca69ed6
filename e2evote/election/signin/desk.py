"""Where one-time codes are sent and judged, for signing in and for casting.

A code is good for one purpose of one person only. An identity that nobody has is treated as anybody else, with the same
work, but for what the courier carries: nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from e2evote.election.people import codes, counters, trail
from e2evote.election.people.codes import Asking, Verdict
from e2evote.election.people.counters import Limit
from e2evote.election.people.database import Access, People
from e2evote.election.people.member import Member
from e2evote.election.people.members import Found
from e2evote.election.people.trail import HOUR, Event
from e2evote.election.roll.text import identifier_of
from e2evote.election.signin.courier import Courier
from e2evote.election.signin.gateways.message import Message
from e2evote.election.signin.masks import mask_email, mask_mobile
from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.settings import Channel, Language, Settings
from e2evote.election.signin.texts import CASTING_CODE, SIGN_IN_CODE, SUBJECT

Clock = Callable[[], datetime]
"""Tells the time, with its zone."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a page is told about a code that was, or seems to have been, sent.

    ``token`` belongs to the asking, and comes back with the code; ``masks``: where codes can be sent, by channel;
    ``expires``: when the code does, in seconds since 1970.
    """

    token: str
    channel: Channel
    masks: dict[Channel, str]
    expires: int


@dataclass(frozen=True, slots=True)
class Order:
    """Which code is sent: on what occasion, in what language, over which channel (None: the first there is)."""

    language: Language
    address: str
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A code that is stored, to be handed to the courier when that is durable; no message goes to nobody."""

    sent: Sent
    message: Message | None
    subject: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Sends and judges codes of one election.

    ``names``: what the election is called, by language.
    """

    people: People
    settings: Settings
    courier: Courier
    clock: Clock
    names: dict[Language, str]

    def now(self) -> int:
        """Return the time in seconds since 1970."""
        return int(self.clock().timestamp())

    def require_open(self) -> int:
        """Return the time, while voting is open.

        Raises:
            RefusedError: it is not.
        """
        now = self.now()
        if now < self.settings.open_from:
            raise RefusedError(Reason.NOT_OPEN, wait=self.settings.open_from - now)
        if now >= self.settings.open_until:
            raise RefusedError(Reason.CLOSED)
        return now

    def prepare(self, access: Access, token: str, asking: Asking, found: Found, order: Order, casting: bool) -> Parcel:
        """Store a new code of an asking; those before stay good.

        Raises:
            RefusedError: too many were sent, in this attempt, to this person or for this address.
        """
        now, limits = self.now(), self.settings.limits
        if asking.sent >= limits.codes_an_attempt:
            raise RefusedError(Reason.TOO_MANY_CODES)
        self._require_rate(access, "codes", found.subject, order.address, now)
        self._count(access, "codes", found.subject, order.address, now)
        masks = self._masks(found.member)
        channel = order.channel if order.channel in masks else next(iter(masks))
        expires = now + limits.code_seconds
        code = codes.issue(access, asking, limits.code_digits, expires)
        kind = "casting" if casting else "sign-in"
        what = f"{kind} code by {channel}" if found.known else f"{kind} code asked for by a stranger"
        trail.note(access, Event(what, found.subject, order.address), now)
        message = self._message(found.member, channel, code, order.language, casting)
        sent = Sent(token, channel, masks, expires)
        return Parcel(sent, message if found.known else None, found.subject, order.address)

    def hand_over(self, parcel: Parcel) -> Sent:
        """Give a stored code to the courier and return what the page is told."""

        def failed() -> None:
            with self.people.writing() as access:
                trail.note(access, Event("a message was not sent", parcel.subject, parcel.address), self.now())

        self.courier.post(parcel.message, failed)
        return parcel.sent

    def judge(self, access: Access, asking: Asking, text: str, known: bool, address: str) -> RefusedError | None:
        """Judge a code that was typed: None if it is right. What is returned is raised once the count is durable.

        Args:
            access: the writer's view.
            asking: what it answers.
            text: as typed, in digits of any script.
            known: whether there is such a person; nobody else's code is ever right.
            address: where it comes from.
        """
        now, limits = self.now(), self.settings.limits
        try:
            self._require_rate(access, "wrong", asking.subject, address, now)
        except RefusedError as refused:
            return refused
        if asking.wrong >= limits.wrong_an_attempt:
            return RefusedError(Reason.TOO_MANY_WRONG)
        verdict = codes.enter(access, asking, identifier_of(text), now)
        if verdict is Verdict.RIGHT and known:
            trail.note(access, Event("right code", asking.subject, address), now)
            return None
        self._count(access, "wrong", asking.subject, address, now)
        trail.note(access, Event("wrong code", asking.subject, address), now)
        return RefusedError(Reason.EXPIRED_CODE if verdict is Verdict.EXPIRED else Reason.WRONG_CODE)

    # ------------------------------------------------------------------------------------------------------- limits

    # Wrong codes are not limited by person: whoever knows an identity could lock its owner out with them. How many can
    # be tried for a person follows from how many codes are sent to one, and how many wrong ones each attempt bears.

    def _limits(self, what: str, subject: bytes, address: str) -> list[tuple[str, bytes, Limit]]:
        limits, place = self.settings.limits, address.encode()
        if what == "wrong":
            return [("wrong codes of an address", place, Limit(limits.wrong_an_address, HOUR))]
        return [
            ("codes of a person", subject, Limit(limits.codes_a_person, HOUR)),
            ("codes of an address", place, Limit(limits.codes_an_address, HOUR)),
        ]

    def _require_rate(self, access: Access, what: str, subject: bytes, address: str, now: int) -> None:
        limits = self._limits(what, subject, address)
        longest = max(counters.wait(access, name, who, limit, now) for name, who, limit in limits)
        if longest:
            raise RefusedError(Reason.TOO_OFTEN, wait=longest)

    def _count(self, access: Access, what: str, subject: bytes, address: str, now: int) -> None:
        for name, who, limit in self._limits(what, subject, address):
            counters.add(access, name, who, limit, now)

    # ----------------------------------------------------------------------------------------------------- messages

    def _masks(self, member: Member) -> dict[Channel, str]:
        """Return where codes can be sent, in the order of the settings.

        Raises:
            CheckError: nowhere, in the channels that there are.
        """
        found: dict[Channel, str] = {}
        for channel in self.settings.channels:
            if channel == "mobile" and member.mobile is not None:
                found[channel] = mask_mobile(member.mobile, self.settings.country)
            if channel == "email" and member.email is not None:
                found[channel] = mask_email(member.email)
        if not found:
            raise RefusedError(Reason.NO_CHANNEL)
        return found

    def _message(self, member: Member, channel: Channel, code: str, language: Language, casting: bool) -> Message:
        election = self.names[language]
        minutes = self.settings.limits.code_seconds / 60
        template = (CASTING_CODE if casting else SIGN_IN_CODE)[language]
        text = template.format(election=election, code=code, minutes=f"{minutes:g}")
        to = member.mobile if channel == "mobile" else member.email
        return Message(channel, to or "", SUBJECT[language].format(election=election), text, code)
