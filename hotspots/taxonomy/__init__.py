"""Incident categories, priorities and themes; the data are in ``taxonomy.toml`` beside."""

from hotspots.taxonomy.breaks import SeriesBreak, all_series_breaks, breaks_said, series_breaks
from hotspots.taxonomy.categories import (
    UNMAPPED,
    Category,
    Part,
    Priority,
    Subcategory,
    categories,
    category,
    flags,
    priorities,
    priority_on,
    themes,
)
from hotspots.taxonomy.texts import match, plain, police_uk_categories, source_texts, sources

__all__ = [
    "UNMAPPED",
    "Category",
    "Part",
    "Priority",
    "SeriesBreak",
    "Subcategory",
    "all_series_breaks",
    "breaks_said",
    "categories",
    "category",
    "flags",
    "match",
    "plain",
    "police_uk_categories",
    "priorities",
    "priority_on",
    "series_breaks",
    "source_texts",
    "sources",
    "themes",
]
