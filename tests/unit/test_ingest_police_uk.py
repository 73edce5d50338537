"""data.police.uk street files: what is kept, what is rejected and why, what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from hotspots.errors import DataError, UsageError
from hotspots.ingest import READERS, Step, read_incidents
from hotspots.ingest.readers import Context
from hotspots.ingest.records import Records
from hotspots.model import INCIDENT_COLUMNS, REJECTION_COLUMNS

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
OUTCOMES = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Outcome type\nabc,2021-06,Kent Police,Kent Police,0.2,51.4,On or near A,E1,A,Charged\n"
)
STOPS = "Type,Date,Latitude,Longitude,Gender,Object of search\nPerson search,2021-06-01,51,0,M,x\n"
ASB = ",2021-06,Kent Police,Kent Police,0.217,51.446,On or near High Street,E1,A,"
ASB += "Anti-social behaviour,,"


def row(
    reference: str = "a1",
    month: str = "2021-06",
    longitude: str = "0.217",
    latitude: str = "51.446",
    kind: str = "Burglary",
) -> str:
    return (
        f"{reference},{month},Kent Police,Kent Police,{longitude},{latitude},"
        f"On or near High Street,E1,Dartford 001A,{kind},Under investigation,"
    )


def write(folder: Path, *rows: str, name: str = "2021-06-kent-street.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return path


def reasons(path: Path) -> list[tuple[int, str]]:
    _, rejections = read_incidents(path)
    frame = rejections.frame
    return list(zip(frame["row"].tolist(), frame["reason"].tolist(), strict=True))


def test_a_row_becomes_an_incident(tmp_path: Path) -> None:
    incidents, rejections = read_incidents(write(tmp_path, row()))
    assert list(incidents.frame.columns) == list(INCIDENT_COLUMNS)
    assert list(rejections.frame.columns) == list(REJECTION_COLUMNS)
    one = incidents.frame.iloc[0]
    assert one["reference"] == "a1"
    assert one["category"] == "burglary"
    assert one["source_category"] == "Burglary"
    assert one["starts_at"] == pd.Timestamp("2021-06-01")
    assert one["ends_at"] == pd.Timestamp("2021-06-30 23:59:59")
    assert one["precision"] == "month"
    assert one["location"] == "On or near High Street"
    assert one["agency"] == "Kent Police"
    assert one["file"] == "2021-06-kent-street.csv"
    assert one["row"] == 2
    there = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    assert np.allclose(incidents.xy, [there.transform(0.217, 51.446)])
    assert incidents.crs == "EPSG:27700"


def test_identical_asb_rows_are_separate_incidents(tmp_path: Path) -> None:
    incidents, rejections = read_incidents(write(tmp_path, ASB, ASB, ASB))
    assert len(incidents) == 3
    assert len(rejections) == 0
    assert incidents.frame["reference"].isna().all()
    assert set(incidents.frame["category"]) == {"asb"}


def test_a_repeated_crime_id_is_kept(tmp_path: Path) -> None:
    incidents, _ = read_incidents(write(tmp_path, row("a"), row("a")))
    assert len(incidents) == 2


def test_an_unknown_crime_type_is_kept_as_unmapped(tmp_path: Path) -> None:
    incidents, _ = read_incidents(write(tmp_path, row(kind="Wizardry"), row(kind="")))
    assert incidents.frame["category"].tolist() == ["unmapped", "unmapped"]
    assert incidents.frame["source_category"].tolist() == ["Wizardry", ""]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"longitude": "", "latitude": ""}, "no coordinates"),
        ({"latitude": " "}, "no coordinates"),
        ({"longitude": "east"}, "coordinates are not numbers"),
        ({"longitude": "nan"}, "coordinates are not numbers"),
        ({"latitude": "inf"}, "coordinates are not numbers"),
        ({"longitude": "0", "latitude": "0.0"}, "coordinates are 0, 0"),
        ({"longitude": "181"}, "coordinates are outside longitude ±180 and latitude ±90"),
        ({"latitude": "-90.5"}, "coordinates are outside longitude ±180 and latitude ±90"),
        ({"month": "2021-13"}, "no valid month"),
        ({"month": ""}, "no valid month"),
        ({"month": "June 2021"}, "no valid month"),
        ({"month": "", "longitude": ""}, "no coordinates"),
    ],
)
def test_the_reason_of_a_rejection(tmp_path: Path, changed: dict[str, str], reason: str) -> None:
    assert reasons(write(tmp_path, row(), row(**changed), row())) == [(3, reason)]


def test_rows_with_too_few_or_many_fields(tmp_path: Path) -> None:
    path = write(tmp_path, row(), "a,2021-06", row() + ",more", row())
    assert reasons(path) == [
        (3, "too few fields: 2 instead of 12"),
        (4, "too many fields: 13 instead of 12"),
    ]
    incidents, rejections = read_incidents(path)
    assert incidents.frame["row"].tolist() == [2, 5]
    assert json.loads(rejections.frame["raw"].iloc[0]) == ["a", "2021-06"]
    (file,) = incidents.files
    assert (file.read, file.kept, file.rejected) == (4, 2, 2)


def test_the_rejected_row_is_kept_as_json(tmp_path: Path) -> None:
    _, rejections = read_incidents(write(tmp_path, row(reference="zz", longitude="")))
    raw = json.loads(rejections.frame["raw"].iloc[0])
    assert raw["Crime ID"] == "zz"
    assert raw["Longitude"] == ""
    assert list(raw) == HEADER.split(",")


def test_a_file_all_rejected_gives_empty_incidents_of_the_same_types(tmp_path: Path) -> None:
    none, _ = read_incidents(write(tmp_path, row(longitude="")))
    one, _ = read_incidents(write(tmp_path, row()))
    assert len(none) == 0
    assert none.frame.dtypes.tolist() == one.frame.dtypes.tolist()


def test_december_ends_with_the_year(tmp_path: Path) -> None:
    incidents, _ = read_incidents(write(tmp_path, row(month="2021-12")))
    assert incidents.frame["ends_at"].iloc[0] == pd.Timestamp("2021-12-31 23:59:59")


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "key"),
    [
        ("2021-06-kent-street.csv", [row()], "police-uk:2021-06-kent-street"),
        ("2020-01-kent-street.csv", [row()], "police-uk:2021-06-kent-street"),
        ("download.csv", [row()], "police-uk:2021-06-kent-street"),
        (
            "all.csv",
            [row(), row(month="2021-08")],
            "police-uk:2021-06..2021-08-kent-street",
        ),
        ("2021-06-kent-street.csv", [row(month="x")], None),
    ],
)
def test_the_key_says_month_and_force(
    tmp_path: Path, name: str, rows: list[str], key: str | None
) -> None:
    incidents, _ = read_incidents(write(tmp_path, *rows, name=name))
    assert incidents.files[0].key == key


def test_the_key_is_known_after_the_last_block() -> None:
    reader = READERS[0].start("all.csv", tuple(HEADER.split(",")), None, Context("EPSG:27700"))
    assert reader.key is None
    forces = ("Kent Police", "Essex Police", "Essex Police")
    for number, (month, force) in enumerate(zip(("2021-08", "x", "2021-06"), forces, strict=True)):
        fields = row(month=month).replace("Kent Police", force).split(",")
        frame = pd.DataFrame([fields], columns=[str(i) for i in range(12)], dtype="str")
        taken = reader.take(Records(tuple(HEADER.split(",")), frame, np.array([number + 2])))
        assert len(taken.incidents) + len(taken.rejections) == 1
    assert reader.key == "police-uk:2021-06..2021-08-essex-street"
    assert reader.series is None


def test_plain_and_gz_have_the_same_content_hash(tmp_path: Path) -> None:
    plain = write(tmp_path, row())
    packed = tmp_path / "packed" / (plain.name + ".gz")
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    first = read_incidents(plain)[0].files[0]
    second = read_incidents(packed)[0].files[0]
    assert first.content_sha256 == second.content_sha256 == first.sha256
    assert second.sha256 != first.sha256
    assert second.key == first.key


def test_a_folder_is_read_in_order_and_refused_files_are_listed(tmp_path: Path) -> None:
    write(tmp_path, row(month="2021-07"), name="2021-07/2021-07-kent-street.csv")
    write(tmp_path, row(), name="2021-06/2021-06-kent-street.csv")
    (tmp_path / "2021-06" / "2021-06-kent-outcomes.csv").write_text(OUTCOMES)
    (tmp_path / "2021-06" / "renamed.csv").write_text(OUTCOMES)
    (tmp_path / "2021-06" / "2021-06-kent-stop-and-search.csv").write_text(STOPS)
    (tmp_path / "notes.docx").write_bytes(b"x")
    (tmp_path / ".hidden.csv").write_bytes(b"x")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    steps: list[Step] = []
    incidents, _ = read_incidents(tmp_path, progress=steps.append)
    assert incidents.frame["file"].tolist() == [
        "2021-06-kent-street.csv",
        "2021-07-kent-street.csv",
    ]
    assert dict(incidents.skipped) == {
        "notes.docx": "not a table",
        "2021-06-kent-outcomes.csv": "an outcomes file, not street-level incidents",
        "renamed.csv": "an outcomes file, not street-level incidents",
        "2021-06-kent-stop-and-search.csv": "a stop-and-search file, not street-level incidents",
        "other.csv": "no format that is recognised, and no mapping was given",
    }
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == 1
    assert steps[-1].rows == 2


def test_only_refused_files_is_an_error_that_names_one(tmp_path: Path) -> None:
    path = tmp_path / "2021-06-kent-outcomes.csv"
    path.write_text(OUTCOMES)
    with pytest.raises(DataError, match=r"2021-06-kent-outcomes\.csv \(an outcomes file, not"):
        read_incidents(path)
    with pytest.raises(DataError, match="an outcomes file"):
        read_incidents(tmp_path)


def test_the_same_content_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, row(), name="a/2021-06-kent-street.csv")
    write(tmp_path, row(), name="b/2021-06-kent-street.csv")
    incidents, _ = read_incidents(tmp_path)
    assert len(incidents) == 1
    assert incidents.skipped == (
        ("b/2021-06-kent-street.csv", "the same content as 2021-06-kent-street.csv"),
    )


def test_two_versions_of_a_month_are_refused(tmp_path: Path) -> None:
    write(tmp_path, row(), name="a/2021-06-kent-street.csv")
    write(tmp_path, row(), row(), name="b/2021-06-kent-street.csv")
    with pytest.raises(DataError, match="both hold 2021-06 of kent-street and differ"):
        read_incidents(tmp_path)


def test_a_force_without_rows_is_skipped_in_a_folder_and_refused_alone(tmp_path: Path) -> None:
    write(tmp_path, row(), name="2021-06-kent-street.csv")
    empty = write(tmp_path, name="2021-06-essex-street.csv")
    incidents, _ = read_incidents(tmp_path)
    assert incidents.skipped == (("2021-06-essex-street.csv", "no rows after the header"),)
    with pytest.raises(DataError, match=r"essex-street\.csv has no rows"):
        read_incidents(empty)


def test_a_damaged_month_in_a_folder_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, row(), name="2021-06-kent-street.csv")
    (tmp_path / "2021-07-kent-street.csv").write_text("Crime ID,Month\na,2021-07\n")
    with pytest.raises(DataError, match=r"2021-07-kent-street\.csv lacks Reported by, Longitude"):
        read_incidents(tmp_path)


def test_a_named_source_must_exist_and_fit(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=r"must be one of police-uk, .*mapping; got 'excel'"):
        read_incidents(path, "excel")
    with pytest.raises(DataError, match=r"street file must have the columns .* other\.csv lacks"):
        read_incidents(path, "police-uk")
    write(tmp_path, row())
    incidents, _ = read_incidents(tmp_path, "police-uk")
    assert incidents.skipped == (("other.csv", "not a data.police.uk street-level file"),)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2913", "EPSG:1", "nonsense"])
def test_the_target_crs_must_be_in_metres(tmp_path: Path, crs: str) -> None:
    with pytest.raises(UsageError, match="CRS"):
        read_incidents(write(tmp_path, row()), crs=crs)


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "2021-06-kent-street.csv"
    path.write_bytes(("\ufeff" + "\r\n".join([HEADER, row(), row()]) + "\r\n").encode())
    incidents, rejections = read_incidents(path)
    assert len(incidents) == 2
    assert len(rejections) == 0
    assert incidents.frame["row"].tolist() == [2, 3]


def test_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "2021-06-kent-street.csv"
    path.write_bytes(f"{HEADER}\n{row()}\n".encode().replace(b"High", b"H\xefgh"))
    with pytest.raises(
        DataError, match=r"must be text in the encoding utf-8; it is not \(byte 0xef"
    ):
        read_incidents(path)
