"""The report of a back-test: how good each method was, how sure that is, and which is better."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.checks import one_of, whole
from hotspots.errors import UsageError
from hotspots.validation.backtest import Judged, Plan
from hotspots.validation.history import History
from hotspots.validation.intervals import (
    Interval,
    block_of,
    paired_interval,
    pooled_interval,
    rate_ratio_interval,
    ratio_interval,
)
from hotspots.validation.measures import CURVE
from hotspots.validation.method import MethodKind
from hotspots.validation.series import Entry, Series
from hotspots.validation.sums import (
    EQUAL_AREA,
    MEASURES,
    OWN_HOT_SPOTS,
    RECAPTURE,
    Of,
    columns,
    parts_of,
)

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Report:
    """What a finished back-test found; plain values only.

    Attributes
    ----------
    entries : tuple of Entry
        The methods, in the order of the tables.
    series : tuple of Series
        One category, or several that are reported together.
    horizon : int
        Periods that judged each map.
    block : int
        Origins that the bootstrap draws together.
    """

    entries: tuple[Entry, ...]
    series: tuple[Series, ...]
    horizon: int
    block: int

    @property
    def origins(self) -> int:
        """How many origins were judged, of all series."""
        return sum(self._lengths)

    @property
    def incidents(self) -> int:
        """Incidents judged; one that several origins judged counts at each."""
        return int(self._column(self.entries[0].name, lambda row: row.incidents).sum())

    def value(self, method: str, measure: str) -> Interval:
        """Return one measure of one method over all origins, with its interval.

        Sums over the origins are divided, not the ratios of each averaged: every incident counts
        alike, and origins without incidents say nothing.

        Parameters
        ----------
        method : str
            Its name.
        measure : str
            One of ``MEASURES``.

        Returns
        -------
        Interval
            NaN where the method has no own hot spots, or nothing was there to be hit.

        Raises
        ------
        UsageError
            If there is no such method or measure.
        """
        one_of("measure", measure, MEASURES)
        rows = self._rows(method)
        if measure in OWN_HOT_SPOTS and any(row.hot_cells < 0 for row in rows):
            return Interval(math.nan, math.nan, math.nan)
        if measure == "hot_rri":
            after, among, before, among_before = columns(rows, *RECAPTURE)
            return rate_ratio_interval(
                after, among, before, among_before, self.block, series=self._lengths
            )
        above, below = columns(rows, *parts_of(measure))
        return pooled_interval(above, below, self.block, series=self._lengths)

    def table(self, *measures: str) -> pd.DataFrame:
        """Return one row a method: its measures, each with the ends of its interval.

        Parameters
        ----------
        *measures : str
            Of ``MEASURES``; all by default.

        Returns
        -------
        DataFrame
            method, label, kind, family, variant, incidents, and for each measure three columns:
            its name, name_low and name_high.
        """
        import pandas as pd

        rows = []
        for entry in self.entries:
            found: dict[str, Any] = {
                "method": entry.name,
                "label": entry.label,
                "kind": entry.kind,
                "family": entry.family,
                "variant": entry.variant,
                "incidents": self.incidents,
            }
            for measure in measures or MEASURES:
                found |= _named(measure, self.value(entry.name, measure))
            rows.append(found)
        return pd.DataFrame(rows)

    def figure(self, method: str, measure: str) -> float:
        """Return what ``value`` returns, without its interval, of a measure of ``EQUAL_AREA``."""
        one_of("measure", measure, EQUAL_AREA)
        above, below = (c.sum() for c in columns(self._rows(method), *parts_of(measure)))
        return float(above / below) if below else math.nan

    def difference(self, method: str, reference: str, measure: str = "area") -> Interval:
        """Return a method's measure less the reference's, paired by origin.

        Raises
        ------
        UsageError
            If there is no such method, or the measure is not one at equal shares of the area.
        """
        above, other, below = self._pair(method, reference, measure)
        return paired_interval(above, other, below, self.block, series=self._lengths)

    def ratio(self, method: str, reference: str, measure: str = "area") -> Interval:
        """Return a method's measure over the reference's, paired by origin; 1 is as good."""
        above, other, _ = self._pair(method, reference, measure)
        return ratio_interval(above, other, self.block, series=self._lengths)

    def compare(
        self, reference: str, measures: Sequence[str] = ("area", "hit_rate_2")
    ) -> pd.DataFrame:
        """Return how much better or worse each other method is than one of them.

        Parameters
        ----------
        reference : str
            Name of the method they are compared with.
        measures : sequence of str
            Of ``EQUAL_AREA``: own hot spots take up different areas, and are not compared.

        Returns
        -------
        DataFrame
            One row a method and measure: method, label, reference, measure, value,
            reference_value, difference and ratio (each with _low and _high), verdict ("better" or
            "worse" only where the whole interval of the difference says so, else "no clear
            difference").
        """
        import pandas as pd

        names = ["method", "label", "reference", "measure", "value", "reference_value"]
        ends = [f"{kind}{end}" for kind in ("difference", "ratio") for end in ("", "_low", "_high")]
        rows = []
        for entry in self.entries:
            for measure in measures if entry.name != reference else ():
                less = self.difference(entry.name, reference, measure)
                rows.append(
                    {
                        "method": entry.name,
                        "label": entry.label,
                        "reference": reference,
                        "measure": measure,
                        "value": self.figure(entry.name, measure),
                        "reference_value": self.figure(reference, measure),
                        **_named("difference", less),
                        **_named("ratio", self.ratio(entry.name, reference, measure)),
                        "verdict": less.verdict(),
                    }
                )
        self._rows(reference)  # refused by name, even where nothing is compared with it
        return pd.DataFrame(rows, columns=[*names, *ends, "verdict"])

    def periods(self) -> pd.DataFrame:
        """Return one row an origin and method, for those who want to add up for themselves.

        Returns
        -------
        DataFrame
            series, origin, first_day and last_day of what was judged, method, label, cells,
            incidents, hits_1 ... and most_1 ... (the most as many cells could have held), area
            (under the hit-rate curve; none without incidents), and of the own hot spots
            hot_cells, hot_hits, hot_most, hot_before, before (none where the method has none).
        """
        import pandas as pd

        labels = {entry.name: entry.label for entry in self.entries}
        rows = [
            series.plain(row, labels[row.method], self.horizon)
            for series in self.series
            for row in series.rows
        ]
        found = pd.DataFrame(rows)
        whole_or_none = ["hot_cells", "hot_before", "before"]
        return found.astype(dict.fromkeys(whole_or_none, "Int64"))

    def curve(self) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
        """Return each method's shares of the area and hit rates there, for a chart.

        Returns
        -------
        dict of str to (shares, hit rates)
            The shares are ``CURVE``; the rates are NaN where no incident was judged.
        """
        found = {}
        for entry in self.entries:
            rows = self._rows(entry.name)
            hits = np.array([row.curve for row in rows]).sum(axis=0)
            incidents = sum(row.incidents for row in rows)
            rates = hits / incidents if incidents else np.full(len(CURVE), math.nan)
            found[entry.name] = (CURVE, tuple(rates.tolist()))
        return found

    def only(
        self, methods: Iterable[str] | None = None, origins: Collection[int] | None = None
    ) -> Report:
        """Return the report of some methods, in the order given, or of some origins.

        Raises
        ------
        UsageError
            If there is no such method, no method, or no such origin in a series.
        """
        names = [entry.name for entry in self.entries] if methods is None else list(methods)
        entries = tuple(self._entry(name) for name in names)
        if not entries:
            raise UsageError("A report must be of one method at least; got none.")
        series = tuple(one.only(names, origins) for one in self.series)
        return replace(self, entries=entries, series=series)

    def chosen(self, best: Mapping[str, str], origins: Collection[int] | None = None) -> Report:
        """Return the report of each family's chosen variant, under the family's name.

        Parameters
        ----------
        best : mapping of str to str
            Family to method, as ``best_of`` found it.
        origins : collection of int, optional
            Those to report on: later ones than those the choice was made on.
        """
        part = self.only(best.values(), origins)
        family = {method: name for name, method in best.items()}
        entries = tuple(replace(entry, name=family[entry.name]) for entry in part.entries)
        series = tuple(
            replace(one, rows=tuple(row._replace(method=family[row.method]) for row in one.rows))
            for one in part.series
        )
        return replace(part, entries=entries, series=series)

    @cached_property
    def _by_method(self) -> dict[str, list[Judged]]:
        found: dict[str, list[Judged]] = {entry.name: [] for entry in self.entries}
        for series in self.series:
            for row in series.rows:
                found[row.method].append(row)
        return found

    @property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(len(series.origins) for series in self.series)

    def _rows(self, method: str) -> list[Judged]:
        one_of("method", method, self._by_method)
        return self._by_method[method]

    def _entry(self, method: str) -> Entry:
        one_of("method", method, self._by_method)
        return next(entry for entry in self.entries if entry.name == method)

    def _column(self, method: str, of: Of) -> Array:
        return np.array([of(row) for row in self._rows(method)], dtype=np.float64)

    def _pair(self, method: str, reference: str, measure: str) -> list[Array]:
        one_of("measure", measure, EQUAL_AREA)
        of, among = parts_of(measure)
        mine, other = self._rows(method), self._rows(reference)
        return [*columns(mine, of), *columns(other, of), *columns(mine, among)]


def report_of(
    history: History,
    methods: Sequence[MethodKind],
    plan: Plan,
    rows: Sequence[Judged],
    block: int | None = None,
    skipped: Collection[int] = (),
) -> Report:
    """Return the report of a finished back-test.

    Parameters
    ----------
    history, methods, plan
        As they were run.
    rows : sequence of Judged
        What ``run`` found.
    block : int, optional
        Origins that the bootstrap draws together: see ``block_of``, by default.
    skipped : collection of int
        Origins of the plan that are not reported, as where what followed was not loaded.

    Raises
    ------
    UsageError
        If an origin of the plan was not judged for every method, or was judged twice.
    """
    place = {kind.name: i for i, kind in enumerate(methods)}
    judged = [origin for origin in plan.origins if origin not in skipped]
    wanted = {(origin, name) for origin in judged for name in place}
    rows = [row for row in rows if row.origin not in skipped]
    got = [(row.origin, row.method) for row in rows]
    if set(got) != wanted or len(got) != len(wanted):
        raise UsageError(
            f"A report must be of a finished back-test, {len(wanted)} maps; got {len(set(got))} of "
            f"{len(got)}: run the rest first."
        )
    if block is None:
        block = block_of(history.weeks_per_period, plan.horizon)
    entries = tuple(Entry(k.name, k.label, k.kind, k.family, k.variant) for k in methods)
    ordered = tuple(sorted(rows, key=lambda row: (row.origin, place[row.method])))
    starts = tuple(history.edges.astype("datetime64[D]").tolist())
    series = Series(history.name, starts, ordered)
    return Report(entries, (series,), plan.horizon, whole("block", block))


def _named(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
