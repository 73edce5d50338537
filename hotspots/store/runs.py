"""Runs: every result that was made, with its tables and provenance."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import geopandas as gpd
from sqlalchemy import Connection, delete, insert, select

from hotspots.errors import WorkspaceError
from hotspots.model import Period
from hotspots.quality import Finding
from hotspots.results import TABLES, Result
from hotspots.store.rows import new_id
from hotspots.store.schema import run, run_table


class Runs:
    """The runs of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, result: Result) -> str:
        """Keep a result as the last one, and return its id.

        One made of the same inputs and settings is kept once: the newer takes its place.
        """
        run_id = str(result.provenance["run"])
        known = self._connection.scalar(select(run.c.sequence).where(run.c.run_id == run_id))
        if known is not None:
            self._connection.execute(delete(run_table).where(run_table.c.run_sequence == known))
            self._connection.execute(delete(run).where(run.c.sequence == known))
        done = self._connection.execute(
            insert(run).values(
                run_id=run_id,
                period=result.period.id,
                category=result.category,
                provenance=dict(result.provenance),
                totals=dict(result.totals),
                notes=list(result.notes),
                findings=[finding.as_dict() for finding in result.findings],
                created_at=datetime.now(UTC).replace(tzinfo=None),
            )
        )
        for name in TABLES:
            content = io.BytesIO()
            result.table(name).to_parquet(content)
            self._connection.execute(
                insert(run_table).values(
                    run_sequence=new_id(done),
                    name=name,
                    parquet=content.getvalue(),
                )
            )
        return run_id

    def find(self, period: str | None = None, category: str | None = None) -> Result:
        """Return the last run, of a period and category if these are given.

        Raises
        ------
        WorkspaceError
            If there is no such run.
        """
        query = select(run).order_by(run.c.sequence.desc()).limit(1)
        if period:
            query = query.where(run.c.period == period)
        if category:
            query = query.where(run.c.category == category)
        found = self._connection.execute(query).one_or_none()
        if found is None:
            raise WorkspaceError(
                "An export must have a run to take from; there is none of that period and "
                "category: run `hotspots run --period ... --category ...` first."
            )
        tables = select(run_table.c.name, run_table.c.parquet).where(
            run_table.c.run_sequence == found.sequence
        )
        frames = {
            name: gpd.read_parquet(io.BytesIO(content))
            for name, content in self._connection.execute(tables)
        }
        return Result(
            **frames,
            period=Period.parse(found.period),
            category=found.category,
            totals=found.totals,
            notes=tuple(found.notes),
            provenance=found.provenance,
            findings=tuple(Finding.from_dict(entry) for entry in found.findings),
        )
