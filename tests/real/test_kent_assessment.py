"""The assessment of the 13 Kent months against a computation with pandas and shapely alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspots.boundaries import read_population, read_wards
from hotspots.evidence.assessment import (
    Source,
    assessment_asked,
    make_assessment,
    make_quarterly,
    quarterly_asked,
)
from hotspots.evidence.assessment_sheets import EVERY_AREA
from hotspots.evidence.figures import figures_from
from hotspots.evidence.years import states_of
from hotspots.ingest import read_incidents
from hotspots.model import Incidents, Wards
from hotspots.sharing.asked import Asked
from hotspots.sharing.tally import Tally
from hotspots.sheets import Blank, Sheet
from hotspots.taxonomy import categories, police_uk_categories

#: The last of the 13 months is March 2022.
DAY = date(2022, 3, 31)
#: Texts of the files, written out: what makes up the totals is part of what is checked.
VICTIM = (
    "Bicycle theft",
    "Burglary",
    "Criminal damage and arson",
    "Other theft",
    "Robbery",
    "Shoplifting",
    "Theft from the person",
    "Vehicle crime",
    "Violence and sexual offences",
)
SOCIETY = ("Drugs", "Other crime", "Possession of weapons", "Public order")
MEASURES = {
    "Victim-based crime": VICTIM,
    "Other crimes against society": SOCIETY,
    "Total crime": VICTIM + SOCIETY,
    "Violent crime": ("Violence and sexual offences",),
    "Anti-social behaviour": ("Anti-social behaviour",),
    "Criminal damage and arson": ("Criminal damage and arson",),
    "Theft and handling": ("Shoplifting", "Bicycle theft", "Theft from the person", "Other theft"),
    "Robbery": ("Robbery",),
}


@dataclass(frozen=True, eq=False)
class Kent:
    """The inputs as the tool reads them, and the same files read with pandas."""

    wards: Wards
    incidents: Incidents
    rows: pd.DataFrame
    residents: pd.Series


@pytest.fixture(scope="module")
def kent(real_data: Path) -> Kent:
    files = [real_data / "uk-geojson" / "wards" / f"E070001{code}.json" for code in ("07", "09")]
    people = real_data / "geographr" / "ward17_population_bestfit.csv"
    wards, _ = read_population(people, read_wards(files, vintage="2013"))
    incidents, _ = read_incidents(real_data / "police-uk-kent")
    table = pd.read_csv(people).set_index("ward17_code")["population_mid2019"]
    return Kent(wards, incidents, rows_by_ward(real_data, files), table)


def rows_by_ward(real_data: Path, files: list[Path]) -> pd.DataFrame:
    """Every street-level row whose point lies in a ward: month, type, ward."""
    features = [f for file in files for f in json.loads(file.read_text("utf-8"))["features"]]
    wards = gpd.GeoDataFrame(
        {"ward": [f["properties"]["WD13CD"] for f in features]},
        geometry=[shapely.geometry.shape(f["geometry"]) for f in features],
        crs="EPSG:4326",
    ).to_crs("EPSG:27700")
    streets = sorted((real_data / "police-uk-kent").glob("*/*-kent-street.csv*"))
    rows = pd.concat([pd.read_csv(path) for path in streets], ignore_index=True)
    west, south, east, north = wards.to_crs("EPSG:4326").total_bounds
    near = rows[rows["Longitude"].between(west, east) & rows["Latitude"].between(south, north)]
    points = gpd.GeoDataFrame(
        near[["Month", "Crime type"]],
        geometry=gpd.points_from_xy(near["Longitude"], near["Latitude"], crs="EPSG:4326"),
    ).to_crs("EPSG:27700")
    return pd.DataFrame(points.sjoin(wards, predicate="within"))[["Month", "Crime type", "ward"]]


def counted(kent: Kent, types: tuple[str, ...], first: str, last: str) -> pd.Series:
    """Counts by ward, 0 where there are none, of months from the first to the last."""
    rows = kent.rows[kent.rows["Crime type"].isin(types)]
    rows = rows[rows["Month"].between(first, last)]
    return rows["ward"].value_counts().reindex(kent.residents.index, fill_value=0)


def made(kent: Kent, asked: tuple[Asked, ...]) -> dict[Asked, int]:
    found = Tally(kent.incidents, [kent.wards]).count(asked)
    return dict(zip(asked, found.tolist(), strict=True))


@pytest.fixture(scope="module")
def annual(kent: Kent) -> dict[str, Sheet]:
    asked = assessment_asked(kent.wards, DAY)
    states = states_of(asked, kent.incidents, lambda code: ())
    figures = figures_from(made(kent, asked), (), states)
    sheets = make_assessment(kent.wards, DAY, figures, Source(["Kent Police", "data.police.uk"]))
    return {sheet.name: sheet for sheet in sheets}


@pytest.mark.parametrize("measure", MEASURES)
def test_ward_counts_rates_and_shares(kent: Kent, annual: dict[str, Sheet], measure: str) -> None:
    rows = {r["ward_code"]: r for r in annual["Wards"].rows if r["measure"] == measure}
    assert set(rows) == set(kent.residents.index)
    counts = counted(kent, MEASURES[measure], "2021-04", "2022-03")
    crime = counted(kent, VICTIM + SOCIETY, "2021-04", "2022-03")
    assert counts.sum() > 100
    for ward, count in counts.items():
        row = rows[ward]
        assert row["year"] == count
        assert row["rate"] == pytest.approx(1000 * count / kent.residents[ward])
        if measure != "Anti-social behaviour":
            assert row["share_of_crime"] == pytest.approx(count / crime[ward])
        # of the year before one month is known, and of the one before that nothing
        march = counted(kent, MEASURES[measure], "2021-03", "2021-03")[ward]
        assert row["year_before"] == march
        assert row["not_whole"] == "Year to Mar 2021"
        assert row["two_years_before"] is Blank.NO_DATA
        assert row["change"] is Blank.NOT_COMPARED


def test_boroughs_are_the_sums_of_their_wards(kent: Kent, annual: dict[str, Sheet]) -> None:
    counts = counted(kent, VICTIM + SOCIETY, "2021-04", "2022-03")
    of_borough = kent.wards.frame.set_index("ward_code")["district_code"]
    totals = counts.groupby(of_borough).sum()
    rows = [r for r in annual["Headline"].rows if r["measure"] == "Total crime"]
    assert [r["year"] for r in rows] == [*totals, counts.sum()]
    people = kent.residents.groupby(of_borough).sum()
    rates = [*(1000 * totals / people), 1000 * counts.sum() / people.sum()]
    assert [r["rate"] for r in rows] == pytest.approx(rates)


def test_what_these_files_cannot_tell_is_no_data(annual: dict[str, Sheet]) -> None:
    untold = [
        "Violent crime flagged as domestic abuse",
        "Hate crime",
        "Drug supply",
        "Noise complaints",
        "Residential burglary (from April 2017)",
        "Deliberate fires",
        "Deliberate fires: primary",
        "Road traffic collisions",
    ]
    for measure in untold:
        rows = [r for r in annual["Priorities"].rows if r["measure"] == measure]
        assert [r["area"] for r in rows] == [EVERY_AREA]
        assert {r["year"] for r in rows} == {Blank.NO_DATA}
    assert not set(untold) & {r["measure"] for r in annual["Wards"].rows}


def test_ward_changes(kent: Kent) -> None:
    """13 months hold no two years, so the year from March 2021 stands in for the year before."""
    asked = assessment_asked(kent.wards, DAY)
    earlier = [Asked(a.where, a.what, date(2021, 3, 1), date(2022, 3, 1)) for a in asked]
    shifted = made(kent, tuple(dict.fromkeys(earlier)))
    counts = {
        a: shifted[e] if a.end == date(2021, 4, 1) else n
        for (a, n), e in zip(made(kent, asked).items(), earlier, strict=True)
    }
    states = {(a.what, a.start, a.end): "known" for a in asked}
    figures = figures_from(counts, (), states)  # type: ignore[arg-type]
    sheets = make_assessment(kent.wards, DAY, figures, Source())
    (found,) = [sheet for sheet in sheets if sheet.name == "Wards"]
    rows = {(r["ward_code"], r["measure"]): r for r in found.rows}
    checked = 0
    for measure, types in MEASURES.items():
        before = counted(kent, types, "2021-03", "2022-02")
        now = counted(kent, types, "2021-04", "2022-03")
        change = ((now - before) / before)[before > 0]
        for ward, value in change.items():
            assert rows[ward, measure]["change"] == pytest.approx(value)
            checked += 1
    assert checked > 250


def test_the_quarters_of_the_boroughs(kent: Kent) -> None:
    asked = quarterly_asked(kent.wards, DAY)
    states = states_of(asked, kent.incidents, lambda code: ())
    figures = figures_from(made(kent, asked), (), states)
    sheets = {s.name: s for s in make_quarterly(kent.wards, DAY, figures, Source())}
    of_borough = kent.wards.frame.set_index("ward_code")["district_code"]
    names = [str(code) for code in sorted(of_borough.unique())]
    for measure, types in MEASURES.items():
        now = counted(kent, types, "2022-01", "2022-03").groupby(of_borough).sum()
        before = counted(kent, types, "2021-10", "2021-12").groupby(of_borough).sum()
        for name in names:
            (row,) = [r for r in sheets[name].rows if r["measure"] == measure]
            assert (row["quarter"], row["before"]) == (now[name], before[name])
            assert row["on_before"] == pytest.approx(now[name] / before[name] - 1)
            # of the same quarter a year ago, March alone is known
            assert row["on_year_ago"] is row["rolling_change"] is Blank.NOT_COMPARED
            assert "Jan to Mar 2021" in str(row["not_whole"])


def test_the_totals_here_are_the_taxonomys() -> None:
    codes = police_uk_categories()
    assert {codes[text] for text in VICTIM} == set(categories()["victim_based"].members)
    assert {codes[text] for text in SOCIETY} == set(categories()["against_society"].members)
