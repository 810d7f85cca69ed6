"""Messages to many members: what was written, and what became of the message to each.

A delivery is claimed (SENDING, durably) before its message is handed over and finished afterwards, so no message goes
twice: what a crash leaves claimed may have arrived or not, and is UNCERTAIN until a person says to send it again.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum

from sqlalchemy import func, insert, select, update

from e2evote.election.people.database import Access
from e2evote.election.people.schema import CAMPAIGNS, DELIVERIES
from e2evote.encoding import canonical_json, strict_json

_PLACE = 48
"""Bytes of a sealed place: member(32) ‖ channel, filled up with blanks."""


class State(IntEnum):
    """What became of a message; stored, so the numbers stay."""

    WAITING = 0
    SENDING = 1
    SENT = 2
    FAILED = 3
    UNCERTAIN = 4
    LEFT_OUT = 5


@dataclass(frozen=True, slots=True)
class Campaign:
    """What was written: of which kind, in which language, when (seconds since 1970), and the text, for all the same."""

    kind: str
    language: str
    made: int
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message: its row, its campaign, and to whom over what."""

    row: bytes
    campaign: bytes
    member: bytes
    channel: str


def add(access: Access, campaign: Campaign, places: Iterable[tuple[bytes, str]]) -> bytes:
    """Write a campaign down with a waiting delivery for each member and channel; return its row."""
    row = secrets.token_bytes(16)
    sealed = access.key.seal("campaigns", row, canonical_json(asdict(campaign)))
    access.connection.execute(insert(CAMPAIGNS).values(campaign=row, content=sealed))
    deliveries = [_row(access, row, member, channel) for member, channel in places]
    if deliveries:
        access.connection.execute(insert(DELIVERIES), deliveries)
    return row


def campaigns(access: Access) -> list[tuple[bytes, Campaign]]:
    """Return all campaigns, the oldest first.

    Raises:
        StorageError: a row is damaged.
    """
    found = [
        (row.campaign, Campaign(**strict_json(access.key.open("campaigns", row.campaign, row.content), "campaigns")))
        for row in access.connection.execute(select(CAMPAIGNS))
    ]
    return sorted(found, key=lambda item: (item[1].made, item[0]))


def counts(access: Access, campaign: bytes) -> Counter[State]:
    """Return how many messages of a campaign are in which state."""
    query = select(DELIVERIES.c.state, func.count()).where(DELIVERIES.c.campaign == campaign)
    rows = access.connection.execute(query.group_by(DELIVERIES.c.state))
    return Counter({State(state): number for state, number in rows})


def of_member(access: Access, member: bytes) -> Iterator[tuple[Delivery, State]]:
    """Yield the deliveries to a member, one of a campaign at most.

    Raises:
        StorageError: a row is damaged.
    """
    for campaign, _ in campaigns(access):
        row = _identity(access, campaign, member)
        found = access.connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery == row)).one_or_none()
        if found is not None:
            yield _delivery(access, found.delivery, campaign, found.place), State(found.state)


def claim(access: Access, most: int) -> list[Delivery]:
    """Claim waiting deliveries, in an order that means nothing.

    Raises:
        StorageError: a row is damaged.
    """
    query = select(DELIVERIES).where(DELIVERIES.c.state == State.WAITING).order_by(DELIVERIES.c.delivery).limit(most)
    rows = access.connection.execute(query).all()
    _set(access, [row.delivery for row in rows], State.SENDING)
    return [_delivery(access, row.delivery, row.campaign, row.place) for row in rows]


def finish(access: Access, row: bytes, state: State) -> None:
    """Write down what became of a message."""
    _set(access, [row], state)


def waiting(access: Access) -> int:
    """Return how many messages wait."""
    query = select(func.count()).select_from(DELIVERIES).where(DELIVERIES.c.state == State.WAITING)
    return access.connection.execute(query).scalar_one()


def give_up_claimed(access: Access) -> int:
    """Call what is claimed uncertain, and return how many those are; only while nobody else sends."""
    statement = update(DELIVERIES).where(DELIVERIES.c.state == State.SENDING).values(state=State.UNCERTAIN)
    return access.connection.execute(statement).rowcount


def send_again(access: Access, campaign: bytes, states: Sequence[State]) -> int:
    """Have the messages of a campaign in these states wait again, and return how many those are."""
    chosen = (DELIVERIES.c.campaign == campaign) & DELIVERIES.c.state.in_([int(state) for state in states])
    return access.connection.execute(update(DELIVERIES).where(chosen).values(state=State.WAITING)).rowcount


def _set(access: Access, rows: Sequence[bytes], state: State) -> None:
    access.connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery.in_(rows)).values(state=state))


def _identity(access: Access, campaign: bytes, member: bytes) -> bytes:
    return access.key.digest("delivery", campaign, member)


def _row(access: Access, campaign: bytes, member: bytes, channel: str) -> dict[str, object]:
    row = _identity(access, campaign, member)
    place = access.key.seal("deliveries", row, (member + channel.encode()).ljust(_PLACE))
    return {"delivery": row, "campaign": campaign, "state": State.WAITING, "place": place}


def _delivery(access: Access, row: bytes, campaign: bytes, sealed: bytes) -> Delivery:
    place = access.key.open("deliveries", row, sealed)
    return Delivery(row, campaign, place[:32], place[32:].decode().rstrip())
