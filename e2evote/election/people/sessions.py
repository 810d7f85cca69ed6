"""Sessions of voters: a random token, stored as a hash; a member has at most one that is alive.

A session that has ended leaves its token behind until its time is over, without the member, so that it can be told why.
"""

import secrets
from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import delete, insert, select, update

from e2evote.election.people.database import Access
from e2evote.election.people.key import DIGEST
from e2evote.election.people.schema import SESSIONS

_NOBODY = bytes(DIGEST)


class Ended(IntEnum):
    """Why a session has ended; stored, so the numbers stay."""

    NOT = 0
    ELSEWHERE = 1
    SIGNED_OUT = 2
    VOTED = 3


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the row of its member, when it ends, and when the ballot that is being filled in does (0: none is).

    Once it has ``ended``, the member is nobody: 32 zero bytes.
    """

    token: bytes
    member: bytes
    expires: int
    ballot_ends: int
    ended: Ended


def begin(access: Access, member: bytes, expires: int) -> str:
    """End a member's session, if there is one, begin a new one, and return its token."""
    end(access, member, Ended.ELSEWHERE)
    token = secrets.token_urlsafe(32)
    row = {"token": _hash(access, token), "member": member, "expires": expires, "ballot_ends": 0, "ended": Ended.NOT}
    access.connection.execute(insert(SESSIONS).values(row))
    return token


def find(access: Access, token: str, now: int) -> Session | None:
    """Return the session of a token, None where there is none or its time is over."""
    query = select(SESSIONS).where(SESSIONS.c.token == _hash(access, token), SESSIONS.c.expires > now)
    row = access.connection.execute(query).one_or_none()
    return None if row is None else Session(row.token, row.member, row.expires, row.ballot_ends, Ended(row.ended))


def set_clock(access: Access, session: Session, ballot_ends: int) -> None:
    """Set when the ballot that is being filled in has to be handed in."""
    access.connection.execute(update(SESSIONS).where(SESSIONS.c.token == session.token).values(ballot_ends=ballot_ends))


def end(access: Access, member: bytes, why: Ended) -> None:
    """End a member's session, and forget whose it was."""
    access.connection.execute(
        update(SESSIONS).where(SESSIONS.c.member == member).values(member=_NOBODY, ballot_ends=0, ended=why)
    )


def forget(access: Access, now: int) -> None:
    """Delete sessions whose time is over."""
    access.connection.execute(delete(SESSIONS).where(SESSIONS.c.expires <= now))


def _hash(access: Access, token: str) -> bytes:
    return access.key.digest("session", token.encode())
