"""Locked classes and what the legends say of them: a colour means the same every week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotspots.drawing.paints import HATCHES, NO_DATA_FILL, SHADES
from hotspots.drawing.svg import WHITE
from hotspots.profile import Profile
from hotspots.web.text import short, whole

NO_FILL = WHITE


@dataclass(frozen=True)
class Swatch:
    """One row of a legend; ``fill`` is an SVG paint: a colour or a hatch."""

    fill: str
    name: str
    says: str = ""


def fills() -> dict[str, object]:
    """Return the paints by layer, weakest class first, as the map's module takes them."""
    classes = list(SHADES)
    tested = {
        question: [hatch.paint for hatch in reversed(kinds.values())]
        for question, kinds in HATCHES.items()
    }
    return {**tested, "classes": classes, "none": NO_FILL, "nodata": NO_DATA_FILL}


def strength_legend(question: str, profile: Profile) -> list[Swatch]:
    """Return the legend of a tested layer, the strongest first."""
    worse = question == "worse"
    rows = [
        Swatch(
            hatch.paint,
            name.capitalize() + (" rise" if worse else ""),
            _chance(limit, i),
        )
        for i, ((name, hatch), limit) in enumerate(
            zip(HATCHES[question].items(), profile.class_limits, strict=True)
        )
    ]
    none = "No different from usual" if worse else "No evidence of a hot spot"
    return [*rows, Swatch(NO_FILL, none)]


def _chance(limit: float, position: int) -> str:
    return f"at most 1 in {whole(1 / limit)}" + (" shaded squares is chance" * (position == 0))


def class_legend(breaks: Sequence[float], below: str) -> list[Swatch]:
    """Return the legend of five classes, the highest first."""
    bounds = list(breaks)
    top = Swatch(SHADES[len(bounds) - 1], f"{short(bounds[-1])} or more")
    rows = [
        Swatch(SHADES[i], f"{short(bounds[i])} to {short(bounds[i + 1])}")
        for i in reversed(range(len(bounds) - 1))
    ]
    return [top, *rows, Swatch(NO_FILL, f"{below} {short(bounds[0])}")]
