"""Imported files, their incidents and their rejections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, case, extract, func, insert, select, update

from hotspots.ingest import FileHead, FileRows
from hotspots.ingest.reading import share_a_month as share_a_month
from hotspots.model import INCIDENT_COLUMNS, Incidents, Rejections, SourceFile, by_kind
from hotspots.store.rows import insert_frame, new_id, read_frame
from hotspots.store.schema import imported_file, incident, rejection

#: To when an incident makes its source known: one that lasts past midnight says nothing of the
#: next day, one known by month only speaks for the whole month.
_KNOWN_TO = case((incident.c.precision == "month", incident.c.ends_at), else_=incident.c.starts_at)
#: Of an incident that several files hold only one version counts, and none of a replaced file.
ACTIVE: ColumnElement[bool] = incident.c.superseded_by.is_(None)
_CURRENT = imported_file.c.replaced_by.is_(None)
_STORED = tuple(name for name in INCIDENT_COLUMNS if name != "file")


class IncidentFiles:
    """The imported files of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- files ----------------------------------------------------------------------------------

    def files(self) -> tuple[SourceFile, ...]:
        """Return every imported file that counts, in order of import."""
        columns = [imported_file.c[name] for name in SourceFile.__dataclass_fields__]
        query = select(*columns).where(_CURRENT).order_by(imported_file.c.id)
        return tuple(SourceFile(*row) for row in self._connection.execute(query))

    def known_contents(self) -> set[str]:
        """Return the sha256 of every imported content that counts."""
        return set(self._connection.scalars(select(imported_file.c.content_sha256).where(_CURRENT)))

    def begin(self, batch: int, head: FileHead) -> int:
        """Add a file whose rows are about to come; return its id."""
        values = {name: getattr(head, name) for name in FileHead.__dataclass_fields__}
        counts = {"read": 0, "kept": 0, "rejected": 0}
        done = self._connection.execute(
            insert(imported_file).values(**values, **counts, batch_id=batch)
        )
        return new_id(done)

    def take(self, file_id: int, rows: FileRows) -> None:
        """Add rows of a file."""
        if len(rows.incidents):
            frame = rows.incidents[list(_STORED)].assign(file_id=file_id)
            insert_frame(self._connection, incident, frame)
        if len(rows.rejections):
            frame = rows.rejections[["row", "reason", "raw"]].assign(file_id=file_id)
            if rows.withdrawn is not None:
                frame = frame.assign(withdraws=rows.withdrawn.to_numpy())
            insert_frame(self._connection, rejection, frame)

    def end(self, file_id: int, file: SourceFile) -> None:
        """Note how the rows of a file add up, and what it is about."""
        self._connection.execute(
            update(imported_file)
            .where(imported_file.c.id == file_id)
            .values(read=file.read, kept=file.kept, rejected=file.rejected, key=file.key)
        )

    # -- what is known --------------------------------------------------------------------------

    def incidents(self, categories: Sequence[str] | None, crs: str) -> Incidents:
        """Return the incidents of some categories, of all if None, in order of import."""
        return Incidents(
            self.frame(categories),
            crs,
            self.files(),
            span=self._span(categories),
            months=self._months(categories),
        )

    def frame(self, categories: Sequence[str] | None) -> pd.DataFrame:
        """Return ``INCIDENT_COLUMNS`` of some categories, of all if None, in order of import."""
        file = imported_file.c.name.label("file")
        columns = [file if name == "file" else incident.c[name] for name in INCIDENT_COLUMNS]
        wanted = [] if categories is None else [incident.c.category.in_(categories)]
        query = (
            select(*columns)
            .join(imported_file, incident.c.file_id == imported_file.c.id)
            .where(ACTIVE, *wanted)
            .order_by(incident.c.id)
        )
        return read_frame(self._connection, query)

    def rejections(self) -> Rejections:
        """Return every rejected row of the files that count."""
        query = (
            select(imported_file.c.name, rejection.c.row, rejection.c.reason, rejection.c.raw)
            .join(imported_file, rejection.c.file_id == imported_file.c.id)
            .where(_CURRENT)
            .order_by(rejection.c.id)
        )
        rows = self._connection.execute(query).all()
        return Rejections(pd.DataFrame(rows, columns=["file", "row", "reason", "raw"]))

    def rejections_by_reason(self) -> dict[str, int]:
        """Return the number of rejected rows of the files that count for each reason."""
        query = (
            select(rejection.c.reason, func.count())
            .join(imported_file, rejection.c.file_id == imported_file.c.id)
            .where(_CURRENT)
            .group_by(rejection.c.reason)
        )
        return by_kind({str(r): int(n) for r, n in self._connection.execute(query)})

    def categories(self) -> pd.DataFrame:
        """Return, for each category and precision: count, first start, last end."""
        query = (
            select(
                incident.c.category,
                incident.c.precision,
                func.count().label("count"),
                func.min(incident.c.starts_at).label("first"),
                func.max(_KNOWN_TO).label("last"),
            )
            .where(ACTIVE)
            .group_by(incident.c.category, incident.c.precision)
        )
        rows = self._connection.execute(query).all()
        return pd.DataFrame(rows, columns=["category", "precision", "count", "first", "last"])

    def places(self) -> pd.DataFrame:
        """Return category, subcategory, x and y of every incident."""
        names = ("category", "subcategory", "x", "y")
        return read_frame(
            self._connection, select(*(incident.c[name] for name in names)).where(ACTIVE)
        )

    def coverage(self) -> pd.DataFrame:
        """Return agency, category, year, month and count of the incidents of every month."""
        year, month = (extract(part, incident.c.starts_at) for part in ("year", "month"))
        query = (
            select(incident.c.agency, incident.c.category, year, month, func.count())
            .where(ACTIVE)
            .group_by(incident.c.agency, incident.c.category, year, month)
        )
        rows = self._connection.execute(query).all()
        return pd.DataFrame(rows, columns=["agency", "category", "year", "month", "count"])

    def data_to(self) -> dict[str, str]:
        """Return to which day each agency is known, ISO dates: to the end of its last file."""
        carried = select(incident.c.agency, incident.c.file_id).where(ACTIVE).distinct().subquery()
        ends = (
            select(incident.c.file_id, func.max(_KNOWN_TO).label("last"))
            .where(ACTIVE)
            .group_by(incident.c.file_id)
            .subquery()
        )
        query = (
            select(carried.c.agency, func.max(ends.c.last))
            .join(ends, carried.c.file_id == ends.c.file_id)
            .group_by(carried.c.agency)
            .order_by(carried.c.agency)
        )
        rows = self._connection.execute(query).all()
        return {agency or "Agency not stated": f"{last:%Y-%m-%d}" for agency, last in rows}

    def _months(self, categories: Sequence[str] | None) -> frozenset[tuple[int, int]]:
        """Return the months in which an agency that records these categories has any incident."""
        year, month = (extract(part, incident.c.starts_at) for part in ("year", "month"))
        query = select(year, month).where(ACTIVE, _of(categories)).distinct()
        return frozenset((int(y), int(m)) for y, m in self._connection.execute(query))

    def _span(self, categories: Sequence[str] | None) -> tuple[Any, Any] | None:
        """Return from when to when these categories are known.

        A category may have had no incident lately, nor its agency: what stands in the files that
        carry the agency tells how far it is known.
        """
        files = select(incident.c.file_id).where(ACTIVE, _of(categories)).distinct()
        query = select(func.min(incident.c.starts_at), func.max(_KNOWN_TO)).where(
            ACTIVE, incident.c.file_id.in_(files)
        )
        first, last = self._connection.execute(query).one()
        return None if first is None else (pd.Timestamp(first), pd.Timestamp(last))


def _of(categories: Sequence[str] | None) -> ColumnElement[bool]:
    """Return the condition that an incident's agency records some of these categories."""
    agency = func.coalesce(incident.c.agency, "")
    agencies = select(agency).where(ACTIVE)
    if categories is not None:
        agencies = agencies.where(incident.c.category.in_(categories))
    return agency.in_(agencies.distinct())
