"""The map beside a table of wards: their rates in locked classes, and the hot spots by number."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from hotspots.drawing import Mark, Shade, draw_map
from hotspots.drawing.paints import NO_DATA_FILL, SHADES
from hotspots.model import Wards
from hotspots.results import Result
from hotspots.results.ward_scale import DAYS, ward_scale
from hotspots.taxonomy import Category
from hotspots.web import scales
from hotspots.web.text import NO_DATA


class WardMap:
    """The wards of a result, shaded.

    Parameters
    ----------
    missing : bool
        Whether nothing is known of the period: then no ward has a class.

    Attributes
    ----------
    unit : str
        What the classes count.
    legend : list of Swatch
    """

    def __init__(self, result: Result, wards: Wards, category: Category, missing: bool) -> None:
        self._result, self._wards, self._missing = result, wards, missing
        self._scale = ward_scale(category, _residents_known(result))
        self.unit, self.legend = self._legend()

    def draw(
        self,
        width: int,
        height: int,
        *,
        title: str,
        describe: str,
        names_first: Sequence[str],
        id: str = "wards",  # noqa: A002
    ) -> Markup:
        """Draw the map; ``names_first`` are codes of wards whose names are written first."""
        result, wards = self._result, self._wards
        by_rate = self._scale.by_rate
        shown = result.wards.set_index("ward_code")["rate_per_1000" if by_rate else "incidents"]
        fills = [self._fill(value) for value in shown.loc[wards.frame["ward_code"]]]
        spots = result.hotspots[result.hotspots["question"] == "concentrated"]
        return draw_map(
            wards,
            width=width,
            height=height,
            title=title,
            describe=describe,
            shades=[
                Shade(shape, fill) for shape, fill in zip(wards.frame.geometry, fills, strict=True)
            ],
            marks=[
                Mark(str(s.marker), "concentrated", s.geometry, (s.peak_x, s.peak_y))
                for s in spots.itertuples()
            ],
            ward_labels="all",
            label_order=list(names_first),
            id=id,
        )

    def _legend(self) -> tuple[str, list[scales.Swatch]]:
        scale, result = self._scale, self._result
        rows = scales.class_legend(scale.breaks, "Fewer than")
        if self._missing:
            return "", [scales.Swatch(NO_DATA_FILL, NO_DATA)]
        if scale.by_rate and result.wards["rate_per_1000"].isna().any():
            rows.append(scales.Swatch(NO_DATA_FILL, NO_DATA, "residents not known"))
        unit = "Incidents per 1,000 residents" if scale.by_rate else "Incidents"
        return f"{unit} in 30 days", rows

    def _fill(self, value: float) -> str:
        if self._missing or pd.isna(value):
            return NO_DATA_FILL
        level = self._scale.level(float(value) * DAYS / self._result.period.days)
        return SHADES[level - 1] if level else scales.NO_FILL


def _residents_known(result: Result) -> bool:
    return bool(result.wards["rate_per_1000"].notna().mean() >= 0.5)
