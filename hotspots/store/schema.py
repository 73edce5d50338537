"""The tables. A change here needs a migration in ``migrations/versions``; a test compares them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

boundary_set = Table(
    "boundary_set",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("vintage", String, nullable=False, unique=True),
    Column("crs", String, nullable=False),
    Column("notice", String),
    Column("files", JSON, nullable=False),  # file name -> sha256
    Column("report", JSON, nullable=False),
    Column("population_source", String),
)

ward = Table(
    "ward",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("boundary_set_id", ForeignKey("boundary_set.id"), nullable=False),
    Column("ward_code", String, nullable=False),
    Column("ward_name", String, nullable=False),
    Column("district_code", String),
    Column("district_name", String),
    Column("population", Float),
    Column("geometry", LargeBinary, nullable=False),  # WKB in the set's CRS
    UniqueConstraint("boundary_set_id", "ward_code", name="uq_ward_set_code"),
)

imported_file = Table(
    "imported_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("source", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("content_sha256", String, nullable=False, unique=True),
    Column("key", String, unique=True),
    Column("read", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("notice", String),
    Column("imported_at", DateTime, nullable=False),  # UTC
)

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("imported_file.id"), nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("reference", String),
    Column("category", String, nullable=False),
    Column("source_category", String),
    Column("starts_at", DateTime, nullable=False),  # local time, as recorded
    Column("ends_at", DateTime, nullable=False),
    Column("precision", String, nullable=False),
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("location", String),
    Column("agency", String),
    Index("ix_incident_category_starts_at", "category", "starts_at"),
)

rejection = Table(
    "rejection",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("imported_file.id"), nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("raw", String, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("run_id", String, nullable=False, unique=True),
    Column("period", String, nullable=False),
    Column("category", String, nullable=False),
    Column("provenance", JSON, nullable=False),
    Column("totals", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("created_at", DateTime, nullable=False),  # UTC
)

run_table = Table(
    "run_table",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_sequence", ForeignKey("run.sequence"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("parquet", LargeBinary, nullable=False),  # GeoParquet
    UniqueConstraint("run_sequence", "name", name="uq_run_table_name"),
)
