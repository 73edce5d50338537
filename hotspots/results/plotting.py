"""A look as a picture by matplotlib, which reads in grey too."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from hotspots.drawing.furniture import round_length
from hotspots.drawing.paints import Hatch
from hotspots.results.looking import Look, Paint, Shade, Spot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _INK_2, _WARD, _WHITE = "#14202B", "#3F4D5A", "#5B6975", "#FFFFFF"
_BLUE, _RUST = "#1A5599", "#A84300"
#: matplotlib's hatches; a sign more is a denser one. Thin, so that in grey a class stays as light
#: as its ground among the others.
_MARKS = {"x": "xxxx", "/": "////", "\\": "\\\\\\\\", "dots": "...."}
#: Text from data is text: a $ begins no formula.
_PLAIN: dict[str, Any] = {"parse_math": False, "usetex": False}
#: Numbers stand this far off their outlines, in diameters of a number.
_OFF = 1.1
_FOOT_CHARACTERS = 120


def plotted(look: Look, ax: Axes | None) -> Axes:
    """Draw a look on axes, new ones if None, and return them."""
    axes = _new_axes(look) if ax is None else ax
    for shade in look.shades:
        _fill(axes, shade)
    for ward in look.wards:
        axes.add_patch(_outline(ward.shape, _WARD, 0.7, zorder=3))
    for borough in look.boroughs:
        axes.add_patch(_outline(borough, _INK, 1.8, zorder=4))
    for spot in look.spots:
        _ring(axes, spot)
    _furnish(axes, look)
    taken = _numbers(axes, look)
    _names(axes, look, taken)
    return axes


def _new_axes(look: Look) -> Axes:
    import matplotlib.pyplot as plt

    west, south, east, north = _bounds(look)
    # as high as the area needs beside its legend, above the lines of its foot
    height = np.clip(8.0 * (north - south) / (east - west) + 1.8, 4.0, 12.0)
    _, axes = plt.subplots(figsize=(11, float(height)), layout="constrained")
    return axes


def _bounds(look: Look) -> list[float]:
    bounds: list[float] = shapely.total_bounds([ward.shape for ward in look.wards]).tolist()
    return bounds


# -- shapes ---------------------------------------------------------------------------------------


def _path(shape: Any) -> Path:
    """Return the polygons of a shape with their holes as one path; an empty one of none."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [
        # outlines run one way and holes the other, so that holes are not filled
        shapely.get_coordinates(ring)
        for part in shapely.orient_polygons(parts)
        for ring in (part.exterior, *part.interiors)
        if not part.is_empty
    ]
    if not rings:
        return Path(np.empty((0, 2)))
    codes = [
        np.concatenate([[Path.MOVETO], np.full(len(ring) - 2, Path.LINETO), [Path.CLOSEPOLY]])
        for ring in rings
    ]
    return Path(np.concatenate(rings), np.concatenate(codes))


def _fill(axes: Axes, shade: Shade) -> None:
    if not shapely.is_empty(shade.shape):
        axes.add_patch(PathPatch(_path(shade.shape), zorder=2, **_painted(shade.paint)))


def _painted(paint: Paint) -> dict[str, Any]:
    if isinstance(paint, Hatch):
        # the hatch is drawn in the colour of the edge
        return {
            "facecolor": paint.ground,
            "edgecolor": paint.ink,
            "hatch": _MARKS[paint.marks],
            "hatch_linewidth": 0.4,
            "linewidth": 0.0,
        }
    return {"facecolor": paint, "edgecolor": _WHITE, "linewidth": 0.3}


def _outline(shape: Any, colour: str, width: float, zorder: float, style: Any = "-") -> PathPatch:
    return PathPatch(
        _path(shape),
        fill=False,
        edgecolor=colour,
        linewidth=width,
        linestyle=style,
        joinstyle="round",
        zorder=zorder,
    )


def _ring(axes: Axes, spot: Spot) -> None:
    worse = spot.question == "worse"
    axes.add_patch(_outline(spot.outline, _WHITE, 3.6, zorder=5))
    colour, style = (_RUST, (0, (4, 2))) if worse else (_BLUE, "-")
    axes.add_patch(_outline(spot.outline, colour, 1.8, zorder=6, style=style))


# -- furniture ------------------------------------------------------------------------------------


def _furnish(axes: Axes, look: Look) -> None:
    west, south, east, north = _bounds(look)
    edge = 0.03 * max(east - west, north - south)
    axes.set_xlim(west - edge, east + edge)
    # the scale bar stands below the map, on no ward
    axes.set_ylim(south - 3 * edge, north + edge)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_title(
        "\n".join(textwrap.wrap(look.title, 80)),
        loc="left",
        color=_INK,
        fontsize=13,
        fontweight="bold",
        **_PLAIN,
    )
    _legend(axes, look)
    _scale_bar(axes, (west, south - 2.2 * edge), 0.2 * (east - west), 0.3 * edge)
    _foot(axes, look)


def _legend(axes: Axes, look: Look) -> None:
    rows: list[Artist] = [
        Patch(label=_wrapped(row.name, 28), **_framed(row.paint)) for row in look.legend
    ]
    rows += [_named(spot) for spot in look.spots]
    legend = axes.legend(
        handles=rows,
        title=look.unit or None,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        handlelength=2.2,
        handleheight=1.5,
        labelcolor=_INK,
        alignment="left",
    )
    legend.get_title().set(color=_INK, fontweight="bold", **_PLAIN)
    for text in legend.get_texts():
        text.set(**_PLAIN)


def _named(spot: Spot) -> Line2D:
    """Return the legend's row of a hot spot."""
    worse = spot.question == "worse"
    return Line2D(
        [],
        [],
        linestyle="none",
        marker="s" if worse else "o",
        markersize=8,
        color=_RUST if worse else _BLUE,
        label=_wrapped(f"{spot.marker}: {spot.name}", 28),
    )


def _framed(paint: Paint) -> dict[str, Any]:
    painted = _painted(paint)
    return painted if "hatch" in painted else {**painted, "edgecolor": "#697684", "linewidth": 0.6}


def _scale_bar(axes: Axes, at: tuple[float, float], most: float, tick: float) -> None:
    length = round_length(most)
    x, y = at
    axes.plot(
        [x, x, x + length, x + length],
        [y + tick, y, y, y + tick],
        color=_INK,
        linewidth=1.5,
        solid_joinstyle="miter",
        zorder=7,
        gid="scale",
    )
    said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(x + length + 2 * tick, y, said, color=_INK, fontsize=10, va="bottom", zorder=7)


def _foot(axes: Axes, look: Look) -> None:
    lines = [*(notice + "." for notice in look.notices), *look.notes, look.source]
    said = "\n".join(_wrapped(line, _FOOT_CHARACTERS) for line in lines)
    axes.annotate(
        said,
        xy=(0.0, 0.0),
        xycoords="axes fraction",
        xytext=(0.0, -6.0),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=8,
        color=_INK_2,
        annotation_clip=False,
        gid="source",
        **_PLAIN,
    )


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width)) or text


# -- numbers and names: where they have room ------------------------------------------------------


def _numbers(axes: Axes, look: Look) -> list[Bbox]:
    """Write each hot spot's number off the shading, and return what is taken."""
    if not look.spots:
        return []
    size = 0.032 * float(np.ptp(axes.get_xlim()))
    outlines = [spot.outline.bounds for spot in look.spots]
    taken: list[tuple[float, float]] = []
    written = []
    for spot in look.spots:
        x, y = _place(spot, outlines, taken, size)
        taken.append((x, y))
        worse = spot.question == "worse"
        axes.plot([spot.peak[0], x], [spot.peak[1], y], color=_INK, linewidth=1, zorder=7)
        written.append(
            axes.text(
                x,
                y,
                spot.marker,
                color=_WHITE,
                fontsize=11,
                fontweight="bold",
                ha="center",
                va="center",
                zorder=9,
                gid=f"place-{spot.marker}",
                bbox={
                    "boxstyle": "square,pad=0.35" if worse else "circle,pad=0.3",
                    "facecolor": _RUST if worse else _BLUE,
                    "edgecolor": _WHITE,
                    "linewidth": 1.5,
                },
                **_PLAIN,
            )
        )
    _lay_out(axes)
    return [text.get_window_extent().padded(6) for text in written]


def _place(
    spot: Spot,
    outlines: Sequence[tuple[float, ...]],
    taken: Sequence[tuple[float, float]],
    size: float,
) -> tuple[float, float]:
    """Return where a number stands: beside its outline, off the others and their numbers."""
    west, south, east, north = spot.outline.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    reach = np.hypot(east - west, north - south) / 2 + _OFF * size
    best, where = np.inf, middle
    for turn in range(16):
        angle = np.pi / 4 + turn * np.pi / 8
        x, y = middle[0] + reach * np.cos(angle), middle[1] + reach * np.sin(angle)
        on_numbers = sum(np.hypot(x - a, y - b) < 1.2 * size for a, b in taken)
        on_outlines = sum(
            w - size / 2 < x < e + size / 2 and s - size / 2 < y < n + size / 2
            for w, s, e, n in outlines
        )
        cost = 3 * on_numbers + on_outlines + turn / 100
        if cost < best:
            best, where = cost, (x, y)
    return where


def _names(axes: Axes, look: Look, taken: Sequence[Bbox]) -> None:
    """Write wards' names, those with most incidents first, where nothing is in the way."""
    _lay_out(axes)
    # a name over a hot spot would hide what the map is for
    busy = [*taken, *(_on_screen(axes, spot.outline.bounds) for spot in look.spots)]
    for ward in look.wards:
        text = axes.text(
            *ward.at,
            ward.name,
            color=_INK,
            fontsize=8,
            fontweight="bold",
            ha="center",
            va="center",
            zorder=8,
            clip_on=True,
            gid="ward",
            path_effects=[withStroke(linewidth=2.2, foreground=_WHITE)],
            **_PLAIN,
        )
        box = text.get_window_extent().padded(2)
        if any(box.overlaps(other) for other in busy):
            text.remove()
        else:
            busy.append(box)


def _on_screen(axes: Axes, bounds: tuple[float, ...]) -> Bbox:
    west, south, east, north = bounds
    corners = axes.transData.transform([(west, south), (east, north)])
    return Bbox(corners)


def _lay_out(axes: Axes) -> None:
    """Give the axes the place that their layout gives them, in which text can be measured."""
    figure = axes.figure.get_figure(root=True)
    if figure is not None:
        figure.draw_without_rendering()
