"""Published layouts: recognised by their header, and what their texts become. Rows are made up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hotspots.ingest import READERS, Reader, read_incidents
from hotspots.ingest.layouts import layout
from hotspots.ingest.registry import LAYOUTS, candidates

AVON = {
    "Day": "3",
    "Month": "July",
    "Year": "2014",
    "Time of Call": "21:04:05",
    "Incident Number": "000001-03072014",
    "X Coordinate": "376***",
    "Y Coordinate": "165***",
    "Unitary Authority": "BANES",
    "Ward": "ABBEY",
    "Incident Category": "Fire",
    "Is Primary Fire": "no",
    "Cause of Fire": "",
    "Is Fire Confined to Chimney?": "no",
    "Special Service Type": "",
    "Road Traffic Collision": "",
    "False Alarm Reason": "",
}
LONDON = {
    "IncidentNumber": "1",
    "DateOfCall": "01 Jan 2009",
    "TimeOfCall": "00:00:37",
    "IncidentGroup": "Fire",
    "StopCodeDescription": "Secondary Fire",
    "SpecialServiceType": "",
    "IncGeo_WardName": "Town",
    "Easting_m": "528652.0",
    "Northing_m": "176830.0",
    "Easting_rounded": "528650",
    "Northing_rounded": "176850",
}


def read(folder: Path, row: dict[str, str], changed: dict[str, str] | None = None) -> pd.Series:
    path = folder / "export.csv"
    encoding = "cp1252" if "Cause of Fire" in row else "utf-8"
    pd.DataFrame([{**row, **(changed or {})}]).to_csv(path, index=False, encoding=encoding)
    incidents, rejections = read_incidents(path)
    assert len(rejections) == 0
    return incidents.frame.iloc[0]


@pytest.mark.parametrize("reader", LAYOUTS, ids=[reader.name for reader in LAYOUTS])
def test_every_layout_has_a_mapping_with_a_series(reader: Reader) -> None:
    loaded = layout(reader.name)
    assert loaded.columns.reference
    # no other format takes its header, and it takes no other's
    header = loaded.named()
    takers = [other.name for other in READERS if other.sniff("export.csv", header)]
    assert takers == [reader.name, "mapping"]


def test_a_mapping_goes_before_the_layouts() -> None:
    assert [r.name for r in candidates(None)][1:-1] == [r.name for r in LAYOUTS]
    assert [r.name for r in candidates(None, layout("avon-fire"))] == ["police-uk", "mapping"]
    assert [r.name for r in candidates("avon-fire")] == ["avon-fire"]


def test_the_older_name_of_a_reader_still_names_it() -> None:
    assert candidates("csv") == candidates("mapping")


def test_avon_is_placed_in_the_middle_of_its_square_kilometre(tmp_path: Path) -> None:
    one = read(tmp_path, AVON)
    assert (one["x"], one["y"], one["placed"]) == (376_500, 165_500, "masked")
    assert one["starts_at"] == pd.Timestamp("2014-07-03 21:04:05")
    assert one["precision"] == "minute"


@pytest.mark.parametrize(
    ("cause", "primary", "chimney", "expected"),
    [
        ("Deliberate – others property", "no", "no", "deliberate_fire.secondary"),
        ("Deliberate – unknown owner", "yes", "no", "deliberate_fire.primary"),
        ("Deliberate - own property", "", "no", "deliberate_fire"),
        # as older forms said
        ("Suspected deliberate", "no", "no", "deliberate_fire.secondary"),
        ("Doubtful", "yes", "no", "deliberate_fire.primary"),
        ("Malicious", "yes", "no", "deliberate_fire.primary"),
        ("Deliberate – own property", "no", "yes", "deliberate_fire.chimney"),
        ("Accidental", "yes", "no", "accidental_fire.primary"),
        ("Accidental", "no", "yes", "accidental_fire.chimney"),
        ("Not known", "no", "no", "fire_unknown_cause.secondary"),
        ("", "", "", "fire_unknown_cause"),
        ("", "", "yes", "fire_unknown_cause.chimney"),
        # a cause nobody has listed is not made a deliberate one
        ("Lightning", "yes", "no", "fire_unknown_cause.primary"),
    ],
)
def test_causes_of_fire(
    tmp_path: Path, cause: str, primary: str, chimney: str, expected: str
) -> None:
    changed = {
        "Cause of Fire": cause,
        "Is Primary Fire": primary,
        "Is Fire Confined to Chimney?": chimney,
    }
    assert whole(read(tmp_path, AVON, changed)) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Special Service Type": "RTC, Wash down road"}, "road_collision.fire_service"),
        ({"Road Traffic Collision": "yes"}, "road_collision.fire_service"),
        # what says that it is none is none
        (
            {"Special Service Type": "Spills and Leaks (not RTC), Other"},
            "rescue.hazard",
        ),
        ({"Special Service Type": "Lift Release, For child"}, "rescue.entry"),
        ({"Special Service Type": "Something new"}, "rescue"),
    ],
)
def test_special_services(tmp_path: Path, changed: dict[str, str], expected: str) -> None:
    kind = {"Incident Category": "Special Service", "Is Primary Fire": ""}
    assert whole(read(tmp_path, AVON, {**kind, **changed})) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "fire_unknown_cause.secondary"),
        ({"StopCodeDescription": "Primary Fire"}, "fire_unknown_cause.primary"),
        ({"StopCodeDescription": "AFA"}, "false_alarm.automatic"),
        ({"StopCodeDescription": "False alarm - Malicious"}, "false_alarm.malicious"),
        (
            {"StopCodeDescription": "Special Service", "SpecialServiceType": "RTC"},
            "road_collision.fire_service",
        ),
        ({"StopCodeDescription": "Special Service"}, "rescue"),
        ({"StopCodeDescription": "Something new"}, "unmapped"),
    ],
)
def test_stop_codes_of_london(tmp_path: Path, changed: dict[str, str], expected: str) -> None:
    assert whole(read(tmp_path, LONDON, changed)) == expected


def test_dwellings_of_london_have_the_rounded_place_only(tmp_path: Path) -> None:
    exact = read(tmp_path, LONDON)
    assert (exact["x"], exact["y"], exact["placed"]) == (528_652, 176_830, "given")
    rounded = read(tmp_path, LONDON, {"Easting_m": "", "Northing_m": ""})
    assert (rounded["x"], rounded["y"], rounded["placed"]) == (528_650, 176_850, "masked")


def whole(one: pd.Series) -> str:
    sub = one["subcategory"]
    return str(one["category"]) if pd.isna(sub) else f"{one['category']}.{sub}"
