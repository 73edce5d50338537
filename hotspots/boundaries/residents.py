"""Residents of wards on a day, between the mid-year estimates at hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from hotspots.boundaries.apportion import WeightedPoints, apportion
from hotspots.errors import DataError
from hotspots.model import Wards

#: Columns of residents by year: ``year`` is that of a mid-year, ``source`` file and column.
RESIDENTS_COLUMNS = ("ward_code", "year", "residents", "source")


def residents_on(by_year: pd.DataFrame, day: date) -> tuple[pd.Series[float], str]:
    """Return residents on a day, in a straight line between mid-years (30 June).

    Parameters
    ----------
    by_year : DataFrame
        Columns ``RESIDENTS_COLUMNS``, one row for each ward and year that is known.
    day : date
        Before the first year of a ward its first estimate holds, after the last its last.

    Returns
    -------
    residents : Series of float, indexed by ward code
        The wards of ``by_year``; empty if that is.
    sentence : str
        The years and sources used: "mid-2017 and mid-2019, interpolated to 1 July 2018 (file,
        columns)". Empty where there are none.
    """
    if by_year.empty:
        return pd.Series(dtype="float64", name="residents"), ""
    # the order of the rows is the caller's; np.interp needs rising years
    ordered = by_year.sort_values(["ward_code", "year"], kind="stable")
    at = day.toordinal()
    values = {
        str(code): float(np.interp(at, _mid_years(rows["year"]), rows["residents"].to_numpy()))
        for code, rows in ordered.groupby("ward_code", sort=True)
    }
    series = pd.Series(values, name="residents", dtype="float64")
    series.index.name = "ward_code"
    return series, _sentence(ordered, day)


def population_from(donor: Wards, wards: Wards, weights: WeightedPoints | None = None) -> Wards:
    """Return wards with residents apportioned from another vintage that has them.

    Only ever on request: the residents are an estimate, and their source says so.

    Parameters
    ----------
    donor, wards : Wards
        The vintage with residents and the one without; neither is changed.
    weights : WeightedPoints, optional
        By area if None.

    Raises
    ------
    DataError
        If a ward of the donor has no residents, or ``wards`` cover too little of it.
    UsageError
        As ``apportion``.
    """
    population = donor.frame["population"]
    if population.isna().any():
        raise DataError(
            f"Every ward of {donor.vintage} must have residents to apportion; "
            f"{int(population.isna().sum())} have none: add its population first."
        )
    totals = pd.Series(population.to_numpy(), index=donor.frame["ward_code"].to_numpy())
    done = apportion(totals, donor, wards, weights)
    frame = wards.frame.copy()
    frame["population"] = done.totals.reindex(frame["ward_code"]).to_numpy()
    return replace(
        wards,
        frame=frame,
        population_source=apportioned_source(donor, donor.population_source, weights),
    )


def apportioned_source(donor: Wards, source: str | None, weights: WeightedPoints | None) -> str:
    """Say where apportioned residents come from."""
    means = "area" if weights is None else weights.name
    return f"{source or 'residents'}, apportioned from the wards of {donor.vintage} by {means}"


def _mid_years(years: pd.Series[int]) -> list[int]:
    return [date(int(year), 6, 30).toordinal() for year in years]


def _sentence(ordered: pd.DataFrame, day: date) -> str:
    years = sorted({int(year) for year in ordered["year"]})
    mids = dict(zip(years, _mid_years(pd.Series(years)), strict=True))
    before = [year for year in years if mids[year] <= day.toordinal()]
    after = [year for year in years if mids[year] >= day.toordinal()]
    if before and after and before[-1] == after[0]:
        used, words = [before[-1]], f"mid-{before[-1]}"
    elif before and after:
        used = [before[-1], after[0]]
        words = f"mid-{used[0]} and mid-{used[1]}, interpolated to {_words(day)}"
    elif before:
        used, words = [before[-1]], f"mid-{before[-1]}, the last known, for {_words(day)}"
    else:
        used, words = [after[0]], f"mid-{after[0]}, the first known, for {_words(day)}"
    if _differ(ordered):
        words += " (a ward that lacks a year takes the years it has)"
    sources = ordered.loc[ordered["year"].isin(used), "source"]
    return f"{words} ({'; '.join(dict.fromkeys(sources))})"


def _differ(ordered: pd.DataFrame) -> bool:
    """Whether some ward lacks a year that another has."""
    return int(ordered.groupby("ward_code")["year"].nunique().min()) < ordered["year"].nunique()


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
