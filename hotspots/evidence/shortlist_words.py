"""The sentences of the ward shortlist: its rule, why a ward is listed, the headline, the notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np

from hotspots.evidence.shortlist_figures import Places, Statistics
from hotspots.evidence.shortlist_rows import Criterion, ShortlistRow, WardFigures
from hotspots.model import Period
from hotspots.profile import Shortlist
from hotspots.results.headlines import capital, counted, joined, plain, the
from hotspots.sheets import Blank
from hotspots.taxonomy import Category, breaks_said

#: So many listed wards the headline names.
_NAMED = 3


def whose(name: str) -> str:
    """Return a name's possessive."""
    return f"{name}’s"


# -- the rule --------------------------------------------------------------------------------------


def rule_sentence(rule: Shortlist, borough: str, year_before: Period) -> str:
    """Return the rule that lists wards, in two sentences.

    Parameters
    ----------
    borough : str
        Whose rate and total wards are compared with: "Dartford", or "its borough".
    """
    if not rule.criteria:
        return "No ward is listed: the profile’s rule names no criterion."
    said = [_criterion(one, rule, borough, year_before) for one in dict.fromkeys(rule.criteria)]
    least = f"at least {rule.least:,} incident{'s' * (rule.least != 1)}"
    any_of = "and any of these" if len(said) > 1 else "and this"
    most = f"At most {rule.at_most:,} are listed, those with most incidents first."
    if rule.at_most == 1:
        most = "At most one is listed, that with most incidents."
    return f"A ward is listed if it has {least} {any_of}: {'; '.join(said)}. {most}"


def _criterion(criterion: Criterion, rule: Shortlist, borough: str, year_before: Period) -> str:
    level = f"{100 * rule.funnel_level:.4g}%"
    wide = "" if rule.overdispersion == "none" else ", widened for the usual differences of wards"
    said = {
        "rate": f"a rate above the {level} limit of {whose(borough)} funnel{wide}",
        "share": f"at least {100 * rule.share:.3g}% of {whose(borough)} total",
        "rise": f"a clear rise on {the(year_before)}",
        "cluster": "more incidents in it and the wards around it than chance would bring together",
        "hotspot": "a hot spot in it",
    }
    return said[criterion]


# -- why -------------------------------------------------------------------------------------------


def why_listed(row: ShortlistRow, rule: Shortlist, borough: str, year_before: Period) -> str:
    """Return why a ward is listed, one sentence of the criteria that it meets."""
    said: Mapping[str, Callable[[], str]] = {
        "rate": lambda: _of_rate(row, rule, borough),
        "share": lambda: f"{_percent(row.share)} of {whose(borough)} total",
        "rise": lambda: (
            f"up on {the(year_before)} ({_number(row.year_before.count)} to "
            f"{_number(row.incidents)})"
        ),
        "cluster": lambda: "with the wards around it more than chance would bring together",
        "hotspot": lambda: f"holds {hot_spots(row.hotspots)}",
    }
    return f"{capital('; '.join(said[one]() for one in row.met))}."


def why_not(row: ShortlistRow, rule: Shortlist) -> str:
    """Return why a ward that meets a criterion is not listed."""
    if not isinstance(row.incidents, Blank) and row.incidents < rule.least:
        return f"Not listed: fewer than {rule.least:,} incidents."
    return f"Not listed: {rule.at_most:,} wards with more incidents are."


def hot_spots(markers: Sequence[str]) -> str:
    """Return "hot spot 1", "hot spots 1, 2 and A"."""
    return f"hot spot{'s' * (len(markers) > 1)} {joined(markers)}"


def _of_rate(row: ShortlistRow, rule: Shortlist, borough: str) -> str:
    usual = "" if rule.overdispersion == "none" else " and the usual differences between wards"
    verb = "explains" if rule.overdispersion == "none" else "explain"
    return f"{_times(row.rate_ratio)} {whose(borough)} rate, more than chance{usual} {verb}"


def _times(ratio: float | Blank) -> str:
    if isinstance(ratio, Blank):
        return "above"
    if ratio < 1.15:
        return f"{100 * (ratio - 1):.1f}% above"
    return "twice" if 1.95 <= ratio < 2.05 else f"{ratio:.1f} times"


def _percent(value: float | Blank) -> str:
    return value.value if isinstance(value, Blank) else f"{100 * value:.0f}%"


def _number(value: int | Blank) -> str:
    return value.value if isinstance(value, Blank) else f"{value:,}"


# -- headline and notes ----------------------------------------------------------------------------


def headline(rows: Sequence[ShortlistRow], now: WardFigures, category: Category) -> str:
    """Return how many wards are listed, and the first of them."""
    what, when = plain(category.label), f"in {the(now.period)}"
    if now.state == "missing":
        return f"No data on {what} {when}: no ward can be listed. Choose another period."
    so_far = " so far" if now.state == "part" else ""
    listed = [row.label for row in rows if row.listed]
    wards = f"{len(rows):,} ward{'s' * (len(rows) != 1)}"
    if not listed:
        return f"None of {wards} is on the shortlist for {what} {when}{so_far}."
    verb = "is" if len(listed) == 1 else "are"
    names = listed[:_NAMED]
    if more := len(listed) - len(names):
        names = [*names, f"{counted(more)} more"]
    count = capital(counted(len(listed)))
    return f"{count} of {wards} {verb} on the shortlist for {what} {when}{so_far}: {joined(names)}."


def notes(
    rows: Sequence[ShortlistRow],
    found: Statistics,
    places: Places,
    now: WardFigures,
    past: Sequence[WardFigures],
    category: Category,
    rule: Shortlist,
    moved_points: bool,
) -> tuple[str, ...]:
    """Return what must be known to read the table."""
    said = [*_of_periods(now, past), *_of_withheld(now, past)]
    if now.state != "missing":
        said += [
            *_of_funnels(found, places, rule),
            *_of_residents(rows),
            f"A rank is by incidents among {len(rows):,} wards. Its range allows for chance: in 95 "
            "of 100 cases it holds the rank of the number that the ward would have on average.",
        ]
    said += [
        f"A change is called a rise or a fall only where an exact test of the incidents a day, "
        f"which allows for all {len(rows):,} wards, finds more than chance would make. It does not "
        "say why. The percentages are of the counts themselves.",
        *_of_series(now, past, category),
    ]
    if moved_points:
        said.append(
            "The police move each incident to a shared map point nearby: one near a ward’s edge "
            "may be counted in the ward next to it."
        )
    return tuple(said)


def _of_periods(now: WardFigures, past: Sequence[WardFigures]) -> list[str]:
    said = []
    if now.state == "part":
        said.append(
            f"Some incidents of {the(now.period)} are missing or the period is not over: counts "
            "and rates are of what is there, and no change is claimed."
        )
    for one in past:
        if one.state == "part":
            said.append(f"Some incidents of {the(one.period)} are missing: no change is claimed.")
        if one.state == "missing":
            said.append(f"No data on {the(one.period)}: no change is claimed.")
    return said


def _of_withheld(now: WardFigures, past: Sequence[WardFigures]) -> list[str]:
    hidden = [
        (int(one.withheld.sum()), one.period) for one in (now, *past) if one.state != "missing"
    ]
    hidden = [(count, period) for count, period in hidden if count]
    if not hidden:
        return []
    where = joined([f"{counted(count)} of {the(period)}" for count, period in hidden])
    said = [
        f"Ward counts withheld: {where}, with all that follows from them, so that no small count "
        "can be worked out: small ones, and as many others as keep them from being found by "
        "subtraction. A ward whose count is withheld is not listed."
    ]
    if now.state != "missing" and now.withheld.any():
        said.append(
            "The other wards’ steadied rates, limits, ranks and Gi* are computed with estimates in "
            "place of the withheld counts: what the borough’s total leaves, shared out by "
            "residents."
        )
    return said


def _of_funnels(found: Statistics, places: Places, rule: Shortlist) -> list[str]:
    said = []
    for code, phi in found.phi.items():
        if not found.totals[code]:
            continue
        rate = float(found.borough_rate[places.inside(code)][0])
        name = capital(places.names[code])
        said.append(
            f"{name}: {rate:.1f} per 1,000 residents; the wards’ rates vary {_vary(phi)}"
            f" (over-dispersion {phi:.1f}{_how(phi, rule)})."
        )
    wide = "" if rule.overdispersion == "none" else ", widened by the root of over-dispersion"
    if said:
        said.append(
            "Far above or below is outside the 99.8% limits round the borough’s own rate, above or "
            "below outside the 95% limits; the limits are exact Poisson "
            f"ones{wide}."
        )
    return said


def _vary(phi: float) -> str:
    if phi < 1.5:
        return "about as much as chance makes them"
    times = "twice" if phi < 2.5 else f"{phi:.0f} times"
    return f"about {times} as much as chance alone makes them"


def _how(phi: float, rule: Shortlist) -> str:
    if rule.overdispersion == "none":
        return ", which the limits do not allow for"
    how = ", the extreme tenths drawn in" if rule.overdispersion == "winsorised" else ""
    return f"{how}; limits {np.sqrt(max(phi, 1.0)):.1f} times as wide"


def _of_residents(rows: Sequence[ShortlistRow]) -> list[str]:
    unknown = sum(isinstance(row.rate, Blank) and isinstance(row.residents, Blank) for row in rows)
    if unknown == len(rows):
        return ["Residents are not known: there are counts, but no rates."]
    said = [
        "A rate counts visitors’ incidents against residents: a town centre looks worse than it is "
        "to live in.",
        "A steadied rate is drawn towards the borough’s, the more the fewer the residents.",
    ]
    if unknown:
        wards = f"{unknown:,} ward{'s' * (unknown > 1)}"
        said.append(f"The residents of {wards} are not known: these have no rate.")
    return said


def _of_series(now: WardFigures, past: Sequence[WardFigures], category: Category) -> list[str]:
    start: date = min(one.period.start for one in (now, *past))
    return list(breaks_said(category.code, start, now.period.end, ()))
