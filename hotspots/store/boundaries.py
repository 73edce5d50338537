"""Boundary sets: the wards of each vintage."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, select, update

from hotspots.errors import DataError, WorkspaceError
from hotspots.model import WARD_COLUMNS, Wards
from hotspots.store.rows import new_id, records_of
from hotspots.store.schema import boundary_set, ward

_FIELDS = ("ward_code", "ward_name", "district_code", "district_name", "population")


class BoundarySets:
    """The boundary sets of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def vintages(self) -> list[str]:
        """Return the vintages, the one added last at the end."""
        query = select(boundary_set.c.vintage).order_by(boundary_set.c.id)
        return list(self._connection.scalars(query))

    def add(self, wards: Wards) -> bool:
        """Add wards to the set of their vintage; return False if these very files are in it.

        Raises
        ------
        DataError
            If the vintage already has a ward of the same code, from another file.
        """
        found = self._find(wards.vintage)
        if found is None:
            key = self._insert_set(wards)
        else:
            if set(wards.sha256.values()) <= set(found.files.values()):
                return False
            key = self._extend_set(found, wards)
        plain = pd.DataFrame(wards.frame[list(_FIELDS)])
        shapes = shapely.to_wkb(wards.frame.geometry.to_numpy())
        records = records_of(plain.assign(boundary_set_id=key, geometry=shapes))
        self._connection.execute(insert(ward), records)
        return True

    def set_population(self, wards: Wards) -> None:
        """Write the known residents of ``wards`` to the stored set of the same vintage.

        Wards without residents keep those they have: a file may be of one district alone.
        """
        found = self._require(wards.vintage)
        for code, residents in zip(
            wards.frame["ward_code"], wards.frame["population"], strict=True
        ):
            if pd.isna(residents):
                continue
            self._connection.execute(
                update(ward)
                .where(ward.c.boundary_set_id == found.id, ward.c.ward_code == code)
                .values(population=float(residents))
            )
        self._connection.execute(
            update(boundary_set)
            .where(boundary_set.c.id == found.id)
            .values(population_source=wards.population_source)
        )

    def wards(self, vintage: str | None = None) -> Wards:
        """Return the wards of a vintage, of the one added last if None.

        Raises
        ------
        WorkspaceError
            If there are no boundaries, or none of that vintage.
        """
        found = self._require(vintage)
        columns = [ward.c[name] for name in _FIELDS]
        query = (
            select(*columns, ward.c.geometry)
            .where(ward.c.boundary_set_id == found.id)
            .order_by(ward.c.ward_code)
        )
        frame = pd.DataFrame(self._connection.execute(query).all(), columns=[*_FIELDS, "geometry"])
        frame["population"] = frame["population"].astype("float64")
        frame["vintage"] = found.vintage
        shapes = shapely.from_wkb(frame["geometry"].to_numpy())
        return Wards(
            frame=gpd.GeoDataFrame(frame.assign(geometry=shapes), crs=found.crs)[
                list(WARD_COLUMNS)
            ],
            vintage=found.vintage,
            notice=found.notice,
            report=tuple(found.report),
            sha256=found.files,
            population_source=found.population_source,
        )

    def _find(self, vintage: str) -> Any:
        query = select(boundary_set).where(boundary_set.c.vintage == vintage)
        return self._connection.execute(query).one_or_none()

    def _require(self, vintage: str | None) -> Any:
        known = self.vintages()
        if not known:
            raise WorkspaceError(
                "A workspace must have ward boundaries first; it has none: run "
                "`hotspots add boundaries FILE --vintage YEAR`."
            )
        if vintage is not None and vintage not in known:
            raise WorkspaceError(
                f"A vintage must be one of {', '.join(known)}; got {vintage!r}: add its boundaries."
            )
        return self._find(vintage or known[-1])

    def _insert_set(self, wards: Wards) -> int:
        done = self._connection.execute(
            insert(boundary_set).values(
                vintage=wards.vintage,
                crs=wards.crs,
                notice=wards.notice,
                files=dict(wards.sha256),
                report=list(wards.report),
            )
        )
        return new_id(done)

    def _extend_set(self, found: Any, wards: Wards) -> int:
        codes = self._connection.scalars(
            select(ward.c.ward_code).where(ward.c.boundary_set_id == found.id)
        )
        twice = sorted(set(codes) & set(wards.frame["ward_code"]))
        if twice:
            raise DataError(
                f"A ward code must be in a vintage once; vintage {wards.vintage!r} already has "
                f"{twice[0]} from another file: give the new file a vintage of its own."
            )
        self._connection.execute(
            update(boundary_set)
            .where(boundary_set.c.id == found.id)
            .values(
                files={**found.files, **wards.sha256},
                report=[*found.report, *wards.report],
                notice=found.notice or wards.notice,
            )
        )
        return int(found.id)
