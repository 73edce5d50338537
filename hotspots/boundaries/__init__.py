"""Polygon files -> wards of one vintage, and their residents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from hotspots.boundaries.apportion import Apportioned, WeightedPoints, apportion
from hotspots.boundaries.columns import district_columns, name_column_of, texts, ward_columns
from hotspots.boundaries.coverage import coverage_report
from hotspots.boundaries.files import PolygonFile, read_polygons
from hotspots.boundaries.geometry import check_coordinates, polygons, reproject
from hotspots.boundaries.overlap import best_match
from hotspots.boundaries.population import PopulationReport, read_population
from hotspots.boundaries.residents import population_from, residents_on
from hotspots.boundaries.vintages import Choice, Vintage, check_dates, choose_vintage
from hotspots.errors import DataError, UsageError
from hotspots.model import DEFAULT_CRS, WARD_COLUMNS, Wards

# `overlap` is not named here: it would hide its module, which callers import it from
__all__ = [
    "Apportioned",
    "Choice",
    "PopulationReport",
    "Vintage",
    "WeightedPoints",
    "apportion",
    "best_match",
    "choose_vintage",
    "coverage_report",
    "population_from",
    "read_population",
    "read_wards",
    "residents_on",
]


def read_wards(
    paths: str | Path | Sequence[str | Path],
    vintage: str,
    *,
    crs: str | None = None,
    code_column: str | None = None,
    name_column: str | None = None,
    target_crs: str = DEFAULT_CRS,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Wards:
    """Read wards from GeoJSON, TopoJSON, GeoPackage or Shapefile.

    Parameters
    ----------
    paths : path or list of paths
        The files, together one set of wards; GeoJSON and TopoJSON may be ``.gz``, a Shapefile
        may be a ``.zip`` of its parts.
    vintage : str
        When the boundaries were in force, for example "2021".
    crs : str, optional
        CRS of the files that do not state theirs. GeoJSON without a CRS is longitude and
        latitude by its standard (RFC 7946), and TopoJSON if its coordinates can be.
    code_column, name_column : str, optional
        Columns of the ward's code and name; recognised by their names if None. With
        ``code_column`` given and no name recognised, the code is the name.
    target_crs : str
        CRS of the result, projected and in metres.
    valid_from, valid_to : date, optional
        The first day these wards were in force, and the first day no longer.

    Returns
    -------
    Wards
        Ordered by ward code; population NaN. ``report`` says what was assumed and repaired, and
        where the wards overlap, leave gaps or stand alone.

    Raises
    ------
    DataError
        If a file cannot be read or lacks a CRS, its coordinates cannot be of its CRS, a column
        is not there, a code is blank or repeated, or a geometry is empty or no polygon.
    UsageError
        If the vintage is blank or ends before it begins, no path is given or a CRS is unknown.
    """
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not given:
        raise UsageError("Ward files must be given; got none: give at least one.")
    if not vintage.strip():
        raise UsageError("A vintage must say when the wards were in force; got none: give a year.")
    check_dates(valid_from, valid_to)
    stated, target = _crs(crs), _crs(target_crs)
    files = [read_polygons(path, stated) for path in given]
    report = [line for file in files for line in file.report]
    parts = [_part(file, code_column, name_column, target, report) for file in files]
    frame = _together(parts, [file.name for file in files])
    repaired, repairs = polygons(frame.geometry, frame["ward_code"])
    frame = frame.set_geometry(repaired)
    frame["vintage"] = vintage.strip()
    frame["population"] = float("nan")
    wards = Wards(
        frame[list(WARD_COLUMNS)].sort_values("ward_code", kind="stable", ignore_index=True),
        vintage=vintage.strip(),
        notice="; ".join(sorted({file.notice for file in files if file.notice})) or None,
        report=(*report, *repairs),
        sha256=_hashes(files),
        valid_from=valid_from,
        valid_to=valid_to,
    )
    return replace(wards, report=(*wards.report, *coverage_report(wards)))


def _crs(name: str | None) -> CRS | None:
    if name is None:
        return None
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise UsageError(
            f"A CRS must be one that PROJ knows, such as EPSG:27700; got {name!r}: correct it."
        ) from error


def _part(
    file: PolygonFile,
    code_column: str | None,
    name_column: str | None,
    target: CRS | None,
    report: list[str],
) -> gpd.GeoDataFrame:
    """Return one file's wards in the target CRS; ``report`` gets what was assumed."""
    frame, name = file.frame, file.name
    check_coordinates(frame, name)
    code = ward_columns(frame, code_column, name)
    label = name_column_of(frame, name_column, code, code_column is not None, name)
    codes = _codes(texts(frame[code]), code, name)
    district, district_name, assumed = district_columns(frame, name)
    report += assumed
    if label is None:
        report.append(f"{name} has no column of ward names: the codes of {code} stand for them.")
    return gpd.GeoDataFrame(
        {
            "ward_code": codes,
            "ward_name": codes if label is None else texts(frame[label]).fillna(codes),
            "district_code": district,
            "district_name": district_name,
        },
        geometry=reproject(frame.geometry, codes, target, name),
    )


def _codes(codes: pd.Series[str], column: str, name: str) -> pd.Series[str]:
    blank = int(codes.isna().sum())
    if blank:
        raise DataError(
            f"Every ward must have a code; {name} is a ward file without codes in {column} "
            f"({blank} of {len(codes)} are blank): give another --code-column."
        )
    repeated = sorted(codes[codes.duplicated()].unique())
    if repeated:
        raise DataError(
            f"A ward code must be in a file once; {name} repeats {', '.join(repeated[:5])}"
            f"{' and more' if len(repeated) > 5 else ''} in {column}: join the parts of each "
            "ward, or give another --code-column."
        )
    return codes


def _together(parts: Sequence[gpd.GeoDataFrame], names: Sequence[str]) -> gpd.GeoDataFrame:
    holder: dict[str, str] = {}
    for part, name in zip(parts, names, strict=True):
        for code in part["ward_code"]:
            if code in holder:
                raise DataError(
                    f"A ward must be in one of the files; {code} is in {holder[code]} and in "
                    f"{name}: leave one of them out."
                )
        holder.update(dict.fromkeys(part["ward_code"], name))
    plain = [gpd.GeoDataFrame(part.drop(columns="geometry")) for part in parts]
    columns = pd.concat(plain, ignore_index=True)
    shapes = pd.concat([part.geometry for part in parts], ignore_index=True)
    return gpd.GeoDataFrame(columns, geometry=shapes)


def _hashes(files: Sequence[PolygonFile]) -> dict[str, str]:
    """Return file name to sha256; where two files share a name, their folder tells them apart."""
    found: dict[str, str] = {}
    for file in files:
        for name, digest in file.sha256.items():
            key = name if found.get(name, digest) == digest else f"{file.folder}/{name}"
            found[key] = digest
    return found
