"""The street-level files of data.police.uk: crime and anti-social behaviour, by month.

A row is known to the month, at a map point near where it happened. Rows of anti-social behaviour
have no Crime ID, and rows that are alike in every column are separate incidents: none is dropped.
"""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

from hotspots.errors import DataError
from hotspots.ingest.placing import locate
from hotspots.ingest.readers import (
    Context,
    FileRows,
    Reader,
    Reasons,
    finish,
    look_up,
    or_missing,
)
from hotspots.ingest.records import Records
from hotspots.ingest.tables.base import Dialect
from hotspots.taxonomy import UNMAPPED, police_uk_categories

NAME = "police-uk"
CRS = "EPSG:4326"
COLUMNS = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
# older and trimmed downloads lack some of the others
_NEEDED = ("Month", "Reported by", "Longitude", "Latitude", "Location", "Crime type")
_MONTH = r"\d{4}-(?:0[1-9]|1[0-2])"
_FILE_NAME = re.compile(r"\d{4}-\d{2}-(?P<force>.+)-street\.csv(\.gz)?", re.I)
#: Sorts of file that stand beside the street files, by a column of their own.
_REFUSED = (
    ("Outcome type", "-outcomes.", "an outcomes file, not street-level incidents"),
    ("Object of search", "-stop-and-search.", "a stop-and-search file, not street-level incidents"),
)


def _is_street(header: tuple[str, ...]) -> bool:
    return set(_NEEDED) <= set(header)


def _sniff(name: str, header: tuple[str, ...]) -> bool:
    # by its name as well: a month that came damaged must be said, not passed over
    return _is_street(header) or _FILE_NAME.fullmatch(name) is not None


def _refusal(name: str, header: tuple[str, ...]) -> str | None:
    if _is_street(header):
        return None
    for column, part, reason in _REFUSED:
        if column in header or part in name.lower():
            return reason
    return None


def _dialect(_context: Context) -> Dialect:
    return Dialect()


def start(name: str, header: tuple[str, ...], _crs: str | None, context: Context) -> Street:
    """Begin to read a street-level file.

    Raises
    ------
    DataError
        If a column is missing.
    """
    _check_columns(header, name)
    return Street(name, context)


class Street:
    """Reads the blocks of one street-level file.

    Precision is "month": ``starts_at`` is the first instant of the month and ``ends_at`` the
    first instant of the next month minus one second. ``location`` is kept as given, it is the
    label of a map point and no address. A "Crime type" that is in no category is kept as
    "unmapped".

    Parameters
    ----------
    name : str
        The file's name; with the months inside it makes the key, such as
        ``police-uk:2021-06-kent-street``.
    context : Context
        The CRS wanted.
    """

    #: A Crime ID may come several times, and rows of anti-social behaviour have none.
    series: str | None = None

    def __init__(self, name: str, context: Context) -> None:
        self._name = name
        self._context = context
        self._months: set[str] = set()
        self._forces: Counter[str] = Counter()

    def take(self, records: Records) -> FileRows:
        """Return what became of the next block's rows."""
        reasons = Reasons(len(records.frame))
        longitude, latitude = records.column("Longitude"), records.column("Latitude")
        place = locate(longitude, latitude, CRS, self._context, reasons)
        month = records.stripped("Month")
        reasons.add(~month.str.fullmatch(_MONTH).to_numpy(dtype=bool), "no valid month")
        starts, ends = _span(month)
        kind = records.stripped("Crime type")
        force = records.stripped("Reported by")
        self._months.update(month.unique())
        self._forces.update(Counter(force.tolist()))
        columns = {
            "reference": _optional(records, "Crime ID"),
            "category": look_up(kind, police_uk_categories(), UNMAPPED),
            "source_category": kind,
            "starts_at": starts,
            "ends_at": ends,
            "precision": "month",
            "x": place.x,
            "y": place.y,
            "placed": place.placed,
            "location": or_missing(records.column("Location")),
            "agency": or_missing(force),
        }
        return finish(records, self._name, reasons, columns)

    @property
    def key(self) -> str | None:
        """The months of the content and the force, None where no row has a month."""
        months = sorted(m for m in self._months if re.fullmatch(_MONTH, m))
        if not months:
            return None
        span = months[0] if len(months) == 1 else f"{months[0]}..{months[-1]}"
        if match := _FILE_NAME.fullmatch(self._name):
            force = match["force"].lower()
        else:
            # of forces named equally often the first by name, whatever the order of the rows
            force = _slug(min(self._forces, key=lambda name: (-self._forces[name], name)))
        return f"{NAME}:{span}-{force}-street"


def _check_columns(header: tuple[str, ...], name: str) -> None:
    missing = [column for column in _NEEDED if column not in header]
    if missing:
        raise DataError(
            f"A data.police.uk street file must have the columns {', '.join(_NEEDED)}; {name} "
            f"lacks {', '.join(missing)}: give the file as downloaded, or --mapping FILE."
        )


def _optional(records: Records, column: str) -> pd.Series[str] | float:
    if column not in records.header:
        return float("nan")
    return or_missing(records.stripped(column))


def _span(month: pd.Series[str]) -> tuple[pd.Series[pd.Timestamp], pd.Series[pd.Timestamp]]:
    codes, texts = pd.factorize(month)
    first = pd.to_datetime(pd.Series(texts), format="%Y-%m", errors="coerce")
    last = first + pd.offsets.MonthBegin(1) - pd.Timedelta(seconds=1)
    starts, ends = (
        s.astype("datetime64[us]").take(codes).set_axis(month.index) for s in (first, last)
    )
    return starts, ends


def _slug(force: str) -> str:
    """Return a force's name as the archive's file names write it: Kent Police is ``kent``."""
    words = re.findall(r"[a-z0-9]+", force.lower().replace("&", " and "))
    while words and words[-1] in ("police", "constabulary", "service"):
        words.pop()
    return "-".join(words) or "unknown"


READER = Reader(NAME, "a data.police.uk street-level file", _sniff, _refusal, _dialect, start)
