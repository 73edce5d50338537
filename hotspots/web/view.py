"""A result as the map and the page show it; pure, so that it can be tested without a server."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots import degrees
from hotspots.drawing.paints import NO_DATA_FILL
from hotspots.meeting.meeting import spot_id
from hotspots.model import Wards
from hotspots.profile import CLASSES, Profile
from hotspots.results import Result
from hotspots.results.ward_scale import DAYS, WardScale, ward_scale
from hotspots.results.words import evidence
from hotspots.taxonomy import Category
from hotspots.web import dots, scales, sentences
from hotspots.web.basemap import outlines
from hotspots.web.choices import LAYERS
from hotspots.web.facts import LEVELS, NOT_KNOWN, about, is_missing, missing_sentence, place_title
from hotspots.web.text import NO_DATA, decimal, tidy, whole

#: Bands are contoured at 100 m; closer than this their edge holds no information, metres.
_BAND_SIMPLIFY_M = 4.0


class View:
    """One result, ready to be written into a page.

    Attributes
    ----------
    headline : str
    places : dict of str to list of dict
        The ranked places of each question.
    empty : dict of str to list of str
        What each list says when it holds none.
    legends : dict of str to dict
        Title, rows and note of each layer.
    dots : str
        What the legend says of the dots.
    notes, about : list of str
        What to know about the data; where the numbers come from.
    data : dict
        What the map's module draws: JSON values only, in the map's coordinates.
    """

    def __init__(self, result: Result, wards: Wards, category: Category) -> None:
        profile = Profile(**result.provenance["profile"])
        scale = ward_scale(category, _residents_known(result))
        missing = is_missing(result)
        say = missing_sentence if missing else sentences.headline
        self.headline = say(result, category)
        self.places = _places(result)
        self.empty = {
            q: list(NOT_KNOWN) if missing else sentences.empty(q, result)
            for q in ("concentrated", "worse")
        }
        self.legends = _legends(result, category, profile, scale)
        self.dots = dots.note(result.totals)
        self.notes = [tidy(note) for note in result.notes]
        self.about = about(result)
        self.data = _data(result, wards, category, scale)


@lru_cache(maxsize=64)
def view_of(result: Result, wards: Wards, category: Category) -> View:
    """Return the view of a result, made once; results are kept in memory by their source."""
    return View(result, wards, category)


# -- what the map draws ---------------------------------------------------------------------------


def _data(result: Result, wards: Wards, category: Category, scale: WardScale) -> dict[str, Any]:
    drawn = outlines(wards)
    crs = wards.crs
    return {
        "fills": scales.fills(),
        "bounds": drawn.bounds,
        "boroughs": drawn.boroughs,
        "layers": {layer.code: layer.question for layer in LAYERS},
        "cells": {q: _cells(result, q, crs) for q in ("concentrated", "worse")},
        "density": _density(result, category, crs),
        "wards": _ward_shades(result, wards, scale, drawn.labels),
        "places": _outlines(result, crs),
        "moved": bool(result.totals["moved"]),
    }


def _cells(result: Result, question: str, crs: str) -> list[list[Any]]:
    """Return [class, corners] of the shaded cells only."""
    shaded = result.cells[result.cells[question].isin(LEVELS)]
    return [
        [LEVELS[name], degrees.rings(shape, crs)[0][0]]
        for name, shape in zip(shaded[question], shaded.geometry, strict=True)
    ]


def _density(result: Result, category: Category, crs: str) -> list[list[Any]]:
    """Return [class, polygons] of each band; class 1 is the lowest."""
    bands = result.density
    lowest = {lower: i + 1 for i, lower in enumerate(category.density)}
    return [
        [lowest[lower], degrees.rings(shapely.simplify(shape, _BAND_SIMPLIFY_M), crs)]
        for lower, shape in zip(bands["lower"], bands.geometry, strict=True)
    ]


def _ward_shades(
    result: Result, wards: Wards, scale: WardScale, labels: list[degrees.LatLng]
) -> list[dict[str, Any]]:
    """Return name, place of the name, count and class of each ward, in the wards' order."""
    table = result.wards.set_index("ward_code")
    per_30_days = DAYS / result.period.days
    rows = []
    for code, name, at in zip(
        wards.frame["ward_code"], wards.frame["ward_name"], labels, strict=True
    ):
        value = table.loc[code, "rate_per_1000" if scale.by_rate else "incidents"]
        level = None if pd.isna(value) else scale.level(float(value) * per_30_days)
        count = int(table.loc[code, "incidents"])
        rows.append({"name": tidy(name), "at": at, "incidents": count, "level": level})
    return rows


def _outlines(result: Result, crs: str) -> list[dict[str, Any]]:
    spots = result.places
    peaks = degrees.lat_lng(spots[["peak_x", "peak_y"]].to_numpy(dtype=np.float64), crs)
    return [
        {
            "question": row.question,
            "marker": row.marker,
            "hot": bool(row.hot),
            "name": place_title(row),
            "at": at,
            # a run of cells' corners on one edge is one line
            "outline": degrees.rings(shapely.simplify(row.geometry, 0), crs),
        }
        for row, at in zip(spots.itertuples(), peaks, strict=True)
    ]


# -- what the page says ---------------------------------------------------------------------------


def _places(result: Result) -> dict[str, list[dict[str, Any]]]:
    district = dict(zip(result.wards["ward_code"], result.wards["district_name"], strict=True))
    squares = int(result.totals["cells"])
    found: dict[str, list[dict[str, Any]]] = {"concentrated": [], "worse": []}
    for row in result.places.itertuples():
        count, _, rest = str(row.claim).partition(" ")
        question = str(row.question)
        found[question].append(
            {
                "id": spot_id(result.category, question, (float(row.peak_x), float(row.peak_y))),
                "marker": str(row.marker),
                "hot": bool(row.hot),
                "name": place_title(row),
                "borough": tidy(district.get(row.ward_code)),
                "count": count,
                "claim": rest,
                "strength": evidence(str(row.strength), float(row.p_value), squares),
                "whole": f"{whole(row.incidents)} in the outline, {decimal(row.area_km2)}\u00a0km²",
            }
        )
    return found


def _legends(
    result: Result, category: Category, profile: Profile, scale: WardScale
) -> dict[str, dict[str, Any]]:
    unit = "Incidents per 1,000 residents" if scale.by_rate else "Incidents"
    ward_rows = scales.class_legend(scale.breaks, "Fewer than")
    if scale.by_rate and result.wards["rate_per_1000"].isna().any():
        ward_rows.append(scales.Swatch(NO_DATA_FILL, NO_DATA, "residents not known"))
    return {
        "concentrated": {
            "unit": "More than elsewhere in the area",
            "rows": scales.strength_legend("concentrated", profile),
            "note": _squares(result, "concentrated", profile),
        },
        "worse": {
            "unit": "More than usual at the place",
            "rows": scales.strength_legend("worse", profile),
            "note": _squares(result, "worse", profile),
        },
        "density": {
            "unit": "Incidents a km² in 30 days",
            "rows": _density_rows(result, category),
            "note": f"Smoothed over {whole(profile.bandwidth_m)} m.",
        },
        "wards": {
            "unit": f"{unit} in 30 days",
            "rows": ward_rows,
            "note": f"A ward's {'rate' if scale.by_rate else 'count'} is brought to 30 days.",
        },
    }


def _squares(result: Result, question: str, profile: Profile) -> str:
    """Say in words what the shading shows: how many squares of each class."""
    size = f"Squares are {whole(profile.cell_size_m)} m"
    counts = result.cells[question].value_counts()
    shown = [f"{whole(counts[name])} {name}" for name in CLASSES if counts.get(name, 0)]
    return f"{size}: {', '.join(shown) or 'none shaded'} of {len(result.cells):,}."


def _density_rows(result: Result, category: Category) -> list[scales.Swatch]:
    """Return the density's classes, each with the area that it has on the map."""
    km2 = dict(zip(result.density["lower"], result.density.area / 1e6, strict=True))
    *classes, least = scales.class_legend(category.density, "Fewer than")
    highest_first = reversed(category.density)
    said = [
        replace(row, says=f"{decimal(km2.get(lower, 0.0))}\u00a0km²")
        for row, lower in zip(classes, highest_first, strict=True)
    ]
    return [*said, least]


def _residents_known(result: Result) -> bool:
    return bool(result.wards["rate_per_1000"].notna().mean() >= 0.5)
