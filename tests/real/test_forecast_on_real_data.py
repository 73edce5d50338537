"""The forecast back-tested on published incidents, scored as in an independent study.

The study back-tested some forty ways of making next week's map, with other code, on the same
files: squares that touch the area, ties broken by one random order per origin. Its figures for
the method that became the default, and for those it has to beat, are the expected values here.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from numpy.typing import NDArray

from hotspots.clustering.forecast import forecast
from hotspots.clustering.getis_ord import gi_star
from hotspots.clustering.grid import Grid
from hotspots.clustering.mixture import fit_mixture, forecast_mixture

Score = Callable[["City", int], NDArray[np.float64]]
SHARES = (0.01, 0.02, 0.05, 0.10)


@dataclass(frozen=True, eq=False)
class City:
    """Incidents inside the area by period, on cells that touch it."""

    xy: NDArray[np.float64]
    period: NDArray[np.int64]
    periods: int
    weeks_per_period: float
    grid: Grid
    test: int

    def before(self, origin: int, periods: int | None = None) -> NDArray[np.bool_]:
        first = 0 if periods is None else origin - periods
        return (self.period < origin) & (self.period >= first)

    def counts(self, keep: NDArray[np.bool_]) -> NDArray[np.float64]:
        return self.grid.counts(self.xy[keep]).astype(np.float64)


def read_area(features: list[dict[str, Any]], crs: int) -> Any:
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
    area = shapely.union_all(shapely.make_valid(shapes))
    project = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform
    return shapely.transform(area, lambda c: np.column_stack(project(c[:, 0], c[:, 1])))


def touching(area: Any, cell_size_m: float) -> Grid:
    x0, y0, x1, y1 = shapely.bounds(area) / cell_size_m
    col, row = np.meshgrid(
        np.arange(math.floor(x0), math.ceil(x1)), np.arange(math.floor(y0), math.ceil(y1))
    )
    shapely.prepare(area)
    west, south = col * cell_size_m, row * cell_size_m
    cells = shapely.box(west, south, west + cell_size_m, south + cell_size_m)
    corner = math.floor(x0) * cell_size_m, math.floor(y0) * cell_size_m
    return Grid(*corner, cell_size_m, shapely.intersects(area, cells))


@pytest.fixture(scope="module")
def memphis(real_data: Path) -> City:
    """Robberies of 2019 by whole week, 150 m cells; the last 13 weeks are the test part."""
    rows = pd.read_csv(real_data / "sfhotspot" / "memphis_robberies.csv.gz")
    packed = (real_data / "sfhotspot" / "memphis_precincts.geojson.gz").read_bytes()
    area = read_area(json.loads(gzip.decompress(packed))["features"], 32615)
    project = pyproj.Transformer.from_crs(4326, 32615, always_xy=True).transform
    xy = np.column_stack(project(rows["longitude"], rows["latitude"]))
    day = pd.to_datetime(rows["date"]).dt.day_of_year.to_numpy()
    weeks = int(day.max() + 1 - day.min()) // 7
    week = weeks - 1 - (day.max() - day) // 7
    keep = (week >= 0) & shapely.contains_xy(area, xy[:, 0], xy[:, 1])
    return City(xy[keep], week[keep], weeks, 1.0, touching(area, 150), weeks - 13)


@pytest.fixture(scope="module")
def kent(real_data: Path) -> City:
    """Anti-social behaviour by month, 250 m cells; the last three months are the test part."""
    folder = real_data / "uk-geojson" / "wards"
    wards = [json.loads((folder / f"E0700010{i}.json").read_text("utf-8")) for i in (7, 9)]
    area = read_area([f for w in wards for f in w["features"]], 27700)
    files = sorted((real_data / "police-uk-kent").glob("*/*-street.csv*"))
    use = ["Month", "Longitude", "Latitude", "Crime type"]
    rows = pd.concat(pd.read_csv(path, usecols=use) for path in files)
    rows = rows[(rows["Crime type"] == "Anti-social behaviour") & rows["Longitude"].notna()]
    months = sorted(rows["Month"].unique())
    project = pyproj.Transformer.from_crs(4326, 27700, always_xy=True).transform
    xy = np.column_stack(project(rows["Longitude"], rows["Latitude"]))
    month = rows["Month"].map(months.index).to_numpy()
    keep = shapely.contains_xy(area, xy[:, 0], xy[:, 1])
    weeks = 365.25 / 12 / 7
    return City(xy[keep], month[keep], len(months), weeks, touching(area, 250), len(months) - 3)


def back_test(city: City, score: Score) -> NDArray[np.float64]:
    """Return hit rates at the four shares, and the mean hit rate over shares of 0 to 20 %."""
    cells = int(city.grid.mask.sum())
    twenty = round(0.2 * cells)
    cuts = [max(1, round(share * cells)) for share in SHARES]
    totals = np.zeros(6)
    for origin in range(city.test, city.periods):
        tie_break = np.random.default_rng(1000 + origin).permutation(cells)
        best_first = np.lexsort([tie_break, -score(city, origin)])
        rank = np.empty(cells, dtype=np.int64)
        rank[best_first] = np.arange(1, cells + 1)
        hits = city.counts(city.period == origin)[city.grid.mask]
        within = [hits[rank <= cut].sum() for cut in cuts]
        credit = (hits * np.clip(twenty - rank + 1, 0, None)).sum() / twenty
        totals += [*within, credit, hits.sum()]
    return totals[:5] / totals[5]


def by_default(city: City, origin: int) -> NDArray[np.float64]:
    past = city.before(origin)
    age = (origin - city.period[past] - 0.5) * city.weeks_per_period
    weeks = city.weeks_per_period
    made = forecast(city.xy[past], age, city.grid, weeks, history_weeks=origin * weeks)
    return made.expected[city.grid.mask]


def by_gi_star(periods: int | None) -> Score:
    def score(city: City, origin: int) -> NDArray[np.float64]:
        counts = city.counts(city.before(origin, periods))
        side = city.grid.cell_size_m
        return gi_star(counts, 300, side, city.grid.mask, null="normal").z_score[city.grid.mask]

    return score


def by_counts(periods: int | None) -> Score:
    return lambda city, origin: city.counts(city.before(origin, periods))[city.grid.mask]


def by_mixture(every: int) -> Score:
    """The mixture, fitted anew every few periods, as a unit would do."""
    fits = {}

    def score(city: City, origin: int) -> NDArray[np.float64]:
        fitted = origin - (origin - city.test) % every
        if fitted not in fits:
            old = city.before(fitted)
            fits[fitted] = fit_mixture(
                city.xy[old], city.period[old], city.grid, fitted, city.weeks_per_period
            )
        past = city.before(origin)
        made = forecast_mixture(
            city.xy[past], city.period[past], city.grid, origin, city.weeks_per_period,
            fit=fits[fitted],
        )  # fmt: skip
        return made.expected[city.grid.mask]

    return score


def test_the_default_has_the_hit_rates_of_the_study(memphis: City, kent: City) -> None:
    """To the printed digits: 507 robberies and 852 incidents of anti-social behaviour."""
    assert (memphis.grid.mask.sum(), len(memphis.xy), memphis.periods) == (36_100, 2_240, 52)
    assert (kent.grid.mask.sum(), len(kent.xy), kent.periods) == (2_963, 4_890, 13)
    study = {
        "memphis": [0.203, 0.264, 0.389, 0.554, 0.513],
        "kent": [0.270, 0.407, 0.621, 0.799, 0.732],
    }
    assert back_test(memphis, by_default) == pytest.approx(study["memphis"], abs=0.0006)
    assert back_test(kent, by_default) == pytest.approx(study["kent"], abs=0.0006)


def test_the_default_beats_gi_star_and_recent_counts(memphis: City, kent: City) -> None:
    """By as much as in the study: 0.033 and 0.085 over the z-score, twice to four times counts."""
    for city, gi_star_study, last_study in ((memphis, 0.480, 0.116), (kent, 0.647, 0.512)):
        ours = back_test(city, by_default)
        z_score = back_test(city, by_gi_star(None))
        last = back_test(city, by_counts(1))
        assert z_score[4] == pytest.approx(gi_star_study, abs=0.0006)
        assert last[4] == pytest.approx(last_study, abs=0.0006)
        assert ours[4] > z_score[4] + 0.03
        assert ours[4] > last[4] + 0.2
        assert (ours[:4] > z_score[:4]).all()


def test_the_mixture_is_no_worse_on_monthly_asb(kent: City) -> None:
    """The study's mixture has 0.749, its default 0.732."""
    mixture, default = back_test(kent, by_mixture(1)), back_test(kent, by_default)
    assert mixture[4] >= 0.98 * default[4]
    assert mixture[4] == pytest.approx(0.749, abs=0.005)


def test_the_mixture_is_no_worse_on_weekly_robbery(memphis: City) -> None:
    """The study's mixture has 0.514, its default 0.513."""
    mixture, default = back_test(memphis, by_mixture(4)), back_test(memphis, by_default)
    assert mixture[4] >= 0.98 * default[4]
    assert mixture[4] == pytest.approx(0.514, abs=0.005)


def totals(city: City, half_life_weeks: float) -> float:
    """Return the totals expected over the test part."""
    weeks, said = city.weeks_per_period, 0.0
    for origin in range(city.test, city.periods):
        past = city.before(origin)
        age = (origin - city.period[past] - 0.5) * weeks
        made = forecast(
            city.xy[past], age, city.grid, weeks, history_weeks=origin * weeks,
            half_life_weeks=half_life_weeks,
        )  # fmt: skip
        said += made.total
    return said


def test_the_total_follows_the_level(memphis: City, kent: City) -> None:
    """Robbery was steady; anti-social behaviour fell by half that year, after the lockdown.

    The long half-life lags behind such a fall, a short one less.
    """
    assert totals(memphis, 104) == pytest.approx((memphis.period >= memphis.test).sum(), rel=0.15)
    came, slow, quick = (kent.period >= kent.test).sum(), totals(kent, 104), totals(kent, 8)
    assert abs(quick - came) < abs(slow - came) / 2
    assert quick == pytest.approx(came, rel=0.15)
