"""Published police, Vancouver, Portland and Memphis incidents."""

from __future__ import annotations

import gzip
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.errors import DataError
from hotspots.ingest import read_incidents
from hotspots.model import Incidents, Rejections

Read = tuple[Incidents, Rejections]


@pytest.fixture(scope="module")
def kent(real_data: Path) -> Read:
    return read_incidents(real_data / "police-uk-kent")


@pytest.fixture(scope="module")
def by_pandas(real_data: Path) -> dict[str, pd.DataFrame]:
    """The same files, read in another way."""
    files = sorted((real_data / "police-uk-kent").rglob("*-street.csv*"))
    return {path.name: pd.read_csv(path) for path in files}


def test_kent_adds_up(kent: Read, by_pandas: dict[str, pd.DataFrame]) -> None:
    incidents, rejections = kent
    assert sum(len(frame) for frame in by_pandas.values()) == 228_272
    assert len(incidents) + len(rejections) == 228_272
    assert {f.name: f.read for f in incidents.files} == {
        name: len(frame) for name, frame in by_pandas.items()
    }
    placed = sum(
        int(f[["Longitude", "Latitude"]].notna().all(axis=1).sum()) for f in by_pandas.values()
    )
    assert len(incidents) == placed
    assert rejections.by_reason() == {"no coordinates": 228_272 - placed}
    months = [f"2021-{m:02d}" for m in range(3, 13)] + ["2022-01", "2022-02", "2022-03"]
    assert [f.key for f in incidents.files] == [f"police-uk:{m}-kent-street" for m in months]


def test_kent_rows_are_where_they_are_said_to_be(
    kent: Read, by_pandas: dict[str, pd.DataFrame]
) -> None:
    incidents, rejections = kent
    picked = incidents.frame.iloc[:: len(incidents) // 500]
    for file, row, kind, place in zip(
        picked["file"], picked["row"], picked["source_category"], picked["location"], strict=True
    ):
        original = by_pandas[file].iloc[row - 2]
        assert (original["Crime type"], original["Location"]) == (kind, place)
    for file, row in zip(rejections.frame["file"], rejections.frame["row"], strict=True):
        assert np.isnan(by_pandas[file]["Longitude"].iloc[row - 2])


def test_identical_asb_rows_are_kept(kent: Read, by_pandas: dict[str, pd.DataFrame]) -> None:
    june = by_pandas["2021-06-kent-street.csv.gz"]
    asb = june[(june["Crime type"] == "Anti-social behaviour") & june["Longitude"].notna()]
    assert asb.duplicated().sum() > 400
    frame = kent[0].frame
    read = frame[(frame["file"] == "2021-06-kent-street.csv.gz") & (frame["category"] == "asb")]
    assert len(read) == len(asb)
    assert read["reference"].isna().all()


def test_every_kent_category_is_known(kent: Read) -> None:
    assert "unmapped" not in set(kent[0].frame["category"])


def test_the_outcomes_file_is_refused(kent: Read, real_data: Path) -> None:
    name = "2022-02-kent-outcomes.csv.gz"
    assert kent[0].skipped == ((name, "an outcomes file, not street-level incidents"),)
    with pytest.raises(DataError, match="an outcomes file, not street-level incidents"):
        read_incidents(real_data / "police-uk-kent" / "2022-02" / name)


def test_a_zip_of_the_tree_reads_the_same(kent: Read, real_data: Path, tmp_path: Path) -> None:
    root = real_data / "police-uk-kent"
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in root.rglob("*.csv*"):
            out.write(path, path.relative_to(root).as_posix())
    incidents, rejections = read_incidents(archive)
    assert incidents.files == kent[0].files
    assert incidents.skipped == kent[0].skipped
    assert incidents.frame.equals(kent[0].frame)
    assert rejections.frame.equals(kent[1].frame)


def test_plain_and_gz_are_the_same_content(kent: Read, real_data: Path, tmp_path: Path) -> None:
    plain = real_data / "police-uk-kent" / "2022-02" / "2022-02-kent-street.csv"
    packed = tmp_path / "2022-02-kent-street.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    (again,) = read_incidents(packed)[0].files
    (first,) = (f for f in kent[0].files if f.name == plain.name)
    assert again.content_sha256 == first.content_sha256
    assert again.key == first.key
    assert again.sha256 != first.sha256


def test_city_of_london(real_data: Path) -> None:
    incidents, rejections = read_incidents(real_data / "police-uk-city-of-london")
    assert len(incidents) + len(rejections) == 18_000
    assert len(incidents.files) == 33
    assert incidents.files[0].key == "police-uk:2015-01-city-of-london-street"
    # published without any: missing data, and nothing here makes it up
    asb = incidents.frame[incidents.frame["category"] == "asb"]
    assert not asb["file"].str.startswith("2017-05").any()
    assert set(incidents.frame["agency"]) == {"City of London Police"}


# -- by a mapping ---------------------------------------------------------------------------------


def mapping(folder: Path, text: str) -> Path:
    path = folder / "mapping.toml"
    path.write_text(text, "utf-8")
    return path


def unpacked(path: Path) -> pd.DataFrame:
    return pd.read_csv(BytesIO(gzip.decompress(path.read_bytes())))


def test_memphis(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "sfhotspot" / "memphis_robberies.csv.gz"
    how = mapping(
        tmp_path,
        """
source = "Memphis robberies"
crs = "EPSG:4326"
[columns]
reference = "uid"
from_date = "date"
x = "longitude"
y = "latitude"
[dates]
date_formats = ["%Y-%m-%dT%H:%M:%S"]
[defaults]
category = "robbery"
""",
    )
    incidents, rejections = read_incidents(path, mapping=how, crs="EPSG:32615")
    assert (len(incidents), len(rejections)) == (2_245, 0)
    january = incidents.frame["starts_at"].dt.month == 1
    assert january.sum() == 206
    assert set(incidents.frame["precision"]) == {"minute"}
    assert incidents.crs == "EPSG:32615"
    expected = pd.to_datetime(unpacked(path)["date"]).astype("datetime64[us]")
    assert (incidents.frame["starts_at"].to_numpy() == expected.to_numpy()).all()


def test_vancouver(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "crimemappingdata" / "vancouver_thefts.csv.gz"
    how = mapping(
        tmp_path,
        """
source = "Vancouver thefts"
crs = "EPSG:32610"
[columns]
category = "TYPE"
from_date = ["YEAR", "MONTH", "DAY"]
from_time = ["HOUR", "MINUTE"]
x = "X"
y = "Y"
location = "HUNDRED_BLOCK"
[dates]
date_formats = ["%Y %m %d"]
time_formats = ["%H %M"]
[categories]
"Other Theft" = "other_theft"
""",
    )
    incidents, rejections = read_incidents(path, mapping=how, crs="EPSG:32610")
    assert (len(incidents), len(rejections)) == (21_918, 0)
    raw = unpacked(path)
    assert np.array_equal(incidents.xy, raw[["X", "Y"]].to_numpy())
    expected = pd.to_datetime(raw[["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]])
    assert (incidents.frame["starts_at"].to_numpy() == expected.to_numpy()).all()
    other = (raw["TYPE"] != "Other Theft").sum()
    assert (incidents.frame["category"] == "unmapped").sum() == other


def test_portland(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "nij-portland" / "crimes_bur.csv.gz"
    how = mapping(
        tmp_path,
        """
source = "Portland burglary calls"
crs = "EPSG:2913"
[columns]
from_date = "occ_date"
x = "x_coordina"
y = "y_coordina"
[dates]
date_formats = ["%Y-%m-%d"]
[defaults]
category = "burglary"
agency = "Portland Police Bureau"
""",
    )
    incidents, rejections = read_incidents(path, mapping=how, crs="EPSG:32610")
    assert (len(incidents), len(rejections)) == (5_364, 0)
    assert incidents.frame["starts_at"].min() == pd.Timestamp("2012-03-01")
    assert incidents.frame["ends_at"].max() == pd.Timestamp("2017-05-31 23:59:59")
    assert set(incidents.frame["precision"]) == {"day"}
    # feet became metres
    raw = unpacked(path)
    span = np.ptp(raw["x_coordina"]) * 0.3048
    assert np.ptp(incidents.frame["x"]) == pytest.approx(span, rel=0.02)


def test_avon_fires_are_masked_and_in_windows_1252(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "avon-fire" / "afrs_attended_incidents_july_2014.csv"
    text = """
source = "Avon Fire & Rescue"
crs = "EPSG:27700"
encoding = "cp1252"
[columns]
reference = "Incident Number"
category = "Cause of Fire"
from_date = ["Day", "Month", "Year"]
from_time = "Time of Call"
x = "X Coordinate"
y = "Y Coordinate"
[dates]
date_formats = ["%d %B %Y"]
[categories]
"Deliberate – others property" = "deliberate_fire"
"""
    incidents, rejections = read_incidents(path, mapping=mapping(tmp_path, text))
    assert len(incidents) + len(rejections) == 1_084
    raw = pd.read_csv(path, encoding="cp1252", dtype=str)
    blank = int(raw[["X Coordinate", "Y Coordinate"]].isna().any(axis=1).sum())
    expected = {"coordinates are not numbers": 1_084 - blank, "no coordinates": blank}
    assert rejections.by_reason() == {reason: n for reason, n in expected.items() if n}
    utf = mapping(tmp_path, text.replace("cp1252", "utf-8"))
    with pytest.raises(DataError, match=r"byte 0x96 .* set `encoding`"):
        read_incidents(path, mapping=utf)
