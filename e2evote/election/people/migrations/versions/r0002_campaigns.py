"""Messages to many members: campaigns and their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROWS = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "campaigns",
        sa.Column("campaign", sa.LargeBinary, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        **_ROWS,
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery", sa.LargeBinary, primary_key=True),
        sa.Column("campaign", sa.LargeBinary, sa.ForeignKey("campaigns.campaign", name="delivered"), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("place", sa.LargeBinary, nullable=False),
        **_ROWS,
    )
    op.create_index("ix_deliveries_campaign", "deliveries", ["campaign"])
    op.create_index("ix_deliveries_state", "deliveries", ["state"])
