"""Look at a file of incidents and propose how to read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hotspots.errors import DataError
from hotspots.ingest.inspection.columns import Column, columns_of, named, quoted
from hotspots.ingest.inspection.crs import Home
from hotspots.ingest.inspection.dates import candidates
from hotspots.ingest.inspection.kinds import Kinds, kinds_of
from hotspots.ingest.inspection.result import Inspection
from hotspots.ingest.inspection.sample import Sample, sample_of
from hotspots.ingest.inspection.text import Writing, writing_of
from hotspots.ingest.inspection.trial import Trial, try_out
from hotspots.ingest.inspection.when import When, when_of
from hotspots.ingest.inspection.where import Where, where_of
from hotspots.ingest.mapping import Mapping
from hotspots.ingest.readers import Context, check_target
from hotspots.ingest.records import Records
from hotspots.ingest.registry import READERS
from hotspots.ingest.sources import FoundFile, find
from hotspots.ingest.tables import TABLES, open_table, peek
from hotspots.ingest.tables.base import Dialect
from hotspots.model import DEFAULT_CRS, Wards

_TEXT = (".csv", ".txt", ".tsv")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_CODE = re.compile(r"[A-Z]\d{8}")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}", re.I)


def inspect_table(
    path: str | Path, *, wards: Wards | None, crs: str = DEFAULT_CRS, recognise: bool = True
) -> Inspection:
    """Look at a file of incidents and propose a mapping for it.

    Parameters
    ----------
    path : path
        A table: CSV, Excel, Parquet, GeoJSON, GeoPackage or Shapefile, or a ``.gz`` or a zip or
        folder that holds just one. Some tens of thousands of its rows are looked at.
    wards : Wards or None
        They prove which CRS coordinates are of; without them ranges alone suggest one, and it
        is said that this is no proof.
    crs : str
        CRS of the workspace, projected and in metres.
    recognise : bool
        Whether a file of a known format ends the matter, for it needs no mapping; if False one
        is proposed all the same.

    Returns
    -------
    Inspection
        With the mapping None where none is needed or nothing can be proposed.

    Raises
    ------
    DataError
        If the file cannot be read as what it is, has no rows, or the path holds several tables.
    UsageError
        If ``crs`` is unknown, not projected or not in metres.
    """
    home = _home(wards, check_target(crs))
    file = _one(Path(path))
    if recognise and (known := _known(file)) is not None:
        return Inspection(file.name, None, known)
    writing = writing_of(file) if file.suffix in _TEXT else None
    dialect = Dialect(writing.encoding, writing.delimiter) if writing else Dialect()
    told = [_format(file), *(writing.sentences if writing else ())]
    if writing is not None and writing.title_rows:
        told.append(
            f"The header seems to be in row {writing.title_rows + 1}, below lines of another "
            "width; a table must begin with its header: remove the lines above it."
        )
        return Inspection(file.name, None, tuple(told))
    with open_table(file, dialect) as table:
        sample = sample_of(table)
        stated = table.crs
    told.append(sample.sentence)
    told += _sheets(file)
    if recognise and (other := _no_incidents(sample.records)) is not None:
        return Inspection(file.name, None, (*told, other))
    return _proposed(file, _Look(told, writing, sample, stated, home))


def _home(wards: Wards | None, crs: str) -> Home:
    if wards is None or not len(wards):
        return Home(crs)
    west, south, east, north = (float(v) for v in wards.frame.total_bounds)
    return Home(crs, (west, south, east, north), wards.crs)


def _one(path: Path) -> FoundFile:
    """Return the only file under a path."""
    found = find([path])
    if len(found.files) == 1:
        return found.files[0]
    raise DataError(
        f"One file is inspected at a time; {path} holds {len(found.files):,} tables: give the "
        "path of one of them."
    )


def _known(file: FoundFile) -> tuple[str, ...] | None:
    """Return what a file of a known format is."""
    for reader in READERS[:-1]:
        header = peek(file, reader.dialect(Context(DEFAULT_CRS)))
        if reason := reader.refusal(file.name, header):
            return (f"{file.name} is {reason}; it is not imported.",)
        if reader.sniff(file.name, header):
            return (
                f"{file.name} is {reader.label} ({reader.name}), which is read as it is: no "
                "mapping is needed.",
            )
    return None


def _format(file: FoundFile) -> str:
    name = next((f.name for f in TABLES if file.suffix in f.suffixes), "a table")
    packed = ", packed by gzip" if file.compressed else ""
    return f"{file.name} is a table: {name}{packed}."


def _sheets(file: FoundFile) -> list[str]:
    if file.suffix not in _WORKBOOKS:
        return []
    from python_calamine import CalamineError, load_workbook

    try:
        with file.as_path() as path, load_workbook(str(path)) as workbook:
            names = list(workbook.sheet_names)
    except (CalamineError, OSError, ValueError):
        return []
    if len(names) < 2:
        return []
    return [
        f"The workbook has the sheets {named(names)}; the first visible one with a table was "
        "looked at: set `sheet` in the mapping for another."
    ]


# -- what is no table of incidents ----------------------------------------------------------------


def _no_incidents(records: Records) -> str | None:
    """Return what a table is that can hold no incidents."""
    header = records.header
    if len(header) < 2:
        return (
            f"It has one column only ({quoted(header[0] if header else '')}), so it is no table "
            "of incidents, or its separator is none that is known."
        )
    words = {name.lower() for name in header}
    if {"pcd", "pcds", "pcd7", "pcd8"} & words and {"oseast1m", "osnrth1m", "lat"} & words:
        return "It is a directory of postcodes (ONS): load it with `hotspots add postcodes`."
    data = [name for name in header if _is_data(name)]
    if _POSTCODE.fullmatch(header[0]) and sum(bool(_CODE.fullmatch(n)) for n in header) >= 3:
        return (
            "It is a file of postcodes (OS Code-Point Open, which has no header row): load it with "
            "`hotspots add postcodes`."
        )
    if len(data) >= max(2, 0.3 * len(header)):
        return (
            f"It has no header row: the first row has {named(data)} where names must be; add a "
            "row of column names."
        )
    return None


def _is_data(name: str) -> bool:
    if re.fullmatch(r"[-+]?\d+(\.\d+)?", name) or _CODE.fullmatch(name):
        return True
    return bool(_POSTCODE.fullmatch(name)) or any(True for _ in candidates(name))


# -- a proposal -----------------------------------------------------------------------------------


@dataclass
class _Look:
    """What is known of a file before its columns are."""

    told: list[str]
    writing: Writing | None
    sample: Sample
    stated: str | None
    home: Home


def _proposed(file: FoundFile, look: _Look) -> Inspection:
    records = look.sample.records
    columns = columns_of(records)
    told = [*look.told, *_left_out(records, columns)]
    when = when_of(columns, uk=look.home.uk)
    where = where_of(columns, when.used, look.home, look.stated)
    kinds = kinds_of(columns, when.used | where.used, len(records.frame))
    told += [*when.sentences, *where.sentences, *kinds.sentences]
    mapping = _mapping(file, look, when, where, kinds)
    if mapping is None:
        told.append("No mapping can be proposed: it needs a date and a place for each incident.")
        return Inspection(file.name, None, tuple(_clean(told)))
    questions = [*when.questions, *where.questions, *kinds.questions]
    trial = _trial(mapping, file, look, where)
    told.append(trial.sentence)
    told += [f"To check: {question}" for question in questions]
    tried = trial.fault is None
    return Inspection(
        file=file.name,
        mapping=mapping,
        sentences=tuple(_clean(told)),
        questions=tuple(_clean(questions)),
        kept=trial.kept if tried else None,
        rejected=sum(trial.rejected.values()) if tried else None,
        alternative_dates=when.alternative,
        unmapped=kinds.unmapped,
        counts=tuple(kinds.counts.items()),
        exclude=tuple(kinds.exclude.items()),
        crs_unknown=where.unknown_crs,
    )


def _left_out(records: Records, columns: Sequence[Column]) -> list[str]:
    known = {c.name for c in columns}
    lost = [name for name in dict.fromkeys(records.header) if name not in known]
    if not lost:
        return []
    return [
        f"Columns without a name of their own cannot be used: {named(lost)} (blank, or there more "
        "than once)."
    ]


def _mapping(
    file: FoundFile, look: _Look, when: When, where: Where, kinds: Kinds
) -> Mapping | None:
    if not when.columns or not (where.columns or where.used):
        return None
    keys: dict[str, Any] = {"source": re.sub(r"(\.[A-Za-z]{2,7})+$", "", file.name) or file.name}
    if look.writing is not None:
        keys |= {"encoding": look.writing.encoding, "delimiter": look.writing.delimiter}
    keys |= where.keys
    keys["columns"] = {**kinds.columns, **when.columns, **where.columns}
    keys["dates"] = when.dates
    keys["categories"] = kinds.categories
    keys["flags"] = kinds.flags
    keys["rules"] = kinds.rules
    if "category" not in kinds.columns:
        keys["defaults"] = {"category": "unmapped"}
    try:
        return Mapping.model_validate(keys)
    except ValidationError:
        return None


def _trial(mapping: Mapping, file: FoundFile, look: _Look, where: Where) -> Trial:
    if where.unknown_crs:
        # any CRS in metres shows what else is wrong, not where incidents are
        return Trial(0, {}, {}, "the CRS must be given first.")
    return try_out(mapping, look.sample.records, file.name, look.stated, look.home)


def _clean(sentences: Sequence[str]) -> list[str]:
    return ["".join(c if c.isprintable() else " " for c in text) for text in sentences]
