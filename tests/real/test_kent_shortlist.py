"""Kent's shortlist against a count, rates, changes and shares made with pandas alone."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from hotspots import read_incidents, read_wards
from hotspots.boundaries import read_population
from hotspots.evidence.shortlist import WardFigures, WardShortlist, make_shortlist
from hotspots.meeting.counts import count_in_wards
from hotspots.model import Period
from hotspots.profile import Profile
from hotspots.sheets import Blank
from hotspots.taxonomy import category

MARCH = Period.parse("2022-03")
KINDS = {
    "asb": "Anti-social behaviour",
    "violence": "Violence and sexual offences",
    "criminal_damage": "Criminal damage and arson",
}
DISTRICTS = ("E07000107", "E07000109")


def street_file(real_data: Path, month: str) -> Path:
    (path,) = (real_data / "police-uk-kent" / month).glob("*-kent-street.csv*")
    return path


@pytest.fixture(scope="module")
def expected(real_data: Path) -> pd.DataFrame:
    """Incidents by ward, category and month: pandas, pyproj and a spatial join of the raw files."""
    shapes = pd.concat(
        gpd.read_file(real_data / "uk-geojson" / "wards" / f"{code}.json").assign(borough=code)
        for code in DISTRICTS
    ).to_crs("EPSG:27700")
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    found = []
    for month in ("2022-03", "2022-02", "2021-03"):
        rows = pd.read_csv(street_file(real_data, month)).dropna(subset=["Longitude"])
        x, y = to_grid.transform(rows["Longitude"], rows["Latitude"])
        points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(x, y), crs="EPSG:27700")
        inside = gpd.sjoin(points, shapes, predicate="within")
        counts = inside.groupby(["Crime type", "WD13CD"]).size().rename(month)
        found.append(counts)
    people = pd.read_csv(real_data / "geographr" / "ward17_population_bestfit.csv")
    table = pd.concat(found, axis=1).fillna(0).astype(int).reset_index()
    table = table.merge(people[["ward17_code", "population_mid2019"]], left_on="WD13CD",
                        right_on="ward17_code")  # fmt: skip
    return table.merge(shapes[["WD13CD", "borough"]], on="WD13CD")


@pytest.fixture(scope="module")
def found(real_data: Path) -> dict[str, WardShortlist]:
    files = [street_file(real_data, month) for month in ("2021-03", "2022-02", "2022-03")]
    incidents, _ = read_incidents(files)
    shapes = [real_data / "uk-geojson" / "wards" / f"{code}.json" for code in DISTRICTS]
    wards, _ = read_population(
        real_data / "geographr" / "ward17_population_bestfit.csv", read_wards(shapes, "2013")
    )

    def figures(kind: str, period: Period) -> WardFigures:
        counts = count_in_wards(incidents, wards, period, category(kind))
        nothing = np.zeros(len(wards), dtype=bool)
        return WardFigures(period, counts.by_ward, nothing, counts.state, {})

    periods = (MARCH, MARCH.back(1), MARCH.years_back(1))
    return {
        kind: make_shortlist(
            wards, *(figures(kind, p) for p in periods), category(kind), Profile(), {}, True
        )
        for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS)
def test_counts_rates_changes_and_shares_equal_pandas(
    found: dict[str, WardShortlist], expected: pd.DataFrame, kind: str
) -> None:
    table = expected[expected["Crime type"] == KINDS[kind]].set_index("WD13CD")
    totals = table.groupby("borough")["2022-03"].sum()
    assert set(totals.index) == set(DISTRICTS)
    assert len(found[kind].rows) == 35
    for row in found[kind].rows:
        if row.ward_code not in table.index:  # none of the category in any of the three months
            assert row.incidents == row.before.count == row.year_before.count == 0
            continue
        by_hand = table.loc[row.ward_code]
        now, people = int(by_hand["2022-03"]), int(by_hand["population_mid2019"])
        assert (row.incidents, row.residents) == (now, people)
        assert row.rate == pytest.approx(1000 * now / people, rel=1e-12)
        assert row.share == pytest.approx(now / totals[by_hand["borough"]], rel=1e-12)
        for past, month in ((row.before, "2022-02"), (row.year_before, "2021-03")):
            then = int(by_hand[month])
            assert past.count == then
            if then:
                assert past.change == pytest.approx((now - then) / then, rel=1e-12)
            else:
                assert past.change is Blank.NOT_APPLICABLE


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_is_kept_and_each_listed_ward_says_why(
    found: dict[str, WardShortlist], kind: str
) -> None:
    shortlist, rule = found[kind], Profile().shortlist
    assert 1 <= len(shortlist.listed) <= rule.at_most
    assert {row.district_code for row in shortlist.rows} == set(DISTRICTS)
    for row in shortlist.listed:
        assert row.why.endswith(".")
        assert row.incidents >= rule.least  # type: ignore[operator]
        assert ("share" in row.met) == (row.share >= rule.share)  # type: ignore[operator]
        assert ("rise" in row.met) == ("up on March 2021" in row.why.replace("Up", "up"))
    assert all(row.rank_lower <= row.rank <= row.rank_upper for row in shortlist.rows)  # type: ignore[operator]


def test_each_borough_is_held_against_its_own_rate(
    found: dict[str, WardShortlist], expected: pd.DataFrame, real_data: Path
) -> None:
    incidents = expected[expected["Crime type"] == KINDS["asb"]].groupby("borough")["2022-03"].sum()
    people = pd.read_csv(real_data / "geographr" / "ward17_population_bestfit.csv")
    residents = people.set_index("ward17_code")["population_mid2019"]
    for code, plot in found["asb"].funnels.items():
        wards = gpd.read_file(real_data / "uk-geojson" / "wards" / f"{code}.json")["WD13CD"]
        assert len(plot.dots) == len(wards) == {"E07000107": 17, "E07000109": 18}[code]
        assert plot.target == pytest.approx(1000 * incidents[code] / residents[wards].sum())
