"""Rasters have each number where its square is."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile

from hotspots.analysis import find_hotspots
from hotspots.clustering import Grid, kde
from hotspots.errors import UsageError
from hotspots.exports import Band, Raster, export_format, rasters_of
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.results.surfaces import density_surface
from tests.support import SIDE, X0, Y0, a_year_with_a_flare_up, nine_wards


@pytest.fixture(scope="module")
def result() -> Result:
    return find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2024-01", category="asb")


def test_every_cell_is_found_again_at_its_own_place(result: Result) -> None:
    content = export_format("tif").write({"cells": result.cells}, {"run": "r1", "tier": "partner"})
    middles = result.cells.geometry.centroid
    where = list(zip(middles.x, middles.y, strict=True))
    with MemoryFile(content) as memory, memory.open() as read:
        sampled = np.array(list(read.sample(where)))
        names = read.descriptions
        assert read.crs.to_epsg() == 27700
        assert read.tags()["TIER"] == "partner"
        assert '"run": "r1"' in read.tags()["PROVENANCE"]
        assert np.isnan(read.nodata)
    for position, name in enumerate(names):
        given = result.cells[name].to_numpy(dtype=float)
        np.testing.assert_array_equal(sampled[:, position], given, err_msg=name)
    assert names[0] == "gi_star_z"


def test_squares_that_the_table_has_not_are_nodata(result: Result) -> None:
    fewer = result.cells.drop(index=[0, 7, 50])
    whole, holed = rasters_of(result.cells), rasters_of(fewer)
    assert np.isnan(holed.array[2]).sum() == 3
    assert np.nansum(holed.array[2]) == fewer["incidents"].sum()
    assert holed.array.shape == whole.array.shape


def test_the_density_is_the_kernel_sum_with_north_above() -> None:
    xy = np.array([[X0 + 1_000.0, Y0 + 8_000.0], [X0 + 1_050.0, Y0 + 8_000.0]])
    profile = Profile(density_cell_size_m=500, bandwidth_m=900)
    raster = density_surface(xy, nine_wards(), profile, days=15)
    row, col = np.unravel_index(np.nanargmax(raster.array[0]), raster.array[0].shape)
    assert row < raster.array.shape[1] / 2 > col
    x = raster.x0 + (col + 0.5) * 500
    y = raster.y_top - (row + 0.5) * 500
    # quartic kernel by its formula: 3/pi h^2 (1 - (d/h)^2)^2, per km2, 30 days of 15
    squared = ((xy - [x, y]) ** 2).sum(axis=1) / 900**2
    expected = (3 / np.pi / 0.9**2 * (1 - squared) ** 2).sum() * 2
    assert raster.array[0, row, col] == pytest.approx(expected, rel=1e-6)
    # the kernels lie in the area, so that all of two incidents is there, twice in 30 days
    fine = density_surface(xy, nine_wards(), Profile(bandwidth_m=900), days=15)
    assert fine.array.sum() * 0.01 == pytest.approx(4, rel=0.001)


def test_the_raster_is_what_the_bands_are_contoured_from() -> None:
    rng = np.random.default_rng(5)
    xy = np.array([X0, Y0]) + rng.uniform(0, 3 * SIDE, (400, 2))
    wards, profile = nine_wards(), Profile()
    raster = density_surface(xy, wards, profile, days=31)
    size = profile.density_cell_size_m
    grid = Grid.cover(wards.study_area, size, margin_m=2 * size)
    margin = kde(
        xy,
        Grid(grid.x0, grid.y0, size, np.ones(grid.shape, dtype=bool)),
        profile.bandwidth_m,
        profile.kernel,
    )
    inner = margin[2:-2, 2:-2][::-1] * 30 / 31
    np.testing.assert_allclose(raster.array[0], inner, rtol=1e-6)


def test_what_is_no_grid_of_squares_is_said(result: Result) -> None:
    tif = export_format("tif")
    with pytest.raises(UsageError, match="table of grid squares"):
        tif.write({"wards": result.wards}, {})
    with pytest.raises(UsageError, match="table of grid squares"):
        tif.write({"cells": result.cells.iloc[:0]}, {})
    raster = rasters_of(result.cells)
    with pytest.raises(UsageError, match="take tif"):
        export_format("gpkg").write({"cells": raster}, {})
    with pytest.raises(UsageError, match="shape"):
        Raster("r", np.zeros((2, 3, 3)), 0, 0, 1, 27700, (Band("a", "b", "c"),))
    with pytest.raises(UsageError, match="at least one day"):
        density_surface(np.empty((0, 2)), nine_wards(), Profile(), days=0)


def test_no_incidents_is_a_density_of_zero_not_unknown() -> None:
    raster = density_surface(np.empty((0, 2)), nine_wards(), Profile(), days=31)
    assert np.unique(raster.array).tolist() == [0.0]
    assert rasterio.dtypes.is_ndarray(raster.array)
