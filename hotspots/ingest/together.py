"""A sink that keeps everything in memory: what ``read_incidents`` returns."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd

from hotspots.ingest.readers import FileRows
from hotspots.ingest.reading import FileHead
from hotspots.model import INCIDENT_COLUMNS, REJECTION_COLUMNS, Incidents, Rejections, SourceFile


class Together:
    """Collects the rows of all files; of an incident in several, the last file's version."""

    def __init__(self) -> None:
        self._incidents: list[pd.DataFrame] = []
        self._rejections: list[pd.DataFrame] = []
        self._files: list[SourceFile] = []
        self._withdrawn: dict[int, set[str]] = {}  # by the number of the file

    def known(self, _content_sha256: str, _name: str) -> bool:
        """Return False: nothing was read before."""
        return False

    def begin(self, _head: FileHead) -> None:
        """Do nothing: a file is known well enough when it ends."""

    def take(self, rows: FileRows) -> None:
        """Keep the rows."""
        self._incidents.append(rows.incidents)
        self._rejections.append(rows.rejections)
        if rows.withdrawn is not None:
            ended = self._withdrawn.setdefault(len(self._files), set())
            ended.update(rows.withdrawn.dropna())

    def end(self, file: SourceFile) -> None:
        """Keep the file."""
        self._files.append(file)

    def result(
        self, crs: str, skipped: tuple[tuple[str, str], ...]
    ) -> tuple[Incidents, Rejections]:
        """Return everything taken."""
        incidents = pd.concat(self._incidents, ignore_index=True)
        rejections = pd.concat(self._rejections, ignore_index=True)
        older = self._older(incidents)
        if older.any():
            incidents, rejections = self._without_older(incidents, rejections, older)
        files = tuple(self._files)
        return Incidents(incidents, crs, files, skipped), Rejections(rejections)

    def _older(self, incidents: pd.DataFrame) -> pd.Series[bool]:
        """Return which incidents a later file of the same series has again, or withdraws."""
        series = incidents["file"].map({f.name: f.series for f in self._files})
        known = series.notna() & incidents["reference"].notna()
        pairs = pd.DataFrame({"series": series, "reference": incidents["reference"]})[known]
        older = pd.Series(False, index=incidents.index)
        older[known] = pairs.duplicated(keep="last")
        number = incidents["file"].map({f.name: i for i, f in enumerate(self._files)})
        for later, ended in self._withdrawn.items():
            mine = known & (series == self._files[later].series) & (number < later)
            older |= mine & incidents["reference"].isin(ended)
        return older

    def _without_older(
        self, incidents: pd.DataFrame, rejections: pd.DataFrame, older: pd.Series[bool]
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        moved = incidents[older]
        records = moved[list(INCIDENT_COLUMNS)].astype("str").to_dict("records")
        refused = pd.DataFrame(
            {
                "file": moved["file"],
                "row": moved["row"],
                "reason": "a later file has a newer version, or withdraws it",
                "raw": [json.dumps(record, ensure_ascii=False) for record in records],
            }
        )
        counts = moved["file"].value_counts()
        self._files = [_fewer(file, int(counts.get(file.name, 0))) for file in self._files]
        together = pd.concat([rejections, refused], ignore_index=True)
        order = {file.name: position for position, file in enumerate(self._files)}
        together = together.sort_values(
            ["file", "row"], key=lambda c: c.map(order) if c.name == "file" else c, kind="stable"
        )
        return (
            incidents[~older].reset_index(drop=True),
            together[list(REJECTION_COLUMNS)].reset_index(drop=True),
        )


def _fewer(file: SourceFile, moved: int) -> SourceFile:
    return replace(file, kept=file.kept - moved, rejected=file.rejected + moved)
