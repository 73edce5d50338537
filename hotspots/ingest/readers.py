"""What every reader is given and gives back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from hotspots.errors import UsageError
from hotspots.ingest.first_rows import FirstRows
from hotspots.ingest.mapping import Mapping
from hotspots.ingest.records import Records
from hotspots.ingest.tables.base import Dialect
from hotspots.model import INCIDENT_COLUMNS, REJECTION_COLUMNS

Area = tuple[float, float, float, float]


@dataclass(frozen=True)
class Context:
    """What holds for all files of one call.

    Parameters
    ----------
    crs : str
        Projected CRS in metres that x and y are wanted in.
    area : (min x, min y, max x, max y) or None
        Where incidents are expected, in ``crs``; only used to recognise and mend coordinates.
    mapping : Mapping or None
        How to read a file that explains itself no better.
    postcodes : Postcodes or None
        Where postcodes are, for rows that have nothing better.
    references : FirstRows
        Where each reference of the file was first kept; readers add to it.
    """

    crs: str
    area: Area | None = None
    mapping: Mapping | None = None
    postcodes: Postcodes | None = None
    references: FirstRows = field(default_factory=FirstRows)


class Postcodes(Protocol):
    """Where postcodes are."""

    def locate(self, postcodes: pd.Series[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y of each postcode in the CRS wanted, NaN where it is not known."""
        ...


@dataclass(frozen=True)
class FileRows:
    """What a reader made of one block: ``INCIDENT_COLUMNS`` and ``REJECTION_COLUMNS``.

    ``withdrawn`` has for each rejection the reference of the incident that its export withdraws
    (a cancelled one), missing for all others.
    """

    incidents: pd.DataFrame
    rejections: pd.DataFrame
    withdrawn: pd.Series[str] | None = None


class FileReader(Protocol):
    """Reads the blocks of one file, in order."""

    def take(self, records: Records) -> FileRows:
        """Return what became of the next block's rows; ``len(records)`` = kept + rejected."""
        ...

    @property
    def key(self) -> str | None:
        """What the file is about, known after its last block; see ``SourceFile.key``."""
        ...

    @property
    def series(self) -> str | None:
        """The exports among which a reference is unique; see ``SourceFile.series``."""
        ...


@dataclass(frozen=True)
class Reader:
    """One source format.

    Parameters
    ----------
    name : str
        What ``source=`` calls it.
    label : str
        The format in words.
    sniff : callable (file name, header) -> bool
        Whether a file with this header is of the format.
    refusal : callable (file name, header) -> str or None
        Why a file that is recognised is not wanted, such as "an outcomes file, not street-level
        incidents"; None for every other file.
    dialect : callable (Context) -> Dialect
        How the text of such a file is written.
    start : callable (file name, header, crs of the file or None, Context) -> FileReader
        Begin to read a file. Raises DataError if its header is not as the format says.
    """

    name: str
    label: str
    sniff: Callable[[str, tuple[str, ...]], bool]
    refusal: Callable[[str, tuple[str, ...]], str | None]
    dialect: Callable[[Context], Dialect]
    start: Callable[[str, tuple[str, ...], str | None, Context], FileReader]


class Reasons:
    """Why each record is rejected: the first reason that applies, none if it is kept."""

    def __init__(self, records: int) -> None:
        self._texts: dict[int, str] = {}
        self._kept = np.ones(records, dtype=bool)

    def add(self, wrong: Any, reason: str) -> None:
        """Give a reason to the records where ``wrong`` holds and none was given before."""
        fresh = np.asarray(wrong, dtype=bool) & self._kept
        self._texts.update(dict.fromkeys(np.flatnonzero(fresh).tolist(), reason))
        self._kept &= ~fresh

    def add_at(self, position: int, reason: str) -> None:
        """Give a reason to one record that is kept so far."""
        self._texts[position] = reason
        self._kept[position] = False

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Where no reason was given, shape (n,)."""
        return self._kept.copy()

    def items(self) -> list[tuple[int, str]]:
        """Return position and reason of every rejected record, in order."""
        return sorted(self._texts.items())


def finish(
    records: Records,
    file: str,
    reasons: Reasons,
    columns: dict[str, Any],
    withdrawn: pd.Series[str] | None = None,
) -> FileRows:
    """Return the records without a reason as incidents, the others as rejections.

    Parameters
    ----------
    columns : dict
        ``INCIDENT_COLUMNS`` but ``file`` and ``row``: one value for every record of
        ``records.frame``, or one for all of them. ``subcategory``, ``flags``, ``recorded_at``
        and ``placed`` may be left out.
    withdrawn : Series of str or None
        For every record of ``records.frame`` the reference that it withdraws, missing for most.
    """
    kept = reasons.kept
    columns = {**_DEFAULTS, **columns}
    frame = pd.DataFrame({**columns, "file": file, "row": records.rows}, index=records.frame.index)
    frame = frame.loc[kept, list(INCIDENT_COLUMNS)].reset_index(drop=True)
    texts = [name for name in INCIDENT_COLUMNS if name not in _NOT_TEXT]
    moments = dict.fromkeys(("starts_at", "ends_at", "recorded_at"), "datetime64[us]")
    frame = frame.astype({**dict.fromkeys(texts, "str"), **moments})
    rejections = _rejections(records, file, reasons)
    if withdrawn is None:
        return FileRows(frame, rejections)
    by_row = dict(zip(records.rows.tolist(), withdrawn.tolist(), strict=True))
    ended = pd.Series([by_row.get(row, np.nan) for row in rejections["row"]], dtype="str")
    return FileRows(frame, rejections, ended)


_NOT_TEXT = ("starts_at", "ends_at", "recorded_at", "x", "y", "row")
_DEFAULTS: dict[str, Any] = {
    "subcategory": np.nan,
    "flags": np.nan,
    "recorded_at": np.datetime64("NaT", "us"),
    "placed": "given",
}


def _rejections(records: Records, file: str, reasons: Reasons) -> pd.DataFrame:
    found = reasons.items()
    raws = records.raw([position for position, _ in found])
    refused = [
        (file, int(records.rows[position]), reason, raw)
        for (position, reason), raw in zip(found, raws, strict=True)
    ]
    width = len(records.header)
    for row, fields in records.ragged:
        few = "few" if len(fields) < width else "many"
        reason = f"too {few} fields: {len(fields)} instead of {width}"
        refused.append((file, row, reason, json.dumps(fields, ensure_ascii=False)))
    refused.sort(key=lambda entry: entry[1])
    frame = pd.DataFrame(refused, columns=list(REJECTION_COLUMNS))
    return frame.astype({"file": "str", "row": "int64", "reason": "str", "raw": "str"})


def or_missing(values: pd.Series[str]) -> pd.Series[str]:
    """Return texts with the blank ones missing."""
    return values.where(values.str.strip() != "")


def text_of(records: Records, name: str | None, *, strip: bool = True) -> pd.Series[str]:
    """Return a column with its blank texts missing; all are where there is no column."""
    if name is None:
        return pd.Series(np.nan, index=records.frame.index, dtype="str")
    return or_missing(records.stripped(name) if strip else records.column(name))


def look_up(texts: pd.Series[str], table: dict[str, str], default: str) -> pd.Series[str]:
    """Return each text's entry in a table, ``default`` where it has none."""
    codes, distinct = pd.factorize(texts)
    found = pd.Series([table.get(text, default) for text in distinct], dtype="str")
    return found.take(codes).set_axis(texts.index)


def check_target(crs: str) -> str:
    """Return the CRS that x and y are wanted in, in its short form.

    Raises
    ------
    UsageError
        If it is unknown, not projected, or not in metres.
    """
    try:
        known = CRS.from_user_input(crs)
    except CRSError as error:
        raise UsageError(
            f"A CRS must be one that PROJ knows, such as EPSG:27700; got {crs!r}: correct it."
        ) from error
    if not known.is_projected or any(axis.unit_name != "metre" for axis in known.axis_info[:2]):
        raise UsageError(
            f"The CRS of a workspace must be projected and in metres, such as EPSG:27700; "
            f"got {crs!r} ({known.name}): choose another."
        )
    return str(known.to_string())
