"""The tables. Rows of ``entries``, ``hashes``, ``streams`` and ``objects`` are written once and never change.

SQLite's tables are STRICT, so that a column never holds another type than its own.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

METADATA = MetaData()

_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite's own row number, where it is the primary key
_FLAG = SmallInteger().with_variant(Integer(), "sqlite")

# One row. Whoever writes holds it; ``size`` is the number of entries.
LOG = Table(
    "log",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("vkey", Text, nullable=False),
    Column("size", _NUMBER, nullable=False),
    sqlite_strict=True,
)

# ``streams``: the names of the streams that the entry is in, sorted, with a space between them.
ENTRIES = Table(
    "entries",
    METADATA,
    Column("index", _NUMBER, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    Column("streams", Text, nullable=False),
    sqlite_strict=True,
)

# Of all complete subtrees; level 0 has the leaves.
HASHES = Table(
    "hashes",
    METADATA,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", _NUMBER, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

STREAMS = Table(
    "streams",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("ordinal", _NUMBER, primary_key=True, autoincrement=False),
    Column("index", _NUMBER, ForeignKey("entries.index", name="entry"), nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

OBJECTS = Table(
    "objects",
    METADATA,
    Column("sha256", LargeBinary, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# Every checkpoint ever signed, one a size; ``note`` has the log's signature alone.
CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# What witnesses have cosigned: the note with their signatures, and whether these satisfied the policy.
COSIGNED = Table(
    "cosigned",
    METADATA,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("published", _FLAG, CheckConstraint("published IN (0, 1)", name="flag"), nullable=False),
    ForeignKeyConstraint(["size"], ["checkpoints.size"], name="checkpoint"),
    sqlite_strict=True,
)
