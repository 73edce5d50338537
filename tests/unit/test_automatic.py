"""Automatic lengths: their rounding, their reasons, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.clustering import Grid
from hotspots.clustering.automatic import (
    DISTANCES,
    MOST_CENTRES,
    automatic_bandwidth,
    automatic_cell_size,
    automatic_distance,
    moran_curve,
    ripley_distance,
    ripley_l,
    rounded,
    spacing_of_points,
)
from hotspots.clustering.bandwidth import METHODS, select_bandwidth
from hotspots.errors import UsageError

AREA = shapely.box(0, 0, 8_000, 8_000)


def moved(n: int = 400, spacing: float = 300, seed: int = 0) -> np.ndarray:
    """Incidents that a publisher moved to the corners of a lattice."""
    return np.random.default_rng(seed).integers(0, 8, (n, 2)) * spacing


def clumps(radius: float, seed: int = 0) -> np.ndarray:
    """Incidents in 25 discs far apart."""
    rng = np.random.default_rng(seed)
    centre = rng.permutation(np.stack(np.meshgrid(*[np.arange(5)] * 2), -1).reshape(-1, 2))
    angle, far = rng.uniform(0, 2 * np.pi, (25, 40)), radius * np.sqrt(rng.random((25, 40)))
    offset = np.stack([far * np.cos(angle), far * np.sin(angle)], -1)
    return (800 + centre[:, None] * 1_600 + offset).reshape(-1, 2)


@given(st.floats(1, 1e5))
def test_rounded_lengths_are_near_and_round(value: float) -> None:
    step = 10 if value < 100 else 25 if value < 300 else 50 if value < 1000 else 100
    assert rounded(value) % step == 0
    assert abs(rounded(value) - value) <= max(step / 2, 10 - value) + 1e-9


def test_two_incidents_a_cell() -> None:
    """800 incidents on 64 km2: cells of 400 m have 2."""
    xy = np.random.default_rng(0).uniform(0, 8_000, (800, 2))
    found = automatic_cell_size(xy, 64)
    assert found.value_m == pytest.approx(400)
    assert found.adjusted_m == 400
    assert np.interp(400, found.at_m, found.curve) == pytest.approx(2)
    assert "shorter distances" not in found.reason


def test_cells_are_not_finer_than_the_data() -> None:
    xy = moved(4_000)
    spacing = automatic_cell_size(xy, 5.76)
    assert spacing.value_m < 60
    assert spacing.adjusted_m == 300
    assert "mean nothing" in spacing.reason
    given_one = automatic_cell_size(
        np.random.default_rng(0).uniform(0, 2_400, (4_000, 2)), 5.76, 90
    )
    assert given_one.adjusted_m == 90
    assert "exact to 90 m only" in given_one.reason


def test_spacing_is_of_moved_points_alone() -> None:
    exact = np.random.default_rng(0).uniform(0, 8_000, (400, 2))
    # a third of the homes suffer twice: that is no publisher's point
    again = np.vstack([exact, exact[:80]])
    assert spacing_of_points(moved()) == 300
    assert spacing_of_points(exact) == spacing_of_points(again) == 0
    assert spacing_of_points(np.zeros((5, 2))) == 0
    assert spacing_of_points(np.empty((0, 2))) == 0


def test_ripley_finds_the_width_of_clumps() -> None:
    """Within a disc of radius r every pair is closer than 2 r; beyond, no more are found."""
    for radius in (150, 300):
        found = ripley_distance(clumps(radius), AREA, 50)
        assert radius <= found.value_m <= 2 * radius
        assert found.adjusted_m >= found.value_m
        assert found.adjusted_m % 50 == 0


def test_the_first_peak_of_moran_is_at_the_width_of_blocks() -> None:
    """Squares of 3 x 3 cells with 9 incidents each, far apart: likeness ends with the block."""
    counts = np.zeros((60, 60))
    for row in range(3, 57, 18):
        for col in range(3, 57, 18):
            counts[row : row + 3, col : col + 3] = 9
    found = automatic_distance(counts, 100)
    assert found.value_m in (100, 200, 300)
    assert "first peaks" in found.reason
    assert found.curve[int(found.value_m / 100) - 1] > 1.96


def test_no_peak_is_said() -> None:
    ramp = np.add.outer(np.arange(12.0), np.arange(12.0))
    found = automatic_distance(ramp, 100, distances_m=[100, 200, 300])
    assert found.value_m == 300
    assert "no peak" in found.reason
    assert "larger distances" in found.reason


def test_wide_bands_are_said_to_be_of_towns() -> None:
    ramp = np.add.outer(np.arange(12.0), np.arange(12.0))
    assert "size of towns" in automatic_distance(ramp, 1_000, distances_m=[2_000]).reason


def test_no_distance_below_the_spacing() -> None:
    grid = Grid.cover(shapely.box(0, 0, 2_400, 2_400), 100)
    found = automatic_distance(grid.counts(moved()), 100, grid.mask, spacing_m=300)
    assert found.at_m.min() >= 300
    assert "mean nothing" in found.reason
    area = shapely.box(-500, -500, 2_900, 2_900)
    assert ripley_distance(moved(), area, 100).at_m.min() >= 300
    with pytest.raises(UsageError, match="next point"):
        automatic_distance(grid.counts(moved()), 100, grid.mask, [100, 200], spacing_m=300)


def test_moran_knows_no_scale() -> None:
    counts = np.random.default_rng(0).poisson(2, (9, 11)).astype(float)
    one, other = (moran_curve(x, 100, [150, 300]) for x in (counts, 7 * counts + 3))
    np.testing.assert_allclose(one.z_random, other.z_random, rtol=1e-9)
    np.testing.assert_allclose(one.moran_i, other.moran_i, rtol=1e-9)


def test_all_cells_neighbours_of_all_say_nothing() -> None:
    counts = np.random.default_rng(0).poisson(2, (4, 4))
    found = moran_curve(counts, 100, [50, 1_000])
    assert math.isnan(found.moran_i[0])
    assert found.moran_i[1] == pytest.approx(-1 / 15)
    assert found.z_random[1] == 0


def test_many_incidents_are_sampled_alike() -> None:
    rng = np.random.default_rng(0)
    xy = rng.uniform(0, 8_000, (2 * MOST_CENTRES, 2))
    one, other = (ripley_l(xy, AREA, [300], seed)[0] for seed in (1, 1))
    assert one == other
    assert ripley_l(xy, AREA, [300], 2)[0] == pytest.approx(np.pi * 300**2, rel=0.05)


@pytest.mark.parametrize("method", list(METHODS))
def test_bandwidths_have_the_same_shape(method: str) -> None:
    xy = np.random.default_rng(0).normal(4_000, 700, (300, 2))
    found = automatic_bandwidth(xy, method)
    direct = select_bandwidth(xy, method)
    assert found.value_m == direct.bandwidth_m
    assert found.adjusted_m == rounded(direct.bandwidth_m)
    assert found.reason.startswith(direct.reason[:-1])


def test_every_distance_has_a_reason_of_one_sentence() -> None:
    xy = clumps(200)
    grid = Grid.cover(AREA, 200)
    given_to = {"moran": (grid.counts(xy), 200.0, grid.mask), "ripley": (xy, AREA, 200.0)}
    for name, choose in DISTANCES.items():
        found = choose(*given_to[name])
        assert (found.name, found.method) == ("distance_m", name)
        assert found.reason.endswith(".")
        assert ". " not in found.reason
        assert len(found.at_m) == len(found.curve) > 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: automatic_cell_size(np.empty((0, 2)), 1), "at least one incident"),
        (lambda: automatic_cell_size([[0, 0]], 0), "area_km2"),
        (lambda: automatic_cell_size([[0, 0]], 1, -1), "resolution_m"),
        (lambda: automatic_distance(np.ones((5, 5)), 100), "differ"),
        (lambda: automatic_distance([[1, 2]], 100), "four cells"),
        (lambda: automatic_distance(np.eye(5), 100, distances_m=[0]), "above 0"),
        (lambda: automatic_distance(np.eye(5), 100, spacing_m=math.nan), "spacing_m"),
        (lambda: ripley_distance([[1, 1]], AREA, 100), "two incidents"),
        (lambda: ripley_distance(clumps(100), None, 100), "study_area"),
        (lambda: ripley_distance(clumps(100), AREA, 100, [9_000]), "from the edge"),
        (lambda: automatic_bandwidth(clumps(100), "guess"), "method"),
    ],
)
def test_refusals_are_sentences(wrong: object, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        wrong()  # type: ignore[operator]
    assert str(caught.value).endswith(".")
