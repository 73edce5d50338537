"""The sentences of a briefing pack, made of figures that may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hotspots.briefing.withholding import about_share
from hotspots.meeting.meeting import Meeting
from hotspots.meeting.place import Tested
from hotspots.meeting.scoring import MapScore
from hotspots.model import Period
from hotspots.plain_text import tidy
from hotspots.profile import CLASSES, Profile, Tier
from hotspots.results import Result, words
from hotspots.results.headlines import (
    FEW_USUAL,
    average,
    capital,
    compared,
    standing_out,
    the,
    unit,
    when,
)
from hotspots.results.notes import make_notes
from hotspots.sharing.rounding import is_small, rounded, rounding_words, told, told_usual
from hotspots.taxonomy import Category

_MISSING = ("missing-category", "missing-month")
#: Where small counts are withheld the score of the last map is told from so many times k on: a
#: step of it is then more incidents than k either way.
_SCORE_FROM = 40
TITLES = {
    "concentrated": "Where is it concentrated?",
    "worse": "Where is it worse than usual?",
}


# -- the headline ---------------------------------------------------------------------------------


def headline(
    meeting: Meeting, tier: Tier, total_shown: int | None, places: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the answer: how many, where, and how the last map did.

    Parameters
    ----------
    total_shown : int or None
        The total as it may be shown.
    places : mapping of question to int
        How many hot spots each question has.
    """
    result = meeting.result
    if is_missing(result):
        return (f"The incidents {of(result.period)} are missing from the data: this is no fall.",)
    said = [_total(result, tier, total_shown), _places(result, places)]
    said.append(score_words(meeting.score, tier.small_counts_below))
    return tuple(sentence for sentence in said if sentence)


def is_missing(result: Result) -> bool:
    """Return whether nothing is shown because nothing is in the files."""
    months = {f"{year:04d}-{month:02d}" for year, month in result.period.months}
    return not result.totals["incidents"] and any(
        finding.code in _MISSING and months.intersection(finding.months)
        for finding in result.findings
    )


def of(period: Period) -> str:
    """Return "of June 2021", "of the week of 7 June 2021"."""
    return f"of {the(period)}"


def _total(result: Result, tier: Tier, shown: int | None) -> str:
    # whether a total that is withheld is small itself is not told either
    if shown is None:
        return f"The number of incidents {when(result.period)} is withheld."
    against = _against_usual(shown, result.totals, result.period, tier.small_counts_below)
    return f"{words.incidents(shown)} {when(result.period)}{against}."


def _against_usual(count: int, totals: Mapping[str, Any], period: Period, below: int) -> str:
    if not totals["complete"]:
        return " so far"
    if totals["usual"] is None or not int(totals["history_periods"]):
        return ""
    usual = float(totals["usual"])
    if below and usual < below:
        return f"; {told_usual(usual, below)} are usual"
    if below:
        # the sum of the periods before is in no ledger
        usual = float(rounded(usual, below))
    if usual < FEW_USUAL:
        return f"; {words.about(usual)} {'are' if usual >= 1.5 else 'is'} usual"
    usually = f"{average(totals, period)} ({words.about(usual)} a {unit(period)})"
    return f", {compared(count / usual)} the {usually}"


def _places(result: Result, places: Mapping[str, int]) -> str:
    return standing_out(
        places["concentrated"],
        places["worse"],
        result.period,
        compared_with=bool(result.totals["history_periods"]),
    )


def score_words(score: MapScore | None, below: int) -> str:
    """Return how the last map did; in steps, or not at all, where small counts are withheld."""
    if score is None or score.incidents < _SCORE_FROM * below:
        return ""
    where = f"fell in the hot spots {of(score.period)}"
    times = f"{score.pai:.0f}" if score.pai >= 10 else f"{score.pai:.1f}"
    area = f"{100 * score.area_share:.1f}% of the area"
    if below:
        return f"{capital(about_share(score.share))} of the incidents {where}: {area}."
    return (
        f"{score.hits:,} of {score.incidents:,} incidents ({100 * score.share:.0f}%) {where}: "
        f"{area}, so {times} times an even share."
    )


# -- a place --------------------------------------------------------------------------------------


def claim(row: Any, baseline: str, below: int, total_told: bool) -> str:
    """Return the one sentence that a place claims, rounded where small counts are withheld.

    ``row`` is a named tuple of ``Result.places``. What an even spread would bring is worked out
    from the area's total, and is told where that is.
    """
    question, count = str(row.question), int(row.peak_incidents)
    expected = float(row.peak_expected)
    if below < 2:
        return words.claim(question, count, expected, baseline)
    here = f"{capital(told(count, below))} incidents here"
    if is_small(count, below):
        return f"{here}."
    even = question == "concentrated" and total_told
    usual = words.about(expected) if even else told_usual(expected, below)
    # both to the same: that it is more is all that can be said
    usual = "fewer" if usual == told(count, below) else usual
    if question == "worse":
        return f"{here}; {usual} {'are' if usual == 'fewer' else 'is'} usual."
    return (
        f"{here}; {usual} {'by its residents' if baseline == 'population' else 'if spread evenly'}."
    )


def other_claim(
    question: str,
    tested: Tested | None,
    period: Period,
    tier: Tier,
    profile: Profile,
    total_told: bool,
) -> str:
    """Return what the other question's test says of the same block; "" where it says nothing."""
    if tested is None:
        return ""
    below = tier.small_counts_below
    limits = profile.class_limits
    if question == "concentrated":
        if tested.p_worse is None or tested.usual is None:
            return f"There is no earlier {unit(period)} to say what is usual here."
        about = _usual(tested.usual, below)
        too = words.strength(tested.p_worse[1], limits) in CLASSES[:-1]
        lead = "Worse than usual too" if too else "Not worse than usual"
        return f"{lead}: {about} a {unit(period)} is usual here."
    if tested.p_concentrated is None or tested.even is None:
        return ""
    too = words.strength(tested.p_concentrated[1], limits) in CLASSES[:-1]
    lead = "Concentrated here too" if too else "Not clearly more than elsewhere"
    return f"{lead}: {_usual(tested.even, 0 if total_told else below)} if spread evenly."


def _usual(number: float, below: int) -> str:
    return words.about(number) if below < 2 else told_usual(number, below)


def strength_words(row: Any, squares: int, small: bool) -> tuple[str, str]:
    """Return how real a place is: the strength, and the rest; of a small count the former."""
    said = words.evidence(str(row.strength), float(row.p_value), squares)
    lead, mark, rest = re.split(r"([.:]) ", said, maxsplit=1)
    if small:
        return f"{lead}.", ""
    return lead + mark, rest


# -- lists ----------------------------------------------------------------------------------------


def list_words(question: str, meeting: Meeting, tier: Tier, hot: int) -> tuple[str, ...]:
    """Return what is said of a list: how much its outlines hold, or why it is empty."""
    result = meeting.result
    if is_missing(result):
        return ("Nothing is known of this period.",)
    if hot:
        return _held(question, meeting, tier)
    if not result.totals["incidents"]:
        return ("There are no incidents in this period.",)
    squares = f"{int(result.totals['cells']):,} squares were checked."
    if question == "worse":
        return _no_worse(result, squares)
    return ("No place stands out from the rest.", squares)


def _held(question: str, meeting: Meeting, tier: Tier) -> tuple[str, ...]:
    # an outline and the block inside it may differ by a small count
    if tier.small_counts_below:
        return ()
    rows = [
        card.place for card in meeting.cards["worse" if question == "worse" else "concentrated"]
    ]
    inside = [int(row.incidents) for row in rows if row.hot]
    outlines = "The outline holds" if len(inside) == 1 else f"The {len(inside)} outlines hold"
    return (f"{outlines} {sum(inside):,} of {int(meeting.result.totals['incidents']):,}.",)


def _no_worse(result: Result, squares: str) -> tuple[str, ...]:
    periods, one = int(result.totals["history_periods"]), unit(result.period)
    if not periods:
        return (f"There is no complete earlier {one} to compare with.",)
    length = f"its own last {periods:,} {one}s" if periods > 1 else f"its own {one} before"
    if result.totals.get("history") == "season":
        length = "in the same season of earlier years"
    return (f"Nowhere is worse than {length}.", squares)


# -- data, method, tier ---------------------------------------------------------------------------


def notes(
    result: Result, category: Category, profile: Profile, tier: Tier, total_shown: int | None
) -> tuple[str, ...]:
    """Return the notes of a result; of a tier that withholds, made of what it may be told.

    The total is told as it may be shown; what lies outside of the squares or the wards, and what
    is usual, is rounded.
    """
    below = tier.small_counts_below
    if not below:
        return tuple(tidy(note) for note in result.notes)
    totals = dict(result.totals)
    usual = float(totals["usual"] or 0)
    totals["usual"] = float(rounded(usual, below)) if usual >= below else None
    totals["incidents"] = profile.few_incidents if total_shown is None else total_shown
    border, outside = int(totals["border"]), int(totals["outside"])
    totals |= {"border": 0, "outside": 0}
    said = list(make_notes(totals, result.period, category, profile))
    if total_shown == 0 and outside >= below:
        said.append(
            f"{capital(told(outside, below))} incidents of this period lie outside the wards: if "
            "that is not so, check the wards and the CRS."
        )
    if border >= below:
        said.append(
            f"{capital(told(border, below))} incidents lie in squares whose centre is outside the "
            "area: counted in the wards, not on the maps."
        )
    return tuple(tidy(note) for note in said)


def tier_words(tier: Tier) -> str:
    """Return what has been done to what a tier is given."""
    said = []
    if below := tier.small_counts_below:
        upto = f"1 to {below - 1}" if below > 2 else "1"
        said.append(f"counts of wards of {upto} are withheld, and others that would tell them")
    if not tier.restricted_kinds:
        said.append("restricted kinds of incidents are not told apart")
    if not tier.points:
        said.append("no single incident, square or repeat location is shown")
    if tier.generalise_m:
        said.append(f"outlines are drawn on squares of {tier.generalise_m:,.0f} m")
    if not said:
        return "Nothing is withheld: it shows single incidents, so mind who sees it."
    return " ".join(filter(None, [capital("; ".join(said)) + ".", rounding_words(below)]))


def method(profile: Profile, result: Result) -> tuple[str, ...]:
    """Return the method in five sentences."""
    squares = int(result.totals["cells"])
    return (
        f"The area is laid out in {squares:,} squares of {profile.cell_size_m:,.0f} m, and each "
        f"is tested with those within {profile.distance_m:,.0f} m of it: that block is what a "
        "place's count, chance, line and hours are about.",
        f"Concentrated means that the block holds more than {_null_words(profile)} (Getis-Ord "
        "Gi*), which shows the standing pattern.",
        f"Worse than usual means more than the block's own share of {_history(profile, result)} "
        "would bring (an exact test), which is another question with another map.",
        _classes(profile),
        'Places are listed by the incidents expected next, and "Holds in 22 of 24 settings" says '
        "in how many layouts of the squares, windows of time and vintages of the wards it is hot.",
    )


def _null_words(profile: Profile) -> str:
    return {
        "randomization": "chance would put there if the squares' counts were dealt out anew",
        "permutation": f"{profile.permutations:,} shufflings of the squares' counts put there",
        "binomial": f"chance would put there by the {profile.baseline} alone",
        "normal": "a normal approximation of chance would put there",
    }[profile.null]


def _history(profile: Profile, result: Result) -> str:
    periods = int(result.totals["history_periods"])
    if not periods:
        return f"earlier {unit(result.period, 2)} (there are none to compare with here)"
    if profile.history == "season":
        return f"the same season in earlier years ({periods:,} {unit(result.period, periods)})"
    return f"the {periods:,} {unit(result.period, periods)} before"


def _classes(profile: Profile) -> str:
    limits = ", ".join(
        f"{name} at most 1 in {1 / limit:,.0f}"
        for name, limit in zip(CLASSES, profile.class_limits, strict=True)
    )
    if profile.adjustment == "bonferroni":
        return (
            "The words allow for all squares (Bonferroni), as the chance of any false one: "
            f"{limits}."
        )
    return (
        "The words allow for all squares (Benjamini-Hochberg): of the squares of a class and the "
        f"stronger ones, {limits} is chance."
    )


def data_to(totals: Mapping[str, Any]) -> str:
    """Return to which day the data are known: "Data to 31 March 2022"; "" where unknown."""
    last = totals.get("data_to")
    return f"Data to {words.day(date.fromisoformat(str(last)[:10]))}" if last else ""


def listed(parts: Sequence[str]) -> str:
    """Return the parts that are there, with dots between."""
    return " · ".join(part for part in parts if part)
