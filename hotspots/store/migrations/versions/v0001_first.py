"""The first schema.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "boundary_set",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("vintage", sa.String, nullable=False, unique=True),
        sa.Column("crs", sa.String, nullable=False),
        sa.Column("notice", sa.String),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("population_source", sa.String),
    )
    op.create_table(
        "ward",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("boundary_set_id", sa.Integer, sa.ForeignKey("boundary_set.id"), nullable=False),
        sa.Column("ward_code", sa.String, nullable=False),
        sa.Column("ward_name", sa.String, nullable=False),
        sa.Column("district_code", sa.String),
        sa.Column("district_name", sa.String),
        sa.Column("population", sa.Float),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("boundary_set_id", "ward_code", name="uq_ward_set_code"),
    )
    op.create_table(
        "imported_file",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("content_sha256", sa.String, nullable=False, unique=True),
        sa.Column("key", sa.String, unique=True),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("notice", sa.String),
        sa.Column("imported_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "file_id", sa.Integer, sa.ForeignKey("imported_file.id"), nullable=False, index=True
        ),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("source_category", sa.String),
        sa.Column("starts_at", sa.DateTime, nullable=False),
        sa.Column("ends_at", sa.DateTime, nullable=False),
        sa.Column("precision", sa.String, nullable=False),
        sa.Column("x", sa.Float, nullable=False),
        sa.Column("y", sa.Float, nullable=False),
        sa.Column("location", sa.String),
        sa.Column("agency", sa.String),
    )
    op.create_index("ix_incident_category_starts_at", "incident", ["category", "starts_at"])
    op.create_table(
        "rejection",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "file_id", sa.Integer, sa.ForeignKey("imported_file.id"), nullable=False, index=True
        ),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("raw", sa.String, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, nullable=False, unique=True),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.Column("totals", sa.JSON, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "run_table",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "run_sequence", sa.Integer, sa.ForeignKey("run.sequence"), nullable=False, index=True
        ),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("parquet", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("run_sequence", "name", name="uq_run_table_name"),
    )
