"""Incidents by month and category: small charts of columns in a table, what is missing in words."""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from hotspots.quality import Finding
from hotspots.quality.inputs import NO_AGENCY
from hotspots.taxonomy import categories
from hotspots.web.text import NO_DATA, tidy, whole

Kind = Literal["count", "low", "nought", "missing", "none", "skipped"]
Month = tuple[int, int]

#: Findings that say that a cell is wrong, by what it then is.
_SAYS: dict[str, Kind] = {
    "missing-month": "missing",
    "missing-category": "missing",
    "incomplete-month": "low",
}
#: More months than these without any incident are one column.
_LONGEST_GAP = 6
#: A4 takes so many months beside the categories' names.
_ON_PAPER = 13
#: A column of another thing mapped as the agency must not make a page of thousands of tables.
_MOST_AGENCIES = 25
#: Heights of a column; the style sheet has a class for each, as a page may not carry styles.
_LEVELS = 16


@dataclass(frozen=True, slots=True)
class Column:
    """A month, or (``skipped`` above 0) so many months without any incident."""

    year: int
    label: str
    name: str
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """What a row has in a month; ``level``, 0 to 16, is its part of the row's highest month."""

    kind: Kind
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One category of an agency."""

    label: str
    total: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring columns: their years with how many columns each has, and the agencies' rows."""

    years: list[tuple[str, int]]
    columns: list[Column]
    agencies: list[tuple[str, list[Row]]]


class Coverage:
    """Incidents by month, a row for each category of each agency.

    Parameters
    ----------
    counts : pandas.DataFrame
        Columns agency (None where not stated), category, year, month, count; at least one row.
    findings : sequence of Finding
        Those of missing and incomplete months mark their cells.

    Attributes
    ----------
    whole : Block
        All columns.
    paper : list of Block
        The same in parts that fit a printed page; empty where ``whole`` does.
    left_out : int
        Agencies with the fewest incidents, beyond the 25 that are shown.
    kinds : frozenset of str
        The kinds of cell there are besides "count": those that must be explained.
    """

    def __init__(self, counts: pd.DataFrame, findings: Sequence[Finding]) -> None:
        named = counts.assign(agency=counts["agency"].fillna(NO_AGENCY))
        shown = named.groupby("agency")["count"].sum().sort_values(ascending=False, kind="stable")
        self.left_out = max(len(shown) - _MOST_AGENCIES, 0)
        named = named[named["agency"].isin(shown.index[:_MOST_AGENCIES])]
        months = sorted({(int(y), int(m)) for y, m in zip(named.year, named.month, strict=True)})
        pairs = list(_columns(months))
        columns = [column for _, column in pairs]
        marks = _marks(findings)
        agencies = [
            (_agency_label(str(agency)), _rows(str(agency), rows, [m for m, _ in pairs], marks))
            for agency, rows in named.groupby("agency")
        ]
        self.whole = Block(_years(columns), columns, agencies)
        self.paper = list(_parts(self.whole)) if len(columns) > _ON_PAPER else []
        cells = [cell for _, rows in agencies for row in rows for cell in row.cells]
        self.kinds = frozenset(cell.kind for cell in cells) - {"count"}


def category_label(code: str) -> str:
    """Return a category's name, its code where the taxonomy has none."""
    known = categories()
    return tidy(known[code].label if code in known else code)


def month_label(text: str) -> str:
    """Return ``2021-03`` as "March 2021", anything else as it is."""
    year, _, month = text.partition("-")
    known = month.isdigit() and 1 <= int(month) <= 12
    return f"{calendar.month_name[int(month)]} {tidy(year)}" if known else tidy(text)


# -- columns --------------------------------------------------------------------------------------


def _columns(months: list[Month]) -> Iterator[tuple[Month | None, Column]]:
    """Yield every month from the first to the last; long gaps as one column without a month."""
    previous = months[0]
    for month in months:
        gap = _index(month) - _index(previous) - 1
        if gap > _LONGEST_GAP:
            year, number = divmod(_index(previous) + 1, 12)
            name = f"{gap:,} months from {calendar.month_name[number + 1]} {year}"
            yield None, Column(year, "…", name, gap)
        else:
            for index in range(_index(month) - max(gap, 0), _index(month)):
                yield (index // 12, index % 12 + 1), _column(index // 12, index % 12 + 1)
        yield month, _column(*month)
        previous = month


def _column(year: int, month: int) -> Column:
    return Column(year, calendar.month_abbr[month], f"{calendar.month_name[month]} {year}")


def _years(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Return how many columns follow one another in each year; a gap has no year."""
    found: list[tuple[str, int]] = []
    for column in columns:
        year = "" if column.skipped else str(column.year)
        if found and found[-1][0] == year:
            found[-1] = (year, found[-1][1] + 1)
        else:
            found.append((year, 1))
    return found


def _parts(block: Block) -> Iterator[Block]:
    """Yield a block cut into parts of even width that fit a page."""
    parts = math.ceil(len(block.columns) / _ON_PAPER)
    width = math.ceil(len(block.columns) / parts)
    for start in range(0, len(block.columns), width):
        part = slice(start, start + width)
        agencies = [
            (name, [Row(row.label, row.total, row.cells[part]) for row in rows])
            for name, rows in block.agencies
        ]
        yield Block(_years(block.columns[part]), block.columns[part], agencies)


def _index(month: Month) -> int:
    return month[0] * 12 + month[1] - 1


# -- rows -----------------------------------------------------------------------------------------


def _agency_label(agency: str) -> str:
    return "Agency not stated" if agency == NO_AGENCY else tidy(agency)


def _marks(findings: Sequence[Finding]) -> dict[tuple[str, str, str], Kind]:
    """Return what findings say of (agency, category, month); "" is all of them."""
    return {
        (agency, code, month): _SAYS[finding.code]
        for finding in findings
        if finding.code in _SAYS
        for agency in finding.agencies or ("",)
        for code in finding.categories or ("",)
        for month in finding.months
    }


def _rows(
    agency: str,
    counts: pd.DataFrame,
    months: Sequence[Month | None],
    marks: dict[tuple[str, str, str], Kind],
) -> list[Row]:
    known = {(int(y), int(m)) for y, m in zip(counts.year, counts.month, strict=True)}
    order = {code: place for place, code in enumerate(categories())}
    rows = []
    for code in sorted(counts["category"].unique(), key=lambda c: (order.get(c, len(order)), c)):
        mine = counts[counts["category"] == code]
        by_month = {
            (int(y), int(m)): int(n)
            for y, m, n in zip(mine.year, mine.month, mine["count"], strict=True)
        }
        highest = max(by_month.values())
        cells = [
            _cell(month, by_month, highest, known, _said(marks, agency, str(code), month))
            for month in months
        ]
        rows.append(Row(category_label(str(code)), whole(sum(by_month.values())), cells))
    return rows


def _said(
    marks: dict[tuple[str, str, str], Kind], agency: str, code: str, month: Month | None
) -> Kind | None:
    if month is None:
        return None
    text = f"{month[0]:04d}-{month[1]:02d}"
    said = {marks.get((who, what, text)) for who in (agency, "") for what in (code, "")}
    return next((kind for kind in said if kind), None)


def _cell(
    month: Month | None,
    counts: dict[Month, int],
    highest: int,
    known: set[Month],
    said: Kind | None,
) -> Cell:
    """Return a cell; no incident is nought only where the agency has others in that month."""
    if month is None:
        return Cell("skipped", NO_DATA)
    if count := counts.get(month, 0):
        low: Kind = "low" if said == "low" else "count"
        return Cell(low, whole(count), max(round(_LEVELS * count / highest), 1))
    if said == "missing":
        return Cell("missing", "missing")
    if month in known:
        return Cell("nought", "0")
    return Cell("none", NO_DATA)
