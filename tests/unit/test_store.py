from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from hotspots.analysis import find_hotspots
from hotspots.errors import DataError, WorkspaceError
from hotspots.ingest import FileHead, FileRows
from hotspots.model import SourceFile, Wards
from hotspots.store import Store
from hotspots.store.batches import Batches
from hotspots.store.incidents import IncidentFiles
from hotspots.store.schema import metadata
from tests.support import a_year_with_a_flare_up, nine_wards


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(f"sqlite:///{tmp_path / 's.sqlite'}")
    store.migrate()
    yield store  # type: ignore[misc]
    store.close()


def test_the_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    with store.transaction() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_again_changes_nothing(store: Store) -> None:
    store.migrate()
    with store.boundaries() as sets:
        assert sets.vintages() == []


def test_wards_come_back_as_they_went_in(store: Store) -> None:
    wards = nine_wards()
    with store.boundaries() as sets:
        assert sets.add(wards)
        assert not sets.add(wards)
        back = sets.wards("2021")
    pd.testing.assert_frame_equal(
        back.frame.drop(columns="geometry"), wards.frame.drop(columns=["geometry"]),
        check_dtype=False,
    )  # fmt: skip
    assert back.frame.geometry.geom_equals(wards.frame.geometry).all()
    assert back.crs == wards.crs


def test_a_second_file_extends_a_vintage_but_never_repeats_a_ward(store: Store) -> None:
    wards = nine_wards()
    south = Wards(wards.frame.iloc[:6], "2021", sha256={"south": "a"})
    north = Wards(wards.frame.iloc[6:], "2021", sha256={"north": "b"})
    again = Wards(wards.frame.iloc[5:], "2021", sha256={"again": "c"})
    with store.boundaries() as sets:
        sets.add(south)
        sets.add(north)
        assert len(sets.wards()) == 9
    with pytest.raises(DataError, match="already has T005"), store.boundaries() as sets:
        sets.add(again)


def add(store: Store, file: SourceFile, frame: pd.DataFrame) -> None:
    none = pd.DataFrame(columns=["file", "row", "reason", "raw"])
    names = FileHead.__dataclass_fields__
    with store.write() as connection:
        batches, files = Batches(connection), IncidentFiles(connection)
        batch = batches.begin()
        file_id = files.begin(batch, FileHead(**{name: getattr(file, name) for name in names}))
        files.take(file_id, FileRows(frame, none))
        files.end(file_id, file)
        batches.end(batch, {}, [])


def test_incidents_come_back_as_they_went_in(store: Store) -> None:
    incidents = a_year_with_a_flare_up()
    add(store, incidents.files[0], incidents.frame)
    with store.incidents(read_only=True) as files:
        back = files.incidents(["asb"], "EPSG:27700")
        assert files.files() == incidents.files
    pd.testing.assert_frame_equal(back.frame, incidents.frame, check_dtype=False)
    assert back.span == (incidents.frame["starts_at"].min(), incidents.frame["starts_at"].max())


def test_a_fault_in_the_middle_leaves_nothing(store: Store) -> None:
    incidents = a_year_with_a_flare_up()
    broken = incidents.frame.assign(x=None)
    with pytest.raises(WorkspaceError):
        add(store, incidents.files[0], broken)
    with store.read() as connection:
        assert IncidentFiles(connection).files() == ()
        assert Batches(connection).all() == ()


def test_a_run_is_kept_once_and_comes_back_whole(store: Store) -> None:
    result = find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2024-01", category="asb")
    with store.runs() as runs:
        assert runs.add(result) == runs.add(result)
        back = runs.find("2024-01", "asb")
    with store.transaction() as connection:
        assert connection.execute(text("select count(*) from run")).scalar() == 1
    for name in ("hotspots", "wards", "cells", "density"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(back.table(name).drop(columns="geometry")),
            pd.DataFrame(result.table(name).drop(columns="geometry")),
            check_dtype=False,
        )
        assert back.table(name).geometry.geom_equals(result.table(name).geometry).all()
    assert back.provenance == result.provenance


def test_a_store_of_another_version_or_program_is_left_alone(tmp_path: Path) -> None:
    newer = Store(f"sqlite:///{tmp_path / 'newer.sqlite'}")
    newer.migrate()
    with newer.transaction() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(WorkspaceError, match="install the newer version"):
        newer.migrate()
    newer.close()
    other = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    with other.transaction() as connection:
        connection.execute(text("create table somebody_elses (a integer)"))
    with pytest.raises(WorkspaceError, match="holds other tables"):
        other.migrate()
    other.close()
    (tmp_path / "text.sqlite").write_text("not a database, but a long enough text file" * 30)
    broken = Store(f"sqlite:///{tmp_path / 'text.sqlite'}")
    with pytest.raises(WorkspaceError, match="must be a database"):
        broken.migrate()
    broken.close()
