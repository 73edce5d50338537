"""The verdict on a candidate in words: never more than the intervals say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotspots.validation.intervals import Interval

#: Fewer periods than this judge nothing that a meeting should act on.
FEW_PERIODS = 6


@dataclass(frozen=True)
class Compared:
    """What a candidate caught of what followed, and what others did.

    Attributes
    ----------
    percent : str
        Share of the area marked, in per cent.
    step : {"week", "month"}
    what : str
        The category, as within a sentence.
    approved_name : str
        Such as "approved version 3".
    in_use : str
        The same in a headline: "approved", or "what is in use" where none is.
    candidate, approved, counting : Interval
        Hit rates; ``approved`` is None where the candidate is what is approved.
    against_approved, against_counting : Interval
        The candidate's less theirs, paired by period.
    counting_label : str
        The better of the two ways to count, such as "counts of all history".
    periods, incidents : int
        Judged.
    """

    percent: str
    step: str
    what: str
    approved_name: str
    in_use: str
    candidate: Interval
    approved: Interval | None
    against_approved: Interval | None
    counting: Interval
    counting_label: str
    against_counting: Interval
    periods: int
    incidents: int


def headline(c: Compared) -> str:
    """Return the verdict, such as "Better than approved, no better than counting."."""
    if not c.incidents:
        return "Nothing to score by: no incidents followed."
    counting = {
        "better": "better than counting",
        "worse": "worse than counting",
    }.get(c.against_counting.verdict(), "no better than counting")
    if c.against_approved is None:
        return f"These settings are in use: {counting}."
    approved = {"better": "Better than", "worse": "Worse than"}.get(
        c.against_approved.verdict(), "No clear difference from"
    )
    return f"{approved} {c.in_use}, {counting}."


def detail(c: Compared) -> str:
    """Return the figures behind the verdict, in sentences."""
    if not c.incidents:
        return f"In {c.periods:,} {_steps(c)} there were none in the area."
    said = [f"In {c.percent}% of the area, the candidate caught {_share(c.candidate.value)} of the "
            f"next {c.step}’s {c.what}"]  # fmt: skip
    if c.approved is not None and c.against_approved is not None:
        said.append(
            f"; {c.approved_name} caught {_share(c.approved.value)} ({_range(c.against_approved)})"
        )
    said.append(
        f". Ranking squares by {c.counting_label} caught "
        f"{_share(c.counting.value)} ({_range(c.against_counting)})."
    )
    few = ": too few to be sure" if c.periods < FEW_PERIODS else ""
    said.append(f" {c.periods:,} {_steps(c)} scored, {c.incidents:,} incidents{few}.")
    return "".join(said)


def _steps(c: Compared) -> str:
    return c.step if c.periods == 1 else f"{c.step}s"


def _range(difference: Interval) -> str:
    said = f"difference {_points(difference.value)} points"
    if not (math.isfinite(difference.low) and math.isfinite(difference.high)):
        return f"{said}, too few to say how sure"
    return f"{said}, 95% range {_points(difference.low)} to {_points(difference.high)}"


def _points(value: float) -> str:
    rounded = round(100 * value, 1)
    if rounded == 0:
        return "0.0"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):.1f}"


def _share(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "an unknown share"
