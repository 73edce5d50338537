"""What a file is found to be, on small files made for the purpose."""

from __future__ import annotations

import csv
import json
import random
import string
from io import StringIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from hotspots.errors import DataError, HotspotsError, UsageError
from hotspots.ingest import read_incidents, read_mapping
from hotspots.ingest.inspection import Inspection, inspect_table
from hotspots.ingest.inspection.columns import columns_of
from hotspots.ingest.inspection.dates import candidates, date_column, read_as
from hotspots.ingest.records import records_of
from hotspots.model import WARD_COLUMNS, Wards

BOX = (550_000.0, 165_000.0, 570_000.0, 177_000.0)
KINDS = ("Anti-social behaviour", "Burglary", "Drugs", "Zorbing")


def wards() -> Wards:
    row = ["E1", "One", "D", "District", "2021", np.nan, shapely.box(*BOX)]
    frame = gpd.GeoDataFrame([row], columns=list(WARD_COLUMNS), crs="EPSG:27700")
    return Wards(frame, "2021")


def rows(count: int = 60) -> pd.DataFrame:
    """Incidents within the wards, the day never above 12."""
    random_state = np.random.default_rng(4)
    days = pd.to_datetime(
        {
            "year": [2021] * count,
            "month": random_state.integers(1, 13, count),
            "day": random_state.integers(1, 13, count),
        }
    )
    return pd.DataFrame(
        {
            "Ref": [f"R{i:04d}" for i in random_state.permutation(count)],
            "Incident type": [KINDS[i % 4] for i in range(count)],
            "Date": days.dt.strftime("%d/%m/%Y"),
            "Time": [f"{i % 24:02d}:{i % 60:02d}" for i in range(count)],
            "Easting": random_state.integers(int(BOX[0]), int(BOX[2]), count),
            "Northing": random_state.integers(int(BOX[1]), int(BOX[3]), count),
        }
    )


def write(folder: Path, frame: pd.DataFrame, sep: str = ",", encoding: str = "utf-8") -> Path:
    path = folder / "export.csv"
    path.write_bytes(frame.to_csv(index=False, sep=sep).encode(encoding))
    return path


def said(inspection: Inspection, text: str) -> bool:
    return any(text in sentence for sentence in inspection.sentences)


# -- the whole ------------------------------------------------------------------------------------


def test_a_plain_export(tmp_path: Path) -> None:
    path = write(tmp_path, rows())
    found = inspect_table(path, wards=wards())
    mapping = found.mapping
    assert mapping is not None
    columns = mapping.columns
    assert (columns.reference, columns.category) == ("Ref", "Incident type")
    assert (columns.from_date, columns.from_time) == (("Date",), ("Time",))
    assert (columns.x, columns.y, mapping.crs) == (("Easting",), ("Northing",), "EPSG:27700")
    assert mapping.categories == {
        "Anti-social behaviour": "asb",
        "Burglary": "burglary",
        "Drugs": "drugs",
    }
    assert found.unmapped == (("Zorbing", 15),)
    assert (found.kept, found.rejected) == (60, 0)


def test_what_is_written_reads_back_and_imports(tmp_path: Path) -> None:
    path = write(tmp_path, rows())
    found = inspect_table(path, wards=wards())
    written = found.write(tmp_path / "mapping.toml")
    assert read_mapping(written) == found.mapping
    text = written.read_text("utf-8")
    assert '# "Zorbing" = ""' in text
    assert '# date_formats = ["%m/%d/%Y"]' in text
    assert '"Anti-social behaviour" = "asb"  # 15 rows' in text
    incidents, rejections = read_incidents(path, mapping=written)
    assert (len(incidents), len(rejections)) == (60, 0)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    found = inspect_table(write(tmp_path, rows()), wards=wards())
    target = tmp_path / "mapping.toml"
    target.write_text("mine")
    with pytest.raises(UsageError, match="only written to a new file"):
        found.write(target)
    assert target.read_text() == "mine"
    with pytest.raises(DataError, match="give another"):
        found.write(tmp_path / "none" / "mapping.toml")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["export.csv", "mapping.toml"]


def test_what_json_can_show(tmp_path: Path) -> None:
    shown = json.loads(json.dumps(inspect_table(write(tmp_path, rows()), wards=wards()).as_dict()))
    assert shown["mapping"]["columns"]["x"] == ["Easting"]
    assert shown["unmapped"] == {"Zorbing": 15}
    assert shown["kept"] == 60


# -- dates ----------------------------------------------------------------------------------------


def test_an_order_that_nothing_proves_is_said_so(tmp_path: Path) -> None:
    found = inspect_table(write(tmp_path, rows()), wards=wards())
    assert said(found, "the order of day and month is not proved")
    assert found.alternative_dates == ("%m/%d/%Y",)
    assert any("day or the month first" in question for question in found.questions)


@pytest.mark.parametrize(
    ("day", "form", "proof"),
    [
        ("13/02/2021", "%d/%m/%Y", "day first proved by 1 rows"),
        ("02/13/2021", "%m/%d/%Y", "month first proved by 1 rows"),
    ],
)
def test_one_day_above_twelve_proves_the_order(
    tmp_path: Path, day: str, form: str, proof: str
) -> None:
    frame = rows()
    frame.loc[41, "Date"] = day
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert found.mapping.dates.date_formats == (form,)
    assert said(found, proof)
    assert found.alternative_dates == ()
    assert found.rejected == 0


def test_both_orders_in_one_column_are_said(tmp_path: Path) -> None:
    frame = rows()
    frame.loc[[40, 41], "Date"] = "13/02/2021"
    frame.loc[42, "Date"] = "02/13/2021"
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert said(found, "both orders are in it: 2 rows can only be day first, 1 only month first")


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d",
        "%d/%m/%Y %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%SZ",
        "%d %b %Y",
        "%d-%b-%y",
        "%B %d, %Y",
        "%d.%m.%Y",
        "%Y%m%d",
        "%d/%m/%y",
        "%m/%d/%Y %I:%M:%S %p",
        "%A %d %B %Y",
    ],
)
@given(
    st.lists(
        st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2060-12-31")),
        min_size=5,
        max_size=8,
    )
)
@settings(max_examples=8)
def test_a_format_is_found_that_reads_every_date(form: str, moments: list[pd.Timestamp]) -> None:
    # one that proves the order, so that there is one answer
    texts = [moment.strftime(form) for moment in [pd.Timestamp("2021-12-31 13:14:15"), *moments]]
    records = records_of(("when",), [(i + 2, [text]) for i, text in enumerate(texts)])
    found = date_column(columns_of(records)[0], uk=True)
    assert found is not None
    read = np.full(len(texts), "NaT", dtype="datetime64[us]")
    for tried in found.formats:
        left = np.isnat(read)
        read[left] = read_as(pd.Series(texts, dtype="str")[left], tried)
    assert (read == read_as(pd.Series(texts, dtype="str"), form)).all()


@given(st.text(alphabet=string.digits + string.ascii_letters + "/-:. ,T", max_size=25))
def test_any_text_has_only_formats_that_pandas_takes(text: str) -> None:
    for candidate in candidates(text):
        read_as(pd.Series([text], dtype="str"), candidate.format)


def test_from_to_and_recorded(tmp_path: Path) -> None:
    frame = rows().rename(columns={"Date": "Date from", "Time": "Time from"})
    frame["Date to"] = frame["Date from"]
    frame["Time to"] = "23:59"
    frame["Date recorded"] = "25/12/2021"
    frame["Last updated"] = "26/12/2021"
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    columns = found.mapping.columns
    assert columns.from_date == ("Date from",)
    assert columns.from_time == ("Time from",)
    assert (columns.to_date, columns.to_time) == (("Date to",), ("Time to",))
    assert columns.recorded_date == ("Date recorded",)
    assert any('"Last updated"' in question for question in found.questions)
    assert found.rejected == 0


def test_a_clock_that_is_always_midnight_is_none(tmp_path: Path) -> None:
    frame = rows().drop(columns="Time")
    frame["Date"] += " 00:00"
    path = write(tmp_path, frame)
    found = inspect_table(path, wards=wards())
    assert found.mapping is not None
    incidents, _ = read_incidents(path, mapping=found.mapping)
    assert set(incidents.frame["precision"]) == {"day"}


def test_excel_serials_are_said(tmp_path: Path) -> None:
    frame = rows()
    frame["Date"] = range(44_200, 44_260)
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is None
    assert said(found, "dates as Excel counts them")


@pytest.mark.parametrize("texts", [["2021-06", "2021-07"], ["01/06/2021", "01/07/2021"]])
def test_dates_without_days_are_known_to_the_month(tmp_path: Path, texts: list[str]) -> None:
    frame = rows().drop(columns="Time")
    frame["Date"] = (texts + [text.replace("06", "08") for text in texts]) * 15
    path = write(tmp_path, frame)
    found = inspect_table(path, wards=wards())
    assert found.mapping is not None
    assert found.mapping.dates.precision == "month"
    assert any("known to the month only" in question for question in found.questions)
    incidents, _ = read_incidents(path, mapping=found.mapping)
    assert set(incidents.frame["precision"]) == {"month"}
    assert len(incidents) == 60


# -- places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "crs", ["EPSG:27700", "EPSG:4326", "EPSG:3857", "EPSG:32630", "EPSG:32631"]
)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_wards_prove_the_crs_and_the_order(tmp_path: Path, crs: str, swapped: bool) -> None:
    frame = rows()
    there = Transformer.from_crs("EPSG:27700", crs, always_xy=True)
    x, y = there.transform(frame["Easting"], frame["Northing"])
    frame["Easting"], frame["Northing"] = (y, x) if swapped else (x, y)
    path = write(tmp_path, frame)
    found = inspect_table(path, wards=wards())
    assert found.mapping is not None
    assert found.mapping.crs == crs
    assert found.mapping.columns.x == (("Northing",) if swapped else ("Easting",))
    assert said(found, "proved by the wards")
    incidents, _ = read_incidents(path, mapping=found.mapping)
    assert np.abs(incidents.xy - rows()[["Easting", "Northing"]].to_numpy()).max() < 10


def test_names_that_say_nothing_are_proved_all_the_same(tmp_path: Path) -> None:
    frame = rows().rename(columns={"Easting": "geo1", "Northing": "geo2"})
    frame["count"] = 3
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert found.mapping.columns.x == ("geo1",)
    # without wards nothing makes them coordinates
    assert inspect_table(write(tmp_path, frame), wards=None).mapping is None


def test_without_wards_a_crs_is_not_proved(tmp_path: Path) -> None:
    found = inspect_table(write(tmp_path, rows()), wards=None)
    assert found.mapping is not None
    assert found.mapping.crs == "EPSG:27700"
    assert said(found, "not proved (there are no wards)")
    assert any("Is EPSG:27700 the CRS?" in question for question in found.questions)


def test_a_crs_that_cannot_be_known_is_asked_for(tmp_path: Path) -> None:
    frame = rows()
    frame["Easting"] *= 1_000
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert found.mapping.crs is None
    assert said(found, "their CRS is unknown")
    assert '# crs = "EPSG:..."' in found.toml()


def test_decimal_comma_and_semicolon(tmp_path: Path) -> None:
    frame = rows()
    for name in ("Easting", "Northing"):
        frame[name] = frame[name].astype(str) + ",5"
    path = write(tmp_path, frame, sep=";")
    found = inspect_table(path, wards=wards())
    assert found.mapping is not None
    assert (found.mapping.delimiter, found.mapping.decimal) == (";", ",")
    incidents, _ = read_incidents(path, mapping=found.mapping)
    assert len(incidents) == 60
    assert incidents.xy[0, 0] == rows()["Easting"][0] + 0.5


def test_hidden_digits(tmp_path: Path) -> None:
    frame = rows()
    for name in ("Easting", "Northing"):
        frame[name] = frame[name].astype(str).str[:3] + "***"
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert found.mapping.masked == "*"
    assert said(found, "masked: 60")


def test_an_exact_pair_and_a_rounded_one(tmp_path: Path) -> None:
    frame = rows()
    for name in ("Easting", "Northing"):
        frame[f"{name}_rounded"] = frame[name] // 100 * 100 + 50
        frame[name] = frame[name].astype("Int64").mask(frame.index < 20)
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert found.mapping.columns.x == ("Easting", "Easting_rounded")
    assert found.kept == 60
    assert said(found, "taken for 20 rows without the first")


def test_another_address_is_no_fallback(tmp_path: Path) -> None:
    frame = rows()
    frame["Home Easting"], frame["Home Northing"] = frame["Easting"] + 5_000, frame["Northing"]
    frame["Easting"] = frame["Easting"].astype("Int64").mask(frame.index < 20)
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert len(found.mapping.columns.x or ()) == 1
    assert any("Home Easting" in sentence for sentence in found.sentences)


def test_grid_references_and_postcodes(tmp_path: Path) -> None:
    frame = rows().drop(columns=["Easting", "Northing"])
    frame["Grid"] = "TQ 561 743"
    frame["Postcode"] = "DA1 1AA"
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert found.mapping.columns.grid_reference == "Grid"
    assert found.mapping.columns.postcode == "Postcode"
    assert found.kept == 60


# -- kinds ----------------------------------------------------------------------------------------


def test_states_and_flags(tmp_path: Path) -> None:
    frame = rows()
    frame["Status"] = ["Cancelled", "Closed", "Open"] * 20
    frame["Domestic abuse?"] = ["Yes", "No", ""] * 20
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    # only proposed: leaving rows out is for the analyst to say
    assert found.mapping.exclude == {}
    assert found.exclude == (("Status", ("Cancelled",)),)
    assert '# "Status" = ["Cancelled"]' in found.toml()
    assert found.mapping.flags == {"domestic_abuse": {"Domestic abuse?": ("Yes",)}}


def test_a_counter_of_rows_is_no_reference(tmp_path: Path) -> None:
    frame = rows().drop(columns="Ref")
    frame.insert(0, "id", range(1, 61))
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert found.mapping is not None
    assert found.mapping.columns.reference is None
    assert said(found, "only counts rows")


# -- how the text is written ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "named", "proof"),
    [
        ("utf-8", "utf-8", "beyond ASCII"),
        ("utf-8-sig", "utf-8", "byte order mark EF BB BF"),
        ("cp1252", "cp1252", "it is not UTF-8"),
        ("utf-16", "utf-16", "byte order mark FF FE"),
        ("utf-16-le", "utf-16-le", "every other byte is zero"),
    ],
)
@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
def test_encoding_and_separator(
    tmp_path: Path, encoding: str, named: str, proof: str, sep: str
) -> None:
    frame = rows()
    frame.loc[3, "Incident type"] = "Caf\u00e9 \u2013 noise, music; and | bottles"
    found = inspect_table(write(tmp_path, frame, sep, encoding), wards=wards())
    assert found.mapping is not None
    assert (found.mapping.encoding, found.mapping.delimiter) == (named, sep)
    assert said(found, proof)
    assert found.kept == 60
    assert ("Caf\u00e9 \u2013 noise, music; and | bottles", 1) in found.unmapped


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.text(alphabet="ab,;|\t\"\n'é", max_size=6), min_size=3, max_size=3),
        min_size=5,
        max_size=30,
    ),
    st.sampled_from(",;\t|"),
)
def test_quoted_fields_do_not_mislead_the_separator(fields: list[list[str]], sep: str) -> None:
    from hotspots.ingest.inspection.text import _separator

    stream = StringIO(newline="")
    writer = csv.writer(stream, delimiter=sep, quoting=csv.QUOTE_ALL)
    writer.writerows([["one", "two", "three"], *fields])
    assert _separator(stream.getvalue())[:2] == (sep, 0)


# -- what is no table of incidents ----------------------------------------------------------------


def test_lines_above_the_header(tmp_path: Path) -> None:
    path = write(tmp_path, rows())
    path.write_text("Weekly report\nRun on 1 June\n" + path.read_text())
    found = inspect_table(path, wards=wards())
    assert found.mapping is None
    assert said(found, "The header seems to be in row 3")


def test_no_header(tmp_path: Path) -> None:
    path = write(tmp_path, rows())
    path.write_text(path.read_text().split("\n", 1)[1])
    found = inspect_table(path, wards=wards())
    assert found.mapping is None
    assert said(found, "no header row")


def test_a_known_format_needs_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "2021-06-kent-street.csv"
    path.write_text(
        "Month,Reported by,Longitude,Latitude,Location,Crime type\n"
        "2021-06,Kent Police,0.2,51.4,On or near High Street,Drugs\n"
    )
    found = inspect_table(path, wards=None)
    assert found.mapping is None
    assert said(found, "no mapping is needed")
    with pytest.raises(UsageError, match="only be written where one is proposed"):
        found.write(tmp_path / "mapping.toml")


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n\n\n",
    "binary": bytes(range(256)) * 50,
    "one column": b"a\n1\n2\n",
    "header only": b"a,b,c\n",
    "huge field": b"a,b\n1," + b"x" * 3_000_000 + b"\n",
    "open quote": b'a,b\n1,"2\n' + b"3,4\n" * 1000,
    "same names": b"a,a,a\n1,2,3\n",
    "no names": b",,\n1,2,3\n",
    "nan": b"date,easting,northing\n" + b"01/02/2021,nan,inf\n" * 20,
    "control": "date,easting,northing\x85x\n01/02/2021,1,2\n".encode(),
    "ragged": b"a,b,c\n" + b"1\n1,2,3,4,5\n" * 50,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(HOSTILE[name])
    try:
        found = inspect_table(path, wards=wards())
    except HotspotsError as error:
        assert "\n" not in str(error)
        assert str(error).endswith(".")
    else:
        assert found.sentences
        assert all(sentence.isprintable() for sentence in found.sentences)
        if found.mapping is not None:
            read_mapping(found.write(tmp_path / "mapping.toml"))


def test_a_thousand_columns(tmp_path: Path) -> None:
    frame = rows()
    wide = pd.DataFrame({f"note {i}": ["text"] * 60 for i in range(1_000)})
    found = inspect_table(write(tmp_path, pd.concat([wide, frame], axis=1)), wards=wards())
    assert found.mapping is not None
    assert found.kept == 60


@settings(max_examples=40)
@given(st.binary(max_size=2_000))
def test_any_bytes_end_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "export.csv"
    path.write_bytes(data)
    try:
        assert inspect_table(path, wards=None).sentences
    except HotspotsError as error:
        assert "\n" not in str(error)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_mutated_exports_end_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("mutated")
    data = bytearray(write(folder, rows(20)).read_bytes())
    for _ in range(chance.randint(1, 30)):
        data[chance.randrange(len(data))] = chance.choice(b'",;\n\x00\xff\x96*0-')
    path = folder / "mutated.csv"
    path.write_bytes(bytes(data))
    try:
        found = inspect_table(path, wards=wards())
    except HotspotsError as error:
        assert "\n" not in str(error)
        return
    if found.mapping is not None and found.kept is not None:
        assert read_mapping(found.write(folder / "mapping.toml")) == found.mapping


def test_several_tables_are_not_one(tmp_path: Path) -> None:
    write(tmp_path, rows())
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="One file is inspected at a time"):
        inspect_table(tmp_path, wards=None)


def test_a_sample_of_a_long_file_sees_its_end(tmp_path: Path) -> None:
    frame = pd.concat([rows()] * 2_000, ignore_index=True)
    frame["Ref"] = [f"R{i}" for i in range(len(frame))]
    frame.loc[len(frame) - 1, "Date"] = "31/12/2021"
    found = inspect_table(write(tmp_path, frame), wards=wards())
    assert said(found, "day first proved by 1 rows")
    assert (found.kept or 0) < len(frame)
