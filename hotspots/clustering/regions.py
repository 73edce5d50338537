"""Hot regions: connected significant cells, with the incidents that made them significant."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from hotspots.clustering.weights import disc_half_widths, disc_sum
from hotspots.errors import UsageError


def hot_regions(
    significant: ArrayLike,
    counts: ArrayLike,
    distance_m: float,
    cell_size_m: float,
    mask: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """Return the region number of each cell, 0 where there is none.

    A region is a connected set (edges or corners touching) of significant cells, together with
    the cells in their neighbourhoods that hold incidents, which may lie apart from it: a cell is
    significant because of its neighbourhood, and on points moved to a few map locations the
    significant cells alone can hold almost none of the incidents.

    Parameters
    ----------
    significant : array_like of bool, shape (rows, cols)
        Cells declared by a test.
    counts : array_like, shape (rows, cols)
        Incidents per cell in the period.
    distance_m, cell_size_m : float
        The distance band of the test and the cell's side, metres.
    mask : array_like of bool, optional
        The cells of the study area; all by default.

    Returns
    -------
    ndarray of int, shape (rows, cols)
        1, 2, ... in order of the southernmost cell; all 0 where nothing is significant.
    """
    hot = np.asarray(significant, dtype=bool)
    x = np.asarray(counts, dtype=np.float64)
    inside = np.ones(hot.shape, dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    if not hot.shape == x.shape == inside.shape:
        raise UsageError(
            f"significant, counts and mask must have one shape; got {hot.shape}, {x.shape} and "
            f"{inside.shape}."
        )
    hot = hot & inside
    reached = disc_sum(hot, disc_half_widths(distance_m, cell_size_m)) > 0
    outline = hot | (reached & (x > 0) & inside)
    labels, _ = ndimage.label(outline, structure=np.ones((3, 3)))
    return _joined_to_hot(np.asarray(labels, dtype=np.int64), hot)


def _joined_to_hot(labels: NDArray[np.int64], hot: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give a part without a significant cell to the region of the nearest one.

    A band wider than a cell reaches over empty cells: what it reaches made a cell beyond
    significant, and is no region of its own.
    """
    if not hot.any():
        return labels
    nearest = ndimage.distance_transform_edt(~hot, return_distances=False, return_indices=True)
    alone = ~np.isin(labels, np.unique(labels[hot])) & (labels > 0)
    joined = np.where(alone, labels[nearest[0], nearest[1]], labels)
    kept = np.unique(joined[joined > 0])
    return np.where(joined > 0, np.searchsorted(kept, joined) + 1, 0)
