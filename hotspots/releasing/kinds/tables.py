"""Tables of one result as files: hot spots, wards, squares, density, incidents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import ResultError
from hotspots.evidence.shortlist_figures import places_of, public_counts
from hotspots.exports import Raster, export_format
from hotspots.model import INCIDENT_COLUMNS, Wards
from hotspots.profile import Profile, Tier
from hotspots.releasing.about import file_stem, provenance_of
from hotspots.releasing.figures import asked_of, decided_figures, state_of
from hotspots.releasing.inputs import Inputs
from hotspots.releasing.kinds.shortlist import wards_of
from hotspots.releasing.prepared import File, Made, Prepared
from hotspots.releasing.request import ExportRequest
from hotspots.releasing.sheets import provenance_beside
from hotspots.results import TABLES, Result
from hotspots.results.surfaces import density_surface
from hotspots.results.tables import ward_table_of
from hotspots.selection import within
from hotspots.sharing.deciding import Decision
from hotspots.sharing.outlines import table_for_tier
from hotspots.sharing.restricting import check_kinds
from hotspots.taxonomy import category as category_of

Table: TypeAlias = gpd.GeoDataFrame | Raster

#: Columns of incidents that leave with their points, which are the geometry.
_INCIDENT_COLUMNS = [name for name in INCIDENT_COLUMNS if name not in ("x", "y")]
#: Columns of the ward table that would tell a ward's own count.
_OF_ITS_COUNT = (
    "incidents",
    "share",
    "rate_per_1000",
    "gi_star_z",
    "gi_star_p",
    "gi_star_p_adjusted",
    "rank",
)


def prepare(inputs: Inputs, request: ExportRequest, tier: Tier) -> Prepared:
    """Take the result that is asked for: one that was kept where no period is named."""
    result = _result(inputs, request)
    check_kinds([result.category], tier, inputs.profile.restricted_kinds)
    wards = wards_of(inputs, result, request.area)
    withholds = bool(tier.small_counts_below) and request.kind == "wards"
    asked = asked_of(wards, result.category, result.period) if withholds else ()

    def build(decision: Decision) -> Made:
        tables = _tables(inputs, request, result, wards)
        if withholds:
            _check_counts(result, wards, decision)
            tables = {"wards": _shown_wards(inputs, result, wards, decision)}
        elif request.kind == "hotspots":
            tables = {"hotspots": table_for_tier("hotspots", result.hotspots, tier, wards)}
        about = {**provenance_of(inputs, request, result), "tables": list(tables)}
        stem = file_stem(request, result.category, result.period.id)
        return Made(_files(tables, about, request.format, stem), (str(about["run"]),))

    return Prepared(asked, build)


def _result(inputs: Inputs, request: ExportRequest) -> Result:
    """Return the kept run of what is named, or the result of it made now."""
    if request.kept:
        return inputs.last_run(request.period or None, request.category or None)
    return inputs.result(request.period, request.category, request.area)


def _tables(
    inputs: Inputs, request: ExportRequest, result: Result, wards: Wards
) -> dict[str, Table]:
    if request.kind == "all":
        return {name: result.table(name) for name in TABLES}
    if request.kind == "incidents":
        _check_data(inputs, result)
        return {"incidents": _incidents(inputs, result, wards)}
    if request.kind == "density" and request.format == "tif":
        _check_data(inputs, result)
        return {"density": _surface(inputs, result, wards)}
    return {request.kind: result.table(request.kind)}


def _check_data(inputs: Inputs, result: Result) -> None:
    """Refuse what a kept run does not keep, where the data are others now."""
    now = {file.sha256 for file in inputs.incidents(result.category).files}
    if now != {file["sha256"] for file in result.provenance["incidents"]}:
        raise ResultError(
            "A run must be of the data as they are now for its incidents or its density as a "
            "raster, which are not kept with it; this one is of other data: run it again."
        )


def _surface(inputs: Inputs, result: Result, wards: Wards) -> Raster:
    """Return the density that a result's bands are contoured from."""
    every = inputs.incidents(result.category).frame
    frame = every[within(every, result.period)]
    profile = Profile(**result.provenance["profile"])
    return density_surface(
        frame[["x", "y"]].to_numpy(dtype=np.float64), wards, profile, result.period.days
    )


def _incidents(inputs: Inputs, result: Result, wards: Wards) -> gpd.GeoDataFrame:
    """Return the incidents of a result's period in its wards, as points."""
    every = inputs.incidents(result.category).frame
    mine = every[within(every, result.period)]
    ward = wards.assign(mine[["x", "y"]].to_numpy(dtype=np.float64))
    mine, ward = mine[ward >= 0], ward[ward >= 0]
    return gpd.GeoDataFrame(
        mine[_INCIDENT_COLUMNS].assign(ward_code=wards.frame["ward_code"].to_numpy()[ward]),
        geometry=gpd.points_from_xy(mine["x"], mine["y"]),
        crs=wards.crs,
    ).reset_index(drop=True)


# -- for a tier that withholds -------------------------------------------------------------------


def _check_counts(result: Result, wards: Wards, decision: Decision) -> None:
    """Refuse a kept run whose counts are not those that were decided about."""
    by_code = dict(zip(result.wards["ward_code"], result.wards["incidents"], strict=True))
    counts = [by_code.get(code) for code in wards.frame["ward_code"]]
    asked = asked_of(wards, result.category, result.period)[: len(wards)]
    if counts != [decision.counts[each] for each in asked]:
        raise ResultError(
            "A run must be of the data as they are now to be exported to a tier that withholds "
            "small counts; this one is of other data: run it again."
        )


def _shown_wards(
    inputs: Inputs, result: Result, wards: Wards, decision: Decision
) -> gpd.GeoDataFrame:
    """Return the ward table worked out from the counts that may be shown."""
    kind = category_of(result.category)
    state = state_of(inputs, wards, kind, result.period)
    figures = decided_figures(decision, wards, kind.code, result.period, state)
    table = ward_table_of(wards, public_counts(figures, places_of(wards)), result.period)
    hidden = table["ward_code"].isin(wards.frame["ward_code"].to_numpy()[figures.withheld])
    for name in _OF_ITS_COUNT:
        table[name] = table[name].astype("Int64" if name in ("incidents", "rank") else "Float64")
        table.loc[hidden, name] = pd.NA
    totals = figures.district_totals.values()
    if hidden.any() and (not totals or None in totals):
        table["share"] = pd.NA  # of a total that is withheld too
    return table.assign(withheld=hidden)


# -- files ---------------------------------------------------------------------------------------


def _files(
    tables: Mapping[str, Table], about: Mapping[str, Any], kind: str, stem: str
) -> tuple[File, ...]:
    chosen = export_format(kind)
    name = stem + chosen.suffix
    content = (name, chosen.write(tables, about))
    return (content, provenance_beside(name, about)) if chosen.sidecar else (content,)
