"""What incidents are by a mapping: rules before categories, subcategories, flags; when recorded."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hotspots.ingest import read_incidents
from tests.unit.test_ingest_mapped import mapping

FIRES = """
source = "Fires"
crs = "EPSG:27700"
[columns]
category = "type"
subcategory = "primary?"
from_date = "date"
recorded_date = "logged"
recorded_time = "logged at"
x = "x"
y = "y"
[dates]
date_formats = ["%d/%m/%Y"]
[categories]
"False Alarm" = "false_alarm"
"Malicious call" = "false_alarm.malicious"
[subcategories]
yes = "primary"
no = "secondary"
[flags]
alcohol = { drink = ["Y", "Yes*"], note = "*drunk*" }
domestic_abuse = { da = "1" }
[[rules]]
category = "deliberate_fire"
when = { cause = ["Deliberate - *", "Doubtful"], type = "Fire" }
[[rules]]
category = "accidental_fire"
subcategory = "chimney"
when = { cause = "A*", where = "chimney" }
[[rules]]
category = "accidental_fire"
when = { cause = "A*" }
"""
FIRE = {
    "type": "Fire",
    "primary?": "",
    "cause": "",
    "where": "",
    "date": "07/06/2021",
    "logged": "",
    "logged at": "",
    "x": "554000",
    "y": "174000",
    "drink": "",
    "note": "",
    "da": "",
}


def fires(folder: Path, *rows: dict[str, str]) -> pd.DataFrame:
    path = folder / "fires.csv"
    pd.DataFrame([{**FIRE, **row} for row in rows]).to_csv(path, index=False)
    incidents, rejections = read_incidents(path, mapping=mapping(folder, FIRES))
    assert len(rejections) == 0
    return incidents.frame


@pytest.mark.parametrize(
    ("changed", "category", "subcategory", "source_category"),
    [
        # the sort of dash, case and blanks do not matter; every condition must hold
        ({"cause": "DELIBERATE –  unknown owner"}, "deliberate_fire", None, None),
        ({"cause": "Doubtful", "primary?": "Yes"}, "deliberate_fire", "primary", "Doubtful > Fire"),
        ({"cause": "Doubtful", "primary?": "?"}, "deliberate_fire", None, "Doubtful > Fire"),
        ({"cause": "Doubtful", "type": "False alarm"}, "false_alarm", None, "False alarm"),
        # the first rule that fits wins, and a rule's subcategory goes before the column's
        (
            {"cause": "Acc", "where": "Chimney", "primary?": "no"},
            "accidental_fire",
            "chimney",
            None,
        ),
        (
            {"cause": "Acc", "where": "roof", "primary?": "no"},
            "accidental_fire",
            "secondary",
            "Acc",
        ),
        ({"type": "Malicious call"}, "false_alarm", "malicious", "Malicious call"),
        # a subcategory that the category has not is none; a label says as much as a code
        ({"type": "False Alarm", "primary?": "yes"}, "false_alarm", None, "False Alarm"),
        ({"type": "False Alarm", "primary?": "good intent"}, "false_alarm", "good_intent", None),
        ({"cause": "Not known"}, "unmapped", None, "Fire"),
    ],
)
def test_rules_come_before_categories(
    tmp_path: Path,
    changed: dict[str, str],
    category: str,
    subcategory: str | None,
    source_category: str | None,
) -> None:
    one = fires(tmp_path, changed).iloc[0]
    assert one["category"] == category
    assert (None if pd.isna(one["subcategory"]) else one["subcategory"]) == subcategory
    if source_category is not None:
        assert one["source_category"] == source_category


def test_flags_are_set_by_any_of_their_columns(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = [
        {"drink": "y", "da": "1"},
        {"drink": "yes, a lot"},
        {"note": "He was DRUNK."},
        {"drink": "N", "da": "10"},
    ]
    flags = fires(tmp_path, *rows)["flags"]
    assert flags.fillna("").tolist() == ["alcohol domestic_abuse", "alcohol", "alcohol", ""]


def test_when_it_was_recorded(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = [
        {"logged": "09/06/2021", "logged at": "10:15"},
        {"logged": "09/06/2021"},
        {"logged": "soon", "logged at": "10:15"},
    ]
    recorded = fires(tmp_path, *rows)["recorded_at"]
    expected = [pd.Timestamp("2021-06-09 10:15"), pd.Timestamp("2021-06-09"), pd.NaT]
    pd.testing.assert_series_equal(
        recorded, pd.Series(expected, dtype="datetime64[us]"), check_names=False
    )
