"""The Knox test against a published value, brute force, all permutations, and real burglaries."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import libpysal
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hotspots.clustering.near_repeat import KnoxResult, knox
from hotspots.errors import UsageError
from hotspots.jit import limit_threads

Array = NDArray[np.float64]
DISTANCE, TIME = (0, 100, 200, 400), (0, 7, 14, 28)


def _chance(n: int, seed: int, side_m: float = 1_500, span_days: int = 200) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, side_m, (n, 2)).astype(float), rng.integers(0, span_days, n) * 1.0


def _brute_force(
    xy: Array, days: Array, distance: tuple[float, ...], time: tuple[float, ...]
) -> list[list[int]]:
    """Pairs by band, one pair at a time; half-open bands, no band for the same place."""
    table = [[0] * (len(time) - 1) for _ in distance[1:]]
    for i, j in itertools.combinations(range(len(xy)), 2):
        metres = math.dist(xy[i], xy[j])
        apart = abs(days[i] - days[j])
        for d, t in itertools.product(range(len(distance) - 1), range(len(time) - 1)):
            if distance[d] <= metres < distance[d + 1] and time[t] <= apart < time[t + 1]:
                table[d][t] += 1
    return table


def test_burkitt_lymphoma_has_the_published_pairs() -> None:
    # 188 cases in West Nile; pointpats documents 13 pairs within 20 km and 5 days, edges included
    table = libpysal.io.open(libpysal.examples.get_path("burkitt.dbf"))
    columns = {name: np.array(table.by_col(name), dtype=float) for name in "XYT"}
    table.close()
    xy = np.column_stack([columns["X"], columns["Y"]])
    found = knox(xy, columns["T"], (0, 20.001), (0, 5.001), same_place=False)
    assert found.observed.tolist() == [[13]]
    assert found.p_value[0, 0] > 0.05


def test_four_incidents_by_hand() -> None:
    xy = [[0, 0], [0, 0], [100, 0], [150, 0]]
    days = [0, 3, 7, 8]
    found = knox(xy, days, (0, 100, 200), (0, 7, 14), permutations=9)
    # same place: 0-1 (3 days). [0, 100): 2-3 (1 day).
    # [100, 200): 0-2 (7 days), 0-3 (8), 1-2 (4), 1-3 (5)
    assert found.observed.tolist() == [[1, 0], [1, 0], [2, 2]]
    # pairs within 7 days: 3, 4, 5, 1 days; from 7 to 14: 7, 8; of 6 pairs in all
    np.testing.assert_allclose(found.expected, np.outer([1, 1, 4], [4 / 6, 2 / 6]))
    np.testing.assert_allclose(found.ratio, found.observed / found.expected)
    assert found.distance_m.tolist() == [[0, 0], [0, 100], [100, 200]]
    assert found.time_days.tolist() == [[0, 7], [7, 14]]
    assert found.moved_points == 0.5
    together = knox(xy, days, (0, 100, 200), (0, 7, 14), permutations=9, same_place=False)
    assert together.observed.tolist() == [[2, 0], [2, 2]]


@pytest.mark.parametrize(
    ("distance", "time"), [(DISTANCE, TIME), ((50, 300), (1, 2, 90)), ((0, 0.5, 9e5), (0, 1e6))]
)
def test_counts_equal_brute_force(distance: tuple[float, ...], time: tuple[float, ...]) -> None:
    xy, days = _chance(90, seed=3, side_m=600)
    xy[::7] = xy[1]
    found = knox(xy, days, distance, time, permutations=1, same_place=False)
    assert found.observed.tolist() == _brute_force(xy, days, distance, time)
    parted = knox(xy, days, distance, time, permutations=1)
    if distance[0] == 0:
        # whole metres: what is nearer than half a metre is at the same place
        assert parted.observed[0].tolist() == _brute_force(xy, days, (0, 0.5), time)[0]
        assert parted.observed[0].sum() > 20
        assert (parted.observed[0] + parted.observed[1]).tolist() == found.observed[0].tolist()


def test_expectation_and_p_equal_all_permutations() -> None:
    xy = np.array([[0, 0], [30, 0], [0, 40], [500, 0], [540, 30], [900, 900]], dtype=float)
    days = np.array([1.0, 2.5, 30.0, 11.0, 12.0, 60.0])
    found = knox(xy, days, DISTANCE, TIME, permutations=4_999, same_place=False)
    tables = np.array(
        [
            _brute_force(xy, days[list(order)], DISTANCE, TIME)
            for order in itertools.permutations(range(6))
        ]
    )
    np.testing.assert_allclose(found.expected, tables.mean(axis=0), rtol=1e-12)
    exact = (tables >= found.observed).mean(axis=0)
    # four standard errors of 4,999 draws
    np.testing.assert_allclose(found.p_value, exact, atol=4 * math.sqrt(0.25 / 4_999))
    assert exact[0, 0] < 0.2


def test_result_repeats_from_a_seed_on_any_number_of_threads() -> None:
    xy, days = _chance(300, seed=6)
    with limit_threads(1):
        one = knox(xy, days, DISTANCE, TIME, permutations=130, seed=5)
    with limit_threads(3):
        two = knox(xy, days, DISTANCE, TIME, permutations=130, seed=5)
    drawn = knox(xy, days, DISTANCE, TIME, permutations=130, seed=np.random.default_rng(5))
    other = knox(xy, days, DISTANCE, TIME, permutations=130, seed=6)
    np.testing.assert_array_equal(one.p_value, two.p_value)
    np.testing.assert_array_equal(one.p_value, drawn.p_value)
    assert (one.p_value != other.p_value).any()
    assert one.permutations == 130


def test_planted_near_repeats_are_found_and_nothing_far_off() -> None:
    rng = np.random.default_rng(7)
    xy, days = _chance(400, seed=7, side_m=8_000, span_days=365)
    followed = rng.choice(400, 40, replace=False)
    near = xy[followed] + rng.uniform(-60, 60, (40, 2))
    found = knox(
        np.concatenate([xy, near]),
        np.concatenate([days, days[followed] + rng.integers(1, 6, 40)]),
        DISTANCE,
        TIME,
    )
    assert found.p_value[1, 0] == 1 / 1_000
    assert found.p_adjusted[1, 0] <= 0.05
    assert found.ratio[1, 0] > 10
    assert found.observed[1, 0] >= 38
    assert found.p_value[3, 2] > 0.05


def test_chance_alarms_at_about_the_nominal_rate() -> None:
    p = []
    for seed in range(150):
        xy, days = _chance(120, seed, side_m=900, span_days=100)
        p.append(knox(xy, days, (0, 150, 300), (0, 10, 20), 99, seed, same_place=False).p_value)
    rate = (np.array(p) <= 0.05).mean()
    # 600 tests at 5 %; counts are discrete, so somewhat below
    assert 0.02 <= rate <= 0.075


def test_a_standing_hot_spot_and_a_season_are_no_near_repeats() -> None:
    rng = np.random.default_rng(11)
    xy = np.concatenate([rng.normal(500, 60, (150, 2)), rng.uniform(0, 5_000, (150, 2))])
    days = rng.permutation(np.concatenate([rng.integers(0, 30, 150), rng.integers(0, 365, 150)]))
    found = knox(xy, days, DISTANCE, TIME)
    assert found.observed[1, 0] > 500
    assert found.p_adjusted.min() > 0.05


def _portland(real_data: Path, **options: object) -> KnoxResult:
    table = pd.read_csv(real_data / "nij-portland" / "crimes_bur.csv.gz")
    xy = table[["x_coordina", "y_coordina"]].to_numpy() * 0.3048
    days = (pd.to_datetime(table.occ_date) - pd.Timestamp("2012-03-01")).dt.days.to_numpy()
    return knox(xy, days, (0, 100, 200, 400, 800), (0, 7, 14, 28, 56), **options)  # type: ignore[arg-type]


def test_portland_burglary_repeats_at_short_range(real_data: Path) -> None:
    found = _portland(real_data, permutations=199, same_place=False)
    assert found.p_value[0, 0] == 1 / 200
    assert found.ratio[0, 0] > 2
    # the excess fades with distance and time
    assert found.ratio[0, 0] > found.ratio[1:, 0].max()
    assert found.ratio[0, 0] > found.ratio[0, 1:].max()
    assert abs(found.ratio[-1, -1] - 1) < 0.1
    assert found.moved_points < 0.25


def test_police_map_points_show_as_moved(real_data: Path) -> None:
    folder = real_data / "police-uk-city-of-london"
    table = pd.read_csv(folder / "2015-01-city-of-london-street.csv.gz").dropna(subset="Longitude")
    xy = table[["Longitude", "Latitude"]].to_numpy()
    assert knox(xy, np.arange(len(xy)), (0, 1), (0, 1), permutations=1).moved_points > 0.75


@pytest.mark.parametrize(("xy", "days"), [([], []), (np.empty((0, 2)), []), ([[1, 2]], [3])])
def test_too_few_incidents_make_no_pair(xy: object, days: object) -> None:
    found = knox(xy, days, DISTANCE, TIME, permutations=9)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.observed, np.zeros((4, 3)))
    np.testing.assert_array_equal(found.expected, np.zeros((4, 3)))
    np.testing.assert_array_equal(found.ratio, np.ones((4, 3)))
    np.testing.assert_array_equal(found.p_value, np.ones((4, 3)))
    assert found.moved_points == 0


def test_all_at_one_place_or_one_time_is_no_interaction() -> None:
    rng = np.random.default_rng(2)
    place = knox(np.ones((50, 2)), rng.integers(0, 90, 50), DISTANCE, TIME, permutations=19)
    time = knox(rng.uniform(0, 500, (50, 2)), np.full(50, 3), DISTANCE, TIME, permutations=19)
    for found in (place, time):
        np.testing.assert_array_equal(found.p_value, np.ones((4, 3)))
        np.testing.assert_allclose(found.ratio, 1.0)
    assert place.observed[0].sum() > 0
    assert place.moved_points == 1


GOOD = {
    "xy": np.zeros((2, 2)),
    "days": np.zeros(2),
    "distance_bands_m": DISTANCE,
    "time_bands_days": TIME,
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"xy": np.zeros((3, 2))}, "shape"),
        ({"xy": np.zeros((2, 3))}, "shape"),
        ({"days": np.zeros((2, 1))}, "shape"),
        ({"xy": np.array([[0, 0], [np.nan, 0]])}, "position 1"),
        ({"xy": np.array([[np.inf, 0], [0, 0]])}, "position 0"),
        ({"xy": np.array([[1e300, 0], [0, 0]])}, "at most 1e"),
        ({"days": np.array([0, np.nan])}, "position 1"),
        ({"days": np.array([0, -1e200])}, "position 1"),
        ({"distance_bands_m": (100,)}, "distance_bands_m"),
        ({"distance_bands_m": (0, 100, 100)}, "rise"),
        ({"distance_bands_m": (-1, 100)}, "from 0"),
        ({"distance_bands_m": range(999)}, "at most 200 bands"),
        ({"time_bands_days": (0, np.inf)}, "time_bands_days"),
        ({"time_bands_days": (0, np.nan)}, "time_bands_days"),
        ({"xy": [["a", "b"], ["c", "d"]]}, "xy must be numbers"),
        ({"xy": [[1, 2], [3]]}, "xy must be numbers"),
        ({"xy": None}, "shape"),
        ({"days": ["a", "b"]}, "days must be numbers"),
        ({"days": [[1], [2, 3]]}, "days must be times of one kind"),
        ({"days": None}, "shape"),
        ({"days": [1, None]}, "position 1"),
        ({"days": np.array(["2024-01-01", "NaT"], "datetime64[D]")}, "NaT 1 times.*position 1"),
        ({"days": np.array(["NaT", 3], "timedelta64[h]")}, "position 0"),
        ({"days": np.array([1, 3], "timedelta64[M]")}, "days or a shorter unit"),
        ({"days": np.array([1, 3], "timedelta64")}, "days or a shorter unit"),
        ({"days": np.array([1, 2**60], "datetime64[D]")}, "10,000 years"),
        ({"days": np.array([1, 2**60], "datetime64[Y]")}, "10,000 years"),
        ({"distance_bands_m": ("a", "b")}, "distance_bands_m must be numbers"),
        ({"distance_bands_m": 5}, "distance_bands_m"),
        ({"distance_bands_m": None}, "distance_bands_m"),
        ({"time_bands_days": [[0, 1], [2]]}, "time_bands_days"),
        ({"time_bands_days": np.array([0, 7], "datetime64[D]")}, "time_bands_days"),
        ({"time_bands_days": np.array([0, "NaT"], "timedelta64[D]")}, "time_bands_days"),
        ({"permutations": 0}, "permutations"),
        ({"permutations": "x"}, "permutations"),
        ({"permutations": None}, "permutations"),
        ({"permutations": 9.5}, "permutations"),
        ({"seed": -1}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"xy": np.zeros((20_000, 2)), "days": np.zeros(20_000)}, "pairs"),
    ],
)
def test_bad_input_is_refused_in_words(changed: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=message):
        knox(**{**GOOD, **changed})


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "30m"])
def test_datetimes_of_any_unit_are_dates(unit: str) -> None:
    dates = np.array(["1970-01-01", "1971-01-01", "1973-01-01", "1974-01-01"], "datetime64[D]")
    times = dates.astype(f"datetime64[{unit}]")
    days = times.astype("datetime64[D]").astype(int)
    found = knox(np.zeros((4, 2)), times, (0, 1), (0, 360, 365, 366, 1_000, 5_000), 1)
    plain = knox(np.zeros((4, 2)), days, (0, 1), (0, 360, 365, 366, 1_000, 5_000), 1)
    np.testing.assert_array_equal(found.observed, plain.observed)
    np.testing.assert_array_equal(found.time_days, plain.time_days)
    assert found.observed.sum() == 6


@pytest.mark.parametrize("unit", ["m", "s", "ms", "us", "ns"])
def test_whole_days_apart_are_whole_days_at_any_hour(unit: str) -> None:
    # days as fractions of a day: 0.1 + 7 - 0.1 is less than 7
    minutes = np.random.default_rng(9).integers(0, 30_000_000, 400)
    starts = np.datetime64("1990-03-01", "m") + minutes
    xy = np.arange(400.0)[:, None] * [1e6, 0]
    times = np.concatenate([starts, starts + np.timedelta64(7, "D")])
    found = knox(
        np.concatenate([xy, xy]), times.astype(f"datetime64[{unit}]"), (0, 1), (0, 7, 7.001), 1
    )
    assert found.observed[0].tolist() == [0, 400]


def test_a_band_of_hours_is_in_whole_ticks() -> None:
    times = np.arange(0, 24 * 5).astype("timedelta64[h]")
    xy = np.zeros((len(times), 2))
    edges = np.arange(0, 25) / 24
    for given in (edges, np.arange(0, 25).astype("timedelta64[h]")):
        found = knox(xy, times, (0, 1), given, 1)
        assert found.observed[0].tolist() == [0, *(len(times) - np.arange(1, 24))]
