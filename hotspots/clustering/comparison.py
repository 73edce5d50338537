"""Two surfaces compared cell by cell: a rate, a relative risk, or a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.grid import Grid
from hotspots.clustering.kde import kde
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Kind = Literal["ratio", "log_ratio", "difference"]
KINDS: tuple[Kind, ...] = ("ratio", "log_ratio", "difference")


@dataclass(frozen=True, eq=False)
class Comparison:
    """One surface against another.

    Attributes
    ----------
    values : ndarray, shape (rows, cols)
        ``one`` / ``other``, its natural logarithm, or ``one`` - ``other``. NaN outside the mask.
        In the mask NaN only where a ratio is 0 / 0; infinite only where exactly one surface is 0
        (or so near to it that the ratio is no number) and there is no floor.
    support : ndarray of bool, shape (rows, cols)
        Cells of the mask whose value is finite and rests on the surfaces alone, not on the floor.
        Colour and rank these.
    kind : {"ratio", "log_ratio", "difference"}
        What ``values`` is.
    normalised : bool
        Whether each surface was first divided by its mean over the mask.
    floor : float
        The floor that was used, 0 for none.
    floored_cells, undefined_cells, infinite_cells : int
        Cells of the mask that the floor changed; that are 0 / 0; that are infinite. The three
        and ``support`` share the mask out among them.
    """

    values: Array
    support: NDArray[np.bool_]
    kind: Kind
    normalised: bool
    floor: float
    floored_cells: int
    undefined_cells: int
    infinite_cells: int


def compare_surfaces(
    one: ArrayLike,
    other: ArrayLike,
    kind: Kind = "ratio",
    normalise: bool = False,
    floor: float = 0.0,
) -> Comparison:
    """Compare two intensity surfaces of the same grid, cell by cell.

    A ratio of robberies to residents is a rate: robberies per resident. Divided by their means
    over the mask first (``normalise``), the surfaces are compared in shape alone: 1 is "as much of
    the one as of the other, for their totals", and the log ratio is Kelsall and Diggle's log
    relative risk, the logarithm of the ratio of the two densities over the mask.

    Where the other surface is 0 a ratio is not defined, and where it is nearly 0 it is large by
    accident. A floor makes that harmless: the ratio divides by at least the floor, the log ratio
    raises both surfaces to it, so that exchanging them changes its sign and nothing else. What
    the floor changed is not in ``support``.

    Parameters
    ----------
    one, other : array_like, shape (rows, cols)
        At least 0, usually incidents per km2; NaN outside the mask, in the same cells.
    kind : {"ratio", "log_ratio", "difference"}
        The comparison.
    normalise : bool
        Divide each surface by its mean over the mask first. A difference is then in multiples of
        the mean.
    floor : float
        In the unit of the surfaces, or of their means when normalised; 0 for none. Not for
        differences, which are defined everywhere.

    Raises
    ------
    UsageError
        If the shapes or the masks differ, no cell is in the mask, a value is negative or infinite,
        an option is unknown or out of range, or a surface that must be divided by is 0 everywhere.

    References
    ----------
    Kelsall, J. E. and Diggle, P. J. (1995), doi:10.2307/3318678.
    """
    one_of("kind", kind, KINDS)
    a, b, inside = _checked(one, other)
    least = _checked_floor(floor, kind)
    if normalise:
        a, b = _by_mean(a, "one"), _by_mean(b, "other")
    if kind == "difference":
        values, floored = a - b, np.zeros(a.shape, dtype=bool)
    else:
        values, floored = _ratio(a, b, least, log=kind == "log_ratio")
    finite = np.isfinite(values)
    support = np.zeros(inside.shape, dtype=bool)
    support[inside] = finite & ~floored
    out = np.full(inside.shape, np.nan)
    out[inside] = values
    return Comparison(
        values=out,
        support=support,
        kind=kind,
        normalised=bool(normalise),
        floor=least,
        floored_cells=int(floored.sum()),
        undefined_cells=int(np.isnan(values).sum()),
        infinite_cells=int(np.isinf(values).sum()),
    )


def dual_kde(
    xy: ArrayLike,
    grid: Grid,
    bandwidth_m: float,
    other_xy: ArrayLike | None = None,
    *,
    other_surface: ArrayLike | None = None,
    other_bandwidth_m: float | None = None,
    kernel: str = "quartic",
    kind: Kind = "ratio",
    weights: ArrayLike | None = None,
    other_weights: ArrayLike | None = None,
    normalise: bool = False,
    floor: float = 0.0,
) -> Comparison:
    """Compare the kernel intensity of incidents with that of other points, or with a surface.

    With the places where people live as other points, weighted by residents, the ratio is
    incidents per resident; with the incidents of another period or category it shows where the
    two differ.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres.
    grid : Grid
        Where to compare.
    bandwidth_m : float
        Radius of a compact kernel; sigma of the Gaussian.
    other_xy : array_like, shape (m, 2), optional
        The other points, metres. Give these or ``other_surface``.
    other_surface : array_like, shape (rows, cols), optional
        The other surface, such as residents per km2; cells outside the grid's mask do not count.
    other_bandwidth_m : float, optional
        Bandwidth of the other points; that of the incidents by default. For a log ratio one
        bandwidth for both is better: where they are alike their biases cancel.
    kernel : str
        One of ``hotspots.clustering.kernels.NAMES``, for both.
    weights, other_weights : array_like, shapes (n,) and (m,), optional
        Incidents, and others, per point; 1 each by default.
    kind, normalise, floor
        As in ``compare_surfaces``.

    Raises
    ------
    UsageError
        As ``kde`` and ``compare_surfaces``; also if not exactly one of ``other_xy`` and
        ``other_surface`` is given, or an option of other points is given with a surface.
    """
    if (other_xy is None) == (other_surface is None):
        raise UsageError(
            "Exactly one of other_xy and other_surface must be given; got "
            f"{'neither' if other_xy is None else 'both'}."
        )
    if other_surface is not None and (other_bandwidth_m is not None or other_weights is not None):
        raise UsageError(
            "other_bandwidth_m and other_weights belong to other_xy; got them with other_surface: "
            "leave them out."
        )
    one = kde(xy, grid, bandwidth_m, kernel, weights)
    if other_xy is not None:
        width = bandwidth_m if other_bandwidth_m is None else other_bandwidth_m
        other = kde(other_xy, grid, width, kernel, other_weights)
    else:
        other = np.array(other_surface, dtype=np.float64)
        if other.shape != grid.shape:
            raise UsageError(
                f"other_surface must have the grid's shape {grid.shape}; got {other.shape}."
            )
        other[~grid.mask] = np.nan
    return compare_surfaces(one, other, kind, normalise, floor)


def _checked(one: ArrayLike, other: ArrayLike) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return the values in the mask, shape (cells,), and the mask."""
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if a.ndim != 2 or a.shape != b.shape:
        raise UsageError(
            f"Both surfaces must be grids of one shape (rows, cols); got {a.shape} and {b.shape}."
        )
    inside = ~np.isnan(a)
    if (inside == np.isnan(b)).any():
        raise UsageError(
            "Both surfaces must be NaN in the same cells, those outside the mask; got different "
            "ones: make both on one grid."
        )
    if not inside.any():
        raise UsageError("The surfaces must have at least one cell in the mask; got none.")
    a, b = a[inside], b[inside]
    if min(a.min(), b.min()) < 0 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise UsageError(
            "Both surfaces must be finite and at least 0 in the mask; got negative or infinite "
            "values."
        )
    return a, b, inside


def _checked_floor(floor: float, kind: str) -> float:
    if not (np.isfinite(floor) and floor >= 0):
        raise UsageError(f"floor must be a finite number of at least 0; got {floor!r}.")
    if floor > 0 and kind == "difference":
        raise UsageError(f"A difference has no floor; got {floor!r}: leave it out.")
    return float(floor)


def _by_mean(values: Array, name: str) -> Array:
    highest = float(values.max())
    if highest == 0:
        raise UsageError(
            f"Surface {name!r} must be above 0 somewhere in the mask to be normalised; it is 0 "
            "everywhere: take a longer period or a wider bandwidth."
        )
    shares = values / highest  # their sum cannot overflow
    return shares / float(shares.mean())


def _ratio(a: Array, b: Array, floor: float, log: bool) -> tuple[Array, NDArray[np.bool_]]:
    """Return a / b or its logarithm, and where the floor changed it."""
    for values, name, divides in ((b, "other", True), (a, "one", log)):
        if divides and floor == 0 and not values.any():
            raise UsageError(
                f"Surface {name!r} must be above 0 somewhere in the mask; it is 0 everywhere: take "
                "a longer period or a wider bandwidth, or give a floor."
            )
    floored = (b < floor) | ((a < floor) & log)
    b = np.maximum(b, floor)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        if log:
            return np.log(np.maximum(a, floor)) - np.log(b), floored
        return a / b, floored
