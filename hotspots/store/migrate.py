"""Bring a store to the schema this version knows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from hotspots.errors import WorkspaceError


def bring_up_to_date(connection: Connection) -> None:
    """Create or upgrade the tables inside the connection's transaction.

    Raises
    ------
    WorkspaceError
        If the store was written by a newer version, or is another program's database.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    if found == script.get_current_head():
        return
    if found is not None and found not in {r.revision for r in script.walk_revisions()}:
        raise WorkspaceError(
            f"The store must be of this version of Hotspots or older; it is of {found!r}: "
            "install the newer version."
        )
    if found is None and inspect(connection).get_table_names():
        raise WorkspaceError(
            "The store must be an empty or a Hotspots database; it holds other tables: "
            "set `store` in hotspots.toml to another."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
