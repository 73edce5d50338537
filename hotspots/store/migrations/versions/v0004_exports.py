"""The log of exports, and the ledger of the counts they released.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "export_log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("exported_at", sa.DateTime, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("tier", sa.String, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("file_name", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("run_ids", sa.JSON, nullable=False),
        sa.Column("withheld", sa.Integer, nullable=False),
    )
    op.create_table(
        "released",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "export_id", sa.Integer, sa.ForeignKey("export_log.id"), nullable=False, index=True
        ),
        sa.Column("tier", sa.String, nullable=False),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("start", sa.Date, nullable=False),
        sa.Column("end", sa.Date, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("withheld", sa.Boolean, nullable=False),
        sa.UniqueConstraint(
            "tier", "place", "kind", "start", "end", "count", "withheld", name="uq_released"
        ),
    )
