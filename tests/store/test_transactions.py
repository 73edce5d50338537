"""Readers and writers at once, processes that die, stores that cannot be written."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import URL, Connection, func, insert, select

from hotspots.errors import WorkspaceError
from hotspots.store.rows import insert_frame
from hotspots.store.schema import boundary_set, postcode
from hotspots.store.store import Store

ROOT = Path(__file__).parents[2]
Open = Callable[..., Store]

#: Writes `count` postcodes of one source in blocks, looking first at how many there are, as an
#: import does; says when it is in the middle.
_WRITER = """
import sys, time
import pandas as pd
from sqlalchemy import func, select
from hotspots.store.rows import insert_frame
from hotspots.store.schema import postcode
from hotspots.store.store import Store

url, source, count, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
store = Store(url)
store.migrate()
with store.write() as connection:
    before = connection.scalar(select(func.count()).select_from(postcode))
    for start in range(0, count, 500):
        codes = [f"{source}{n}" for n in range(start, start + 500)]
        frame = pd.DataFrame({"postcode": codes, "x": float(before), "y": 0.0, "source": source})
        insert_frame(connection, postcode, frame)
        print("in the middle", flush=True)
        time.sleep(pause)
store.close()
"""


def _writer(url: URL, source: str, count: int, pause: float) -> subprocess.Popen[str]:
    address = url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, address, source, str(count), str(pause)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _sources(store: Store) -> dict[str, tuple[int, float]]:
    """How many rows each writer kept, and how many it found."""
    query = select(postcode.c.source, func.count(), func.max(postcode.c.x))
    with store.read() as connection:
        rows = connection.execute(query.group_by(postcode.c.source)).all()
    return {source: (count, found) for source, count, found in rows}


def _one_row(connection: Connection, code: str) -> None:
    frame = pd.DataFrame({"postcode": [code], "x": 0.0, "y": 0.0, "source": "s"})
    insert_frame(connection, postcode, frame)


def _count(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(postcode)) or 0)


def test_two_processes_at_once_make_one_store_and_are_both_whole(
    url: URL, open_store: Open
) -> None:
    writers = [_writer(url, source, 2_000, 0.02) for source in ("A", "B")]
    assert [w.wait(timeout=120) for w in writers] == [0, 0]
    found = _sources(open_store(url))
    assert {source: count for source, (count, _) in found.items()} == {"A": 2_000, "B": 2_000}
    # the second one saw all of the first: they did not overlap
    assert sorted(before for _, before in found.values()) == [0.0, 2_000.0]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()


def test_a_write_that_is_killed_leaves_nothing_of_itself(store: Store, url: URL) -> None:
    with store.write() as connection:
        _one_row(connection, "before")
    writer = _writer(url, "A", 20_000, 0.005)
    assert writer.stdout is not None
    for _ in range(3):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    assert writer.wait(timeout=30) == -signal.SIGKILL
    writer.stdout.close()
    assert {s: count for s, (count, _) in _sources(store).items()} == {"s": 1}
    with store.write() as connection:  # and nobody waits for the dead
        _one_row(connection, "after")


def test_a_reader_sees_one_state_while_another_writes(store: Store) -> None:
    with store.read() as reading:
        assert _count(reading) == 0
        with store.write() as writing:
            _one_row(writing, "A")
        assert _count(reading) == 0
    with store.read() as reading:
        assert _count(reading) == 1


def test_a_reader_changes_nothing(store: Store) -> None:
    with pytest.raises(WorkspaceError, match="can only be read"), store.read() as connection:
        _one_row(connection, "A")
    with store.write() as connection:  # the next write is none the worse
        _one_row(connection, "A")


def test_a_write_waits_for_another_and_says_so_when_it_does_not_end(
    store: Store, url: URL, open_store: Open
) -> None:
    other = open_store(url, wait_s=0.3)
    with store.write() as connection:
        _one_row(connection, "A")
        with pytest.raises(WorkspaceError, match="must be free to be written"), other.write():
            pass
    done = []

    def write() -> None:
        with open_store(url, wait_s=30).write() as connection:
            done.append(_count(connection))

    waiting = threading.Thread(target=write)
    with store.write() as connection:
        waiting.start()
        time.sleep(0.2)
        _one_row(connection, "B")
        assert done == []
    waiting.join(timeout=30)
    assert done == [2]


def test_a_write_within_a_write_is_a_mistake_and_does_not_wait(store: Store) -> None:
    with store.write(), pytest.raises(AssertionError, match="end one write"), store.write():
        pass
    with store.write() as connection:
        _one_row(connection, "A")


def test_a_fault_of_the_caller_leaves_nothing_and_is_not_hidden(store: Store) -> None:
    with pytest.raises(KeyError, match="mine"), store.write() as connection:
        _one_row(connection, "A")
        raise KeyError("mine")
    with store.read() as connection:
        assert _count(connection) == 0


# -- SQLite files ---------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def file_store(path: Path, open_store: Open) -> Store:
    store = open_store(URL.create("sqlite", database=str(path)))
    store.migrate()
    return store


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_changes_nothing_leaves_every_byte(file_store: Store, path: Path) -> None:
    with file_store.write() as connection:
        _one_row(connection, "A")
    before = _digest(path), path.stat().st_mtime_ns
    again = Store(file_store.engine.url)
    again.migrate()
    with again.read() as connection:
        assert _count(connection) == 1
    with again.write() as connection:
        assert _count(connection) == 1
    with pytest.raises(KeyError), again.write() as connection:
        _one_row(connection, "B")
        raise KeyError
    again.close()
    assert (_digest(path), path.stat().st_mtime_ns) == before


def test_nothing_is_left_beside_the_store(file_store: Store, path: Path) -> None:
    with file_store.write() as connection:
        _one_row(connection, "A")
    with file_store.read() as connection:
        _count(connection)
    with pytest.raises(WorkspaceError), file_store.write() as connection:
        _one_row(connection, "A")
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # not even before it is closed


def test_foreign_keys_hold(file_store: Store) -> None:
    from hotspots.store.schema import ward

    values = {"boundary_set_id": 7, "ward_code": "a", "ward_name": "b", "geometry": b""}
    with pytest.raises(WorkspaceError, match="A row must fit"), file_store.write() as connection:
        connection.execute(insert(ward), values)
    with file_store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(boundary_set)) == 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="hotspots-"))
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Be a user without rights: root may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    os.setresuid(nobody, nobody, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_a_store_in_a_folder_that_cannot_be_written_can_be_read(open_folder: Path) -> None:
    path = open_folder / "store.sqlite"
    store = Store(URL.create("sqlite", database=str(path)))
    store.migrate()
    with store.write() as connection:
        _one_row(connection, "A")
    assert store.migrate() is None  # all that is used below is imported
    with store.read() as connection:
        assert _count(connection) == 1
    path.chmod(0o444)
    open_folder.chmod(0o555)
    before = _digest(path)
    with _as_nobody():
        store.migrate()
        with store.read() as connection:
            assert _count(connection) == 1
        with (
            pytest.raises(WorkspaceError, match="must be writable for this"),
            store.write() as connection,
        ):
            _one_row(connection, "B")
    store.close()
    assert _digest(path) == before
    assert [p.name for p in open_folder.iterdir()] == [path.name]


def test_a_store_that_another_program_holds_can_still_be_read(
    file_store: Store, path: Path
) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with file_store.read() as connection:
            assert _count(connection) == 0
        other.rollback()
