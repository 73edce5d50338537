"""Which column of a ward file holds the code, the name and the district."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import DataError

# in order of preference; each is matched against the whole column name, case ignored
_CODE = (
    r"wd\d\dcd",
    r"(ward|wd)_?\d*_?(code|cd|gss|gss_?code)",
    r"(lsoa|msoa|oa)\d\dcd",
    r"gss_?code|area_?code",
    r"code",
)
_NAME = (
    r"wd\d\dnm",
    r"(ward|wd)_?\d*_?(name|nm)",
    r"(lsoa|msoa|oa)\d\dnm",
    r"area_?name",
    r"name|ward",
)
_DISTRICT_CODE = (r"(lad|ltla)\d\dcd", r"(lad|ltla|district|la)_?\d*_?(code|cd)")
_DISTRICT_NAME = (r"(lad|ltla)\d\dnm", r"(lad|ltla|district|la)_?\d*_?(name|nm)")
#: An ONS code, such as E07000107.
_ONS_CODE = re.compile(r"[ENSW]\d{8}")


def ward_columns(frame: gpd.GeoDataFrame, given: str | None, file: str) -> str:
    """Return the column of the ward code.

    Raises
    ------
    DataError
        If the one given is not there, none is recognised, or several are.
    """
    if given is not None:
        return _present(frame, given, "--code-column", file)
    found = _detect(frame, _CODE)
    if not found:
        raise DataError(
            f"A ward file must have a column of ward codes, such as WD21CD or ward_code; {file} "
            f"has {_listed(frame)}: say which with --code-column."
        )
    return _only(found, "ward codes", "--code-column", file)


def name_column_of(
    frame: gpd.GeoDataFrame, given: str | None, code: str, code_was_given: bool, file: str
) -> str | None:
    """Return the column of the ward name, None where the codes must stand for the names.

    Raises
    ------
    DataError
        If the one given is not there, or none is recognised beside a recognised code column.
    """
    if given is not None:
        return _present(frame, given, "--name-column", file)
    found = [column for column in _detect(frame, _NAME) if column != code]
    # WD13CD and WD21CD in one file: the name goes with the code chosen
    twin = [
        c for c in found if re.sub(r"(?i)(nm|name)$", "", c) == re.sub(r"(?i)(cd|code)$", "", code)
    ]
    if found:
        return _only(twin or found, "ward names", "--name-column", file)
    if code_was_given:
        return None
    raise DataError(
        f"A ward file must have a column of ward names, such as WD21NM or ward_name; {file} has "
        f"{_listed(frame)}: say which with --name-column."
    )


def district_columns(
    frame: gpd.GeoDataFrame, file: str
) -> tuple[pd.Series[Any], pd.Series[Any], list[str]]:
    """Return district codes and names, missing where unknown, and what was assumed.

    Without a column of district codes, an ONS code in the file's name is the district of all.
    """
    report: list[str] = []
    code: pd.Series[Any] | None = _values(frame, _DISTRICT_CODE)
    name = _values(frame, _DISTRICT_NAME)
    if code is None and (match := _ONS_CODE.search(PurePath(file).name)):
        code = pd.Series(match[0], index=frame.index, dtype="str")
        report.append(f"{file} has no district column: {match[0]} was taken from its name.")
    missing: pd.Series[Any] = pd.Series(np.nan, index=frame.index, dtype="str")
    return missing if code is None else code, missing if name is None else name, report


def texts(values: pd.Series[Any]) -> pd.Series[str]:
    """Return values as texts without surrounding blanks, missing where blank.

    A whole number, also one stored as a float, is written without a decimal point.
    """
    if pd.api.types.is_float_dtype(values.dtype) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return _stripped(values)


def _stripped(values: pd.Series[Any]) -> pd.Series[str]:
    plain = values.astype(object)
    there = plain.notna()
    text = plain.where(there, "").map(str).astype("str").str.strip()
    return text.where(there & (text != ""))


def _values(frame: gpd.GeoDataFrame, patterns: Sequence[str]) -> pd.Series[str] | None:
    found = _detect(frame, patterns)
    # two vintages of districts in one file: neither is more right than the other
    return texts(frame[found[0]]) if len(found) == 1 else None


def _detect(frame: gpd.GeoDataFrame, patterns: Sequence[str]) -> list[str]:
    names = [str(column) for column in frame.columns if column != frame.geometry.name]
    for pattern in patterns:
        found = [name for name in names if re.fullmatch(pattern, name.strip(), re.IGNORECASE)]
        if found:
            return found
    return []


def _present(frame: gpd.GeoDataFrame, given: str, option: str, file: str) -> str:
    if given not in frame.columns or given == frame.geometry.name:
        raise DataError(
            f"{option} must name a column of the file; {file} has {_listed(frame)} and no "
            f"{given!r}: give one of these."
        )
    return given


def _only(found: Sequence[str], what: str, option: str, file: str) -> str:
    if len(found) > 1:
        raise DataError(
            f"A ward file must have one column of {what}; {file} has {', '.join(found)}: say "
            f"which with {option}."
        )
    return found[0]


def _listed(frame: gpd.GeoDataFrame) -> str:
    columns = [str(c) for c in frame.columns if c != frame.geometry.name]
    return f"the columns {', '.join(columns)}" if columns else "no columns"
