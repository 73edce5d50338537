"""What several pages say of a result: where its numbers come from, whether its data are missing."""

from __future__ import annotations

from typing import Any

from hotspots.profile import CLASSES, Profile
from hotspots.results import Result
from hotspots.taxonomy import Category
from hotspots.versions import called
from hotspots.web import sentences
from hotspots.web.text import iso_day, tidy, whole

#: Class of a cell by its strength: 3 is the strongest, as in the hatches' names.
LEVELS = {name: 3 - i for i, name in enumerate(CLASSES)}
#: Findings that say that a period's incidents are not in the files.
_MISSING = ("missing-category", "missing-month")
#: What a list says of a period that is missing.
NOT_KNOWN = ("Nothing is known of this period.", "Choose another one, or see what Data says.")


def place_title(row: Any) -> str:
    """Return "Ward: location" of a row of the place table."""
    ward, location = tidy(row.ward_name), tidy(row.location)
    return f"{ward}: {location}" if location else ward


def is_missing(result: Result) -> bool:
    """Return whether nothing is shown because nothing is in the files: no fall may be claimed."""
    months = {f"{year:04d}-{month:02d}" for year, month in result.period.months}
    return not result.totals["incidents"] and any(
        finding.code in _MISSING and months.intersection(finding.months)
        for finding in result.findings
    )


def missing_sentence(result: Result, category: Category) -> str:
    """Return the headline of a period that is missing."""
    what = f"{sentences.noun(category, 0)} {sentences.when(result.period)}"
    return f"The {what} are missing from the data: this is no fall."


def about(result: Result) -> list[str]:
    """Return where a page's numbers come from."""
    profile = Profile(**result.provenance["profile"])
    made = result.provenance
    said = [
        f"Hotspots {tidy(made['version'])}, run {tidy(made['run'])}",
        f"profile {called(made['profile'])}: {whole(profile.cell_size_m)} m squares, "
        f"{whole(profile.distance_m)} m band",
        f"wards of {tidy(made['wards']['vintage'])}",
    ]
    if residents := tidy(made["wards"].get("population")):
        said.append(f"residents: {residents}")
    return said


def data_to(dates: dict[str, str]) -> list[tuple[str, str]]:
    """Return to when each agency's data are known: agency and day."""
    return [(tidy(agency), iso_day(last)) for agency, last in sorted(dates.items())]
