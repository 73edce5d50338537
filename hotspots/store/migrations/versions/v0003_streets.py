"""Streets, one row a file.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "street_file",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.String, nullable=False, unique=True),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("attribution", sa.String),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("added_at", sa.DateTime, nullable=False),
        sa.Column("parquet", sa.LargeBinary, nullable=False),
    )
