"""What published files are found to be, and what the mappings proposed for them import."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from hotspots.boundaries import read_wards
from hotspots.ingest import read_incidents, read_mapping
from hotspots.ingest.inspection import Inspection, inspect_table
from hotspots.model import Incidents, Wards

VANCOUVER = "EPSG:32610"


@pytest.fixture(scope="module")
def kent(real_data: Path) -> Wards:
    folder = real_data / "uk-geojson" / "wards"
    return read_wards([folder / "E07000107.json", folder / "E07000109.json"], "2013")


@pytest.fixture(scope="module")
def vancouver(real_data: Path) -> Wards:
    path = real_data / "crimemappingdata" / "vancouver_neighbourhoods.geojson"
    return read_wards(path, "2020", target_crs=VANCOUVER, code_column="name")


@pytest.fixture(scope="module")
def thefts(real_data: Path) -> pd.DataFrame:
    path = real_data / "crimemappingdata" / "vancouver_thefts.csv.gz"
    return pd.read_csv(BytesIO(gzip.decompress(path.read_bytes())))


def said(found: Inspection, text: str) -> bool:
    return any(text in sentence for sentence in found.sentences)


def imported(found: Inspection, path: Path, folder: Path, crs: str = "EPSG:27700") -> Incidents:
    """Import a file by the mapping as it is written; no row may be lost."""
    written = found.write(folder / "mapping.toml")
    assert read_mapping(written) == found.mapping
    incidents, rejections = read_incidents(path, "mapping", mapping=written, crs=crs)
    assert len(rejections) == 0
    return incidents


def test_files_that_need_no_mapping(real_data: Path, kent: Wards) -> None:
    month = real_data / "police-uk-kent" / "2022-02"
    for path, text in (
        (month / "2022-02-kent-street.csv", "no mapping is needed"),
        (month / "2022-02-kent-outcomes.csv.gz", "an outcomes file, not street-level incidents"),
        (real_data / "codepoint-open" / "da.csv", "Code-Point Open"),
        (real_data / "avon-fire" / "afrs_attended_incidents_july_2014.csv", "Avon Fire & Rescue"),
        (real_data / "lfb-sample" / "lfb_incident_sample.csv", "London Fire Brigade"),
    ):
        found = inspect_table(path, wards=kent)
        assert found.mapping is None
        assert said(found, text), path.name


def test_avon(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "avon-fire" / "afrs_attended_incidents_july_2014.csv"
    wards = read_wards(sorted((real_data / "uk-geojson" / "wards").glob("E0600002*.gz")), "2013")
    found = inspect_table(path, wards=wards, recognise=False)
    assert found.mapping is not None
    assert (found.mapping.encoding, found.mapping.masked) == ("cp1252", "*")
    assert found.mapping.dates.date_formats == ("%d %B %Y",)
    assert found.mapping.crs == "EPSG:27700"
    assert said(found, "proved by the wards: 100.0% of 1,084 rows")
    incidents = imported(found, path, tmp_path)
    assert len(incidents) == 1_084
    assert set(incidents.frame["placed"]) == {"masked"}
    raw = pd.read_csv(path, encoding="cp1252")
    deliberate = raw["Cause of Fire"].str.startswith("Deliberate", na=False)
    assert (incidents.frame["category"] == "deliberate_fire").sum() == deliberate.sum() == 208


def test_london(real_data: Path, kent: Wards, tmp_path: Path) -> None:
    path = real_data / "lfb-sample" / "lfb_incident_sample.csv"
    found = inspect_table(path, wards=kent, recognise=False)
    assert found.mapping is not None
    # none of the twenty is near the wards: the degrees beside them prove the metres
    assert said(found, 'proved by "Longitude" and "Latitude"')
    assert found.mapping.columns.x == ("Easting_m", "Easting_rounded")
    incidents = imported(found, path, tmp_path)
    assert len(incidents) == 20
    blank = pd.read_csv(path)["Easting_m"].isna().sum()
    assert (incidents.frame["placed"] == "masked").sum() == blank


def test_vancouver(real_data: Path, vancouver: Wards, thefts: pd.DataFrame, tmp_path: Path) -> None:
    path = real_data / "crimemappingdata" / "vancouver_thefts.csv.gz"
    found = inspect_table(path, wards=vancouver, crs=VANCOUVER)
    assert found.mapping is not None
    assert found.mapping.columns.from_date == ("YEAR", "MONTH", "DAY")
    assert found.mapping.columns.from_time == ("HOUR", "MINUTE")
    assert found.mapping.crs == VANCOUVER
    assert said(found, "proved by the wards")
    incidents = imported(found, path, tmp_path, VANCOUVER)
    assert len(incidents) == 21_918
    expected = pd.to_datetime(thefts[["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]])
    assert (incidents.frame["starts_at"].to_numpy() == expected.to_numpy()).all()


def test_vancouver_as_a_workbook(vancouver: Wards, thefts: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "thefts.xlsx"
    part = thefts.iloc[::40].copy()
    part["When"] = pd.to_datetime(part[["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]])
    part = part.drop(columns=["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"])
    with pd.ExcelWriter(path) as writer:
        part.to_excel(writer, sheet_name="Thefts", index=False)
        pd.DataFrame({"note": ["made"]}).to_excel(writer, sheet_name="About", index=False)
    found = inspect_table(path, wards=vancouver, crs=VANCOUVER)
    assert said(found, '"Thefts", "About"')
    incidents = imported(found, path, tmp_path, VANCOUVER)
    assert (incidents.frame["starts_at"].to_numpy() == part["When"].to_numpy()).all()


def test_vancouver_as_geojson(vancouver: Wards, thefts: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "thefts.geojson"
    part = thefts.iloc[::40]
    points = gpd.points_from_xy(part["X"], part["Y"], crs=VANCOUVER).to_crs("EPSG:4326")
    gpd.GeoDataFrame(part.drop(columns=["X", "Y"]), geometry=points).to_file(path)
    found = inspect_table(path, wards=vancouver, crs=VANCOUVER)
    assert found.mapping is not None
    assert found.mapping.columns.x is None
    incidents = imported(found, path, tmp_path, VANCOUVER)
    assert len(incidents) == len(part)
    assert incidents.xy == pytest.approx(part[["X", "Y"]].to_numpy(), abs=0.01)


def test_memphis(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "sfhotspot"
    path = folder / "memphis_robberies.csv.gz"
    wards = read_wards(
        folder / "memphis_precincts.geojson.gz",
        "2019",
        target_crs="EPSG:32615",
        code_column="precinct",
    )
    found = inspect_table(path, wards=wards, crs="EPSG:32615")
    assert found.mapping is not None
    assert found.mapping.columns.reference == "uid"
    assert found.mapping.crs == "EPSG:4326"
    assert '"personal robbery" = "robbery.personal"' in found.toml()
    assert len(imported(found, path, tmp_path, "EPSG:32615")) == 2_245


@pytest.mark.parametrize("wards_crs", ["EPSG:2913", "EPSG:32610"])
def test_portland_in_feet(real_data: Path, tmp_path: Path, wards_crs: str) -> None:
    folder = real_data / "nij-portland"
    path = folder / "crimes_bur.csv.gz"
    wards = read_wards(
        folder / "Portland_Police_Districts.shp",
        "2017",
        crs="EPSG:2913",
        target_crs=wards_crs,
        code_column="OBJECTID_1",
    )
    found = inspect_table(path, wards=wards, crs="EPSG:32610")
    assert found.mapping is not None
    if wards_crs == "EPSG:2913":
        assert found.mapping.crs == "EPSG:2913"
        assert len(imported(found, path, tmp_path, "EPSG:32610")) == 5_364
    else:
        # there are several state planes a metre apart, and no data can tell which
        assert found.mapping.crs is None
        assert said(found, "their CRS is unknown")
        assert said(found, "EPSG:2913")


def test_a_force_file_is_proved_by_two_districts(
    real_data: Path, kent: Wards, tmp_path: Path
) -> None:
    path = real_data / "police-uk-kent" / "2022-02" / "2022-02-kent-street.csv"
    found = inspect_table(path, wards=kent, recognise=False)
    assert said(found, 'Coordinates are in "Longitude" and "Latitude", EPSG:4326: proved by')
    assert said(found, "14 texts, of which 14 are known")
    assert found.mapping is not None
    assert found.mapping.dates.precision == "month"
    # the mapping proposed says the same as the reader of the format
    incidents, rejections = read_incidents(path, "mapping", mapping=found.mapping)
    usual, _ = read_incidents(path)
    assert (len(incidents), len(rejections)) == (len(usual), 163) == (15_220, 163)
    for column in ("category", "starts_at", "ends_at", "precision", "x", "y"):
        assert incidents.frame[column].equals(usual.frame[column]), column


def test_lancashire(real_data: Path, tmp_path: Path) -> None:
    rdata = pytest.importorskip("rdata")
    classes = rdata.conversion.DEFAULT_CLASS_MAP
    table = rdata.read_rda(
        real_data / "crimemappingdata" / "lancashire_asb.rda",
        constructor_dict={
            **classes,
            "Date": lambda days, _: pd.to_datetime(days, unit="D"),
            "tbl_df": classes["data.frame"],
        },
    )["lancashire_asb"]
    path = tmp_path / "lancashire.csv"
    table.to_csv(path, index=False)
    wards = read_wards(real_data / "crimemappingdata" / "lancashire_wards.gpkg", "2022")
    found = inspect_table(path, wards=wards)
    assert found.mapping is not None
    assert said(found, "proved by the wards")
    assert (found.mapping.crs, found.mapping.dates.precision) == ("EPSG:4326", "month")
    assert len(imported(found, path, tmp_path)) == 56_434


def test_a_monthly_file_given_days_in_british_order(
    real_data: Path, kent: Wards, tmp_path: Path
) -> None:
    whole = pd.read_csv(real_data / "police-uk-kent" / "2022-02" / "2022-02-kent-street.csv")
    part = whole.dropna(subset=["Longitude"]).iloc[::20]
    days = [f"{i % 28 + 1:02d}/02/2022" for i in range(len(part))]
    part = part.assign(Day=days).drop(columns=["Month", "Reported by"])
    path = tmp_path / "export.csv"
    part.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")
    found = inspect_table(path, wards=kent)
    assert found.mapping is not None
    assert (found.mapping.delimiter, found.mapping.decimal) == (";", ",")
    assert said(found, "day first proved by")
    assert len(imported(found, path, tmp_path)) == len(part)
