"""An order of day, month and year is called proved only where it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.ingest.inspection import Inspection
from hotspots.ingest.inspection.inspecting import inspect_table
from tests.support import nine_wards

ROWS = 300
DAYS = pd.Series(pd.date_range("2023-01-01", periods=ROWS, freq="17h"))
#: Days 1 to 7 of the months 1 to 9: either order fits.
EARLY = pd.Series(pd.to_datetime([f"2023-{i % 9 + 1:02d}-{i % 7 + 1:02d}" for i in range(ROWS)]))


def inspected(folder: Path, wards: bool = True, **columns: object) -> Inspection:
    west, south, east, north = nine_wards().frame.total_bounds
    rng = np.random.default_rng(0)
    given = {
        "ref": [f"A{i}" for i in range(ROWS)],
        "type": "ASB",
        "easting": rng.uniform(west, east, ROWS).round(),
        "northing": rng.uniform(south, north, ROWS).round(),
    }
    if {"x", "y"} & set(columns):
        del given["easting"], given["northing"]
    path = folder / "made.csv"
    pd.DataFrame({**given, **columns}).to_csv(path, index=False)
    return inspect_table(path, wards=nine_wards() if wards else None)


def formats(found: Inspection) -> tuple[str, ...]:
    assert found.mapping is not None
    return found.mapping.dates.date_formats


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%y-%m-%d", "the year is first"),
        ("%y-%m-%d %H:%M", "the year is first"),
        ("%d/%m/%y", "the year is last"),
        ("%m/%d/%y", "month first proved"),  # a day in the middle leaves nothing else
    ],
)
def test_years_of_two_digits_first_or_last(form: str, said: str, tmp_path: Path) -> None:
    found = inspected(tmp_path, date=DAYS.dt.strftime(form))
    assert formats(found) == (form,)
    assert any(said in s for s in found.sentences)


def test_one_day_does_not_prove_where_the_year_is(tmp_path: Path) -> None:
    found = inspected(tmp_path, date=["13/01/23"] * ROWS)
    assert formats(found) == ("%d/%m/%y",)
    assert found.alternative_dates == ("%y/%m/%d",)
    assert any("year is first or last is not proved" in s for s in found.sentences)
    assert any("Is the year first or last" in q for q in found.questions)
    assert not any("can be nothing else" in s for s in found.sentences)


def test_years_above_31_can_only_be_last(tmp_path: Path) -> None:
    found = inspected(tmp_path, date=(DAYS - pd.Timedelta(days=9_000)).dt.strftime("%d/%m/%y"))
    assert formats(found) == ("%d/%m/%y",)
    assert any("day first proved by" in s for s in found.sentences)


def test_one_column_proves_the_order_of_another(tmp_path: Path) -> None:
    recorded = EARLY + pd.Timedelta(days=20)
    columns = {"from date": EARLY, "recorded date": recorded}
    for form in ("%m/%d/%Y", "%d/%m/%Y"):
        found = inspected(tmp_path, **{n: c.dt.strftime(form) for n, c in columns.items()})
        assert formats(found) == (form,)
        assert found.alternative_dates == ()
        assert any('"recorded date"' in s and "not proved alone" in s for s in found.sentences)


def test_columns_of_two_orders_are_not_read_by_one_list(tmp_path: Path) -> None:
    found = inspected(
        tmp_path,
        **{
            "from date": DAYS.dt.strftime("%d/%m/%Y"),
            "recorded date": DAYS.dt.strftime("%m/%d/%Y"),
        },
    )
    assert formats(found) == ("%d/%m/%Y",)
    assert found.mapping is not None and found.mapping.columns.recorded_date is None
    assert any("the other way round" in q for q in found.questions)


@pytest.mark.parametrize("wards", [True, False])
def test_small_numbers_named_x_and_y_are_no_metres(wards: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    found = inspected(
        tmp_path,
        wards,
        date=DAYS.dt.strftime("%Y-%m-%d"),
        x=rng.integers(0, 100, ROWS),
        y=rng.integers(0, 100, ROWS),
    )
    assert found.crs_unknown
    assert found.mapping is not None and found.mapping.crs is None
