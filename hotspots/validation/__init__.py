"""Validation: how good maps would have been, and which settings make better ones.

Rolling-origin back-tests give each method what was known at a past moment and nothing else, and
judge its map by what came after::

    history = History.make(xy, happened, weeks_until(last, first), study_area, recorded)
    grid = Grid.cover(study_area, 250, touching=True)
    plan = plan_of(history, first=52)
    report = report_of(history, methods, plan, run(history, grid, methods, plan))
    report.table("area", "hit_rate_2")

``hotspots.validation.methods`` holds the methods, ``hotspots.validation.tuning`` the search for
settings.
"""

from hotspots.validation.backtest import Judged, Plan, Progress, judge, plan_of, run
from hotspots.validation.combining import best_of, pooled
from hotspots.validation.history import History, months_between, weeks_until
from hotspots.validation.intervals import (
    Interval,
    paired_interval,
    pooled_interval,
    rate_ratio_interval,
    ratio_interval,
)
from hotspots.validation.kept import Kept, digest_of
from hotspots.validation.measures import (
    CURVE,
    SHARES,
    Ranked,
    best_possible,
    hit_rate,
    pai,
    pei_star,
    ranked,
    rri,
)
from hotspots.validation.method import Method, MethodKind, Scored
from hotspots.validation.past import Past
from hotspots.validation.report import Report, report_of

__all__ = [
    "CURVE",
    "SHARES",
    "History",
    "Interval",
    "Judged",
    "Kept",
    "Method",
    "MethodKind",
    "Past",
    "Plan",
    "Progress",
    "Ranked",
    "Report",
    "Scored",
    "best_of",
    "best_possible",
    "digest_of",
    "hit_rate",
    "judge",
    "months_between",
    "pai",
    "paired_interval",
    "pei_star",
    "plan_of",
    "pooled",
    "pooled_interval",
    "ranked",
    "rate_ratio_interval",
    "ratio_interval",
    "report_of",
    "rri",
    "run",
    "weeks_until",
]
