"""The rounds of a search: scikit-learn's, on the tuning part alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from joblib import parallel_config  # type: ignore[import-untyped]
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    ParameterGrid,
    RandomizedSearchCV,
)

from hotspots.validation.tuning.families import settings_said
from hotspots.validation.tuning.scorers import Measure
from hotspots.validation.tuning.task import Task, Tell
from hotspots.validation.tuning.tuned import Rung, Step

Array = NDArray[np.float64]
Grids = list[dict[str, list[Any]]]
#: Of each round, one setting in so many goes on to the next, on so many times as many origins.
FACTOR = 3
#: The first round scores at least so many origins of each part.
LEAST_ORIGINS = 3
#: The last round scores at most so many origins of each part.
MOST_ORIGINS = 27


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found: one row of the table a setting, from the last round it took part in.

    Attributes
    ----------
    params : list of dict
        The settings, as given to the estimator.
    finalists : list of int
        Rows that reached the last round.
    table : DataFrame
        As in ``Tuned.table``.
    rungs : tuple of Rung
    """

    params: list[dict[str, Any]]
    finalists: list[int]
    table: pd.DataFrame
    rungs: tuple[Rung, ...]


def searched(task: Task, grids: Grids, measure: Measure, title: str) -> Found:
    """Run scikit-learn's search over the grids, on the tuning part alone."""
    most = min(MOST_ORIGINS, task.split.test_periods - task.horizon + 1)
    asked = sum(len(ParameterGrid(grid)) for grid in grids)
    drawn = asked if task.candidates is None else min(task.candidates, asked)
    rounds = rounds_of(drawn, most) if task.halving else [(drawn, most)]
    splits = task.split.n_splits
    told = Told(measure, grids, task.progress, sum(n for n, _ in rounds) * splits, title)
    search = _search_of(task, grids, rounds, drawn < asked, told)
    # threads, not processes: they share the maps that were made
    with parallel_config(backend="threading"):
        search.fit(task.earlier)
    found = _found(pd.DataFrame(search.cv_results_), splits, most)
    defaults = task.estimator.get_params(deep=False)
    unknown = [not told.valued(params, defaults) for params in found.params]
    found.table.loc[unknown, ["score", "spread"]] = math.nan
    return found


def rounds_of(settings: int, most: int) -> list[tuple[int, int]]:
    """Return the settings and the origins of each round of successive halving.

    As many rounds as can begin with ``LEAST_ORIGINS`` and as the settings need; the last one scores
    all ``most`` origins, but for rounding.
    """
    possible = 1 + int(math.log(max(most / LEAST_ORIGINS, 1), FACTOR) + 1e-9)
    needed = 1 + int(math.log(max(settings, 1), FACTOR) + 1e-9)
    count = min(possible, needed)
    least = most // FACTOR ** (count - 1)
    rounds = []
    for i in range(count):
        rounds.append((settings, least * FACTOR**i))
        settings = math.ceil(settings / FACTOR)
    return rounds


def _search_of(
    task: Task,
    grids: Grids,
    rounds: list[tuple[int, int]],
    at_random: bool,
    scorer: Callable[..., float],
) -> Any:
    drawn, most = rounds[0][0], rounds[-1][1]
    same: dict[str, Any] = {
        "scoring": scorer,
        "cv": task.split,
        "refit": False,
        "n_jobs": task.n_jobs,
        "error_score": "raise",
    }
    if len(rounds) == 1:
        one_round = clone(task.estimator).set_params(origins=most)
        if at_random:
            return RandomizedSearchCV(
                one_round, grids, n_iter=drawn, random_state=task.seed, **same
            )
        return GridSearchCV(one_round, grids, **same)
    halving: dict[str, Any] = {
        "resource": "origins",
        "min_resources": rounds[0][1],
        "max_resources": most,
        "factor": FACTOR,
        "random_state": task.seed,
    }
    if at_random:
        return HalvingRandomSearchCV(task.estimator, grids, n_candidates=drawn, **halving, **same)
    return HalvingGridSearchCV(task.estimator, grids, **halving, **same)


def _found(rows: pd.DataFrame, splits: int, most: int) -> Found:
    """Read scikit-learn's results: one row a setting and round."""
    if "iter" not in rows:
        rows = rows.assign(iter=0, n_resources=most)
    # successive halving counts the resource among the settings
    params = [{k: v for k, v in p.items() if k != "origins"} for p in rows["params"]]
    rows["seconds"] = (rows["mean_fit_time"] + rows["mean_score_time"]) * splits
    rungs = tuple(
        Rung(len(group), int(group["n_resources"].iloc[0]) * splits, float(group["seconds"].sum()))
        for _, group in rows.groupby("iter", sort=True)
    )
    rows["row"] = range(len(rows))
    rows["key"] = [repr(sorted(p.items())) for p in params]
    spent = rows.groupby("key")["seconds"].sum()
    latest = rows.drop_duplicates("key", keep="last").reset_index(drop=True)
    kept = [params[i] for i in latest["row"]]
    table = pd.DataFrame(
        {
            "words": [settings_said(p) for p in kept],
            **{name: _column(kept, name) for name in dict.fromkeys(k for p in kept for k in p)},
            "rung": latest["iter"] + 1,
            "origins": latest["n_resources"],
            "score": latest["mean_test_score"],
            "spread": latest["std_test_score"],
            "seconds": spent.loc[latest["key"]].to_numpy(),
        }
    )
    last = int(latest["iter"].max())
    finalists = [i for i, rung in enumerate(latest["iter"]) if rung == last]
    return Found(kept, finalists, table, rungs)


def _column(params: list[dict[str, Any]], name: str) -> list[Any]:
    if name == "maps":
        return [p["maps"] if isinstance(p["maps"], str) else "base" for p in params]
    none = "the maps alone" if name == "prior_incidents" else "all history"
    return [none if p.get(name, "") is None else p.get(name, "") for p in params]


class Told:
    """A scorer that says how far the search is.

    What has no value scores 0, as a search must be able to rank it; ``valued`` says whose score
    is a figure.
    """

    def __init__(
        self, measure: Measure, grids: Grids, progress: Tell | None, of: int, title: str
    ) -> None:
        self.measure, self.progress, self.of, self.title = measure, progress, of, title
        self.names = {name for grid in grids for name in grid}
        self.done = 0
        self._valued: set[str] = set()
        # threads score at the same time
        self._lock = Lock()

    def __call__(self, estimator: Any, X: Array, y: object = None) -> float:
        """Return the measure of a fitted estimator, and say that it is done."""
        found = self.measure(estimator, X)
        with self._lock:
            self.done += 1
            if not math.isnan(found):
                self._valued.add(self._key(estimator.get_params(deep=False)))
            if self.progress is not None:
                self.progress(Step(self.done, self.of, self.title))
        return 0.0 if math.isnan(found) else found

    def valued(self, params: dict[str, Any], defaults: dict[str, Any]) -> bool:
        """Return whether these settings had a value on any part of the history."""
        return self._key(defaults | params) in self._valued

    def _key(self, params: dict[str, Any]) -> str:
        return repr([(name, params[name]) for name in sorted(self.names)])
