"""The briefing in one file: what stands in it, and that nothing in it can act or ask."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from hotspots.briefing import Bars, Briefing, MapData, PlaceSheet, QuestionSection, Row
from hotspots.briefing.standalone import to_html
from hotspots.briefing.standalone_map import map_json
from hotspots.drawing import bar_chart, draw_map
from hotspots.model import Wards
from hotspots.plain_text import tidy
from hotspots.sheets import Blank, Column, Sheet
from tests.support import SIDE, X0, Y0, nine_wards
from tests.web.made_up import some_streets

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "=cmd|' /C calc'!A0",
    "](javascript:alert(3))",
    "`${alert(4)}` \\u003c <!-- --> {{ 7*7 }}",
    "\u202egnp.exe & \"quoted\" 'single'",
)


@cache
def bars_drawn(question: str, marker: str) -> Markup:
    values = [3, 4, *[5] * 10, 27]
    return bar_chart(
        values,
        [f"M{i}" for i in range(1, 14)],
        usual=5.0,
        question=question,
        width=520,
        height=150,
        title="Last year",
        describe="27 in the last month",
        id=f"trend-{question}-{marker}",
    )


@cache
def map_drawn(name: str) -> Markup:
    return draw_map(
        nine_wards(), width=400, height=300, title=name, describe="Nine wards", id=f"map-{name}"
    )


def a_sheet(
    question: str, marker: str, name: str, peak: tuple[float, float], hot: bool = True
) -> PlaceSheet:
    labels = tuple(f"M{i}" for i in range(1, 14))
    return PlaceSheet(
        marker=marker,
        question=question,
        hot=hot,
        name=name,
        where="South · January 2024",
        status="New." if hot else "",
        claim="27 incidents here; about 1 if spread evenly.",
        count="27",
        other=("About 5 is usual here.",),
        strength="Very clear." if hot else "Could be chance.",
        chance="Fewer than 1 in 10,000 at this spot by chance.",
        firmness="Holds in 11 of 12 settings.",
        when="Mostly Friday, 18:00 to 22:00.",
        week=None,
        trend=Bars(
            (4, 4, *[5] * 10, 27), (True, *[False] * 12), labels, 5.0, "More than usual.", "Note."
        ),
        trend_svg=bars_drawn(question, marker),
        kinds=(Row("Noise", "12"), Row("Other kinds", "fewer than 5")),
        kinds_note="Over the year.",
        locations=(),
        locations_note="Not for this tier.",
        map_svg=map_drawn(f"{question}-{marker}"),
        outline=shapely.Point(peak).buffer(375, cap_style="square"),
        peak_xy=peak,
        short=f"{name}: 27 incidents",
    )


def the_map(wards: Wards, sheets: tuple[PlaceSheet, ...], strengths: list[str]) -> MapData:
    frame = wards.frame.rename(columns={"ward_name": "name", "district_name": "district"})
    outlines = gpd.GeoDataFrame(
        {
            "question": [sheet.question for sheet in sheets],
            "marker": [sheet.marker for sheet in sheets],
            "name": [sheet.name for sheet in sheets],
            "hot": [sheet.hot for sheet in sheets],
            "strength": strengths,
            "says": [sheet.short for sheet in sheets],
        },
        geometry=[sheet.outline for sheet in sheets],
        crs=wards.crs,
    )
    west, south, east, north = frame.total_bounds.tolist()
    drawn = frame[["ward_code", "name", "district", "geometry"]]
    return MapData(drawn, outlines, wards.crs, (west, south, east, north))


def a_briefing(names: tuple[str, ...] = (), ward_names: list[str] | None = None) -> Briefing:
    """Two places of one question and one of the other; ``names`` are theirs."""
    one, two, three = (*names, "Ward 1: Test Lane", "Ward 5: Old Street", "Ward 1")[:3]
    sheets = (
        a_sheet("concentrated", "1", one, (X0 + 4_600.0, Y0 + 1_400.0)),
        a_sheet("concentrated", "2", two, (X0 + 7_000.0, Y0 + 4_000.0), hot=False),
        a_sheet("worse", "A", three, (X0 + 4_600.0, Y0 + 1_500.0)),
    )
    strengths = ["very clear", "could be chance", "possible"]
    faded = (Row("Ward 8", "now 2"),)
    titles = ("Where is it concentrated?", "Where is it worse than usual?")
    return Briefing(
        title="Anti-social behaviour, January 2024: Made-up area",
        headline=("230 incidents, 15% above the 12-month average.", "One place stands out."),
        marking="OFFICIAL",
        tier="Partner tier",
        tier_says="Counts of 1 to 4 are withheld.",
        notices=("Synthetic data",),
        area="Made-up area",
        period="January 2024",
        category="Anti-social behaviour",
        sections=(
            QuestionSection("concentrated", titles[0], sheets[:1], sheets[1:2], ("1 of 230.",)),
            QuestionSection("worse", titles[1], sheets[2:], (), ("One place.",), faded),
        ),
        map=the_map(nine_wards(names=ward_names), sheets, strengths),
        map_svg=map_drawn("overview"),
        legend=(
            ("url(#c3)", "Very clear", "at most 1 in 100 is chance"),
            ("url(#c2)", "Clear", "at most 1 in 20"),
            ("url(#c1)", "Possible", "at most 1 in 10"),
        ),
        shortlist=Sheet(
            "Key wards",
            "Key wards, January 2024",
            (Column("ward", "Ward"), Column("n", "Incidents", "count")),
            ({"ward": one, "n": 1234}, {"ward": "Ward 2", "n": Blank.WITHHELD}),
            ("Withheld counts are of 1 to 4, or keep those from being worked out.",),
        ),
        data=("Points are moved: read areas, not addresses.",),
        quality=(Row("Serious", "March misses half of its incidents."),),
        method=("Squares of 250 m are tested.",) * 5,
        provenance=(Row("made-up.csv", "1" * 64),),
        footer="Data to 31 January 2024. Run 1234.",
        credits=("Made-up boundaries.",),
        said=(),
    )


@dataclass
class Read(HTMLParser):
    """The elements of a page with their text, as a browser would read them."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._last = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._last = tag
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self._last, data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def inside(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag and text.strip()]

    @property
    def text(self) -> str:
        return " ".join(data for tag, data in self.texts if tag not in ("script", "style"))


def read(page: bytes) -> Read:
    reader = Read()
    reader.feed(page.decode())
    reader.close()
    return reader


def map_of(page: bytes) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/json" id="map-data">(.*?)</script>', page.decode()
    )
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


# -- what may act, and what may be asked for -----------------------------------------------------


def hash_of(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_the_policy_names_the_two_scripts_and_the_style_and_allows_no_request() -> None:
    page = read(to_html(a_briefing()))
    (policy,) = [
        str(one["content"])
        for one in page.of("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = {name: values for name, *values in (rule.split() for rule in policy.split("; "))}
    _, *running = page.inside("script")
    assert rules["script-src"] == [hash_of(text) for text in running]
    assert rules["style-src"] == [hash_of(text) for text in page.inside("style")]
    assert (len(running), len(page.inside("style"))) == (2, 2)
    assert rules["default-src"] == ["'none'"]
    assert rules["img-src"] == ["data:"]
    assert set(rules) == {
        "default-src", "script-src", "style-src", "img-src", "base-uri", "form-action",
    }  # fmt: skip


def test_the_policy_comes_before_anything_that_it_rules() -> None:
    tags = [tag for tag, _ in read(to_html(a_briefing())).elements]
    policy = tags.index("meta") + 1
    assert all(tags.index(tag) > policy for tag in ("style", "link", "svg", "script"))


def test_scripts_are_the_same_whatever_the_data() -> None:
    one = read(to_html(a_briefing())).inside("script")[1:]
    other = read(to_html(a_briefing(names=HOSTILE[:3]))).inside("script")[1:]
    assert one == other


def test_no_attribute_and_no_style_names_anything_outside_the_file() -> None:
    page = read(to_html(a_briefing()))
    for tag, attributes in page.elements:
        assert "src" not in attributes, tag
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "xlink:href", "action", "data", "poster", "srcset", "ping"):
            assert str(attributes.get(name, "#")).startswith(("#", "data:,")), (tag, name)
    style = " ".join(page.inside("style"))
    assert set(re.findall(r"url\((.{5})", style)) == {"data:"}
    assert "@import" not in style
    assert "sourceMappingURL" not in " ".join(page.inside("script"))


def test_a_style_inside_a_drawing_stays_out_for_the_policy_would_refuse_it() -> None:
    drawing = Markup("<svg id='x'><style>.a { fill: red }</style><path d='M0 0'/></svg>")
    page = read(to_html(replace(a_briefing(), map_svg=drawing)))
    assert len(page.of("style")) == 2
    assert [one for one in page.of("path") if one["d"] == "M0 0"]


# -- text from data ------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [0, 3])
def test_hostile_names_are_text_everywhere(start: int) -> None:
    names = HOSTILE[start : start + 3]
    wards = [*HOSTILE, "W7", "W8", "W9"]
    harmless, page = to_html(a_briefing()), to_html(a_briefing(names, wards))
    tags = [
        tag
        for tag, _ in read(harmless).elements
        if tag not in ("text", "g", "path", "line", "tspan")
    ]
    got = [
        tag for tag, _ in read(page).elements if tag not in ("text", "g", "path", "line", "tspan")
    ]
    assert got == tags
    drawn = map_of(page)
    assert [place["name"] for place in drawn["places"]] == [tidy(name) for name in names]
    assert [ward["name"] for ward in drawn["wards"]] == [tidy(name) for name in wards]
    assert all(tidy(name) in read(page).text for name in names)
    assert "\u202e" not in page.decode()


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_name_comes_through_the_json_and_ends_nothing(name: str, ward: str) -> None:
    full = a_briefing()
    outlines = full.map.outlines.assign(name=[name, "B", "C"])
    wards = full.map.wards.assign(name=[ward, *(f"W{i}" for i in range(8))])
    text = map_json(replace(full, map=replace(full.map, outlines=outlines, wards=wards)))
    assert not set("<>&") & set(text)
    assert text.splitlines() == [text]
    data = json.loads(text)
    assert data["places"][0]["name"] == tidy(name)
    assert data["wards"][0]["name"] == tidy(ward)


def test_the_marking_of_printed_pages_is_no_style_whatever_it_says() -> None:
    marking = 'OFFICIAL" } body { background: url(//x) } </style><b> \\'
    page = read(to_html(replace(a_briefing(), marking=marking)))
    marked = page.inside("style")[1]
    (first, _) = re.findall(r'content: "([^"]*)";', marked)
    assert "".join(chr(int(code, 16)) for code in first.split("\\")[1:]) == tidy(
        f"{marking} · Partner tier"
    )
    assert "url(" not in marked


def test_every_part_of_the_briefing_is_on_the_page() -> None:
    text = read(to_html(a_briefing())).text
    for told in (
        *("OFFICIAL", "Partner tier", "Synthetic data", "230 incidents, 15% above"),
        *("Counts of 1 to 4 are withheld.", "Ward 1: Test Lane", "Where is it worse"),
        *("incidents here; about 1 if spread evenly.", "Holds in 11 of 12", "Mostly Friday"),
        *("fewer than 5", "Not for this tier.", "Ward 8", "1,234", "withheld", "Points are moved"),
        *("March misses half", "Squares of 250 m", "1" * 64, "Data to 31 January 2024"),
        *("Made-up boundaries.", "Owner", "Due"),
    ):
        assert told in text, told


def test_marking_and_tier_stand_at_the_top_and_at_the_foot() -> None:
    text = read(to_html(a_briefing())).text
    assert text.index("OFFICIAL") < text.index("230 incidents")
    assert text.rindex("OFFICIAL · Partner tier") > text.index("Made-up boundaries.")


def test_no_id_is_given_twice_though_a_line_is_drawn_twice() -> None:
    page = read(to_html(a_briefing()))
    ids = [str(attributes["id"]) for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [str(a["aria-labelledby"]).split() for _, a in page.elements if "aria-labelledby" in a]
    assert {name for names in named for name in names} <= set(ids)
    assert {"trend-concentrated-1", "line-concentrated-1"} <= set(ids)


def test_a_briefing_without_places_or_key_wards_is_a_page_too() -> None:
    full = a_briefing()
    nothing = QuestionSection("concentrated", "Where is it concentrated?", (), (), ("Too few.",))
    empty = replace(
        full,
        sections=(nothing,),
        map=replace(full.map, outlines=full.map.outlines.iloc[:0]),
        shortlist=None,
        quality=(),
        data=(),
    )
    page = to_html(empty)
    assert map_of(page)["places"] == []
    assert "Too few." in read(page).text
    assert "Key wards" not in read(page).text
    assert not read(page).of("input")


# -- what the map draws --------------------------------------------------------------------------


def test_points_are_wgs_84_latitude_first() -> None:
    # Caister water tower of "A guide to coordinate systems in Great Britain" (Ordnance Survey)
    tower = shapely.Point(651409.903, 313177.270).buffer(0.5, cap_style="square")
    full = a_briefing()
    outlines = full.map.outlines.iloc[:1].set_geometry(gpd.GeoSeries([tower], crs="EPSG:27700"))
    shown = replace(full.map, outlines=outlines)
    (place,) = map_of(to_html(replace(full, map=shown)))["places"]
    lat, lng = place["outline"][0][0][0]
    # without the grid of shifts the turn into WGS 84 is good to about 5 m
    assert lat == pytest.approx(52.65798, abs=1e-4)
    assert lng == pytest.approx(1.71605, abs=1e-4)


def test_no_coordinate_has_more_than_six_decimals() -> None:
    text = map_json(a_briefing(), some_streets())
    assert max(len(part) for part in re.findall(r"\d\.(\d+)", text)) <= 6


def test_bounds_hold_every_ward() -> None:
    drawn = map_of(to_html(a_briefing()))
    (south, west), (north, east) = drawn["bounds"]
    for ward in drawn["wards"]:
        for lat, lng in ward["outline"][0][0]:
            assert south - 1e-6 <= lat <= north + 1e-6
            assert west - 1e-6 <= lng <= east + 1e-6


def test_levels_and_outlines_are_those_of_the_briefing() -> None:
    drawn = map_of(to_html(a_briefing()))
    assert [(p["marker"], p["level"], p["hot"]) for p in drawn["places"]] == [
        ("1", 3, True),
        ("2", 0, False),
        ("A", 1, True),
    ]
    assert [len(p["outline"][0][0]) for p in drawn["places"]] == [4, 4, 4]
    assert len(drawn["boroughs"]) == 2


def test_where_a_tier_may_not_know_the_peak_the_marker_is_for_the_outline() -> None:
    full = a_briefing()
    sections = tuple(
        replace(
            section,
            hot=tuple(replace(sheet, peak_xy=None) for sheet in section.hot),
            further=tuple(replace(sheet, peak_xy=None) for sheet in section.further),
        )
        for section in full.sections
    )
    corner = shapely.Polygon([(X0, Y0), (X0 + 2000, Y0), (X0 + 2000, Y0 + 1000), (X0, Y0 + 1000)])
    outlines = full.map.outlines.iloc[:1].set_geometry(gpd.GeoSeries([corner], crs="EPSG:27700"))
    coarse = replace(full, sections=sections, map=replace(full.map, outlines=outlines))
    drawn = map_of(to_html(coarse))
    (place,) = drawn["places"]
    around = shapely.Polygon([(lng, lat) for lat, lng in place["outline"][0][0]])
    assert around.contains(shapely.Point(place["at"][::-1]))
    assert (drawn["closest"], map_of(to_html(full))["closest"]) == (15, 17)


def test_boundaries_of_many_vertices_are_made_coarser_and_still_meet() -> None:
    rng = np.random.default_rng(5)
    along = np.arange(0, 30_000.0)
    shared = np.column_stack([X0 + along, Y0 + 5_000 + 20 * rng.standard_normal(len(along))])
    below = shapely.Polygon([(X0 + along[-1], Y0), (X0, Y0), *shared])
    above = shapely.Polygon([(X0 + along[-1], Y0 + 9_000), (X0, Y0 + 9_000), *shared])
    full = a_briefing()
    wards = full.map.wards.iloc[:2].set_geometry(
        gpd.GeoSeries([below, above], index=full.map.wards.index[:2], crs="EPSG:27700")
    )
    shown = replace(full.map, wards=wards, bounds=(X0, Y0, X0 + along[-1], Y0 + 9_000))
    drawn = json.loads(map_json(replace(full, map=shown)))
    rings = [ward["outline"][0][0] for ward in drawn["wards"]]
    assert sum(len(ring) for ring in rings) <= 15_000
    # all but the two outer corners of each are corners of both
    common = {tuple(at) for at in rings[0]} & {tuple(at) for at in rings[1]}
    assert [len(ring) - len(common) for ring in rings] == [2, 2]


def test_main_roads_and_the_streets_near_a_place_are_drawn() -> None:
    streets = gpd.GeoDataFrame(
        {
            "name": ["High <b>Road", "Near Lane", "Far Lane", "Away Road"],
            "kind": ["main_road", "street", "street", "main_road"],
        },
        geometry=[
            shapely.LineString([(X0, Y0 + 8_000), (X0 + 3 * SIDE, Y0 + 8_000)]),
            shapely.LineString([(X0 + 4_500, Y0 + 1_300), (X0 + 4_700, Y0 + 1_300)]),
            shapely.LineString([(X0 + 100, Y0 + 8_500), (X0 + 300, Y0 + 8_500)]),
            shapely.LineString([(X0 - 9_000, Y0), (X0 - 8_000, Y0)]),
        ],
        crs="EPSG:27700",
    )
    credited = replace(a_briefing(), credits=("Streets <of> nobody",))
    page = to_html(credited, streets=streets)
    assert {(line["name"], line["main"]) for line in map_of(page)["streets"]} == {
        ("High <b>Road", True),
        ("Near Lane", False),
    }
    assert "Streets <of> nobody" in read(page).text
    assert map_of(to_html(a_briefing()))["streets"] == []
    assert map_of(to_html(a_briefing(), streets=streets.iloc[:0]))["streets"] == []


def test_a_river_of_very_many_vertices_is_made_coarser() -> None:
    rng = np.random.default_rng(7)
    along = np.linspace(0, 3 * SIDE, 60_000)
    river = np.column_stack([X0 + along, Y0 + 4_000 + 3 * rng.standard_normal(len(along))])
    streets = gpd.GeoDataFrame(
        {"name": ["Long River"], "kind": ["river"]},
        geometry=[shapely.LineString(river)],
        crs="EPSG:27700",
    )
    (drawn,) = json.loads(map_json(a_briefing(), streets))["streets"]
    line = drawn["lines"][0]
    assert (drawn["name"], len(drawn["lines"])) == ("Long River", 1)
    assert 2 <= len(line) <= 15_000
    # it still begins and ends where the river does, to some metres
    east = line[-1][1] - line[0][1]
    assert east * 111_320 * np.cos(np.radians(line[0][0])) == pytest.approx(3 * SIDE, rel=0.01)


# -- the file ------------------------------------------------------------------------------------


def test_the_same_briefing_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; from tests.unit.test_standalone import a_briefing, some_streets, to_html;"
        "sys.stdout.buffer.write(to_html(a_briefing(), streets=some_streets()))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
    )
    assert there.stdout == to_html(a_briefing(), streets=some_streets())


def test_lines_end_as_a_browser_hashes_them() -> None:
    assert b"\r" not in to_html(a_briefing())
