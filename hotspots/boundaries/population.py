"""Residents by ward, joined by code; what does not match is said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.boundaries.population_table import (
    RESIDENTS,
    YEAR,
    PopulationTable,
    cell_number,
    cell_text,
    read_table,
)
from hotspots.boundaries.residents import RESIDENTS_COLUMNS
from hotspots.errors import DataError
from hotspots.model import Wards

#: Words of columns that count something else about the residents.
_NOT_RESIDENTS = re.compile(r"densit|percent|%|per_|per |share|rate|change|male|household|area")


@dataclass(frozen=True)
class PopulationReport:
    """How a population file matched the wards.

    Parameters
    ----------
    matched : int
        Wards that have residents now.
    wards_without_population : tuple of str
        Codes of the wards that have none: not in the file, or without a usable number there.
    population_without_ward : tuple of str
        Codes of the file that are no ward of this vintage.
    column : str
        The column used.
    other_columns : tuple of str
        Columns that might have been meant instead.
    sentences : tuple of str
        All this in words.
    by_year : DataFrame
        Columns ``RESIDENTS_COLUMNS``: the residents of the wards in every year that the file
        names, in a column or in the name of the sheet or file. Empty where it names none.
    """

    matched: int
    wards_without_population: tuple[str, ...]
    population_without_ward: tuple[str, ...]
    column: str
    other_columns: tuple[str, ...]
    sentences: tuple[str, ...]
    by_year: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(RESIDENTS_COLUMNS)), compare=False
    )


def read_population(
    path: str | Path,
    wards: Wards,
    *,
    code_column: str | None = None,
    column: str | None = None,
) -> tuple[Wards, PopulationReport]:
    """Join residents to wards by code, from a CSV or Excel file.

    Parameters
    ----------
    path : path
        A ``.csv`` (UTF-8 or Windows-1252) or an Excel file. Lines above the header are passed
        over; of several sheets the one with most of the ward codes is read.
    wards : Wards
        The wards; they are not changed.
    code_column : str, optional
        Column of the ward code; the one that holds most of the codes if None.
    column : str, optional
        Column of the residents; recognised by its name if None, of several years the latest.
        The other years are read as well, into the report; with ``column`` given they are not.

    Returns
    -------
    wards : Wards
        The same wards with ``population``, NaN where the file has no usable number, and
        ``population_source``.
    report : PopulationReport
        What matched and what did not.

    Raises
    ------
    DataError
        If the file cannot be read, no code matches, a code is repeated, a column is not there,
        or it is not clear which column is meant.
    """
    path = Path(path)
    codes = tuple(str(code) for code in wards.frame["ward_code"])
    table = read_table(path, set(codes), code_column)
    position, others = _residents(table, column, path.name)
    found, unusable = _numbers(table, position, path.name)
    used = table.header[position]
    population = np.array([found.get(code, np.nan) for code in codes], dtype=np.float64)
    frame = wards.frame.copy()
    frame["population"] = population
    yearly = _by_year(table, _years(table, position, others, column is not None), codes, path.name)
    report = _report(codes, found, unusable, used, others, yearly)
    source = f"{table.where}, column {used}"
    return replace(wards, frame=frame, population_source=source), report


def _report(
    codes: tuple[str, ...],
    found: dict[str, float],
    unusable: dict[str, str],
    used: str,
    others: tuple[str, ...],
    by_year: pd.DataFrame,
) -> PopulationReport:
    without = tuple(code for code in codes if code not in found)
    unknown = tuple(sorted(set(found) - set(codes)))
    matched = len(codes) - len(without)
    sentences = [f"{matched} of {len(codes)} wards have residents, from the column {used}."]
    years = sorted({int(year) for year in by_year["year"]})
    if len(years) > 1:
        sentences.append(f"Years read: {', '.join(map(str, years))}.")
        counts = by_year["year"].value_counts()
        short = [f"{year} ({counts[year]})" for year in years if counts[year] < matched]
        if short:
            sentences.append(f"Fewer wards have residents in {', '.join(short)}.")
    unread = [name for name in others if _year_of(name) not in years]
    if unread:
        sentences.append(f"Not used: {', '.join(unread)}; give --column to take another.")
    if without:
        sentences.append(f"{len(without)} wards have no residents: {_some(without)}.")
    wrong = [f"{code} ({unusable[code]!r})" for code in without if code in unusable]
    if wrong:
        sentences.append(f"Not a number of residents: {_some(wrong)}.")
    if unknown:
        sentences.append(
            f"{len(unknown)} codes of the file are no ward of this vintage: {_some(unknown)}."
        )
    return PopulationReport(matched, without, unknown, used, others, tuple(sentences), by_year)


# -- the columns ----------------------------------------------------------------------------------


def _residents(
    table: PopulationTable, column: str | None, file: str
) -> tuple[int, tuple[str, ...]]:
    """Return the position of the column of residents, and the others that might be meant."""
    candidates = [
        i
        for i, name in enumerate(table.header)
        if i != table.code
        and RESIDENTS.search(name.lower())
        and not _NOT_RESIDENTS.search(name.lower())
    ]
    listed = ", ".join(name for name in table.header if name) or "no header"
    if column is not None:
        if table.header.count(column) != 1:
            raise DataError(
                f"--column must name one column of the file; {file} has {listed} and "
                f"{table.header.count(column) or 'no'} {column!r}: give one of these."
            )
        position = table.header.index(column)
    elif not candidates:
        raise DataError(
            f"A population file must have a column of residents; {file} has {listed}: say which "
            "with --column."
        )
    else:
        position = _latest(table.header, candidates, file)
    return position, tuple(table.header[i] for i in candidates if i != position)


def _latest(header: tuple[str, ...], candidates: list[int], file: str) -> int:
    years = {i: max(YEAR.findall(_spaced(header[i])), default="") for i in candidates}
    latest = max(years.values())
    best = [i for i in candidates if years[i] == latest]
    unclear = len(candidates) > 1 and not all(years.values())
    if unclear or len(best) > 1:
        names = ", ".join(header[i] for i in candidates)
        raise DataError(
            f"The column of residents must be clear; {file} has {names}: say which with --column."
        )
    return best[0]


def _years(
    table: PopulationTable, position: int, others: tuple[str, ...], only: bool
) -> dict[int, int]:
    """Return year to column: of every column of one year, and no other column of that year.

    A single column without a year is of the year in the name of its sheet or file.
    """
    used = table.header[position]
    names = (used,) if only else (used, *others)
    years = Counter(_year_of(name) for name in names)
    found = {
        year: table.header.index(name)
        for name in names
        if (year := _year_of(name)) is not None and years[year] == 1
    }
    if not found and len(names) == 1 and (year := _year_of(table.where)) is not None:
        return {year: position}
    return found


def _year_of(name: str) -> int | None:
    """Return the year in a name, None if there is none or more than one."""
    years = set(YEAR.findall(_spaced(name)))
    return int(years.pop()) if len(years) == 1 else None


def _spaced(name: str) -> str:
    return name.replace("_", " ")


# -- the values -----------------------------------------------------------------------------------


def _numbers(
    table: PopulationTable, position: int, file: str
) -> tuple[dict[str, float], dict[str, str]]:
    """Return residents by code, and by code what was written instead of a number."""
    found: dict[str, float] = {}
    unusable: dict[str, str] = {}
    for row in table.rows:
        code = cell_text(row[table.code])
        written = cell_text(row[position]) if len(row) > position else ""
        if not code or (not written and code not in found):
            continue
        if code in found or code in unusable:
            raise DataError(
                f"A code must be in a population file once; {file} repeats {code} in "
                f"{table.header[table.code] or 'its code column'}: sum its rows first, or give "
                "another --code-column."
            )
        number = cell_number(written)
        if number is None or number < 0:
            unusable[code] = written
        else:
            found[code] = number
    return found, unusable


def _by_year(
    table: PopulationTable, years: dict[int, int], codes: tuple[str, ...], file: str
) -> pd.DataFrame:
    """Return ``RESIDENTS_COLUMNS`` of the wards, for those that have a usable number."""
    rows = []
    for year, position in sorted(years.items()):
        found, _ = _numbers(table, position, file)
        source = f"{table.where}, column {table.header[position]}"
        rows += [(code, year, found[code], source) for code in codes if code in found]
    return pd.DataFrame(rows, columns=list(RESIDENTS_COLUMNS))


def _some(codes: Sequence[str]) -> str:
    first = ", ".join(codes[:10])
    return f"{first} and {len(codes) - 10} more" if len(codes) > 10 else first
