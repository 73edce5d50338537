"""Open a store and hand out its repositories; one transaction a use case."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from hotspots.errors import WorkspaceError
from hotspots.store.boundaries import BoundarySets
from hotspots.store.exports import ExportLog
from hotspots.store.incidents import IncidentFiles
from hotspots.store.migrate import bring_up_to_date, is_current
from hotspots.store.postcodes import PostcodeFiles
from hotspots.store.runs import Runs
from hotspots.store.streets import StreetFiles

_log = logging.getLogger(__name__)

#: How long a write waits for another to end: an import of a year of a large force takes minutes.
WAIT_S = 600.0

_Mode = Literal["read", "write", "migrate"]
_MODE = "hotspots_mode"
#: One writer at a time on PostgreSQL too, so that what a use case looked up still holds when it
#: writes; any number would do that no other program on the database uses.
_WRITERS = 0x486F7473
_SQLITE_CACHE_KIB = 16_384


class Store:
    """A database of one workspace.

    Parameters
    ----------
    url : str or URL
        An SQLAlchemy URL, for example ``sqlite:////folder/hotspots.sqlite``.
    wait_s : float
        Seconds that a write waits for another one to end.

    Raises
    ------
    WorkspaceError
        If there is no driver for such a database.
    """

    def __init__(self, url: str | URL, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._writing = threading.local()
        try:
            self.engine: Engine = _engine(url)
        except (ArgumentError, ImportError) as error:
            raise WorkspaceError(
                f"The store must be a database with an installed driver; {url} is not ({error}): "
                "mend `store` in hotspots.toml, or install the driver (PostgreSQL's is in "
                "hotspots[postgres])."
            ) from error
        if self._is_sqlite:
            event.listen(self.engine, "do_connect", _connect_sqlite)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", self._begin_sqlite)

    @property
    def _dbapi(self) -> Any:
        return self.engine.dialect.loaded_dbapi

    @property
    def _is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> str | None:
        """Create the tables, or bring an older store to this version after a backup.

        Returns
        -------
        str or None
            Of an upgraded store, where its backup is; None where nothing was upgraded. A store of
            this version is only read.

        Raises
        ------
        WorkspaceError
            If the store is of a newer version or another program's, or cannot be copied; it is
            left as it was then.
        """
        with self.read() as connection:
            if is_current(connection):
                return None
        with self._transaction("migrate") as connection:
            said = bring_up_to_date(connection)
        if self._is_sqlite:
            self._keep_a_log()
        if said:
            _log.info(said)
        return said

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the store and changes nothing.

        It waits for no writer and no writer waits for it (SQLite: as far as the file system
        allows a write-ahead log).

        Raises
        ------
        WorkspaceError
            If the database cannot be opened or is not one.
        """
        with self._transaction("read") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose changes are kept together or not at all.

        There is one writer at a time; another waits until it has ended.

        Raises
        ------
        WorkspaceError
            If the database cannot be opened or written, is not one, or another write did not end
            in time.
        """
        if getattr(self._writing, "on", False):
            raise AssertionError("a thread must end one write before it begins another")
        self._writing.on = True
        try:
            with self._transaction("write") as connection:
                yield connection
        finally:
            self._writing.on = False

    transaction = write

    @contextmanager
    def boundaries(self, *, read_only: bool = False) -> Iterator[BoundarySets]:
        """Yield the boundary sets inside a transaction."""
        with self._either(read_only) as connection:
            yield BoundarySets(connection)

    @contextmanager
    def incidents(self, *, read_only: bool = False) -> Iterator[IncidentFiles]:
        """Yield the imported files and their incidents inside a transaction."""
        with self._either(read_only) as connection:
            yield IncidentFiles(connection)

    @contextmanager
    def runs(self, *, read_only: bool = False) -> Iterator[Runs]:
        """Yield the runs inside a transaction."""
        with self._either(read_only) as connection:
            yield Runs(connection)

    @contextmanager
    def postcodes(self, *, read_only: bool = False) -> Iterator[PostcodeFiles]:
        """Yield the postcodes inside a transaction."""
        with self._either(read_only) as connection:
            yield PostcodeFiles(connection)

    @contextmanager
    def streets(self, *, read_only: bool = False) -> Iterator[StreetFiles]:
        """Yield the streets inside a transaction."""
        with self._either(read_only) as connection:
            yield StreetFiles(connection)

    @contextmanager
    def exports(self, *, read_only: bool = False) -> Iterator[ExportLog]:
        """Yield the log of exports inside a transaction."""
        with self._either(read_only) as connection:
            yield ExportLog(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    # -- inside -------------------------------------------------------------------------------

    @contextmanager
    def _either(self, read_only: bool) -> Iterator[Connection]:
        with self.read() if read_only else self.write() as connection:
            yield connection

    @contextmanager
    def _transaction(self, mode: _Mode) -> Iterator[Connection]:
        engine = self.engine.execution_options(**{_MODE: mode})
        if mode == "read" and not self._is_sqlite:
            engine = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        try:
            with engine.begin() as connection:
                if mode != "read" and connection.dialect.name == "postgresql":
                    self._lock_postgresql(connection)
                yield connection
        except DBAPIError as error:
            raise WorkspaceError(self._sentence(error.orig)) from error
        except self._dbapi.Error as error:
            raise WorkspaceError(self._sentence(error)) from error

    def _lock_postgresql(self, connection: Connection) -> None:
        wait = max(1, round(self._wait_s * 1000))
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")

    def _begin_sqlite(self, connection: Connection) -> None:
        mode: _Mode = connection.get_execution_options().get(_MODE, "write")
        raw: Any = connection.connection.driver_connection
        # tables that are written anew must not take the rows that refer to them along
        raw.execute(f"PRAGMA foreign_keys = {'OFF' if mode == 'migrate' else 'ON'}")
        raw.execute(f"PRAGMA query_only = {'ON' if mode == 'read' else 'OFF'}")
        if mode == "read":
            raw.execute("BEGIN")
            return
        end = time.monotonic() + self._wait_s
        while True:
            try:
                # the driver's own wait cannot be interrupted by Ctrl-C, so it is short
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= end:
                    raise
            else:
                return

    def _keep_a_log(self) -> None:
        """Let SQLite keep a write-ahead log, so that an import does not stop the pages.

        Readers then see the last whole state while another process writes. Where the file system
        cannot do it (some network folders share no memory), or another process is at work just
        now, the store works all the same, and readers wait for the moment of the commit.
        """
        with suppress(DBAPIError, sqlite3.Error), closing(self.engine.raw_connection()) as raw:
            raw.driver_connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[union-attr]

    def _sentence(self, error: BaseException | None) -> str:
        name, said = self.engine.url.database, " ".join(str(error).split())
        if _is_busy(error):
            return (
                f"The store must be free to be written; another command has been writing to {name} "
                f"for {self._wait_s / 60:.3g} minutes: try again when it has ended."
            )
        if _is_one_of(error, sqlite3.SQLITE_READONLY, "25006"):
            return (
                f"The store must be writable for this; {name} can only be read: ask for the right "
                "to write to it and its folder, or work on a copy."
            )
        if _is_one_of(error, sqlite3.SQLITE_FULL, "53100"):
            return (
                f"The store must have room on its disk; {name} has none: make room and try again, "
                "nothing was changed."
            )
        if isinstance(error, self._dbapi.IntegrityError):
            return (
                f"A row must fit what the store holds; one does not ({said}): nothing of this was "
                "kept, please report it."
            )
        return (
            f"The store must be a database that can be opened; {name} "
            f"is not ({said}): check `store` in hotspots.toml and who else uses it."
        )


def _engine(url: str | URL) -> Engine:
    known = make_url(url)
    if known.get_backend_name() == "sqlite" and known.database not in (None, "", ":memory:"):
        # a connection a transaction: the last one that closes takes SQLite's side files away, so
        # none is left behind even by a command that ends in an error
        return create_engine(known, poolclass=NullPool)
    return create_engine(known)


def _connect_sqlite(_dialect: Any, _record: Any, args: list[Any], options: dict[str, Any]) -> Any:
    """Open a file that cannot be written for reading only; leave all others to the driver."""
    path = Path(str(args[0])) if args else None
    if path is None or not path.is_file():
        return None
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return None
    # without the right to make the log's side files a store can only be read as a file that
    # does not change, which is wrong where a log with something in it is beside it
    log = path.with_name(path.name + "-wal")
    still = "" if log.is_file() and log.stat().st_size else "&immutable=1"
    uri = f"file:{quote(str(path))}?mode=ro{still}"
    return sqlite3.connect(uri, **{**options, "uri": True})


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # the driver would begin transactions late and leave DDL outside of them: take that over
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 1000")
    connection.execute(f"PRAGMA cache_size = -{_SQLITE_CACHE_KIB}")


def _is_busy(error: BaseException | None) -> bool:
    return _is_one_of(error, sqlite3.SQLITE_BUSY, "55P03")


def _is_one_of(error: BaseException | None, sqlite_code: int, sqlstate: str) -> bool:
    # the low byte is the error, what is above it is a detail
    code = getattr(error, "sqlite_errorcode", None)
    mine = code is not None and code & 0xFF == sqlite_code
    return mine or getattr(error, "sqlstate", None) == sqlstate
