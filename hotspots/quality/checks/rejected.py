"""Rows that were read and not kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hotspots.quality.finding import Finding, Severity
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import percent, rows

#: From these shares of all rows on, rejected for one reason. Published police files lack
#: coordinates for 1 to 2 % (Kent) or 5 % (City of London) of the rows; a column read wrongly or a
#: wrong CRS loses far more.
SERIOUS, CAREFUL = 0.10, 0.05
#: How a value of the mapping's ``[exclude]`` is given as a reason.
_EXCLUDED = re.compile(r'.+ is ".*"', re.DOTALL)
_AGAIN = "reference repeated"
_REPEATED = (
    "The first row of each reference counts, these do not.",
    "Nothing, if the export has a row for each person or offence of an incident; else the column "
    "of the reference is not one.",
)


def check(data: Inputs) -> Iterator[Finding]:
    """Find each reason for which rows were rejected; serious from 10 % of all rows on."""
    read = sum(file.read for file in data.files)
    for reason, count in sorted(data.rejections.items(), key=lambda item: (-item[1], item[0])):
        if count:
            yield _finding(reason, count, count / read if read else None)


def _finding(reason: str, count: int, share: float | None) -> Finding:
    severity: Severity = "note"
    chosen = _EXCLUDED.fullmatch(reason) is not None
    if share is not None and share >= CAREFUL and not chosen:
        severity = "serious" if share >= SERIOUS else "careful"
    part = f" ({percent(share)} of all rows)" if share is not None else ""
    return Finding(
        code="rejected",
        severity=severity,
        title=f"{rows(count)} were not kept{part}: {reason}.".replace("1 row were", "1 row was"),
        count=count,
        share=share,
        example=None,
        effect=_REPEATED[0] if reason == _AGAIN else "These rows are on no map and in no count.",
        advice=_advice(reason, chosen),
    )


def _advice(reason: str, chosen: bool) -> str:
    if chosen:
        return "Nothing: the mapping's [exclude] leaves them out."
    if reason == _AGAIN:
        return _REPEATED[1]
    return (
        "Look at the rejected rows, mend them at the source or in the mapping, and import the file "
        "again."
    )
