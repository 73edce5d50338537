"""Locked classes of a ward map: a colour means the same every week."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from hotspots.taxonomy import Category

#: Classes are of so many days, whatever the period.
DAYS = 30.0
#: Where residents are not known, an average ward falls in the middle classes at this share.
_COUNT_SHARE = 0.8


@dataclass(frozen=True)
class WardScale:
    """Class bounds of the ward map, by residents where these are known."""

    by_rate: bool
    breaks: tuple[float, ...]

    def level(self, value: float) -> int:
        """Return 0 below the lowest bound, 1 to 5 above."""
        return bisect_right(self.breaks, value + 1e-9)


def ward_scale(category: Category, residents_known: bool) -> WardScale:
    """Return the locked classes of a category's ward map, for 30 days."""
    if residents_known:
        return WardScale(True, category.rate_breaks(DAYS))
    lowest = max(1, round(category.density[0] * _COUNT_SHARE))
    return WardScale(False, tuple(float(lowest * 2**i) for i in range(len(category.density))))
