"""Rasters: what the Cloud-Optimised GeoTIFF is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from hotspots.errors import UsageError

#: Bands of the grid's raster: column, unit, what it is. The first is what a viewer shows.
_CELL_BANDS = (
    ("gi_star_z", "standard deviations", "Gi* of the square and its neighbours, standardised"),
    ("gi_star_p_adjusted", "probability", "p of concentrated, allowing for all squares"),
    ("incidents", "incidents", "Incidents in the square in the period"),
    ("change_p_adjusted", "probability", "p of worse than usual, allowing for all squares"),
    ("expected_next", "incidents", "Incidents expected in the next period as long"),
    ("intensity_per_km2", "incidents per km2", "Kernel intensity over the period"),
)


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a raster: its name, its unit, and what it is in a few words."""

    name: str
    unit: str
    description: str


@dataclass(frozen=True, eq=False, slots=True)
class Raster:
    """Numbers on a grid of squares.

    Attributes
    ----------
    name : str
    array : ndarray of float, shape (bands, rows, cols)
        The first row is the northernmost; NaN where nothing is known.
    x0, y_top : float
        The north-west corner of the north-west square, metres.
    cell_size_m : float
        Side of a square, metres.
    crs : Any
        What pyproj understands, projected in metres.
    bands : tuple of Band
        One for each of the array's.
    overviews : {"nearest", "average"}
        How smaller versions are made: averages are right of an intensity, and wrong of a count or
        a p-value.
    """

    name: str
    array: NDArray[Any]
    x0: float
    y_top: float
    cell_size_m: float
    crs: Any
    bands: tuple[Band, ...]
    overviews: Literal["nearest", "average"] = "nearest"

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or self.array.size == 0 or len(self.bands) != len(self.array):
            raise UsageError(
                "A raster must be of shape (bands, rows, cols), each of at least one, with a name "
                f"for each band; got {self.array.shape} and {len(self.bands)} names."
            )


def rasters_of(cells: gpd.GeoDataFrame, name: str = "cells") -> Raster:
    """Return the table of grid squares as a raster.

    Parameters
    ----------
    cells : geopandas.GeoDataFrame
        One row a square, as ``Result.cells``; squares outside the study area are absent.
    name : str
        Of the raster.

    Returns
    -------
    Raster
        A band each for Gi*, its adjusted p, incidents, the adjusted p of a rise, what is expected
        next, and the intensity, of those that the table has; NaN outside the study area and where
        a test was not asked.

    Raises
    ------
    UsageError
        If the table is not one of squares of one size, or is empty.
    """
    bands = tuple(Band(*entry) for entry in _CELL_BANDS if entry[0] in cells.columns)
    if "cell_id" not in cells.columns or not bands or cells.empty:
        raise UsageError(
            "A GeoTIFF must be made of a table of grid squares; got one that is not, or is empty: "
            "export cells."
        )
    corners = cells.geometry.bounds.to_numpy()
    size = float(corners[0, 2] - corners[0, 0])
    x0, y_top = float(corners[:, 0].min()), float(corners[:, 3].max())
    col = np.rint((corners[:, 0] - x0) / size).astype(int)
    row = np.rint((y_top - corners[:, 3]) / size).astype(int)
    array = np.full((len(bands), row.max() + 1, col.max() + 1), np.nan)
    for position, band in enumerate(bands):
        array[position, row, col] = cells[band.name].to_numpy(dtype=float, na_value=np.nan)
    return Raster(name, array, x0, y_top, size, cells.crs, bands)
