"""The schema from nothing and from the first version, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from hotspots.errors import WorkspaceError
from hotspots.store.schema import (
    import_batch,
    imported_file,
    incident,
    metadata,
    rejection,
    run,
    run_table,
    ward,
)
from hotspots.store.store import Store
from tests.store.old import TIMES, make_old_store

Open = Callable[..., Store]


@pytest.fixture
def old(url: URL, open_store: Open) -> Store:
    """A store of this version that was one of the first, with rows."""
    engine = create_engine(url)
    with engine.begin() as connection:
        make_old_store(connection)
    engine.dispose()
    store = open_store(url)
    said = store.migrate()
    assert said is not None
    assert "0001" in said
    return store


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    with store.read() as connection:
        assert _differences(connection) == []


def test_an_old_store_gets_the_tables_of_the_schema(old: Store) -> None:
    with old.read() as connection:
        assert _differences(connection) == []


def test_a_new_store_has_nothing_to_say_and_an_upgraded_one_says_it_once(
    url: URL, open_store: Open, old: Store
) -> None:
    assert open_store(url).migrate() is None


def test_every_row_of_an_old_store_is_there(old: Store) -> None:
    with old.read() as connection:
        files = connection.execute(select(imported_file).order_by(imported_file.c.id)).all()
        incidents = connection.execute(select(incident).order_by(incident.c.id)).all()
        (refused,) = connection.execute(select(rejection)).all()
        (kept_run,) = connection.execute(select(run)).all()
        shape = connection.scalar(select(ward.c.geometry))
        table = connection.scalar(select(run_table.c.parquet))
    assert [(f.id, f.name, f.key, f.read, f.kept, f.rejected) for f in files] == [
        (1, "f1.csv", "a", 3, 2, 1),
        (2, "f2.csv", "b", 3, 2, 1),
        (3, "f3.csv", None, 3, 2, 1),
    ]
    assert [(i.id, i.file_id, i.row, i.reference) for i in incidents] == [
        (1, 1, 2, "R1"), (2, 1, 3, None), (3, 2, 4, "R3"), (4, 3, 5, "R4"),
    ]  # fmt: skip
    assert {(i.x, i.y, i.starts_at, i.location) for i in incidents} == {
        (565000.25, 174000.5, TIMES[0], "A place")
    }
    assert (refused.row, refused.reason, refused.raw) == (4, "why", '{"a": "1"}')
    assert (kept_run.run_id, kept_run.notes) == ("r", ["n"])
    assert (shape, table) == (b"\x01\x02", b"PAR1")


def test_what_is_new_says_what_was_true_before(old: Store) -> None:
    with old.read() as connection:
        placed = set(connection.scalars(select(incident.c.placed)))
        marks = set(connection.execute(select(incident.c.superseded_by, incident.c.recorded_at)))
        findings = list(connection.scalars(select(run.c.findings)))
    assert placed == {"given"}
    assert {tuple(mark) for mark in marks} == {(None, None)}
    assert findings == [[]]


def test_the_files_of_one_time_are_one_import(old: Store) -> None:
    with old.read() as connection:
        batches = connection.execute(select(import_batch).order_by(import_batch.c.id)).all()
        of_files = list(
            connection.scalars(select(imported_file.c.batch_id).order_by(imported_file.c.id))
        )
    assert [b.imported_at for b in batches] == TIMES
    assert [(b.undone_at, b.report, b.findings) for b in batches] == [(None, {}, [])] * 2
    assert of_files == [batches[0].id, batches[0].id, batches[1].id]


def _file(**values: object) -> dict[str, object]:
    texts = {"name": "n", "source": "csv", "sha256": "9", "content_sha256": "9", "key": None}
    return {**texts, "batch_id": 1, "read": 0, "kept": 0, "rejected": 0, **values}


@pytest.mark.parametrize("same", [{"content_sha256": "1" * 64}, {"key": "a"}])
def test_a_content_and_a_month_count_once_yet_stay_listed_when_replaced(
    old: Store, same: dict[str, str]
) -> None:
    with pytest.raises(WorkspaceError) as refused, old.write() as connection:
        connection.execute(insert(imported_file), _file(**same))
    assert isinstance(refused.value.__cause__, IntegrityError)
    assert next(iter(same)) in str(refused.value)
    with old.write() as connection:
        connection.execute(text("UPDATE imported_file SET replaced_by = 2 WHERE id = 1"))
        connection.execute(insert(imported_file), _file(**same))


def test_a_new_row_needs_the_rows_it_refers_to(old: Store) -> None:
    with pytest.raises(WorkspaceError) as refused, old.write() as connection:
        connection.execute(insert(imported_file), _file(batch_id=77))
    assert isinstance(refused.value.__cause__, IntegrityError)
    with pytest.raises(WorkspaceError), old.write() as connection:
        connection.execute(text("UPDATE incident SET superseded_by = 77"))
