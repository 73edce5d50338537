"""Reports combined: the best variant of each family, and several categories together."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

from hotspots.clustering.checks import one_of
from hotspots.errors import UsageError
from hotspots.validation.report import Report
from hotspots.validation.series import Entry
from hotspots.validation.sums import EQUAL_AREA


def best_of(report: Report, origins: Collection[int], measure: str = "area") -> dict[str, str]:
    """Return the best variant of each family at some origins: family to method.

    Choose on the earlier origins and report on the later ones (``Report.chosen``): a score that
    was used to choose flatters. With a horizon of h periods, leave the last h - 1 earlier origins
    out: their maps are judged by periods of the later part. Where two are equal, the one that is
    listed first.
    """
    one_of("measure", measure, EQUAL_AREA)
    part = report.only(origins=origins)
    best: dict[str, tuple[float, str]] = {}
    for entry in part.entries:
        value = part.figure(entry.name, measure)
        value = -math.inf if math.isnan(value) else value
        if entry.family not in best or value > best[entry.family][0]:
            best[entry.family] = value, entry.name
    return {family: method for family, (_, method) in best.items()}


def pooled(reports: Sequence[Report]) -> Report:
    """Return one report of several categories: all their origins together.

    The bootstrap then draws from the origins of all categories, in blocks within each. Methods
    that are not in every report are left out; labels and variants that differ are said to.

    Raises
    ------
    UsageError
        If there is no report, their horizons differ, or no method is in all of them.
    """
    if not reports or len({report.horizon for report in reports}) > 1:
        raise UsageError(
            f"Reports taken together must be one or more of one horizon; got {len(reports)}."
        )
    held = [{entry.name: entry for entry in report.entries} for report in reports]
    names = [name for name in held[0] if all(name in one for one in held)]
    parts = [report.only(names) for report in reports]
    entries = tuple(_common([one[name] for one in held]) for name in names)
    series = tuple(one for part in parts for one in part.series)
    return Report(entries, series, reports[0].horizon, max(report.block for report in reports))


def _common(entries: Sequence[Entry]) -> Entry:
    first = entries[0]
    label = first.label if len({e.label for e in entries}) == 1 else first.family
    variant = first.variant if len({e.variant for e in entries}) == 1 else "differs by category"
    return replace(first, label=label, variant=variant)
