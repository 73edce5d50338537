"""Typed columns -> text, one way for every format that has types."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.ingest.records import Records, number_text


def block(header: tuple[str, ...], columns: list[Any], first_row: int) -> Records:
    """Return typed columns (pyarrow arrays of one length) as records; see ``Records.frame``.

    Raises
    ------
    ValueError
        If a text is not in UTF-8, as damaged files have it.
    """
    texts = [as_text(column) for column in columns]
    for text in texts:
        text.validate(full=True)
    names = [str(position) for position in range(len(header))]
    frame = pa.table(texts, names=names).to_pandas()
    rows = np.arange(first_row, first_row + len(frame), dtype=np.int64)
    return Records(header, frame.astype("str"), rows)


def as_text(column: Any) -> Any:
    """Return a column as text, "" where a value is missing.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray
        Any type; floats that are NaN are missing, and whole ones are written without ".0".
    """
    return pc.fill_null(_texts(_simple(column)), "").cast(pa.string())


def _simple(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # more than one chunk can hold
            column = pa.concat_arrays(column.chunks)
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column


def _texts(column: Any) -> Any:
    kind = column.type
    types = pa.types
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return column
    if types.is_floating(kind):
        return _floats(column)
    if types.is_timestamp(kind):
        return _instants(column)
    if types.is_time(kind):
        return _without_zeros(column.cast(pa.string()))
    plain = (types.is_boolean, types.is_integer, types.is_date, types.is_decimal, types.is_null)
    if any(test(kind) for test in plain):
        return column.cast(pa.string())
    values = (None if v is None else _other(v) for v in column.to_pylist())
    return pa.array(values, pa.string())


def _floats(column: Any) -> Any:
    column = column.cast(pa.float64())
    column = pc.if_else(pc.is_nan(column), None, column)
    texts = column.cast(pa.string())
    # Arrow writes 1e+10 and 1e-7 where Python writes 10000000000.0 and 1e-07
    if not pc.any(pc.match_substring(texts, "e")).as_py():
        return texts
    values = zip(texts.to_pylist(), column.to_pylist(), strict=True)
    return pa.array([number_text(v) if t and "e" in t else t for t, v in values], pa.string())


def _instants(column: Any) -> Any:
    if column.type.tz is not None:
        values = column.cast(pa.timestamp("us", column.type.tz), safe=False).to_pylist()
        return pa.array([v and v.isoformat(sep=" ") for v in values], pa.string())
    return _without_zeros(column.cast(pa.timestamp("us"), safe=False).cast(pa.string()))


def _without_zeros(texts: Any) -> Any:
    return pc.replace_substring_regex(texts, r"\.0+$", "")


def _other(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, ensure_ascii=False, default=str)


def coordinates(geometries: Any) -> tuple[Any, Any, set[str]]:
    """Return x and y of points as text columns, and what other geometries there are.

    Parameters
    ----------
    geometries : ndarray of shapely geometries
        None and empty ones have blank coordinates; a multi-point of one point is that point.
    """
    import shapely

    empty = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    kinds = shapely.get_type_id(geometries)
    single = (kinds == 4) & (shapely.get_num_geometries(geometries) == 1)
    points = np.where(single, shapely.get_geometry(geometries, 0), geometries)
    wrong = ~empty & (shapely.get_type_id(points) != 0)
    names = {str(geometry.geom_type) for geometry in geometries[wrong][:1000]}
    points = np.where(empty | wrong, None, points)
    x, y = (pa.array(f(points), from_pandas=True) for f in (shapely.get_x, shapely.get_y))
    return as_text(x), as_text(y), names


def short_crs(crs: Any) -> str | None:
    """Return a CRS as readers take it, the horizontal part of a three-dimensional one.

    None without one, or where PROJ cannot read it.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if crs is None:
        return None
    try:
        flat = CRS.from_user_input(crs).to_2d()
    except CRSError:
        return None
    text = str(flat.to_string())
    return "EPSG:4326" if text == "OGC:CRS84" else text
