"""Any CSV by a mapping file: dates, categories, duplicates, reasons, and wrong mappings."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from hotspots.errors import DataError
from hotspots.ingest import Mapping, read_incidents, read_mapping

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
    one = kept.iloc[0].to_dict()
    assert one == {
        "reference": "R1",
        "category": "asb",
        "source_category": "Anti-social behaviour",
        "starts_at": pd.Timestamp("2021-06-07 21:30"),
        "ends_at": pd.Timestamp("2021-06-07 22:15"),
        "precision": "minute",
        "x": 554000.0,
        "y": 174000.0,
        "location": "The Green",
        "agency": "Wardens",
        "file": "export.csv",
        "row": 2,
    }


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
        ({"easting": "174000", "northing": "554000"}, "easting and northing look swapped"),
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


def test_without_an_area_nothing_looks_swapped_and_far_points_are_kept(tmp_path: Path) -> None:
    swapped = {"easting": "174000", "northing": "554000"}
    path, how = export(tmp_path, swapped), mapping(tmp_path)
    assert len(read_incidents(path, mapping=how)[0]) == 1
    kept, rejected = read(tmp_path, {"easting": "300000", "northing": "300000"})
    assert len(kept) == 1
    assert rejected.empty


def test_a_repeat_counts_from_the_first_kept_row_over_all_files(tmp_path: Path) -> None:
    first = export(tmp_path, {"reference": "A", "status": "Cancelled"}, {"reference": "A"})
    second = export(tmp_path, {"reference": "A"}, {"reference": "B"}, name="next.csv")
    incidents, rejections = read_incidents([first, second], mapping=mapping(tmp_path))
    assert incidents.frame[["file", "row"]].to_numpy().tolist() == [
        ["export.csv", 3],
        ["next.csv", 3],
    ]
    assert rejections.frame["reason"].tolist() == [
        'status is "Cancelled"',
        "reference repeated (first at row 3 of export.csv)",
    ]


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
    assert rejections.frame["reason"].tolist() == [
        "longitude and latitude look swapped",
        "coordinates are outside longitude ±180 and latitude ±90",
    ]


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
        "export.csv": "csv",
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('x = "easting"', 'x = "easting"\nz = "height"', "has the unknown key columns.z"),
        ("[exclude]", "[exclusions]", "has the unknown key exclusions"),
        ('y = "northing"', "", "lacks the key columns.y"),
        ('"asb"', '"noise"', "a category must be one of asb, .*; got 'noise'"),
        ('"asb"', '"crime"', "a category must be one of .*; got 'crime'"),
        ('category = "category"', "", "columns.category or defaults.category must be given"),
        ("EPSG:27700", "EPSG:0", "a CRS must be one that PROJ knows; got 'EPSG:0'"),
        ("%d/%m/%Y", "%m/%Y", "a date format must have a day"),
        ("%d/%m/%Y", "%d/%m/%Q", "bad directive"),
        ("%d/%m/%Y", "%d/%m/%Y %z", "no time zone"),
        ('to_date = "date_to"', "", "columns.to_time must have a columns.to_date"),
        ("[columns]", 'encoding = "klingon"\n[columns]', "an encoding must be one"),
        ("[columns]", 'encoding = "base64"\n[columns]', "an encoding must be one"),
        ("[columns]", "delimiter = '\"'\n[columns]", "delimiter must not be a quote"),
        ("[columns]", 'delimiter = "||"\n[columns]', "says at delimiter"),
        ("[columns]", "[columns", "must be TOML"),
    ],
)
def test_a_wrong_mapping_is_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_mapping(mapping(tmp_path, MAPPING.replace(old, new, 1)))
    assert "\n" not in str(caught.value)
    assert "mapping.toml" in str(caught.value)


def test_a_mapping_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be a file that can be read"):
        read_incidents(export(tmp_path, {}), mapping=tmp_path / "none.toml")


def test_the_example_of_the_documentation_is_a_mapping() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    loaded = Mapping.model_validate(tomllib.loads(example))
    assert loaded.categories["Anti-social behaviour"] == "asb"
    # every key that a mapping may have is on the page
    for model in (Mapping, type(loaded.columns), type(loaded.dates), type(loaded.defaults)):
        for key in model.model_fields:
            assert f"`{key}`" in page


def test_a_rejected_row_of_repeated_column_names_is_kept_as_a_list(tmp_path: Path) -> None:
    path = export(tmp_path, {"easting": "", "status": "x"})
    path.write_text(path.read_text().replace("agency,status", "note,note"))
    text = MAPPING.replace('agency = "agency"', "")
    how = mapping(tmp_path, text.replace('status = ["Cancelled", "Draft"]', ""))
    _, rejections = read_incidents(path, mapping=how)
    assert json.loads(rejections.frame["raw"].iloc[0])[-2:] == ["Wardens", "x"]
