"""Splits in the order of time: what trains always happened before what tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import whole
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Whole = NDArray[np.intp]
#: The column of X that holds the period.
PERIOD = 2


class TimeOrderedSplit:
    """Expanding windows over periods, for scikit-learn's ``cv``.

    The last ``n_splits * test_periods`` periods are tested in turn, ``test_periods`` at a time;
    each is trained on by all periods before it, but for a gap. With one incident a period this is
    scikit-learn's ``TimeSeriesSplit`` with ``test_size`` and ``gap``; unlike there, incidents of
    one period are never torn apart, and empty periods count.

    Parameters
    ----------
    n_splits : int
        At least 1.
    test_periods : int
        At least 1.
    gap : int
        Periods between training and testing that are used for neither.
    """

    def __init__(self, n_splits: int = 3, test_periods: int = 4, gap: int = 0) -> None:
        self.n_splits = whole("n_splits", n_splits)
        self.test_periods = whole("test_periods", test_periods)
        self.gap = whole("gap", gap, 0)

    def split(
        self, X: ArrayLike, y: object = None, groups: object = None
    ) -> Iterator[tuple[Whole, Whole]]:
        """Yield the rows of training and testing, the earliest test first.

        Parameters
        ----------
        X : array_like, shape (n, 3 or more)
            Column 2 is the period, whole numbers from 0; rows in any order. Periods end with the
            greatest one.

        Raises
        ------
        UsageError
            If there are too few periods, or a training or test part would be empty.
        """
        period = self._period(X)
        end = int(period.max()) + 1
        first = end - self.n_splits * self.test_periods
        if first - self.gap < 1:
            raise UsageError(
                f"The history must have more than {self.n_splits * self.test_periods + self.gap} "
                f"periods for {self.n_splits} tests of {self.test_periods}; got {end}: take fewer "
                "or shorter tests."
            )
        for start in range(first, end, self.test_periods):
            train = np.flatnonzero(period < start - self.gap)
            test = np.flatnonzero((period >= start) & (period < start + self.test_periods))
            if not len(train) or not len(test):
                raise UsageError(
                    f"Every part must have an incident; periods {start} to "
                    f"{start + self.test_periods - 1} or those before have none: take longer "
                    "tests."
                )
            yield train, test

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return how many splits there are."""
        return self.n_splits

    def __repr__(self) -> str:
        return (
            f"TimeOrderedSplit(n_splits={self.n_splits}, test_periods={self.test_periods}, "
            f"gap={self.gap})"
        )

    def _period(self, X: Any) -> Whole:
        rows = floats("X", X)
        if rows.ndim != 2 or rows.shape[1] <= PERIOD or not len(rows):
            raise UsageError(
                f"X must have columns x, y, period and at least one row; got shape {rows.shape}."
            )
        period = rows[:, PERIOD]
        if not (np.isfinite(period).all() and (period >= 0).all() and (period % 1 == 0).all()):
            raise UsageError("The period column must be whole numbers from 0; got others.")
        return period.astype(np.intp)
