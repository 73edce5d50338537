"""Numbers and text as pages show them."""

from __future__ import annotations

from hotspots.results.ward_scale import ward_scale
from hotspots.taxonomy import category
from hotspots.web.text import decimal, iso_day, short, tidy, whole


def test_numbers() -> None:
    assert whole(1234) == "1,234"
    assert whole(-5) == "−5"
    assert whole(float("nan")) == "No data"
    assert whole(None) == "No data"
    assert decimal(12.345) == "12.3"
    assert decimal(-0.04) == "0.0"
    assert decimal(-0.26) == "−0.3"
    assert short(0.05) == "0.05"
    assert iso_day("2022-04-07") == "7 April 2022"
    assert iso_day("unknown") == "unknown"


def test_text_from_data_cannot_hide_or_turn() -> None:
    assert tidy("a\u202eb\u200bc") == "a\ufffdb\ufffdc"
    assert tidy("  two\nlines ") == "two lines"
    assert tidy(None) == tidy(float("nan")) == ""


def test_ward_classes_are_locked_and_five() -> None:
    by_rate = ward_scale(category("asb"), residents_known=True)
    by_count = ward_scale(category("deliberate_fire"), residents_known=False)
    assert by_rate.breaks == (0.5, 1, 2, 4, 8)
    assert by_count.breaks == (1, 2, 4, 8, 16)
    assert [by_rate.level(v) for v in (0, 0.5, 0.99, 8, 100)] == [0, 1, 1, 5, 5]
