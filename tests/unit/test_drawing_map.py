"""Maps as drawings: read back from the SVG, and laid out so that nothing covers anything."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from hotspots import read_wards
from hotspots.drawing import Dot, Mark, Shade, draw_map, ground, labels, layout_map, scene
from hotspots.errors import UsageError
from hotspots.plain_text import tidy
from tests.support import SIDE, X0, Y0, nine_wards

NINE = nine_wards()
MIDDLE = (X0 + 1.5 * SIDE, Y0 + 1.5 * SIDE)
SIZE = {"width": 900, "height": 700}
COMMON = SIZE | {"title": "Title", "describe": "Words"}


def square(x: float, y: float, side: float = 250) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


def mark(marker: str = "1", at: tuple[float, float] = MIDDLE, **options: Any) -> Mark:
    side = options.pop("side", 500)
    outline = square(at[0] - side / 2, at[1] - side / 2, side)
    return Mark(
        **{"marker": marker, "question": "concentrated", "polygon": outline, "peak_xy": at}
        | options
    )


def drawn(wards: Any = NINE, **options: Any) -> ElementTree.Element:
    made = draw_map(wards, **COMMON | options)
    return ElementTree.fromstring(made.encode("utf-8"))  # noqa: S314 - our own drawing


def of(root: ElementTree.Element, word: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if word in one.get("class", "").split()]


def corners(d: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", d)]


def shape_of(box: Any) -> shapely.Polygon:
    half = np.array([box.width / 2, box.height / 2])
    upright = shapely.box(*(np.array([box.x, box.y]) - half), *(np.array([box.x, box.y]) + half))
    return affinity.rotate(upright, box.angle, origin=(box.x, box.y), use_radians=True)


def assert_nothing_is_covered(laid: Any) -> None:
    view = laid.view
    shapes = [(one.kind, one.text, shape_of(one.box)) for one in laid.placed]
    for (_, a, one), (_, b, other) in combinations(shapes, 2):
        assert one.intersection(other).area < 1e-3, (a, b)
    paper = shapely.box(0, 0, view.width, view.height).buffer(1e-6)
    for kind, text, shape in shapes:
        assert paper.contains(shape), (kind, text)
    for spot in laid.spots:
        edge = shapely.boundary(spot.outline)
        for kind, text, shape in shapes:
            assert kind in ("marker", "scale", "locator", "count") or not shape.intersects(edge), (
                text
            )


places = st.lists(
    st.builds(
        mark,
        marker=st.sampled_from(["1", "12", "A", "AB"]),
        at=st.tuples(st.floats(X0, X0 + 3 * SIDE), st.floats(Y0, Y0 + 3 * SIDE)),
        question=st.sampled_from(["concentrated", "worse"]),
        hot=st.booleans(),
        side=st.floats(50, 1500),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(places, st.integers(250, 1000), st.integers(250, 800), st.sampled_from([16.0, 17.0, 28.0]))
def test_nothing_on_a_map_covers_anything_else(marks, width, height, text_px) -> None:
    laid = layout_map(
        NINE,
        width=width,
        height=height,
        marks=marks,
        borough_labels=True,
        locator=True,
        text_px=text_px,
    )
    assert_nothing_is_covered(laid)
    assert [spot.mark for spot in laid.spots] == marks


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_streets_dots_and_names_keep_out_of_each_others_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    laid = layout_map(
        NINE,
        width=560,
        height=400,
        view=around(MIDDLE, 1000),
        marks=[mark(side=750)],
        dots=[
            Dot(*(np.array(MIDDLE) + rng.normal(0, 400, 2)), int(rng.integers(1, 9)) ** 2)
            for _ in range(30)
        ],
        streets=some_streets(rng),
        locator=True,
    )
    assert_nothing_is_covered(laid)
    assert any(one.kind == "street" for one in laid.placed)


def around(at: tuple[float, float], reach: float) -> tuple[float, float, float, float]:
    return (at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach)


def some_streets(rng: np.random.Generator, count: int = 40) -> gpd.GeoDataFrame:
    ends = np.array(MIDDLE) + rng.uniform(-1500, 1500, (count, 2, 2))
    kinds = rng.choice(["street", "main_road", "motorway", "river", "bridleway"], count)
    names = [f"Test Street {i}" for i in range(count)]
    return gpd.GeoDataFrame(
        {"name": names, "kind": kinds}, geometry=shapely.linestrings(ends), crs="EPSG:27700"
    )


# -- what is drawn ------------------------------------------------------------------------------


def test_every_place_is_marked_once_and_named() -> None:
    marks = [
        mark("1", label="Ward 4: Test Lane"),
        mark("A", (X0 + 500, Y0 + 500), question="worse"),
        mark("2", (X0 + 8000, Y0 + 2000), hot=False),
    ]
    root = drawn(marks=marks)
    found = of(root, "mark")
    assert [one[0].text for one in found] == ["Ward 4: Test Lane", "Place A", "Place 2"]
    assert ["".join(text.text for text in one if text.tag.endswith("}text")) for one in found] == [
        "1", "A", "2",
    ]  # fmt: skip
    outlines = of(root, "outline")
    assert [one.get("class") for one in outlines] == [
        "outline concentrated", "outline worse", "outline concentrated not-hot",
    ]  # fmt: skip
    lines = [one[1] for one in outlines]
    assert [one.get("stroke-dasharray") for one in lines] == [None, "8 4", None]
    assert float(lines[2].get("stroke-width")) < float(lines[0].get("stroke-width"))
    assert len(of(root, "leader")) == 3
    # round where concentrated, square on its corner where worse
    assert {one.tag.split("}")[1] for one in found[1]} == {"title", "path", "text"}
    assert "circle" in {one.tag.split("}")[1] for one in found[0]}


def test_places_out_of_view_are_left_out_and_those_that_reach_into_it_are_not() -> None:
    x, y = MIDDLE
    marks = [
        mark("1", (x, y)),
        mark("2", (x + 1200, y), side=1000),  # its peak is outside, its outline is not
        mark("3", (x + 4000, y)),
    ]
    laid = layout_map(NINE, marks=marks, view=around(MIDDLE, 1000), width=600, height=600)
    assert [spot.mark.marker for spot in laid.spots] == ["1", "2"]
    assert 0 < laid.spots[1].peak[0] <= 600


def test_a_square_of_250_m_is_as_large_as_the_scale_bar_says() -> None:
    root = drawn(shades=[Shade(square(*MIDDLE), "url(#c3)", "#0B3C6F")])
    (group,) = of(root, "shades")
    pixels = shapely.Polygon(corners(group[0].get("d")))
    (bar,) = of(root, "scale")
    start, end = re.match(r"M([\d.]+) .*?H([\d.]+)V", bar[1].get("d")).groups()
    metres = {"km": 1000, "m": 1}[bar[2].text.split()[1]] * float(bar[2].text.split()[0])
    side = 250 * (float(end) - float(start)) / metres
    assert pixels.area == pytest.approx(side**2, rel=0.02)
    assert group[0].get("fill") == "url(#c3)"
    west, south, east, north = pixels.bounds
    assert east - west == pytest.approx(north - south, abs=0.21)  # squares are upright


def test_north_is_up_and_east_is_right() -> None:
    x, y = MIDDLE
    root = drawn(shades=[Shade(square(x, y), "#1"), Shade(square(x + 1000, y + 2000), "#2")])
    first, second = (
        shapely.Polygon(corners(one.get("d"))).centroid for one in of(root, "shades")[0]
    )
    assert second.x > first.x and second.y < first.y
    assert (second.x - first.x) * 2 == pytest.approx(first.y - second.y, abs=0.3)


def test_dots_have_areas_by_count_and_numbers_from_three_on() -> None:
    x, y = MIDDLE
    dots = [Dot(x + 600 * i, y, n) for i, n in enumerate((1, 2, 3, 12))]
    (group,) = of(drawn(dots=dots), "dots")
    radii = [float(one.get("r")) for one in group if one.tag.endswith("}circle")]
    areas = np.square(radii)
    assert areas / areas[-1] == pytest.approx([12, 3, 2, 1], rel=0.05)
    assert [one.text for one in group if one.tag.endswith("}text")] == ["12", "3"]


def test_a_dot_too_small_for_its_number_has_it_beside() -> None:
    x, y = MIDDLE
    dots = [Dot(x, y, 900), Dot(x + 3000, y, 9)]
    laid = layout_map(NINE, dots=dots, ward_labels="none", **SIZE)
    (beside,) = [one for one in laid.placed if one.kind == "count"]
    disc = next(one for one in laid.discs if one.count == 9)
    assert beside.text == "9"
    assert not shape_of(beside.box).intersects(shapely.Point(disc.x, disc.y).buffer(disc.radius))


def test_names_of_wards_stand_in_their_own_ward() -> None:
    laid = layout_map(NINE, **SIZE)
    names = [one for one in laid.placed if one.kind == "ward"]
    assert sorted(one.text for one in names) == [f"Ward {i}" for i in range(9)]
    for one in names:
        i = int(one.text.split()[1])
        x, y = laid.view.xy([(X0 + (i % 3 + 0.5) * SIDE, Y0 + (i // 3 + 0.5) * SIDE)])[0]
        half = SIDE / 2 * laid.view.scale
        assert abs(one.box.x - x) < half and abs(one.box.y - y) < half


def test_who_is_named_can_be_chosen() -> None:
    def named(**options: Any) -> list[tuple[str, str]]:
        laid = layout_map(NINE, marks=[mark()], **SIZE | options)
        return [(one.kind, one.text) for one in laid.placed if one.kind in ("ward", "borough")]

    assert named(ward_labels="none") == []
    assert named(ward_labels="marked") == [("ward", "Ward 4")]
    assert named(ward_labels="none", borough_labels=True) == [
        ("borough", "South"),
        ("borough", "North"),
    ]
    assert named(label_order=["T007", "T002"])[:2] == [("ward", "Ward 7"), ("ward", "Ward 2")]
    assert named()[0] == ("ward", "Ward 4")


def test_the_first_of_two_names_for_one_spot_wins() -> None:
    """Two wards too small for both names: the order decides."""
    frame = NINE.frame.copy()
    frame["ward_name"] = [f"A ward with a long name {i}" for i in range(9)]
    wards = type(NINE)(frame, "x")
    size = {"width": 260, "height": 260, "scale_bar": False}
    for first in ("T000", "T001", "T004"):
        laid = layout_map(wards, label_order=[first], **size)
        names = [one.text for one in laid.placed]
        assert names[0].endswith(first[-1]) and len(names) < 9


def test_streets_are_named_close_by_and_drawn_by_kind() -> None:
    x, y = MIDDLE
    lines = gpd.GeoDataFrame(
        {"name": ["High Street", "<b>Lane</b>", None], "kind": ["main_road", "track", "street"]},
        geometry=[
            shapely.LineString([(x - 900, y), (x + 900, y + 600)]),
            shapely.LineString([(x - 500, y - 500), (x - 500, y + 500)]),
            shapely.LineString([(x, y - 700), (x + 900, y - 700)]),
        ],
        crs="EPSG:27700",
    )
    close = drawn(streets=lines, view=around(MIDDLE, 1000))
    (names,) = of(close, "street-names")
    assert [one.text for one in names] == ["High Street", "<b>Lane</b>"]
    turned = [float(re.match(r"rotate\(([-\d.]+)", one.get("transform")).group(1)) for one in names]
    assert turned[0] == pytest.approx(-np.degrees(np.arctan2(600, 1800)), abs=0.1)
    assert abs(turned[1]) == pytest.approx(90)
    (group,) = of(close, "streets")
    assert [one.get("class") for one in group] == ["street", "main_road"]
    far = drawn(streets=lines, width=300, height=300)
    assert not of(far, "street-names")
    assert [one.get("class") for one in of(far, "streets")[0]] == ["main_road"]


def test_a_street_in_parts_is_named_once_along_all_of_it() -> None:
    x, y = MIDDLE
    parts = [shapely.LineString([(x + i * 200, y), (x + (i + 1) * 200, y)]) for i in range(-4, 4)]
    lines = gpd.GeoDataFrame(
        {"name": "Long Parade of Shops", "kind": "street"},
        geometry=parts,
        index=range(8),
        crs="EPSG:27700",
    )
    laid = layout_map(NINE, streets=lines, view=around(MIDDLE, 900), **SIZE)
    (name,) = [one for one in laid.placed if one.kind == "street"]
    assert name.box.y == pytest.approx(350, abs=0.5)


def test_streets_without_their_columns_are_refused() -> None:
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:27700")
    with pytest.raises(UsageError, match="kind, name"):
        drawn(streets=lines)


def test_boundaries_are_drawn_once_and_the_outer_edge_is_there_without_districts() -> None:
    root = drawn()
    (wards,), (boroughs,) = of(root, "wards"), of(root, "boroughs")
    (land,) = of(root, "land")
    scale = layout_map(NINE, **SIZE).view.scale

    def length(d: str) -> float:
        parts = [shapely.LineString(corners(part)) for part in d.replace("Z", "").split("M")[1:]]
        return sum(part.length for part in parts)

    # 9 squares of 3 km: 24 sides, each shared one once; the districts' line goes across once
    assert length(wards.get("d")) == pytest.approx(24 * SIDE * scale, rel=0.002)
    assert length(boroughs.get("d")) == pytest.approx(15 * SIDE * scale, rel=0.002)
    areas = [shapely.Polygon(corners(part)) for part in land.get("d").split("M")[1:]]
    assert sum(one.area for one in areas) == pytest.approx(9 * (SIDE * scale) ** 2, rel=0.002)
    frame = NINE.frame.copy()
    frame[["district_code", "district_name"]] = None
    alone = drawn(type(NINE)(frame, "x"), borough_labels=True)
    assert length(of(alone, "boroughs")[0].get("d")) == pytest.approx(12 * SIDE * scale, rel=0.002)
    assert not of(alone, "borough-names")
    assert not of(drawn(boroughs=False), "boroughs")


def test_a_small_map_says_where_the_view_lies() -> None:
    north_east = (X0 + 2.4 * SIDE, Y0 + 2.4 * SIDE, X0 + 2.9 * SIDE, Y0 + 2.9 * SIDE)
    (small,) = of(drawn(view=north_east, locator=True), "locator")
    paper, _, seen = small
    middle = float(seen.get("x")) + float(seen.get("width")) / 2
    height = float(seen.get("y")) + float(seen.get("height")) / 2
    assert middle > float(paper.get("width")) / 2 and height < float(paper.get("height")) / 2
    assert not of(drawn(locator=True), "locator")


# -- safe to put into a page --------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} ${7 * 7} `x`",
    "\u202egnirts desrever\u202c",
    "x" * 10_000,
    "🔥" * 60,
    "مرحبا بالعالم",
    "half \ud83d of a pair \x00\x08",
    "&amp; ' <style>*{}</style>",
]


def test_hostile_names_are_text_and_nothing_else() -> None:
    # a table of wards cannot hold half a pair: a label can
    wards = nine_wards(names=[*HOSTILE[:7], tidy(HOSTILE[7]), HOSTILE[8]])
    x, y = MIDDLE
    lines = gpd.GeoDataFrame(
        {"name": HOSTILE[:2], "kind": HOSTILE[:2]},
        geometry=[shapely.LineString([(x - 1000, y + d), (x + 1000, y + d)]) for d in (-400, 400)],
        crs="EPSG:27700",
    )
    marks = [mark(text, (x + 100 * i, y + 90 * i), label=text) for i, text in enumerate(HOSTILE)]
    for view in (None, around(MIDDLE, 1200)):
        root = drawn(
            wards, title=HOSTILE[0], describe=HOSTILE[1], marks=marks, streets=lines, view=view
        )
        tags = {one.tag.split("}")[1] for one in root.iter()}
        assert tags <= {
            "svg", "title", "desc", "g", "path", "rect", "circle", "line", "text", "tspan",
        }  # fmt: skip
        for one in root.iter():
            assert not any(key == "style" or key.startswith("on") for key in one.attrib)
        said = "".join(root.itertext())
        assert "\u202e" not in said and "\x00" not in said
        assert {one[0].text for one in of(root, "mark")} == {tidy(text) for text in HOSTILE}
        letters = [one for group in of(root, "mark") for one in group if one.tag.endswith("}text")]
        assert len(letters) == len(HOSTILE) and all(len(one.text) <= 3 for one in letters)


def test_a_name_too_long_is_cut_and_told_in_full_to_a_pointer() -> None:
    name = "The Ward of " + "Very " * 12 + "Long Names"
    wards = nine_wards(names=[name, *map(str, range(8))])
    root = drawn(wards, width=1400, height=1100)
    (cut,) = [
        one for one in of(root, "ward-names")[0] if len(one) and one[0].tag.endswith("}title")
    ]
    shown = "".join("".join(one.itertext()) for one in cut[1:]) or cut[0].tail
    assert cut[0].text == name and shown.endswith("…") and len(shown) <= 40


def test_ids_start_with_the_drawings_own_and_there_is_one_name_and_description() -> None:
    first, second = drawn(id="one", marks=[mark()]), drawn(id="two", marks=[mark()], locator=True)
    ids = [one.get("id") for root in (first, second) for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids)) and all(re.match("(one|two)(-|$)", one) for one in ids)
    assert first.get("aria-labelledby") == "one-title one-desc"
    assert (first[0].text, first[1].text) == ("Title", "Words")
    assert first.get("viewBox") == "0 0 900 700"


def test_links_are_named_and_the_drawing_is_then_a_group() -> None:
    plain, linked = drawn(marks=[mark()]), drawn(marks=[mark(href="/places/7", label="Ward 4")])
    assert (plain.get("role"), linked.get("role")) == ("img", "group")
    (link,) = of(linked, "mark-link")
    assert (link.get("href"), link.get("aria-label")) == ("/places/7", "Ward 4")


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", "vbscript:x"]
)
def test_links_that_run_something_are_refused(href: str) -> None:
    with pytest.raises(UsageError, match="href must"):
        mark(href=href)


def test_the_same_input_gives_the_same_bytes() -> None:
    rng = np.random.default_rng(1)
    options = COMMON | {
        "marks": [mark(str(i), (X0 + 900 * i, Y0 + 700 * i)) for i in range(9)],
        "streets": some_streets(rng),
        "borough_labels": True,
    }
    first = draw_map(NINE, **options)
    for kept in (ground.ground_of, ground._simplified, labels._spots, scene._land):
        kept.cache_clear()
    assert draw_map(nine_wards(), **options) == first


@pytest.mark.parametrize(
    "options",
    [
        {"width": 10},
        {"view": (0, 0, 0, 0)},
        {"view": (0, 0, float("nan"), 1)},
        {"ward_labels": "some"},
        {"id": "a b"},
        {"text_px": 1},
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(options) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+\.$"):
        drawn(**options)


def test_marks_and_dots_must_be_somewhere() -> None:
    with pytest.raises(UsageError, match="peak_xy"):
        mark(at=MIDDLE, peak_xy=(float("nan"), 1.0))
    with pytest.raises(UsageError, match="question must"):
        mark(question="hot")
    with pytest.raises(UsageError, match="count"):
        Dot(1.0, 2.0, 0)


def test_nothing_to_draw_is_drawn_as_the_bare_map() -> None:
    root = drawn(
        shades=[Shade(shapely.Polygon(), "#1"), Shade(square(0, 0), "#1")],
        marks=[Mark("1", "worse", None, MIDDLE)],
        dots=[Dot(0.0, 0.0, 5)],
        streets=gpd.GeoDataFrame({"name": [], "kind": []}, geometry=[], crs="EPSG:27700"),
    )
    assert not of(root, "shades") and not of(root, "outline") and not of(root, "streets")
    assert len(of(root, "mark")) == 1


# -- real boundaries ----------------------------------------------------------------------------


def test_the_wards_of_two_boroughs_are_drawn_small_and_mostly_named(real_data: Path) -> None:
    wards = read_wards(real_data / "geographr" / "wards21_dartford_gravesham.geojson", "2021")
    points = shapely.get_coordinates(shapely.point_on_surface(wards.frame.geometry.to_numpy()))
    marks = [
        mark(str(i + 1), (float(x), float(y)), side=750) for i, (x, y) in enumerate(points[:12])
    ]
    laid = layout_map(wards, marks=marks[:5], **SIZE)
    assert_nothing_is_covered(laid)
    assert len(laid.spots) == 5
    names = [one for one in laid.placed if one.kind == "ward"]
    assert len(names) >= len(wards) / 2
    assert_nothing_is_covered(layout_map(wards, marks=marks, width=390, height=320, text_px=16))
    made = draw_map(wards, marks=marks[:5], **COMMON)
    assert len(made.encode()) < 60_000
    d = re.search(r'<path d="([^"]+)" fill="#FFFFFF" class="land"', made).group(1)
    rings = [shapely.Polygon(corners(part)) for part in d.split("M")[1:]]
    drawn_m2 = sum(one.area for one in rings) / laid.view.scale**2
    assert drawn_m2 == pytest.approx(wards.study_area.area, rel=0.01)
