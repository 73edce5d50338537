"""What must hold of the space-time methods for any input."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hotspots.clustering.aoristic import aoristic_week, aoristic_weights
from hotspots.clustering.emerging import (
    CATEGORIES,
    classify_periods,
    emerging_hot_spots,
)
from hotspots.clustering.getis_ord import gi_star
from hotspots.clustering.near_repeat import KnoxResult, knox
from hotspots.clustering.persistence import persistence
from hotspots.clustering.trend import mann_kendall

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

short_series = arrays(
    np.float64, st.tuples(st.integers(0, 35), st.integers(1, 4)), elements=st.integers(-4, 4)
)
states = arrays(np.int8, st.tuples(st.integers(1, 14), st.just(6)), elements=st.integers(-1, 1))
trends = arrays(np.int8, (6,), elements=st.integers(-1, 1))
shares = st.sampled_from([0.6, 0.75, 0.9, 1.0])
stacks = st.tuples(st.integers(1, 6), st.integers(2, 7), st.integers(2, 7)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 12))
)


@given(short_series)
def test_trend_turns_with_time_and_with_sign(values: Floats) -> None:
    plain, back, down = mann_kendall(values), mann_kendall(values[::-1]), mann_kendall(-values)
    for turned in (back, down):
        np.testing.assert_array_equal(turned.s, -plain.s)
        np.testing.assert_allclose(turned.z_score, -plain.z_score)
        np.testing.assert_allclose(turned.p_value, plain.p_value)
    assert ((plain.p_value > 0) & (plain.p_value <= 1)).all()
    assert (plain.s**2 <= (len(values) * (len(values) - 1) / 2) ** 2).all()


@given(short_series)
def test_trend_knows_order_alone(values: Floats) -> None:
    plain, bent = mann_kendall(values), mann_kendall(np.exp(values) * 1e30 - 7e30)
    np.testing.assert_array_equal(bent.s, plain.s)
    np.testing.assert_array_equal(bent.p_value, plain.p_value)


@given(states, trends, shares)
def test_cold_is_the_mirror_of_hot(state: Ints, trend: Ints, share: float) -> None:
    plain = classify_periods(state, trend, share)
    np.testing.assert_array_equal(classify_periods(-state, -trend, share), -plain)


@given(states, trends, shares)
def test_what_is_hot_now_has_a_hot_class(state: Ints, trend: Ints, share: float) -> None:
    code = classify_periods(state, trend, share)
    historical = next(code for code, name in CATEGORIES.items() if name == "historical hot")
    np.testing.assert_array_equal((code > 0) & (code != historical), state[-1] > 0)
    often = np.abs(state).sum(axis=0) >= share * len(state) - 1e-9
    quiet = state[-1] == 0
    assert (code[quiet & ~often] == 0).all()
    assert np.isin(np.abs(code[quiet]), [0, historical]).all()


@settings(max_examples=40)
@given(stacks)
def test_emerging_turns_with_the_map(counts: Ints) -> None:
    plain = emerging_hot_spots(counts, 1.5, 1.0, alpha=0.3, trend_alpha=0.2)
    turned = emerging_hot_spots(
        np.rot90(counts, axes=(1, 2)).copy(), 1.5, 1.0, alpha=0.3, trend_alpha=0.2
    )
    np.testing.assert_array_equal(turned.state, np.rot90(plain.state, axes=(1, 2)))
    np.testing.assert_array_equal(plain.periods_hot, (plain.state > 0).sum(axis=0))
    for period, state in zip(counts, plain.state, strict=True):
        hot = gi_star(period, 1.5, 1.0).p_value
        cold = gi_star(period, 1.5, 1.0, alternative="less").p_value
        assert (hot[state > 0] <= 0.15).all()
        assert (cold[state < 0] <= 0.15).all()
    assert np.isfinite(plain.trend_z).all()
    assert (((plain.category > 0) & (plain.periods_hot == 0)).sum()) == 0


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 3)).flatmap(
        lambda shape: arrays(np.bool_, shape)
    ),
    st.integers(1, 12),
    st.floats(0.01, 1),
)
def test_persistence_is_one_class_that_fits(
    hot: NDArray[np.bool_], recent: int, share: float
) -> None:
    found = persistence(hot, recent, share)
    assert ((found.share_hot >= 0) & (found.share_hot <= 1)).all()
    np.testing.assert_array_equal(found.names == "never", ~hot.any(axis=0))
    np.testing.assert_array_equal(found.running > 0, hot[-1])
    assert (found.running <= found.periods_hot).all()
    assert (found.share_hot[found.names == "persistent"] >= share - 1e-6).all()
    assert hot[-recent:].any(axis=0)[np.isin(found.names, ["persistent", "recent"])].all()


@st.composite
def incidents(draw: st.DrawFn) -> tuple[Floats, Floats]:
    n = draw(st.integers(0, 25))
    xy = draw(arrays(np.float64, (n, 2), elements=st.integers(0, 60)))
    return xy, draw(arrays(np.float64, n, elements=st.integers(0, 40)))


def _knox(xy: Floats, days: Floats) -> KnoxResult:
    return knox(xy, days, (0, 10, 25), (0, 5, 12), permutations=9, seed=1)


@given(incidents(), st.integers(-1_000, 1_000), st.integers(0, 99))
def test_pairs_do_not_depend_on_origin_direction_or_order(
    data: tuple[Floats, Floats], shift: int, seed: int
) -> None:
    xy, days = data
    plain = _knox(xy, days)
    order = np.random.default_rng(seed).permutation(len(xy))
    for other in (
        _knox(xy + shift, shift - days),
        _knox(xy[order][:, ::-1], days[order]),
        _knox(-xy, days),
    ):
        np.testing.assert_array_equal(other.observed, plain.observed)
        np.testing.assert_allclose(other.expected, plain.expected)
        assert other.moved_points == plain.moved_points


@given(incidents())
def test_knox_gives_defined_numbers(data: tuple[Floats, Floats]) -> None:
    xy, days = data
    before = xy.copy(), days.copy()
    found = _knox(xy, days)
    for array in (found.expected, found.ratio, found.p_value, found.p_adjusted):
        assert np.isfinite(array).all()
        assert (array >= 0).all()
    assert ((found.p_value >= 0.1) & (found.p_value <= 1)).all()  # 9 permutations
    assert (found.observed[found.expected == 0] == 0).all()
    assert found.expected.sum() <= len(xy) * (len(xy) - 1) / 2 + 1e-9
    np.testing.assert_array_equal(xy, before[0])
    np.testing.assert_array_equal(days, before[1])


@given(incidents(), st.sampled_from(["D", "h", "s", "ms", "ns", "4h"]), st.booleans())
def test_the_unit_of_the_times_is_no_matter(
    data: tuple[Floats, Floats], unit: str, dated: bool
) -> None:
    xy, days = data
    plain = _knox(xy, days)
    times = days.astype("timedelta64[D]").astype(f"timedelta64[{unit}]")
    other = knox(
        xy,
        np.datetime64("1969-12-20", "D") + times if dated else times,
        (0, 10, 25),
        np.array([0, 120, 288], dtype="timedelta64[h]"),
        permutations=9,
        seed=1,
    )
    np.testing.assert_array_equal(other.observed, plain.observed)
    np.testing.assert_array_equal(other.p_value, plain.p_value)
    np.testing.assert_array_equal(other.expected, plain.expected)
    np.testing.assert_array_equal(other.time_days, plain.time_days)


@given(incidents())
def test_bands_that_cover_everything_hold_every_pair(data: tuple[Floats, Floats]) -> None:
    xy, days = data
    found = knox(xy, days, (0, 7, 50, 1_000), (0, 3, 100), permutations=3)
    pairs = len(xy) * (len(xy) - 1) // 2
    assert found.observed.sum() == pairs
    np.testing.assert_allclose(found.expected.sum(axis=0), found.observed.sum(axis=0), atol=1e-9)
    np.testing.assert_allclose(found.expected.sum(axis=1), found.observed.sum(axis=1), atol=1e-9)


spans = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 2_000_000)), min_size=0, max_size=20
)


def _times(pairs: list[tuple[int, int]]) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    start = np.array([begin for begin, _ in pairs], dtype=np.int64)
    length = np.array([seconds for _, seconds in pairs], dtype=np.int64)
    return start.astype("datetime64[s]"), (start + length).astype("datetime64[s]")


@given(spans)
def test_the_week_holds_every_known_incident(pairs: list[tuple[int, int]]) -> None:
    start, end = _times(pairs)
    found = aoristic_week(start, end)
    assert abs(found.weights.sum() - len(pairs)) < 1e-9
    assert (found.weights >= 0).all()
    assert found.even == sum(length > 604_800 for _, length in pairs)


@given(spans, st.integers(-300, 300))
def test_the_week_rolls_with_the_clock(pairs: list[tuple[int, int]], hours: int) -> None:
    start, end = _times(pairs)
    moved = np.timedelta64(hours, "h")
    plain, later = aoristic_week(start, end), aoristic_week(start + moved, end + moved)
    rolled = np.roll(plain.weights.ravel(), hours % 168).reshape(7, 24)
    np.testing.assert_allclose(later.weights, rolled, atol=1e-12)


@given(
    st.lists(st.tuples(st.floats(-50, 150), st.floats(0, 90)), max_size=15),
    st.lists(st.floats(0, 100), min_size=2, max_size=8, unique=True),
)
def test_shares_are_parts_of_the_span(
    pairs: list[tuple[float, float]], borders: list[float]
) -> None:
    start = np.array([begin for begin, _ in pairs])
    end = np.array([begin + length for begin, length in pairs])
    edges = np.sort(borders)
    found = aoristic_weights(start, end, edges)
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
    inside = (start >= edges[0]) & (end < edges[-1])
    np.testing.assert_allclose(found[inside].sum(axis=1), 1.0, rtol=1e-9)
    outside = (end < edges[0]) | (start >= edges[-1])
    assert (found[outside] == 0).all()
    # two slots in one hold the sum of both
    np.testing.assert_allclose(
        aoristic_weights(start, end, edges[[0, -1]])[:, 0][start < end],
        found.sum(axis=1)[start < end],
        atol=1e-9,
    )
