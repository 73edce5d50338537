"""Imports that can be listed and undone, versions of incidents, postcodes, residents by year.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

#: How SQLite's unnamed unique constraints are called while a table is written anew.
_NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s"}


def upgrade() -> None:
    _new_tables()
    _files()
    _incidents()
    op.add_column("boundary_set", sa.Column("valid_from", sa.Date))
    op.add_column("boundary_set", sa.Column("valid_to", sa.Date))
    op.add_column("rejection", sa.Column("withdraws", sa.String))
    _index_of_some("rejection", "withdraws")
    op.add_column("run", sa.Column("findings", sa.JSON, nullable=False, server_default="[]"))


def _new_tables() -> None:
    op.create_table(
        "ward_population",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("boundary_set_id", sa.Integer, sa.ForeignKey("boundary_set.id"), nullable=False),
        sa.Column("ward_code", sa.String, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("residents", sa.Float, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.UniqueConstraint("boundary_set_id", "ward_code", "year", name="uq_ward_population"),
    )
    op.create_table(
        "postcode",
        sa.Column("postcode", sa.String, primary_key=True),
        sa.Column("x", sa.Float, nullable=False),
        sa.Column("y", sa.Float, nullable=False),
        sa.Column("source", sa.String, nullable=False),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("imported_at", sa.DateTime, nullable=False),
        sa.Column("undone_at", sa.DateTime),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
    )
    op.create_table(
        "quality",
        sa.Column("state", sa.String, primary_key=True),
        sa.Column("findings", sa.JSON, nullable=False),
    )


def _files() -> None:
    with op.batch_alter_table("imported_file") as batch:
        batch.add_column(_batch("imported_file", "batch_id"))
        batch.add_column(sa.Column("series", sa.String))
        batch.add_column(_batch("imported_file", "replaced_by"))
    _one_batch_for_each_time()
    old = _unique_constraints("imported_file")
    with op.batch_alter_table("imported_file", naming_convention=_NAMES) as batch:
        for name in old:
            batch.drop_constraint(name, type_="unique")
        batch.alter_column("batch_id", existing_type=sa.Integer, nullable=False)
        batch.drop_column("imported_at")
    for column in ("batch_id", "replaced_by"):
        op.create_index(f"ix_imported_file_{column}", "imported_file", [column])
    for column in ("content_sha256", "key"):
        # a file that was replaced stays listed beside the one that took its place
        op.create_index(
            f"uq_imported_file_{column}",
            "imported_file",
            [column],
            unique=True,
            sqlite_where=sa.text("replaced_by IS NULL"),
            postgresql_where=sa.text("replaced_by IS NULL"),
        )


def _incidents() -> None:
    with op.batch_alter_table("incident") as batch:
        for name in ("subcategory", "flags"):
            batch.add_column(sa.Column(name, sa.String))
        batch.add_column(sa.Column("recorded_at", sa.DateTime))
        # every incident of the first schema stands where its file says
        batch.add_column(sa.Column("placed", sa.String, nullable=False, server_default="given"))
        batch.add_column(_batch("incident", "superseded_by"))
    with op.batch_alter_table("incident") as batch:
        batch.alter_column("placed", existing_type=sa.String, server_default=None)
    _index_of_some("incident", "superseded_by")


def _index_of_some(table: str, column: str) -> None:
    """Index a column that is empty in most rows, which need not be in it."""
    there = sa.text(f"{column} IS NOT NULL")
    op.create_index(
        f"ix_{table}_{column}", table, [column], sqlite_where=there, postgresql_where=there
    )


def _batch(table: str, column: str) -> sa.Column[int]:
    # a table that is written anew can only take constraints that have a name
    key = sa.ForeignKey("import_batch.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Integer, key)


def _unique_constraints(table: str) -> list[str]:
    """Return the names of the constraints that the first schema left to the database."""
    found = sa.inspect(op.get_bind()).get_unique_constraints(table)
    convention = [f"uq_{table}_{entry['column_names'][0]}" for entry in found]
    return [str(e["name"] or name) for e, name in zip(found, convention, strict=True)]


def _one_batch_for_each_time() -> None:
    connection = op.get_bind()
    file = sa.table("imported_file", sa.column("batch_id"), sa.column("imported_at", sa.DateTime))
    batch = sa.table(
        "import_batch",
        sa.column("id"),
        sa.column("imported_at", sa.DateTime),
        sa.column("report", sa.JSON),
        sa.column("findings", sa.JSON),
    )
    query = sa.select(file.c.imported_at).distinct().order_by(file.c.imported_at)
    for time in list(connection.scalars(query)):
        connection.execute(sa.insert(batch).values(imported_at=time, report={}, findings=[]))
    number = sa.select(batch.c.id).where(batch.c.imported_at == file.c.imported_at)
    connection.execute(sa.update(file).values(batch_id=number.scalar_subquery()))
