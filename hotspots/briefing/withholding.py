"""What a tier that withholds small counts is told of one place.

Counts from 1 to below k are withheld, and every other is rounded to a multiple of k. What is told
beside them is made of the counts so shown, and tells no more than they do; shares are rounded, and
only told where no part of them is small.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import PeakTimes
from hotspots.meeting.contents import Count
from hotspots.meeting.rhythm import Rhythm, day_words, hour_words
from hotspots.meeting.trend import Trend
from hotspots.results import words
from hotspots.sharing.rounding import few, is_small, rounded, told, told_usual

#: Shares are told in steps of so many per cent where small counts are withheld.
STEP = 5
#: Hours of the week are told in bands of so many hours.
BAND_HOURS = 4
#: From how many times an even share on a band is shaded, each a class.
BAND_CLASSES = (1.0, 2.0, 3.0)
_BANDS = 7 * 24 // BAND_HOURS
#: The peak of the week is told from so many times k incidents with known hours.
_LEAST = 4
OTHER = "Other kinds"


# -- the line of the last year --------------------------------------------------------------------


def stand_in(count: int, below: int) -> float:
    """Return what an average takes for a count: the middle of the small ones, or it rounded."""
    return below / 2 if is_small(count, below) else float(rounded(count, below))


def usual_of(trend: Trend, below: int) -> float | None:
    """Return the average before the last period, of the counts as they are shown.

    None where no earlier period is known; not rounded, so round what is told of it.
    """
    known = [stand_in(count, below) for count in trend.counts[:-1] if count is not None]
    return sum(known) / len(known) if known else None


def line_words(trend: Trend, below: int) -> str:
    """Return a line as a sentence, rounded; no direction is told, which is a test of the counts."""
    if not below or not trend.counts:
        return trend.describe
    usual = usual_of(trend, below)
    plain = dataclasses.replace(trend, usual=usual, direction=None).describe
    now, _, before = plain.partition("; ")
    last = trend.counts[-1]
    if last is not None:
        shown = told(last, below)
        now = f"{shown[:1].upper()}{shown[1:]}{now.removeprefix(f'{last:,}')}"
    if usual:
        one = sum(count is not None for count in trend.counts[:-1]) == 1
        figure = f"{usual:,.0f}" if one else words.about(usual)
        before = told_usual(usual, below) + before.removeprefix(figure)
    return f"{now}; {before}"


def bars_note(trend: Trend, below: int) -> str:
    """Return how to read bars in outline; "" where there are none."""
    if not any(is_small(count, below) for count in trend.counts):
        return ""
    return f"Bars in outline: {few(below)}."


# -- shares ---------------------------------------------------------------------------------------


def about_share(share: float) -> str:
    """Return a share (0 to 1) in steps: "about 65%", "below 5%", "almost all"."""
    steps = round(100 * share / STEP) * STEP
    if steps == 100:
        return "almost all"
    return f"about {steps}%" if steps else f"below {STEP}%"


def folded(counts: Sequence[Count], below: int) -> tuple[Count, ...]:
    """Return the kinds with at least ``below`` incidents, the others as one: 0, or as many.

    Where the others would be fewer, the least of the listed kinds goes to them too. Empty where
    that leaves no kind by itself.
    """
    total = sum(one.count for one in counts)
    listed = sorted((one for one in counts if one.count >= below), key=lambda one: -one.count)
    rest = total - sum(one.count for one in listed)
    while listed and 0 < rest < below:
        rest += listed.pop().count
    if not listed:
        return ()
    others = (Count(OTHER, rest, rest / total),) if rest else ()
    return (*listed, *others)


# -- the week -------------------------------------------------------------------------------------


def week_words(found: Rhythm, below: int) -> str:
    """Return the peak of the week without its counts."""
    peak = found.peak
    if found.known < _LEAST * below:
        return "Too few incidents with known times to name days and hours."
    if peak is None:
        return "No clear peak in days or hours."
    inside = peak.share * found.known
    if inside < below or 0 < found.known - inside < below:
        return f"Peak {_when(peak)}."
    return (
        f"Peak {_when(peak)}: {about_share(peak.share)} of the incidents with known times, in "
        f"{100 * peak.even_share:.0f}% of the week."
    )


def _when(peak: PeakTimes) -> str:
    return f"{day_words(peak.days)}, {hour_words(peak.from_hour, peak.to_hour)}"


def week_bands(found: Rhythm, below: int) -> NDArray[np.int64] | None:
    """Return the class of each band of hours, shape (7, 6); None where it would tell too much.

    Class 0 is below an even share of the week, and then as ``BAND_CLASSES``. Only where an even
    share is at least ``below`` incidents: then no class tells a small count from none.
    """
    even = float(found.weights.sum()) / _BANDS
    if even < max(below, 1):
        return None
    bands = found.weights.reshape(7, 24 // BAND_HOURS, BAND_HOURS).sum(axis=2)
    classes: NDArray[np.int64] = np.searchsorted(BAND_CLASSES, bands / even, side="right")
    return classes
