"""Imports and undos in any order leave just what the standing imports say."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.ingest import FileHead, FileRows
from hotspots.model import INCIDENT_COLUMNS, SourceFile
from hotspots.store import Store
from hotspots.store.batches import Batches
from hotspots.store.incidents import IncidentFiles
from hotspots.store.schema import metadata
from hotspots.store.state import state_of

CRS = "EPSG:27700"
REFERENCES = [f"R{i}" for i in range(6)]


@dataclass(frozen=True)
class Export:
    """One file: its series, its incidents' references and those it cancels."""

    series: str | None
    references: tuple[str, ...]
    cancelled: tuple[str, ...]


exports = st.builds(
    Export,
    series=st.sampled_from(["csu", "fire", None]),
    references=st.lists(st.sampled_from(REFERENCES), unique=True, max_size=4).map(tuple),
    cancelled=st.lists(st.sampled_from(REFERENCES), unique=True, max_size=2).map(tuple),
).filter(lambda e: not set(e.references) & set(e.cancelled))
#: Either an import of one or two files, or the undoing of one that stands (by its position).
steps = st.lists(
    st.one_of(st.lists(exports, min_size=1, max_size=2), st.integers(0, 5)),
    min_size=1,
    max_size=8,
)


def rows_of(export: Export) -> FileRows:
    count = len(export.references)
    day = pd.Timestamp("2024-03-01")
    frame = pd.DataFrame(
        {
            "reference": list(export.references),
            "category": "asb",
            "subcategory": None,
            "source_category": "ASB",
            "flags": None,
            "starts_at": [day] * count,
            "ends_at": [day] * count,
            "precision": "day",
            "recorded_at": pd.NaT,
            "x": 1.0,
            "y": 2.0,
            "placed": "given",
            "location": None,
            "agency": "CSU",
            "file": "f",
            "row": np.arange(2, 2 + count),
        },
        columns=list(INCIDENT_COLUMNS),
    )
    refused = pd.DataFrame(
        {
            "file": "f",
            "row": np.arange(100, 100 + len(export.cancelled)),
            "reason": 'status is "Cancelled"',
            "raw": "{}",
        }
    )
    return FileRows(frame, refused, pd.Series(list(export.cancelled), dtype="str"))


@dataclass
class Model:
    """What stands, as plain Python: (batch, files) in order."""

    standing: list[tuple[int, list[Export]]] = field(default_factory=list)

    def active(self) -> list[tuple[int, str]]:
        """Return (batch, reference) of each incident that counts."""
        files = [(batch, export) for batch, exports in self.standing for export in exports]
        found = []
        for i, (batch, export) in enumerate(files):
            later = [other for _, other in files[i + 1 :] if other.series == export.series]
            ended = {r for other in later for r in (*other.references, *other.cancelled)}
            if export.series is None:
                ended = set()
            found += [(batch, r) for r in export.references if r not in ended]
        return sorted(found)


def fresh() -> Store:
    store = Store("sqlite://")  # in memory
    metadata.create_all(store.engine)
    return store


def bring(store: Store, number: int, files: list[Export]) -> int:
    with store.write() as connection:
        batches, incidents = Batches(connection), IncidentFiles(connection)
        batch = batches.begin()
        for position, export in enumerate(files):
            digest = f"{number}-{position}"
            head = FileHead(digest, "csv", digest, digest, None, export.series)
            file_id = incidents.begin(batch, head)
            rows = rows_of(export)
            incidents.take(file_id, rows)
            kept, rejected = len(rows.incidents), len(rows.rejections)
            incidents.end(
                file_id,
                SourceFile(
                    digest, "csv", digest, digest, None, kept + rejected, kept, rejected,
                    None, export.series,
                ),
            )  # fmt: skip
            batches.supersede(file_id)
        batches.end(batch, {}, [])
    return batch


def counting(store: Store) -> list[tuple[int, str]]:
    with store.write() as connection:
        rows = connection.exec_driver_sql(
            "SELECT f.batch_id, i.reference FROM incident i JOIN imported_file f "
            "ON f.id = i.file_id WHERE i.superseded_by IS NULL"
        ).all()
        frame = IncidentFiles(connection).incidents(None, CRS).frame
    assert len(frame) == len(rows)
    return sorted((int(batch), str(reference)) for batch, reference in rows)


@settings(max_examples=60)
@given(steps)
def test_the_standing_imports_alone_say_what_counts(steps: list[list[Export] | int]) -> None:
    store, model = fresh(), Model()
    for number, step in enumerate(steps):
        if isinstance(step, int):
            if not model.standing:
                continue
            batch, _ = model.standing.pop(step % len(model.standing))
            with store.write() as connection:
                Batches(connection).undo(batch)
        else:
            model.standing.append((bring(store, number, step), step))
        assert counting(store) == model.active()
    store.close()


@settings(max_examples=25)
@given(st.lists(st.lists(exports, min_size=1, max_size=2), min_size=1, max_size=3), exports)
def test_undoing_the_last_import_restores_the_state(
    before: list[list[Export]], last: Export
) -> None:
    store = fresh()
    for number, files in enumerate(before):
        bring(store, number, files)
    with store.write() as connection:
        state = state_of(connection)
    stood = counting(store)
    batch = bring(store, len(before), [last])
    with store.write() as connection:
        assert state_of(connection) != state
        Batches(connection).undo(batch)
        assert state_of(connection) == state
    assert counting(store) == stood
    store.close()
