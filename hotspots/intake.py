"""What goes into a workspace: boundaries, residents, postcodes, streets, incidents."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from hotspots.apportioning import By, apportion_file, households
from hotspots.areas import part_of
from hotspots.boundaries import (
    Apportioned,
    PopulationReport,
    WeightedPoints,
    read_population,
    read_wards,
)
from hotspots.imports import ImportReport, import_files
from hotspots.ingest import Progress, read_mapping
from hotspots.ingest.postcodes import PostcodeRows, PostcodeTable, read_postcodes
from hotspots.ingest.readers import Context
from hotspots.model import Wards
from hotspots.quality import Finding
from hotspots.settings import Settings
from hotspots.store import Store
from hotspots.store.batches import Batch, Batches
from hotspots.store.incidents import IncidentFiles
from hotspots.store.postcodes import PostcodeFiles
from hotspots.store.quality import Quality
from hotspots.store.state import state_of
from hotspots.store.streets import StreetFiles
from hotspots.stored import Stored, bounds_of, examine_store, findings_key
from hotspots.streets import Streets, read_streets


class Intake:
    """The store of a workspace, and everything that is added to it or taken back.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    store : Store
        Its store, of the present form.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.stored = Stored(store, settings.crs)

    def wards(
        self, vintage: str | None = None, area: str = "", *, day: date | None = None
    ) -> Wards:
        """Return the wards of a vintage; those of the day, or those added last, if None."""
        return part_of(self.stored.wards(vintage, day), area)

    def vintages(self) -> list[str]:
        """Return the vintages of the wards, the one added last at the end."""
        with self.store.boundaries(read_only=True) as sets:
            return sets.vintages()

    def add_boundaries(
        self,
        paths: Sequence[Path],
        vintage: str,
        *,
        valid_from: date | None = None,
        valid_to: date | None = None,
        **columns: str | None,
    ) -> tuple[Wards, bool]:
        """Add ward files; return the wards read, and False if these files were there already."""
        wards = read_wards(
            paths,
            vintage,
            target_crs=self.settings.crs,
            valid_from=valid_from,
            valid_to=valid_to,
            **columns,
        )
        with self.store.boundaries() as sets:
            return wards, sets.add(wards)

    def add_population(
        self, path: Path, vintage: str | None = None, **columns: str | None
    ) -> PopulationReport:
        """Join residents to the wards of a vintage (of the one added last if None)."""
        with self.store.boundaries() as sets:
            known = sets.wards(vintage)
            wards, report = read_population(path, known, **columns)
            sets.set_population(_with_both_sources(wards, known), report.by_year)
        return report

    def borrow_population(self, vintage: str, donor: str, by: By | None = None) -> Wards:
        """Give the wards of a vintage the residents of another, shared out."""
        weights = self._households(self.wards(donor), by)
        with self.store.boundaries() as sets:
            return sets.borrow_population(vintage, donor, weights)

    def apportion(
        self, path: Path, old: str, new: str, by: By | None = None, column: str | None = None
    ) -> Apportioned:
        """Share out a file's totals of one vintage's wards among those of another."""
        first, second = self.wards(old), self.wards(new)
        return apportion_file(path, first, second, self._households(first, by), column)

    def _households(self, wards: Wards, by: By | None) -> WeightedPoints | None:
        with self.store.postcodes(read_only=True) as places:
            return households(places.load(), wards, by)

    def add_postcodes(self, paths: Sequence[Path]) -> PostcodeRows:
        """Add where postcodes are, from Code-Point Open or ONS directories."""
        rows = read_postcodes(paths, self.settings.crs)
        with self.store.postcodes() as places:
            places.add(rows.frame, ", ".join(path.name for path in paths))
        return rows

    def add_streets(
        self,
        path: Path,
        *,
        crs: str | None = None,
        attribution: str | None = None,
        replace: bool = False,
        **columns: str | None,
    ) -> Streets:
        """Add the streets near the wards from a file of lines, as ``read_streets`` reads it.

        They take the place of those of a file of the same name; of all others too if ``replace``.
        """
        boxes = np.array([self.wards(name).study_area.bounds for name in self.vintages()])
        if not len(boxes):
            self.wards()  # says what to do first
        west, south = boxes[:, :2].min(axis=0).tolist()
        east, north = boxes[:, 2:].max(axis=0).tolist()
        streets = read_streets(
            path,
            (west, south, east, north),
            self.settings.crs,
            file_crs=crs,
            attribution=attribution,
            **columns,
        )
        with self.store.write() as connection:
            kept = Quality(connection).find(findings_key(state_of(connection)))
            StreetFiles(connection).add(streets, replace=replace)
            if kept is not None:  # streets change nothing about the incidents
                Quality(connection).keep(findings_key(state_of(connection)), kept)
        return streets

    def add_incidents(
        self,
        paths: Sequence[Path],
        source: str | None = None,
        mapping: Path | None = None,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import files, all of them or none; a content imported before changes nothing.

        Raises
        ------
        DataError
            If a file cannot be read, no incident is near the wards, or a file is another version
            of one already imported and ``replace`` is not set.
        """
        wards = self.stored.wards_or_none()
        loaded = read_mapping(mapping) if mapping else None
        with self.store.write() as connection:
            batches = Batches(connection)
            postcodes = PostcodeTable(PostcodeFiles(connection).load)
            context = Context(self.settings.crs, bounds_of(wards), loaded, postcodes)
            report = import_files(
                IncidentFiles(connection),
                batches,
                paths,
                source,
                context,
                wards,
                replace=replace,
                progress=progress,
            )
            if report.batch is None:
                return report
            findings = self._examine(connection)
            batches.end(report.batch, report.as_dict(), [f.as_dict() for f in findings])
        return dataclasses.replace(report, findings=findings)

    def undo(self, number: int | None = None) -> Batch:
        """Take back an import, the last one if None."""
        with self.store.write() as connection:
            batches = Batches(connection)
            batch = batches.find(number)
            batches.undo(batch.id)
            self._examine(connection)
            return next(entry for entry in batches.all() if entry.id == batch.id)

    def findings(self, anew: bool = False) -> tuple[Finding, ...]:
        """Return what is wrong with the data; look once more if ``anew``."""
        if not anew:
            return self.stored.findings()
        with self.store.read() as connection:
            return examine_store(connection, self.settings.crs)

    def _examine(self, connection: Connection) -> tuple[Finding, ...]:
        """Look for what is wrong, and keep what was found with the state of the inputs."""
        findings = examine_store(connection, self.settings.crs)
        Quality(connection).keep(findings_key(state_of(connection)), findings)
        return findings


def _with_both_sources(wards: Wards, known: Wards) -> Wards:
    """Name the earlier source too where the new file leaves some of its wards without residents."""
    kept = wards.frame["population"].isna() & known.frame["population"].notna()
    sources = [known.population_source] if kept.any() else []
    return dataclasses.replace(
        wards, population_source="; ".join(filter(None, [*sources, wards.population_source]))
    )
