"""The judged maps of one category, and the methods they are of."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hotspots.errors import UsageError
from hotspots.validation.backtest import Judged
from hotspots.validation.sums import PERCENTS


@dataclass(frozen=True)
class Entry:
    """A method of a report: see ``MethodKind``."""

    name: str
    label: str
    kind: str
    family: str
    variant: str


@dataclass(frozen=True)
class Series:
    """The origins of one category.

    Attributes
    ----------
    name : str
    starts : tuple of date
        The first day of every period, and the day after the last.
    rows : tuple of Judged
        By origin, then by method as in the report.
    """

    name: str
    starts: tuple[date, ...]
    rows: tuple[Judged, ...]

    @property
    def origins(self) -> tuple[int, ...]:
        """The origins judged, rising."""
        return tuple(sorted({row.origin for row in self.rows}))

    def only(self, methods: Sequence[str], origins: Collection[int] | None) -> Series:
        """Return the rows of some methods, in the order given, and of some origins.

        Raises
        ------
        UsageError
            If none of the origins was judged.
        """
        place = {name: i for i, name in enumerate(methods)}
        kept = set(self.origins if origins is None else origins)
        rows = [row for row in self.rows if row.method in place and row.origin in kept]
        if not rows:
            raise UsageError(
                f"A report must be of origins that were judged ({self.origins[0]} to "
                f"{self.origins[-1]}); got none of them."
            )
        rows.sort(key=lambda row: (row.origin, place[row.method]))
        return replace(self, rows=tuple(rows))

    def plain(self, row: Judged, label: str, horizon: int) -> dict[str, Any]:
        """Return one of its rows as a line of a table: see ``Report.periods``."""
        hot = row.hot_cells >= 0
        return {
            "series": self.name,
            "origin": row.origin,
            "first_day": self.starts[row.origin],
            "last_day": self.starts[row.origin + horizon] - timedelta(days=1),
            "method": row.method,
            "label": label,
            "cells": row.cells,
            "incidents": row.incidents,
            **{f"hits_{p}": hits for p, hits in zip(PERCENTS, row.hits, strict=True)},
            **{f"most_{p}": most for p, most in zip(PERCENTS, row.best, strict=True)},
            "area": row.area / row.incidents if row.incidents else math.nan,
            "hot_cells": row.hot_cells if hot else None,
            "hot_hits": row.hot_hits if hot else math.nan,
            "hot_most": row.hot_best if hot else math.nan,
            "hot_before": row.hot_before if hot else None,
            "before": row.before if hot else None,
        }
