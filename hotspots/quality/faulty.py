"""Months that findings say miss incidents."""

from __future__ import annotations

from collections.abc import Iterable

from hotspots.quality.finding import Finding
from hotspots.taxonomy import category as category_of

#: Findings that say that incidents of a month are missing. Their months would make what is usual
#: look lower than it is, so they are no history.
MISSING = frozenset({"missing-month", "missing-category", "incomplete-month", "empty-days"})


def faulty_months(
    findings: Iterable[Finding], category: str | None = None
) -> frozenset[tuple[int, int]]:
    """Return the (year, month) of every month that one of the findings says misses incidents.

    Parameters
    ----------
    findings : iterable of Finding
        Of any months: a history may reach further back than what ``touching`` shows.
    category : str, optional
        A category or total: findings of other categories do not matter. Without it they all do.

    Raises
    ------
    UsageError
        If the category is not one.
    """
    members = None if category is None else {code for code, _ in category_of(category).parts}
    about = [f for f in findings if f.code in MISSING]
    if members is not None:
        about = [f for f in about if not f.categories or members & set(f.categories)]
    texts = {month for f in about for month in f.months}
    return frozenset((int(text[:4]), int(text[5:7])) for text in texts)
