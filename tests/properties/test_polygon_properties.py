"""What must hold of polygons' statistics and rates for any input."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hotspots.clustering.funnel import funnel, funnel_limits, poisson_interval
from hotspots.clustering.local_moran import local_moran
from hotspots.clustering.polygons import polygon_gi_star, queen_neighbours
from hotspots.clustering.rates import empirical_bayes

Counts = NDArray[np.int64]
Near = list[list[int]]


@st.composite
def maps(draw: st.DrawFn) -> tuple[Counts, Near]:
    """Counts of 1 to 12 polygons, any of them neighbours."""
    n = draw(st.integers(1, 12))
    counts = draw(arrays(np.int64, n, elements=st.integers(0, 30)))
    touch = np.triu(draw(arrays(np.bool_, (n, n))), 1)
    touch |= touch.T
    return counts, [np.flatnonzero(row).tolist() for row in touch]


people = st.integers(1, 20_000)


@st.composite
def populated(draw: st.DrawFn) -> tuple[Counts, NDArray[np.float64], Near]:
    counts, near = draw(maps())
    return counts, draw(arrays(np.float64, counts.size, elements=people)), near


def _relabelled(near: Near, order: NDArray[np.intp]) -> Near:
    place = np.argsort(order)
    return [sorted(place[near[i]].tolist()) for i in order]


@given(maps())
def test_results_are_defined_numbers(area: tuple[Counts, Near]) -> None:
    counts, near = area
    gi, moran = polygon_gi_star(counts, near, permutations=19), local_moran(counts, near, 19)
    assert gi.p_sim is not None
    for p in (gi.p_value, gi.p_adjusted, gi.p_sim, moran.p_value, moran.p_adjusted, moran.p_sim):
        assert ((p > 0) & (p <= 1)).all()
    assert np.isfinite(gi.z_score).all()
    assert np.isfinite(moran.local_i).all()
    islands = [i for i, at in enumerate(near) if not at]
    assert list(gi.islands) == list(moran.islands) == islands
    assert (gi.p_sim[islands] == 1).all()
    assert (moran.p_value[islands] == 1).all()
    assert (moran.local_i[islands] == 0).all()
    assert (moran.quadrant[islands] == "island").all()


@given(maps(), st.integers(1, 50), st.integers(0, 9))
def test_gi_star_ignores_scale_and_shift(area: tuple[Counts, Near], scale: int, up: int) -> None:
    counts, near = area
    plain, moved = (
        polygon_gi_star(c, near, permutations=49) for c in (counts, counts * scale + up)
    )
    np.testing.assert_allclose(moved.z_score, plain.z_score, atol=1e-9)
    np.testing.assert_allclose(moved.p_value, plain.p_value, atol=1e-12)
    np.testing.assert_array_equal(moved.p_sim, plain.p_sim)


@given(maps(), st.integers(0, 99))
def test_the_order_of_the_polygons_does_not_matter(area: tuple[Counts, Near], seed: int) -> None:
    counts, near = area
    order = np.random.default_rng(seed).permutation(counts.size)
    again = _relabelled(near, order)
    gi, other = polygon_gi_star(counts, near), polygon_gi_star(counts[order], again)
    np.testing.assert_allclose(other.z_score, gi.z_score[order], atol=1e-10)
    np.testing.assert_allclose(other.p_value, gi.p_value[order], atol=1e-12)
    moran = local_moran(counts, near, 9).local_i
    np.testing.assert_allclose(
        local_moran(counts[order], again, 9).local_i, moran[order], atol=1e-10
    )


@given(maps(), st.sampled_from([-3, -1, 2, 7]), st.integers(-40, 40))
def test_moran_ignores_scale_shift_and_sign(area: tuple[Counts, Near], scale: int, up: int) -> None:
    counts, near = area
    plain, moved = local_moran(counts, near, 49), local_moran(counts * scale + up, near, 49)
    np.testing.assert_allclose(moved.local_i, plain.local_i, atol=1e-9)
    np.testing.assert_array_equal(moved.p_value, plain.p_value)


@given(maps())
def test_what_all_share_stands_out_nowhere(area: tuple[Counts, Near]) -> None:
    counts, near = area
    same = np.full(counts.size, 0.1 * counts[0])
    gi = polygon_gi_star(same, near, null="permutation", permutations=19)
    assert (gi.z_score == 0).all()
    assert (gi.p_value == 1).all()
    moran = local_moran(same, near, 19)
    assert (moran.local_i == 0).all()
    assert (moran.p_value == 1).all()
    assert set(moran.quadrant) <= {"none", "island"}


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12, unique=True)
)
def test_queen_neighbours_of_squares_are_those_that_touch(corners: list[tuple[int, int]]) -> None:
    near = queen_neighbours([shapely.box(x, y, x + 1, y + 1) for x, y in corners])
    for i, (x, y) in enumerate(corners):
        touching = [
            j for j, (u, v) in enumerate(corners) if j != i and max(abs(x - u), abs(y - v)) <= 1
        ]
        assert list(near[i]) == touching


@given(populated(), st.booleans())
def test_steadied_rates_lie_between_raw_and_reference(
    area: tuple[Counts, NDArray[np.float64], Near], spatial: bool
) -> None:
    counts, population, near = area
    found = empirical_bayes(counts, population, near if spatial else None)
    low, high = np.minimum(found.raw, found.reference), np.maximum(found.raw, found.reference)
    slack = 1e-9 * (1 + high)
    assert (found.rate >= low - slack).all()
    assert (found.rate <= high + slack).all()
    assert ((found.shrinkage >= 0) & (found.shrinkage <= 1)).all()
    assert (found.lower >= 0).all()
    assert (found.lower <= found.rate + slack).all()
    assert (found.upper >= found.rate).all()
    assert (found.upper > found.lower).all()


@given(populated())
def test_twice_the_residents_and_incidents_draw_in_less(
    area: tuple[Counts, NDArray[np.float64], Near],
) -> None:
    counts, population, _ = area
    one, two = empirical_bayes(counts, population), empirical_bayes(2 * counts, 2 * population)
    np.testing.assert_allclose(two.raw, one.raw)
    np.testing.assert_allclose(two.reference, one.reference)
    assert (two.shrinkage >= one.shrinkage - 1e-12).all()


@given(populated(), st.sampled_from([0.0, np.nan]), st.integers(0, 99))
def test_an_area_without_residents_is_as_if_left_out(
    area: tuple[Counts, NDArray[np.float64], Near], nobody: float, incidents: int
) -> None:
    counts, population, near = area
    n = counts.size
    more_counts, more_people = np.append(counts, incidents), np.append(population, nobody)
    more_near = [[*at, n] for at in near] + [list(range(n))]
    one, two = (
        empirical_bayes(counts, population, near),
        empirical_bayes(more_counts, more_people, more_near),
    )
    for name in ("raw", "rate", "lower", "upper", "shrinkage", "reference"):
        np.testing.assert_array_equal(getattr(two, name)[:n], getattr(one, name))
        assert np.isnan(getattr(two, name)[n])
    assert two.excluded == (n,)
    assert two.islands == one.islands
    flags, fewer = funnel(more_counts, more_people), funnel(counts, population)
    np.testing.assert_array_equal(flags.flag[:n], fewer.flag)
    assert flags.flag[n] == 0
    assert flags.excluded == (n,)


@given(arrays(np.float64, 6, elements=st.floats(0, 1e6)), st.floats(0.01, 0.999), st.floats(1, 50))
def test_limits_widen_with_the_level_and_with_over_dispersion(
    expected: NDArray[np.float64], level: float, phi: float
) -> None:
    for kind in ("exact", "interpolated"):
        lower, upper = funnel_limits(expected, [level / 2, level], kind)  # type: ignore[arg-type]
        assert (lower >= 0).all()
        assert (lower[1] <= lower[0]).all()
        assert (upper[1] >= upper[0]).all()
        wide_lower, wide_upper = funnel_limits(expected, [level], kind, phi)  # type: ignore[arg-type]
        assert (wide_lower <= lower[1]).all()
        assert (wide_upper >= upper[1]).all()


@given(st.integers(0, 10_000), st.floats(0.01, 0.999))
def test_intervals_hold_the_count(count: int, level: float) -> None:
    lower, upper = poisson_interval(count, level)
    assert lower <= count <= upper
