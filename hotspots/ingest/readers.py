"""What every reader is given and gives back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from hotspots.errors import UsageError
from hotspots.ingest.mapping import Mapping
from hotspots.ingest.records import Records
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
        Where incidents are expected, in ``crs``; only used to recognise swapped coordinates.
    mapping : Mapping or None
        How to read a file that explains itself no better.
    references : dict of str to (int, str)
        Row and file that each reference was first kept from; readers add to it.
    """

    crs: str
    area: Area | None = None
    mapping: Mapping | None = None
    references: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class FileRows:
    """What a reader made of one file: ``INCIDENT_COLUMNS`` and ``REJECTION_COLUMNS``."""

    incidents: pd.DataFrame
    rejections: pd.DataFrame
    key: str | None = None


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
        Whether a file with this first record is of the format.
    refusal : callable (file name, header) -> str or None
        Why a file that is recognised is not wanted, such as "an outcomes file, not street-level
        incidents"; None for every other file.
    read : callable (content, file name, context) -> FileRows
        Read the unpacked bytes. Raises DataError if the file is not as the format says.
    """

    name: str
    label: str
    sniff: Callable[[str, tuple[str, ...]], bool]
    refusal: Callable[[str, tuple[str, ...]], str | None]
    read: Callable[[bytes, str, Context], FileRows]


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
    records: Records, file: str, reasons: Reasons, columns: dict[str, Any], key: str | None = None
) -> FileRows:
    """Return the records without a reason as incidents, the others as rejections.

    Parameters
    ----------
    columns : dict
        ``INCIDENT_COLUMNS`` but ``file`` and ``row``: one value for every record of
        ``records.frame``, or one for all of them.
    """
    kept = reasons.kept
    frame = pd.DataFrame({**columns, "file": file, "row": records.rows}, index=records.frame.index)
    frame = frame.loc[kept, list(INCIDENT_COLUMNS)].reset_index(drop=True)
    texts = [name for name in INCIDENT_COLUMNS if name not in _NOT_TEXT]
    frame = frame.astype(dict.fromkeys(texts, "str"))
    return FileRows(frame, _rejections(records, file, reasons), key)


_NOT_TEXT = ("starts_at", "ends_at", "x", "y", "row")


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


def look_up(texts: pd.Series[str], table: dict[str, str], default: str) -> pd.Series[str]:
    """Return each text's entry in a table, ``default`` where it has none."""
    codes, distinct = pd.factorize(texts)
    found = pd.Series([table.get(text, default) for text in distinct], dtype="str")
    return found.take(codes).set_axis(texts.index)


def locate(
    x: pd.Series[str], y: pd.Series[str], source: str, context: Context, reasons: Reasons
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coordinates in the CRS of ``context``, and give ``reasons`` what is wrong with them.

    Parameters
    ----------
    x, y : Series of str
        Easting and northing or longitude and latitude, as written.
    source : str
        Their CRS.

    Returns
    -------
    x, y : ndarray, shape (n,)
        Metres; not finite where a record got a reason.
    """
    reasons.add((x.str.strip() == "") | (y.str.strip() == ""), "no coordinates")
    given_x, given_y = _numbers(x), _numbers(y)
    numbers = np.isfinite(given_x) & np.isfinite(given_y)
    reasons.add(~numbers, "coordinates are not numbers")
    reasons.add((given_x == 0) & (given_y == 0), "coordinates are 0, 0")
    project = transformer(source, context.crs)
    easting, northing = project.transform(given_x, given_y)
    geographic = _crs(source).is_geographic
    if context.area is not None:
        swapped = _inside(*project.transform(given_y, given_x), context.area)
        pair = "longitude and latitude" if geographic else "easting and northing"
        there = _inside(easting, northing, context.area)
        reasons.add(numbers & swapped & ~there, f"{pair} look swapped")
    if geographic:
        off = (np.abs(given_x) > 180) | (np.abs(given_y) > 90)
        reasons.add(off, "coordinates are outside longitude ±180 and latitude ±90")
    lost = ~(np.isfinite(easting) & np.isfinite(northing))
    reasons.add(lost, f"coordinates are beyond what {context.crs} can show")
    return easting, northing


def _numbers(texts: pd.Series[str]) -> NDArray[np.float64]:
    return np.array(pd.to_numeric(texts, errors="coerce"), dtype=np.float64)


def _inside(x: NDArray[np.float64], y: NDArray[np.float64], area: Area) -> NDArray[np.bool_]:
    west, south, east, north = area
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


@lru_cache(maxsize=32)
def transformer(source: str, target: str) -> Transformer:
    """Return the transformer between two CRS, x before y in both."""
    return Transformer.from_crs(_crs(source), _crs(target), always_xy=True)


@lru_cache(maxsize=32)
def _crs(name: str) -> CRS:
    return CRS.from_user_input(name)


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
