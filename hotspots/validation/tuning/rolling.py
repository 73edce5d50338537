"""Rolling origins of one set of maps: made of what was known, judged by what followed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import Grid, gi_star
from hotspots.clustering.forecast import masked_index, share
from hotspots.clustering.mixture import mixture_weights
from hotspots.validation.backtest import Judged, judge
from hotspots.validation.history import History
from hotspots.validation.method import Scored
from hotspots.validation.methods.kernels import averaged
from hotspots.validation.past import batches_of
from hotspots.validation.tuning.families import Maps
from hotspots.validation.tuning.shared import Kept, SharedPast, digest

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
#: A mixture is fitted to at most so many origins, evenly spread.
MIXTURE_ORIGINS = 104
#: Fitted maps that count less than this are left out: they move no place.
LEAST_WEIGHT = 0.005


@dataclass(frozen=True)
class HotRule:
    """Which cells of the last period are a map's own hot spots: the settings of ``gi_star``.

    Attributes
    ----------
    distance_m, alpha, null, band, adjustment, permutations, seed
        As in ``Profile``.
    """

    distance_m: float
    alpha: float
    null: str = "randomization"
    band: str = "disc"
    adjustment: str = "benjamini-hochberg"
    permutations: int = 999
    seed: int = 0

    def cells(self, past: SharedPast, kept: Kept) -> NDArray[np.bool_]:
        """Return the hot cells of the last period, shape (cells,)."""
        asked = (self.distance_m, self.null, self.band, self.adjustment)
        key = ("hot", past.key, past.last_period(), *asked, self.permutations, self.seed)
        p: Array = kept.get(key, lambda: self._p_adjusted(past))
        hot: NDArray[np.bool_] = p <= self.alpha
        return hot

    def _p_adjusted(self, past: SharedPast) -> Array:
        grid = past.grid
        counts = np.zeros(grid.shape)
        counts[grid.mask] = past.total(0.0, past.origin - 1)
        null: Any = self.null
        band: Any = self.band
        found = gi_star(
            counts,
            self.distance_m,
            grid.cell_size_m,
            grid.mask,
            null=null,
            permutations=self.permutations,
            seed=self.seed,
            adjustment=self.adjustment,
            band=band,
        )
        p: Array = found.p_adjusted[grid.mask]
        return p


def judged(
    history: History,
    grid: Grid,
    maps: Maps,
    origins: Sequence[int],
    horizon: int,
    kept: Kept,
    hot: HotRule | None = None,
    prior_incidents: float | None = None,
) -> list[Judged]:
    """Return the maps of these origins, each judged by the periods that followed.

    Parameters
    ----------
    history : History
        At each origin the maps are made of what was known then.
    origins : sequence of int
        From 1 on, in order.
    hot : HotRule, optional
        The own hot spots; without it none are judged.
    prior_incidents : float, optional
        As in ``Profile``.
    """
    follows = _followers(history, grid, origins, horizon)
    rows = []
    for past in _pasts(history, grid, origins, kept):
        made = averaged(past, maps, prior_incidents)
        marked = None if hot is None else hot.cells(past, kept)
        rows.append(judge(Scored(made, marked), follows[past.origin], past, "candidate"))
    return rows


def expected_next(
    history: History, grid: Grid, maps: Maps, kept: Kept, prior_incidents: float | None = None
) -> Array:
    """Return the maps' weighted mean after the last period, shape (cells,), sum 1."""
    (past,) = _pasts(history, grid, [history.periods], kept)
    return averaged(past, maps, prior_incidents)


def fitted_maps(
    history: History, grid: Grid, mixed: Sequence[tuple[float, float]], kept: Kept
) -> Maps:
    """Return maps with the weights of greatest likelihood for the past periods.

    Each period, but for the first quarter, is foretold from those before it; the mean log of the
    probability at its incidents' cells is maximised over the weights. An even map joins the fit,
    because no incident may have probability 0, and is left out of what is returned: the same
    everywhere, it changes no ranking.

    Returns
    -------
    Maps
        Weights to four decimals; those below ``LEAST_WEIGHT`` are left out. Equal weights where
        there was nothing to learn from.
    """
    key = ("fit", tuple(mixed), *_said_of(history, grid))
    weights: Array = kept.get(key, lambda: _fitted_weights(history, grid, mixed, kept))
    return tuple((h, life, w) for (h, life), w in zip(mixed, weights.tolist(), strict=True) if w)


def shrunk(maps: Maps, mixed: Sequence[tuple[float, float]], fitted_share: float) -> Maps:
    """Return fitted maps drawn towards equal weights of all that took part."""
    if fitted_share >= 1:
        return maps
    weight = {(h, life): w for h, life, w in maps}
    total, even = sum(weight.values()), (1 - fitted_share) / len(mixed)
    return tuple(
        (h, life, round(even + fitted_share * weight.get((h, life), 0.0) / total, 4))
        for h, life in mixed
    )


def spread_origins(first: int, last: int, most: int | None) -> list[int]:
    """Return at most so many origins of first to last, evenly spread; the last is always one."""
    count = last - first + 1
    if most is None or most >= count:
        return list(range(first, last + 1))
    return [last - math.floor(i * count / most) for i in range(most)][::-1]


def _fitted_weights(
    history: History, grid: Grid, mixed: Sequence[tuple[float, float]], kept: Kept
) -> Array:
    cell = masked_index(history.xy, grid)
    cell[~history.inside] = -1
    # what became known after the last period is not yet there to learn from
    learnt = (cell >= 0) & (history.known <= history.periods)
    last = history.periods - 1
    origins = spread_origins(max(1, history.periods // 4), last, MIXTURE_ORIGINS) if last else []
    rows = [np.empty((0, len(mixed) + 1))]
    for past in _pasts(history, grid, origins, kept):
        here = cell[learnt & (history.period == past.origin)]
        maps = [share(past.decayed(h, life))[here] for h, life in mixed]
        rows.append(np.column_stack([*maps, np.full(len(here), 1 / past.cells)]))
    weights, _, _ = mixture_weights(np.concatenate(rows))
    found = np.where(weights[:-1] < LEAST_WEIGHT, 0.0, weights[:-1])
    if not found.any():
        found = np.ones(len(mixed))
    scaled: Array = np.round(found / found.sum(), 4)
    return scaled


def _pasts(
    history: History, grid: Grid, origins: Sequence[int], kept: Kept
) -> Iterator[SharedPast]:
    past = SharedPast(kept, grid, history.weeks_per_period, history.edges)
    wanted = set(origins)
    last = max(wanted, default=0)
    for batches in batches_of(history, grid):
        past.learn(batches)
        if past.origin in wanted:
            yield past
        if past.origin >= last:
            return


def _followers(
    history: History, grid: Grid, origins: Sequence[int], horizon: int
) -> dict[int, NDArray[np.int64]]:
    cell = masked_index(history.xy, grid)
    inside = history.inside & (cell >= 0)
    cells, period = cell[inside], history.period[inside]
    count = int(grid.mask.sum())
    return {
        t: np.bincount(cells[(period >= t) & (period < t + horizon)], minlength=count)
        for t in origins
    }


def _said_of(history: History, grid: Grid) -> tuple[Any, ...]:
    parts = (history.xy, history.period, history.known, history.edges)
    data = digest(b"".join(np.ascontiguousarray(part).tobytes() for part in parts))
    return data, grid.x0, grid.y0, grid.cell_size_m, digest(np.packbits(grid.mask).tobytes())
