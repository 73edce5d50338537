"""Checks that several methods share, and the points that most of them take."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hotspots.clustering
from hotspots.clustering.checks import (
    generator,
    one_of,
    positive,
    real,
    stack_of_periods,
    whole,
)
from hotspots.clustering.points import checked_points, checked_xy
from hotspots.clustering.polygons import from_pysal
from hotspots.errors import UsageError


@pytest.mark.parametrize("value", [1, 1.0, np.int8(1), np.float32(1)])
def test_whole_numbers_pass(value: Any) -> None:
    found = whole("k", value)
    assert found == 1
    assert type(found) is int


@pytest.mark.parametrize("value", [0, 1.5, True, math.nan, math.inf, -math.inf, "1", None, [1]])
def test_other_numbers_are_not_whole(value: Any) -> None:
    with pytest.raises(UsageError, match="k must be a whole number of at least 1"):
        whole("k", value)


def test_a_whole_number_may_be_huge() -> None:
    assert whole("k", 10**400) == 10**400


@pytest.mark.parametrize("value", [2, 2.0, np.uint8(2), np.float32(2), Fraction(2)])
def test_positive_numbers_of_any_kind_pass(value: Any) -> None:
    found = positive("h", value)
    assert found == 2
    assert isinstance(found, float)


NO_NUMBERS = [None, True, np.True_, "5", b"5", 1j, [5.0], np.array([5.0]), np.array([1.0, 2.0])]


@pytest.mark.parametrize(
    "value", [0, -1.0, math.nan, math.inf, 10**400, np.longdouble("1e4000"), *NO_NUMBERS]
)
def test_numbers_not_above_0_are_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="h must be a finite number above 0"):
        positive("h", value)


def test_what_is_no_number_is_nan() -> None:
    assert all(math.isnan(real(value)) for value in NO_NUMBERS)
    assert [real(10**400), real(Fraction(-(10**400)))] == [math.inf, -math.inf]


def test_the_words_allowed_are_named() -> None:
    one_of("side", "left", ("left", "right"))
    with pytest.raises(UsageError, match="side must be one of left, right; got 'up'"):
        one_of("side", "up", iter(("left", "right")))
    for value in (None, np.array(["left", "up"]), ["left"]):
        with pytest.raises(UsageError, match="side must be one of"):
            one_of("side", value, ("left", "right"))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(), (3, 4), (0, 3, 4), (1, 2, 3, 4)])
def test_what_is_no_stack_of_periods_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="counts must be a stack"):
        stack_of_periods("counts", shape)


@pytest.mark.parametrize("seed", [-1, 0.5, "x"])
def test_bad_seeds_are_refused(seed: Any) -> None:
    with pytest.raises(UsageError, match="seed must be"):
        generator(seed)


def test_a_generator_goes_on_and_a_number_starts_anew() -> None:
    running = np.random.default_rng(3)
    assert generator(running) is running
    assert generator(3).random() == generator(3).random() == np.random.default_rng(3).random()


def test_points_and_weights() -> None:
    assert checked_xy([]).shape == (0, 2)
    points, weights = checked_points([[1, 2], [1e308, 1e308]], [0, -1])
    np.testing.assert_array_equal(points, [[1, 2], [1e308, 1e308]])
    assert weights is not None
    np.testing.assert_array_equal(weights, [0, -1])
    assert checked_points([[1, 2]], None)[1] is None


@pytest.mark.parametrize(
    ("xy", "weights", "message"),
    [
        ([1, 2], None, "xy must have two columns"),
        ([[1, 2, 3]], None, "xy must have two columns"),
        ([[1, math.nan]], None, "Coordinates must be finite"),
        ([[1, math.inf], [1, -math.inf]], None, "Coordinates must be finite"),
        ([[1, 2]], [1, 2], "one value a point"),
        ([[1, 2]], [[1]], "one value a point"),
        ([[1, 2]], [math.nan], "weights must be finite"),
        ([[1, 2]], [math.inf], "weights must be finite"),
        ("text", None, "must be numbers"),
        ([["1", "2"]], None, "must be numbers"),
        ([[1, 2], [3]], None, "must be numbers"),
        ([[object(), 1]], None, "must be numbers"),
        ([[1j, 1]], None, "must be numbers"),
        (None, None, "two columns"),
        ([[1, None]], None, "Coordinates must be finite"),
        (np.array([[np.longdouble("1e4000"), 1]]), None, "Coordinates must be finite"),
        ([[1, 2]], ["a"], "weights must be numbers"),
        ([[1, 2]], [[1], [2, 3]], "weights must be numbers"),
        ([[1, 2], [3, 4]], 5, "one value a point"),
    ],
)
def test_points_that_are_none_are_refused(xy: Any, weights: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        checked_points(xy, weights)


def test_every_public_name_is_listed() -> None:
    listed = dir(hotspots.clustering)
    assert set(hotspots.clustering.__all__) <= set(listed)
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("seed", [None, -1, 1.5, "x"])
def test_a_seed_makes_the_draws_repeat(seed: object) -> None:
    with pytest.raises(UsageError, match="seed must be"):
        generator(seed)  # type: ignore[arg-type]


def test_only_pysals_weights_are_pysals() -> None:
    with pytest.raises(UsageError, match=r"libpysal\.weights\.W; got dict"):
        from_pysal({0: [1]})
