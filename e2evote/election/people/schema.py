"""The tables. None has a row number, a time of voting, or a column that grows with what happens.

Primary keys are keyed hashes or random, and SQLite keeps rows in their order (WITHOUT ROWID), so that the order in
which things happened is not the order in which they lie. A standing always has the same length, so that SQLite writes
it over the one before. ``expires`` and ``hour`` are seconds since 1970; rows with them are deleted when their time is
over.
"""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, MetaData, Table

METADATA = MetaData()

_TIME = BigInteger().with_variant(Integer(), "sqlite")


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, METADATA, *columns, sqlite_strict=True, sqlite_with_rowid=False)


# One row. Whoever writes holds it; ``proof`` is a hash by which a wrong key is noticed.
PEOPLE = Table(
    "people",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("proof", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# ``person``: sealed, member.Member.
MEMBERS = _table(
    "members",
    Column("member", LargeBinary, primary_key=True),
    Column("person", LargeBinary, nullable=False),
)

IDENTIFIERS = _table(
    "identifiers",
    Column("identifier", LargeBinary, primary_key=True),
    Column("member", LargeBinary, ForeignKey("members.member", name="identified"), nullable=False),
)

# ``standing``: sealed, standings.Standing.
STANDINGS = _table(
    "standings",
    Column("member", LargeBinary, ForeignKey("members.member", name="standing"), primary_key=True),
    Column("standing", LargeBinary, nullable=False),
)

# ``member`` is 32 zero bytes once the session has ended; ``ballot_ends`` is 0 while no ballot is being filled in.
SESSIONS = _table(
    "sessions",
    Column("token", LargeBinary, primary_key=True),
    Column("member", LargeBinary, nullable=False, index=True),
    Column("expires", _TIME, nullable=False),
    Column("ballot_ends", _TIME, nullable=False),
    Column("ended", Integer, nullable=False),
)

# Somebody who was asked for a one-time code. ``subject`` is a member, or of an unknown identity a hash that is none.
ASKINGS = _table(
    "askings",
    Column("asking", LargeBinary, primary_key=True),
    Column("subject", LargeBinary, nullable=False, index=True),
    Column("purpose", LargeBinary, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("expires", _TIME, nullable=False),
)

CODES = _table(
    "codes",
    Column("asking", LargeBinary, ForeignKey("askings.asking", name="asked", ondelete="CASCADE"), primary_key=True),
    Column("code", LargeBinary, primary_key=True),
    Column("expires", _TIME, nullable=False),
)

# How often something happened in a window of time; ``counter`` is a hash of what, who and which window.
COUNTERS = _table(
    "counters",
    Column("counter", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("expires", _TIME, nullable=False),
)

# What was written to many members at once. ``content``: sealed, deliveries.Campaign.
CAMPAIGNS = _table(
    "campaigns",
    Column("campaign", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# One message of a campaign to one member. ``place``: sealed, the member's row and the channel; all of one length.
DELIVERIES = _table(
    "deliveries",
    Column("delivery", LargeBinary, primary_key=True),
    Column("campaign", LargeBinary, ForeignKey("campaigns.campaign", name="delivered"), nullable=False, index=True),
    Column("state", Integer, nullable=False, index=True),
    Column("place", LargeBinary, nullable=False),
)

# ``event``: sealed, trail.Event.
TRAIL = _table(
    "trail",
    Column("id", LargeBinary, primary_key=True),
    Column("hour", _TIME, nullable=False),
    Column("event", LargeBinary, nullable=False),
)
