"""What a tier that withholds small counts is told of one place.

Counts from 1 to below k are withheld. What is told instead is made of the counts that are shown,
so that it tells no more than they do: an average takes a withheld count as the middle of what it
may be, shares are rounded and only where no part of them is small.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import PeakTimes
from hotspots.meeting.contents import Count
from hotspots.meeting.meeting import Card
from hotspots.meeting.rhythm import Rhythm, day_words, hour_words
from hotspots.meeting.trend import Trend

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


def is_small(count: int | None, below: int) -> bool:
    """Return whether a count is withheld: from 1 to below ``below``."""
    return count is not None and 1 <= count < below


def stand_in(count: int, below: int) -> float:
    """Return what stands for a withheld count: the middle of the small ones, or it rounded."""
    return below / 2 if is_small(count, below) else float(rounded(count, below))


def rounded(count: int, below: int) -> int:
    """Return a count to the nearest multiple of ``below``, which leaves that many it may be."""
    return below * int(count / below + 0.5)


def withheld(
    lines: Sequence[tuple[NDArray[np.intp], Sequence[int | None]]], below: int
) -> list[tuple[bool, ...]]:
    """Return which counts of which places are withheld.

    Beside the small ones these are the counts of a block that lies within another one, where the
    two differ by a small count: their difference would tell it.

    Parameters
    ----------
    lines : sequence of (cells, counts)
        The cells of each block, and its count in each period, the same periods for all.
    below : int
        0 withholds nothing.
    """
    flags = [[is_small(count, below) for count in counts] for _, counts in lines]
    cells = [frozenset(one.tolist()) for one, _ in lines]
    for i, (_, inner) in enumerate(lines):
        for j, (_, outer) in enumerate(lines):
            if cells[i] < cells[j]:
                _hold_back(flags[i], inner, outer, below)
    return [tuple(line) for line in flags]


def _hold_back(
    flags: list[bool], inner: Sequence[int | None], outer: Sequence[int | None], below: int
) -> None:
    for at, (less, more) in enumerate(zip(inner, outer, strict=True)):
        if less is not None and more is not None and is_small(more - less, below):
            flags[at] = True


def withheld_of(cards: Sequence[Card], below: int) -> dict[tuple[str, str], tuple[bool, ...]]:
    """Return by question and marker which periods of a card's line are withheld.

    The last one is too where the outline, whose own count goes out with the hot spots, holds a
    small count more than the block.
    """
    found = withheld([(card.block.cells, card.trend.counts) for card in cards], below)
    flags = [_with_outline(card, line, below) for card, line in zip(cards, found, strict=True)]
    blocks = [card.block.cells.tobytes() for card in cards]
    return {
        (str(card.place.question), str(card.place.marker)): _of_one_block(blocks[i], blocks, flags)
        for i, card in enumerate(cards)
    }


def _with_outline(card: Card, flags: tuple[bool, ...], below: int) -> tuple[bool, ...]:
    more = int(card.place.incidents) - int(card.place.peak_incidents)
    return (*flags[:-1], True) if flags and is_small(abs(more), below) else flags


def _of_one_block(
    block: bytes, blocks: Sequence[bytes], flags: Sequence[tuple[bool, ...]]
) -> tuple[bool, ...]:
    """Return what is withheld of a block by any of its places: it has one count a period."""
    same = [line for other, line in zip(blocks, flags, strict=True) if other == block]
    return tuple(any(of_period) for of_period in zip(*same, strict=True))


# -- the line of the last year --------------------------------------------------------------------


def line_for(trend: Trend, small: Sequence[bool], below: int) -> Trend:
    """Return a line whose average and direction are made of the shown counts only.

    Where a count before the last is withheld no direction is told, and the average takes it as
    what stands for it (``stand_in``); there is none where most are small. The last count stays as
    it is: do not show it where it is withheld.
    """
    if not any(small[:-1]):
        return trend
    hidden = _few(trend, below)
    known = [
        stand_in(count, below) if held else float(count)
        for count, held in zip(trend.counts[:-1], small[:-1], strict=True)
        if count is not None
    ]
    usual = None if 2 * hidden > len(known) else sum(known) / len(known)
    return dataclasses.replace(trend, usual=usual, direction=None)


def line_words(trend: Trend, small: Sequence[bool], below: int, unit: str) -> str:
    """Return the line of ``line_for`` as a sentence, with no withheld count in it.

    ``unit`` is what a bar is of: "week".
    """
    said = trend.describe
    if not said or not any(small):
        return said
    now, _, before = said.partition("; ")
    if small[-1]:
        _, _, when = now.partition(" ")
        now = f"{_fewer(trend.counts[-1], below)} {when}"
    hidden, known = _few(trend, below), sum(count is not None for count in trend.counts[:-1])
    if 2 * hidden > known:
        before = f"withheld in {hidden:,} of the {known:,} {unit}s before that are known."
        if known == 1:
            before = f"withheld in the one {unit} before that is known."
    return f"{now}; {before}"


def _few(trend: Trend, below: int) -> int:
    return sum(is_small(count, below) for count in trend.counts[:-1])


def _fewer(count: int | None, below: int) -> str:
    if count is None or is_small(count, below):
        return f"Fewer than {below}"
    return f"About {rounded(count, below):,}"


def bars_note(trend: Trend, small: Sequence[bool], below: int) -> str:
    """Return how to read bars in outline; "" where there are none."""
    if not any(small):
        return ""
    held = any(
        hidden and not is_small(count, below)
        for count, hidden in zip(trend.counts, small, strict=True)
    )
    said = f"Bars in outline: fewer than {below}"
    if held:
        said += f", or rounded to {below} so that no such count can be worked out"
    if line_for(trend, small, below).usual is not None and any(small[:-1]):
        said += f"; the average takes fewer as {below / 2:g}"
    return said + "."


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
