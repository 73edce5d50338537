"""What the tests of the lattice share: checked counts, and each cell's neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.numbers import floats
from hotspots.clustering.weights import (
    Band,
    HalfWidths,
    band_half_widths,
    band_size,
    band_sum,
)
from hotspots.errors import UsageError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lattice:
    """Counts of the masked cells and of their neighbourhoods; flat arrays of shape (n,).

    Attributes
    ----------
    inside : ndarray of bool, shape (rows, cols)
        The masked cells, in whose row-major order the flat arrays are.
    values : ndarray
        Each cell's own count.
    local_sum, neighbours : ndarray
        Sum and number of cells of each neighbourhood, the cell itself included.
    half_widths : ndarray of int
        The band (see ``band_half_widths``).
    """

    inside: NDArray[np.bool_]
    values: Array
    local_sum: Array
    neighbours: Array
    half_widths: HalfWidths

    @classmethod
    def of(
        cls,
        counts: ArrayLike,
        distance_m: float,
        cell_size_m: float,
        mask: ArrayLike | None = None,
        band: Band = "disc",
    ) -> Lattice:
        """Check the counts and sum them over the band.

        Raises
        ------
        UsageError
            If shapes differ, no cell is in the mask, a masked count is not finite, or the band is
            not one.
        """
        x, inside = checked_grid(counts, mask)
        half = band_half_widths(distance_m, cell_size_m, band)
        whole = bool(inside.all())
        return cls(
            inside=inside,
            values=_taken(x, inside, whole),
            local_sum=_taken(band_sum(x, half), inside, whole),
            neighbours=_taken(band_size(inside, half, whole), inside, whole),
            half_widths=half,
        )

    def around(self, surface: Array) -> Array:
        """Return another surface's neighbourhood sums at the masked cells, shape (n,).

        Its values outside the mask do not count.
        """
        return band_sum(np.where(self.inside, surface, 0.0), self.half_widths)[self.inside]

    def spread(self, flat: NDArray[np.generic]) -> Array:
        """Return a flat array as a grid, NaN outside the mask."""
        if flat.size == self.inside.size:
            return flat.reshape(self.inside.shape).astype(np.float64)
        out = np.full(self.inside.shape, np.nan)
        out[self.inside] = flat
        return out


def _taken(surface: Array, inside: NDArray[np.bool_], whole: bool) -> Array:
    """Return the masked cells' values; without a search for them where all are masked."""
    return surface.ravel() if whole else surface[inside]


def _checked_mask(mask: ArrayLike) -> NDArray[np.bool_]:
    given = np.asarray(mask)
    if given.dtype.kind != "b" and not np.isin(floats("mask", mask), (0, 1)).all():
        raise UsageError("mask must be true or false (1 or 0) in every cell; got other values.")
    return given.astype(bool)


def checked_grid(counts: ArrayLike, mask: ArrayLike | None) -> tuple[Array, NDArray[np.bool_]]:
    """Return counts as floats, 0 outside the mask, and the mask; the input is not changed."""
    x = floats("counts", counts).copy()
    inside = np.ones(x.shape, dtype=bool) if mask is None else _checked_mask(mask)
    if x.ndim != 2 or inside.shape != x.shape:
        raise UsageError(
            f"counts and mask must be grids of one shape (rows, cols); got {x.shape} and "
            f"{inside.shape}."
        )
    if not inside.any():
        raise UsageError("The mask must have at least one cell; got none: check the study area.")
    if mask is not None:
        x[~inside] = 0.0
    if not np.isfinite(x).all():
        raise UsageError("Counts must be finite numbers in every cell of the mask; got NaN or inf.")
    if max(x.max(), -x.min()) > 1e150:
        raise UsageError("Counts must be at most 1e150; got more: check the weights' unit.")
    return x, inside
