"""The nouns that pass between rooms: incidents, rejections, wards, periods. All are frozen."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.errors import UsageError

if TYPE_CHECKING:
    from hotspots.locate import PolygonIndex

DEFAULT_CRS = "EPSG:27700"

#: Columns of ``Incidents.frame``. ``row`` is the row as a spreadsheet numbers it: the header is
#: row 1, the first incident row 2. ``precision`` is "minute", "day" or "month"; ``recorded_at``
#: is when the agency wrote it down, NaT where unknown; ``placed`` one of ``PLACED``; ``flags``
#: the markers of the taxonomy, separated by blanks, such as "domestic_abuse alcohol".
INCIDENT_COLUMNS = (
    "reference",
    "category",
    "subcategory",
    "source_category",
    "flags",
    "starts_at",
    "ends_at",
    "precision",
    "recorded_at",
    "x",
    "y",
    "placed",
    "location",
    "agency",
    "file",
    "row",
)
#: How coordinates came to be: as the file gives them, at the centre of their postcode, at the
#: centre of a square whose digits the publisher hid or rounded, or mended (swapped or cut short,
#: proved by the area).
PLACED = ("given", "postcode", "masked", "mended")
#: Columns of ``Rejections.frame``. ``raw`` is the rejected row as JSON, so that nothing is lost.
REJECTION_COLUMNS = ("file", "row", "reason", "raw")
WARD_COLUMNS = (
    "ward_code",
    "ward_name",
    "district_code",
    "district_name",
    "vintage",
    "population",
    "geometry",
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One imported file: what it was and how its rows add up.

    ``content_sha256`` is of the content after decompression, so that a file and its ``.gz`` are
    recognised as the same. ``key`` names what the file is about (force and month of a
    data.police.uk file), so that a second version of it is not counted twice; None where a file
    has no such name. ``series`` names the exports among which a reference is unique, so that a
    newer version of an incident takes the place of the older; None where references may repeat.
    """

    name: str
    source: str
    sha256: str
    content_sha256: str
    key: str | None
    read: int
    kept: int
    rejected: int
    notice: str | None = None
    series: str | None = None

    def __post_init__(self) -> None:
        if self.read != self.kept + self.rejected:
            raise AssertionError(f"{self.name}: {self.read} != {self.kept} + {self.rejected}")


@dataclass(frozen=True, eq=False)
class Incidents:
    """Geocoded incidents in one CRS, one row each, in file order.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``INCIDENT_COLUMNS``; x and y in metres of ``crs``, never NaN.
    crs : str
        Projected CRS of x and y, EPSG:27700 unless the workspace says otherwise.
    files : tuple of SourceFile
        The files the rows came from.
    skipped : tuple of (str, str)
        Files that were met and refused by name, with the reason.
    span : tuple of two Timestamps or None
        From when to when the sources are known, where ``frame`` is a part of them; None where
        it is all there is.
    months : frozenset of (year, month) or None
        The months in which these sources have any incident, of any category; a month that is
        missing is not known, which is not the same as quiet. None where ``frame`` tells.
    """

    frame: pd.DataFrame
    crs: str = DEFAULT_CRS
    files: tuple[SourceFile, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None
    months: frozenset[tuple[int, int]] | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def xy(self) -> NDArray[np.float64]:
        """Coordinates, shape (n, 2), metres of ``crs``."""
        return self.frame[["x", "y"]].to_numpy(dtype=np.float64)

    @property
    def notices(self) -> tuple[str, ...]:
        """What must be said wherever these incidents are shown, such as "Synthetic data"."""
        return tuple(sorted({f.notice for f in self.files if f.notice}))


@dataclass(frozen=True, eq=False)
class Rejections:
    """Rows that were read and not kept, each with its file, row number and reason."""

    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    def by_reason(self) -> dict[str, int]:
        """Return the number of rows for each reason, the most frequent first.

        What a reason says in brackets of the single row (where its first copy is) is left out.
        """
        counts = self.frame["reason"].astype("str").value_counts()
        return by_kind({str(reason): int(count) for reason, count in counts.items()})


def by_kind(reasons: Mapping[str, int]) -> dict[str, int]:
    """Return the number of rows by reason, without what brackets say of a single row."""
    kinds: dict[str, int] = {}
    for reason, count in reasons.items():
        kind = re.sub(r" \(.*\)$", "", reason, flags=re.DOTALL)
        kinds[kind] = kinds.get(kind, 0) + count
    return dict(sorted(kinds.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, eq=False)
class Wards:
    """Named polygons of one vintage, ordered by ward code.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Columns ``WARD_COLUMNS``; ``population`` is float, NaN where unknown.
    vintage : str
        When the boundaries were in force. A ward's key is code + vintage, never its name.
    notice : str or None
        What must be said wherever these wards are shown.
    report : tuple of str
        What was repaired or assumed on reading, one sentence each.
    sha256 : mapping of str to str
        File name to sha256 of the files read.
    population_source : str or None
        File and column the residents came from.
    valid_from, valid_to : date or None
        The first day in force, and the first day no longer; None where not known.
    """

    frame: gpd.GeoDataFrame
    vintage: str
    notice: str | None = None
    report: tuple[str, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)
    population_source: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def crs(self) -> str:
        """The CRS as an authority code, for example ``EPSG:27700``."""
        return str(self.frame.crs.to_string())

    @cached_property
    def study_area(self) -> Any:
        """The union of the wards as one shapely geometry."""
        return shapely.union_all(self.frame.geometry.to_numpy())

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Ward names; where two wards share one, the district is added in brackets."""
        names = self.frame["ward_name"].astype(str)
        shared = names.duplicated(keep=False)
        district = self.frame["district_name"].fillna(self.frame["district_code"]).fillna("")
        return tuple(
            f"{name} ({where})" if twice and where else name
            for name, twice, where in zip(names, shared, district, strict=True)
        )

    def assign(self, xy: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the position of each point's ward in ``frame``, -1 outside every ward.

        A point on a shared edge belongs to the ward with the lower code.

        Parameters
        ----------
        xy : ndarray, shape (n, 2)
            Metres, in the wards' CRS. A row with NaN or infinity is outside every ward.

        Raises
        ------
        UsageError
            If ``xy`` is not of that shape.
        """
        return self._index.assign(xy)

    @cached_property
    def _index(self) -> PolygonIndex:
        from hotspots.locate import PolygonIndex  # loads the compiler, some 0.2 s

        # wards are ordered by code, so the lowest position is the lowest code
        return PolygonIndex(self.frame.geometry.to_numpy())


PeriodKind = Literal["week", "month", "year", "range"]
_MONTHS = tuple(calendar.month_name)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of whole days: ``start`` included, ``end`` excluded."""

    start: date
    end: date
    kind: PeriodKind

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2021-06`` (month), ``2021-W23`` (ISO week), ``2021``, or ``A..B``.

        A and B are days or months, both included.

        Raises
        ------
        UsageError
            If the text is none of these.
        """
        value = str(text).strip()
        try:
            period = cls._parse(value)
            if not 1900 <= period.start.year <= period.end.year <= 2200:
                raise ValueError(value)
            return period
        except (ValueError, OverflowError) as error:
            raise UsageError(
                "A period must look like 2021-06, 2021-W23, 2021, 2021-04..2022-03 or "
                f"2021-06-01..2021-06-14; "
                f"got {value!r}: give one of these."
            ) from error

    @classmethod
    def _parse(cls, value: str) -> Period:
        if match := re.fullmatch(r"(\d{4})-W(\d{2})", value):
            start = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return cls(start, start + timedelta(days=7), "week")
        if match := re.fullmatch(r"(\d{4})-(\d{2})", value):
            return cls.month(int(match[1]), int(match[2]))
        if re.fullmatch(r"\d{4}", value):
            return cls(date(int(value), 1, 1), date(int(value) + 1, 1, 1), "year")
        if match := re.fullmatch(r"(\d{4})-(\d{2})\.\.(\d{4})-(\d{2})", value):
            first_month = cls.month(int(match[1]), int(match[2]))
            last_month = cls.month(int(match[3]), int(match[4]))
            if last_month.start < first_month.start:
                raise ValueError(value)
            return cls(first_month.start, last_month.end, "range")
        first, separator, last = value.partition("..")
        if not separator:
            raise ValueError(value)
        start, end = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
        if end <= start:
            raise ValueError(value)
        return cls(start, end, "range")

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """Return one calendar month."""
        start = date(year, month, 1)
        return cls(start, _add_months(start, 1), "month")

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days

    @property
    def whole_months(self) -> bool:
        """Whether the period begins and ends on the first of a month."""
        return self.start.day == 1 and self.end.day == 1

    @property
    def id(self) -> str:
        """The text that ``parse`` reads back."""
        if self.kind == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02d}"
        if self.kind == "month":
            return f"{self.start:%Y-%m}"
        if self.kind == "year":
            return f"{self.start:%Y}"
        if self.whole_months:
            return f"{self.start:%Y-%m}..{self.end - timedelta(days=1):%Y-%m}"
        return f"{self.start.isoformat()}..{(self.end - timedelta(days=1)).isoformat()}"

    @property
    def label(self) -> str:
        """The period in words, for example ``June 2021`` or ``week of 7 June 2021``."""
        if self.kind == "week":
            return f"week of {_day(self.start)}"
        if self.kind == "month":
            return _month(self.start)
        if self.kind == "year":
            return str(self.start.year)
        if self.days == 1:
            return _day(self.start)
        if self.whole_months:
            last = self.end - timedelta(days=1)
            one = (last.year, last.month) == (self.start.year, self.start.month)
            return _month(self.start) if one else f"{_month(self.start)} to {_month(last)}"
        return f"{_day(self.start)} to {_day(self.end - timedelta(days=1))}"

    @property
    def months(self) -> frozenset[tuple[int, int]]:
        """The (year, month) pairs that the period touches."""
        last = self.end - timedelta(days=1)
        first_index = self.start.year * 12 + self.start.month - 1
        indices = range(first_index, last.year * 12 + last.month)
        return frozenset((i // 12, i % 12 + 1) for i in indices)

    def back(self, steps: int) -> Period:
        """Return the period ``steps`` lengths earlier (months stay calendar months)."""
        if self.kind == "month":
            start = _add_months(self.start, -steps)
            return Period(start, _add_months(start, 1), "month")
        if self.kind == "year":
            return Period(
                self.start.replace(year=self.start.year - steps),
                self.end.replace(year=self.end.year - steps),
                "year",
            )
        if self.whole_months:
            length = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
            return Period(
                _add_months(self.start, -steps * length),
                _add_months(self.end, -steps * length),
                "range",
            )
        shift = timedelta(days=self.days * steps)
        return Period(self.start - shift, self.end - shift, self.kind)

    def years_back(self, years: int) -> Period:
        """Return the same time of year so many years earlier.

        Whole months stay calendar months; other periods move by whole weeks, so that they begin on
        the same day of the week.
        """
        if self.whole_months:
            return Period(
                _add_months(self.start, -12 * years), _add_months(self.end, -12 * years), self.kind
            )
        shift = timedelta(days=7 * round(years * 365.2425 / 7))
        return Period(self.start - shift, self.end - shift, self.kind)


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month]} {day.year}"


def _month(day: date) -> str:
    return f"{_MONTHS[day.month]} {day.year}"
