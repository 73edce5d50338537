"""All checks in order, and which findings touch a result."""

from __future__ import annotations

from collections.abc import Sequence

from hotspots.model import Period
from hotspots.quality.finding import SEVERITIES, Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.registry import CHECKS
from hotspots.taxonomy import category as category_of

#: A result also rests on the months before it: a finding there changes what is usual.
HISTORY_MONTHS = 12


def examine(data: Inputs) -> tuple[Finding, ...]:
    """Return all that is found, the serious first, each severity in the order of the checks."""
    found = [finding for check in CHECKS.values() for finding in check(data)]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))


def touching(findings: Sequence[Finding], period: Period, category: str) -> tuple[Finding, ...]:
    """Return the findings that touch a result, in their order.

    These are the ones whose months (all, or some in the period or the 12 months before it) and
    whose categories (all, or some that the category counts) meet it.

    Raises
    ------
    UsageError
        If the category is not one.
    """
    first = min(year * 12 + month for year, month in period.months) - 1 - HISTORY_MONTHS
    last = max(year * 12 + month for year, month in period.months) - 1
    months = {f"{i // 12:04d}-{i % 12 + 1:02d}" for i in range(first, last + 1)}
    members = {code for code, _ in category_of(category).parts}
    return tuple(
        finding
        for finding in findings
        if (not finding.months or months.intersection(finding.months))
        and (not finding.categories or members.intersection(finding.categories))
    )
