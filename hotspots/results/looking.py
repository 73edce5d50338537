"""What one layer of a result shows, before it is a Leaflet map or a picture.

A look has shapes with their paints, a legend, numbered hot spots, a title and a source line; the
map of ``Result.explore`` and the picture of ``Result.plot`` draw the same look, so that they say
the same. All text in it is tidied; whoever draws it still escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from hotspots.drawing.paints import HATCHES, SHADES, Hatch
from hotspots.errors import UsageError
from hotspots.plain_text import tidy
from hotspots.profile import CLASSES, Profile
from hotspots.results import headlines, words
from hotspots.results.ward_scale import DAYS, WardScale, ward_scale
from hotspots.taxonomy import Category
from hotspots.taxonomy import category as category_of
from hotspots.versions import called

if TYPE_CHECKING:
    from hotspots.results.result import Result

#: What can be looked at, and the question that each answers.
LAYERS = {
    "concentrated": "where it is concentrated",
    "worse": "where it is worse than usual",
    "density": "how dense it is",
    "wards": "by ward",
}
#: Grey stripes: nothing is known.
NO_DATA = Hatch("nodata", "#FFFFFF", "/", "#87929D")
NO_FILL = "#FFFFFF"
NOT_KNOWN = "No data"
#: A map's outlines of wards keep to the true ones within this, metres.
_SIMPLIFY_M = 5.0
#: Files named in a source line; further ones are counted.
_FILES_NAMED = 2

Paint = Hatch | str


@dataclass(frozen=True, eq=False)
class Shade:
    """One shape and its paint; ``says`` is one plain sentence about it, "" for none."""

    shape: Any
    paint: Paint
    says: str = ""


@dataclass(frozen=True)
class LegendRow:
    """One class of the legend."""

    paint: Paint
    name: str


@dataclass(frozen=True, eq=False)
class Spot:
    """A numbered hot spot: its outline, its peak (x, y), its name and what is said of it."""

    question: str
    marker: str
    name: str
    says: tuple[str, ...]
    outline: Any
    peak: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Ward:
    """A ward's outline, its name, and where the name has most room (x, y)."""

    shape: Any
    name: str
    at: tuple[float, float]
    says: str


@dataclass(frozen=True, eq=False)
class Look:
    """One layer of a result, ready to be drawn.

    Attributes
    ----------
    layer, title, unit : str
        ``unit`` heads the legend.
    shades : tuple of Shade
    legend : tuple of LegendRow
        Strongest first.
    spots : tuple of Spot
    wards : tuple of Ward
        Those with most incidents first: theirs are the names that are written first.
    boroughs : tuple of shapely geometries
    crs : str
        Of every shape.
    notices, notes : tuple of str
        What must be shown, and what a reader must know.
    source : str
        Where it came from, in one line.
    """

    layer: str
    title: str
    unit: str
    shades: tuple[Shade, ...]
    legend: tuple[LegendRow, ...]
    spots: tuple[Spot, ...]
    wards: tuple[Ward, ...]
    boroughs: tuple[Any, ...]
    crs: str
    notices: tuple[str, ...]
    notes: tuple[str, ...]
    source: str


def look_at(result: Result, layer: str) -> Look:
    """Return what a layer of a result shows.

    Raises
    ------
    UsageError
        If there is no such layer.
    """
    if layer not in LAYERS:
        raise UsageError(f"A layer must be one of {', '.join(LAYERS)}; got {layer!r}.")
    kind = category_of(result.category)
    unit, shades, legend = _LAYER[layer](result, kind)
    question = layer if layer in HATCHES else "concentrated"
    wards, boroughs = _boundaries(result.wards)
    title = f"{tidy(kind.label)}, {headlines.the(result.period)}: {LAYERS[layer]}"
    return Look(
        layer=layer,
        title=title,
        unit=unit,
        shades=tuple(shades),
        legend=tuple(legend),
        spots=tuple(_spots(result.hotspots, question)),
        wards=wards,
        boroughs=boroughs,
        crs=str(result.wards.crs.to_string()),
        notices=tuple(tidy(notice) for notice in result.notices),
        notes=tuple(tidy(note) for note in result.notes),
        source=source_line(result),
    )


def source_line(result: Result) -> str:
    """Return where a result came from: run, version, profile, wards, files."""
    about = result.provenance
    profile, wards = about.get("profile", {}), about.get("wards", {})
    files = [str(file.get("file", "")) for file in about.get("incidents", ())]
    parts = [
        f"Run {about.get('run', NOT_KNOWN.lower())}",
        f"Hotspots {about.get('version', NOT_KNOWN.lower())}",
        f"profile {called(profile) if profile else NOT_KNOWN.lower()}",
        f"wards of {wards.get('vintage', NOT_KNOWN.lower())}",
        f"incidents of {_named(files)}",
    ]
    return tidy("; ".join(parts)) + "."


def _named(files: Sequence[str]) -> str:
    if not files:
        return "no named file"
    more = len(files) - _FILES_NAMED
    named = list(files[:_FILES_NAMED])
    if more > 0:
        named.append(f"{more:,} more file{'s' * (more > 1)}")
    return headlines.joined(named)


# -- layers: the legend's heading, shapes, legend -------------------------------------------------

_Drawn = tuple[str, list[Shade], list[LegendRow]]


def _tested(question: str) -> Any:
    def drawn(result: Result, _kind: Category) -> _Drawn:
        cells = result.cells
        found = cells[question].astype(str)
        shown = [name for name in reversed(CLASSES) if (found == name).any()]
        shades = [
            Shade(shape, HATCHES[question][name], _square(name, count, question))
            for name in shown
            for shape, count in zip(
                cells.geometry[found == name], cells["incidents"][found == name], strict=True
            )
        ]
        if (found == "no history").all() and len(found):
            return "", shades, [LegendRow(NO_FILL, "No earlier period to compare with")]
        return "Shaded squares", shades, _strengths(question, _limits(result))

    return drawn


def _square(name: str, count: int, question: str) -> str:
    rise = " rise" if question == "worse" else ""
    return f"{name.capitalize()}{rise}; {words.incidents(int(count))} in this square"


def _limits(result: Result) -> Sequence[float]:
    profile = result.provenance.get("profile", {})
    limits: Sequence[float] = profile.get("class_limits", Profile().class_limits)
    return limits


def _strengths(question: str, limits: Sequence[float]) -> list[LegendRow]:
    worse = question == "worse"
    rows = [
        LegendRow(
            HATCHES[question][name],
            f"{name.capitalize()}{' rise' if worse else ''}: at most 1 in {1 / limit:,.0f}"
            + (" shaded squares is chance" if i == 0 else ""),
        )
        for i, (name, limit) in enumerate(zip(CLASSES, limits, strict=True))
    ]
    none = "No different from usual" if worse else "No evidence of a hot spot"
    return [*rows, LegendRow(NO_FILL, none)]


def _density(result: Result, kind: Category) -> _Drawn:
    breaks = tuple(kind.density)
    shades = [
        Shade(shape, SHADES[breaks.index(lower)], f"{_range(lower, upper)} a km² in 30 days")
        for lower, upper, shape in zip(
            result.density["lower"], result.density["upper"], result.density.geometry, strict=True
        )
        # bands of a store whose classes have since changed have no colour here
        if lower in breaks
    ]
    return "Incidents a km² in 30 days", shades, _classes(breaks)


def _by_ward(result: Result, kind: Category) -> _Drawn:
    wards = result.wards
    by_rate = bool(wards["rate_per_1000"].notna().mean() >= 0.5)
    values = (wards["rate_per_1000"] if by_rate else wards["incidents"]).astype("float64")
    scale = ward_scale(kind, by_rate)
    shades = [
        Shade(shape, _fill(value * DAYS / result.period.days, scale))
        for shape, value in zip(wards.geometry, values, strict=True)
    ]
    legend = _classes(scale.breaks)
    if by_rate and values.isna().any():
        legend.append(LegendRow(NO_DATA, f"{NOT_KNOWN}: residents not known"))
    unit = "Incidents per 1,000 residents" if by_rate else "Incidents"
    return f"{unit} in 30 days", shades, legend


def _fill(value: float, scale: WardScale) -> Paint:
    if value != value:
        return NO_DATA
    level = scale.level(value)
    return SHADES[level - 1] if level else NO_FILL


def _classes(breaks: Sequence[float]) -> list[LegendRow]:
    rows = [LegendRow(SHADES[i], _range(*bounds)) for i, bounds in enumerate(pairwise(breaks))]
    rows.append(LegendRow(SHADES[len(breaks) - 1], _range(breaks[-1], float("nan"))))
    return [*reversed(rows), LegendRow(NO_FILL, f"Fewer than {_short(breaks[0])}")]


def _range(lower: float, upper: float) -> str:
    if upper != upper:
        return f"{_short(lower)} or more"
    return f"{_short(lower)} to {_short(upper)}"


def _short(number: float) -> str:
    return f"{round(number, 6):,g}"


_LAYER = {
    "concentrated": _tested("concentrated"),
    "worse": _tested("worse"),
    "density": _density,
    "wards": _by_ward,
}


# -- what lies over the shading -------------------------------------------------------------------


def _spots(hotspots: gpd.GeoDataFrame, question: str) -> Iterable[Spot]:
    for row in hotspots[hotspots["question"] == question].itertuples():
        yield Spot(
            question=question,
            marker=tidy(row.marker),
            name=tidy(row.name),
            says=(tidy(row.claim), f"{tidy(row.strength).capitalize()}. {tidy(row.chance)}."),
            outline=row.geometry,
            peak=(float(row.peak_x), float(row.peak_y)),
        )


def _boundaries(frame: gpd.GeoDataFrame) -> tuple[tuple[Ward, ...], tuple[Any, ...]]:
    shapes = shapely.coverage_simplify(frame.geometry.to_numpy(), _SIMPLIFY_M)
    widest = shapely.maximum_inscribed_circle(shapes, tolerance=50.0)
    at = shapely.get_coordinates(shapely.get_point(widest, 0))
    wards = tuple(
        Ward(shape, tidy(row.ward_name), (float(x), float(y)), _ward_says(row))
        for shape, row, (x, y) in zip(shapes, frame.itertuples(), at, strict=True)
    )
    codes = frame["district_code"].fillna("").to_numpy(dtype=object)
    boroughs = tuple(shapely.union_all(shapes[codes == code]) for code in dict.fromkeys(codes))
    return wards, boroughs


def _ward_says(row: Any) -> str:
    rate = row.rate_per_1000
    per = "" if rate != rate else f"; {rate:,.1f} per 1,000 residents"
    return f"{words.incidents(int(row.incidents))}{per}"
