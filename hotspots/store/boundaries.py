"""Boundary sets: the wards of each vintage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, delete, insert, select, update

from hotspots.boundaries.apportion import WeightedPoints, apportion
from hotspots.boundaries.coverage import coverage_report
from hotspots.boundaries.residents import (
    RESIDENTS_COLUMNS,
    apportioned_source,
    population_from,
    residents_on,
)
from hotspots.boundaries.vintages import Choice, Vintage, check_dates, choose_vintage
from hotspots.errors import DataError, WorkspaceError
from hotspots.model import WARD_COLUMNS, Wards
from hotspots.store.rows import new_id, records_of
from hotspots.store.schema import boundary_set, ward, ward_population

_FIELDS = ("ward_code", "ward_name", "district_code", "district_name", "population")


class BoundarySets:
    """The boundary sets of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def vintages(self) -> list[str]:
        """Return the vintages, the one added last at the end."""
        query = select(boundary_set.c.vintage).order_by(boundary_set.c.id)
        return list(self._connection.scalars(query))

    def dated_vintages(self) -> list[Vintage]:
        """Return the vintages with their dates, the one added last at the end."""
        columns = (boundary_set.c.vintage, boundary_set.c.valid_from, boundary_set.c.valid_to)
        rows = self._connection.execute(select(*columns).order_by(boundary_set.c.id))
        return [Vintage(row.vintage, row.valid_from, row.valid_to) for row in rows]

    def choose(self, day: date) -> Choice:
        """Return the vintage for a day, and why.

        Raises
        ------
        WorkspaceError
            If there are no boundaries.
        """
        self._require(None)
        return choose_vintage(self.dated_vintages(), day)

    def set_dates(self, vintage: str, valid_from: date | None, valid_to: date | None) -> None:
        """State when a vintage was in force: the first day, and the first day no longer.

        Raises
        ------
        UsageError
            If it would end before it begins.
        WorkspaceError
            If there is no such vintage.
        """
        check_dates(valid_from, valid_to)
        found = self._require(vintage)
        self._connection.execute(
            update(boundary_set)
            .where(boundary_set.c.id == found.id)
            .values(valid_from=valid_from, valid_to=valid_to)
        )

    def remove(self, vintage: str) -> int:
        """Remove a vintage with its residents; return how many wards it had.

        Raises
        ------
        WorkspaceError
            If there is no such vintage.
        """
        key = self._require(vintage).id
        self._connection.execute(
            delete(ward_population).where(ward_population.c.boundary_set_id == key)
        )
        gone = self._connection.execute(delete(ward).where(ward.c.boundary_set_id == key))
        self._connection.execute(delete(boundary_set).where(boundary_set.c.id == key))
        return int(gone.rowcount)

    def add(self, wards: Wards) -> bool:
        """Add wards to the set of their vintage; return False if these very files are in it.

        Dates that are given with the same files again take the place of those stored.

        Raises
        ------
        DataError
            If the vintage already has a ward of the same code, from another file, or other dates.
        """
        found = self._find(wards.vintage)
        if found is None:
            key = self._insert_set(wards)
        else:
            if set(wards.sha256.values()) <= set(found.files.values()):
                self.set_dates(
                    wards.vintage,
                    wards.valid_from or found.valid_from,
                    wards.valid_to or found.valid_to,
                )
                return False
            key = self._extend_set(found, wards)
        plain = pd.DataFrame(wards.frame[list(_FIELDS)])
        shapes = shapely.to_wkb(wards.frame.geometry.to_numpy())
        records = records_of(plain.assign(boundary_set_id=key, geometry=shapes))
        self._connection.execute(insert(ward), records)
        if found is not None:
            self._report_together(key, wards.vintage)
        return True

    # -- residents ----------------------------------------------------------------------------

    def set_population(self, wards: Wards, by_year: pd.DataFrame | None = None) -> None:
        """Write the known residents of ``wards`` to the stored set of the same vintage.

        Wards without residents keep those they have: a file may be of one district alone.

        Parameters
        ----------
        wards : Wards
            With ``population``, NaN where not known.
        by_year : DataFrame, optional
            Columns ``RESIDENTS_COLUMNS``, as ``PopulationReport.by_year``; a year that is there
            already is replaced. Residents of no year count for every day: without ``by_year``
            those by year of the same wards are removed.
        """
        found = self._require(wards.vintage)
        known = list(wards.frame.loc[wards.frame["population"].notna(), "ward_code"])
        self._write_years(found.id, known, by_year)
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

    def population_by_year(self, vintage: str | None = None) -> pd.DataFrame:
        """Return ``RESIDENTS_COLUMNS`` of a vintage by code and year, no rows if not known.

        Raises
        ------
        WorkspaceError
            If there are no boundaries, or none of that vintage.
        """
        columns = [ward_population.c[name] for name in RESIDENTS_COLUMNS]
        query = (
            select(*columns)
            .where(ward_population.c.boundary_set_id == self._require(vintage).id)
            .order_by(ward_population.c.ward_code, ward_population.c.year)
        )
        return pd.DataFrame(self._connection.execute(query).all(), columns=list(RESIDENTS_COLUMNS))

    def borrow_population(
        self, vintage: str, donor: str, weights: WeightedPoints | None = None
    ) -> Wards:
        """Give a vintage the residents of another, apportioned, and every year of them.

        Raises
        ------
        DataError
            If the donor lacks residents somewhere, or the two do not cover the same ground.
        WorkspaceError
            If there is no such vintage.
        """
        giver, taker = self.wards(donor), self.wards(vintage)
        wards = population_from(giver, taker, weights)
        parts = [
            _apportioned_year(rows, giver, taker, weights)
            for _, rows in self.population_by_year(donor).groupby("year")
            if set(rows["ward_code"]) == set(giver.frame["ward_code"])
        ]
        self.set_population(wards, pd.concat(parts) if parts else None)
        return wards

    def wards(self, vintage: str | None = None, day: date | None = None) -> Wards:
        """Return the wards of a vintage; of the day, or those added last, if None.

        Parameters
        ----------
        vintage : str, optional
            As named when it was added; it is taken whatever the day.
        day : date, optional
            ``population`` is then of that day where residents are known by year. Where the
            vintage was chosen among several, or was not in force, ``report`` ends with why.

        Raises
        ------
        WorkspaceError
            If there are no boundaries, or none of that vintage.
        """
        if day is None:
            return self._stored(vintage)
        if vintage is not None:
            return self._with_residents_of(self._stored(vintage), day)
        choice = self.choose(day)
        wards = self._with_residents_of(self._stored(choice.name), day)
        if choice.in_force and len(self.vintages()) == 1:
            return wards
        return replace(wards, report=(*wards.report, choice.reason))

    def _stored(self, vintage: str | None) -> Wards:
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
            valid_from=found.valid_from,
            valid_to=found.valid_to,
        )

    def _with_residents_of(self, wards: Wards, day: date) -> Wards:
        residents, source = residents_on(self.population_by_year(wards.vintage), day)
        if residents.empty:
            return wards
        frame = wards.frame.copy()
        of_day = residents.reindex(frame["ward_code"]).to_numpy()
        undated = pd.isna(of_day) & frame["population"].notna().to_numpy()
        frame["population"] = pd.Series(of_day, index=frame.index).fillna(frame["population"])
        if undated.any() and wards.population_source:
            source = f"{source}; {int(undated.sum())} of no year from {wards.population_source}"
        return replace(wards, frame=frame, population_source=source)

    def _write_years(self, key: int, codes: list[str], by_year: pd.DataFrame | None) -> None:
        table = ward_population
        mine = delete(table).where(table.c.boundary_set_id == key)
        if by_year is None or by_year.empty:
            self._connection.execute(mine.where(table.c.ward_code.in_(codes)))
            return
        for year in sorted({int(year) for year in by_year["year"]}):
            again = list(by_year.loc[by_year["year"] == year, "ward_code"])
            same_year = mine.where(table.c.year == year, table.c.ward_code.in_(again))
            self._connection.execute(same_year)
        records = records_of(by_year[list(RESIDENTS_COLUMNS)].assign(boundary_set_id=key))
        self._connection.execute(insert(table), records)

    def _report_together(self, key: int, vintage: str) -> None:
        """Say how the wards of several files fit together; each file was looked at alone."""
        wards = self._stored(vintage)
        new = [line for line in coverage_report(wards) if line not in wards.report]
        if new:
            self._connection.execute(
                update(boundary_set)
                .where(boundary_set.c.id == key)
                .values(report=[*wards.report, *new])
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
                valid_from=wards.valid_from,
                valid_to=wards.valid_to,
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
                valid_from=_one_date(found.valid_from, wards.valid_from, wards.vintage),
                valid_to=_one_date(found.valid_to, wards.valid_to, wards.vintage),
            )
        )
        return int(found.id)


def _one_date(stored: date | None, given: date | None, vintage: str) -> date | None:
    if stored is not None and given is not None and stored != given:
        raise DataError(
            f"A vintage must be in force at one time; {vintage!r} has {stored.isoformat()} and "
            f"the new file {given.isoformat()}: give the new file a vintage of its own."
        )
    return stored or given


def _apportioned_year(
    rows: pd.DataFrame, giver: Wards, taker: Wards, weights: WeightedPoints | None
) -> pd.DataFrame:
    """Return the residents of one year on other wards."""
    done = apportion(rows.set_index("ward_code")["residents"], giver, taker, weights)
    source = apportioned_source(giver, "; ".join(dict.fromkeys(rows["source"])), weights)
    return pd.DataFrame(
        {
            "ward_code": done.frame["ward_code"],
            "year": int(rows["year"].iloc[0]),
            "residents": done.frame["total"],
            "source": source,
        }
    )
