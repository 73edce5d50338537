"""What a back-test found, as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from hotspots.backtesting.prepared import Prepared
from hotspots.model import Period
from hotspots.profile import Profile
from hotspots.results.headlines import capital, counted, joined, plain
from hotspots.validation.intervals import Interval
from hotspots.validation.measures import SHARES
from hotspots.validation.report import Report
from hotspots.versions import settings_sha256

if TYPE_CHECKING:
    from hotspots.backtesting.tuning import ToTune
    from hotspots.clustering.automatic import Choice
    from hotspots.validation.tuning import Tuned

UNKNOWN = "no data"
#: Of a terminal; a longer label goes on in the line below it.
WIDTH = 80
_UNCLEAR = {"no clear difference": "unclear"}
_CHOSEN = {
    "cell_size_m": "Side of squares",
    "distance_m": "Distance band",
    "bandwidth_m": "Bandwidth",
}
_PERCENTS = tuple(f"{100 * share:g}" for share in SHARES)


def said(one: Prepared, report: Report) -> list[str]:
    """Return what one back-test found: a sentence, three tables, and what must be known of it."""
    size, cells = one.grid.cell_size_m, int(one.grid.mask.sum())
    head = (
        f"{one.known.history.name}, squares of {size:g} m ({cells:,}): {_verdicts(one, report)} "
        f"{report.incidents:,} incidents judged."
    )
    parts = [_ranking(report), _differences(one, report), _own(report)]
    return [head, *(line for part in parts for line in ["", *part]), "", *one.notes]


def said_of_tuning(ready: ToTune, tuned: Tuned) -> list[str]:
    """Return what a tuning came to: why, the held-out figures, what it cost, what to know."""
    first, last = (Period.parse(text) for text in ready.held_out(tuned))
    held = first.label if first == last else f"{first.label} to {last.label}"
    is_default = settings_sha256(ready.base) == settings_sha256(Profile())
    name = "Shipped default, which is approved" if is_default else "Approved profile"
    rows = [["The setting chosen", *_held_out(tuned.figure), "", ""]]
    rows.append([name, *_held_out(tuned.base), *_less(tuned.difference)])
    if not is_default:
        rows.append(["Shipped default", *_held_out(tuned.default), *_less(tuned.over_default)])
    head = [f"{capital(tuned.measure)}, {held}", "", "95 %", "chosen less it", "95 %"]
    return [
        f"{ready.history.name}: {_came_to(tuned, is_default)}.",
        *tuned.why,
        "",
        *_table(head, rows),
        "",
        *(str(rung) for rung in tuned.rungs),
        *ready.notes,
    ]


def said_of_choices(choices: Sequence[Choice]) -> list[str]:
    """Return what the rules of thumb would choose, each with its reason."""
    if not choices:
        return []
    named = (f"  {_CHOSEN.get(one.name, one.name)}: {one.reason}" for one in choices)
    return ["", "What rules of thumb would choose, judged by no map:", *named]


def _came_to(tuned: Tuned, is_default: bool) -> str:
    of = "the shipped default, which is approved" if is_default else "the approved profile"
    if tuned.verdict.startswith("better"):
        return f"the setting chosen is better than {of}"
    return f"no setting is shown to be better than {of}"


def _held_out(value: Interval) -> list[str]:
    return [_plain(value.value, 3), _range(value.low, value.high, 3)]


def _less(value: Interval) -> list[str]:
    return [_signed(value.value), _range(value.low, value.high, 4, signed=True)]


def _verdicts(one: Prepared, report: Report) -> str:
    """Return how the others stand to the reference, in one sentence."""
    names = {entry.name: entry.label for entry in report.entries}
    mine = names[one.reference]
    others = [entry.name for entry in report.entries if entry.kind != "oracle"]
    others.remove(one.reference)
    if not others:
        return f"{mine} alone."
    less = [report.difference(name, one.reference) for name in others]
    if all(math.isnan(interval.low) for interval in less):
        maps = f"{report.origins} {'map is' if report.origins == 1 else 'maps are'}"
        return f"{maps} too few to tell which method is better."
    found = [interval.verdict() for interval in less]
    if len(others) == 1:
        alone = "not clearly different from" if found[0] in _UNCLEAR else f"{found[0]} than"
        return f"{plain(names[others[0]])} is {alone} the {plain(mine)}."
    better, worse = found.count("better"), found.count("worse")
    alike = len(found) - better - worse
    parts = [f"{_none(better)} {_is(better)} better", f"{_none(worse)} {_is(worse)} worse"]
    if alike:
        parts.insert(1, f"{_none(alike)} {_is(alike)} not clearly different")
    return f"of {len(found)} other methods {joined(parts)} than the {plain(mine)}."


def _ranking(report: Report) -> list[str]:
    rows = report.table(*(f"hit_rate_{p}" for p in _PERCENTS), "area")
    rows = rows.sort_values("area", ascending=False, kind="stable")
    cells = [
        [
            str(row["label"]),
            *(_share(row[f"hit_rate_{p}"]) for p in _PERCENTS),
            _plain(row["area"], 3),
            _range(row["area_low"], row["area_high"], 3),
        ]
        for row in rows.to_dict("records")
    ]
    head = ["Hit rate, % of incidents, in", *(f"{p} %" for p in _PERCENTS), "area", "95 %"]
    return [
        *_table(head, cells),
        "Area: mean hit rate over the best 0 to 20 % of the squares, with its interval;",
        "0.10 by chance, 1 at most. With -o report.csv has the intervals of the others.",
    ]


def _differences(one: Prepared, report: Report) -> list[str]:
    rows = report.compare(one.reference, ("area",))
    if rows.empty:
        return []
    mine = next(entry.label for entry in report.entries if entry.name == one.reference)
    rows = rows.sort_values("difference", ascending=False, kind="stable")
    cells = [
        [
            str(row["label"]),
            _signed(row["difference"]),
            _range(row["difference_low"], row["difference_high"], 4, signed=True),
            _verdict(row),
        ]
        for row in rows.to_dict("records")
    ]
    return _table([f"Area less that of: {mine}", "less", "95 %", ""], cells)


def _verdict(row: Mapping[Hashable, Any]) -> str:
    if math.isnan(row["difference_low"]):
        return "too few maps"
    return _UNCLEAR.get(row["verdict"], str(row["verdict"]))


def _own(report: Report) -> list[str]:
    rows = report.table("hot_area_share", "hot_hit_rate", "hot_pai", "hot_pei_star", "hot_rri")
    rows = rows[rows["hot_area_share"].notna()]
    if rows.empty:
        return []
    cells = [
        [
            str(row["label"]),
            _plain(100 * row["hot_area_share"], 2),
            _share(row["hot_hit_rate"]),
            _plain(row["hot_pai"], 1),
            _range(row["hot_pai_low"], row["hot_pai_high"], 1),
            _plain(row["hot_pei_star"], 2),
            _plain(row["hot_rri"], 2),
        ]
        for row in rows.to_dict("records")
    ]
    head = ["Own hot spots, % of the", "area", "incidents", "PAI", "95 %", "PEI*", "RRI"]
    return _table(head, cells)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with their columns below each other: the first to the left.

    A label that is too long for the terminal's width goes on in the lines below its figures.
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    widths[0] = min(widths[0], max(16, WIDTH - sum(width + 2 for width in widths[1:])))
    return [line for row in [head, *rows] for line in _lines(row, widths)]


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *more = wrap(row[0], widths[0], subsequent_indent="  ") or [""]
    last = len(row) - 1
    cells = [
        text.ljust(width) if i == last and text[:1].isalpha() else text.rjust(width)
        for i, (text, width) in enumerate(zip(row, widths, strict=True))
        if i
    ]
    return ["  ".join([first.ljust(widths[0]), *cells]).rstrip(), *more]


def _share(value: Any) -> str:
    return _plain(100 * float(value), 1)


def _plain(value: Any, digits: int) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.{digits}f}"


def _signed(value: Any, digits: int = 4) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:+.{digits}f}".replace("-", "−")


def _range(low: Any, high: Any, digits: int, *, signed: bool = False) -> str:
    if math.isnan(low) or math.isnan(high):
        return ""
    of = _signed if signed else _plain
    return f"{of(low, digits)} to {of(high, digits)}"


def _none(number: int) -> str:
    return counted(number) if number else "none"


def _is(number: int) -> str:
    return "is" if number < 2 else "are"
