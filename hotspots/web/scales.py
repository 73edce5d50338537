"""Locked classes and what the legends say of them: a colour means the same every week."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from hotspots.drawing.paints import HATCHES, NO_DATA_FILL, SHADES
from hotspots.drawing.svg import WHITE
from hotspots.profile import Profile
from hotspots.taxonomy import Category
from hotspots.web.text import short, whole

NO_FILL = WHITE
#: Where residents are not known, an average ward falls in the middle classes at this share.
_COUNT_SHARE = 0.8
DAYS = 30.0


@dataclass(frozen=True)
class Swatch:
    """One row of a legend; ``fill`` is an SVG paint: a colour or a hatch."""

    fill: str
    name: str
    says: str = ""


@dataclass(frozen=True)
class WardScale:
    """Class bounds of the ward map, by residents where these are known."""

    by_rate: bool
    breaks: tuple[float, ...]

    def level(self, value: float) -> int:
        """Return 0 below the lowest bound, 1 to 5 above."""
        return bisect_right(self.breaks, value + 1e-9)


def fills() -> dict[str, object]:
    """Return the paints by layer, weakest class first, as the map's module takes them."""
    classes = list(SHADES)
    tested = {
        question: [hatch.paint for hatch in reversed(kinds.values())]
        for question, kinds in HATCHES.items()
    }
    return {**tested, "classes": classes, "none": NO_FILL, "nodata": NO_DATA_FILL}


def ward_scale(category: Category, residents_known: bool) -> WardScale:
    """Return the locked classes of a category's ward map, for 30 days."""
    if residents_known:
        return WardScale(True, category.rate_breaks(DAYS))
    lowest = max(1, round(category.density[0] * _COUNT_SHARE))
    return WardScale(False, tuple(float(lowest * 2**i) for i in range(len(category.density))))


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
