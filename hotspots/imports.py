"""Keep what is read: new files once, replaced files in the place of old ones, all or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots.errors import DataError
from hotspots.ingest import FileHead, FileRows, Progress, read_into
from hotspots.ingest.readers import Context
from hotspots.ingest.reading import force_of, months_of
from hotspots.model import SourceFile, Wards, by_kind
from hotspots.quality import Finding
from hotspots.store.batches import Batches
from hotspots.store.incidents import IncidentFiles

#: An import must have an incident within this distance of the wards.
NEAR_M = 5_000.0


@dataclass(frozen=True)
class ImportReport:
    """What an import did; ``read`` = ``kept`` + ``rejected`` over the files newly imported.

    ``batch`` is its number (None where nothing was new), ``outside`` counts kept incidents outside
    the wards (None where there are no wards yet), ``placed`` those that are not where the file
    says, by how they were placed, ``superseded`` older versions of the incidents of earlier files,
    ``findings`` what is wrong with all data after it.
    """

    imported: tuple[SourceFile, ...]
    already: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    reasons: dict[str, int] = field(default_factory=dict)
    outside: int | None = None
    unmapped: dict[str, int] = field(default_factory=dict)
    placed: dict[str, int] = field(default_factory=dict)
    superseded: int = 0
    batch: int | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(f.read for f in self.imported)

    @property
    def kept(self) -> int:
        """Rows kept as incidents."""
        return sum(f.kept for f in self.imported)

    @property
    def rejected(self) -> int:
        """Rows rejected, each kept with its reason."""
        return sum(f.rejected for f in self.imported)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        totals = {"read": self.read, "kept": self.kept, "rejected": self.rejected}
        return {**totals, **asdict(self)}


def import_files(
    files: IncidentFiles,
    batches: Batches,
    paths: Sequence[Path],
    source: str | None,
    context: Context,
    wards: Wards | None,
    *,
    replace: bool,
    progress: Progress | None = None,
) -> ImportReport:
    """Read files into a store, within the transaction of ``files`` and ``batches``.

    Parameters
    ----------
    wards : Wards or None
        Checked against: some incidents must be near them.
    replace : bool
        Let a file take the place of one of the same content or month.

    Raises
    ------
    DataError
        If a file cannot be read, nothing would be kept, no incident is near the wards, or a file
        is another version of one already imported and ``replace`` is not set.
    """
    sink = _Importing(files, batches, wards, replace)
    skipped = read_into(sink, paths, source, context, progress)
    return sink.report(skipped)


class _Importing:
    """A sink that stores what it takes and counts it."""

    def __init__(
        self, files: IncidentFiles, batches: Batches, wards: Wards | None, replace: bool
    ) -> None:
        self._files = files
        self._batches = batches
        self._wards = wards
        self._replace = replace
        self._known = set() if replace else files.known_contents()
        self._file_id = 0
        self._batch: int | None = None
        self._already: list[str] = []
        self._imported: list[SourceFile] = []
        self._replaced: list[str] = []
        self._superseded = 0
        self._reasons: Counter[str] = Counter()
        self._unmapped: Counter[str] = Counter()
        self._placed: Counter[str] = Counter()
        self._outside = 0
        self._nearest = np.inf
        # of files by month: which months this import holds, and the files that give way to it
        self._months: set[tuple[str, str]] = set()
        self._before: list[tuple[str, str]] = []

    # -- what a reading asks of it --------------------------------------------------------------

    def known(self, content_sha256: str, name: str) -> bool:
        """Return whether this content was imported before."""
        known = content_sha256 in self._known
        if known:
            self._already.append(name)
        return known

    def begin(self, head: FileHead) -> None:
        """Store a file without its rows."""
        if self._batch is None:
            # not sooner: an import of nothing new must leave the store as it was
            self._batch = self._batches.begin()
        if self._replace:
            self._replaced += self._batches.replace_files(self._batch, head.content_sha256, None)
        self._file_id = self._files.begin(self._batch, head)

    def take(self, rows: FileRows) -> None:
        """Store rows."""
        self._files.take(self._file_id, rows)
        self._reasons.update(by_kind(_tally(rows.rejections["reason"])))
        frame = rows.incidents
        unmapped = frame.loc[frame["category"] == "unmapped", "source_category"]
        self._unmapped.update(_tally(unmapped))
        self._placed.update(_tally(frame["placed"]))
        if self._wards is not None and len(frame):
            self._locate(frame[["x", "y"]].to_numpy(dtype=np.float64), self._wards)

    def end(self, file: SourceFile) -> None:
        """Store what the file is about, and let it take the place of older ones."""
        if file.key is not None and self._batch is not None:
            self._make_room(file, self._batch)
        self._files.end(self._file_id, file)
        self._check_references(file)
        self._superseded += self._batches.supersede(self._file_id).count
        self._imported.append(file)

    def _check_references(self, file: SourceFile) -> None:
        """Refuse references that begin anew: last year's incidents would all give way to them."""
        reference = self._batches.reused(self._file_id)
        if reference is not None:
            raise DataError(
                f"A reference must be of one incident among all exports of {file.series!r}; most "
                f"of those in {file.name} that were imported before, such as {reference}, are of "
                "another agency or half a year apart: give this export a `source` of its own in "
                "the mapping, such as one with its year or agency."
            )

    def _make_room(self, file: SourceFile, batch: int) -> None:
        same = self._batches.same_as(batch, file.key)
        self._months |= {(force_of(file.key), month) for month in months_of(file.key)}
        if same and not self._replace:
            raise DataError(
                f"A month of a force must be imported once; {file.name} differs from {same[0][0]}, "
                "which holds the same month: add --replace to take its place."
            )
        if same:
            self._before += same
            self._replaced += self._batches.replace_files(batch, None, file.key)

    def _locate(self, xy: Any, wards: Wards) -> None:
        west, south, east, north = wards.study_area.bounds
        gap = np.hypot(
            np.maximum(np.maximum(west - xy[:, 0], xy[:, 0] - east), 0),
            np.maximum(np.maximum(south - xy[:, 1], xy[:, 1] - north), 0),
        )
        self._nearest = min(self._nearest, float(gap.min()))
        self._outside += int((wards.assign(xy) < 0).sum())

    # -- what came of it ------------------------------------------------------------------------

    def report(self, skipped: tuple[tuple[str, str], ...]) -> ImportReport:
        """Return what was done.

        Raises
        ------
        DataError
            If all rows were rejected, or no incident is near the wards.
        """
        report = ImportReport(
            imported=tuple(self._imported),
            already=tuple(self._already),
            replaced=tuple(self._replaced),
            skipped=skipped,
            reasons=dict(self._reasons.most_common()),
            outside=None if self._wards is None else self._outside,
            unmapped=dict(self._unmapped.most_common()),
            placed={how: n for how, n in self._placed.items() if how != "given"},
            superseded=self._superseded,
        )
        if not self._imported:
            return report
        self._check_kept(report)
        self._check_months()
        self._check_near(report)
        return changed(report, batch=self._batch)

    def _check_kept(self, report: ImportReport) -> None:
        """Refuse an import that keeps nothing: its mapping or CRS is wrong, not its rows."""
        if report.kept:
            return
        reason, count = next(iter(report.reasons.items()))
        raise DataError(
            f"Some rows must be kept; all {report.read:,} of {report.imported[0].name} were "
            f"rejected, {count:,} of them with {reason!r}: check the mapping's columns, dates and "
            "CRS."
        )

    def _check_months(self) -> None:
        """Refuse to let a file of several months give way to one of some of them."""
        for name, key in self._before:
            months = sorted(months_of(key))
            gone = [month for month in months if (force_of(key), month) not in self._months]
            if gone:
                raise DataError(
                    "A file that takes the place of another must have all its months; "
                    f"{name} holds {months[0]} to {months[-1]}, and {gone[0]} would be gone: give "
                    "the files of all its months together, or undo its import first."
                )

    def _check_near(self, report: ImportReport) -> None:
        if self._wards is None or self._nearest <= NEAR_M:
            return
        raise DataError(
            f"Some incidents must lie within {NEAR_M / 1000:g} km of the wards; the nearest of "
            f"{report.kept:,} is {self._nearest / 1000:,.0f} km away: check the CRS of the "
            "coordinates, and that the file is of this area."
        )


def _tally(texts: pd.Series[str]) -> dict[str, int]:
    return {str(text): int(count) for text, count in texts.value_counts(dropna=False).items()}
