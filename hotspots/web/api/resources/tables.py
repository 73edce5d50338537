"""The tables of a result: hot spots, cells, wards and the density map, as GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import geopandas as gpd
from pydantic import BaseModel

from hotspots.meeting.meeting import spot_id
from hotspots.profile import CLASSES
from hotspots.web.api import answers
from hotspots.web.api.arguments import OfCells, OfHotspots, OfPagedView, Paged
from hotspots.web.api.common import Shown, counts, part, shown
from hotspots.web.api.resource import GEOJSON, Made, Resource
from hotspots.web.api.writing import geometries, points
from hotspots.web.context import Context

M = TypeVar("M", bound=BaseModel)
#: Columns that mean nothing where the period's incidents are missing from the files.
_COUNTED = (
    "incidents",
    "share",
    "rank",
    "rate_per_1000",
    "local_incidents",
    "local_expected",
    "gi_star_z",
    "gi_star_p",
    "gi_star_p_adjusted",
    "change_p",
    "change_p_adjusted",
    "intensity_per_km2",
)


def _hotspots(context: Context, asked: OfHotspots) -> Made:
    found = shown(context, asked)
    frame = found.result.places if asked.further else found.result.hotspots
    if asked.question:
        frame = frame[frame["question"] == asked.question]
    rows = _part(frame, asked)
    peaks = points(rows[["peak_x", "peak_y"]].to_numpy(), found.result.wards.crs)
    features = [
        answers.HotspotFeature(
            id=row["id"],
            geometry=shape,
            properties=_properties(
                answers.Hotspot, {**row, "hot": row.get("hot", True)}, peak=peak
            ),
        )
        for row, shape, peak in zip(
            [_with_address(row, found) for row in _rows(rows)],
            _shapes(rows),
            peaks,
            strict=True,
        )
    ]
    return _made(answers.Hotspots, found, features, len(frame), asked)


def _with_address(row: dict[str, Any], found: Shown) -> dict[str, Any]:
    place = spot_id(found.result.category, row["question"], (row["peak_x"], row["peak_y"]))
    on_map = {name: value for name, value in found.pinned.items() if name != "category"}
    return {**row, "id": place, "href": f"/api/v1/places/{place}?{urlencode(on_map)}"}


def _cells(context: Context, asked: OfCells) -> Made:
    found = shown(context, asked)
    frame = found.result.cells
    if asked.min_class:
        least = CLASSES.index(asked.min_class.replace("-", " "))
        frame = frame[frame[asked.question].isin(CLASSES[: least + 1])]
    rows = _part(frame, asked)
    features = [
        answers.CellFeature(
            id=row["cell_id"], geometry=shape, properties=_known(answers.Cell, row, found)
        )
        for row, shape in zip(_rows(rows), _shapes(rows), strict=True)
    ]
    return _made(answers.Cells, found, features, len(frame), asked)


def _wards(context: Context, asked: OfPagedView) -> Made:
    found = shown(context, asked)
    rows = _part(found.result.wards, asked)
    features = [
        answers.WardFeature(
            id=row["ward_code"], geometry=shape, properties=_known(answers.Ward, row, found)
        )
        for row, shape in zip(_rows(rows), _shapes(rows), strict=True)
    ]
    return _made(answers.WardTable, found, features, len(found.result.wards), asked)


def _density(context: Context, asked: OfPagedView) -> Made:
    found = shown(context, asked)
    rows = _part(found.result.density, asked)
    features = [
        answers.BandFeature(geometry=shape, properties=_properties(answers.Band, row))
        for row, shape in zip(_rows(rows), _shapes(rows), strict=True)
    ]
    return _made(answers.Density, found, features, len(found.result.density), asked)


def _part(frame: gpd.GeoDataFrame, asked: Paged) -> gpd.GeoDataFrame:
    return part(frame, asked)


def _rows(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.drop(columns=frame.geometry.name).to_dict("records")
    return rows


def _shapes(frame: gpd.GeoDataFrame) -> list[answers.Geometry | None]:
    return geometries(frame.geometry) if len(frame) else []


def _properties(model: type[M], row: Mapping[str, Any], **more: Any) -> M:
    """Return a model of the columns that it has."""
    values = {**row, **more}
    return model(**{name: values[name] for name in model.model_fields})


def _known(model: type[M], row: Mapping[str, Any], found: Shown) -> M:
    """Return the same without what is counted, where the period is not known."""
    unknown = {} if found.known else {name: None for name in _COUNTED if name in row}
    return _properties(model, row, **unknown)


def _made(
    model: type[BaseModel],
    found: Shown,
    features: list[Any],
    matched: int,
    asked: Paged,
) -> Made:
    answer = model(about=found.about, features=features, **counts(matched, features))
    return Made(answer, matched, found.pinned)


RESOURCES = (
    Resource(
        "hotspots",
        "/hotspots",
        "The hot spots of a period, with their outlines.",
        OfHotspots,
        answers.Hotspots,
        _hotspots,
        GEOJSON,
        computed=True,
    ),
    Resource(
        "cells",
        "/cells",
        "The squares of the grid, with counts and both tests.",
        OfCells,
        answers.Cells,
        _cells,
        GEOJSON,
        computed=True,
    ),
    Resource(
        "wards",
        "/wards",
        "The wards, with counts, rates and Gi*.",
        OfPagedView,
        answers.WardTable,
        _wards,
        GEOJSON,
        computed=True,
    ),
    Resource(
        "density",
        "/density",
        "The bands of the density map.",
        OfPagedView,
        answers.Density,
        _density,
        GEOJSON,
        computed=True,
    ),
)
