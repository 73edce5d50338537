"""The sentences of a briefing pack, made of figures that may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hotspots.briefing.withholding import about_share, is_small, rounded
from hotspots.meeting.meeting import Meeting
from hotspots.meeting.place import Tested
from hotspots.meeting.scoring import MapScore
from hotspots.model import Period
from hotspots.plain_text import tidy
from hotspots.profile import CLASSES, Profile, Tier
from hotspots.results import Result, words
from hotspots.results.notes import make_notes
from hotspots.taxonomy import Category

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: Below this usual count a percentage would make much of little.
_FEW_USUAL = 10
_MISSING = ("missing-category", "missing-month")
#: Where small counts are withheld the score of the last map is told from so many times k on: a
#: step of it is then more incidents than k either way.
_SCORE_FROM = 40
TITLES = {
    "concentrated": "Where is it concentrated?",
    "worse": "Where is it worse than usual?",
}


def capital(text: str) -> str:
    """Return the text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def counted(number: int) -> str:
    """Return numbers below ten as words."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else f"{number:,}"


def when(period: Period) -> str:
    """Return the period as it goes after a count: "in March 2022"."""
    return f"in the {period.label}" if period.kind == "week" else f"in {period.label}"


def unit(period: Period, count: int = 1) -> str:
    """Return what a map is of: "week", "months"."""
    kind = period.kind if period.kind in ("week", "month", "year") else "period"
    return kind + "s" * (count != 1)


def short_period(period: Period) -> str:
    """Return a period for a chart's axis: "Mar 22", "7 Mar"."""
    if period.kind == "week":
        return f"{period.start.day} {period.start:%b}"
    return f"{period.start:%b %y}" if period.kind == "month" else capital(period.label)


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
    return f"of the {period.label}" if period.kind == "week" else f"of {period.label}"


def _total(result: Result, tier: Tier, shown: int | None) -> str:
    below, period = tier.small_counts_below, result.period
    if shown is not None:
        against = _against_usual(shown, result.totals, period, below)
        return f"{words.incidents(shown)} {when(period)}{against}."
    if is_small(int(result.totals["incidents"]), below):
        return f"Fewer than {below} incidents {when(period)}."
    return f"The number of incidents {when(period)} is withheld."


def _against_usual(count: int, totals: Mapping[str, Any], period: Period, below: int) -> str:
    usual, periods = totals["usual"], int(totals["history_periods"])
    if not totals["complete"]:
        return " so far"
    if usual is None or not periods:
        return ""
    if usual < max(below, 1) and below:
        return f"; fewer than {below} are usual"
    if usual < _FEW_USUAL:
        return f"; {words.about(usual)} {'are' if usual >= 1.5 else 'is'} usual"
    average = f"{_average(totals, period)} ({words.about(usual)} a {unit(period)})"
    return f", {_compared(count / usual)} the {average}"


def _compared(ratio: float) -> str:
    percent = round(100 * (ratio - 1))
    if percent == 0:
        return "the same as"
    if ratio >= 2:
        return f"{ratio:.1f} times"
    return f"{abs(percent)}% {'above' if percent > 0 else 'below'}"


def _average(totals: Mapping[str, Any], period: Period) -> str:
    if totals.get("history") == "season":
        return "average of the same season in earlier years"
    return f"{int(totals['history_periods'])}-{unit(period)} average"


def _places(result: Result, places: Mapping[str, int]) -> str:
    first, worse = places["concentrated"], places["worse"]
    stand = f"{capital(counted(first))} places stand out"
    if first < 2:
        stand = "One place stands out" if first else "No place stands out"
    if not result.totals["history_periods"]:
        none = f"there is no complete earlier {unit(result.period)} to compare with"
        return f"{stand}; {none}."
    if not worse:
        return f"{stand}; none is worse than usual."
    return f"{stand}; {counted(worse)} {'is' if worse == 1 else 'are'} worse than usual."


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


def claim(row: Any, baseline: str, below: int, held: bool) -> str:
    """Return the one sentence that a place claims, without a withheld count.

    Parameters
    ----------
    row : named tuple
        Of ``Result.places``.
    held : bool
        Whether its count is withheld, small or not.
    """
    question, count = str(row.question), int(row.peak_incidents)
    expected = float(row.peak_expected)
    if not below:
        return words.claim(question, count, expected, baseline)
    said = words.claim(question, count, expected, baseline)
    if question == "worse" and expected < below:
        said = f"{words.incidents(count)} here; fewer than {below} is usual."
    if not held:
        return said
    if is_small(count, below):
        return f"Fewer than {below} incidents here."
    # the rest of the sentence is of what was to be expected
    return f"About {rounded(count, below):,} incidents here;{said.partition(';')[2]}"


def other_claim(
    question: str, tested: Tested | None, period: Period, tier: Tier, profile: Profile
) -> str:
    """Return what the other question's test says of the same block; "" where it says nothing."""
    if tested is None:
        return ""
    below = tier.small_counts_below
    limits = profile.class_limits
    if question == "concentrated":
        if tested.p_worse is None or tested.usual is None:
            return f"There is no earlier {unit(period)} to say what is usual here."
        about = f"fewer than {below}" if tested.usual < below else words.about(tested.usual)
        too = words.strength(tested.p_worse[1], limits) in CLASSES[:-1]
        lead = "Worse than usual too" if too else "Not worse than usual"
        return f"{lead}: {about} a {unit(period)} is usual here."
    if tested.p_concentrated is None or tested.even is None:
        return ""
    too = words.strength(tested.p_concentrated[1], limits) in CLASSES[:-1]
    lead = "Concentrated here too" if too else "Not clearly more than elsewhere"
    return f"{lead}: {words.about(tested.even)} if spread evenly."


def strength_words(row: Any, squares: int, held: bool) -> tuple[str, str]:
    """Return how real a place is: the strength, and the rest; of a withheld count the former."""
    said = words.evidence(str(row.strength), float(row.p_value), squares)
    lead, mark, rest = re.split(r"([.:]) ", said, maxsplit=1)
    if held:
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


def notes(result: Result, category: Category, profile: Profile, tier: Tier) -> tuple[str, ...]:
    """Return the notes of a result; without small counts where these are withheld."""
    below = tier.small_counts_below
    if not below:
        return tuple(tidy(note) for note in result.notes)
    totals = dict(result.totals)
    for name in ("border", "outside", "snapped_points"):
        if is_small(int(totals[name]), below):
            totals[name] = 0
    few = is_small(int(totals["incidents"]), below)
    if few:
        # no sentence of the notes may have the count
        totals |= {"incidents": profile.few_incidents, "border": 0}
    if int(totals["incidents"]) - int(totals["border"]) < below:
        totals["border"] = 0
    said = make_notes(totals, result.period, category, profile)
    lead = (f"Fewer than {below} incidents in this period: few to map.",) if few else ()
    return tuple(tidy(note) for note in (*lead, *said))


def tier_words(tier: Tier) -> str:
    """Return what has been done to what a tier is given."""
    said = []
    if below := tier.small_counts_below:
        upto = f"1 to {below - 1}" if below > 2 else "1"
        said.append(f"counts of {upto} are withheld, and others that would tell them")
    if not tier.restricted_kinds:
        said.append("restricted kinds of incidents are not told apart")
    if not tier.points:
        said.append("no single incident, square or repeat location is shown")
    if tier.generalise_m:
        said.append(f"outlines are drawn on squares of {tier.generalise_m:,.0f} m")
    if not said:
        return "Nothing is withheld: it shows single incidents, so mind who sees it."
    return capital("; ".join(said)) + "."


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
        'Places are listed by the incidents expected next, and "Holds in 11 of 12 settings" says '
        "in how many layouts of the squares a place is still hot.",
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
