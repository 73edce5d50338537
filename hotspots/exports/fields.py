"""What the columns of a result's tables are called and mean: for sheets, notes and field lists."""

from __future__ import annotations

import pandas as pd

from hotspots.sheets import Column, Kind

_ADJUSTED = "By chance alone; allows for all squares or wards looked at."
_ALONE = "One place alone, by chance."
_PEAK = "Centre of the block that the claim is about."

#: name: (label, kind, decimals, note)
_KNOWN: dict[str, tuple[str, Kind, int, str]] = {
    "question": ("Question", "text", 0, '"concentrated": where is it; "worse": than usual.'),
    "rank": ("Rank", "count", 0, "Equal numbers share a rank."),
    "marker": ("Marker", "text", 0, "Numbers: concentrated; letters: worse than usual."),
    "name": ("Place", "text", 0, ""),
    "ward_code": ("Ward code", "text", 0, ""),
    "ward_name": ("Ward", "text", 0, ""),
    "district_code": ("District code", "text", 0, ""),
    "district_name": ("District", "text", 0, ""),
    "vintage": ("Boundaries of", "text", 0, "The year of the ward boundaries."),
    "period": ("Period", "text", 0, ""),
    "location": ("Commonest location", "text", 0, "As the data name it; may be a moved point."),
    "incidents": ("Incidents", "count", 0, "In the period."),
    "expected": ("Expected", "number", 1, "Incidents in the outline by the test's comparison."),
    "incidents_shown": ("Incidents, as shown", "text", 0, "Rounded, or in words."),
    "expected_shown": ("Expected, as shown", "text", 0, "Rounded, or in words."),
    "withheld": ("Withheld", "text", 0, "Whether the count may not be told to this tier."),
    "excess": ("Above expected", "number", 1, "Incidents less those expected."),
    "cells": ("Squares", "count", 0, "Grid squares in the outline."),
    "area_km2": ("Area, km²", "number", 2, ""),
    "peak_x": ("Peak easting, m", "number", 0, _PEAK),
    "peak_y": ("Peak northing, m", "number", 0, _PEAK),
    "peak_incidents": ("Incidents at the peak", "count", 0, "In the block round the peak."),
    "peak_expected": ("Expected at the peak", "number", 1, "In the block round the peak."),
    "p_value": ("p at the peak", "p", 0, _ALONE),
    "p_adjusted": ("Adjusted p", "p", 0, _ADJUSTED),
    "strength": ("Strength", "text", 0, "Class of the adjusted p."),
    "claim": ("What is claimed", "text", 0, ""),
    "chance": ("Chance", "text", 0, ""),
    "expected_next": ("Expected next", "number", 1, "Incidents in the next period as long."),
    "hot": ("Hot spot", "text", 0, ""),
    "share": ("Share of all incidents", "percent", 1, "Of the wards' incidents in the period."),
    "population": ("Residents", "count", 0, ""),
    "rate_per_1000": ("Rate per 1,000 residents", "rate", 1, "In the period, not a year."),
    "gi_star_z": ("Gi* z", "number", 2, "Getis and Ord's statistic, standardised."),
    "gi_star_p": ("Gi* p", "p", 0, _ALONE),
    "gi_star_p_adjusted": ("Gi* adjusted p", "p", 0, _ADJUSTED),
    "neighbours": ("Neighbours", "count", 0, "Squares or wards looked at together."),
    "cell_id": ("Square", "text", 0, "Easting and northing of its south-west corner, m."),
    "local_incidents": ("Incidents in the block", "count", 0, "The square and its neighbours."),
    "local_expected": ("Expected in the block", "number", 1, "If spread evenly."),
    "concentrated": ("Concentrated", "text", 0, "Class of the Gi* adjusted p."),
    "usual": ("Usual in the block", "number", 1, "By the months before."),
    "change_p": ("Rise p", "p", 0, _ALONE),
    "change_p_adjusted": ("Rise adjusted p", "p", 0, _ADJUSTED),
    "worse": ("Worse than usual", "text", 0, "Class of the adjusted p of a rise."),
    "better": ("Better than usual", "text", 0, "Class of the adjusted p of a fall."),
    "intensity_per_km2": ("Intensity per km²", "number", 1, "Incidents a km² in the period."),
    "lower": ("From, per km² in 30 days", "number", 0, "Lower bound of the class."),
    "upper": ("To, per km² in 30 days", "number", 0, "Upper bound; none for the highest class."),
    "reference": ("Reference", "text", 0, "As the source names it."),
    "starts_at": ("From", "text", 0, "As exactly as its precision says."),
    "ends_at": ("To", "text", 0, "As exactly as its precision says."),
    "precision": ("Precision of time", "text", 0, "What is known of when it was."),
    "x": ("Easting, m", "number", 0, "As exactly as its placing says."),
    "y": ("Northing, m", "number", 0, "As exactly as its placing says."),
    "placed": ("Placed", "text", 0, "How its coordinates came to be."),
    "notice": ("Notice", "text", 0, ""),
}


def column(name: str, values: pd.Series) -> Column:
    """Return how a table's column is shown: as known, or by its type under its own name."""
    if name in _KNOWN:
        label, kind, decimals, note = _KNOWN[name]
        fits = kind == "text" or pd.api.types.is_numeric_dtype(values)
        return Column(name, label, kind if fits else "text", decimals, note)
    label = name.replace("_", " ").capitalize()
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return Column(name, label, "text", 0)
    whole = pd.api.types.is_integer_dtype(values)
    return Column(name, label, "count" if whole else "number", 0 if whole else 2)


def meaning(name: str) -> str:
    """Return what a column is, in words: its label and note, or "" if it is not known."""
    if name not in _KNOWN:
        return ""
    label, _, _, note = _KNOWN[name]
    return f"{label}. {note}" if note else label
