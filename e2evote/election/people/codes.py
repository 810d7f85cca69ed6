"""One-time codes, stored as hashes, each for one purpose of one asking.

Somebody is asked for a code, by an *asking* with a random token. Several codes may have been sent for it and are all
good until their time is over; one that was right ends the asking, too many wrong ones do so too.
"""

import secrets
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import delete, insert, select, update

from e2evote.election.people.database import Access
from e2evote.election.people.schema import ASKINGS, CODES


@dataclass(frozen=True, slots=True)
class Asking:
    """Who was asked for a code, how many were sent, how many wrong ones came back, and when it ends."""

    row: bytes
    subject: bytes
    sent: int
    wrong: int
    expires: int


class Verdict(Enum):
    """What a code is."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"


def ask(access: Access, subject: bytes, purpose: bytes, expires: int) -> tuple[str, Asking]:
    """Begin asking somebody for a code, and return the token too; other askings go on, so that nobody can end them.

    Args:
        access: the writer's view.
        subject: who is asked.
        purpose: 32 bytes; a code for another purpose is wrong here.
        expires: when the asking ends.
    """
    token = secrets.token_urlsafe(32)
    asking = Asking(_row(access, token), subject, sent=0, wrong=0, expires=expires)
    row = {"asking": asking.row, "subject": subject, "purpose": purpose, "sent": 0, "wrong": 0, "expires": expires}
    access.connection.execute(insert(ASKINGS).values(row))
    return token, asking


def find(access: Access, token: str, purpose: bytes, now: int) -> Asking | None:
    """Return the asking of a token, None where there is none for this purpose or its time is over."""
    query = select(ASKINGS).where(
        ASKINGS.c.asking == _row(access, token), ASKINGS.c.purpose == purpose, ASKINGS.c.expires > now
    )
    row = access.connection.execute(query).one_or_none()
    return None if row is None else Asking(row.asking, row.subject, row.sent, row.wrong, row.expires)


def issue(access: Access, asking: Asking, digits: int, expires: int) -> str:
    """Return a new code for an asking; those before stay good."""
    code = "".join(str(secrets.randbelow(10)) for _ in range(digits))
    digest = _digest(access, asking, code)
    access.connection.execute(delete(CODES).where(CODES.c.asking == asking.row, CODES.c.code == digest))
    access.connection.execute(insert(CODES).values(asking=asking.row, code=digest, expires=expires))
    access.connection.execute(update(ASKINGS).where(ASKINGS.c.asking == asking.row).values(sent=asking.sent + 1))
    return code


def enter(access: Access, asking: Asking, code: str, now: int) -> Verdict:
    """Judge a code; a right one ends the asking, a wrong one is counted."""
    query = select(CODES.c.expires).where(CODES.c.asking == asking.row, CODES.c.code == _digest(access, asking, code))
    expires = access.connection.execute(query).scalar_one_or_none()
    if expires is not None and expires > now:
        close(access, asking)
        return Verdict.RIGHT
    if expires is not None:
        return Verdict.EXPIRED
    access.connection.execute(update(ASKINGS).where(ASKINGS.c.asking == asking.row).values(wrong=asking.wrong + 1))
    return Verdict.WRONG


def close(access: Access, asking: Asking) -> None:
    """End an asking, with its codes."""
    access.connection.execute(delete(ASKINGS).where(ASKINGS.c.asking == asking.row))


def end(access: Access, subject: bytes) -> None:
    """End everything that somebody is asked for."""
    access.connection.execute(delete(ASKINGS).where(ASKINGS.c.subject == subject))


def forget(access: Access, now: int) -> None:
    """Delete askings whose time is over."""
    access.connection.execute(delete(ASKINGS).where(ASKINGS.c.expires <= now))


def _row(access: Access, token: str) -> bytes:
    return access.key.digest("asking", token.encode())


def _digest(access: Access, asking: Asking, code: str) -> bytes:
    return access.key.digest("code", asking.row, code.encode())
