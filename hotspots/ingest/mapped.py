"""Any export, read by the mapping file that says what its columns mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import DataError
from hotspots.ingest.dating import Times, recorded_of, when_of
from hotspots.ingest.kinds import Kinds, flags_of
from hotspots.ingest.mapping import Mapping
from hotspots.ingest.placing import Place, Written, place
from hotspots.ingest.readers import (
    Context,
    FileRows,
    Reader,
    Reasons,
    finish,
    text_of,
)
from hotspots.ingest.records import Records, listed
from hotspots.ingest.tables.base import GEOMETRY_X, GEOMETRY_Y, Dialect

#: First and last year an incident can be of.
PLAUSIBLE_YEARS = (1970, 2100)
NAME = "mapping"


def _sniff(_name: str, header: tuple[str, ...]) -> bool:
    return len(header) > 1


def _refusal(_name: str, _header: tuple[str, ...]) -> str | None:
    return None


def dialect_of(mapping: Mapping | None) -> Dialect:
    """Return how the text of a file is written, the plain way without a mapping."""
    if mapping is None:
        return Dialect()
    return Dialect(mapping.encoding, mapping.delimiter, mapping.sheet)


def _dialect(context: Context) -> Dialect:
    return dialect_of(context.mapping)


def _start(name: str, header: tuple[str, ...], crs: str | None, context: Context) -> Mapped:
    if context.mapping is None:
        raise DataError(
            f"A file of no format that is recognised must come with a mapping file; {name} came "
            "without: add --mapping FILE (see docs/mapping.md)."
        )
    return Mapped(name, header, crs, context, context.mapping)


class Mapped:
    """Reads the blocks of one file by a mapping.

    Precision is "minute" where the times are known, else "day", or "month" if the mapping says
    so; then ``ends_at`` is the end of the last day or month minus one second. A text in no entry
    of ``[categories]`` is kept as "unmapped".
    A reference that an earlier kept row of the file has is a duplicate; rows without a reference
    are never duplicates.

    Parameters
    ----------
    name : str
        The file's name.
    header : tuple of str
        Its columns.
    crs : str or None
        The CRS that the file states; the mapping's goes before it.
    context : Context
        The CRS wanted, the area and the postcodes.
    mapping : Mapping
        What the columns mean.

    Raises
    ------
    DataError
        If the file lacks a column, or nothing says where its incidents are.
    """

    #: A mapping cannot know what a file is about.
    key: str | None = None

    def __init__(
        self,
        name: str,
        header: tuple[str, ...],
        crs: str | None,
        context: Context,
        mapping: Mapping,
    ) -> None:
        _check_columns(header, mapping, name)
        self._name = name
        self._context = context
        self._mapping = mapping
        self._pairs = _pairs(header, mapping, name)
        self._crs = mapping.crs or crs
        if self._pairs and self._crs is None:
            raise DataError(
                f"Coordinates must have a CRS; neither {name} nor its mapping states one: set "
                '`crs` in the mapping, for example to "EPSG:27700".'
            )
        self._kinds = Kinds(mapping)

    @property
    def series(self) -> str | None:
        """The mapping's ``source``, among whose exports a reference is unique."""
        return self._mapping.source if self._mapping.columns.reference else None

    def take(self, records: Records) -> FileRows:
        """Return what became of the next block's rows."""
        mapping = self._mapping
        columns = mapping.columns
        reasons = Reasons(len(records.frame))
        for column, excluded in mapping.exclude.items():
            given = records.stripped(column)
            for value in excluded:
                reasons.add(given == value.strip(), f'{column} is "{value}"')
        cancelled = ~reasons.kept
        where = self._place(records, reasons)
        when = when_of(records, mapping)
        reasons.add(when.unreadable, "no readable date")
        reasons.add(_implausible(when.starts), "no plausible year")
        reasons.add(when.ends < when.starts, "to-date before from-date")
        reference = text_of(records, columns.reference)
        self._check_repeats(reference, records, reasons)
        category, subcategory, given = self._kinds.of(records)
        values = {
            "reference": reference,
            "category": category,
            "subcategory": subcategory,
            "source_category": given,
            "flags": flags_of(records, mapping),
            "starts_at": when.starts,
            "ends_at": when.ends,
            "precision": when.precision,
            "recorded_at": recorded_of(records, mapping),
            "x": where.x,
            "y": where.y,
            "placed": where.placed,
            "location": text_of(records, columns.location, strip=False),
            "agency": text_of(records, columns.agency).fillna(mapping.defaults.agency or np.nan),
        }
        return finish(records, self._name, reasons, values, reference.where(cancelled))

    def _place(self, records: Records, reasons: Reasons) -> Place:
        columns = self._mapping.columns
        written = Written(
            pairs=tuple((records.column(x), records.column(y)) for x, y in self._pairs),
            crs=self._crs if self._pairs else None,
            grid_reference=_column(records, columns.grid_reference),
            postcode=_column(records, columns.postcode),
            masked=self._mapping.masked,
            decimal=self._mapping.decimal,
        )
        return place(written, len(records.frame), self._context, reasons)

    def _check_repeats(self, reference: pd.Series[str], records: Records, reasons: Reasons) -> None:
        kept = reference[reasons.kept].dropna()
        rows = records.rows[kept.index]
        first = self._context.references.first(kept, rows)
        for at in np.flatnonzero(first != rows).tolist():
            reason = f"reference repeated (first at row {first[at]} of {self._name})"
            reasons.add_at(int(kept.index[at]), reason)


def _check_columns(header: tuple[str, ...], mapping: Mapping, name: str) -> None:
    missing = [column for column in mapping.named() if column not in header]
    if missing:
        raise DataError(
            f"A file must have every column that the mapping names; {name} lacks "
            f"{listed(missing)} and has {listed(header)}: correct the mapping."
        )
    twice = [column for column in mapping.named() if header.count(column) > 1]
    if twice:
        raise DataError(
            f"A column that the mapping names must be in the file once; {name} has "
            f"{listed(twice)} more than once: rename one of them."
        )


def _pairs(header: tuple[str, ...], mapping: Mapping, name: str) -> tuple[tuple[str, str], ...]:
    """Return the columns of the coordinates; the file's own geometry if none are named."""
    columns = mapping.columns
    if columns.x is not None and columns.y is not None:
        return tuple(zip(columns.x, columns.y, strict=True))
    if GEOMETRY_X in header and GEOMETRY_Y in header:
        return ((GEOMETRY_X, GEOMETRY_Y),)
    if columns.grid_reference is None and columns.postcode is None:
        raise DataError(
            f"Something in a file must say where its incidents are; {name} has no points of its "
            "own, and its mapping names none of columns.x with columns.y, columns.grid_reference "
            "and columns.postcode: add one."
        )
    return ()


def _column(records: Records, name: str | None) -> pd.Series[str] | None:
    return None if name is None else records.column(name)


def _implausible(starts: Times) -> NDArray[np.bool_]:
    """Return which dates are an export's way to say "open" or "unknown": 31/12/9999, 01/01/0001."""
    years = starts.astype("datetime64[Y]").astype(np.int64) + 1970
    outside = (years < PLAUSIBLE_YEARS[0]) | (years > PLAUSIBLE_YEARS[1])
    return np.asarray(outside & ~np.isnat(starts))


READER = Reader(NAME, "a file read by a mapping", _sniff, _refusal, _dialect, _start)
