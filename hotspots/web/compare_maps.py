"""The two maps of a comparison, in the same classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from hotspots.meeting.maps import Question
from hotspots.model import Incidents, Wards
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.results.density import density_bands
from hotspots.selection import of_category
from hotspots.taxonomy import Category
from hotspots.web.basemap import outlines
from hotspots.web.compare_words import Half
from hotspots.web.view import View, view_of


def drawn_views(first: Half, second: Half, incidents: Incidents) -> tuple[View | None, View | None]:
    """Return the map's view of each side, both in the first's classes; None without data.

    Parameters
    ----------
    incidents : Incidents
        Of the second's category.
    """
    scale, result = first.category, second.side.result
    if result is not None and scale.density != second.category.density:
        result = in_classes_of(result, incidents, second.wards, second.category, scale)
    known = first.side.result
    return (
        None if known is None else view_of(known, first.wards, scale),
        None if result is None else view_of(result, second.wards, scale),
    )


@lru_cache(maxsize=16)
def in_classes_of(
    result: Result, incidents: Incidents, wards: Wards, own: Category, scale: Category
) -> Result:
    """Return a result whose density map is in the classes of another category."""
    frame = incidents.frame[of_category(incidents.frame, own)]
    start, end = (np.datetime64(day) for day in (result.period.start, result.period.end))
    now = frame[((frame["starts_at"] >= start) & (frame["starts_at"] < end)).to_numpy()]
    profile = Profile(**result.provenance["profile"])
    xy = now[["x", "y"]].to_numpy(dtype=np.float64)
    bands = density_bands(xy, wards, profile, scale.density, result.period.days)
    return replace(result, density=bands)


def map_data(half: Half, view: View | None, question: Question) -> dict[str, Any]:
    """Return what one map draws; of a side without data the boundaries alone."""
    if view is None:
        drawn = outlines(half.wards)
        nothing: Mapping[str, Any] = {"bounds": drawn.bounds, "boroughs": drawn.boroughs}
        return {**nothing, "shaded": False, "places": []}
    places = [
        place
        for place in view.data["places"]
        if place["question"] == question and place.get("hot", True)
    ]
    return {**view.data, "shaded": True, "places": places}
