"""What can be exported, what must be said to ask for it, and what is given back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from hotspots.errors import UsageError
from hotspots.plain_text import tidy
from hotspots.profile import TIERS, Tiers

#: Longest name of who exports that the log keeps.
_LONGEST = 120
#: As for periods (``hotspots.model.Period``), with room for the years before.
_FIRST_YEAR, _LAST_YEAR = 1905, 2200

_TABLES = ("csv", "xlsx", "geojson", "gpkg", "parquet", "shp")


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One thing that can be exported.

    Attributes
    ----------
    code, label : str
    formats : tuple of str
        The first is the usual one.
    points : bool
        Whether it shows single incidents or can be turned back into them: only for tiers with
        ``points``.
    """

    code: str
    label: str
    formats: tuple[str, ...]
    points: bool = False


#: Everything that can be exported, in the order it is offered.
KINDS: dict[str, ExportKind] = {
    kind.code: kind
    for kind in (
        ExportKind("briefing", "Briefing pack", ("pdf", "html")),
        ExportKind("shortlist", "Ward shortlist", ("xlsx", "csv")),
        ExportKind("assessment", "Strategic Assessment tables", ("xlsx", "csv")),
        ExportKind("hotspots", "Hot spots", ("gpkg", *(f for f in _TABLES if f != "gpkg"))),
        ExportKind("wards", "Wards", ("xlsx", *(f for f in _TABLES if f != "xlsx"))),
        ExportKind(
            "cells", "Grid squares", ("gpkg", "csv", "parquet", "geojson", "shp", "tif"), True
        ),
        ExportKind("density", "Density", ("tif", "gpkg", "geojson", "parquet", "shp"), True),
        ExportKind("incidents", "Incidents", ("gpkg", *(f for f in _TABLES if f != "gpkg")), True),
        ExportKind("all", "All tables in one GeoPackage", ("gpkg",), True),
    )
}


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is asked for.

    Attributes
    ----------
    kind : str
        A code of ``KINDS``.
    tier : str
        Who it is for: a name in ``hotspots.profile.TIERS``.
    who : str
        Who exports it, for the log.
    format : str
        One of the kind's formats; "" is the usual one.
    period, category, area : str
        What it is about; "" of the area is all of the wards. An assessment has neither period nor
        category.
    year_ending : date or None
        The last day of the last year of an assessment.
    quarterly : bool
        Whether the assessment is the quarterly one, by theme and priority.
    kept : bool
        Whether a table is taken from the last kept run, of the period and category if these are
        given, and not computed from the data of now.
    entered, comparators : Path or None
        CSV files of an assessment: counts that take the place of counted ones, and the rates of
        other areas.
    key_wards : tuple of str
        Codes of the wards that an assessment names as key wards; none: those with the highest
        rates.
    as_one : bool
        Whether several files come as one ZIP file: the log has the hash of what leaves.
    """

    kind: str
    tier: str
    who: str
    format: str = ""
    period: str = ""
    category: str = ""
    area: str = ""
    year_ending: date | None = None
    quarterly: bool = False
    kept: bool = False
    entered: Path | None = None
    comparators: Path | None = None
    key_wards: tuple[str, ...] = ()
    as_one: bool = False

    def checked(self, tiers: Tiers) -> ExportRequest:
        """Return it with the format filled in.

        Raises
        ------
        UsageError
            If the kind, the format or the tier is unknown, the tier may not have the kind, the
            last year is out of range, or it is not said who exports.
        """
        if self.kind not in KINDS:
            raise UsageError(f"An export must be one of {', '.join(KINDS)}; got {self.kind!r}.")
        formats = KINDS[self.kind].formats
        if self.format and self.format not in formats:
            raise UsageError(
                f"{KINDS[self.kind].label} must be exported as one of {', '.join(formats)}; got "
                f"{self.format!r}."
            )
        tier = tiers.of(self.tier)
        if KINDS[self.kind].points and not tier.points:
            able = ", ".join(tiers_with_points(tiers)) or "the profile has none"
            raise UsageError(
                f"{KINDS[self.kind].label} must not go to {self.tier}, as single incidents could "
                f"be read from the file: choose one of the tiers with points ({able}), or another "
                "kind of export."
            )
        who = tidy(self.who)
        if not any(letter.isalnum() for letter in who) or len(who) > _LONGEST:
            raise UsageError(
                "Each export is logged: who exports it must be said in letters or digits, at most "
                f"{_LONGEST} characters; got {who[:20]!r}."
            )
        last = self.year_ending
        if last is not None and not _FIRST_YEAR <= last.year <= _LAST_YEAR:
            raise UsageError(
                f"The last year must end from {_FIRST_YEAR} to {_LAST_YEAR}; got {last}: give a "
                "year of the data."
            )
        return replace(self, who=who, format=self.format or formats[0])


def tiers_with_points(tiers: Tiers) -> list[str]:
    """Return the tiers that may be given what shows single incidents, by name."""
    return [name for name in TIERS if tiers.of(name).points]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported: one file, or one with its provenance beside it.

    Attributes
    ----------
    files : tuple of (name, bytes)
        The first is what was asked for.
    media_type : str
        Of the first.
    sha256 : str
        Of the first, as logged.
    said : tuple of str
        What the person who exports must know, such as how many counts are withheld.
    """

    files: tuple[tuple[str, bytes], ...]
    media_type: str
    sha256: str
    said: tuple[str, ...] = ()
