"""The tables. A change here needs a migration in ``migrations/versions``; a test compares them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
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
    # in force: first day, and the first day no longer; NULL where not known
    Column("valid_from", Date),
    Column("valid_to", Date),
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

ward_population = Table(
    "ward_population",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("boundary_set_id", ForeignKey("boundary_set.id"), nullable=False),
    Column("ward_code", String, nullable=False),
    Column("year", Integer, nullable=False),  # of mid-year, as estimates are
    Column("residents", Float, nullable=False),
    Column("source", String, nullable=False),
    UniqueConstraint("boundary_set_id", "ward_code", "year", name="uq_ward_population"),
)

postcode = Table(
    "postcode",
    metadata,
    Column("postcode", String, primary_key=True),  # capitals, no blanks
    Column("x", Float, nullable=False),  # in the workspace's CRS
    Column("y", Float, nullable=False),
    Column("source", String, nullable=False),
)

#: Streets near the wards, one row a file.
street_file = Table(
    "street_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False, unique=True),  # the file's name
    Column("sha256", String, nullable=False),
    Column("attribution", String),
    Column("lines", Integer, nullable=False),
    Column("added_at", DateTime, nullable=False),  # UTC
    Column("parquet", LargeBinary, nullable=False),  # GeoParquet
)

#: One command or upload; an undone import stays listed, its rows are gone.
import_batch = Table(
    "import_batch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("imported_at", DateTime, nullable=False),  # UTC
    Column("undone_at", DateTime),
    Column("report", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
)

imported_file = Table(
    "imported_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", ForeignKey("import_batch.id"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("source", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("content_sha256", String, nullable=False),
    Column("key", String),
    Column("series", String),
    Column("read", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("notice", String),
    # the import whose file took this one's place
    Column("replaced_by", ForeignKey("import_batch.id"), index=True),
)
for _column in ("content_sha256", "key"):
    Index(
        f"uq_imported_file_{_column}",
        imported_file.c[_column],
        unique=True,
        sqlite_where=imported_file.c.replaced_by.is_(None),
        postgresql_where=imported_file.c.replaced_by.is_(None),
    )

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("imported_file.id"), nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("reference", String),
    Column("category", String, nullable=False),
    Column("subcategory", String),
    Column("source_category", String),
    Column("flags", String),
    Column("starts_at", DateTime, nullable=False),  # local time, as recorded
    Column("ends_at", DateTime, nullable=False),
    Column("precision", String, nullable=False),
    Column("recorded_at", DateTime),
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("placed", String, nullable=False),
    Column("location", String),
    Column("agency", String),
    # the import that brought a newer version, or replaced the file; NULL: this version counts
    Column("superseded_by", ForeignKey("import_batch.id")),
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
    # of a row that its export withdraws, such as a cancelled incident: it ends older versions
    Column("withdraws", String),
)
for _table, _name in ((incident, "superseded_by"), (rejection, "withdraws")):
    # most rows have none, and need not be in the index
    Index(
        f"ix_{_table.name}_{_name}",
        _table.c[_name],
        sqlite_where=_table.c[_name].is_not(None),
        postgresql_where=_table.c[_name].is_not(None),
    )

#: What is wrong with the data, found once for each state of the inputs.
quality = Table(
    "quality",
    metadata,
    Column("state", String, primary_key=True),
    Column("findings", JSON, nullable=False),
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
    Column("findings", JSON, nullable=False, server_default="[]"),
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

#: Every export that left the tool; nothing is ever taken out.
export_log = Table(
    "export_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exported_at", DateTime, nullable=False),  # UTC
    Column("who", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("tier", String, nullable=False),
    Column("format", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("asked", JSON, nullable=False),
    Column("run_ids", JSON, nullable=False),
    Column("withheld", Integer, nullable=False),
)

#: The counts that a tier was shown, or that were withheld from it: each once, with the first
#: export that did.
released = Table(
    "released",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("export_id", ForeignKey("export_log.id"), nullable=False, index=True),
    Column("tier", String, nullable=False),
    Column("place", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),  # the first day after
    Column("count", Integer, nullable=False),
    Column("withheld", Boolean, nullable=False),
    UniqueConstraint(
        "tier", "place", "kind", "start", "end", "count", "withheld", name="uq_released"
    ),
)

#: Every version of a category's profile; none is ever changed or taken out.
profile_version = Table(
    "profile_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("category", String, nullable=False),
    Column("version", Integer, nullable=False),  # from 1, within its category
    Column("name", String, nullable=False),
    Column("author", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("made_at", DateTime, nullable=False),  # UTC
    Column("based_on", Integer, nullable=False),  # 0: the workspace's own profile
    Column("settings", JSON, nullable=False),
    Column("sha256", String, nullable=False),  # of the settings
    Column("evidence", JSON, nullable=False),
    UniqueConstraint("category", "version", name="uq_profile_version"),
)

#: Every decision which version a category's runs use; the last one stands.
profile_approval = Table(
    "profile_approval",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("category", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),  # 0: the workspace's own profile
    Column("author", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("approved_at", DateTime, nullable=False),  # UTC
)
