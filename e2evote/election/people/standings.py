"""What a voter has done: nothing yet, a ballot of theirs is on the board, they are casting it, they have voted.

A voter is bound to at most one ballot; its confirmation code is kept, encrypted, only until it is decided. Whom a
polling station may let vote is held by its permit instead (docs/adr/0037), and by no code at all. Once they have voted
the row says so and nothing else: no code, no permit, no time. All rows have one length, so that the database alone does
not even tell who has voted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from sqlalchemy import select, update

from e2evote.election.people.database import Access
from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.people.schema import STANDINGS
from e2evote.errors import StorageError

_NO_CODE = bytes(32)
_CODED = 34
"""Bytes of a row's head, and of a whole row before there were polling stations."""

PERMIT = 16
"""Bytes of a permit's number."""


class State(IntEnum):
    """Where a voter stands; stored, so the numbers stay."""

    NONE = 0
    BOUND = 1
    CASTING = 2
    VOTED = 3
    ASSIGNED = 4
    AUTHORISED = 5


@dataclass(frozen=True, slots=True)
class Permit:
    """What holds a voter at one polling station: its device, and a number that only this permit has."""

    device: int
    number: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """A voter's state, the ballots they have challenged, and the code of the ballot that they are bound to.

    ``permit`` is there while a polling station has the voter: assigned to it, or authorised at it.
    """

    state: State = State.NONE
    challenges: int = 0
    code: bytes | None = None
    permit: Permit | None = None

    def __repr__(self) -> str:
        return f"Standing({self.state.name}, challenges={self.challenges})"


def read(access: Access, member: bytes) -> Standing:
    """Return a member's standing.

    Raises:
        StorageError: there is no such member, or the row is damaged.
    """
    query = select(STANDINGS.c.standing).where(STANDINGS.c.member == member)
    sealed = access.connection.execute(query).scalar_one_or_none()
    if sealed is None:
        raise StorageError("people's database: a member has no standing")
    return _open(access.key, member, sealed)


def write(access: Access, member: bytes, standing: Standing) -> None:
    """Replace a member's standing."""
    sealed = seal_standing(access.key, member, standing)
    access.connection.execute(update(STANDINGS).where(STANDINGS.c.member == member).values(standing=sealed))


def every(access: Access) -> Iterator[tuple[bytes, Standing]]:
    """Yield all standings with their members' rows, in an order that means nothing."""
    for row in access.connection.execute(select(STANDINGS).order_by(STANDINGS.c.member)):
        yield row.member, _open(access.key, row.member, row.standing)


def seal_standing(key: SecretPeopleKey, member: bytes, standing: Standing) -> bytes:
    """Return a row: sealed state(1) ‖ challenges(1) ‖ code(32) ‖ device(4) ‖ permit(16)."""
    permit = standing.permit or Permit(0, bytes(PERMIT))
    plain = bytes([standing.state, standing.challenges]) + (standing.code or _NO_CODE)
    plain += permit.device.to_bytes(4, "big") + permit.number
    return key.seal("standings", member, plain)


def _open(key: SecretPeopleKey, member: bytes, sealed: bytes) -> Standing:
    plain = key.open("standings", member, sealed)
    state, bound = State(plain[0]), plain[0] in (State.BOUND, State.CASTING)
    held = plain[0] in (State.ASSIGNED, State.AUTHORISED)
    permit = Permit(int.from_bytes(plain[_CODED : _CODED + 4], "big"), plain[_CODED + 4 :]) if held else None
    return Standing(state, plain[1], plain[2:_CODED] if bound else None, permit)
