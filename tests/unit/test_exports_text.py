"""No text becomes a formula, whatever it is and whichever format it leaves in."""

from __future__ import annotations

import csv
import io
import zipfile
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hotspots.exports import EXPORTS, SHEETS, harmless, harmless_text
from hotspots.exports.text import file_name, tab_name
from hotspots.sheets import Blank, Column, Sheet

#: OWASP's list of what spreadsheets run, and what they run in an East Asian language.
STARTERS = "=+-@\t\r\n＝＋－＠"
HOSTILE = ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", '=HYPERLINK("http://x","y")']


@given(st.text())
def test_no_text_starts_a_formula_and_none_is_lost(text: str) -> None:
    safe = harmless_text(text)
    assert not safe or safe[0] not in STARTERS
    assert safe.removeprefix("'") == text.removeprefix("'") or safe == text
    assert harmless(text) == safe


@pytest.mark.parametrize("number", [-1, 2.5, None, True, Blank.NO_DATA])
def test_what_is_no_text_stays_as_it_is(number: object) -> None:
    assert harmless(number) is number


def _sheet(texts: list[str]) -> Sheet:
    rows = tuple({"name": text, "n": -1} for text in texts)
    return Sheet("Hostile", "=1+1", (Column("name", "=name"), Column("n", "n", "count", 0)), rows)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_every_csv_cell_of_any_text_is_safe_and_a_number_stays_one(texts: list[str]) -> None:
    content = next(f for f in SHEETS if f.name == "csv").write([_sheet(texts)], {})
    # as the rows were written, whatever line ends the texts hold
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(texts) + 1
    assert all(not row[0] or row[0][0] not in STARTERS for row in rows)
    assert {row[1] for row in rows[1:]} == {"-1"}


def test_a_workbook_has_texts_only_and_they_can_be_read() -> None:
    content = SHEETS[0].write([_sheet(HOSTILE)], {"marking": "=OFFICIAL", "evil": "=1+1"})
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell.value for cell in cells if str(cell.value)[0] in "=+@" + "\t"]
    shown = [cell.value for cell in cells]
    assert all(f"'{text}" in shown for text in HOSTILE)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = b"".join(archive.read(name) for name in archive.namelist())
    assert b"<f>" not in parts
    assert b"<hyperlinks" not in parts


@settings(max_examples=20, phases=(Phase.explicit, Phase.reuse, Phase.generate), deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=400))
def test_no_text_breaks_a_workbook(cell: str, name: str, marking: str) -> None:
    sheet = Sheet(name, cell, (Column("a", name),), ({"a": cell},), (cell,))
    content = SHEETS[0].write([sheet], {"marking": marking, "notices": [cell]})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {
            part: ElementTree.fromstring(archive.read(part))  # noqa: S314 - ours
            for part in archive.namelist()
        }
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames[1:] == ["Notes", "Provenance"]
    foot = next(
        e.text or "" for e in parts["xl/worksheets/sheet1.xml"].iter() if "oddFooter" in e.tag
    )
    # the footer's codes are ours alone, whatever the marking holds
    assert foot.endswith("&R&8 Page &P of &N")
    assert foot.replace("&&", "").count("&") == 6
    assert len(foot) <= 255


@pytest.mark.parametrize("name", ["csv", "xlsx", "shp"])
def test_formats_that_spreadsheets_open_disarm_the_table(name: str) -> None:
    frame = gpd.GeoDataFrame(
        {"name": HOSTILE, "n": -1.5}, geometry=[shapely.Point(i, i) for i in range(6)], crs=27700
    )
    content = next(f for f in EXPORTS if f.name == name).write({"t": frame}, {})
    if name == "csv":
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
        read = [row["name"] for row in rows]
    elif name == "xlsx":
        page = openpyxl.load_workbook(io.BytesIO(content))["t"]
        read = [str(row[0].value) for row in page.iter_rows(min_row=page.max_row - 5)]
    else:
        read = list(gpd.read_file(io.BytesIO(content))["name"])
    assert [text.rstrip() for text in read] == [f"'{text}" for text in HOSTILE]


@given(st.lists(st.text(max_size=50), min_size=1, max_size=6))
def test_tab_names_are_what_workbooks_take(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        taken.append(tab_name(name, taken))
    assert len({tab.casefold() for tab in taken}) == len(names)
    for tab in taken:
        assert 1 <= len(tab.encode("utf-16-le")) // 2 <= 31
        assert not set(tab) & set("[]:*?/\\")
        assert not tab.startswith("'")
        assert not tab.endswith("'")
        assert tab.casefold() != "history"


def test_file_names_hold_nothing_that_a_path_could() -> None:
    assert file_name("../../etc/Key wards!") == "etc-key-wards"
    assert file_name("//") == "table"
