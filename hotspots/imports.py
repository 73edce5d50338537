"""Keep what was read: new files once, replaced files in the place of old ones, all or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hotspots.errors import DataError
from hotspots.model import Incidents, Rejections, SourceFile, Wards
from hotspots.store import Store
from hotspots.store.incidents import IncidentFiles

#: An import must have an incident within this distance of the wards.
NEAR_M = 5_000.0


@dataclass(frozen=True)
class ImportReport:
    """What an import did; ``read`` = ``kept`` + ``rejected`` over the files newly imported.

    ``outside`` counts kept incidents outside the wards (None where there are none yet to check
    against), ``repeated`` those whose reference an earlier file had.
    """

    imported: tuple[SourceFile, ...]
    already: tuple[str, ...]
    replaced: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    reasons: dict[str, int] = field(default_factory=dict)
    outside: int | None = None
    unmapped: dict[str, int] = field(default_factory=dict)
    repeated: int = 0

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
    store: Store, incidents: Incidents, rejections: Rejections, wards: Wards | None, replace: bool
) -> ImportReport:
    """Store what was read of some files in one transaction.

    Parameters
    ----------
    incidents, rejections : Incidents, Rejections
        As ``read_incidents`` returns them.
    wards : Wards or None
        Checked against: some incidents must be near them.
    replace : bool
        Let a file take the place of one of the same content or month.

    Raises
    ------
    DataError
        If nothing would be kept, no incident is near the wards, or a file is another version of
        one already imported and ``replace`` is not set.
    """
    with store.incidents() as files:
        fresh, already = _fresh(incidents.files, set() if replace else files.known_contents())
        replaced = [name for file in fresh for name in _make_room(file, files, replace)]
        names = [file.name for file in fresh]
        new = incidents.frame[incidents.frame["file"].isin(names)]
        _check_kept(fresh, new, rejections)
        repeated = _repeated(new, fresh, files)
        outside = _outside(new, wards)
        for file in fresh:
            files.add(
                file,
                new[new["file"] == file.name],
                rejections.frame[rejections.frame["file"] == file.name],
            )
    refused = Rejections(rejections.frame[rejections.frame["file"].isin(names)])
    unmapped = new.loc[new["category"] == "unmapped", "source_category"].astype(str)
    return ImportReport(
        imported=tuple(fresh),
        already=tuple(already),
        replaced=tuple(replaced),
        skipped=incidents.skipped,
        reasons=refused.by_reason(),
        outside=outside,
        unmapped=dict(Counter(unmapped)),
        repeated=repeated,
    )


def _fresh(given: Sequence[SourceFile], known: set[str]) -> tuple[list[SourceFile], list[str]]:
    """Split files into those whose content is new and the names of those that are known."""
    fresh: list[SourceFile] = []
    already: list[str] = []
    seen = set(known)
    for file in given:
        if file.content_sha256 in seen:
            already.append(file.name)
            continue
        seen.add(file.content_sha256)
        fresh.append(file)
    return fresh, already


def _make_room(file: SourceFile, files: IncidentFiles, replace: bool) -> list[str]:
    """Remove what is imported of the same content or about the same month; return its names.

    Raises
    ------
    DataError
        If there is some, and it is not to be replaced.
    """
    found = files.same_as(file)
    if found and not replace:
        raise DataError(
            f"A month of a force must be imported once; {file.name} differs from {found[0].name}, "
            "which holds the same month: add --replace to take its place."
        )
    for other in found:
        files.remove(other.content_sha256)
    return [other.name for other in found]


def _check_kept(fresh: Sequence[SourceFile], new: pd.DataFrame, rejections: Rejections) -> None:
    """Refuse an import that keeps nothing: its mapping or CRS is wrong, not its rows."""
    if not fresh or len(new):
        return
    reason, count = next(iter(rejections.by_reason().items()))
    read = sum(file.read for file in fresh)
    raise DataError(
        f"Some rows must be kept; all {read:,} of {fresh[0].name} were rejected, {count:,} of them "
        f"with {reason!r}: check the mapping's columns, dates and CRS."
    )


def _repeated(new: pd.DataFrame, fresh: Sequence[SourceFile], files: IncidentFiles) -> int:
    """Return how many new incidents of mapped files bear a reference that is stored already.

    Exports that overlap count incidents twice. The months of data.police.uk do not overlap, and
    a Crime ID may stand in several of them.
    """
    names = [file.name for file in fresh if file.source == "csv"]
    if not names:
        return 0
    given = new.loc[new["file"].isin(names), "reference"].dropna()
    return int(given.isin(files.references("csv")).sum())


def _outside(new: pd.DataFrame, wards: Wards | None) -> int | None:
    """Return how many of the new incidents lie outside the wards; refuse if all are far off."""
    if wards is None or new.empty:
        return None
    xy = new[["x", "y"]].to_numpy(dtype=np.float64)
    west, south, east, north = wards.study_area.bounds
    gap = np.hypot(
        np.maximum(np.maximum(west - xy[:, 0], xy[:, 0] - east), 0),
        np.maximum(np.maximum(south - xy[:, 1], xy[:, 1] - north), 0),
    )
    if gap.min() > NEAR_M:
        raise DataError(
            f"Some incidents must lie within {NEAR_M / 1000:g} km of the wards; the nearest of "
            f"{len(new):,} is {gap.min() / 1000:,.0f} km away: check the CRS of the coordinates, "
            "and that the file is of this area."
        )
    return int((wards.assign(xy) < 0).sum())
