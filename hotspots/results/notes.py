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
        notes.append(
            f"Moved points: these incidents sit on {totals['snapped_points']:,} shared map points; "
            "read areas, not addresses."
        )
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
        notes.append("First period: there is nothing before it to compare with.")
    if not totals["complete"]:
        known = date.fromisoformat(totals["data_to"])
        notes.append(
            f"The period is not complete: {kind.label} is known to {words.day(known)} only."
        )
    if border := totals["border"]:
        lies = "lies" if border == 1 else "lie"
        notes.append(
            f"{words.incidents(border)} of {count:,} {lies} in squares whose centre is outside "
            "the area: counted in the wards, not on the maps."
        )
    return tuple(notes)


def _few(count: int, totals: Mapping[str, Any], period: Period, profile: Profile) -> str:
    said = f"{words.incidents(count)} in this period: few to map."
    usual = totals["usual"]
    spans = int(np.ceil(profile.few_incidents / usual)) if usual else 0
    if spans < 2:
        return said
    length = {"week": "weeks", "month": "months", "year": "years"}.get(period.kind, "such periods")
    return f"{said} About {spans} {length} would hold {profile.few_incidents}."
