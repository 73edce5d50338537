"""A year of imports: replaced, undone in any order, read while others write."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from hotspots import stored
from hotspots.cli import common
from hotspots.errors import DataError, UsageError
from hotspots.ingest import Step, read_incidents, read_mapping
from hotspots.ingest.reading import months_of, share_a_month
from hotspots.store import Store
from hotspots.store.batches import Batches
from hotspots.workspace import Workspace
from tests.store.old import make_old_store
from tests.support import nine_wards
from tests.unit.test_workspace import in_wards, street_file

MAPPING = """\
source = "{source}"
crs = "EPSG:4326"
[columns]
{reference}
from_date = "date"
category = "kind"
x = "lon"
y = "lat"
[dates]
date_formats = ["%Y-%m-%d"]
[categories]
"ASB" = "{category}"
[exclude]
status = ["Cancelled"]
[defaults]
agency = "CSU"
"""


@pytest.fixture
def area(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace.init(tmp_path / "area")
    with made.store.boundaries() as sets:
        sets.add(nine_wards())
    yield made
    made.store.close()


def mapping(
    folder: Path, source: str = "CSU", category: str = "asb", reference: str = 'reference = "ref"'
) -> Path:
    path = folder / f"{source}-{category}-{len(reference)}.toml"
    path.write_text(MAPPING.format(source=source, category=category, reference=reference), "utf-8")
    return path


def export(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    """A file of (reference, date, status), one place each."""
    lines = ["ref,date,kind,lon,lat,status"]
    lines += [
        f"{r},{d},ASB,{0.90 + 0.0001 * i:.4f},51.6795,{s}" for i, (r, d, s) in enumerate(rows)
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def march(folder: Path, rows: int) -> Path:
    (folder / str(rows)).mkdir()
    return street_file(folder / str(rows), ["2024-03"], rows)


def active(area: Workspace) -> list[str]:
    with area.store.incidents(read_only=True) as files:
        return sorted(files.incidents(None, area.settings.crs).frame["reference"].dropna())


@pytest.mark.parametrize("order", [(2, 3), (3, 2), (2, 1), (1, 2), (1, 3), (3, 1)])
def test_a_month_replaced_twice_can_be_undone_in_any_order(
    area: Workspace, tmp_path: Path, order: tuple[int, int]
) -> None:
    rows = {1: 50, 2: 60, 3: 70}
    for count in rows.values():
        area.add_incidents([march(tmp_path, count)], replace=True)
    standing = dict(rows)
    for number in order:
        area.undo(number)
        del standing[number]
        assert in_wards(area, "2024-03") == standing[max(standing)]
        with area.store.incidents(read_only=True) as files:
            assert [f.kept for f in files.files()] == [standing[max(standing)]]


def test_a_file_of_several_months_never_gives_way_to_one_of_them(
    area: Workspace, tmp_path: Path
) -> None:
    area.add_incidents([street_file(tmp_path, ["2024-02", "2024-03", "2024-04"], 50, "q.csv")])
    one = street_file(tmp_path, ["2024-03"], 60)
    with pytest.raises(DataError, match="2024-02 to 2024-04, and 2024-02 would be gone"):
        area.add_incidents([one], replace=True)
    assert in_wards(area, "2024-04") == 50
    parts = [street_file(tmp_path, [month], 60) for month in ("2024-02", "2024-03", "2024-04")]
    assert area.add_incidents(parts, replace=True).replaced == ("q.csv",)
    assert [in_wards(area, month) for month in ("2024-02", "2024-03", "2024-04")] == [60] * 3
    area.add_incidents([march(tmp_path, 70)], replace=True)
    # undoing the parts would bring back a quarter that hides, or is hidden by, the newest March
    with pytest.raises(UsageError, match="undo import 3 first"):
        area.undo(2)
    area.undo(3)
    area.undo(2)
    assert [in_wards(area, month) for month in ("2024-02", "2024-03", "2024-04")] == [50] * 3


def test_two_files_of_one_call_never_hold_the_same_month(area: Workspace, tmp_path: Path) -> None:
    both = street_file(tmp_path, ["2024-03", "2024-05"], 50, "both.csv")
    one = street_file(tmp_path, ["2024-05"], 60)
    with pytest.raises(DataError, match="both hold 2024-05 of made-up"):
        area.add_incidents([both, one])
    with pytest.raises(DataError, match="both hold 2024-05 of made-up"):
        read_incidents([both, one])
    assert area.imports() == ()


def test_months_of_keys() -> None:
    key = "police-uk:2021-11..2022-02-city-of-london-street"
    assert months_of(key) == {"2021-11", "2021-12", "2022-01", "2022-02"}
    assert months_of(None) == frozenset()
    assert share_a_month(key, "police-uk:2022-01-city-of-london-street")
    assert not share_a_month(key, "police-uk:2022-01-kent-street")
    assert not share_a_month(key, "police-uk:2022-03-city-of-london-street")
    assert not share_a_month(None, None)


def test_a_replaced_file_takes_the_place_of_nothing(area: Workspace, tmp_path: Path) -> None:
    first = export(tmp_path / "a.csv", [("A", "2024-03-01", ""), ("B", "2024-03-02", "")])
    later = export(tmp_path / "b.csv", [("A", "2024-03-01", ""), ("C", "2024-03-03", "")])
    area.add_incidents([first], mapping=mapping(tmp_path))
    area.add_incidents([later], mapping=mapping(tmp_path))
    assert active(area) == ["A", "B", "C"]
    # read again as the export of somebody else: the first file's A stands for itself
    area.add_incidents([later], mapping=mapping(tmp_path, "Council"), replace=True)
    assert active(area) == ["A", "A", "B", "C"]
    area.undo()
    assert active(area) == ["A", "B", "C"]
    area.undo()
    assert active(area) == ["A", "B"]


def test_an_open_page_sees_that_an_undone_file_was_read_another_way(
    area: Workspace, tmp_path: Path
) -> None:
    file = export(tmp_path / "a.csv", [(str(i), "2024-03-01", "") for i in range(20)])
    other = Workspace(area.folder)
    other.add_incidents([file], mapping=mapping(tmp_path))
    assert area.stored.counts()["asb"] == 20
    other.undo()
    assert area.stored.counts().get("asb", 0) == 0
    other.add_incidents([file], mapping=mapping(tmp_path, category="vehicle_crime"))
    assert area.stored.counts()["asb"] == 0
    assert area.stored.counts()["vehicle_crime"] == 20
    other.store.close()


def test_an_open_page_sees_residents_that_changed_places(area: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    states = set()
    for first in (100, 900):
        residents = [first, 1000 - first, *[500] * 7]
        codes = [f"T{i:03d}" for i in range(9)]
        pd.DataFrame({"ward_code": codes, "population": residents}).to_csv(path, index=False)
        area.add_population(path)
        states.add(area.stored.state())
        assert area.wards().frame["population"].tolist() == residents
    assert len(states) == 2


def test_what_is_only_read_waits_for_no_import(area: Workspace, tmp_path: Path) -> None:
    area.add_incidents([street_file(tmp_path, ["2024-02", "2024-03"], 50)])
    area.run("2024-03", "asb")
    told: list[object] = []

    def read() -> None:
        told.extend([area.notices(), area.last_run().period.id, area.imports()[0].id])
        told.append(area.findings(anew=True))

    with area.store.write():
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(20)
        assert len(told) == 4


def test_a_withdrawn_incident_is_gone_from_memory_as_from_the_store(
    area: Workspace, tmp_path: Path
) -> None:
    first = export(tmp_path / "a.csv", [("A", "2024-03-01", ""), ("B", "2024-03-02", "")])
    later = export(tmp_path / "b.csv", [("A", "2024-03-01", "Cancelled"), ("C", "2024-03-03", "")])
    area.add_incidents([first, later], mapping=mapping(tmp_path))
    incidents, rejections = read_incidents([first, later], mapping=read_mapping(mapping(tmp_path)))
    assert sorted(incidents.frame["reference"]) == active(area) == ["B", "C"]
    assert len(incidents.frame) + len(rejections.frame) == 4
    # cancelled first and there again later: it counts
    again, _ = read_incidents([later, first], mapping=read_mapping(mapping(tmp_path)))
    assert sorted(again.frame["reference"]) == ["A", "B", "C"]


def test_imports_of_an_older_version_are_listed_with_their_rows(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with store.write() as connection:
        make_old_store(connection)
    store.migrate()
    with store.write() as connection:
        first, second = Batches(connection).all()
        assert [f["name"] for f in first.report["imported"]] == ["f1.csv", "f2.csv"]
        assert [first.report[name] for name in ("read", "kept", "rejected")] == [6, 4, 2]
        Batches(connection).undo(second.id)
        undone = Batches(connection).all()[1]
    assert undone.undone_at is not None
    assert undone.report == second.report
    store.close()


def test_dates_given_with_the_same_files_again_are_kept(tmp_path: Path) -> None:
    area = Workspace.init(tmp_path / "area")
    frame = nine_wards().frame[["ward_code", "ward_name", "geometry"]]
    frame.to_file(tmp_path / "wards.gpkg")
    paths = [tmp_path / "wards.gpkg"]
    assert area.add_boundaries(paths, "one")[1]
    before = area.stored.state()
    for start, end in ((date(2019, 5, 2), None), (None, date(2023, 5, 4))):
        assert not area.add_boundaries(paths, "one", valid_from=start, valid_to=end)[1]
    found = area.wards("one")
    assert (found.valid_from, found.valid_to) == (date(2019, 5, 2), date(2023, 5, 4))
    assert area.stored.state() != before
    with pytest.raises(UsageError, match="must end after it begins"):
        area.add_boundaries(paths, "one", valid_from=date(2024, 1, 1))
    area.store.close()


def test_json_has_no_number_that_json_has_not(capsys: pytest.CaptureFixture[str]) -> None:
    value = {
        "nan": float("nan"),
        "inf": [float("-inf"), pd.NaT],
        "numpy": pd.Series([3], dtype="int64").iloc[0],
        "day": date(2024, 3, 1),
        "rows": pd.DataFrame({"a": [1.5, None]}).to_dict("records"),
    }
    common.say("", value, True)
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "nan": None,
        "inf": [None, None],
        "numpy": 3,
        "day": "2024-03-01",
        "rows": [{"a": 1.5}, {"a": None}],
    }


def test_the_progress_bar_takes_any_file_name(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with common.progress_bar("Reading") as move:
        assert move is not None
        move(Step(0.5, 10, "[/b].csv"))
        move(Step(1.0, 20, "[red]x.csv"))
    assert "[/b].csv" in terminal.getvalue() or "[red]x.csv" in terminal.getvalue()


def test_findings_are_looked_for_again_on_another_day(
    area: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = date.today() + timedelta(days=1)
    rows = [(str(i), "2024-03-01", "") for i in range(30)] + [("x", tomorrow.isoformat(), "")]
    area.add_incidents([export(tmp_path / "a.csv", rows)], mapping=mapping(tmp_path))
    assert "future-date" in {finding.code for finding in area.findings()}

    class Later(date):
        @classmethod
        def today(cls) -> date:
            return tomorrow

    monkeypatch.setattr(stored, "date", Later)
    assert "future-date" not in {finding.code for finding in area.findings()}
    area.run("2024-03", "asb")
    with area.store.read() as connection:
        keys = connection.exec_driver_sql("SELECT state FROM quality").scalars().all()
    assert keys == [stored.findings_key(area.stored.state())]


def test_references_that_begin_anew_each_year_are_refused(area: Workspace, tmp_path: Path) -> None:
    def year(number: int, rows: int) -> Path:
        made = [(str(i), f"{number}-0{1 + i // 28}-{1 + i % 28:02d}", "") for i in range(rows)]
        return export(tmp_path / f"{number}.csv", made)

    area.add_incidents([year(2023, 60)], mapping=mapping(tmp_path))
    with pytest.raises(DataError, match="give this export a `source` of its own"):
        area.add_incidents([year(2024, 30)], mapping=mapping(tmp_path))
    assert len(active(area)) == 60
    area.add_incidents([year(2024, 30)], mapping=mapping(tmp_path, "CSU 2024"))
    assert len(active(area)) == 90
    # a few dates of a rolling export that were mended are no reason to refuse it
    rows = [(str(i), "2024-02-03" if i < 4 else "2023-01-09", "") for i in range(60)]
    report = area.add_incidents([export(tmp_path / "m.csv", rows)], mapping=mapping(tmp_path))
    assert report.superseded == 60
    assert len(active(area)) == 90


def test_references_of_two_agencies_are_not_mixed(area: Workspace, tmp_path: Path) -> None:
    rows = [(str(i), "2024-03-01", "") for i in range(20)]
    area.add_incidents([export(tmp_path / "a.csv", rows)], mapping=mapping(tmp_path))
    other = mapping(tmp_path)
    other.write_text(other.read_text("utf-8").replace('"CSU"\n', '"Council"\n'), "utf-8")
    text = other.read_text("utf-8").replace('source = "Council"', 'source = "CSU"')
    other.write_text(text, "utf-8")
    second = export(tmp_path / "b.csv", rows[:15])
    with pytest.raises(DataError, match="another agency"):
        area.add_incidents([second], mapping=other)
    assert len(active(area)) == 20
