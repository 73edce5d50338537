"""Whatever the two sets of wards: totals are conserved, and the truth is within the bounds."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hotspots.boundaries import WeightedPoints, apportion, best_match
from hotspots.boundaries.overlap import overlap
from hotspots.model import WARD_COLUMNS, Wards

SIDE = 4000.0


def wards_of(shapes: list[shapely.Polygon], vintage: str) -> Wards:
    codes = [f"{vintage}-{i:02d}" for i in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {
            "ward_code": codes,
            "ward_name": codes,
            "district_code": None,
            "district_name": None,
            "vintage": vintage,
            "population": np.nan,
        },
        geometry=shapes,
        crs="EPSG:27700",
    )
    return Wards(frame[list(WARD_COLUMNS)], vintage)


@st.composite
def tilings(draw: st.DrawFn, vintage: str) -> Wards:
    """The same square cut into rectangles: columns, each with cuts of its own."""
    cuts = st.lists(st.integers(1, 39), max_size=3, unique=True).map(sorted)
    columns = [0, *draw(cuts), 40]
    shapes = []
    for west, east in itertools.pairwise(columns):
        rows = [0, *draw(cuts), 40]
        shapes += [
            shapely.box(west * 100, south * 100, east * 100, north * 100)
            for south, north in itertools.pairwise(rows)
        ]
    return wards_of(shapes, vintage)


def counts(wards: Wards, xy: NDArray[np.float64]) -> pd.Series:
    position = wards.assign(xy)
    number = np.bincount(position[position >= 0], minlength=len(wards))
    return pd.Series(number, index=wards.frame["ward_code"].to_numpy())


def scattered(seed: int, number: int) -> NDArray[np.float64]:
    # off the multiples of 100 m, so never on an edge
    return np.random.default_rng(seed).integers(0, 40, (number, 2)) * 100.0 + 50


@settings(max_examples=20)
@given(tilings("old"), tilings("new"), st.integers(0, 10_000), st.integers(1, 300))
def test_totals_are_conserved_and_the_truth_is_within_the_bounds(
    old: Wards, new: Wards, seed: int, number: int
) -> None:
    xy = scattered(seed, number)
    truth = counts(new, xy).to_numpy()
    done = apportion(counts(old, xy), old, new)
    rows = done.frame
    assert rows["total"].sum() == pytest.approx(number, rel=1e-12)
    assert (rows["low"] <= rows["total"] + 1e-9).all()
    assert (rows["total"] <= rows["high"] + 1e-9).all()
    sums = done.shares.groupby("old_code")["share"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)
    if not _has_slivers(old, new):
        assert ((rows["low"] <= truth) & (truth <= rows["high"])).all()


@settings(max_examples=20)
@given(tilings("old"), tilings("new"), st.integers(0, 10_000), st.integers(0, 60))
def test_weights_conserve_totals_too(old: Wards, new: Wards, seed: int, number: int) -> None:
    totals = pd.Series(np.arange(len(old)), index=old.frame["ward_code"].to_numpy())
    done = apportion(totals, old, new, WeightedPoints(scattered(seed, number)))
    assert done.frame["total"].sum() == pytest.approx(totals.sum(), rel=1e-12)
    by_ward = done.shares.groupby("old_code")["share"].sum()
    assert by_ward.to_numpy() == pytest.approx(1.0)


def _has_slivers(old: Wards, new: Wards) -> bool:
    return any("Left out" in line for line in overlap(old, new)[1])


@settings(max_examples=20)
@given(tilings("old"), tilings("new"), st.integers(0, 10_000), st.integers(1, 300))
def test_the_points_themselves_as_weights_give_the_truth(
    old: Wards, new: Wards, seed: int, number: int
) -> None:
    xy = scattered(seed, number)
    if _has_slivers(old, new):
        return
    done = apportion(counts(old, xy), old, new, WeightedPoints(xy))
    assert done.totals.to_numpy() == pytest.approx(counts(new, xy).to_numpy())


@settings(max_examples=20)
@given(tilings("old"), tilings("new"), st.floats(0.001, 1000))
def test_an_even_density_is_moved_without_error(old: Wards, new: Wards, density: float) -> None:
    if _has_slivers(old, new):
        return
    area = old.frame.area.to_numpy() / 1e6
    totals = pd.Series(density * area, index=old.frame["ward_code"].to_numpy())
    done = apportion(totals, old, new)
    assert done.totals.to_numpy() == pytest.approx(density * new.frame.area.to_numpy() / 1e6)


@settings(max_examples=20)
@given(tilings("old"), tilings("new"))
def test_overlaps_add_up_to_the_wards(old: Wards, new: Wards) -> None:
    pairs, sentences = overlap(old, new)
    if not any("Left out" in line for line in sentences):
        assert pairs.groupby("old_code")["share_of_old"].sum().to_numpy() == pytest.approx(1.0)
        assert pairs.groupby("new_code")["share_of_new"].sum().to_numpy() == pytest.approx(1.0)
        assert pairs["area_km2"].sum() == pytest.approx(SIDE**2 / 1e6)
    best = best_match(old, new)
    assert len(best) == len(old)
    assert best["continuity"].between(0, 1).all()


@settings(max_examples=20)
@given(tilings("old"))
def test_a_set_moved_to_itself_stays_as_it_is(old: Wards) -> None:
    totals = pd.Series(np.arange(len(old)), index=old.frame["ward_code"].to_numpy())
    done = apportion(totals, old, old)
    assert done.totals.tolist() == totals.tolist()
    assert done.frame["standard_error"].eq(0).all()
    assert best_match(old, old)["continuity"].to_numpy() == pytest.approx(1.0)
