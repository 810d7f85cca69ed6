"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "log",
        sa.Column(
            "id", sa.Integer, sa.CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False
        ),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("vkey", sa.Text, nullable=False),
        sa.Column("size", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "entries",
        sa.Column("index", number, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("streams", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "hashes",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("index", number, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "streams",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("ordinal", number, primary_key=True, autoincrement=False),
        sa.Column("index", number, sa.ForeignKey("entries.index", name="entry"), nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "objects",
        sa.Column("sha256", sa.LargeBinary, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", number, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "cosigned",
        sa.Column("size", number, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column(
            "published",
            sa.SmallInteger().with_variant(sa.Integer(), "sqlite"),
            sa.CheckConstraint("published IN (0, 1)", name="flag"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["size"], ["checkpoints.size"], name="checkpoint"),
        sqlite_strict=True,
    )
