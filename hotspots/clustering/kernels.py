"""Radial kernels in two dimensions, each integrating to 1 over the plane.

Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, section 4.2.
The argument is u = (d / h)^2, the squared distance in bandwidths. Compact kernels are zero at
distances of the bandwidth and beyond; for the Gaussian the bandwidth is sigma.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Kernel = Callable[[Array], Array]


def _compact(constant: float, shape: Kernel) -> Kernel:
    def kernel(u: Array) -> Array:
        return np.where(u < 1, constant * shape(np.minimum(u, 1.0)), 0.0)

    return kernel


#: Compact kernels by name; exact 2-D constants.
COMPACT = MappingProxyType(
    {
        "quartic": _compact(3 / math.pi, lambda u: (1 - u) ** 2),
        "triweight": _compact(4 / math.pi, lambda u: (1 - u) ** 3),
        "epanechnikov": _compact(2 / math.pi, lambda u: 1 - u),
        "triangular": _compact(3 / math.pi, lambda u: 1 - np.sqrt(u)),
        "uniform": _compact(1 / math.pi, lambda u: np.ones_like(u)),
    }
)
GAUSSIAN = "gaussian"
NAMES = (*COMPACT, GAUSSIAN)
