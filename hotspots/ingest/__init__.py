"""Files -> incidents, and every row that was not kept with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hotspots.ingest.mapping import Mapping, read_mapping
from hotspots.ingest.readers import Area, Context, FileRows, Postcodes, Reader, check_target
from hotspots.ingest.reading import FileHead, Progress, Sink, Step, read_into
from hotspots.ingest.registry import READERS
from hotspots.ingest.together import Together
from hotspots.model import DEFAULT_CRS, Incidents, Rejections

__all__ = [
    "READERS",
    "FileHead",
    "FileRows",
    "Mapping",
    "Progress",
    "Reader",
    "Sink",
    "Step",
    "read_incidents",
    "read_into",
    "read_mapping",
]

Paths = str | Path | Sequence[str | Path]


def read_incidents(
    paths: Paths,
    source: str | None = None,
    *,
    crs: str = DEFAULT_CRS,
    mapping: str | Path | Mapping | None = None,
    area: Area | None = None,
    postcodes: Postcodes | None = None,
    progress: Progress | None = None,
) -> tuple[Incidents, Rejections]:
    """Read incidents from files, folders and zips.

    Parameters
    ----------
    paths : path or list of paths
        A table (CSV, Excel, Parquet, GeoJSON, GeoPackage or Shapefile), a folder (walked with
        all below it, sorted) or a ``.zip``.
    source : str, optional
        Name of the format, such as "police-uk"; each file is recognised by itself if None.
    crs : str
        CRS wanted for x and y: projected, in metres.
    mapping : path or Mapping, optional
        What the columns mean, for files that do not explain themselves; see docs/mapping.md.
    area : (min x, min y, max x, max y), optional
        Where incidents are expected, in metres of ``crs``. A row whose coordinates lie outside
        is mended where just one mend (swapped, cut short) puts it inside; all others are kept as
        given.
    postcodes : Postcodes, optional
        Where postcodes are, for rows that have no coordinates.
    progress : callable (Step), optional
        Called after each block of rows.

    Returns
    -------
    incidents : Incidents
        The kept rows in the order of the files. ``skipped`` lists files of another sort, files
        without rows in a folder or zip, and files whose content was met before. Of an incident
        that several files of one series hold, the last file's version is kept.
    rejections : Rejections
        The other rows. For each file, rows read = kept + rejected.

    Raises
    ------
    DataError
        If a file cannot be read as what it is, or nothing of what was given is incidents.
    UsageError
        If ``source`` or ``crs`` is not one there is.
    """
    loaded = read_mapping(mapping) if isinstance(mapping, str | Path) else mapping
    context = Context(check_target(crs), area, loaded, postcodes)
    together = Together()
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    skipped = read_into(together, given, source, context, progress)
    return together.result(context.crs, skipped)
