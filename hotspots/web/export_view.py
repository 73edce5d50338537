"""The page of an export: what can be made, for whom, and what was made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from hotspots.profile import TIERS, Profile, Tier
from hotspots.releasing.request import KINDS
from hotspots.results import words
from hotspots.results.headlines import joined
from hotspots.sharing.asked import short_kind_label
from hotspots.store.exports import LoggedExport
from hotspots.web.choices import Choice
from hotspots.web.export_form import Wanted, needs_points
from hotspots.web.text import capital, tidy, whole

_SAYS = {
    "briefing": "For the meeting: headlines, a page a place, the shortlist, method, sources.",
    "shortlist": "The key wards, and why each is listed.",
    "assessment": "Three years side by side, by borough, ward and priority.",
    "hotspots": "Outlines and numbers of the hot spots.",
    "wards": "Outlines and numbers of the wards.",
    "cells": "Each square of the grid, with its tests.",
    "density": "The smoothed surface.",
    "incidents": "Each incident, as a point.",
    "all": "Hot spots, wards, squares and density together.",
}
_FORMATS = {
    "pdf": "PDF, A4 to print",
    "html": "HTML, with a live map, works offline",
    "xlsx": "Excel workbook",
    "csv": "CSV",
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage, styled for QGIS",
    "parquet": "GeoParquet",
    "shp": "Shapefile, zipped",
    "tif": "GeoTIFF",
}
#: Who may read what is made for a tier.
_READERS = {
    "public": "Anyone may read it",
    "partner": "For the partnership’s agencies",
    "restricted": "For named people only",
}
#: So many exports are listed under the form.
LISTED = 10
#: Of a sha256 this much tells files apart by eye; all of it is on the log's own page.
_SHORT_HASH = 12
#: An agency whose data end longer before the others' than this does not hold back the year.
_LATE = timedelta(days=366)


@dataclass(frozen=True, eq=False)
class ExportView:
    """The form, filled in as it was.

    Attributes
    ----------
    subject : list of str
        Category, period and area of what is made.
    kinds, tiers : list of dict
    needs : str
        Who may be given what shows single incidents.
    years : list of (ISO date, label)
        Ends of years that an assessment can have, the newest first.
    wanted : Wanted
    error : str
        Why the last attempt was refused, "" otherwise.
    """

    subject: list[str]
    kinds: list[dict[str, Any]]
    tiers: list[dict[str, Any]]
    needs: str
    years: list[tuple[str, str]]
    wanted: Wanted
    error: str = ""


def export_view(
    choice: Choice,
    wanted: Wanted,
    profile: Profile,
    coverage: pd.DataFrame,
    data_to: Mapping[str, str],
    error: str = "",
) -> ExportView:
    """Return the view of the form; ``wanted`` is what it is filled in with."""
    return ExportView(
        subject=[
            tidy(choice.category.label),
            choice.period.label,
            tidy(choice.area.name) if choice.area.code else "all wards",
        ],
        kinds=[_kind(code, wanted) for code in KINDS],
        tiers=[_tier(name, profile, wanted) for name in TIERS],
        needs=needs_points(profile),
        years=_years(coverage, data_to, wanted.year_ending),
        wanted=wanted,
        error=tidy(error),
    )


def _kind(code: str, wanted: Wanted) -> dict[str, Any]:
    kind = KINDS[code]
    chosen = wanted.format if wanted.kind == code else ""
    return {
        "code": code,
        "label": kind.label,
        "says": _SAYS.get(code, ""),
        "points": kind.points,
        "formats": [(name, _FORMATS.get(name, name.upper())) for name in kind.formats],
        "format": chosen,
        "chosen": wanted.kind == code,
    }


def _tier(name: str, profile: Profile, wanted: Wanted) -> dict[str, Any]:
    tier = profile.tiers.of(name)
    return {
        "name": name,
        "label": capital(name),
        "says": tier_sentence(name, tier, profile.restricted_kinds),
        "points": tier.points,
        "chosen": wanted.tier == name,
    }


def tier_sentence(name: str, tier: Tier, restricted: Sequence[str]) -> str:
    """Return what a tier may hold, one sentence: only what the profile says of it."""
    k = tier.small_counts_below
    parts = [
        f"counts of {_up_to(k - 1)} are withheld" if k > 1 else "every count is shown",
        f"hot spots are drawn on squares of {whole(tier.generalise_m)} m"
        if tier.generalise_m
        else "hot spots are drawn as they are",
        "single incidents may be shown" if tier.points else "no single incident is shown",
    ]
    kinds = joined([short_kind_label(what) for what in restricted])
    if kinds:
        parts.append(f"{kinds} may be told apart" if tier.restricted_kinds else f"{kinds} stay out")
    return f"{_READERS.get(name, capital(name))}: {'; '.join(parts)}."


def _up_to(most: int) -> str:
    return "1" if most == 1 else f"1 to {most}"


# -- years ----------------------------------------------------------------------------------------


def _years(coverage: pd.DataFrame, data_to: Mapping[str, str], asked: str) -> list[tuple[str, str]]:
    """Return the quarter ends that the data reach, those first that have a whole year before."""
    first, last = _first_day(coverage), _last_day(data_to)
    ends = [] if first is None or last is None else quarter_ends(first, last)
    found = [(end.isoformat(), words.day(end)) for end in reversed(ends)]
    known = [value for value, _ in found]
    if asked and asked not in known:
        # kept as it was typed into the address, so that the refusal is about what is seen
        found.append((tidy(asked), tidy(asked)))
    return found


def quarter_ends(first: date, last: date) -> list[date]:
    """Return the quarters' last days between two days, of those with a whole year before if any."""
    months = [(year, month) for year in range(first.year, last.year + 1) for month in (3, 6, 9, 12)]
    ends = [
        date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1) for year, month in months
    ]
    within = [end for end in ends if first <= end <= last]
    whole_years = [end for end in within if first <= _year_before(end)]
    return whole_years or within


def _year_before(end: date) -> date:
    """Return the first day of the year that ends on a day, itself the last of its month."""
    after = end + timedelta(days=1)
    return after.replace(year=after.year - 1)


def _first_day(coverage: pd.DataFrame) -> date | None:
    if coverage.empty:
        return None
    months = coverage["year"].astype(int) * 12 + coverage["month"].astype(int) - 1
    return date(int(months.min()) // 12, int(months.min()) % 12 + 1, 1)


def _last_day(data_to: Mapping[str, str]) -> date | None:
    """Return to when all agencies are known that are not known to have ended long before."""
    days = [date.fromisoformat(text[:10]) for text in data_to.values() if text]
    return min((day for day in days if day > max(days) - _LATE), default=None)


# -- log ------------------------------------------------------------------------------------------


def log_rows(exports: Sequence[LoggedExport], most: int | None = None) -> list[dict[str, str]]:
    """Return the log as texts, the newest first; the hash is whole where all are asked for."""
    newest = sorted(exports, key=lambda entry: entry.exported_at, reverse=True)[:most]
    return [_logged(entry, None if most is None else _SHORT_HASH) for entry in newest]


def _logged(entry: LoggedExport, hashed: int | None) -> dict[str, str]:
    kind = KINDS.get(entry.kind)
    when = entry.exported_at
    return {
        "when": f"{words.day(when.date())}, {when:%H:%M} UTC",
        "who": tidy(entry.who),
        "kind": kind.label if kind else tidy(entry.kind),
        "tier": capital(tidy(entry.tier)),
        "format": tidy(entry.format),
        "file": tidy(entry.file_name),
        "sha256": tidy(entry.sha256)[:hashed],
        "withheld": whole(entry.withheld),
    }
