"""Residents by year, and boundary sets by day, in files and in the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.boundaries import WeightedPoints, read_population
from hotspots.errors import DataError, UsageError, WorkspaceError
from hotspots.model import WARD_COLUMNS, Wards
from hotspots.store.boundaries import BoundarySets
from hotspots.store.store import Store

CODES = ["E05000001", "E05000002"]
MIDDLE = date(2018, 6, 30)  # half-way between mid-2017 and mid-2019


def wards_of(
    vintage: str = "2013",
    codes: list[str] = CODES,
    starts: tuple[float, ...] = (0, 1000),
    dates: tuple[date | None, date | None] = (None, None),
) -> Wards:
    ends = (*starts[1:], 2000)
    frame = gpd.GeoDataFrame(
        {
            "ward_code": codes,
            "ward_name": codes,
            "district_code": None,
            "district_name": None,
            "vintage": vintage,
            "population": np.nan,
        },
        geometry=[shapely.box(w, 0, e, 1000) for w, e in zip(starts, ends, strict=True)],
        crs="EPSG:27700",
    )
    sha256 = {f"{vintage}.json": vintage + codes[0]}
    return Wards(
        frame[list(WARD_COLUMNS)], vintage, sha256=sha256, valid_from=dates[0], valid_to=dates[1]
    )


def table(folder: Path, *rows: str, name: str = "p.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def yearly(folder: Path) -> Path:
    return table(
        folder,
        "code,population_mid2017,population_mid2019",
        f"{CODES[0]},100,200",
        f"{CODES[1]},10,30",
    )


@pytest.fixture
def sets(tmp_path: Path) -> Iterator[BoundarySets]:
    store = Store(f"sqlite:///{tmp_path / 's.sqlite'}")
    store.migrate()
    with store.boundaries() as found:
        yield found
    store.close()


# -- files ----------------------------------------------------------------------------------------


def test_every_year_of_a_file_is_read(tmp_path: Path) -> None:
    wards, report = read_population(yearly(tmp_path), wards_of())
    assert wards.frame["population"].tolist() == [200, 30]
    rows = report.by_year
    assert rows.groupby("year")["residents"].sum().to_dict() == {2017: 110, 2019: 230}
    assert set(rows["source"]) == {
        "p.csv, column population_mid2017",
        "p.csv, column population_mid2019",
    }
    assert "Years read: 2017, 2019." in report.sentences
    assert not any("Not used" in line for line in report.sentences)


def test_a_year_in_which_a_ward_has_no_residents(tmp_path: Path) -> None:
    path = table(tmp_path, "code,pop_2017,pop_2019", f"{CODES[0]},x,200", f"{CODES[1]},10,30")
    _, report = read_population(path, wards_of())
    assert report.by_year[["ward_code", "year"]].to_numpy().tolist() == [
        [CODES[1], 2017], [CODES[0], 2019], [CODES[1], 2019],
    ]  # fmt: skip
    assert "Fewer wards have residents in 2017 (1)." in report.sentences


def test_two_columns_of_one_earlier_year_are_not_guessed_from(tmp_path: Path) -> None:
    header = "code,persons 2017,residents 2017,persons 2019"
    path = table(tmp_path, header, *[f"{code},1,2,3" for code in CODES])
    _, report = read_population(path, wards_of())
    assert set(report.by_year["year"]) == {2019}
    assert any("Not used: persons 2017, residents 2017" in line for line in report.sentences)


def test_a_chosen_column_is_the_only_one(tmp_path: Path) -> None:
    _, report = read_population(yearly(tmp_path), wards_of(), column="population_mid2017")
    assert report.by_year["residents"].tolist() == [100, 10]
    assert set(report.by_year["year"]) == {2017}


def test_the_year_in_the_name_of_the_file(tmp_path: Path) -> None:
    rows = ["code,population", *[f"{code},5" for code in CODES]]
    _, dated = read_population(table(tmp_path, *rows, name="mid-2020.csv"), wards_of())
    assert set(dated.by_year["year"]) == {2020}
    _, undated = read_population(table(tmp_path, *rows), wards_of())
    assert undated.by_year.empty
    _, span = read_population(table(tmp_path, *rows, name="2011 to 2020.csv"), wards_of())
    assert span.by_year.empty


# -- the store ------------------------------------------------------------------------------------


def test_residents_of_a_day(sets: BoundarySets, tmp_path: Path) -> None:
    sets.add(wards_of())
    wards, report = read_population(yearly(tmp_path), sets.wards())
    sets.set_population(wards, report.by_year)
    assert sets.wards().frame["population"].tolist() == [200, 30]
    assert sets.wards().population_source == "p.csv, column population_mid2019"
    then = sets.wards("2013", MIDDLE)
    assert then.frame["population"].tolist() == [150, 20]
    assert then.population_source is not None
    assert then.population_source.startswith("mid-2017 and mid-2019, interpolated to 30 June 2018")
    assert sets.wards(day=MIDDLE).frame["population"].tolist() == [150, 20]
    sets.set_population(wards, report.by_year)
    assert len(sets.population_by_year()) == 4


def test_residents_of_no_year_count_for_every_day(sets: BoundarySets, tmp_path: Path) -> None:
    sets.add(wards_of())
    wards, report = read_population(yearly(tmp_path), sets.wards())
    sets.set_population(wards, report.by_year)
    one = table(tmp_path, "code,population", f"{CODES[0]},7", name="one.csv")
    undated, second = read_population(one, sets.wards())
    sets.set_population(undated, second.by_year)
    then = sets.wards("2013", MIDDLE)
    assert then.frame["population"].tolist() == [7, 20]
    assert then.population_source is not None
    assert then.population_source.endswith("; 1 of no year from one.csv, column population")


def test_the_vintage_of_a_day(sets: BoundarySets) -> None:
    change = date(2019, 5, 2)
    sets.add(wards_of("2021", dates=(change, None)))
    sets.add(wards_of("2013", ["a", "b"], dates=(None, change)))
    assert sets.wards().vintage == "2013"  # the one added last
    assert sets.wards(day=date(2019, 5, 1)).vintage == "2013"
    new = sets.wards(day=change)
    assert (new.vintage, new.valid_from, new.valid_to) == ("2021", change, None)
    assert new.report[-1].startswith("Wards of vintage 2021 are used for 2 May 2019")
    assert sets.wards("2013", change).vintage == "2013"
    sets.set_dates("2021", date(2020, 1, 1), None)
    assert sets.choose(change).name == "2013"
    with pytest.raises(UsageError, match="must end after it begins"):
        sets.set_dates("2021", change, change)


def test_one_vintage_needs_no_word_unless_it_was_not_in_force(sets: BoundarySets) -> None:
    sets.add(wards_of("2013"))
    assert sets.wards(day=date(2020, 1, 1)).report == ()
    assert "the oldest at hand" in sets.wards(day=date(2010, 1, 1)).report[-1]


def test_a_vintage_is_removed_with_its_residents(sets: BoundarySets, tmp_path: Path) -> None:
    sets.add(wards_of())
    sets.add(wards_of("2021", ["p", "q"]))
    wards, report = read_population(yearly(tmp_path), sets.wards("2013"))
    sets.set_population(wards, report.by_year)
    assert sets.remove("2013") == 2
    assert sets.vintages() == ["2021"]
    with pytest.raises(WorkspaceError, match="got '2013'"):
        sets.remove("2013")
    assert sets.add(wards_of())
    assert sets.population_by_year("2013").empty
    assert sets.wards("2013").frame["population"].isna().all()


def test_files_of_one_vintage_are_looked_at_together(sets: BoundarySets) -> None:
    sets.add(wards_of("2013", ["a"], starts=(1500,)))
    sets.add(wards_of("2013", ["b"], starts=(1900,)))
    assert sets.wards().report == (
        "1 pair of wards overlap, 0.10 km2 in all: a and b (0.10 km2); a point in two wards is "
        "counted in the one of the lower code.",
    )


def test_files_of_one_vintage_agree_on_its_dates(sets: BoundarySets) -> None:
    start = date(2019, 5, 2)
    sets.add(wards_of("2021", ["a"], starts=(1000,)))
    sets.add(wards_of("2021", ["b"], starts=(1000,), dates=(start, None)))
    assert sets.wards().valid_from == start
    with pytest.raises(DataError, match="has 2019-05-02 and the new file 2023-05-04"):
        sets.add(wards_of("2021", ["c"], starts=(1000,), dates=(date(2023, 5, 4), None)))


def test_residents_borrowed_from_another_vintage(sets: BoundarySets, tmp_path: Path) -> None:
    sets.add(wards_of())
    sets.add(wards_of("2021", ["p", "q"], starts=(0, 500)))
    with pytest.raises(DataError, match="2 have none"):
        sets.borrow_population("2021", "2013")
    wards, report = read_population(yearly(tmp_path), sets.wards("2013"))
    sets.set_population(wards, report.by_year)
    assert sets.wards("2021").frame["population"].isna().all()
    sets.borrow_population("2021", "2013")
    then = sets.wards("2021", MIDDLE)
    # half of the first ward is p; q has the rest
    assert then.frame["population"].tolist() == pytest.approx([75, 95])
    assert then.population_source is not None
    assert "apportioned from the wards of 2013 by area" in then.population_source
    east = WeightedPoints(np.array([[900.0, 500.0]]), name="households")
    sets.borrow_population("2021", "2013", east)
    assert sets.wards("2021").frame["population"].tolist() == pytest.approx([0, 230])
    totals = sets.population_by_year("2021").groupby("year")["residents"].sum()
    pd.testing.assert_series_equal(
        totals, pd.Series({2017: 110.0, 2019: 230.0}), check_names=False, check_index_type=False
    )
