"""An old SQLite store upgrades itself after a backup; where that cannot be, it stays as it was."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine

from hotspots.errors import WorkspaceError
from hotspots.store import migrate
from hotspots.store.store import Store
from tests.store.old import make_old_store


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of the first schema, with rows."""
    path = tmp_path / "work" / "hotspots.sqlite"
    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        make_old_store(connection)
    engine.dispose()
    return path


@pytest.fixture
def store(old: Path) -> Iterator[Store]:
    """The same, opened by this version and not upgraded yet."""
    store = Store(f"sqlite:///{old}")
    yield store
    store.close()


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the first schema, by a plain connection."""
    with closing(sqlite3.connect(path)) as connection:
        names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE sql > ''")]
        tables = [n for n in names if not n.startswith(("ix_", "uq_"))]
        return {n: connection.execute(f"SELECT * FROM {n}").fetchall() for n in tables}  # noqa: S608


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_backup_is_the_store_as_it_was(old: Path, store: Store) -> None:
    before = _rows(old)
    said = store.migrate()
    (copy,) = old.parent.glob("*.backup-*")
    assert re.fullmatch(r"hotspots\.backup-0001-\d{8}T\d{6}Z\.sqlite", copy.name)
    assert said is not None
    assert copy.name in said
    assert _rows(copy) == before
    assert before["alembic_version"] == [("0001",)]
    assert len(before["incident"]) == 4
    assert _rows(old)["alembic_version"] == [("0005",)]
    assert {p.name for p in old.parent.iterdir()} == {old.name, copy.name}


def test_a_backup_can_take_the_place_of_the_store(old: Path, store: Store) -> None:
    store.migrate()
    (copy,) = old.parent.glob("*.backup-*")
    shutil.copyfile(copy, again := old.with_name("again.sqlite"))
    second = Store(f"sqlite:///{again}")
    assert second.migrate() is not None
    second.close()
    assert _rows(again) == _rows(old)


def test_a_store_of_this_version_is_not_copied(old: Path, store: Store) -> None:
    store.migrate()
    before = sorted(old.parent.iterdir()), _digest(old)
    assert store.migrate() is None
    assert (sorted(old.parent.iterdir()), _digest(old)) == before


def test_a_new_store_has_nothing_to_copy(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert store.migrate() is None
    store.close()
    assert [p.name for p in tmp_path.iterdir()] == ["new.sqlite"]


def test_without_a_backup_nothing_is_upgraded(
    old: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    before = _digest(old)
    monkeypatch.setattr(migrate, "_copy", full)
    with pytest.raises(WorkspaceError, match="No space left on device") as refused:
        store.migrate()
    assert "make room" in str(refused.value)
    assert _digest(old) == before
    assert [p.name for p in old.parent.iterdir()] == [old.name]


def test_an_upgrade_that_fails_in_the_middle_leaves_the_store_as_it_was(
    old: Path, store: Store
) -> None:
    # the last step of the upgrade finds its column there already
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("ALTER TABLE run ADD COLUMN findings TEXT")
        connection.commit()
    before, rows = _digest(old), _rows(old)
    with pytest.raises(WorkspaceError, match="duplicate column"):
        store.migrate()
    assert _digest(old) == before
    assert _rows(old) == rows


def test_a_row_that_refers_to_nothing_is_found_before_it_is_carried_on(
    old: Path, store: Store
) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE incident SET file_id = 99 WHERE id = 1")
        connection.commit()
    before = _digest(old)
    with pytest.raises(WorkspaceError, match="a row of incident refers to one that imported_file"):
        store.migrate()
    assert _digest(old) == before


def test_a_damaged_store_is_not_upgraded(old: Path, store: Store) -> None:
    content = bytearray(old.read_bytes())
    with closing(sqlite3.connect(old)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'run_table'"
        ).fetchone()
    content[(root - 1) * size : root * size] = b"\xff" * size
    old.write_bytes(content)
    with pytest.raises(WorkspaceError):
        store.migrate()
    assert old.read_bytes() == bytes(content)


def test_a_copy_is_as_private_as_the_store(old: Path, store: Store) -> None:
    old.chmod(0o600)
    store.migrate()
    (copy,) = old.parent.glob("*.backup-*")
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_folder_may_have_any_name(tmp_path: Path, old: Path) -> None:
    odd = tmp_path / "50 % of #1? ü"
    odd.mkdir()
    moved = shutil.move(old, odd / old.name)
    store = Store(URL.create("sqlite", database=str(moved)))
    assert store.migrate() is not None
    store.close()
    (copy,) = odd.glob("*.backup-0001-*")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (4,)
