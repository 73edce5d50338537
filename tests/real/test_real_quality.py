"""Each finding on a real file that has it, and not on the same file without it.

Where no real file has a fault it is planted in real rows. The 13 months of Kent are the clean
files: none of the checks that blame a file may blame them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

import hotspots
from hotspots.model import INCIDENT_COLUMNS, Incidents, Period, Wards
from hotspots.quality import CHECKS, Finding, Inputs, examine, touching

MONTHS = [f"{2021 + m // 12}-{m % 12 + 1:02d}" for m in range(2, 15)]
#: What blames a file; the other checks tell what is so in every published file.
BLAME = ("rejected", "gaps", "missing", "incomplete", "coordinates", "default-places", "area")
BLAME += ("clocks", "years", "future")


@cache
def _read(path: Path) -> tuple[Incidents, dict[str, int]]:
    incidents, rejections = hotspots.read_incidents(path)
    return incidents, rejections.by_reason()


@pytest.fixture
def kent(real_data: Path) -> Inputs:
    incidents, rejections = _read(real_data / "police-uk-kent")
    return Inputs(incidents.frame, incidents.files, rejections, None, date(2022, 5, 1))


@pytest.fixture
def city(real_data: Path) -> Inputs:
    incidents, rejections = _read(real_data / "police-uk-city-of-london")
    return Inputs(incidents.frame, incidents.files, rejections)


@pytest.fixture
def wards(real_data: Path) -> Wards:
    return _wards(real_data, "E07000107.json", "E07000109.json")


def _wards(real_data: Path, *names: str) -> Wards:
    return hotspots.read_wards([real_data / "uk-geojson" / "wards" / n for n in names], "2013")


def _month(data: Inputs, month: str) -> Inputs:
    frame = data.incidents[data.incidents["starts_at"].dt.strftime("%Y-%m") == month]
    return replace(data, incidents=frame.reset_index(drop=True))


def _without(data: Inputs, rows: np.ndarray) -> Inputs:
    return replace(data, incidents=data.incidents[~rows].reset_index(drop=True))


def _slim(data: Inputs) -> Inputs:
    """What the checks of months look at: cut again and again, the whole table takes its time."""
    columns = ["agency", "category", "starts_at", "precision", "file"]
    return replace(data, incidents=data.incidents[columns])


def _of(data: Inputs, check: str, *codes: str) -> list[Finding]:
    return [f for f in CHECKS[check](data) if not codes or f.code in codes]


def _frame(
    starts: pd.Series, x: np.ndarray, y: np.ndarray, agency: str, precision: str = "minute"
) -> pd.DataFrame:
    """Incidents of a table that pandas read."""
    frame = pd.DataFrame(dict.fromkeys(INCIDENT_COLUMNS), index=range(len(starts)))
    times = ("starts_at", "ends_at", "recorded_at")
    frame["starts_at"] = starts.to_numpy(dtype="datetime64[us]")
    frame["ends_at"] = frame["starts_at"]
    frame["recorded_at"] = np.full(len(starts), "NaT", dtype="datetime64[us]")
    frame["x"], frame["y"], frame["row"] = x, y, np.arange(2, len(starts) + 2)
    values = {"precision": precision, "placed": "given", "agency": agency, "category": "robbery"}
    frame = frame.assign(**values, file=f"{agency}.csv")
    return frame.astype({n: "str" for n in INCIDENT_COLUMNS if n not in (*times, "x", "y", "row")})


@pytest.fixture
def vancouver(real_data: Path) -> Inputs:
    table = pd.read_csv(real_data / "crimemappingdata" / "vancouver_thefts.csv.gz")
    starts = pd.to_datetime(table[["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]])
    frame = _frame(starts, table["X"].to_numpy(), table["Y"].to_numpy(), "Vancouver")
    frame["location"] = table["HUNDRED_BLOCK"].astype("str")
    return Inputs(frame, crs="EPSG:32610")


@pytest.fixture
def memphis(real_data: Path) -> Inputs:
    table = pd.read_csv(real_data / "sfhotspot" / "memphis_robberies.csv.gz")
    project = Transformer.from_crs(4326, 32615, always_xy=True)
    x, y = project.transform(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    return Inputs(_frame(pd.to_datetime(table["date"]), x, y, "Memphis"), crs="EPSG:32615")


@pytest.fixture
def portland(real_data: Path) -> Inputs:
    table = pd.read_csv(real_data / "nij-portland" / "crimes_bur.csv.gz")
    project = Transformer.from_crs(2913, 32610, always_xy=True)
    x, y = project.transform(table["x_coordina"].to_numpy(), table["y_coordina"].to_numpy())
    frame = _frame(pd.to_datetime(table["occ_date"]), x, y, "Portland", "day")
    return Inputs(frame, crs="EPSG:32610")


# -- no false alarm -------------------------------------------------------------------------------


def test_no_check_blames_the_13_kent_months_together(kent: Inputs, wards: Wards) -> None:
    found = examine(replace(kent, wards=wards))
    codes = [f.code for f in found if f.severity != "note"]
    assert codes == ["no-buffer"]  # the force boundary and the Thames, which are so
    assert {"map-points", "outside-wards", "alike-anonymous", "rejected"} <= {f.code for f in found}


@pytest.mark.parametrize("month", MONTHS)
def test_no_check_blames_a_kent_month_alone(kent: Inputs, wards: Wards, month: str) -> None:
    alone = replace(_month(kent, month), wards=wards)
    assert len(alone) > 14_000
    blamed = [f for name in BLAME for f in _of(alone, name) if f.severity != "note"]
    assert blamed == []


def test_the_city_months_are_blamed_for_the_missing_asb_alone(city: Inputs) -> None:
    blamed = [f for name in BLAME for f in _of(city, name) if f.severity != "note"]
    # 4.8 % of the City's rows have no coordinates: below the 5 % that would be careful
    assert [(f.code, f.severity) for f in blamed] == [("missing-category", "serious")]


@pytest.mark.parametrize("source", ["vancouver", "memphis", "portland"])
def test_real_rises_and_falls_are_not_called_incomplete(
    source: str, request: pytest.FixtureRequest
) -> None:
    # Vancouver's thefts halved in the spring of 2020, which was no fault of the file
    data: Inputs = request.getfixturevalue(source)
    assert not [f for name in ("gaps", "missing", "incomplete") for f in _of(data, name)]


# -- rows, months, categories ---------------------------------------------------------------------


def test_rows_without_coordinates_are_counted(kent: Inputs) -> None:
    (found,) = _of(kent, "rejected")
    assert (found.count, found.severity) == (2533, "note")
    assert found.share == pytest.approx(2533 / 228_272)
    assert not _of(replace(kent, rejections={}), "rejected")
    (lost,) = _of(replace(kent, rejections={"date is not a date": 30_000}), "rejected")
    assert lost.severity == "serious"


def test_a_month_that_is_left_out_is_missing(kent: Inputs) -> None:
    assert not _of(kent, "gaps")
    months = kent.incidents["starts_at"].dt.strftime("%Y-%m").to_numpy()
    (found,) = _of(_without(kent, np.isin(months, ["2021-08", "2021-09"])), "gaps")
    assert (found.code, found.severity) == ("missing-month", "serious")
    assert found.months == ("2021-08", "2021-09")


def test_an_agency_that_ends_before_the_others_is_late(kent: Inputs, city: Inputs) -> None:
    both = Inputs(pd.concat([kent.incidents, city.incidents], ignore_index=True))
    (found,) = _of(both, "gaps")
    assert (found.code, found.agencies) == ("late-agency", ("City of London Police",))
    assert found.months[0] == "2017-10" and found.months[-1] == "2022-03"
    assert not _of(city, "gaps")


def test_the_city_has_no_asb_in_two_months(city: Inputs, real_data: Path) -> None:
    without = []
    for path in sorted((real_data / "police-uk-city-of-london").iterdir()):
        kinds = pd.read_csv(path)["Crime type"]
        if not (kinds == "Anti-social behaviour").any():
            without.append(path.name[:7])
    (found,) = _of(city, "missing")
    assert found.months == tuple(without) == ("2017-05", "2017-09")
    assert (found.categories, found.severity) == (("asb",), "serious")
    whole = city.incidents["starts_at"].dt.strftime("%Y-%m").isin(without).to_numpy()
    assert not _of(_without(city, whole), "missing")


def test_what_is_missing_touches_the_results_that_use_it(city: Inputs) -> None:
    found = _of(city, "missing")
    assert touching(found, Period.parse("2017-05"), "asb")
    assert touching(found, Period.parse("2018-05"), "asb")  # the last month of its history
    assert not touching(found, Period.parse("2018-10"), "asb")
    assert not touching(found, Period.parse("2017-04"), "asb")
    assert not touching(found, Period.parse("2017-05"), "crime")  # ASB is no crime


@pytest.mark.parametrize("source", ["kent", "city"])
def test_every_month_cut_to_half_is_found(source: str, request: pytest.FixtureRequest) -> None:
    data = _slim(request.getfixturevalue(source))
    months = data.incidents["starts_at"].dt.strftime("%Y-%m").to_numpy()
    draw = np.random.default_rng(0).random(len(data))
    for month in sorted(set(months)):
        cut = _without(data, (months == month) & (draw < 0.5))
        assert [f.months for f in _of(cut, "incomplete")] == [(month,)]


def test_a_kent_month_without_its_last_week_is_found(kent: Inputs) -> None:
    """Days are not known, so 7 of its days' share are drawn; found unless it was above its own
    neighbours by so much that what is left is less than 15 % below them.
    """
    months = kent.incidents["starts_at"].dt.strftime("%Y-%m").to_numpy()
    counts = pd.Series(months).value_counts().sort_index()
    rate = counts / pd.PeriodIndex(counts.index, freq="M").days_in_month
    around = [rate.drop(m)[max(0, i - 3) : i + 3].median() for i, m in enumerate(rate.index)]
    not_above = rate.index[rate.to_numpy() <= np.array(around)]
    assert len(not_above) >= 5
    slim, draw = _slim(kent), np.random.default_rng(1).random(len(kent))
    for month in not_above:
        cut = _without(slim, (months == month) & (draw < 7 / 30))
        assert [f.months for f in _of(cut, "incomplete")] == [(month,)]


def test_half_of_one_category_is_found(kent: Inputs) -> None:
    frame = kent.incidents
    of_month = frame["starts_at"].dt.strftime("%Y-%m").to_numpy() == "2021-08"
    asb = (frame["category"] == "asb").to_numpy() & of_month
    draw = np.random.default_rng(2).random(len(kent))
    (found,) = _of(_without(kent, asb & (draw < 0.6)), "incomplete")
    assert (found.categories, found.months) == (("asb",), ("2021-08",))


@pytest.mark.parametrize(("source", "month"), [("portland", "2012-12"), ("vancouver", "2020-09")])
def test_days_that_are_missing_are_found(
    source: str, month: str, request: pytest.FixtureRequest
) -> None:
    data: Inputs = request.getfixturevalue(source)
    day = data.incidents["starts_at"]
    last_week = (day.dt.strftime("%Y-%m") == month) & (day.dt.day > day.dt.days_in_month - 7)
    found = _of(_without(data, last_week.to_numpy()), "incomplete", "empty-days")
    assert [(f.count, f.months) for f in found] == [(7, (month,))]


# -- places ---------------------------------------------------------------------------------------


def test_police_points_are_map_points_and_exact_ones_are_not(
    kent: Inputs, portland: Inputs, real_data: Path
) -> None:
    raw = pd.concat(
        pd.read_csv(p, usecols=["Longitude", "Latitude"]).dropna()
        for p in sorted((real_data / "police-uk-kent").rglob("*street*"))
    )
    (found,) = _of(kent, "coordinates")
    assert (found.code, found.severity) == ("map-points", "note")
    assert found.count == raw.duplicated(keep=False).sum()
    assert f"{len(raw.drop_duplicates()):,} points" in found.title
    assert not _of(portland, "coordinates")


def test_memphis_is_rounded_to_three_decimals(memphis: Inputs) -> None:
    (found,) = _of(memphis, "coordinates")
    assert (found.code, found.severity) == ("rounded-coordinates", "careful")
    assert "111 m" in found.title  # of latitude, a thousandth of a degree
    noise = np.random.default_rng(0).uniform(-50, 50, (len(memphis), 2))
    moved = memphis.incidents.assign(x=memphis.xy[:, 0] + noise[:, 0])
    assert not _of(replace(memphis, incidents=moved), "coordinates")


@pytest.mark.parametrize("step", [10, 50, 100, 500, 1000])
def test_points_on_a_grid_are_told_with_its_step(portland: Inputs, step: int) -> None:
    xy = np.round(portland.xy / step) * step
    frame = portland.incidents.assign(x=xy[:, 0], y=xy[:, 1])
    (found,) = _of(replace(portland, incidents=frame), "coordinates", "rounded-coordinates")
    assert f"about {step:,} m" in found.title
    assert found.severity == ("careful" if step >= 100 else "note")


def test_four_decimals_are_seen_through_the_projection(kent: Inputs) -> None:
    month = _month(kent, "2021-06")
    there = Transformer.from_crs(4326, 27700, always_xy=True)
    back = Transformer.from_crs(27700, 4326, always_xy=True)
    degrees = np.round(back.transform(*month.xy.T), 4)
    x, y = there.transform(*degrees)
    rounded = replace(month, incidents=month.incidents.assign(x=x, y=y))
    (found,) = _of(rounded, "coordinates", "rounded-coordinates")
    assert "11 m" in found.title and found.severity == "note"
    assert not _of(month, "coordinates", "rounded-coordinates")


def test_avon_has_hidden_digits(real_data: Path) -> None:
    incidents, _ = _read(real_data / "avon-fire" / "afrs_attended_incidents_july_2014.csv")
    (found,) = _of(Inputs(incidents.frame), "coordinates")
    assert (found.code, found.count, found.severity) == ("masked-coordinates", 1084, "careful")
    assert "1,000 m" in found.title
    noise = np.random.default_rng(0).uniform(-499, 499, (len(incidents), 2))
    frame = incidents.frame.assign(placed="given")
    frame[["x", "y"]] += noise
    assert not _of(Inputs(frame), "coordinates")


@pytest.mark.parametrize("blank", [False, True])
def test_a_station_as_default_place_is_found_and_bluewater_is_not(
    kent: Inputs, blank: bool
) -> None:
    frame = kent.incidents.copy()
    assert frame.groupby(["x", "y"]).size().max() > 1_000  # Bluewater
    assert not _of(kent, "default-places")
    moved = np.random.default_rng(3).choice(len(frame), 300, replace=False)
    frame.loc[moved, ["x", "y"]] = (554_321.0, 174_321.0)
    if blank:
        frame.loc[moved, "location"] = None
    (found,) = _of(replace(kent, incidents=frame), "default-places")
    assert (found.code, found.count, found.severity) == ("default-place", 300, "careful")


def test_shops_of_one_centre_are_no_default_place(kent: Inputs) -> None:
    frame = kent.incidents.copy()
    centre = (frame["location"] == "On or near Bluewater Complex").to_numpy()
    assert centre.sum() > 1_000
    units = [f"Unit {i % 97}, Bluewater, {'Lower' if i % 2 else 'Upper'} Mall" for i in range(9999)]
    frame.loc[centre, "location"] = units[: centre.sum()]
    assert not _of(replace(kent, incidents=frame), "default-places")


def test_incidents_at_the_middle_of_wards_and_at_corners(kent: Inputs, wards: Wards) -> None:
    month = replace(_month(kent, "2021-06"), wards=wards)
    assert not _of(month, "default-places")
    ward = month.ward
    middles = wards.frame.geometry.representative_point()
    inside = ward >= 0
    frame = month.incidents.copy()
    frame.loc[inside, "x"] = middles.x.to_numpy()[ward[inside]]
    frame.loc[inside, "y"] = middles.y.to_numpy()[ward[inside]]
    assert "ward-middle" in {f.code for f in _of(replace(month, incidents=frame), "default-places")}
    frame = month.incidents.copy()
    frame.loc[frame.index[:9], ["x", "y"]] = (500_000.0, 100_000.0)
    (found,) = _of(replace(month, incidents=frame), "default-places", "corner-place")
    assert found.count == 9


@pytest.mark.parametrize(
    ("placed", "code"), [("mended", "mended-coordinates"), ("postcode", "placed-by-postcode")]
)
def test_mended_and_postcode_places_are_counted(kent: Inputs, placed: str, code: str) -> None:
    month = _month(kent, "2021-06")
    assert not _of(month, "placed")
    frame = month.incidents.copy()
    frame.loc[frame.index[:40], "placed"] = placed
    (found,) = _of(replace(month, incidents=frame), "placed")
    assert (found.code, found.count, found.severity) == (code, 40, "note")


def test_outside_the_wards(kent: Inputs, wards: Wards) -> None:
    data = replace(kent, wards=wards)
    (found,) = _of(data, "area", "outside-wards")
    assert (found.count, found.severity) == (225_739 - 30_608, "note")  # 30,608 by the data's notes
    unit = tuple(replace(f, source="mapping") for f in kent.files)
    assert _of(replace(data, files=unit), "area")[0].severity == "serious"
    within = _without(replace(data, files=unit), data.ward < 0)
    assert not _of(within, "area")


def test_nothing_is_recorded_beyond_the_force_boundary(
    kent: Inputs, city: Inputs, wards: Wards, real_data: Path
) -> None:
    (found,) = _of(replace(kent, wards=wards), "buffer")
    assert found.severity == "careful" and "north" in found.title
    # Kent goes on around these two, and the City's file knows what is around the City
    beyond = [replace(kent, wards=_wards(real_data, f"E0700011{n}.json.gz")) for n in (1, 5)]
    beyond.append(replace(city, wards=_wards(real_data, "E09000001.json")))
    for data in beyond:
        assert not _of(data, "buffer")
        # until only the incidents inside are loaded
        (cut,) = _of(_without(data, data.ward < 0), "buffer")
        assert cut.share == 1.0


# -- rows that are there twice --------------------------------------------------------------------


def test_anonymous_rows_alike_are_counted_and_kept(kent: Inputs, real_data: Path) -> None:
    path = real_data / "police-uk-kent" / "2022-02" / "2022-02-kent-street.csv"
    raw = pd.read_csv(path)
    raw = raw[raw["Longitude"].notna() & raw["Crime ID"].isna()]
    month = _month(kent, "2022-02")
    (found,) = _of(month, "duplicates", "alike-anonymous")
    assert found.count == raw.duplicated().sum() > 100
    assert found.severity == "note"
    once = _without(month, month.incidents["reference"].isna().to_numpy())
    assert not _of(once, "duplicates", "alike-anonymous")


def test_references_that_repeat_are_counted(kent: Inputs, real_data: Path) -> None:
    raw = pd.concat(
        pd.read_csv(p, usecols=["Crime ID", "Longitude"]).dropna()
        for p in (real_data / "police-uk-kent").rglob("*street*")
    )
    (found,) = _of(kent, "duplicates", "repeated-reference")
    assert found.count == raw["Crime ID"].duplicated().sum() > 0
    again = kent.incidents.duplicated("reference").to_numpy()
    assert not _of(_without(kent, again), "duplicates", "repeated-reference")


# -- times ----------------------------------------------------------------------------------------


def test_midnight_is_a_default_in_vancouver(vancouver: Inputs, memphis: Inputs) -> None:
    starts = vancouver.incidents["starts_at"]
    midnight = int(((starts.dt.hour == 0) & (starts.dt.minute == 0)).sum())
    found = _of(vancouver, "clocks")
    assert [f.count for f in found if "00:00" in f.title] == [midnight]
    spread = np.random.default_rng(0).integers(0, 24 * 60, len(vancouver))
    clean = vancouver.incidents.assign(
        starts_at=starts.dt.normalize() + pd.to_timedelta(spread, unit="min")
    )
    assert not _of(replace(vancouver, incidents=clean), "clocks")
    assert not _of(memphis, "clocks")


@pytest.mark.parametrize(("form", "said"), [("%Y-01-01", "1 January"), ("%Y-%m-01", "the first")])
def test_default_dates(portland: Inputs, form: str, said: str) -> None:
    assert not _of(portland, "clocks")
    frame = portland.incidents.copy()
    some = np.random.default_rng(4).choice(len(frame), 600, replace=False)
    dates = pd.to_datetime(frame.loc[some, "starts_at"].dt.strftime(form))
    frame.loc[some, "starts_at"] = dates.astype("datetime64[us]")
    (found,) = _of(replace(portland, incidents=frame), "clocks")
    assert found.code == "default-date" and said in found.title


def test_mistyped_years(portland: Inputs) -> None:
    assert not _of(portland, "years")
    frame = portland.incidents.copy()
    wrong = pd.to_datetime(["2105-03-04", "1970-01-01", "1914-07-01"]).astype("datetime64[us]")
    frame.loc[[10, 20, 30], "starts_at"] = wrong
    (found,) = _of(replace(portland, incidents=frame), "years")
    assert found.count == 3 and found.example == "Portland.csv, row 12"
    assert "1914, 1970 and 2105" in found.title
    # and they do not make a thousand months missing
    assert not _of(replace(portland, incidents=frame), "gaps")


def test_dates_in_the_future(portland: Inputs) -> None:
    last = portland.incidents["starts_at"].max().date()
    assert not _of(replace(portland, today=last), "future")
    early = replace(portland, today=date(2017, 5, 30))
    (found,) = _of(early, "future")
    assert found.code == "future-date"
    assert found.count == int((portland.incidents["starts_at"] >= "2017-05-31").sum()) > 0


def test_delay_tells_what_is_still_to_come(vancouver: Inputs) -> None:
    """Delays of ten days on average, drawn for the real dates; the truth is then known."""
    rng = np.random.default_rng(5)
    frame = vancouver.incidents
    recorded = frame["starts_at"] + pd.to_timedelta(rng.exponential(10, len(frame)), unit="D")
    now = pd.Timestamp("2020-10-01")
    started = frame["starts_at"]
    week = (started >= now - pd.Timedelta(days=7)) & (started < now)
    missing = float((recorded[week] > now).mean())
    seen = frame.assign(recorded_at=recorded.astype("datetime64[us]"))[recorded <= now]
    (found,) = _of(replace(vancouver, incidents=seen.reset_index(drop=True)), "delay")
    assert found.share == pytest.approx(missing, abs=0.06)
    assert missing > 0.5 and found.severity == "careful"
    assert not _of(vancouver, "delay")  # no recorded_at
    quick = frame.assign(recorded_at=started)
    (same_day,) = _of(replace(vancouver, incidents=quick), "delay")
    assert (same_day.share, same_day.severity) == (0.0, "note")


def test_arson_that_the_police_also_recorded(kent: Inputs, real_data: Path) -> None:
    """Avon's deliberate fires with an exact place, and for 40 of them what the police may write."""
    avon, _ = _read(real_data / "avon-fire" / "afrs_attended_incidents_july_2014.csv")
    fires = avon.frame[avon.frame["category"] == "deliberate_fire"].reset_index(drop=True)
    assert len(fires) == 208
    rng = np.random.default_rng(6)
    exact = fires.assign(placed="given")
    exact[["x", "y"]] += rng.uniform(-500, 500, (208, 2))
    police = exact.iloc[:40].assign(
        category="criminal_damage", subcategory="arson", agency="Avon and Somerset Constabulary"
    )
    police["x"] += rng.uniform(-150, 150, 40)
    both = Inputs(pd.concat([exact, police], ignore_index=True))
    (found,) = _of(both, "arson")
    assert found.code == "arson-twice" and 38 <= found.count <= 40  # two fires may swap partners
    assert not _of(Inputs(exact), "arson")
    # as published, by the kilometre, nothing can be proved
    (maybe,) = _of(Inputs(pd.concat([fires, police], ignore_index=True)), "arson")
    assert maybe.code == "arson-maybe-twice" and maybe.count >= 40
    assert not _of(kent, "arson")  # no fires at all
