"""`Result.explore` and `Result.plot`: what is shown, told apart, and never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import folium
import matplotlib as mpl
import numpy as np
import pytest
import shapely
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Request, expect

from hotspots.analysis import find_hotspots
from hotspots.drawing.paints import HATCHES, SHADES
from hotspots.errors import UsageError
from hotspots.results import Result
from hotspots.results.looking import LAYERS, NO_DATA, NO_FILL, Shade, look_at
from hotspots.results.plotting import _path, plotted
from tests.support import a_year_with_a_flare_up, nine_wards

HOSTILE = (
    "<img src=x onerror=\"document.title='ran'\">",
    "</script><script>document.title='ran'</script>",
    "{{ 7 * 7 }}{% raw %}",
    "$\\frac{broken$ `${document.title='ran'}`",
    "\u202egnol",
)


@pytest.fixture(autouse=True)
def headless() -> Iterator[None]:
    before = mpl.get_backend()
    mpl.use("Agg")
    yield
    plt.close("all")
    mpl.use(before)


@pytest.fixture(scope="module")
def result() -> Result:
    return find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2024-01", category="asb")


@pytest.fixture(scope="module")
def hostile(result: Result) -> Result:
    names = [HOSTILE[i % len(HOSTILE)] for i in range(9)]
    return replace(
        result,
        wards=result.wards.assign(ward_name=names),
        hotspots=result.hotspots.assign(name=HOSTILE[0], marker=HOSTILE[2], claim=HOSTILE[1]),
        notes=(HOSTILE[1], HOSTILE[3]),
        provenance={
            **result.provenance,
            "notices": ["Synthetic data", HOSTILE[0]],
            "incidents": [{"file": HOSTILE[1]}],
        },
    )


# -- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["concentrated", "worse"])
def test_every_square_of_a_class_is_shaded_and_no_other(result: Result, question: str) -> None:
    shades = look_at(result, question).shades
    classed = result.cells[result.cells[question].isin(HATCHES[question])]
    assert len(classed) > 0
    drawn = {shapely.to_wkb(shade.shape): shade.paint for shade in shades}
    wanted = {
        shapely.to_wkb(shape): HATCHES[question][name]
        for shape, name in zip(classed.geometry, classed[question], strict=True)
    }
    assert drawn == wanted


def test_a_ward_has_the_colour_of_its_rate_for_thirty_days(result: Result) -> None:
    # rates by hand: January has 31 days; breaks of asb are 0.5, 1, 2, 4, 8 a thousand
    look = look_at(result, "wards")
    for shade, row in zip(look.shades, result.wards.itertuples(), strict=True):
        rate = 1000 * row.incidents / row.population * 30 / 31
        level = sum(rate >= limit for limit in (0.5, 1, 2, 4, 8))
        assert shade.paint == (SHADES[level - 1] if level else NO_FILL)
    assert "per 1,000 residents" in look.unit


def test_a_ward_without_residents_is_no_data_and_not_quiet(result: Result) -> None:
    wards = result.wards.copy()
    unknown = wards["ward_code"] == "T004"
    wards.loc[unknown, "rate_per_1000"] = np.nan
    look = look_at(replace(result, wards=wards), "wards")
    assert [s.paint == NO_DATA for s in look.shades] == unknown.tolist()
    assert any(row.paint == NO_DATA and row.name.startswith("No data") for row in look.legend)


def test_without_a_past_nothing_is_called_usual(result: Result) -> None:
    alone = replace(result, cells=result.cells.assign(worse="no history"))
    look = look_at(alone, "worse")
    assert look.shades == ()
    assert [row.name for row in look.legend] == ["No earlier period to compare with"]


def test_a_layer_that_is_none_is_refused_by_both(result: Result) -> None:
    for show in (result.explore, result.plot):
        with pytest.raises(UsageError, match=r"concentrated, worse, density, wards; got 'heat'"):
            show("heat")


def test_the_source_line_names_run_profile_wards_and_files(result: Result) -> None:
    source = look_at(result, "density").source
    for part in (result.provenance["run"], "profile default", "wards of 2021", "made-up.csv"):
        assert part in source


def _pixels(figure: Figure) -> NDArray[np.uint8]:
    """Return what is drawn, shape (height, width, 3), the top row first."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


# -- the picture ----------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_a_picture_says_its_period_source_and_numbers(result: Result, layer: str) -> None:
    axes = result.plot(layer)
    assert "January 2024" in axes.get_title(loc="left")
    said = {text.get_text() for text in axes.texts}
    assert any(result.provenance["run"] in text for text in said)
    question = "worse" if layer == "worse" else "concentrated"
    spots = result.hotspots[result.hotspots["question"] == question]
    assert len(spots) > 0
    assert set(spots["marker"]) <= said
    legend = axes.get_legend()
    assert legend is not None
    assert {row.name for row in look_at(result, layer).legend} <= {
        text.get_text().replace("\n", " ") for text in legend.get_texts()
    }


def test_the_scale_bar_is_as_long_as_it_says(result: Result) -> None:
    axes = result.plot()
    bar = next(line for line in axes.lines if line.get_gid() == "scale")
    length = float(np.ptp(np.asarray(bar.get_xdata(), dtype=float)))
    said = next(t.get_text() for t in axes.texts if re.fullmatch(r"[\d.]+ k?m", t.get_text()))
    number, unit = said.split()
    assert length == pytest.approx(float(number) * (1000 if unit == "km" else 1))
    # metres are metres in both directions
    assert axes.get_aspect() == 1.0


@pytest.mark.parametrize("question", list(HATCHES))
def test_classes_are_told_apart_in_grey(result: Result, question: str) -> None:
    """Each class's patch, in grey: a hatch is seen on each, and no two look alike."""
    wards = result.wards
    boxes = [wards.geometry.iloc[i] for i in range(3)]
    look = look_at(result, question)
    shades = tuple(
        Shade(box, hatch) for box, hatch in zip(boxes, HATCHES[question].values(), strict=True)
    )
    bare = replace(look, shades=shades, spots=(), wards=(look.wards[0],), boroughs=())
    figure = Figure(figsize=(8, 8), dpi=100)
    axes = plotted(bare, figure.add_subplot())
    west, south, east, north = shapely.total_bounds(boxes)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    pixels = _pixels(figure) @ [0.299, 0.587, 0.114]
    means = []
    for box in boxes:
        (x0, y0), (x1, y1) = axes.transData.transform(
            np.reshape(shapely.buffer(box, -600).bounds, (2, 2))
        )
        patch = pixels[int(len(pixels) - y1) : int(len(pixels) - y0), int(x0) : int(x1)]
        assert patch.size > 400
        assert patch.std() > 10
        means.append(patch.mean())
    # the strongest is the darkest
    assert np.diff(means).min() > 30


def test_a_hole_is_not_filled() -> None:
    ring = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))
    path = _path(shapely.MultiPolygon([ring, shapely.box(20, 0, 21, 1)]))
    figure = Figure(figsize=(4, 4), dpi=50)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 9), ylim=(0, 9))
    axes.set_axis_off()
    axes.add_patch(PathPatch(path, facecolor="black", linewidth=0))
    pixels = _pixels(figure)[..., 0]
    assert pixels[100, 100] == 255
    assert pixels[20, 20] == 0
    assert (pixels == 0).mean() == pytest.approx(8 / 9, abs=0.01)


def test_given_axes_are_drawn_on_and_no_figure_is_made(result: Result) -> None:
    figure, (left, right) = plt.subplots(1, 2)
    before = plt.get_fignums()
    assert result.plot("worse", ax=right) is right
    assert plt.get_fignums() == before
    assert not left.has_data()
    assert right.figure is figure


def test_hostile_names_are_drawn_as_they_are(hostile: Result, tmp_path: Path) -> None:
    axes = hostile.plot()
    # a $ would begin a formula, and a broken one would not be drawn at all
    axes.figure.savefig(tmp_path / "map.png")
    written = {text.get_text() for text in axes.texts if text.get_gid() == "ward"}
    assert written
    assert not any("\u202e" in text for text in written)
    assert HOSTILE[3] in "".join(text.get_text() for text in axes.texts)


# -- the map --------------------------------------------------------------------------------------


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, asked: list[str]) -> Iterator[Page]:
    """A page without any network; what it asks for and its errors are in ``asked``."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.context.set_offline(True)

    def seen(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "about:")):
            asked.append(request.url)

    page.on("request", seen)
    page.on("pageerror", lambda error: asked.append(str(error)))
    yield page
    page.close()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_saved_map_opens_without_a_network(
    result: Result, tmp_path: Path, page: Page, asked: list[str], layer: str
) -> None:
    file = tmp_path / "map.html"
    result.explore(layer).save(file)
    page.goto(file.as_uri())
    look = look_at(result, layer)
    expect(page.locator(".hotspots-look h1")).to_have_text(look.title)
    expect(page.locator(".leaflet-shades-pane path")).to_have_count(len(look.shades))
    expect(page.locator(".leaflet-marker-pane .badge")).to_have_text(
        [spot.marker for spot in look.spots]
    )
    expect(page.locator(".legend li")).to_have_text([row.name for row in look.legend])
    expect(page.locator(".source")).to_have_text(look.source)
    assert asked == []


def test_a_map_in_a_notebook_is_a_frame_that_needs_nothing(
    result: Result, tmp_path: Path, page: Page, asked: list[str]
) -> None:
    shown = result.explore()._repr_html_()
    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><title>notebook</title>{shown}", "utf-8")
    page.goto(file.as_uri())
    frame = page.frame_locator("iframe")
    expect(frame.locator(".leaflet-marker-pane .badge").first).to_be_visible()
    assert asked == []


def test_a_place_answers_to_the_keyboard(result: Result, tmp_path: Path, page: Page) -> None:
    file = tmp_path / "map.html"
    result.explore().save(file)
    page.goto(file.as_uri())
    page.locator(".places button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_contain_text(
        str(result.hotspots["claim"].iloc[0])
    )


def test_numbers_stand_off_the_hot_spots(result: Result, tmp_path: Path, page: Page) -> None:
    file = tmp_path / "map.html"
    result.explore().save(file)
    page.goto(file.as_uri())
    badges = page.locator(".leaflet-marker-pane .badge")
    outlines = page.locator(".leaflet-outlines-pane path")
    expect(badges.first).to_be_visible()
    for badge in badges.all():
        b = badge.bounding_box()
        assert b is not None
        for outline in outlines.all():
            o = outline.bounding_box()
            assert o is not None
            apart = (
                b["x"] >= o["x"] + o["width"]
                or o["x"] >= b["x"] + b["width"]
                or b["y"] >= o["y"] + o["height"]
                or o["y"] >= b["y"] + b["height"]
            )
            assert apart


def test_hostile_names_are_text_on_the_map(
    hostile: Result, tmp_path: Path, page: Page, asked: list[str]
) -> None:
    file = tmp_path / "map.html"
    hostile.explore("wards").save(file)
    page.goto(file.as_uri())
    expect(page.locator(".places button").first).to_contain_text(HOSTILE[0])
    expect(page.locator(".hotspots-look .notice").nth(1)).to_have_text(HOSTILE[0])
    # neither folium nor its templates read a name a second time
    expect(page.locator(".places .badge").first).to_have_text(HOSTILE[2])
    page.locator(".places button").first.click()
    expect(page.locator(".leaflet-popup-content")).to_contain_text(HOSTILE[1])
    expect(page.locator(".hotspots-look img, .hotspots-look script")).to_have_count(0)
    assert page.title() != "ran"
    assert asked == []


def test_other_maps_of_the_process_keep_their_own_lists(result: Result) -> None:
    before = (list(folium.Map.default_js), list(folium.Map.default_css))
    result.explore().get_root().render()
    assert (folium.Map.default_js, folium.Map.default_css) == before
    assert before[0]
    assert "hotspotsLook" not in folium.Map().get_root().render()


def test_the_legend_of_the_picture_has_each_paint_once(result: Result) -> None:
    legend = result.plot().get_legend()
    assert legend is not None
    patches = [p for p in legend.get_patches() if isinstance(p, Patch)]
    looks = {(p.get_facecolor(), p.get_hatch()) for p in patches}
    assert len(looks) == len(patches) == 4
