"""Radial kernels in two dimensions, each integrating to 1 over the plane.

Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, section 4.2.
The argument is u = (d / h)^2, the squared distance in bandwidths. Compact kernels are zero at
distances of the bandwidth and beyond; for the Gaussian the bandwidth is sigma.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A compact kernel: ``constant`` times ``shape`` of 1 - u where u < 1.

    ``code`` names it in compiled loops.
    """

    code: int
    constant: float
    shape: Callable[[Array], Array]

    def __call__(self, u: Array) -> Array:
        """Return the kernel's value at squared distances in bandwidths."""
        rest = 1 - np.minimum(u, 1.0)
        return np.where(u < 1, self.constant * self.shape(rest), 0.0)


QUARTIC, TRIWEIGHT, EPANECHNIKOV, TRIANGULAR, UNIFORM = range(5)
#: Compact kernels by name; exact 2-D constants.
COMPACT = MappingProxyType(
    {
        "quartic": Kernel(QUARTIC, 3 / math.pi, lambda v: v**2),
        "triweight": Kernel(TRIWEIGHT, 4 / math.pi, lambda v: v**3),
        "epanechnikov": Kernel(EPANECHNIKOV, 2 / math.pi, lambda v: v),
        "triangular": Kernel(TRIANGULAR, 3 / math.pi, lambda v: 1 - np.sqrt(1 - v)),
        "uniform": Kernel(UNIFORM, 1 / math.pi, np.ones_like),
    }
)
#: A millimetre to a million kilometres: anything else is a slip, and overflows when squared.
BANDWIDTH_LIMITS_M = (1e-3, 1e9)
GAUSSIAN = "gaussian"
NAMES = (*COMPACT, GAUSSIAN)
#: Integral of the squared kernel, and variance along one axis, at bandwidth 1 in 2-D.
MOMENTS = MappingProxyType(
    {
        "quartic": (9 / (5 * math.pi), 1 / 8),
        "triweight": (16 / (7 * math.pi), 1 / 10),
        "epanechnikov": (4 / (3 * math.pi), 1 / 6),
        "triangular": (3 / (2 * math.pi), 3 / 20),
        "uniform": (1 / math.pi, 1 / 4),
        GAUSSIAN: (1 / (4 * math.pi), 1.0),
    }
)


def check_kernel(kernel: str) -> None:
    """Raise a UsageError unless there is a kernel of that name."""
    one_of("kernel", kernel, NAMES)


def canonical_factor(kernel: str) -> float:
    """Return how many Gaussian sigmas the bandwidth of a kernel must be to smooth alike.

    (R / mu2^2)^(1/6) of the kernel over that of the Gaussian, with R the integral of its square and
    mu2 its variance along one axis: both then trade variance against squared bias alike, as the
    incidents grow many.

    Raises
    ------
    UsageError
        If the kernel is unknown.

    References
    ----------
    Marron, J. S. and Nolan, D. (1988), Canonical kernels for density estimation, Statistics and
    Probability Letters 7, 195-199. Silverman, B. W. (1986), Density Estimation for Statistics and
    Data Analysis, table 4.1, has the same 2.40, 2.78 and 3.12 for the Epanechnikov, quartic and
    triweight kernels in two dimensions.
    """
    check_kernel(kernel)
    (roughness, variance), (normal, _) = MOMENTS[kernel], MOMENTS[GAUSSIAN]
    return float((roughness / variance**2 / normal) ** (1 / 6))


def checked_bandwidths(bandwidth_m: ArrayLike, n: int) -> Array:
    """Return bandwidths, shape (1,) or (n,).

    Raises
    ------
    UsageError
        If one is not a finite number above 0, or there are neither one nor n.
    """
    h = np.atleast_1d(floats("bandwidth_m", bandwidth_m))
    if h.ndim != 1 or h.size not in (1, n):
        raise UsageError(
            f"bandwidth_m must be one number, or one an incident ({n}); got shape {h.shape}."
        )
    low, high = BANDWIDTH_LIMITS_M
    if not ((h >= low) & (h <= high)).all():
        raise UsageError(
            f"bandwidth_m must be above 0, {low:g} to {high:g} m; got "
            f"{bandwidth_m if h.size == 1 else 'others'}: check its unit."
        )
    return h


def one_bandwidth(bandwidth_m: float, name: str = "bandwidth_m") -> float:
    """Return one bandwidth for all incidents; raises as ``checked_bandwidths``."""
    if np.ndim(bandwidth_m) > 0:
        raise UsageError(f"{name} must be one number; got shape {np.shape(bandwidth_m)}.")
    return float(checked_bandwidths(bandwidth_m, 1)[0])
