"""Postcode files -> a table, and incidents placed by it."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import DataError, UsageError
from hotspots.ingest.postcodes import PostcodeTable, read_postcodes

# made up, in the shape of Code-Point Open: no header, quality 90 without coordinates
CODE_POINT = """\
"AB1 2CD",10,553664,174039,"E92000001","E1","E2","E3","E4","E5"
"AB1 2CE",90,0,0,"E92000001","E1","E2","E3","E4","E5"
"AB12 3CD",10,553665,174040,"E92000001","E1","E2","E3","E4","E5"
"""
ONSPD = """\
pcd,pcd2,pcds,dointr,doterm,oseast1m,osnrth1m,osgrdind,lat
"AB1 2CD","AB1  2CD","AB1 2CD","198001","","553664","174039","1","51.4"
"AB1 2CF","AB1  2CF","AB1 2CF","198001","199606","553700","174100","1","51.4"
"BT1 1AA","BT1  1AA","BT1 1AA","198001","","333831","374015","1","54.6"
"IM1 1AA","IM1  1AA","IM1 1AA","198001","","","","9","99.999999"
"""


def _table(codes: list[str]) -> PostcodeTable:
    places = np.arange(2.0 * len(codes)).reshape(-1, 2)
    frame = pd.DataFrame({"postcode": pd.Series(codes, dtype="str")})
    return PostcodeTable(lambda: frame.assign(x=places[:, 0], y=places[:, 1]))


def _write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def test_code_point_has_no_header_and_its_first_line_counts(tmp_path: Path) -> None:
    rows = read_postcodes([_write(tmp_path, "ab.csv", CODE_POINT)])
    assert rows.frame.to_numpy().tolist() == [
        ["AB12CD", 553664.0, 174039.0],
        ["AB123CD", 553665.0, 174040.0],
    ]
    (file,) = rows.files
    assert (file.read, file.kept, file.rejected) == (3, 2, 1)
    (refused,) = rows.rejections.frame.to_dict("records")
    assert (refused["row"], refused["file"]) == (2, "ab.csv")
    assert refused["reason"] == "no coordinates (positional quality 90)"
    assert json.loads(refused["raw"])["PC"] == "AB1 2CE"


def test_a_file_of_one_postcode_is_one(tmp_path: Path) -> None:
    path = _write(tmp_path, "ab.csv", CODE_POINT.splitlines()[0] + "\n")
    assert read_postcodes([path]).frame["postcode"].tolist() == ["AB12CD"]


def test_a_header_given_to_code_point_is_no_postcode(tmp_path: Path) -> None:
    path = _write(tmp_path, "ab.csv", "PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\n" + CODE_POINT)
    rows = read_postcodes([path])
    assert len(rows.frame) == 2
    assert rows.rejections.frame["row"].tolist() == [3]


def test_the_directory_of_the_ons_keeps_what_was_terminated(tmp_path: Path) -> None:
    rows = read_postcodes([_write(tmp_path, "ONSPD.csv", ONSPD)])
    assert rows.frame["postcode"].tolist() == ["AB12CD", "AB12CF"]
    assert rows.rejections.by_reason() == {
        "Northern Ireland, whose coordinates are Irish": 1,
        "no coordinates": 1,
    }
    assert rows.rejections.frame["row"].tolist() == [4, 5]


@pytest.mark.parametrize(
    "header",
    [
        "PCD7,PCD8,PCDS,DOINTR,DOTERM,EAST1M,NORTH1M,GRIDIND,LAT",
        "pcd,pcd2,other,a,b,OSEAST1M,osnrth1m,c,d",
    ],
)
def test_the_names_of_other_years_are_known(tmp_path: Path, header: str) -> None:
    content = "\n".join([header, *ONSPD.splitlines()[1:]]) + "\n"
    rows = read_postcodes([_write(tmp_path, "NSPL.csv", content)])
    assert rows.frame.to_numpy().tolist() == [
        ["AB12CD", 553664.0, 174039.0],
        ["AB12CF", 553700.0, 174100.0],
    ]


def test_every_row_is_kept_or_rejected_with_its_reason(tmp_path: Path) -> None:
    bad = CODE_POINT + (
        '"AB1 2CD",10,1,1,"E","1","2","3","4","5"\n'  # row 4: met before
        '"AB1",10,1,1,"E","1","2","3","4","5"\n'
        '"AB1 2CG",10,x,1,"E","1","2","3","4","5"\n'
        "\n"
        '"AB1 2CH",10,1\n'
    )
    rows = read_postcodes([_write(tmp_path, "ab.csv", bad)])
    found = rows.rejections.frame[["row", "reason"]].to_numpy().tolist()
    assert found == [
        [2, "no coordinates (positional quality 90)"],
        [4, "the postcode was met before"],
        [5, "not a postcode"],
        [6, "coordinates are not numbers"],
        [8, "too few fields: 3 instead of 10"],
    ]
    (file,) = rows.files
    assert (file.read, file.kept, file.rejected) == (7, 2, 5)


def test_a_zip_as_published_is_read_without_its_other_files(tmp_path: Path) -> None:
    path = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Doc/Code-Point_Open_Column_Headers.csv", "PC,PQ,EA,NO\nPostcode,a,b,c\n")
        archive.writestr("Doc/licence.txt", "Use it well.\n")
        archive.writestr("Data/CSV/ab.csv", CODE_POINT)
        archive.writestr("Data/CSV/cd.csv", CODE_POINT.replace("AB", "CD"))
    rows = read_postcodes([path])
    assert sorted(rows.frame["postcode"]) == ["AB123CD", "AB12CD", "CD123CD", "CD12CD"]
    assert [name for name, _ in rows.skipped] == [
        "Code-Point_Open_Column_Headers.csv", "licence.txt",
    ]  # fmt: skip


def test_parts_beside_the_whole_are_not_read_twice(tmp_path: Path) -> None:
    _write(tmp_path, "onspd/Data/ONSPD_UK.csv", ONSPD)
    _write(tmp_path, "onspd/Data/multi_csv/ONSPD_UK_AB.csv", ONSPD)
    rows = read_postcodes([tmp_path / "onspd"])
    assert [f.name for f in rows.files] == ["ONSPD_UK.csv"]
    assert ("ONSPD_UK_AB.csv", "a part of a file that is read whole") in rows.skipped
    assert len(read_postcodes([tmp_path / "onspd/Data/multi_csv"]).frame) == 2


def test_places_are_in_the_crs_of_the_workspace(tmp_path: Path) -> None:
    path = _write(tmp_path, "ab.csv", CODE_POINT)
    rows = read_postcodes([path], "EPSG:32630")
    project = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:32630", always_xy=True)
    expected = project.transform([553664, 553665], [174039, 174040])
    np.testing.assert_allclose(rows.frame[["x", "y"]].to_numpy().T, expected)
    with pytest.raises(UsageError, match="projected"):
        read_postcodes([path], "EPSG:4326")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", "Crime ID,Month\n1,2021-01\n")
    with pytest.raises(DataError, match="Code-Point Open"):
        read_postcodes([path])


def test_blanks_and_small_letters_make_no_difference() -> None:
    asked = ["AB12CD", "ab1 2cd", " Ab1\u00a02cD\t", "AB1 2CE", "", None]
    x, y = _table(["AA11AA", "AB12CD"]).locate(pd.Series(asked, dtype="str"))
    np.testing.assert_array_equal(x, [2, 2, 2, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(y, [3, 3, 3, np.nan, np.nan, np.nan])


def test_nothing_is_found_in_an_empty_table_and_nothing_asked_gives_nothing() -> None:
    x, y = _table([]).locate(pd.Series(["AB1 2CD"], dtype="str"))
    assert np.isnan([*x, *y]).all()
    x, y = _table(["AB12CD"]).locate(pd.Series([], dtype="str"))
    assert x.shape == y.shape == (0,)


def test_the_table_is_fetched_when_first_asked_and_once() -> None:
    calls = []

    def load() -> pd.DataFrame:
        calls.append(1)
        return pd.DataFrame({"postcode": ["AB12CD"], "x": [1.0], "y": [2.0]})

    table = PostcodeTable(load)
    assert not calls
    for _ in range(2):
        table.locate(pd.Series(["AB1 2CD"], dtype="str"))
    assert len(calls) == 1


_CODES = st.from_regex(r"[A-Z]{1,2}[0-9]{1,2} [0-9][A-Z]{2}", fullmatch=True)


@given(st.lists(_CODES, unique_by=lambda c: c.replace(" ", "")), st.lists(_CODES))
def test_each_postcode_is_where_the_table_says_and_no_other(
    known: list[str], asked: list[str]
) -> None:
    mixed = known + asked
    x, y = _table([code.replace(" ", "") for code in known]).locate(pd.Series(mixed, dtype="str"))
    for code, east, north in zip(mixed, x, y, strict=True):
        if code in known:
            assert (east, north) == (2 * known.index(code), 2 * known.index(code) + 1)
        elif code.replace(" ", "") not in {k.replace(" ", "") for k in known}:
            assert np.isnan([east, north]).all()


def test_the_real_files_are_read_whole(real_data: Path) -> None:
    folder = real_data / "codepoint-open"
    rows = read_postcodes([folder])
    counted = {}
    for name in ("da.csv", "me_tn_dartford_gravesham.csv"):
        with (folder / name).open(encoding="utf-8") as lines:
            counted[name] = [r for r in csv.reader(lines) if r]
    assert {f.name: f.read for f in rows.files} == {n: len(r) for n, r in counted.items()}
    assert {f.name: f.read for f in rows.files} == {
        "da.csv": 8865, "me_tn_dartford_gravesham.csv": 138,
    }  # fmt: skip
    given_rows = [r for found in counted.values() for r in found if r[1] != "90"]
    assert len(rows.frame) == len(given_rows)
    assert sum(f.rejected for f in rows.files) == 9003 - len(given_rows)
    x, y = PostcodeTable(lambda: rows.frame).locate(
        pd.Series([r[0].lower() for r in given_rows], dtype="str")
    )
    np.testing.assert_array_equal(x, [float(r[2]) for r in given_rows])
    np.testing.assert_array_equal(y, [float(r[3]) for r in given_rows])
