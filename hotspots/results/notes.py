"""What a reader of a result must know, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from hotspots.model import Period
from hotspots.profile import Profile
from hotspots.results import words
from hotspots.taxonomy import Category


def make_notes(
    totals: Mapping[str, Any],
    period: Period,
    kind: Category,
    profile: Profile,
) -> tuple[str, ...]:
    """Return the notes of a result from its totals; none where there is nothing to say."""
    count = int(totals["incidents"])
    notes = []
    if totals["moved"]:
        shared = totals["snapped_points"]
        where = f"sit on {shared:,} shared map points" if shared > 1 else "were moved to map points"
        notes.append(f"Moved points: these incidents {where}; read areas, not addresses.")
    if count < profile.few_incidents:
        notes.append(_few(count, totals, period, profile))
    if not count and totals["outside"]:
        notes.append(
            f"All {totals['outside']:,} incidents of this period lie outside the wards: if that "
            "is not so, check the wards and the CRS."
        )
    if not count and (totals["usual"] or 0) >= profile.few_incidents:
        notes.append(
            f"None is recorded, where {words.about(totals['usual'])} are usual: the data may be "
            "missing, so read no fall from it."
        )
    if not totals["history_periods"]:
        notes.append("There is no complete earlier period to compare with.")
    if not totals["complete"]:
        notes.append(_incomplete(totals, period, kind))
    if floor := _floor(totals, profile):
        notes.append(floor)
    if border := totals["border"]:
        lies = "lies" if border == 1 else "lie"
        notes.append(
            f"{words.incidents(border)} of {count:,} {lies} in squares whose centre is outside "
            "the area: counted in the wards, not on the maps."
        )
    return tuple(notes)


def _incomplete(totals: Mapping[str, Any], period: Period, kind: Category) -> str:
    first, last = (date.fromisoformat(totals[name]) for name in ("data_from", "data_to"))
    late = (first - period.start).days > (period.end - last).days
    known = f"from {words.day(first)}" if late else f"to {words.day(last)}"
    return f"The period is not complete: {kind.label} is known {known} only."


def _floor(totals: Mapping[str, Any], profile: Profile) -> str | None:
    """Say when permutations are too few for any single square to be listed."""
    least = int(np.ceil(totals["cells"] / profile.alpha)) - 1
    if profile.null != "permutation" or profile.permutations >= least:
        return None
    return (
        f"With {profile.permutations:,} permutations no square can be listed by itself: that takes "
        f"{least:,}, or the exact test (randomization)."
    )


def _few(count: int, totals: Mapping[str, Any], period: Period, profile: Profile) -> str:
    said = f"{words.incidents(count)} in this period: few to map."
    usual = totals["usual"]
    spans = int(np.ceil(profile.few_incidents / usual)) if usual else 0
    if spans < 2:
        return said
    length = {"week": "weeks", "month": "months", "year": "years"}.get(period.kind, "such periods")
    return f"{said} About {spans} {length} would hold {profile.few_incidents}."
