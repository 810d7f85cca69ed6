"""Sessions of voters: a random token, stored as a hash; a member has at most one that is alive.

A session that was ended by another leaves its token behind, without the member, so that it can be told why.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from e2evote.election.people.database import Access
from e2evote.election.people.key import DIGEST
from e2evote.election.people.schema import SESSIONS

_NOBODY = bytes(DIGEST)


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the row of its member, when it ends, and when the ballot that is being filled in does (0: none is).

    ``superseded``: the member has signed in elsewhere since; then ``member`` is nobody.
    """

    token: bytes
    member: bytes
    expires: int
    ballot_ends: int

    @property
    def superseded(self) -> bool:
        """Tell whether another session has ended this one."""
        return self.member == _NOBODY


def begin(access: Access, member: bytes, expires: int) -> str:
    """End a member's session, if there is one, begin a new one, and return its token."""
    others = update(SESSIONS).where(SESSIONS.c.member == member)
    access.connection.execute(others.values(member=_NOBODY, ballot_ends=0))
    token = secrets.token_urlsafe(32)
    row = {"token": _hash(access, token), "member": member, "expires": expires, "ballot_ends": 0}
    access.connection.execute(insert(SESSIONS).values(row))
    return token


def find(access: Access, token: str, now: int) -> Session | None:
    """Return the session of a token, None where there is none or its time is over."""
    query = select(SESSIONS).where(SESSIONS.c.token == _hash(access, token), SESSIONS.c.expires > now)
    row = access.connection.execute(query).one_or_none()
    return None if row is None else Session(row.token, row.member, row.expires, row.ballot_ends)


def set_clock(access: Access, session: Session, ballot_ends: int) -> None:
    """Set when the ballot that is being filled in has to be handed in."""
    access.connection.execute(update(SESSIONS).where(SESSIONS.c.token == session.token).values(ballot_ends=ballot_ends))


def end(access: Access, member: bytes) -> None:
    """Forget a member's session."""
    access.connection.execute(delete(SESSIONS).where(SESSIONS.c.member == member))


def forget(access: Access, now: int) -> None:
    """Delete sessions whose time is over."""
    access.connection.execute(delete(SESSIONS).where(SESSIONS.c.expires <= now))


def _hash(access: Access, token: str) -> bytes:
    return access.key.digest("session", token.encode())
