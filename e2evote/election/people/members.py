"""The members of the roll: added, replaced, looked up.

A lookup does the same work whether it finds somebody or not, and an unknown identity always gets the same decoy: a
member that its hash chooses, of whom nothing but the mask of a number is used.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select

from e2evote.election.people.database import Access
from e2evote.election.people.member import IDENTIFIERS, Member
from e2evote.election.people.schema import IDENTIFIERS as IDENTIFIER_ROWS
from e2evote.election.people.schema import MEMBERS, STANDINGS
from e2evote.election.people.standings import Standing, seal_standing
from e2evote.errors import CheckError, StorageError

Report = Callable[[int, int], None]
"""Takes how many are done and how many there are."""

_BATCH = 1000


class Found(NamedTuple):
    """What an identity leads to: a member, or the decoy of an identity that nobody has.

    ``subject`` is the member's row, or a hash that is no member's; codes and limits are kept under it.
    """

    subject: bytes
    member: Member
    known: bool


def add(access: Access, members: Iterable[Member], report: Report = lambda *_: None) -> None:
    """Add members, none of whose identifiers is in the roll.

    Args:
        access: the writer's view.
        members: who they are.
        report: is told how far it is.

    Raises:
        CheckError: one is.
        StorageError: the database does not take them.
    """
    key = access.key
    rows: list[tuple[bytes, Member]] = [(_row(access, member), member) for member in members]
    taken = existing(access, (member for _, member in rows))
    if taken:
        raise CheckError("an identifier is in the roll already")
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        persons = [{"member": row, "person": key.seal("members", row, member.encode())} for row, member in part]
        standings = [{"member": row, "standing": seal_standing(key, row, Standing())} for row, _ in part]
        identifiers = [
            {"identifier": _identifier(access, field, value), "member": row}
            for row, member in part
            for field, value in member.identifiers.items()
        ]
        access.connection.execute(insert(MEMBERS), persons)
        access.connection.execute(insert(STANDINGS), standings)
        access.connection.execute(insert(IDENTIFIER_ROWS), identifiers)
        report(start + len(part), len(rows))


def existing(access: Access, members: Iterable[Member]) -> set[tuple[str, str]]:
    """Return those identifiers, as field and value, that somebody in the roll has."""
    wanted = {
        _identifier(access, field, value): (field, value)
        for member in members
        for field, value in member.identifiers.items()
    }
    hashes = list(wanted)
    found: set[tuple[str, str]] = set()
    for start in range(0, len(hashes), _BATCH):
        condition = IDENTIFIER_ROWS.c.identifier.in_(hashes[start : start + _BATCH])
        rows = access.connection.execute(select(IDENTIFIER_ROWS.c.identifier).where(condition)).scalars()
        found |= {wanted[row] for row in rows}
    return found


def clear(access: Access) -> None:
    """Take every member out of the roll; whether that is still allowed is the caller's to know."""
    for table in (IDENTIFIER_ROWS, STANDINGS, MEMBERS):
        access.connection.execute(delete(table))


def count(access: Access) -> int:
    """Return the number of members."""
    return access.connection.execute(select(func.count()).select_from(MEMBERS)).scalar_one()


def get(access: Access, subject: bytes) -> Member | None:
    """Return the member of a row, None where it is no member's.

    Raises:
        StorageError: the row is damaged.
    """
    row = access.connection.execute(select(MEMBERS.c.person).where(MEMBERS.c.member == subject)).scalar_one_or_none()
    return None if row is None else Member.decode(access.key.open("members", subject, row))


def every(access: Access) -> Iterator[tuple[bytes, Member]]:
    """Yield every member with its row, in an order that means nothing.

    Raises:
        StorageError: a row is damaged, or an identifier's hash is missing or leads elsewhere.
    """
    owners: dict[bytes, bytes] = {
        row.identifier: row.member for row in access.connection.execute(select(IDENTIFIER_ROWS))
    }
    for row in access.connection.execute(select(MEMBERS).order_by(MEMBERS.c.member)):
        member = Member.decode(access.key.open("members", row.member, row.person))
        for field, value in member.identifiers.items():
            if owners.pop(_identifier(access, field, value), None) != row.member:
                raise StorageError("people's database: a member is not found by an identifier")
        yield row.member, member
    if owners:
        raise StorageError("people's database: there are identifiers of no member")


def look_up(access: Access, identity: Mapping[str, str]) -> Found:
    """Return the member with all of these fields, or the decoy of an identity that nobody has.

    Args:
        access: a view of the database.
        identity: values by field, in the spelling of the roll; at least one identifier.

    Raises:
        CheckError: no identifier is among the fields, or the roll is empty.
    """
    field = next((field for field in IDENTIFIERS if field in identity), None)
    if field is None:
        raise CheckError(f"signing in needs one of the fields {' and '.join(IDENTIFIERS)}")
    parts = [part.encode() for name in sorted(identity) for part in (name, identity[name])]
    stranger = access.key.digest("stranger", *parts)
    condition = IDENTIFIER_ROWS.c.identifier == _identifier(access, field, identity[field])
    row = access.connection.execute(select(IDENTIFIER_ROWS.c.member).where(condition)).scalar_one_or_none()
    subject, member = _nearest(access, stranger if row is None else row)
    _, decoy = _nearest(access, stranger)
    equal = [
        secrets.compare_digest((getattr(member, name) or "").encode(), value.encode())
        for name, value in identity.items()
    ]
    known = row is not None and all(equal)
    return Found(subject, member, True) if known else Found(stranger, decoy, False)


def resolve(access: Access, subject: bytes) -> Found:
    """Return again what ``look_up`` led to, from its ``subject``.

    Raises:
        CheckError: the roll is empty.
    """
    row, member = _nearest(access, subject)
    return Found(subject, member, row == subject)


def _nearest(access: Access, place: bytes) -> tuple[bytes, Member]:
    """Return the member of this row, or else the next one, the first behind the last; always by two statements."""

    def first(*conditions: ColumnElement[bool]) -> Any:  # noqa: ANN401  (a row)
        return access.connection.execute(
            select(MEMBERS).where(*conditions).order_by(MEMBERS.c.member).limit(1)
        ).one_or_none()

    following, very_first = first(MEMBERS.c.member >= place), first()
    row = following or very_first
    if row is None:
        raise CheckError("the electoral roll is empty")
    return row.member, Member.decode(access.key.open("members", row.member, row.person))


def _row(access: Access, member: Member) -> bytes:
    parts = (part for item in sorted(member.identifiers.items()) for part in item)
    return access.key.digest("member", *(part.encode() for part in parts))


def _identifier(access: Access, field: str, value: str) -> bytes:
    return access.key.digest("identifier", field.encode(), value.encode())
