"""Months that findings say miss incidents."""

from __future__ import annotations

from collections.abc import Iterable

from hotspots.quality.finding import Finding

#: Findings that say that incidents of a month are missing. Their months would make what is usual
#: look lower than it is, so they are no history.
MISSING = frozenset({"missing-month", "missing-category", "incomplete-month", "empty-days"})


def faulty_months(findings: Iterable[Finding]) -> frozenset[tuple[int, int]]:
    """Return the (year, month) of every month that one of the findings says misses incidents.

    Parameters
    ----------
    findings : iterable of Finding
        Those that touch one category, as ``touching`` gives them.
    """
    texts = {month for f in findings if f.code in MISSING for month in f.months}
    return frozenset((int(text[:4]), int(text[5:7])) for text in texts)
