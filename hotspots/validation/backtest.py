"""Rolling-origin back-tests: each past meeting's map, judged by what came after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.checks import whole
from hotspots.clustering.forecast import masked_index
from hotspots.errors import UsageError
from hotspots.validation import measures
from hotspots.validation.history import History
from hotspots.validation.measures import CURVE, SHARES, Ranked
from hotspots.validation.method import Method, MethodKind, Scored
from hotspots.validation.past import Past, batches_of

Array = NDArray[np.float64]


class Judged(NamedTuple):
    """One map judged at one origin; counts of incidents may be means over tied cells.

    Attributes
    ----------
    origin : int
    method : str
    incidents : int
        In the judged periods, in the study area.
    hits : tuple of float
        In the best cells, at ``SHARES`` of the area.
    best : tuple of float
        The most that as many cells could have held.
    area : float
        Mean hits over the shares up to 20 %: the area under the curve is this over incidents.
    hot_cells : int
        Cells of the map's own hot spots; -1 where the method has none.
    hot_hits, hot_best : float
        Incidents in them, and the most as many cells could have held.
    hot_before, before : int
        Incidents of the period before the origin in them, and in all: for the recapture rate.
    curve : tuple of float
        Hits at ``CURVE`` shares of the area.
    cells : int
        Of the whole study area.
    """

    origin: int
    method: str
    incidents: int
    hits: tuple[float, ...]
    best: tuple[float, ...]
    area: float
    hot_cells: int
    hot_hits: float
    hot_best: float
    hot_before: int
    before: int
    curve: tuple[float, ...]
    cells: int


class Progress(NamedTuple):
    """How far a back-test is: origins done, and all."""

    done: int
    of: int


@dataclass(frozen=True)
class Plan:
    """What is back-tested.

    Attributes
    ----------
    first, last : int
        The first and last origin at which a map is made; ``last + horizon`` is at most the
        history's periods.
    horizon : int
        Periods that judge each map.
    """

    first: int
    last: int
    horizon: int = 1

    @property
    def origins(self) -> range:
        """The origins, in order."""
        return range(self.first, self.last + 1)


def plan_of(history: History, first: int, last: int | None = None, horizon: int = 1) -> Plan:
    """Return a plan that fits a history.

    Parameters
    ----------
    first : int
        The first origin, at least 1: the first map has something to be made of.
    last : int, optional
        The last origin; the last that a whole horizon follows by default.
    horizon : int
        Periods that judge each map, at least 1.

    Raises
    ------
    UsageError
        If no origin fits.
    """
    whole("horizon", horizon)
    latest = history.periods - horizon
    end = latest if last is None else last
    if not 1 <= first <= end <= latest:
        raise UsageError(
            f"Origins must rise from 1 to {latest}, with {horizon} of {history.periods} periods "
            f"after the last; got {first} to {end}: take a longer history or fewer origins."
        )
    return Plan(first, end, horizon)


def run(
    history: History,
    grid: Grid,
    methods: Sequence[MethodKind],
    plan: Plan,
    *,
    done: Mapping[int, Sequence[Judged]] | None = None,
    keep: Callable[[int, Sequence[Judged]], object] | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> list[Judged]:
    """Make the map of every method at every origin, and judge it by what followed.

    Parameters
    ----------
    history : History
        What happened; at each origin a method is given what was known then and nothing else.
    grid : Grid
        The cells, over the history's study area.
    methods : sequence of MethodKind
        Names must differ.
    plan : Plan
    done : mapping of int to sequence of Judged, optional
        Origins judged before, by an earlier run of the same plan: they are not judged again.
    keep : callable, optional
        Given each origin and its rows as soon as they are judged, for a later ``done``.
    progress : callable, optional
        Given how far it is, after every origin.

    Returns
    -------
    list of Judged
        By origin, then by method as given.

    Notes
    -----
    Time grows in proportion to the periods (each costs the methods' maps, and the sorting of their
    scores), so long as the methods' own does. Memory is that of the history and, a bandwidth that
    a method asks the past for, 16 bytes for every cell that an incident reaches: an incident of a
    kernel of 1,000 m reaches about 140 cells of 150 m, and no more than all cells a period.

    Raises
    ------
    UsageError
        If two methods have one name, or a method's scores are not one number a cell.
    """
    names = [kind.name for kind in methods]
    if len(set(names)) != len(names) or not names:
        raise UsageError(f"Methods must have a name each, and differ; got {', '.join(names)}.")
    past = Past(grid, history.weeks_per_period, history.edges)
    future = _Future(history, grid)
    makers = [(kind, kind.make()) for kind in methods]
    found: list[Judged] = []
    kept = done or {}
    for batches in batches_of(history, grid):
        past.learn(batches)
        if past.origin not in plan.origins:
            continue
        if past.origin in kept:
            found.extend(kept[past.origin])
        else:
            follows = future.counts(past.origin, past.origin + plan.horizon)
            rows = _judged_all(makers, follows, past)
            found.extend(rows)
            if keep is not None:
                keep(past.origin, rows)
        if progress is not None:
            progress(Progress(past.origin - plan.first + 1, len(plan.origins)))
        if past.origin == plan.last:
            break
    return found


def _judged_all(
    makers: Sequence[tuple[MethodKind, Method]], follows: NDArray[np.int64], past: Past
) -> list[Judged]:
    best = measures.best_possible(follows)
    rows = []
    for kind, method in makers:
        # an oracle is no method of the past: what follows is its score
        oracle = kind.kind == "oracle"
        made = Scored(follows.astype(np.float64)) if oracle else method.score(past)
        rows.append(judge(_scored(kind, made, past.cells), follows, past, kind.name, best))
    return rows


def judge(
    scored: Scored,
    follows: NDArray[np.int64],
    past: Past,
    name: str,
    best: Ranked | None = None,
) -> Judged:
    """Return one map judged by the incidents of each cell in the periods that followed.

    Parameters
    ----------
    scored : Scored
    follows : ndarray of int, shape (cells,)
        Incidents of each cell in the judged periods.
    past : Past
        As it was at the origin.
    name : str
        The method's.
    best : Ranked, optional
        ``best_possible(follows)``, where several maps are judged by the same incidents.
    """
    mine = measures.ranked(scored.score, follows)
    best = measures.best_possible(follows) if best is None else best
    hot = scored.hot
    before = past.total(0.0, past.origin - 1)
    cells = -1 if hot is None else int(hot.sum())
    return Judged(
        origin=past.origin,
        method=name,
        incidents=int(follows.sum()),
        hits=_at(mine, SHARES),
        best=_at(best, SHARES),
        area=mine.area(),
        hot_cells=cells,
        hot_hits=0.0 if hot is None else float(follows[hot].sum()),
        hot_best=0.0 if hot is None else float(best.hits[cells]),
        hot_before=0 if hot is None else int(before[hot].sum()),
        before=int(before.sum()),
        curve=_at_all(mine),
        cells=past.cells,
    )


def _at(ranking: Ranked, shares: Sequence[float]) -> tuple[float, ...]:
    return tuple(ranking.at(share) for share in shares)


def _at_all(ranking: Ranked) -> tuple[float, ...]:
    # unlike a share that is asked for, a drawn curve begins at no cell
    return tuple(float(ranking.hits[round(share * ranking.cells)]) for share in CURVE)


def _scored(kind: MethodKind, scored: Any, cells: int) -> Scored:
    if not isinstance(scored, Scored) or scored.score.shape != (cells,):
        raise UsageError(f"Method {kind.name!r} must give one score a cell ({cells}).")
    hot = scored.hot
    if hot is not None and (hot.shape != (cells,) or hot.dtype != np.bool_):
        raise UsageError(
            f"The own hot spots of method {kind.name!r} must be one true or false a cell ({cells})."
        )
    return scored


class _Future:
    """The judged incidents, by period."""

    def __init__(self, history: History, grid: Grid) -> None:
        cell = masked_index(history.xy, grid)
        rows = np.flatnonzero(history.inside & (cell >= 0))
        rows = rows[np.argsort(history.period[rows], kind="stable")]
        self._cell = cell[rows]
        self._first = np.searchsorted(history.period[rows], np.arange(history.periods + 1))
        self._cells = int(grid.mask.sum())

    def counts(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the incidents of each cell in periods ``first`` to ``last`` (excluded)."""
        here = self._cell[self._first[first] : self._first[last]]
        return np.bincount(here, minlength=self._cells).astype(np.int64)
