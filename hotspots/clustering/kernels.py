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
from numpy.typing import NDArray

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
GAUSSIAN = "gaussian"
NAMES = (*COMPACT, GAUSSIAN)


def check_kernel(kernel: str) -> None:
    """Raise a UsageError unless there is a kernel of that name."""
    if kernel not in NAMES:
        raise UsageError(f"kernel must be one of {', '.join(NAMES)}; got {kernel!r}.")
