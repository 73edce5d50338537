"""What can be exported, what must be said to ask for it, and what is given back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from hotspots.errors import UsageError
from hotspots.plain_text import tidy

#: Longest name of who exports that the log keeps.
_LONGEST = 120

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

    def checked(self) -> ExportRequest:
        """Return it with the format filled in.

        Raises
        ------
        UsageError
            If the kind or the format is unknown, or it is not said who exports.
        """
        if self.kind not in KINDS:
            raise UsageError(f"An export must be one of {', '.join(KINDS)}; got {self.kind!r}.")
        formats = KINDS[self.kind].formats
        if self.format and self.format not in formats:
            raise UsageError(
                f"{KINDS[self.kind].label} must be exported as one of {', '.join(formats)}; got "
                f"{self.format!r}."
            )
        who = tidy(self.who)[:_LONGEST]
        if not who:
            raise UsageError("Each export is logged: say who exports it.")
        return replace(self, who=who, format=self.format or formats[0])


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
