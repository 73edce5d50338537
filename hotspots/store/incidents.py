"""Imported files, their incidents and their rejections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, case, delete, extract, func, insert, select

from hotspots.model import INCIDENT_COLUMNS, Incidents, Rejections, SourceFile
from hotspots.store.rows import new_id, records_of
from hotspots.store.schema import imported_file, incident, rejection

#: To when an incident makes its source known: one that lasts past midnight says nothing of the
#: next day, one known by month only speaks for the whole month.
_KNOWN_TO = case((incident.c.precision == "month", incident.c.ends_at), else_=incident.c.starts_at)
_KEY = re.compile(r"police-uk:(\d{4}-\d{2})(?:\.\.(\d{4}-\d{2}))?(-.+)")
_STORED = tuple(name for name in INCIDENT_COLUMNS if name not in ("file",))


def _overlap(one: str | None, other: str | None) -> bool:
    """Return whether two keys, ``police-uk:2021-03[..2021-05]-kent-street``, share a month."""
    found = [_KEY.fullmatch(key or "") for key in (one, other)]
    if not found[0] or not found[1]:
        return False
    (first, last, rest), (start, end, others) = found[0].groups(), found[1].groups()
    return bool(rest == others and first <= (end or start) and start <= (last or first))


class IncidentFiles:
    """The imported files of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def files(self) -> tuple[SourceFile, ...]:
        """Return every imported file, in order of import."""
        columns = [imported_file.c[name] for name in SourceFile.__dataclass_fields__]
        rows = self._connection.execute(select(*columns).order_by(imported_file.c.id))
        return tuple(SourceFile(*row) for row in rows)

    def known_contents(self) -> set[str]:
        """Return the sha256 of every imported content."""
        return set(self._connection.scalars(select(imported_file.c.content_sha256)))

    def same_as(self, file: SourceFile) -> list[SourceFile]:
        """Return the imported files of the same content, or about a month that this one is of."""
        return [
            other
            for other in self.files()
            if other.content_sha256 == file.content_sha256 or _overlap(other.key, file.key)
        ]

    def remove(self, content_sha256: str) -> None:
        """Remove the file of this content, with its incidents and rejections."""
        same = imported_file.c.content_sha256 == content_sha256
        ids = select(imported_file.c.id).where(same).scalar_subquery()
        for table in (incident, rejection):
            self._connection.execute(delete(table).where(table.c.file_id == ids))
        self._connection.execute(delete(imported_file).where(same))

    def add(self, file: SourceFile, incidents: pd.DataFrame, rejections: pd.DataFrame) -> None:
        """Add one file with its incidents and rejections (rows of that file only)."""
        values = {name: getattr(file, name) for name in SourceFile.__dataclass_fields__}
        done = self._connection.execute(
            insert(imported_file).values(
                **values, imported_at=datetime.now(UTC).replace(tzinfo=None)
            )
        )
        key = new_id(done)
        if len(incidents):
            rows = incidents[list(_STORED)].assign(file_id=key)
            self._connection.execute(insert(incident), records_of(rows))
        if len(rejections):
            rows = rejections[["row", "reason", "raw"]].assign(file_id=key)
            self._connection.execute(insert(rejection), records_of(rows))

    def incidents(self, categories: Sequence[str], crs: str) -> Incidents:
        """Return the incidents of some categories, in order of import."""
        columns = [incident.c[name] for name in _STORED]
        query = (
            select(*columns, imported_file.c.name)
            .join(imported_file, incident.c.file_id == imported_file.c.id)
            .where(incident.c.category.in_(categories))
            .order_by(incident.c.id)
        )
        rows = self._connection.execute(query).all()
        frame = pd.DataFrame(rows, columns=[*_STORED, "file"])[list(INCIDENT_COLUMNS)]
        for name in ("starts_at", "ends_at"):
            frame[name] = pd.to_datetime(frame[name])
        return Incidents(
            frame,
            crs,
            self.files(),
            span=self._span(categories),
            months=self._months(categories),
        )

    def rejections(self) -> Rejections:
        """Return every rejected row."""
        query = (
            select(imported_file.c.name, rejection.c.row, rejection.c.reason, rejection.c.raw)
            .join(imported_file, rejection.c.file_id == imported_file.c.id)
            .order_by(rejection.c.id)
        )
        rows = self._connection.execute(query).all()
        return Rejections(pd.DataFrame(rows, columns=["file", "row", "reason", "raw"]))

    def categories(self) -> pd.DataFrame:
        """Return, for each category and precision: count, first start, last end."""
        query = select(
            incident.c.category,
            incident.c.precision,
            func.count().label("count"),
            func.min(incident.c.starts_at).label("first"),
            func.max(_KNOWN_TO).label("last"),
        ).group_by(incident.c.category, incident.c.precision)
        rows = self._connection.execute(query).all()
        return pd.DataFrame(rows, columns=["category", "precision", "count", "first", "last"])

    def references(self, source: str) -> set[str]:
        """Return the references imported from files of one format."""
        query = (
            select(incident.c.reference)
            .join(imported_file, incident.c.file_id == imported_file.c.id)
            .where(imported_file.c.source == source, incident.c.reference.is_not(None))
        )
        return set(self._connection.scalars(query))

    def places(self) -> pd.DataFrame:
        """Return category, x and y of every incident."""
        columns = [incident.c.category, incident.c.x, incident.c.y]
        rows = self._connection.execute(select(*columns)).all()
        return pd.DataFrame(rows, columns=["category", "x", "y"])

    def data_to(self) -> dict[str, str]:
        """Return to which day each agency is known, ISO dates: to the end of its last file."""
        carried = select(incident.c.agency, incident.c.file_id).distinct().subquery()
        ends = (
            select(incident.c.file_id, func.max(_KNOWN_TO).label("last"))
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

    def _months(self, categories: Sequence[str]) -> frozenset[tuple[int, int]]:
        """Return the months in which an agency that records these categories has any incident."""
        agency = func.coalesce(incident.c.agency, "")
        agencies = select(agency).where(incident.c.category.in_(categories)).distinct()
        year, month = (extract(part, incident.c.starts_at) for part in ("year", "month"))
        rows = self._connection.execute(select(year, month).where(agency.in_(agencies)).distinct())
        return frozenset((int(y), int(m)) for y, m in rows)

    def _span(self, categories: Sequence[str]) -> tuple[Any, Any] | None:
        """Return from when to when these categories are known.

        A category may have had no incident lately, nor its agency: what stands in the files that
        carry the agency tells how far it is known.
        """
        agency = func.coalesce(incident.c.agency, "")
        agencies = select(agency).where(incident.c.category.in_(categories)).distinct()
        files = select(incident.c.file_id).where(agency.in_(agencies)).distinct()
        query = select(func.min(incident.c.starts_at), func.max(_KNOWN_TO)).where(
            incident.c.file_id.in_(files)
        )
        first, last = self._connection.execute(query).one()
        return None if first is None else (pd.Timestamp(first), pd.Timestamp(last))
