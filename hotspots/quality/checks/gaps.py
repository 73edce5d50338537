"""Months without any incident of an agency, and agencies whose data end earlier than others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.chance import UNLIKELY, beside, runs, zero_probability
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import listed, month_text, month_words

#: The published police data come about two months late: an agency may be so much behind.
LATE_MONTHS = 2


def check(data: Inputs) -> Iterator[Finding]:
    """Find the months missing between an agency's first and last, and agencies that are late.

    A month without any incident is serious where the months beside it (three known ones each
    side) make that less likely than one in a million; else the agency may have had a quiet
    month, and it is a note. An agency is late when its newest month is before the newest of all:
    careful from three months on, a note before; not said of agencies so small that the months
    may be quiet.
    """
    totals = data.counts.sum(axis=1)
    for agency, counts in enumerate(totals):
        known = np.flatnonzero(counts)
        if len(known):
            yield from _gaps(data, data.agencies[agency], counts, known)
    yield from _late(data, totals)


def _gaps(
    data: Inputs, agency: str, counts: NDArray[np.int64], known: NDArray[np.intp]
) -> Iterator[Finding]:
    # of categories that the agency does not have, its month says nothing
    kinds = data.categories_of(data.agency == data.agencies.index(agency))
    empty = np.flatnonzero(counts[: known[-1]] == 0)
    sure: list[int] = []
    quiet: list[int] = []
    for run in runs(empty[empty > known[0]]):
        near = counts[beside(int(run[0]), int(run[-1]), known)].astype(float)
        certain = zero_probability(near) < UNLIKELY
        (sure if certain else quiet).extend(int(m) + data.first_month for m in run)
    if sure:
        yield _missing(agency, sure, kinds)
    if quiet:
        yield _quiet(agency, quiet, kinds)


def _missing(agency: str, months: list[int], kinds: tuple[str, ...]) -> Finding:
    return Finding(
        code="missing-month",
        severity="serious",
        title=f"{agency} has no incidents at all in {_months(months)}: missing, not a fall.",
        count=len(months),
        share=None,
        example=f"{month_text(months[0])}, {agency}",
        effect="The map of such a month is empty, and what is usual is taken from the other "
        "months alone.",
        advice="Add the files of these months.",
        categories=kinds,
        months=tuple(month_text(m) for m in months),
        agencies=(agency,),
    )


def _quiet(agency: str, months: list[int], kinds: tuple[str, ...]) -> Finding:
    return Finding(
        code="quiet-month",
        severity="note",
        title=f"{agency} has no incidents in {_months(months)}, which its small counts allow.",
        count=len(months),
        share=None,
        example=f"{month_text(months[0])}, {agency}",
        effect="Such a month is counted as quiet where other agencies have incidents in it.",
        advice="Ask the agency whether there were none, or add the files.",
        categories=kinds,
        months=tuple(month_text(m) for m in months),
        agencies=(agency,),
    )


def _late(data: Inputs, totals: NDArray[np.int64]) -> Iterator[Finding]:
    last = {a: int(np.flatnonzero(c)[-1]) for a, c in enumerate(totals) if c.any()}
    newest = max(last.values(), default=0)
    for agency, month in last.items():
        counts = totals[agency]
        near = counts[beside(month + 1, month + 1, np.flatnonzero(counts))].astype(float)
        behind = newest - month
        if behind and zero_probability(near) ** behind < UNLIKELY:
            yield _behind(data, data.agencies[agency], month, newest)


def _behind(data: Inputs, agency: str, last: int, newest: int) -> Finding:
    months = [m + data.first_month for m in range(last + 1, newest + 1)]
    end, latest = month_words(last + data.first_month), month_words(newest + data.first_month)
    return Finding(
        code="late-agency",
        severity="careful" if len(months) > LATE_MONTHS else "note",
        title=f"{agency} ends with {end}; other data go on to {latest}.",
        count=len(months),
        share=None,
        example=f"{month_text(months[0])}, {agency}",
        effect="From then on totals and maps are without this agency and look like a fall.",
        advice=f"Add the newer files of {agency}, or ask for periods up to {end}.",
        categories=data.categories_of(data.agency == data.agencies.index(agency)),
        months=tuple(month_text(m) for m in months),
        agencies=(agency,),
    )


def _months(months: list[int]) -> str:
    return listed([month_words(m) for m in months])
