"""Open a store and hand out its repositories; one transaction a use case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError

from hotspots.errors import WorkspaceError
from hotspots.store.boundaries import BoundarySets
from hotspots.store.incidents import IncidentFiles
from hotspots.store.migrate import bring_up_to_date
from hotspots.store.runs import Runs


class Store:
    """A database of one workspace.

    Parameters
    ----------
    url : str or URL
        An SQLAlchemy URL, for example ``sqlite:////folder/hotspots.sqlite``.

    Raises
    ------
    WorkspaceError
        If there is no driver for such a database.
    """

    def __init__(self, url: str | URL) -> None:
        try:
            self.engine: Engine = create_engine(url)
        except (ArgumentError, ImportError) as error:
            raise WorkspaceError(
                f"The store must be a database with an installed driver; {url} is not ({error}): "
                "mend `store` in hotspots.toml."
            ) from error
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_immediate)

    def migrate(self) -> None:
        """Create the tables, or bring an older store to this version."""
        with self.transaction() as connection:
            bring_up_to_date(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection whose changes are kept together or not at all.

        Raises
        ------
        WorkspaceError
            If the database cannot be opened or is not one.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except DatabaseError as error:
            raise WorkspaceError(
                f"The store must be a database that can be opened; {self.engine.url.database} "
                f"is not ({error.orig}): check `store` in hotspots.toml and who else uses it."
            ) from error

    @contextmanager
    def boundaries(self) -> Iterator[BoundarySets]:
        """Yield the boundary sets inside a transaction."""
        with self.transaction() as connection:
            yield BoundarySets(connection)

    @contextmanager
    def incidents(self) -> Iterator[IncidentFiles]:
        """Yield the imported files and their incidents inside a transaction."""
        with self.transaction() as connection:
            yield IncidentFiles(connection)

    @contextmanager
    def runs(self) -> Iterator[Runs]:
        """Yield the runs inside a transaction."""
        with self.transaction() as connection:
            yield Runs(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # the driver would begin transactions late and leave DDL outside of them: take that over
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 30000")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
