"""Imports at once, and pages that read meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL, func, select

from hotspots.store import Store
from hotspots.store.schema import import_batch, imported_file, incident, rejection
from tests.robust.processes import DONE, MIDDLE, add, exports, importer, new_store
from tests.store.conftest import new_postgres, postgres  # noqa: F401

ROWS = 600


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty store on each database."""
    if request.param == "sqlite":
        return new_store(tmp_path / "store.sqlite")
    found: URL = request.getfixturevalue("new_postgres")
    store = Store(found)
    store.migrate()
    store.close()
    return found


def counts(store: Store) -> tuple[int, ...]:
    """Batches, files, rows and distinct references of a store, all of one moment."""
    with store.read() as connection:
        found = [
            connection.scalar(select(func.count()).select_from(table))
            for table in (import_batch, imported_file, incident, rejection)
        ]
        found.append(connection.scalar(select(func.count(incident.c.reference.distinct()))))
    return tuple(int(count or 0) for count in found)


def counts_of(url: URL) -> tuple[int, ...]:
    store = Store(url)
    try:
        return counts(store)
    finally:
        store.close()


#: Every fourth row of the exports is cancelled.
KEPT, CANCELLED = ROWS * 3 // 4, ROWS // 4


def test_two_imports_at_once_are_both_whole(url: URL, tmp_path: Path) -> None:
    one_file = exports(tmp_path / "one", files=1, rows=ROWS)
    other_file = exports(tmp_path / "other", files=1, rows=ROWS, first=ROWS)
    with (
        importer(url, one_file, stop_in_middle=True) as one,
        importer(url, other_file) as other,
    ):
        one.go_on()
        one.expect(MIDDLE)
        other.go_on()
        assert not other.pipe.poll(0.5)  # it waits for the first
        one.go_on()
        one.expect(DONE)
        other.expect(DONE)
    assert counts_of(url) == (2, 2, 2 * KEPT, 2 * CANCELLED, 2 * KEPT)


def test_one_file_in_two_imports_at_once_is_there_once(url: URL, tmp_path: Path) -> None:
    files = exports(tmp_path / "one", files=1, rows=ROWS)
    with importer(url, files, stop_in_middle=True) as one, importer(url, files) as other:
        one.go_on()
        one.expect(MIDDLE)
        other.go_on()
        one.go_on()
        one.expect(DONE)
        other.expect(DONE)
    assert counts_of(url) == (1, 1, KEPT, CANCELLED, KEPT)


def test_readers_see_the_old_state_until_the_commit(url: URL, tmp_path: Path) -> None:
    store = Store(url)
    add(store, exports(tmp_path / "old", files=1, rows=ROWS))
    old = counts(store)
    files = exports(tmp_path / "new", files=1, rows=ROWS, first=ROWS // 2)
    with importer(url, files, stop_in_middle=True) as one, store.read() as earlier:
        begun = earlier.scalar(select(func.count()).select_from(incident))
        one.go_on()
        one.expect(MIDDLE)
        assert counts(store) == old
        one.go_on()
        one.expect(DONE)
        # a page that began before the commit ends with what it began with
        assert earlier.scalar(select(func.count()).select_from(incident)) == begun == old[2]
    assert counts(store) == (2, 2, 2 * KEPT, 2 * CANCELLED, KEPT + KEPT // 2)
    store.close()
