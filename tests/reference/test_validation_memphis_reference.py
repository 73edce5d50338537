"""The whole back-test against an independent program's figures, on real robberies."""

from __future__ import annotations

import gzip
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.clustering import Grid
from hotspots.clustering.forecast import share
from hotspots.validation import (
    History,
    MethodKind,
    Past,
    Scored,
    plan_of,
    report_of,
    run,
    weeks_until,
)


class Default:
    def score(self, past: Past) -> Scored:
        return Scored(np.sum([share(past.decayed(h, 104)) for h in (0, 300, 1000)], axis=0))


class Counts:
    def score(self, past: Past) -> Scored:
        return Scored(past.total(0, past.origin - 52))


def test_memphis_robbery_by_week(real_data: Path) -> None:
    table = pd.read_csv(real_data / "sfhotspot" / "memphis_robberies.csv.gz")
    precincts = (real_data / "sfhotspot" / "memphis_precincts.geojson.gz").read_bytes()
    parts = gpd.read_file(gzip.decompress(precincts).decode()).to_crs(32615).geometry.to_numpy()
    area = shapely.union_all(shapely.make_valid(parts))
    points = gpd.GeoSeries(gpd.points_from_xy(table.longitude, table.latitude), crs=4326)
    xy = shapely.get_coordinates(points.to_crs(32615).to_numpy())
    when = pd.to_datetime(table.date).to_numpy()
    history = History.make(xy, when, weeks_until(when.max(), when.min()), area)
    kinds = [
        MethodKind("default", "", "", "", Default),
        MethodKind("counts", "", "", "", Counts),
        MethodKind("oracle", "", "", "", Counts, "oracle"),
    ]
    plan = plan_of(history, history.periods - 13)
    grid = Grid.cover(area, 150, touching=True)
    report = report_of(history, kinds, plan, run(history, grid, kinds, plan))
    # 13 weeks, 150 m, next week: another program, with other kernels and another rule for ties
    # (one random order), has 0.513 and 26.4 %, 0.370 and 25.0 %, and 0.997
    assert report.value("default", "area").value == pytest.approx(0.513, abs=0.0006)
    assert report.value("default", "hit_rate_2").value == pytest.approx(0.264, abs=0.0006)
    assert report.value("counts", "area").value == pytest.approx(0.370, abs=0.01)
    assert report.value("counts", "hit_rate_2").value == pytest.approx(0.250, abs=0.01)
    assert report.value("oracle", "area").value == pytest.approx(0.997, abs=0.0006)
    assert report.difference("default", "counts").verdict() == "better"
