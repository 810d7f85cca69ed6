"""The audit trail: what was asked for, sent and entered, by whom and from where; never a code.

Events are encrypted and lie in no order. Of their time the hour is kept: to the second, it would lead from a voter to
the entry that the board made at that time.
"""

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select

from e2evote.election.people.database import Access
from e2evote.election.people.schema import TRAIL
from e2evote.encoding import canonical_json, hex_of, parse_hex, strict_json

HOUR = 3600
_SIZE = 384


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: what, to whom (the row of a member or of a stranger, or nobody), from which address."""

    what: str
    subject: bytes = b""
    address: str = ""


def note(access: Access, event: Event, now: int) -> None:
    """Add an event."""
    row = secrets.token_bytes(16)
    values = asdict(event) | {"subject": hex_of(event.subject), "address": event.address[:100]}
    sealed = access.key.seal("trail", row, canonical_json(values).ljust(_SIZE))
    access.connection.execute(insert(TRAIL).values(id=row, hour=now - now % HOUR, event=sealed))


def events(access: Access, subject: bytes | None = None) -> Iterator[tuple[int, Event]]:
    """Yield events with the beginning of their hour, hour by hour; of one subject, or all."""
    for row in access.connection.execute(select(TRAIL).order_by(TRAIL.c.hour, TRAIL.c.id)):
        found = strict_json(access.key.open("trail", row.id, row.event), "people's database")
        event = Event(found["what"], parse_hex(found["subject"]), found["address"])
        if subject is None or event.subject == subject:
            yield row.hour, event


def forget(access: Access, before: int) -> None:
    """Delete events of hours before a time."""
    access.connection.execute(delete(TRAIL).where(TRAIL.c.hour < before - HOUR))
