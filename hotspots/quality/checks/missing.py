"""Categories that an agency has in other months, and not at all in one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.chance import UNLIKELY, beside, runs, zero_probability
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import listed, month_text, month_words
from hotspots.taxonomy import categories

#: So many known months in a row without a category are a fault of single files; more may also be
#: a season, or a category that the agency began or ceased to give.
LONGEST = 3


def check(data: Inputs) -> Iterator[Finding]:
    """Find categories with no incident in a month in which their agency has others.

    Compared are the three known months on each side (``chance.zero_probability``): less than one
    in a million by chance, which takes some 14 a month at least and more where the counts
    scatter. Serious for at most three months in a row, careful for longer. More than three up to
    the agency's newest month say that the category ended: the agency counts no more of it, so
    these months are the usual ones of what comes after.
    """
    for agency, counts in enumerate(data.counts):
        newest = int(np.flatnonzero(counts.sum(axis=0)).max(initial=-1))
        for kind, months in missing_months(counts):
            ended = [run for run in months if len(run) > LONGEST and run[-1] == newest]
            for run in ended:
                yield _ended(data, agency, kind, counts[kind], run)
            short = [m for run in months if len(run) <= LONGEST for m in run]
            long = [m for run in months if len(run) > LONGEST and run not in ended for m in run]
            if short:
                yield _finding(data, agency, kind, counts[kind], short, True)
            if long:
                yield _finding(data, agency, kind, counts[kind], long, False)


def missing_months(
    counts: NDArray[np.int64],
) -> Iterator[tuple[int, list[list[int]]]]:
    """Return the runs of months that each category misses.

    Parameters
    ----------
    counts : ndarray, shape (categories, months)
        Of one agency.

    Yields
    ------
    category : int
    runs : list of list of int
        Positions of the months; each run is of months that follow one another among those in
        which the agency has any incident.
    """
    known = np.flatnonzero(counts.sum(axis=0))
    for kind, of_kind in enumerate(counts[:, known]):
        there = np.flatnonzero(of_kind)
        found = []
        for run in runs(np.flatnonzero(of_kind == 0)):
            near = of_kind[beside(int(run[0]), int(run[-1]), there)].astype(float)
            # with one neighbour alone nothing says that it is not the odd one
            if len(near) > 1 and zero_probability(near) < UNLIKELY:
                found.append([int(known[m]) for m in run])
        if found:
            yield kind, found


def _finding(
    data: Inputs,
    agency: int,
    kind: int,
    counts: NDArray[np.int64],
    months: list[int],
    serious: bool,
) -> Finding:
    code, name = data.categories[kind], data.agencies[agency]
    label = categories()[code].label if code in categories() else code
    there = np.flatnonzero(counts)
    near = [counts[beside(month, month, there)].mean() for month in months]
    usual = float(np.mean(near))
    numbers = [m + data.first_month for m in months]
    said = "missing, not a fall" if serious else "missing, or not recorded then"
    return Finding(
        code="missing-category",
        severity="serious" if serious else "careful",
        title=f"{name} has no {label} in {listed([month_words(m) for m in numbers])}, where "
        f"about {usual:,.0f} a month are usual: {said}.",
        count=len(months),
        share=None,
        example=f"{month_text(numbers[0])}, {label}",
        effect="The month looks like a fall to nothing, and the months after it look worse than "
        "usual.",
        advice=f"Ask {name} for these months, and read no fall from them.",
        categories=(code,),
        months=tuple(month_text(m) for m in numbers),
        agencies=(name,),
    )


def _ended(
    data: Inputs, agency: int, kind: int, counts: NDArray[np.int64], run: list[int]
) -> Finding:
    code, name = data.categories[kind], data.agencies[agency]
    label = categories()[code].label if code in categories() else code
    usual = float(counts[beside(run[0], run[-1], np.flatnonzero(counts))].mean())
    return Finding(
        code="ended-category",
        severity="careful",
        title=f"{name} has no {label} since {month_words(run[0] + data.first_month)}, where about "
        f"{usual:,.0f} a month were usual: ended, or no longer given.",
        count=len(run),
        share=None,
        example=f"{month_text(run[0] + data.first_month)}, {label}",
        effect="Months before and after are not the same count: comparing them shows a fall that "
        "may not have been.",
        advice=f"Ask {name} whether it still records {label}, and under which category.",
        categories=(code,),
        months=tuple(month_text(m + data.first_month) for m in run),
        agencies=(name,),
    )
