"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROWS = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    """Make the tables."""
    time = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "people",
        sa.Column(
            "id", sa.Integer, sa.CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False
        ),
        sa.Column("proof", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "members",
        sa.Column("member", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.LargeBinary, nullable=False),
        **_ROWS,
    )
    op.create_table(
        "identifiers",
        sa.Column("identifier", sa.LargeBinary, primary_key=True),
        sa.Column("member", sa.LargeBinary, sa.ForeignKey("members.member", name="identified"), nullable=False),
        **_ROWS,
    )
    op.create_table(
        "standings",
        sa.Column("member", sa.LargeBinary, sa.ForeignKey("members.member", name="standing"), primary_key=True),
        sa.Column("standing", sa.LargeBinary, nullable=False),
        **_ROWS,
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("member", sa.LargeBinary, nullable=False),
        sa.Column("expires", time, nullable=False),
        sa.Column("ballot_ends", time, nullable=False),
        sa.Column("ended", sa.Integer, nullable=False),
        **_ROWS,
    )
    op.create_index("ix_sessions_member", "sessions", ["member"])
    op.create_table(
        "askings",
        sa.Column("asking", sa.LargeBinary, primary_key=True),
        sa.Column("subject", sa.LargeBinary, nullable=False),
        sa.Column("purpose", sa.LargeBinary, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("expires", time, nullable=False),
        **_ROWS,
    )
    op.create_index("ix_askings_subject", "askings", ["subject"])
    op.create_table(
        "codes",
        sa.Column(
            "asking",
            sa.LargeBinary,
            sa.ForeignKey("askings.asking", name="asked", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("code", sa.LargeBinary, primary_key=True),
        sa.Column("expires", time, nullable=False),
        **_ROWS,
    )
    op.create_table(
        "counters",
        sa.Column("counter", sa.LargeBinary, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("expires", time, nullable=False),
        **_ROWS,
    )
    op.create_table(
        "trail",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("hour", time, nullable=False),
        sa.Column("event", sa.LargeBinary, nullable=False),
        **_ROWS,
    )
