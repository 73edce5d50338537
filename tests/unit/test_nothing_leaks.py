"""Exported files as an attacker reads them: with other programs, every table and every letter.

The data are the example's month and two made of it. What is looked for comes from the incidents
themselves: references, streets, coordinates, counts of wards and of places.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
from pyproj import Transformer

from hotspots.profile import Profile
from hotspots.releasing import ExportRequest
from hotspots.workspace import Workspace
from tests.conftest import ROOT

K, SIDE_M = 5, 1000
LOWER = ("public", "partner")
ASKED = (("asb", "2026-09"), ("deliberate_fire", "2026-09"), ("violence", "2026-08"),
         ("asb", "2026-07..2026-09"))  # fmt: skip
FORMATS = {"hotspots": ("gpkg", "csv"), "wards": ("gpkg", "csv"),
           "shortlist": ("xlsx", "csv")}  # fmt: skip
Row = dict[str, str]


# -- the data, and the files ----------------------------------------------------------------------


def three_months() -> list[Row]:
    """The example's September, and two months that are parts of it."""
    with (ROOT / "data" / "incidents-2026-09.csv").open(encoding="utf-8") as file:
        september = list(csv.DictReader(file))
    rng = np.random.default_rng(8)
    rows = []
    for month in ("07", "08"):
        for row in september:
            if rng.random() < 0.8:
                moved = {name: row[name].replace("/09/", f"/{month}/") for name in row}
                rows.append(moved | {"reference": row["reference"].replace("2609", f"26{month}")})
    violence = [row for row in rows if row["category"].startswith("Violence")]
    for row in violence[::4]:
        row["category"] = "Rape"
    return rows + september


def workspace_of(rows: list[Row], folder: Path) -> Workspace:
    made = Workspace.init(folder)
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_population(ROOT / "boundaries" / "population.csv")
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = folder.with_suffix(".csv")
    path.write_text(text.getvalue(), encoding="utf-8")
    mapping = (ROOT / "data" / "mapping.toml").read_text(encoding="utf-8")
    line = '"Robbery" = "robbery"'
    assert line in mapping
    own = folder.with_suffix(".toml")
    own.write_text(mapping.replace(line, f'{line}\n"Rape" = "violence.sexual_offences"'), "utf-8")
    made.add_incidents([path], mapping=own)
    return made


def ask(
    area: Workspace, kind: str, tier: str, chosen: str, what: str, when: str
) -> dict[str, bytes]:
    wanted = ExportRequest(
        kind=kind, tier=tier, who="An analyst", format=chosen, category=what, period=when
    )
    return dict(area.export(wanted).files)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return three_months()


@pytest.fixture(scope="module")
def area(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace_of(rows, tmp_path_factory.mktemp("leaks") / "area")


@pytest.fixture(scope="module")
def files(area: Workspace) -> dict[str, dict[str, bytes]]:
    """Every file of each lower tier, by its name; and one pack on paper."""
    found: dict[str, dict[str, bytes]] = {tier: {} for tier in LOWER}
    for tier in LOWER:
        for what, when in ASKED:
            found[tier] |= ask(area, "briefing", tier, "html", what, when)
        for what, when in ASKED[:2]:
            for kind, formats in FORMATS.items():
                for chosen in formats:
                    found[tier] |= ask(area, kind, tier, chosen, what, when)
    found["public"] |= ask(area, "briefing", "public", "pdf", "asb", "2026-09")
    return found


# -- read with other programs ---------------------------------------------------------------------


class _Page(HTMLParser):
    """Texts, attributes and data of a page, without its styles and scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.data = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "style"):
            self._inside = "data" if given.get("type") == "application/json" else "code"
        names = ("alt", "title", "content", "aria-label")
        self.texts += [given[name] or "" for name in names if name in given]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "data":
            self.data += data
        elif not self._inside:
            self.texts.append(data)


def _database(content: bytes) -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    made.deserialize(content)
    return made


def _of_database(content: bytes) -> Iterator[str]:
    with _database(content) as opened:
        every = opened.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        # the index of shapes needs a module of its own
        names = [name for name, sql in every if "VIRTUAL" not in sql]
        for name in names:
            for row in opened.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - its own names
                yield " ".join(str(value) for value in row if not isinstance(value, bytes))
    opened.close()


def _of_workbook(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        yield from (parts.read(name).decode() for name in parts.namelist() if "docProps" in name)
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        yield sheet.title
        for row in sheet.iter_rows():
            yield " ".join(str(cell.value) for cell in row if cell.value is not None)
            yield from (cell.comment.text for cell in row if cell.comment)


def text_of(name: str, content: bytes) -> str:
    """Everything in a file that can be read."""
    if name.endswith(".pdf"):
        if shutil.which("pdftotext") is None:
            pytest.skip("poppler-utils is not installed")
        about = subprocess.run(["pdfinfo", "-"], input=content, capture_output=True, check=True)
        said = subprocess.run(
            ["pdftotext", "-", "-"], input=content, capture_output=True, check=True
        )
        return (about.stdout + said.stdout).decode()
    if name.endswith(".gpkg"):
        return "\n".join(_of_database(content))
    if name.endswith(".xlsx"):
        return "\n".join(_of_workbook(content))
    if name.endswith(".html"):
        page = _Page(content.decode())
        return " ".join([*page.texts, page.data])
    return content.decode("utf-8-sig")


@pytest.fixture(scope="module")
def texts(files: dict[str, dict[str, bytes]]) -> dict[str, dict[str, str]]:
    return {
        tier: {
            name: re.sub(r"[ \t]*\n[ \t]*", "\n", text_of(name, content))
            for name, content in of_tier.items()
        }
        for tier, of_tier in files.items()
    }


def tables(files: dict[str, bytes], kind: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of one kind that are CSV, as rows by column."""
    return {
        name: list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        for name, content in files.items()
        if name.startswith(kind) and name.endswith(".csv")
    }


# -- single incidents -----------------------------------------------------------------------------


def test_the_search_finds_what_is_there(area: Workspace, rows: list[Row]) -> None:
    """The restricted tier has all of it: a search that finds nothing there would be blind."""
    inside = ask(area, "incidents", "restricted", "gpkg", "asb", "2026-09")
    said = "\n".join(text_of(*file) for file in inside.items())
    assert re.search(r"SYN-2609-\d{5}", said)
    assert any(row["location"] in said for row in rows)
    fires = ask(area, "briefing", "restricted", "html", "deliberate_fire", "2026-09")
    said = " ".join(text_of(*file) for file in fires.items())
    assert re.search(r"\b[1-4] incidents? here", said)
    violence = ask(area, "briefing", "restricted", "html", "violence", "2026-08")
    assert "Sexual offences" in " ".join(text_of(*file) for file in violence.items())


@pytest.mark.parametrize("tier", LOWER)
def test_no_reference_of_an_incident(texts: dict[str, dict[str, str]], tier: str) -> None:
    for name, text in texts[tier].items():
        assert not re.search(r"SYN-26\d\d-\d+", text), name


def test_no_street_for_the_public(texts: dict[str, dict[str, str]], rows: list[Row]) -> None:
    streets = {row["location"].removeprefix("On or near ") for row in rows}
    assert len(streets) > 50
    for name, text in texts["public"].items():
        assert not [street for street in streets if street and street in text], name


@pytest.mark.parametrize("tier", LOWER)
def test_no_restricted_kind_is_told_apart(texts: dict[str, dict[str, str]], tier: str) -> None:
    for name, text in texts[tier].items():
        if not name.startswith("briefing-violence"):
            continue
        assert "not given the kinds of this category" in text, name
        assert not re.search("(?<!and )sexual offences|domestic|hate crime", text, re.I), name


# -- places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", LOWER)
def test_every_count_of_a_place_is_rounded(texts: dict[str, dict[str, str]], tier: str) -> None:
    found = Counter[str]()
    for name, text in texts[tier].items():
        if not name.startswith("briefing"):
            continue
        flat = re.sub(r"\s+", " ", text)
        assert not re.search(r"(?<![\d.,])[1-4] incidents?\b", flat), name
        said = re.findall(r"([\w ]{0,12}?)([\d,]+) incidents here", flat)
        # what an even spread would bring is worked out from the area's total, which is told
        said += re.findall(r"([\w ]{0,12}?)([\d,]+)(?:</b>)? is usual", flat)
        # the first sentence of a line of the last year, and its label below the bars
        said += re.findall(r"([\w ]{0,12}?)([\d,]+) in [A-Z][a-z]+ 2026;", flat)
        said += re.findall(r"(?:Sep|Aug) 26: ([\w ]{0,12}?)([\d,]+)", flat)
        for lead, figure in said:
            count = int(figure.replace(",", ""))
            found[name] += 1
            assert count % K == 0, (name, lead, figure)
            assert not count or lead.strip().lower().endswith(("about", "fewer than")), (name, lead)
    assert sum(found.values()) > 20


@pytest.mark.parametrize("tier", LOWER)
def test_tables_of_places_are_rounded_and_have_no_peak(
    files: dict[str, dict[str, bytes]], tier: str
) -> None:
    found = tables(files[tier], "hotspots")
    counted = [row for table in found.values() for row in table]
    assert counted
    for row in counted:
        for column in ("incidents", "expected"):
            assert not row[column] or int(row[column]) % K == 0
        assert not {name for name in row if re.match("peak|p_|claim|chance|local|cells", name)}


def _peaks(area: Workspace) -> np.ndarray[Any, Any]:
    xy = []
    for what, when in ASKED:
        for content in ask(area, "hotspots", "restricted", "gpkg", what, when).values():
            with _database(content) as opened:
                xy += opened.execute("SELECT peak_x, peak_y FROM hotspots").fetchall()
            opened.close()
    return np.array(xy)


def _map_data(content: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_Page(content.decode()).data)
    return data


def test_the_public_is_shown_squares_of_a_kilometre_and_no_peak(
    area: Workspace, files: dict[str, dict[str, bytes]]
) -> None:
    """On the map to move about in: back from degrees to metres, against the exact peaks."""
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:27700")
    wards = json.loads((ROOT / "boundaries" / "wards.geojson").read_text(encoding="utf-8"))
    land = shapely.union_all([shapely.geometry.shape(one["geometry"]) for one in wards["features"]])
    if land.bounds[0] < 360:
        land = shapely.transform(
            land, lambda at: np.column_stack(to_metres.transform(at[:, 1], at[:, 0]))
        )
    peaks, seen = _peaks(area), 0
    assert len(peaks)
    for name, content in files["public"].items():
        if not name.endswith(".html"):
            continue
        data = _map_data(content)
        for place in data["places"]:
            at = np.array(to_metres.transform(*place["at"]))
            assert np.hypot(*(peaks - at).T).min() > 1, name
            for ring in (ring for part in place["outline"] for ring in part):
                seen += 1
                corners = np.column_stack(to_metres.transform(*np.array(ring).T))
                on_grid = np.abs(corners - SIDE_M * np.round(corners / SIDE_M)) < 0.5
                at_edge = shapely.distance(shapely.points(corners), land.boundary) < 0.5
                assert (on_grid.all(axis=1) | at_edge).all(), name
    assert seen


def test_the_publics_table_of_places_is_on_squares_too(files: dict[str, dict[str, bytes]]) -> None:
    corners = []
    for name, content in files["public"].items():
        if name.startswith("hotspots") and name.endswith(".gpkg"):
            with _database(content) as opened:
                blobs = opened.execute("SELECT geom FROM hotspots").fetchall()
            opened.close()
            # a GeoPackage's header of 8 bytes and, here, four bounds before the shape
            corners += [shapely.get_coordinates(shapely.from_wkb(blob[40:])) for (blob,) in blobs]
    assert len(corners)
    assert (np.vstack(corners) % SIDE_M == 0).all()


# -- wards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", LOWER)
def test_no_small_count_of_a_ward(files: dict[str, dict[str, bytes]], tier: str) -> None:
    withheld = 0
    for kind, columns in (
        ("wards", ("incidents",)),
        ("shortlist", ("incidents", "year_incidents", "before_incidents")),
    ):
        for name, table in tables(files[tier], kind).items():
            for row in table:
                for column in columns:
                    withheld += row[column] in ("", "withheld")
                    if row[column].isdigit():
                        assert not 0 < int(row[column]) < K, (name, column)
    assert withheld


def _shown(area: Workspace, tier: str) -> list[bytes]:
    """The tables of wards of a small category, without what names the data."""
    found = []
    for kind in ("wards", "shortlist"):
        made = ask(area, kind, tier, "csv", "deliberate_fire", "2026-09")
        found += [content for name, content in made.items() if name.endswith(".csv")]
    return found


def test_statistics_are_made_of_what_is_shown(
    rows: list[Row], area: Workspace, tmp_path: Path
) -> None:
    """Other data with the same shown counts give the same files, z and p and ranks and all."""
    fires = [row for row in rows if row["category"] == "Deliberate fire"
             and row["date_from"][3:5] == "09" and row["status"] != "Cancelled"]  # fmt: skip
    inside = ask(area, "wards", "restricted", "csv", "deliberate_fire", "2026-09")
    true = {row["ward_code"]: row for table in tables(inside, "wards").values() for row in table}
    swapped = _swapped(rows, fires, true)
    first = workspace_of(rows, tmp_path / "first")
    other = workspace_of(swapped, tmp_path / "other")
    exact = ask(other, "wards", "restricted", "csv", "deliberate_fire", "2026-09")
    assert tables(exact, "wards") != tables(inside, "wards")
    for tier in LOWER:
        assert _shown(first, tier) == _shown(other, tier)


def _swapped(rows: list[Row], fires: list[Row], true: dict[str, dict[str, Any]]) -> list[Row]:
    """The rows with one fire moved from a ward with two to one with one, of one borough.

    What was two and one is one and two: the same small counts, elsewhere.
    """
    boundaries = json.loads((ROOT / "boundaries" / "wards.geojson").read_text(encoding="utf-8"))
    assert boundaries["features"]
    by_ward = {code: int(row["incidents"]) for code, row in true.items()}
    at = _wards_of(fires, boundaries)
    for giver, row in true.items():
        for taker, other in true.items():
            same = row["district_code"] == other["district_code"]
            if same and (by_ward[giver], by_ward[taker]) == (2, 1):
                moved = next(one for one, code in zip(fires, at, strict=True) if code == giver)
                to = next(one for one, code in zip(fires, at, strict=True) if code == taker)
                there = {name: to[name] for name in ("easting", "northing")}
                return [one | there if one is moved else one for one in rows]
    raise AssertionError("no two wards of a borough have two fires and one")


def _wards_of(fires: list[Row], boundaries: dict[str, Any]) -> list[str | None]:
    from hotspots.boundaries import read_wards

    wards = read_wards(ROOT / "boundaries" / "wards.geojson", vintage="2025")
    codes = [str(code) for code in wards.frame["ward_code"]]
    xy = np.array([[float(row["easting"] or 0), float(row["northing"] or 0)] for row in fires])
    return [codes[i] if i >= 0 else None for i in wards.assign(xy)]


# -- where it comes from --------------------------------------------------------------------------


@pytest.mark.parametrize("tier", LOWER)
def test_provenance_has_no_count_of_a_file_and_no_row(
    texts: dict[str, dict[str, str]], tier: str
) -> None:
    for name, text in texts[tier].items():
        assert not re.search(r'\bkept"?:? \d', text), name
        assert not re.search(r"\.csv, row \d", text), name
        assert not re.search(r"\d{3},\d{3}, \d{3},\d{3}", text), name
        assert not re.search(r"(?<![\d.,])[1-4] (?:incidents?|rows?|arsons?)\b", text), name


def test_the_profile_names_what_is_looked_for() -> None:
    """If the usual limits change, the search must change with them."""
    tiers = Profile().tiers
    assert {tiers.of(name).small_counts_below for name in LOWER} == {K}
    assert tiers.of("public").generalise_m == SIDE_M
