"""Numbers out of whatever was given, or one sentence about what was."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.errors import UsageError

Array = NDArray[np.float64]


def floats(name: str, values: ArrayLike) -> Array:
    """Return an array of floats; the input itself where it is one.

    Raises
    ------
    UsageError
        If the values are text, complex, ragged or no numbers at all.
    """
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "bcO" and given.dtype.kind in "iuf":
            with np.errstate(over="ignore"):
                return given.astype(np.float64, copy=False)
        # text within a mixed list would become a number: that is no number
        if given.dtype.kind == "b" or (
            given.dtype.kind == "O" and not any(isinstance(v, str | bytes) for v in given.flat)
        ):
            return given.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise UsageError(f"{name} must be numbers in rows of one length; got others: check the input.")
