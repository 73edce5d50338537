"""Stores on both databases: an SQLite file, and a real PostgreSQL server where one is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from hotspots.store.store import Store

#: Seconds within which a server must be up.
_START_S = 60


def _programs() -> Path | None:
    """The folder of the server's programs: Debian keeps them off the path."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates = [Path(found).parent] if found else folders
    return next((c for c in candidates if (c / "postgres").is_file()), None)


def _owner() -> str | None:
    """Who runs the server: it refuses root."""
    return "postgres" if os.geteuid() == 0 else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """The address of a server's own database; skips where no server is installed."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed")
    with tempfile.TemporaryDirectory(prefix="hotspots-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner := _owner():
            shutil.chown(folder, owner)
        as_owner = {"user": owner, "cwd": folder, "env": {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin"}}
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "tester", "-N"],
            check=True, capture_output=True, **as_owner,
        )  # fmt: skip
        # nothing of this outlives the tests, so nothing needs to reach a disk
        given = ("listen_addresses=", "fsync=off", "full_page_writes=off", "autovacuum=off")
        options = ["-k", str(folder), *(word for option in given for word in ("-c", option))]
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner,
        )  # fmt: skip
        url = URL.create(
            "postgresql+psycopg", "tester", database="postgres", query={"host": str(folder)}
        )
        try:
            _wait_for(url, server)
            yield url
        finally:
            server.send_signal(signal.SIGQUIT)  # end now; what it holds is thrown away
            server.wait(timeout=30)


def _wait_for(url: URL, server: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url)
    end = time.monotonic() + _START_S
    while True:
        try:
            engine.connect().close()
        except Exception:
            assert server.poll() is None, "the server ended by itself"
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.05)
        else:
            engine.dispose()
            return


@pytest.fixture
def new_postgres(postgres: URL) -> URL:
    """The server's database, with nothing in it."""
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))  # should a test hang on to it
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """The address of a store that is not there yet, on each database."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgres")  # type: ignore[no-any-return]
    return URL.create("sqlite", database=str(tmp_path / "store.sqlite"))


@pytest.fixture
def open_store() -> Iterator[Callable[..., Store]]:
    """Open stores that are closed when the test ends."""
    opened: list[Store] = []

    def open_(url: URL, **options: float) -> Store:
        opened.append(Store(url, **options))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(url: URL, open_store: Callable[..., Store]) -> Store:
    """A store of this version, empty."""
    store = open_store(url)
    store.migrate()
    return store
