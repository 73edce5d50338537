"""Bring a store to the schema this version knows; an SQLite file is copied beforehand."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from hotspots.errors import WorkspaceError


def is_current(connection: Connection) -> bool:
    """Return whether the store has the schema of this version; nothing is written."""
    found = MigrationContext.configure(connection).get_current_revision()
    return found is not None and found == _script().get_current_head()


def bring_up_to_date(connection: Connection) -> str | None:
    """Create or upgrade the tables inside the connection's transaction.

    Returns
    -------
    str or None
        Of an upgraded store, where its backup is; None where the store was new or current.

    Raises
    ------
    WorkspaceError
        If the store was written by a newer version, is another program's database, or cannot be
        copied before it is changed.
    """
    script = _script()
    found = MigrationContext.configure(connection).get_current_revision()
    if found == script.get_current_head():
        return None  # another process was faster
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
    said = None if found is None else _backed_up(connection, found)
    upgrade(connection)
    return said


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision, whatever the store is.

    Raises
    ------
    WorkspaceError
        If a row would refer to one that does not exist: then the store was damaged before.
    """
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if connection.dialect.name != "sqlite":
        return
    # tables are written anew with foreign keys off, so what they hold is checked as a whole
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise WorkspaceError(
            f"Every row of a store must refer to one that exists; a row of {broken[0]} refers to "
            f"one that {broken[2]} does not have: the store was left as it was, take a backup."
        )


def back_up(path: Path, revision: str) -> Path:
    """Copy an SQLite store beside itself, whole or not at all, while it may be in use.

    Parameters
    ----------
    path : Path
        The store.
    revision : str
        Its schema, for the copy's name.

    Returns
    -------
    Path
        ``<name>.backup-<revision>-<UTC time>.sqlite``.

    Raises
    ------
    WorkspaceError
        If the copy cannot be written or the store is damaged.
    """
    target = path.with_name(
        f"{path.stem}.backup-{revision}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sqlite"
    )
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        _copy(path, part)
        shutil.copymode(path, part)
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise WorkspaceError(
            f"An older store must be copied before it is upgraded; {target.name} cannot be made "
            f"({error}): make room or give the right to write in {path.parent}, the store was "
            "left as it was."
        ) from error
    return target


def _copy(path: Path, part: Path) -> None:
    # SQLite's own backup sees one state of the store, its log included, where a copy of the file
    # would not
    source = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as old, closing(sqlite3.connect(part)) as new:
        old.backup(new)
        found = new.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    with part.open("rb") as written:
        os.fsync(written.fileno())


def _backed_up(connection: Connection, revision: str) -> str:
    """Copy the store if that is ours to do; say where its backup is."""
    if connection.dialect.name != "sqlite":
        return (
            f"The store was upgraded from schema {revision}; a backup of a "
            f"{connection.dialect.name} database is its administrator's."
        )
    database = connection.engine.url.database
    if not database or database == ":memory:":
        return f"The store was upgraded from schema {revision}; it is in memory only."
    copy = back_up(Path(database), revision)
    return f"The store was upgraded from schema {revision}; as it was before, it is in {copy.name}."


def _config() -> Config:
    config = Config()
    # a per cent sign in a path would be taken for a reference by the parser
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
