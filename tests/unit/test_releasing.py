"""Exports of a whole workspace: every kind, tier and format; the log; and an attacker."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from hotspots.errors import ResultError, UsageError
from hotspots.profile import TIERS
from hotspots.releasing import KINDS, Exported, ExportRequest
from hotspots.sharing.tally import Tally
from hotspots.store.exports import ExportLog
from hotspots.web.download import download
from hotspots.workspace import Workspace
from tests.conftest import ROOT

K = 5
#: By suffix, as registered with IANA; of the GeoTIFF as OGC 21-026 has it.
SERVED = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "html": "text/html; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the month of incidents that the repository holds."""
    made = Workspace.init(tmp_path_factory.mktemp("releasing") / "area")
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_population(ROOT / "boundaries" / "population.csv")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    made.run("2026-09", "asb")
    return made


def ask(area: Workspace, kind: str, tier: str, **more: object) -> Exported:
    given: dict[str, object] = {"period": "2026-09", "category": "asb"}
    if kind == "assessment":
        given = {"year_ending": date(2026, 9, 30)}
    return area.export(ExportRequest(kind=kind, tier=tier, who="An analyst", **(given | more)))


def rows(done: Exported, tab: int = 0) -> list[dict[str, object]]:
    """Return the rows of a workbook's tab as a spreadsheet program reads them."""
    sheet = openpyxl.load_workbook(io.BytesIO(done.files[0][1])).worksheets[tab]
    table = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(i for i, row in enumerate(table) if "Ward" in row)
    names = [str(name) for name in table[head]]
    body = [row for row in table[head + 1 :] if row[names.index("Ward")]]
    return [dict(zip(names, row, strict=True)) for row in body if len([c for c in row if c]) > 3]


def wards_of(done: Exported) -> list[dict[str, object]]:
    """Return the wards of a shortlist, each with what either of its tabs tells."""
    tabs = [rows(done, tab) for tab in (0, 1)]
    # two wards may share a name, in two boroughs
    keyed = [{(row["Ward"], row["Borough"]): row for row in tab} for tab in tabs]
    assert keyed[0].keys() == keyed[1].keys()
    return [keyed[0][key] | keyed[1][key] for key in keyed[0]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_leaves_in_every_format_and_is_logged(area: Workspace, kind: str) -> None:
    for chosen in KINDS[kind].formats:
        before = len(area.exports())
        done = ask(area, kind, "restricted", format=chosen)
        name, content = done.files[0]
        logged = area.exports()
        assert len(logged) == before + 1
        assert (logged[-1].who, logged[-1].kind) == ("An analyst", kind)
        assert logged[-1].sha256 == done.sha256 == hashlib.sha256(content).hexdigest()
        assert (logged[-1].file_name, logged[-1].size) == (name, len(content))
        assert name.isascii()
        assert "restricted" in name
        assert done.media_type == SERVED[name.rpartition(".")[2]]
        if len(done.files) == 1:
            assert download(done).headers["Content-Type"] == done.media_type


@pytest.mark.parametrize("kind", KINDS)
def test_points_and_what_gives_them_away_stay_in_the_restricted_tier(
    area: Workspace, kind: str
) -> None:
    for tier in ("public", "partner"):
        if KINDS[kind].points:
            before = len(area.exports())
            with pytest.raises(UsageError, match="tiers with points"):
                ask(area, kind, tier)
            assert len(area.exports()) == before
        else:
            assert ask(area, kind, tier).files[0][1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_run_exports_the_same_bytes(area: Workspace, kind: str) -> None:
    tiers = ("restricted",) if KINDS[kind].points else TIERS
    for tier in tiers:
        assert ask(area, kind, tier).files == ask(area, kind, tier).files


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"kind": "points"}, "An export must be one of"),
        ({"tier": "press"}, "A recipient tier must be one of"),
        ({"who": "   "}, "who exports it must be said"),
        ({"format": "docx"}, "must be exported as one of"),
        ({"category": "jaywalking"}, "must be one of"),
        ({"period": "1999-01"}, "must lie within the data"),
        ({"area": "E99"}, "An area must be a district"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_not_logged(
    area: Workspace, changed: dict[str, str], says: str
) -> None:
    asked = {"kind": "shortlist", "tier": "public", "who": "me"}
    asked |= {"period": "2026-09", "category": "asb"}
    before = len(area.exports())
    with pytest.raises((UsageError, ResultError), match=says) as caught:
        area.export(ExportRequest(**(asked | changed)))
    assert "\n" not in str(caught.value)
    assert len(area.exports()) == before


def test_a_public_workbook_has_no_small_count(area: Workspace) -> None:
    inside = wards_of(ask(area, "shortlist", "restricted", category="vehicle_crime"))
    public = wards_of(ask(area, "shortlist", "public", category="vehicle_crime"))
    true = {row["Ward code"]: row["Incidents"] for row in inside}
    assert any(0 < count < K for count in true.values())
    assert {row["Ward code"] for row in public} == set(true)
    for row in public:
        shown = row["Incidents"]
        if shown == "withheld":
            # everything that its count could be worked out from is withheld with it
            told = {name for name, value in row.items() if isinstance(value, int | float)}
            assert told <= {"Residents", "Its borough’s rate per 1,000 residents"}
        else:
            assert shown == true[row["Ward code"]]
            assert shown == 0 or shown >= K


def test_the_wards_of_a_lower_tier_are_worked_out_from_what_is_shown(area: Workspace) -> None:
    area.run("2026-09", "vehicle_crime")
    done = ask(area, "wards", "public", category="vehicle_crime", format="csv")
    text = done.files[0][1].decode("utf-8-sig")
    lines = [line.split(",") for line in text.splitlines()]
    head = lines[0]
    for line in lines[1:]:
        row = dict(zip(head, line, strict=False))
        own = [row[name] for name in ("incidents", "share", "rate_per_1000", "gi_star_z", "rank")]
        if row["withheld"] == "True":
            assert own == [""] * 5
        else:
            assert int(row["incidents"]) == 0 or int(row["incidents"]) >= K


def test_a_workbook_of_a_table_says_withheld_and_not_no_data(area: Workspace) -> None:
    area.run("2026-09", "vehicle_crime")
    found = rows(ask(area, "wards", "public", category="vehicle_crime", format="xlsx"))
    hidden = [row for row in found if row["Withheld"] in ("Yes", "yes", True)]
    assert hidden
    assert {row["Incidents"] for row in hidden} == {"withheld"}
    assert all(isinstance(row["Residents"], int | float) for row in hidden)
    assert "no data" not in {value for row in hidden for value in row.values()}


def test_what_asks_for_no_counts_reads_neither_all_incidents_nor_the_ledger(
    area: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: object) -> None:
        raise AssertionError("nothing is to be counted")

    monkeypatch.setattr(Workspace, "all_incidents", never)
    monkeypatch.setattr(ExportLog, "released", never)
    tables = [*((kind, "restricted") for kind in ("cells", "density", "incidents", "wards", "all")),
              *(("hotspots", tier) for tier in TIERS)]  # fmt: skip
    for kind, tier in tables:
        assert ask(area, kind, tier, kept=True).files
    with pytest.raises(AssertionError, match="counted"):
        ask(area, "wards", "partner", kept=True)


@pytest.mark.parametrize("kind", ["wards", "shortlist", "briefing", "assessment"])
def test_whatever_a_tier_that_withholds_was_shown_is_in_its_ledger(
    tmp_path: Path, kind: str
) -> None:
    made = Workspace.init(tmp_path / "area")
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    ask(made, kind, "restricted")
    ask(made, kind, "partner")
    ask(made, kind, "partner")
    with made.store.exports(read_only=True) as log:
        ledger = log.released("partner")
        assert log.released("restricted") == ()
        assert sum(entry.withheld for entry in ledger) == log.all()[-1].withheld
    counted = Tally(made.all_incidents(), [made.wards()]).count([each.asked for each in ledger])
    assert [each.count for each in ledger] == counted.tolist()
    assert len({each.asked for each in ledger}) == len(ledger)
    assert {each.asked.where.split(":")[2] for each in ledger if "ward:" in each.asked.where} == {
        str(code) for code in made.wards().frame["ward_code"]
    }


def test_restricted_kinds_are_not_in_a_lower_tier(area: Workspace) -> None:
    def measures(tier: str) -> set[str]:
        content = ask(area, "assessment", tier).files[0][1]
        sheet = openpyxl.load_workbook(io.BytesIO(content))["Priorities"]
        table = list(sheet.iter_rows(values_only=True))
        at = next(row.index("Measure") for row in table if "Measure" in row)
        return {str(row[at]).casefold() for row in table}

    for word in ("domestic abuse", "sexual offences", "hate crime", "violence with injury"):
        assert any(word in label for label in measures("restricted"))
        assert not any(word in label for label in measures("partner"))


def test_a_kept_run_of_other_data_is_not_exported_to_a_tier_that_withholds(
    tmp_path: Path,
) -> None:
    made = Workspace.init(tmp_path / "area")
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    made.run("2026-09", "asb")
    asked = ExportRequest(kind="wards", tier="partner", who="me", kept=True)
    assert made.export(asked).files
    lines = (ROOT / "data" / "incidents-2026-09.csv").read_text("utf-8").splitlines()
    more = tmp_path / "more.csv"
    again = [line.replace("SYN-", "NEW-") for line in lines[1:800]]
    more.write_text("\n".join([lines[0], *again]), "utf-8")
    mapping = tmp_path / "other.toml"
    text = (ROOT / "data" / "mapping.toml").read_text("utf-8")
    mapping.write_text(text.replace('source = "', 'source = "Other '), "utf-8")
    made.add_incidents([more], mapping=mapping)
    with pytest.raises(ResultError, match="run it again"):
        made.export(asked)
    assert made.export(
        ExportRequest(kind="wards", tier="restricted", who="me", kept=True)
    ).files  # inside, a kept run is what was seen then


# -- the attacker ---------------------------------------------------------------------------------


def attack(area: Workspace, tier: str) -> tuple[int, list[str]]:
    """Try to work out every withheld small count from all that a tier was shown.

    Knows which counts are withheld, that they are at least 1, and what they are counts of. Returns
    how many there are, and those of which one value alone is possible.
    """
    with area.store.read() as connection:
        ledger = ExportLog(connection).released(tier)
    tally = Tally(area.all_incidents(), [area.wards(name) for name in area.vintages()])
    asked = [entry.asked for entry in ledger]
    pieces = tally.overlay(asked)
    boxes = [
        {(w, a, t) for w in pieces.where[i] for a in pieces.what[i] for t in pieces.when[i]}
        for i in range(len(ledger))
    ]
    # atoms that lie in the same counts are one unknown
    lies_in: dict[tuple[int, int, int], list[int]] = {}
    for number, box in enumerate(boxes):
        for atom in box:
            lies_in.setdefault(atom, []).append(number)
    patterns = sorted({tuple(found) for found in lies_in.values()})
    matrix = np.zeros((len(ledger), len(patterns)))
    for column, pattern in enumerate(patterns):
        matrix[list(pattern), column] = 1
    low = np.array([1 if e.withheld else e.count for e in ledger], dtype=float)
    high = np.array([np.inf if e.withheld else e.count for e in ledger], dtype=float)
    small = [i for i, e in enumerate(ledger) if e.withheld and e.count < K]
    known = LinearConstraint(matrix, low, high)
    whole = np.ones(len(patterns))

    def extreme(row: np.ndarray, sign: int) -> float:
        found = milp(sign * row, integrality=whole, bounds=Bounds(0, 10_000), constraints=known)
        assert found.status == 0, found.message
        return round(sign * found.fun)

    out = [tally.label(asked[i]) for i in small if extreme(matrix[i], 1) == extreme(matrix[i], -1)]
    return len(small), out


def test_an_attacker_with_every_export_of_a_tier_recovers_nothing(tmp_path: Path) -> None:
    made = Workspace.init(tmp_path / "area")
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    districts = sorted(made.wards().frame["district_code"].unique())
    asked = [
        *(("wards", period, "vehicle_crime", "")
          for period in ("2026-W37", "2026-09-07..2026-09-20", "2026-W38", "2026-09")),
        *(("shortlist", "2026-09", code, "")
          for code in ("vehicle_crime", "burglary", "robbery", "crime")),
        *(("shortlist", "2026-09", "crime", str(code)) for code in districts),
        ("wards", "2026-09", "vehicle_crime", ""),
    ]  # fmt: skip
    refused = 0
    for kind, period, category, part in asked:
        try:
            made.export(
                ExportRequest(kind, "public", "me", period=period, category=category, area=part)
            )
        except ResultError:
            refused += 1
    tried, out = attack(made, "public")
    assert tried > 20
    assert out == []
    assert refused <= 2


def test_a_run_of_other_data_has_no_incidents_to_export(tmp_path: Path) -> None:
    made = Workspace.init(tmp_path / "area")
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    files = {"mapping": ROOT / "data" / "mapping.toml"}
    lines = (ROOT / "data" / "incidents-2026-09.csv").read_text("utf-8").splitlines()
    first = tmp_path / "first.csv"
    first.write_text("\n".join(lines[:1500]), "utf-8")
    made.add_incidents([first], **files)
    made.run("2026-09", "asb")
    asked = ExportRequest(kind="incidents", tier="restricted", who="me", kept=True, format="csv")
    text = made.export(asked).files[0][1].decode("utf-8")
    assert text.count("\n") - 1 == made.last_run().totals["incidents"]
    second = tmp_path / "second.csv"
    second.write_text("\n".join([lines[0], *lines[1500:]]), "utf-8")
    made.add_incidents([second], **files)
    with pytest.raises(ResultError, match="run it again"):
        made.export(asked)


def test_a_restricted_category_stays_inside_whatever_its_table(tmp_path: Path) -> None:
    made = Workspace.init(tmp_path / "area")
    (made.folder / "mine.toml").write_text('restricted_kinds = ["robbery"]\n', "utf-8")
    settings = made.folder / "hotspots.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('profile = ""', 'profile = "mine.toml"'), "utf-8"
    )
    made = Workspace(made.folder)
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    for kind in ("hotspots", "wards", "shortlist", "briefing"):
        with pytest.raises(UsageError, match="restricted kinds"):
            ask(made, kind, "partner", category="robbery")
    assert ask(made, "hotspots", "restricted", category="robbery").files


def test_several_files_leave_as_one_whose_hash_is_logged(area: Workspace) -> None:
    apart = ask(area, "wards", "restricted", format="csv")
    one, again = (ask(area, "wards", "restricted", format="csv", as_one=True) for _ in range(2))
    assert len(apart.files) == 2
    ((name, content),) = one.files
    assert (one.files, one.media_type) == (again.files, "application/zip")
    assert name == apart.files[0][0].replace(".csv", ".zip")
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        assert {each: held.read(each) for each in held.namelist()} == dict(apart.files)
    logged = area.exports()[-1]
    assert (logged.file_name, logged.size) == (name, len(content))
    assert logged.sha256 == one.sha256 == hashlib.sha256(content).hexdigest()
