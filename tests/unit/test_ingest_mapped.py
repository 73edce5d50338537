"""Any file by a mapping: dates, places, duplicates, reasons; what a file must have."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from hotspots.errors import DataError
from hotspots.ingest import Mapping, mapped, read_incidents
from hotspots.ingest.readers import Context, FileReader
from hotspots.ingest.records import Records
from hotspots.model import INCIDENT_COLUMNS

MAPPING = """
source = "Example export"
crs = "EPSG:27700"
[columns]
reference = "reference"
category = "category"
from_date = "date_from"
from_time = "time_from"
to_date = "date_to"
to_time = "time_to"
x = "easting"
y = "northing"
location = "location"
agency = "agency"
[dates]
date_formats = ["%d/%m/%Y", "%Y-%m-%dT%H:%M:%S"]
time_formats = ["%H:%M"]
[exclude]
status = ["Cancelled", "Draft"]
[categories]
"Anti-social behaviour" = "asb"
"Deliberate fire" = "deliberate_fire"
[defaults]
agency = "Example council"
"""
COLUMNS = {
    "reference": "R1",
    "category": "Anti-social behaviour",
    "date_from": "07/06/2021",
    "time_from": "21:30",
    "date_to": "07/06/2021",
    "time_to": "22:15",
    "easting": "554000",
    "northing": "174000",
    "location": "The Green",
    "agency": "Wardens",
    "status": "Recorded",
}
AREA = (540_000.0, 160_000.0, 575_000.0, 180_000.0)


def mapping(folder: Path, text: str = MAPPING) -> Path:
    path = folder / "mapping.toml"
    path.write_text(text, "utf-8")
    return path


def export(folder: Path, *rows: dict[str, str], name: str = "export.csv") -> Path:
    frame = pd.DataFrame([{**COLUMNS, **row} for row in rows])
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def read(folder: Path, *rows: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    incidents, rejections = read_incidents(
        export(folder, *rows), mapping=mapping(folder), area=AREA
    )
    return incidents.frame, rejections.frame


def test_a_row_becomes_an_incident(tmp_path: Path) -> None:
    kept, rejected = read(tmp_path, {})
    assert rejected.empty
    one = kept.iloc[0]
    missing = ["subcategory", "flags", "recorded_at"]
    assert one[missing].isna().all()
    assert one.drop(missing).to_dict() == {
        "reference": "R1",
        "category": "asb",
        "source_category": "Anti-social behaviour",
        "starts_at": pd.Timestamp("2021-06-07 21:30"),
        "ends_at": pd.Timestamp("2021-06-07 22:15"),
        "precision": "minute",
        "x": 554000.0,
        "y": 174000.0,
        "placed": "given",
        "location": "The Green",
        "agency": "Wardens",
        "file": "export.csv",
        "row": 2,
    }
    assert list(kept.columns) == list(INCIDENT_COLUMNS)


@pytest.mark.parametrize(
    ("changed", "starts", "ends", "precision"),
    [
        ({"date_to": "", "time_to": ""}, "2021-06-07 21:30", "2021-06-07 21:30", "minute"),
        ({"date_to": "09/06/2021"}, "2021-06-07 21:30", "2021-06-09 22:15", "minute"),
        ({"time_from": "", "time_to": ""}, "2021-06-07", "2021-06-07 23:59:59", "day"),
        ({"time_to": ""}, "2021-06-07 21:30", "2021-06-07 23:59:59", "day"),
        ({"time_from": ""}, "2021-06-07", "2021-06-07 22:15", "day"),
        ({"time_from": "dusk", "date_to": ""}, "2021-06-07", "2021-06-07 23:59:59", "day"),
        (
            {"date_from": "2021-06-07T20:00:05", "time_from": "", "date_to": ""},
            "2021-06-07 20:00:05",
            "2021-06-07 20:00:05",
            "minute",
        ),
        (
            {"date_from": "31/12/2021", "time_from": "", "date_to": "", "time_to": ""},
            "2021-12-31",
            "2021-12-31 23:59:59",
            "day",
        ),
    ],
)
def test_dates_and_times(
    tmp_path: Path, changed: dict[str, str], starts: str, ends: str, precision: str
) -> None:
    kept, _ = read(tmp_path, changed)
    one = kept.iloc[0]
    assert one["starts_at"] == pd.Timestamp(starts)
    assert one["ends_at"] == pd.Timestamp(ends)
    assert one["precision"] == precision


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"status": "Cancelled"}, 'status is "Cancelled"'),
        ({"status": " Draft "}, 'status is "Draft"'),
        ({"easting": ""}, "no coordinates"),
        ({"northing": "174,000"}, "coordinates are not numbers"),
        ({"easting": "0", "northing": "0"}, "coordinates are 0, 0"),
        ({"date_from": ""}, "no readable date"),
        ({"date_from": "31/02/2021"}, "no readable date"),
        ({"date_to": "soon"}, "no readable date"),
        ({"time_to": "21:00"}, "to-date before from-date"),
        ({"date_to": "06/06/2021"}, "to-date before from-date"),
        ({"reference": "R0"}, "reference repeated (first at row 2 of export.csv)"),
        ({"status": "Cancelled", "easting": "", "date_from": ""}, 'status is "Cancelled"'),
        ({"easting": "", "date_from": ""}, "no coordinates"),
    ],
)
def test_the_reason_of_a_rejection(tmp_path: Path, changed: dict[str, str], reason: str) -> None:
    kept, rejected = read(tmp_path, {"reference": "R0"}, changed, {"reference": "R2"})
    assert kept["row"].tolist() == [2, 4]
    assert rejected[["row", "reason"]].to_numpy().tolist() == [[3, reason]]
    assert json.loads(rejected["raw"].iloc[0]) == {**COLUMNS, **changed}


def test_far_points_are_kept_as_given(tmp_path: Path) -> None:
    kept, rejected = read(tmp_path, {"easting": "300000", "northing": "300000"})
    assert rejected.empty
    assert kept[["x", "y", "placed"]].to_numpy().tolist() == [[300_000.0, 300_000.0, "given"]]


def test_a_repeat_counts_from_the_first_kept_row_of_the_file(tmp_path: Path) -> None:
    rows = [{"reference": "A", "status": "Cancelled"}, {"reference": "A"}, {"reference": "A"}]
    kept, rejected = read(tmp_path, *rows)
    assert kept["row"].tolist() == [3]
    assert rejected["reason"].tolist() == [
        'status is "Cancelled"',
        "reference repeated (first at row 3 of export.csv)",
    ]


def records(frame: pd.DataFrame, first_row: int) -> Records:
    """The rows of a frame of texts as a table format gives them."""
    plain = frame.set_axis([str(i) for i in range(frame.shape[1])], axis=1)
    return Records(tuple(frame.columns), plain, np.arange(first_row, first_row + len(frame)))


def start(**changed: object) -> tuple[FileReader, Mapping]:
    loaded = Mapping.model_validate({**tomllib.loads(MAPPING), **changed})
    context = Context("EPSG:27700", AREA, loaded)
    return mapped.READER.start("export.csv", tuple(COLUMNS), None, context), loaded


def test_a_repeat_is_found_across_the_blocks_of_a_file() -> None:
    reader, _ = start()
    frame = pd.DataFrame([{**COLUMNS, "reference": r} for r in ("A", "B", "A")], dtype="str")
    first = reader.take(records(frame.iloc[:2], 2))
    second = reader.take(records(frame.iloc[2:].reset_index(drop=True), 4))
    assert first.incidents["reference"].tolist() == ["A", "B"]
    assert second.rejections[["row", "reason"]].to_numpy().tolist() == [
        [4, "reference repeated (first at row 2 of export.csv)"]
    ]
    assert (reader.key, reader.series) == (None, "Example export")


def test_an_excluded_row_withdraws_its_reference_and_no_other_rejection_does() -> None:
    reader, _ = start()
    rows = [
        {"reference": "A"},
        {"reference": "B", "status": "Cancelled"},
        {"reference": "C", "easting": ""},
        {"reference": "", "status": "Draft"},
    ]
    taken = reader.take(records(pd.DataFrame([{**COLUMNS, **r} for r in rows], dtype="str"), 2))
    assert taken.withdrawn is not None
    assert taken.rejections["row"].tolist() == [3, 4, 5]
    assert taken.withdrawn.fillna("").tolist() == ["B", "", ""]


def test_a_block_of_nothing_but_ragged_rows() -> None:
    reader, _ = start()
    none = pd.DataFrame({str(i): pd.Series([], dtype="str") for i in range(len(COLUMNS))})
    rows = np.array([], dtype=np.int64)
    taken = reader.take(Records(tuple(COLUMNS), none, rows, ((2, ("a",)), (3, ("b",)))))
    assert (len(taken.incidents), len(taken.rejections)) == (0, 2)
    full = reader.take(records(pd.DataFrame([COLUMNS], dtype="str"), 4))
    assert taken.incidents.dtypes.equals(full.incidents.dtypes)
    assert taken.rejections.dtypes.equals(full.rejections.dtypes)
    for moment in ("starts_at", "ends_at", "recorded_at"):
        assert full.incidents[moment].dtype == "datetime64[us]"


POINTS = ("category", "date_from", "geometry_x", "geometry_y")


def of_points(crs: str | None, columns: dict[str, str] | None = None) -> FileReader:
    """A reader of a file with geometry, by a mapping that names no x and y."""
    named = {"category": "category", "from_date": "date_from", **(columns or {})}
    dates = {"date_formats": ["%d/%m/%Y"]}
    loaded = Mapping.model_validate({"source": "Points", "columns": named, "dates": dates})
    context = Context("EPSG:27700", AREA, loaded)
    return mapped.READER.start("points.geojson", POINTS, crs, context)


def test_the_points_and_the_crs_of_the_file_itself() -> None:
    frame = pd.DataFrame([["Noise", "07/06/2021", "0.217", "51.446"]], columns=POINTS, dtype="str")
    one = of_points("EPSG:4326").take(records(frame, 2)).incidents.iloc[0]
    to_osgb = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    assert (one["x"], one["y"]) == pytest.approx(to_osgb.transform(0.217, 51.446))
    assert one["placed"] == "given"


def test_what_says_nothing_of_its_place_or_crs() -> None:
    with pytest.raises(DataError, match=r"neither points\.geojson nor its mapping states one"):
        of_points(None)
    loaded = Mapping.model_validate(
        {
            "source": "Nowhere",
            "columns": {"category": "a", "from_date": "b"},
            "dates": {"date_formats": ["%d/%m/%Y"]},
        }
    )
    with pytest.raises(DataError, match="must say where its incidents are"):
        mapped.READER.start("x.csv", ("a", "b"), None, Context("EPSG:27700", None, loaded))


def test_without_a_reference_there_is_no_series() -> None:
    columns = {k: v for k, v in tomllib.loads(MAPPING)["columns"].items() if k != "reference"}
    assert start(columns=columns)[0].series is None


def test_rows_without_a_reference_are_no_duplicates(tmp_path: Path) -> None:
    kept, rejected = read(tmp_path, {"reference": ""}, {"reference": " "})
    assert len(kept) == 2
    assert rejected.empty
    assert kept["reference"].isna().all()


def test_categories_and_defaults(tmp_path: Path) -> None:
    kept, _ = read(
        tmp_path,
        {"reference": "1", "category": " Deliberate fire "},
        {"reference": "2", "category": "Noise", "agency": ""},
        {"reference": "3", "category": "", "location": ""},
    )
    assert kept["category"].tolist() == ["deliberate_fire", "unmapped", "unmapped"]
    assert kept["source_category"].tolist() == ["Deliberate fire", "Noise", ""]
    assert kept["agency"].tolist() == ["Wardens", "Example council", "Wardens"]
    assert kept["location"].isna().tolist() == [False, False, True]


def test_a_file_of_one_category_in_another_crs(tmp_path: Path) -> None:
    text = """
source = "Robberies"
crs = "EPSG:4326"
delimiter = ";"
encoding = "cp1252"
[columns]
from_date = ["year", "month", "day"]
x = "lon"
y = "lat"
location = "where"
[dates]
date_formats = ["%Y %B %d"]
[defaults]
category = "robbery"
"""
    path = tmp_path / "robberies.csv"
    path.write_bytes(
        "year;month;day;lon;lat;where\n2021;June;7;0.217;51.446;Café\n"
        "2021;June;8;51.446;0.217;x\n2021;June;9;0.2;95;x\n".encode("cp1252")
    )
    how = mapping(tmp_path, text)
    incidents, rejections = read_incidents(path, mapping=how, area=AREA)
    one = incidents.frame.iloc[0]
    assert one["category"] == "robbery"
    assert one["source_category"] == ""
    assert one["location"] == "Café"
    assert one["starts_at"] == pd.Timestamp("2021-06-07")
    assert pd.isna(one["reference"])
    assert pd.isna(one["agency"])
    assert AREA[0] < one["x"] < AREA[2]
    assert AREA[1] < one["y"] < AREA[3]
    assert incidents.frame["placed"].tolist() == ["given", "mended"]
    assert incidents.xy[1] == pytest.approx(incidents.xy[0])
    assert rejections.frame["reason"].tolist() == [
        "coordinates are outside longitude ±180 and latitude ±90",
    ]


# -- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "day"), [("%m/%Y", "02/2020"), ("%d/%m/%Y", "01/02/2020")])
def test_what_is_known_to_the_month(tmp_path: Path, form: str, day: str) -> None:
    text = MAPPING.replace('"%d/%m/%Y", "%Y-%m-%dT%H:%M:%S"]', f'"{form}"]\nprecision = "month"')
    path = export(tmp_path, {"date_from": day, "date_to": "", "time_to": ""})
    one = read_incidents(path, mapping=mapping(tmp_path, text))[0].frame.iloc[0]
    assert one["starts_at"] == pd.Timestamp("2020-02-01")
    assert one["ends_at"] == pd.Timestamp("2020-02-29 23:59:59")
    assert one["precision"] == "month"


def test_dates_of_typed_cells_are_read_whatever_the_formats(tmp_path: Path) -> None:
    rows = [{"date_from": "2021-06-07", "time_from": "21:30:00", "date_to": ""}]
    kept, _ = read(tmp_path, *rows)
    assert kept["starts_at"].tolist() == [pd.Timestamp("2021-06-07 21:30")]
    # unless the mapping puts the day before the month: 2021-06-07 would be read in two ways
    how = mapping(tmp_path, MAPPING.replace('"%d/%m/%Y", "%Y-%m-%dT%H:%M:%S"', '"%Y-%d-%m"'))
    rows = [{"date_from": "2021-06-13", "time_from": "", "date_to": ""}]
    _, rejections = read_incidents(export(tmp_path, *rows), mapping=how)
    assert rejections.frame["reason"].tolist() == ["no readable date"]


def test_quoted_line_breaks_empty_lines_and_ragged_rows_are_counted(tmp_path: Path) -> None:
    header = ",".join(COLUMNS)
    line = ",".join(COLUMNS.values())
    text = "\n".join(
        [
            header,
            line.replace("R1", "A").replace("The Green", '"The\nGreen, ""west"""'),
            "",
            "R2,too few",
            line.replace("R1", "B"),
            "",
            "",
        ]
    )
    path = tmp_path / "export.csv"
    path.write_text(text)
    incidents, rejections = read_incidents(path, mapping=mapping(tmp_path))
    assert incidents.frame["location"].tolist() == ['The\nGreen, "west"', "The Green"]
    assert incidents.frame["row"].tolist() == [2, 5]
    assert rejections.frame["row"].tolist() == [4]
    assert incidents.files[0].read == 3


def test_a_police_uk_file_beside_mapped_files_is_recognised(tmp_path: Path) -> None:
    export(tmp_path, {})
    (tmp_path / "2021-06-kent-street.csv").write_text(
        "Month,Reported by,Longitude,Latitude,Location,Crime type\n"
        "2021-06,Kent Police,0.2,51.4,On or near A,Drugs\n"
    )
    incidents, _ = read_incidents(tmp_path, mapping=mapping(tmp_path))
    assert {f.name: f.source for f in incidents.files} == {
        "2021-06-kent-street.csv": "police-uk",
        "export.csv": "mapping",
    }


# -- what is wrong with a file or its mapping -----------------------------------------------------


def test_a_file_that_needs_a_mapping(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"export\.csv came without: add --mapping FILE"):
        read_incidents(export(tmp_path, {}))


def test_missing_columns_are_listed_with_those_present(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("reference,category,easting\n1,2,3\n")
    with pytest.raises(
        DataError, match=r"lacks date_from, .*status and has reference, category, e"
    ):
        read_incidents(path, mapping=mapping(tmp_path))


def test_a_mapped_column_that_is_there_twice(tmp_path: Path) -> None:
    path = export(tmp_path, {})
    path.write_text(path.read_text().replace("status", "easting"))
    how = mapping(tmp_path, MAPPING.replace('status = ["Cancelled", "Draft"]', ""))
    with pytest.raises(DataError, match="has easting more than once"):
        read_incidents(path, mapping=how)


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = export(tmp_path, {})
    path.write_bytes(path.read_bytes().replace(b"Green", b"Gr\xe9en"))
    with pytest.raises(DataError, match=r"byte 0xe9 .* set `encoding` in the mapping file"):
        read_incidents(path, mapping=mapping(tmp_path))


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    path = export(tmp_path, {}, {"reference": "R2"}, {"reference": "R3"})
    path.write_text(path.read_text().replace("R2", '"R2'))
    with pytest.raises(DataError, match=r"opened in row 3 of export\.csv is not"):
        read_incidents(path, mapping=mapping(tmp_path))


def test_a_rejected_row_of_repeated_column_names_is_kept_as_a_list(tmp_path: Path) -> None:
    path = export(tmp_path, {"easting": "", "status": "x"})
    path.write_text(path.read_text().replace("agency,status", "note,note"))
    text = MAPPING.replace('agency = "agency"', "")
    how = mapping(tmp_path, text.replace('status = ["Cancelled", "Draft"]', ""))
    _, rejections = read_incidents(path, mapping=how)
    assert json.loads(rejections.frame["raw"].iloc[0])[-2:] == ["Wardens", "x"]
