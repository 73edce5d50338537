"""Every published file at hand, with its kept and rejected rows.

The counts are stated here and made a second time with pandas alone, from the file itself.
"""

from __future__ import annotations

import gzip
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdata
from pyproj import Transformer

from hotspots.errors import DataError
from hotspots.ingest import read_incidents
from hotspots.model import Incidents, Rejections

Read = tuple[Incidents, Rejections]

#: Rows kept and rejected of each month; all are rejected because they have no coordinates.
KENT = {
    "2021-03": (17_674, 213),
    "2021-04": (17_985, 198),
    "2021-05": (18_125, 213),
    "2021-06": (17_307, 199),
    "2021-07": (19_697, 223),
    "2021-08": (18_098, 189),
    "2021-09": (17_269, 191),
    "2021-10": (17_545, 183),
    "2021-11": (17_438, 191),
    "2021-12": (16_112, 191),
    "2022-01": (16_160, 178),
    "2022-02": (15_220, 163),
    "2022-03": (17_109, 201),
}
CITY = {
    "2015-01": (502, 28),
    "2015-02": (469, 32),
    "2015-03": (511, 23),
    "2015-04": (479, 14),
    "2015-05": (472, 19),
    "2015-06": (489, 30),
    "2015-07": (531, 16),
    "2015-08": (495, 23),
    "2015-09": (486, 13),
    "2015-10": (466, 15),
    "2015-11": (485, 26),
    "2015-12": (538, 23),
    "2016-01": (431, 15),
    "2016-02": (478, 31),
    "2016-03": (468, 31),
    "2016-04": (488, 24),
    "2016-05": (445, 13),
    "2016-06": (472, 28),
    "2016-07": (509, 27),
    "2016-08": (555, 35),
    "2016-09": (624, 24),
    "2016-10": (594, 14),
    "2016-11": (610, 24),
    "2016-12": (633, 13),
    "2017-01": (469, 14),
    "2017-02": (573, 24),
    "2017-03": (686, 29),
    "2017-04": (583, 43),
    "2017-05": (458, 47),
    "2017-06": (577, 29),
    "2017-07": (522, 44),
    "2017-08": (621, 47),
    "2017-09": (410, 53),
}


@pytest.fixture(scope="module")
def kent(real_data: Path) -> Read:
    return read_incidents(real_data / "police-uk-kent")


@pytest.fixture(scope="module")
def by_pandas(real_data: Path) -> dict[str, pd.DataFrame]:
    """The same files, read in another way."""
    files = sorted((real_data / "police-uk-kent").rglob("*-street.csv*"))
    return {path.name: pd.read_csv(path) for path in files}


def counted(incidents: Incidents) -> dict[str, tuple[int, int]]:
    """Kept and rejected rows of each file by its month."""
    assert all(f.read == f.kept + f.rejected for f in incidents.files)
    return {f.name[:7]: (f.kept, f.rejected) for f in incidents.files}


def placed_by_pandas(frames: dict[str, pd.DataFrame]) -> dict[str, tuple[int, int]]:
    """Rows with and without coordinates of each file by its month."""
    there = {n[:7]: f[["Longitude", "Latitude"]].notna().all(axis=1) for n, f in frames.items()}
    return {month: (int(yes.sum()), int((~yes).sum())) for month, yes in there.items()}


def test_kent_adds_up(kent: Read, by_pandas: dict[str, pd.DataFrame]) -> None:
    incidents, rejections = kent
    assert counted(incidents) == placed_by_pandas(by_pandas) == KENT
    assert len(incidents) + len(rejections) == 228_272
    assert rejections.by_reason() == {"no coordinates": sum(r for _, r in KENT.values())}
    assert [f.key for f in incidents.files] == [f"police-uk:{m}-kent-street" for m in KENT]


def test_nothing_of_kent_is_mended(kent: Read, real_data: Path) -> None:
    # the box of the two districts: most of the county lies outside, and none of it by mistake
    area = (549_000.0, 160_000.0, 574_000.0, 180_000.0)
    path = real_data / "police-uk-kent" / "2022-02" / "2022-02-kent-street.csv"
    incidents, _ = read_incidents(path, area=area)
    month = kent[0].frame[kent[0].frame["file"] == path.name].reset_index(drop=True)
    pd.testing.assert_frame_equal(incidents.frame, month)
    assert set(month["placed"]) == {"given"}


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
    months = sorted(KENT)[-2:]  # the last but one has the outcomes beside it
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in (found for month in months for found in (root / month).glob("*.csv*")):
            out.write(path, path.relative_to(root).as_posix())
    incidents, rejections = read_incidents(archive)
    assert incidents.files == kent[0].files[-2:]
    assert incidents.skipped == kent[0].skipped
    for read, all_of_it in ((incidents, kent[0]), (rejections, kent[1])):
        frame = all_of_it.frame
        same = frame[frame["file"].str[:7].isin(months)].reset_index(drop=True)
        pd.testing.assert_frame_equal(read.frame, same)


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
    folder = real_data / "police-uk-city-of-london"
    incidents, rejections = read_incidents(folder)
    frames = {path.name: pd.read_csv(path) for path in sorted(folder.glob("*.csv.gz"))}
    assert counted(incidents) == placed_by_pandas(frames) == CITY
    assert len(incidents) + len(rejections) == 18_000
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
"Theft from Vehicle" = "vehicle_crime.theft_from"
"Theft of Vehicle" = "vehicle_crime.theft_of"
"Theft of Bicycle" = "bicycle_theft"
""",
    )
    incidents, rejections = read_incidents(path, mapping=how, crs="EPSG:32610")
    assert (len(incidents), len(rejections)) == (21_918, 0)
    raw = unpacked(path)
    assert np.array_equal(incidents.xy, raw[["X", "Y"]].to_numpy())
    expected = pd.to_datetime(raw[["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]])
    assert (incidents.frame["starts_at"].to_numpy() == expected.to_numpy()).all()
    kinds = incidents.frame.groupby(["category", "subcategory"], dropna=False).size()
    assert kinds.to_dict() == {
        ("bicycle_theft", np.nan): (raw["TYPE"] == "Theft of Bicycle").sum(),
        ("vehicle_crime", "theft_from"): (raw["TYPE"] == "Theft from Vehicle").sum(),
        ("vehicle_crime", "theft_of"): (raw["TYPE"] == "Theft of Vehicle").sum(),
        # not listed: kept and counted all the same
        ("unmapped", np.nan): (raw["TYPE"] == "Other Theft").sum(),
    }


def test_references_swapped_or_cut_short_are_mended_by_the_area(
    real_data: Path, tmp_path: Path
) -> None:
    raw = unpacked(real_data / "crimemappingdata" / "vancouver_thefts.csv.gz")
    true = raw[["X", "Y"]].to_numpy()
    (west, south), (east, north) = true.min(axis=0), true.max(axis=0)
    swapped, short, shorter = slice(0, None, 100), slice(1, None, 100), slice(2, None, 100)
    xy = true.copy()
    xy[swapped] = xy[swapped, ::-1]
    xy[short] //= 10
    xy[shorter] //= 100
    raw[["X", "Y"]] = xy
    path = tmp_path / "faulty.csv"
    raw.to_csv(path, index=False)
    text = """
source = "Vancouver thefts"
crs = "EPSG:32610"
[columns]
from_date = ["YEAR", "MONTH", "DAY"]
x = "X"
y = "Y"
[dates]
date_formats = ["%Y %m %d"]
[defaults]
category = "other_theft"
"""
    area = (west - 200, south - 200, east + 200, north + 200)
    how = mapping(tmp_path, text)
    incidents, rejections = read_incidents(path, mapping=how, crs="EPSG:32610", area=area)
    assert (len(incidents), len(rejections)) == (len(raw), 0)
    mended = np.zeros(len(raw), dtype=bool)
    for planted, within_m in ((swapped, 0.0), (short, 10.0), (shorter, 100.0)):
        mended[planted] = True
        assert np.abs(incidents.xy[planted] - true[planted]).max() <= within_m
    assert ((incidents.frame["placed"] == "mended") == mended).all()
    assert np.array_equal(incidents.xy[~mended], true[~mended])


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


def _days(values: object, _attrs: object) -> pd.DatetimeIndex:
    return pd.to_datetime(np.asarray(values), unit="D", origin="unix")


@pytest.fixture(scope="module")
def lancashire(real_data: Path) -> pd.DataFrame:
    """The data frame of an R file, whose month is a date of R."""
    classes = rdata.conversion.DEFAULT_CLASS_MAP
    found = rdata.read_rda(
        real_data / "crimemappingdata" / "lancashire_asb.rda",
        constructor_dict={**classes, "Date": _days, "tbl_df": classes["data.frame"]},
    )
    return found["lancashire_asb"]


def test_lancashire_by_a_csv_of_it(lancashire: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "lancashire_asb.csv"
    lancashire.to_csv(path, index=False)
    how = mapping(
        tmp_path,
        """
source = "Lancashire anti-social behaviour"
crs = "EPSG:4326"
[columns]
from_date = "month"
x = "longitude"
y = "latitude"
location = "location"
[dates]
date_formats = ["%Y-%m-%d"]
precision = "month"
[defaults]
category = "asb"
agency = "Lancashire Constabulary"
""",
    )
    incidents, rejections = read_incidents(path, mapping=how)
    usable = int(lancashire[["longitude", "latitude", "month"]].notna().all(axis=1).sum())
    assert (len(incidents), len(rejections)) == (usable, len(lancashire) - usable) == (56_434, 0)
    frame = incidents.frame
    assert set(frame["precision"]) == {"month"}
    by_month = frame["starts_at"].value_counts().to_dict()
    assert by_month == lancashire["month"].value_counts().to_dict()
    # read back to degrees it is where R has it, to a metre
    back = Transformer.from_crs(incidents.crs, "EPSG:4326", always_xy=True)
    degrees = np.column_stack(back.transform(frame["x"], frame["y"]))
    assert np.allclose(degrees, lancashire[["longitude", "latitude"]], rtol=0, atol=1e-5)


# -- fire and rescue: recognised without a mapping ------------------------------------------------


def test_avon_is_recognised_and_every_row_kept(real_data: Path) -> None:
    path = real_data / "avon-fire" / "afrs_attended_incidents_july_2014.csv"
    incidents, rejections = read_incidents(path)
    assert [f.source for f in incidents.files] == ["avon-fire"]
    raw = pd.read_csv(path, encoding="cp1252", dtype=str)
    assert (len(incidents), len(rejections)) == (len(raw), 0) == (1_084, 0)
    frame = incidents.frame
    assert frame["reference"].tolist() == raw["Incident Number"].tolist()
    # deliberate includes suspected, and 208 of the 344 fires are
    cause = raw["Cause of Fire"].fillna("")
    deliberate = cause.str.startswith("Deliberate").to_numpy()
    assert ((frame["category"] == "deliberate_fire") == deliberate).all()
    assert deliberate.sum() == 208
    accidental = (cause == "Accidental").to_numpy()
    assert ((frame["category"] == "accidental_fire") == accidental).all()
    fires = frame["category"].isin(["deliberate_fire", "accidental_fire", "fire_unknown_cause"])
    assert (fires == (raw["Incident Category"] == "Fire")).all()
    assert (frame["subcategory"][fires] == "primary").sum() == (
        raw["Is Primary Fire"] == "yes"
    ).sum()
    rtc = raw["Special Service Type"].fillna("").str.startswith("RTC")
    rtc |= raw["Road Traffic Collision"] == "yes"
    assert ((frame["category"] == "road_collision") == rtc).all()
    alarms = raw["Incident Category"] == "False Alarm"
    assert ((frame["category"] == "false_alarm") == alarms).all()
    # every place is the middle of its square kilometre
    assert set(frame["placed"]) == {"masked"}
    x = pd.to_numeric(raw["X Coordinate"].str.replace("***", "500", regex=False))
    y = pd.to_numeric(raw["Y Coordinate"].str.replace("***", "500", regex=False))
    assert (frame["x"] == x).all()
    assert (frame["y"] == y).all()
    when = raw["Day"] + " " + raw["Month"] + " " + raw["Year"] + " " + raw["Time of Call"]
    assert (frame["starts_at"] == pd.to_datetime(when, format="%d %B %Y %H:%M:%S")).all()


def test_london_is_recognised_and_every_row_kept(real_data: Path) -> None:
    path = real_data / "lfb-sample" / "lfb_incident_sample.csv"
    incidents, rejections = read_incidents(path)
    assert [f.source for f in incidents.files] == ["london-fire"]
    raw = pd.read_csv(path)
    assert (len(incidents), len(rejections)) == (len(raw), 0) == (20, 0)
    frame = incidents.frame
    exact = raw["Easting_m"].notna()
    assert ((frame["placed"] == "given") == exact).all()
    assert (frame["x"] == raw["Easting_m"].fillna(raw["Easting_rounded"])).all()
    assert (frame["y"] == raw["Northing_m"].fillna(raw["Northing_rounded"])).all()
    kinds = frame["category"].value_counts().to_dict()
    groups = raw["IncidentGroup"].value_counts()
    collisions = int((raw["SpecialServiceType"] == "RTC").sum())
    assert kinds == {
        "fire_unknown_cause": groups["Fire"],
        "false_alarm": groups["False Alarm"],
        "road_collision": collisions,
        "rescue": groups["Special Service"] - collisions,
    }


def test_avon_by_a_mapping_of_ones_own(real_data: Path, tmp_path: Path) -> None:
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
    how = mapping(tmp_path, text)
    incidents, rejections = read_incidents(path, "mapping", mapping=how)
    assert len(incidents) == 0
    # without `masked` the mapping does not say what 376*** is
    assert rejections.by_reason() == {"coordinates are not numbers": 1_084}
    utf = mapping(tmp_path, text.replace("cp1252", "utf-8"))
    with pytest.raises(DataError, match=r"byte 0x96 .* set `encoding`"):
        read_incidents(path, "mapping", mapping=utf)
