"""The curve of a back-test drawn: what share of the incidents was caught in what share of area."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from hotspots.drawing import svg
from hotspots.drawing.curves import EVEN, MOST, Curve, Role, apart, curve_chart, dashes_of
from hotspots.errors import UsageError, WorkspaceError
from hotspots.plain_text import tidy
from hotspots.validation.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Which methods stand out, by name.
ROLES: Mapping[str, Role] = {"candidate": "candidate", "approved": "approved"}
_WIDTH, _HEIGHT = 1000, 560
_TITLE = "Share of the incidents caught, by share of the area marked"
_AXIS = "share of the area marked"


def curves_of(report: Report, roles: Mapping[str, Role] = ROLES) -> list[Curve]:
    """Return the curves of a report's methods, the best first.

    Of more methods than a chart can hold, those that have a role and the best others; random
    orders are left out, as the line of the even spread is theirs, and oracles, which are no
    forecasts.

    Parameters
    ----------
    report : Report
    roles : mapping of str to str
        Method to "candidate" or "approved"; all others are drawn alike.
    """
    found = report.curve()
    labels = {entry.name: entry.label for entry in report.entries}
    plain = {entry.name for entry in report.entries if entry.kind != "oracle"} - {"random"}
    names = [name for name in found if name in (plain or found)]
    rank = {name: _height(found[name][1]) for name in names}
    names.sort(key=lambda name: (name not in roles, -rank[name]))
    drawn = sorted(names[:MOST], key=lambda name: -rank[name])
    return [Curve(labels[n], *found[n], role=roles.get(n, "other")) for n in drawn]


def curve_svg(
    report: Report,
    *,
    width: int = _WIDTH,
    height: int = _HEIGHT,
    id: str = "backtest",  # noqa: A002
    mark: float | None = None,
    roles: Mapping[str, Role] = ROLES,
    text_px: float = 16,
    paper: bool = False,
) -> Markup:
    """Return the curves as SVG, for a page or (with ``paper``) a file of its own.

    Parameters are as in ``drawing.curves.curve_chart`` and ``curves_of``.
    """
    curves = curves_of(report, roles)
    return curve_chart(
        curves,
        width=width,
        height=height,
        id=id,
        title=_TITLE,
        describe=_words(report, curves),
        text_px=text_px,
        mark=mark,
        paper=paper,
    )


def plot_curve(
    report: Report,
    ax: Axes | None = None,
    *,
    mark: float | None = None,
    roles: Mapping[str, Role] = ROLES,
) -> Axes:
    """Draw the curves with matplotlib, on axes of its own where none are given; return them."""
    from matplotlib.figure import Figure

    if ax is None:
        ax = Figure(figsize=(10, 5.6), layout="constrained").subplots()
    curves = curves_of(report, roles)
    to = max(curve.shares[-1] for curve in curves)
    ax.plot([0, to], [0, to], color=svg.INK_2, linewidth=1)
    for curve, dashes in zip(curves, dashes_of(curves), strict=True):
        ax.plot(curve.shares, curve.rates, **_look(curve.role, dashes))
    known = [rate for curve in curves for rate in curve.rates if not math.isnan(rate)]
    top = min(1.0, 1.05 * max([*known, to]))
    ax.set(xlim=(0, to), ylim=(0, top), xlabel=_AXIS, ylabel="share of the incidents caught")
    ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
    ax.yaxis.set_major_formatter(lambda rate, _: f"{100 * rate:g}%")
    ax.grid(axis="y", color=svg.LINE, linewidth=0.8)
    ax.spines[["top", "right"]].set_visible(False)
    if mark is not None:
        ax.axvline(mark, color=svg.INK_2, linewidth=1, linestyle=(0, (3, 3)))
    _label_ends(ax, curves, to, top)
    return ax


def save_curve(
    report: Report,
    path: Path | str,
    *,
    mark: float | None = None,
    roles: Mapping[str, Role] = ROLES,
) -> Path:
    """Write the curves to a file, .svg or .png by its ending; the same report gives the same bytes.

    Raises
    ------
    UsageError
        If the file's name ends otherwise.
    WorkspaceError
        If it cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() == ".svg":
        drawn = curve_svg(report, mark=mark, roles=roles, paper=True).encode("utf-8")
    elif target.suffix.lower() == ".png":
        drawn = _png(plot_curve(report, mark=mark, roles=roles))
    else:
        raise UsageError(f"A curve's file must end in .svg or .png; got {target.name!r}.")
    try:
        target.write_bytes(drawn)
    except OSError as error:
        raise WorkspaceError(
            f"The curve must be written to {target}; got {error.strerror}: check the folder."
        ) from error
    return target


def _png(ax: Axes) -> bytes:
    out = io.BytesIO()
    figure: Any = ax.figure
    # without the program's version: the same report gives the same bytes
    figure.savefig(out, format="png", dpi=150, metadata={"Software": None})
    return out.getvalue()


def _look(role: Role, dashes: str | None) -> dict[str, Any]:
    colour, thick = {
        "candidate": (svg.INK, 2.6),
        "approved": (svg.QUESTION["concentrated"], 2.2),
        "other": (svg.INK_2, 1.8),
    }[role]
    # matplotlib counts dashes in widths of the line, the drawing in pixels
    pattern = tuple(float(n) / 2.5 for n in dashes.split()) if dashes else None
    return {
        "color": colour,
        "linewidth": thick,
        "linestyle": (0, pattern) if pattern else "solid",
        "zorder": 3 if role != "other" else 2,
    }


def _label_ends(ax: Axes, curves: list[Curve], to: float, top: float) -> None:
    ended = [(tidy(c.label), c.role, c.rates[-1]) for c in curves if not math.isnan(c.rates[-1])]
    ended.append((EVEN, "other", to))
    places = apart([rate for _, _, rate in ended], 0.045 * top, 0.0, top)
    for (label, role, rate), place in zip(ended, places, strict=True):
        look = _look(role, None)
        ax.plot(
            [1.003, 1.02],
            [rate / top, place / top],
            transform=ax.transAxes,
            clip_on=False,
            color=svg.INK_2,
            linewidth=0.6,
        )
        ax.text(
            1.025,
            place / top,
            label,
            transform=ax.transAxes,
            va="center",
            color=look["color"],
            fontweight="bold" if role != "other" else "normal",
            parse_math=False,
        )


def _words(report: Report, curves: list[Curve]) -> str:
    said = [
        f"{curve.label} {100 * curve.rates[-1]:.0f}%"
        for curve in curves
        if not math.isnan(curve.rates[-1])
    ]
    if not said:
        return "No incident was there to be caught."
    at = f"{100 * curves[0].shares[-1]:g}%"
    return f"{report.incidents:,} incidents. In {at} of the area: {', '.join(said)}; {EVEN} {at}."


def _height(rates: tuple[float, ...]) -> float:
    known = [rate for rate in rates if not math.isnan(rate)]
    return sum(known) / len(known) if known else 0.0
