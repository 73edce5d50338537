"""The verdict on a candidate in words: never more than the intervals say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotspots.validation.intervals import Interval

#: Of fewer periods than this it is said that they are few, as by the command.
FEW_PERIODS = 20


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
    same_ranking : bool
        Whether the candidate expects the same next in the same squares as what is approved: what
        it changes is of no account here.
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
    same_ranking: bool = False


def headline(c: Compared) -> str:
    """Return the verdict, such as "Better than approved, no better than counting."."""
    if not c.incidents:
        return "Nothing to score by: no incidents followed."
    if not _is_known(c.against_counting):
        return f"Too few {c.step}s to tell."
    counting = {
        "better": "better than counting",
        "worse": "worse than counting",
    }.get(c.against_counting.verdict(), "no better than counting")
    if c.against_approved is None:
        return f"These settings are in use: {counting}."
    if c.same_ranking:
        return f"The same ranking as {c.in_use}, {counting}."
    approved = {"better": "Better than", "worse": "Worse than"}.get(
        c.against_approved.verdict(), "No clear difference from"
    )
    return f"{approved} {c.in_use}, {counting}."


def detail(c: Compared) -> str:
    """Return the figures behind the verdict, in sentences."""
    if not c.incidents:
        return f"In {c.periods:,} {_steps(c)} there were none in the area."
    who = "these settings" if c.approved is None else "the candidate"
    caught = _share(c.candidate.value)
    said = [f"In {c.percent}% of the area, {who} caught {caught} of the next {c.step}’s {c.what}"]
    if c.approved is not None and c.against_approved is not None:
        said.append(
            f"; {c.approved_name} caught {_share(c.approved.value)} ({_range(c.against_approved)})"
        )
    said.append(
        f". Ranking squares by {c.counting_label} caught "
        f"{_share(c.counting.value)} ({_range(c.against_counting)})."
    )
    if c.same_ranking and c.approved is not None:
        said.append(" The changed settings are of the test: see hot squares in the table.")
    said.append(f" {c.periods:,} {_steps(c)} scored, {c.incidents:,} incidents{_few(c)}.")
    return "".join(said)


def _steps(c: Compared) -> str:
    return c.step if c.periods == 1 else f"{c.step}s"


def _few(c: Compared) -> str:
    if not _is_known(c.against_counting):
        return ": too few to tell which is better"
    return f": few {c.step}s, so the ranges are rough" if c.periods < FEW_PERIODS else ""


def _is_known(difference: Interval) -> bool:
    return math.isfinite(difference.low) and math.isfinite(difference.high)


def _range(difference: Interval) -> str:
    said = f"difference {_points(difference.value)} points"
    if not _is_known(difference):
        return f"{said}, too few to say how sure"
    return f"{said}, 95% range {_points(difference.low)} to {_points(difference.high)}"


def _points(value: float) -> str:
    rounded = round(100 * value, 1)
    if rounded == 0:
        return "0.0"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):.1f}"


def _share(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "an unknown share"
