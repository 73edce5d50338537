"""The search: scikit-learn's model selection on the earlier part, one score on the held-out part.

Nested: the last year (the last quarter of a history of less than two years) takes no part in any
choice. What was chosen without it is scored on it once, beside the base profile and the shipped
default.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from hotspots.errors import UsageError
from hotspots.profile import Profile
from hotspots.validation.backtest import Judged
from hotspots.validation.history import History
from hotspots.validation.tuning import words
from hotspots.validation.tuning.comparing import (
    Finalist,
    difference,
    figure,
    simplest_of_the_good,
)
from hotspots.validation.tuning.families import SPACE, Space, forecast_of, maps_of
from hotspots.validation.tuning.rounds import searched
from hotspots.validation.tuning.scorers import MEASURES, Measure, measure_named
from hotspots.validation.tuning.task import Task, Tell, task_of
from hotspots.validation.tuning.tuned import Neighbourhood, Tuned

Array = NDArray[np.float64]


def tune(
    history: History,
    base: Profile,
    space: Space = SPACE,
    measure: str = "area",
    *,
    held_out: int | None = None,
    horizon: int = 1,
    halving: bool = True,
    candidates: int | None = None,
    neighbourhood: bool = True,
    seed: int = 0,
    n_jobs: int = 1,
    progress: Tell | None = None,
) -> Tuned:
    """Search for forecast maps that do better than a profile's, and say whether they do.

    The tuning part is tested in parts, each by maps made of what was known before; every setting
    is scored by ``measure``, with successive halving on a few origins first and on more for those
    that did best. Of the last round, the simplest within one standard error of the best is taken
    and scored once on the held-out part. It is recommended only where its whole interval is above
    the base profile's; else the base profile is.

    A second search asks which ``distance_m`` and ``alpha`` give own hot spots with the greatest
    PAI, in the same way.

    Parameters
    ----------
    history : History
        All of it, the held-out part included.
    base : Profile
        The approved profile, or the shipped default.
    space : Space
        What is searched.
    measure : str
        A name in ``MEASURES``, of those that need no own hot spots.
    held_out : int, optional
        Periods at the end that take no part in the choice. By default the last year of a history
        of two years or more, else its last quarter.
    horizon : int
        Periods that judge each map.
    halving : bool
        Successive halving; otherwise every setting is scored on every origin.
    candidates : int, optional
        Search so many settings, drawn at random, in place of all; the base is always compared.
    neighbourhood : bool
        Whether to make the second search. It is left out under ``baseline="population"``, which a
        history of incidents does not know.
    seed : int
        Of the random draw and of the bootstrap: the same seed gives the same result on any number
        of processors, but for the seconds.
    n_jobs : int
        Threads.
    progress : callable, optional
        Given a ``Step`` after every setting and part.

    Returns
    -------
    Tuned

    Raises
    ------
    UsageError
        If the history is too short, has no incidents to learn from or to judge by, or an option
        is out of range.

    References
    ----------
    Successive halving: Jamieson, K. and Talwalkar, A. (2016), Non-stochastic best arm
    identification and hyperparameter optimization, AISTATS. Nested selection: Cawley, G. C. and
    Talbot, N. L. C. (2010), On over-fitting in model selection, JMLR 11, 2079-2107. The
    one-standard-error rule: Breiman, L. et al. (1984), Classification and Regression Trees,
    section 3.4.3.
    """
    chosen_by = measure_named(measure)
    if chosen_by.own_hot_spots:
        raise UsageError(
            "measure must judge the ranking of cells, which the maps set; got "
            f"{measure!r}, which depends on the neighbourhood: that is searched by itself."
        )
    task = task_of(history, base, held_out, horizon, halving, candidates, seed, n_jobs, progress)
    found = searched(task, space.grids(base), chosen_by, "Forecast maps")
    finalists = [finalist_of(task, i, found.params[i], chosen_by) for i in found.finalists]
    finalists.append(finalist_of(task, -1, _base_maps(base), chosen_by, is_base=True))
    taken, best, good = simplest_of_the_good(finalists, task.block, seed)
    params = _base_maps(base) if taken.is_base else found.params[taken.index]
    chosen = _tuned_profile(base, taken, params)
    rows = [
        chosen_by.rows(held_out_maps(task, settings, chosen_by.own_hot_spots))
        for settings in (
            params | {"maps": taken.maps},
            _base_maps(base),
            _base_maps(Profile()) | {"cell_size_m": base.cell_size_m},
        )
    ]
    figures = [figure(r, task.block, seed) for r in rows]
    over_base = difference(rows[0], rows[1], task.block, seed)
    verdict = words.verdict(over_base, base)
    hot = _neighbourhood(task, space) if neighbourhood and base.baseline == "area" else None
    profile = chosen if verdict == "better" else base
    if hot is not None and hot.recommended:
        named = {"name": "tuned", "version": ""}
        changed = {"distance_m": hot.distance_m, "alpha": hot.alpha}
        profile = profile.model_copy(update={**named, **changed})
    table = found.table.assign(
        finalist=[i in found.finalists for i in range(len(found.params))],
        chosen=[i == taken.index for i in range(len(found.params))],
    )
    why = words.why(
        measure=chosen_by,
        settings=len(found.params),
        origins=taken.rows.shape[1],
        history=history,
        cut=task.cut,
        taken=taken,
        best=best,
        good=good,
        params=params,
        figures=figures,
        over_base=over_base,
        held_out_maps=rows[0].shape[1],
        verdict=verdict,
        base=base,
    )
    return Tuned(
        profile=profile,
        chosen=chosen,
        why=why + (hot.why if hot is not None else ()),
        measure=measure,
        verdict=verdict,
        figure=figures[0],
        base=figures[1],
        default=figures[2],
        difference=over_base,
        over_default=difference(rows[0], rows[2], task.block, seed),
        table=table,
        rungs=found.rungs,
        held_out=(task.cut, history.periods - horizon),
        seed=seed,
        neighbourhood=hot,
    )


def finalist_of(
    task: Task, index: int, params: dict[str, Any], measure: Measure, is_base: bool = False
) -> Finalist:
    """Score one setting on every origin of the tuning part, and fit it to the whole of it."""
    parts = []
    earlier = task.earlier
    estimator = clone(task.estimator).set_params(**params)
    for train, test in task.split.split(earlier):
        estimator.fit(earlier[train])
        judged = estimator.judged(earlier[test], own_hot_spots=measure.own_hot_spots)
        parts.append(measure.rows(judged))
    return Finalist(index, estimator.fit(earlier).maps_, np.hstack(parts), is_base)


def held_out_maps(task: Task, params: dict[str, Any], own_hot_spots: bool) -> list[Judged]:
    """Return the maps of every origin of the held-out part, judged."""
    estimator = clone(task.estimator).set_params(**params)
    # what happened before but became known later joins the past then, as it would have
    estimator.fit(task.X[task.X[:, 2] < task.cut])
    judged: list[Judged] = estimator.judged(task.held_out, own_hot_spots=own_hot_spots)
    return judged


def _base_maps(base: Profile) -> dict[str, Any]:
    return {
        "maps": maps_of(base),
        "cell_size_m": base.cell_size_m,
        "prior_incidents": base.prior_incidents,
    }


def _tuned_profile(base: Profile, taken: Finalist, params: dict[str, Any]) -> Profile:
    changed = {
        "name": "tuned",
        "version": "",
        "forecast": forecast_of(taken.maps),
        "prior_incidents": params["prior_incidents"],
        "cell_size_m": params["cell_size_m"],
    }
    return base.model_copy(update=changed)


def _neighbourhood(task: Task, space: Space) -> Neighbourhood:
    """Search the distance band and the rule of the own hot spots."""
    measure, base = MEASURES["hot_pai"], task.base
    found = searched(task, space.hot_grids(base), measure, "Neighbourhood")
    own: dict[str, Any] = {"distance_m": base.distance_m, "alpha": base.alpha}
    finalists = [finalist_of(task, i, found.params[i], measure) for i in found.finalists]
    finalists.append(finalist_of(task, -1, own, measure, is_base=True))
    taken, _, good = simplest_of_the_good(finalists, task.block, task.seed)
    params = own if taken.is_base else found.params[taken.index]
    maps = [held_out_maps(task, p, own_hot_spots=True) for p in (params, own)]
    rows, others = (measure.rows(one) for one in maps)
    gained = difference(rows, others, task.block, task.seed)
    # a stricter rule raises PAI by marking less: it must not hold clearly fewer incidents
    caught, before = (MEASURES["hot_hit_rate"].rows(one) for one in maps)
    held = difference(caught, before, task.block, task.seed)
    recommended = gained.verdict() == "better" and held.verdict() != "worse"
    figures = [figure(r, task.block, task.seed) for r in (rows, others)]
    why = words.why_neighbourhood(
        len(found.params), params, own, good, figures, gained, held, recommended
    )
    chosen = [p == params for p in found.params]
    return Neighbourhood(
        distance_m=float(params["distance_m"]),
        alpha=float(params["alpha"]),
        recommended=recommended,
        why=why,
        figure=figures[0],
        base=figures[1],
        difference=gained,
        candidates=found.table.assign(chosen=chosen),
        rungs=found.rungs,
    )
