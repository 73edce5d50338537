"""What the checks look at, and what several of them need to know about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.model import DEFAULT_CRS, SourceFile, Wards
from hotspots.quality.dates import far_months, month_numbers
from hotspots.quality.resolution import first_of_each, resolution
from hotspots.quality.words import month_text

#: An incident without an agency is of this one.
NO_AGENCY = "Unnamed agency"
#: As ``hotspots.analysis`` has it: from this share on repeated points on, they are moved ones.
SNAPPED_SHARE = 0.8
#: Of fewer incidents nothing is said about their points.
SNAPPED_LEAST = 50


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What only the store knows: how many versions of incidents a newer one took the place of."""

    superseded: int = 0
    example: str | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """All there is: incidents of every category, the files they came from, and the wards.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Columns ``hotspots.model.INCIDENT_COLUMNS``; may be empty.
    files : tuple of SourceFile
        The files that count.
    rejections : dict of str to int
        Rows for each reason.
    wards : Wards or None
        In the CRS of x and y; without them nothing is said about the area.
    today : date or None
        Incidents after it are in the future; None: nothing is said about that.
    duplicates : Duplicates
        From the store.
    crs : str
        CRS of x and y, projected, in metres.
    """

    incidents: pd.DataFrame
    files: tuple[SourceFile, ...] = ()
    rejections: dict[str, int] = field(default_factory=dict)
    wards: Wards | None = None
    today: date | None = None
    duplicates: Duplicates = Duplicates()
    crs: str = DEFAULT_CRS

    def __len__(self) -> int:
        return len(self.incidents)

    @cached_property
    def xy(self) -> NDArray[np.float64]:
        """Coordinates, shape (n, 2), metres."""
        return self.incidents[["x", "y"]].to_numpy(dtype=np.float64)

    @cached_property
    def _agency(self) -> tuple[NDArray[np.intp], tuple[str, ...]]:
        return _codes(self.incidents["agency"].fillna(NO_AGENCY))

    @property
    def agency(self) -> NDArray[np.intp]:
        """Position of each incident's agency in ``agencies``, shape (n,)."""
        return self._agency[0]

    @property
    def agencies(self) -> tuple[str, ...]:
        """The agencies, sorted."""
        return self._agency[1]

    @cached_property
    def _category(self) -> tuple[NDArray[np.intp], tuple[str, ...]]:
        return _codes(self.incidents["category"])

    @property
    def category(self) -> NDArray[np.intp]:
        """Position of each incident's category in ``categories``, shape (n,)."""
        return self._category[0]

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories there are, sorted."""
        return self._category[1]

    @cached_property
    def month(self) -> NDArray[np.int64]:
        """Months since 1970-01 of ``starts_at``, shape (n,)."""
        return month_numbers(self.incidents["starts_at"])

    @cached_property
    def far(self) -> NDArray[np.bool_]:
        """Whether the month is far from those of the agency's other incidents, shape (n,)."""
        file, _ = _codes(self.incidents["file"])
        return far_months(self.month, self.agency, file)

    @cached_property
    def usual(self) -> NDArray[np.bool_]:
        """Whether the date can be right, neither far nor after today, shape (n,)."""
        if self.today is None:
            return ~self.far
        starts = self.incidents["starts_at"].to_numpy(dtype="datetime64[D]")
        return np.asarray(~self.far & (starts <= np.datetime64(self.today, "D")))

    @cached_property
    def first_month(self) -> int:
        """The month that ``counts`` begins with, months since 1970-01."""
        usual = self.month[self.usual]
        return int(usual.min()) if len(usual) else 0

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Incidents by agency, category and month, those whose date cannot be right left out.

        A single date in the future would else make every agency late and end with empty months.
        """
        usual = self.usual
        months = self.month[usual] - self.first_month
        shape = (len(self.agencies), len(self.categories), int(months.max(initial=-1)) + 1)
        if not len(months):
            return np.zeros(shape, dtype=np.int64)
        cell = np.ravel_multi_index((self.agency[usual], self.category[usual], months), shape)
        return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)

    @cached_property
    def point(self) -> NDArray[np.intp]:
        """A number for each exact point, shape (n,), that rises from west to east, then north."""
        pairs = np.ascontiguousarray(self.xy).view(np.complex128).ravel()
        codes, points = pd.factorize(pairs)
        # by the point itself, so that what is told of equals is told in the same order each time
        rank = np.empty(len(points), dtype=np.intp)
        rank[np.lexsort((points.imag, points.real))] = np.arange(len(points))
        return rank[codes]

    @cached_property
    def by_month(self) -> NDArray[np.bool_]:
        """Whether only the month is known, shape (n,)."""
        return (self.incidents["precision"] == "month").to_numpy(dtype=bool)

    @cached_property
    def masked(self) -> NDArray[np.bool_]:
        """Whether digits of the coordinates are hidden, shape (n,)."""
        return (self.incidents["placed"] == "masked").to_numpy(dtype=bool)

    @cached_property
    def repeated(self) -> NDArray[np.bool_]:
        """Whether another incident of the same agency stands on the same point, shape (n,)."""
        if not len(self):
            return np.zeros(0, dtype=bool)
        key = self.agency * (int(self.point.max()) + 1) + self.point
        codes = pd.factorize(key)[0]
        return np.asarray(np.bincount(codes)[codes] > 1)

    @cached_property
    def snapped(self) -> NDArray[np.bool_]:
        """Whether each agency's incidents stand on shared map points, shape (agencies,).

        Those at the middle of a square with hidden digits are not asked.
        """
        agencies = len(self.agencies)
        known = np.bincount(self.agency[~self.masked], minlength=agencies)
        shared = np.bincount(self.agency[self.repeated & ~self.masked], minlength=agencies)
        return np.asarray((known >= SNAPPED_LEAST) & (shared >= SNAPPED_SHARE * known))

    @cached_property
    def steps(self) -> tuple[float | None, ...]:
        """To how many metres each agency's coordinates are rounded, None where they are not."""
        found = []
        for agency in range(len(self.agencies)):
            given = (self.agency == agency) & ~self.masked
            found.append(resolution(self.xy[given][first_of_each(self.point[given])], self.crs))
        return tuple(found)

    @cached_property
    def ward(self) -> NDArray[np.intp]:
        """Position of each incident's ward, -1 outside, shape (n,); all -1 without wards."""
        if self.wards is None:
            return np.full(len(self), -1, dtype=np.intp)
        return self.wards.assign(self.xy)

    def example(self, position: int | np.integer) -> str:
        """Return where one incident is to be found: its file and row."""
        row = self.incidents.iloc[int(position)]
        return f"{row['file']}, row {row['row']}"

    def months_of(self, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the months of some incidents, sorted."""
        return tuple(month_text(int(m)) for m in np.unique(self.month[chosen]))

    def categories_of(self, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the categories of some incidents, sorted; () where these are all there are."""
        present = np.unique(self.category[chosen])
        if len(present) == len(self.categories):
            return ()
        return tuple(self.categories[int(code)] for code in present)


def _codes(texts: pd.Series[str]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    codes, names = pd.factorize(texts, sort=True)
    return np.asarray(codes, dtype=np.intp), tuple(str(name) for name in names)
