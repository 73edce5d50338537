"""The ward shortlist as a page shows it: the listed wards, why, the others, funnels and map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from hotspots.drawing.funnel import FunnelPlot, funnel_plot
from hotspots.evidence.shortlist import ShortlistRow, WardShortlist
from hotspots.evidence.shortlist_rows import Past
from hotspots.model import Wards
from hotspots.results import Result
from hotspots.results.headlines import the
from hotspots.sheets import Blank
from hotspots.web.facts import about, is_missing
from hotspots.web.text import capital, counted, decimal, plain, tidy, whole
from hotspots.web.ward_map import WardMap

#: The drawings beside the table, pixels of the projector and of a phone.
_MAP = (600, 400)
_FUNNEL, _SMALL_FUNNEL = (600, 340), (340, 300)


@dataclass(frozen=True)
class Head:
    """The head of a column: what it is, and what more must be known of it."""

    key: str
    label: str
    says: str = ""
    kind: str = "number"

    @property
    def both(self) -> str:
        """The head in one line, for a card."""
        return f"{self.label} {self.says}".strip()


@dataclass(frozen=True)
class Funnel:
    """One district's funnel plot, for a wide page and for a narrow one."""

    name: str
    wide: Markup
    small: Markup


class ShortlistView:
    """A shortlist ready to be written into a page.

    Attributes
    ----------
    headline, rule : str
    heads : list of Head
    listed, others : list of dict
        Texts by column, with ``position`` (of the ward on the map).
    rest : str
        How many others there are, in words.
    funnels : list of Funnel
    map : Markup
    unit, legend : str, list of Swatch
    notes, about : list of str
    """

    def __init__(self, shortlist: WardShortlist, result: Result, wards: Wards) -> None:
        missing = is_missing(result)
        several = len({row.district_code for row in shortlist.rows}) > 1
        self.headline = tidy(shortlist.headline)
        self.rule = tidy(shortlist.rule)
        self.heads = _heads(shortlist)
        self.listed = [_row(row, several) for row in shortlist.listed]
        self.others = [_row(row, several) for row in shortlist.rows if not row.listed]
        self.rest = _rest(len(self.others), bool(self.listed))
        self.funnels = [
            _funnel(plot, number) for number, plot in enumerate(_drawable(shortlist), 1)
        ]
        drawn = WardMap(result, wards, shortlist.category, missing)
        self.unit, self.legend = drawn.unit, drawn.legend
        self.map = drawn.draw(
            *_MAP,
            title=f"Wards, {shortlist.period.label}",
            describe=f"{self.headline} Every ward’s numbers are in the table.",
            names_first=[row.ward_code for row in (*shortlist.listed, *shortlist.rows)],
        )
        self.notes = [tidy(note) for note in shortlist.notes]
        self.about = about(result)


def _heads(shortlist: WardShortlist) -> list[Head]:
    return [
        Head("rank", "Rank", "and likely range"),
        Head("name", "Ward", kind="text"),
        Head("incidents", "Incidents"),
        Head("residents", "Residents"),
        Head("rate", "Per 1,000", "residents"),
        Head("steadied", "Steadied", "per 1,000, and range"),
        Head("share", "Share", "of borough’s total"),
        Head("year", "In a year", f"since {the(shortlist.year_before)}"),
        Head("before", "Change", f"since {the(shortlist.before)}"),
        Head("spots", "Hot spots", "and clusters", kind="text"),
    ]


def _rest(count: int, any_listed: bool) -> str:
    other = " other" if any_listed else ""
    return f"{capital(counted(count))}{other} ward{'' if count == 1 else 's'}"


def _row(row: ShortlistRow, several: bool) -> dict[str, Any]:
    return {
        "code": row.ward_code,
        "position": row.position,
        "name": tidy(row.ward_name),
        "district": tidy(row.district_name) if several else "",
        "why": tidy(row.why),
        "rank": _whole(row.rank),
        "ranks": _range(row.rank_lower, row.rank_upper, whole),
        "incidents": _whole(row.incidents),
        "residents": _whole(row.residents),
        "rate": _decimal(row.rate),
        "funnel": "" if isinstance(row.funnel, Blank) else row.funnel_words,
        "far": not isinstance(row.funnel, Blank) and row.funnel > 0,
        "steadied": _decimal(row.steadied),
        "interval": _range(row.steadied_lower, row.steadied_upper, decimal),
        "share": _percent(row.share),
        "year": _change(row.year_before, row.incidents),
        "before": _change(row.before, row.incidents),
        "spots": [(m, "concentrated" if m.isdigit() else "worse") for m in row.hotspots],
        "cluster": f"Cluster: {plain(tidy(row.cluster))}" if _is_cluster(row) else "",
        "sort": {
            "rank": _key(row.rank),
            "incidents": _key(row.incidents),
            "residents": _key(row.residents),
            "rate": _key(row.rate),
            "steadied": _key(row.steadied),
            "share": _key(row.share),
            "year": _rise(row.year_before, row.incidents),
            "before": _rise(row.before, row.incidents),
        },
    }


def _is_cluster(row: ShortlistRow) -> bool:
    return bool(row.cluster) and row.cluster != "Could be chance"


def _change(past: Past, now: int | Blank) -> dict[str, Any]:
    known = not isinstance(past.count, Blank) and not isinstance(now, Blank)
    untested = isinstance(past.p_adjusted, Blank)
    return {
        "known": known,
        "first": _whole(past.count),
        "second": _whole(now),
        # said only where there is something to say: most could be chance, and a note says so
        "says": capital(tidy(past.says)) if past.clear or untested else "",
        "sure": past.clear,
        "rise": past.rise,
    }


def _drawable(shortlist: WardShortlist) -> Sequence[FunnelPlot]:
    """Return the plots in the order of the districts' names."""
    return sorted(shortlist.funnels.values(), key=lambda plot: plot.name)


def _funnel(plot: FunnelPlot, number: int) -> Funnel:
    wide, small = (
        funnel_plot(
            plot,
            width=w,
            height=h,
            id=f"funnel{number}{size}",
            title=plot.title,
            describe=plot.describe,
        )
        for (w, h), size in ((_FUNNEL, "w"), (_SMALL_FUNNEL, "s"))
    )
    return Funnel(tidy(plot.name), wide, small)


# -- numbers --------------------------------------------------------------------------------------


def _whole(value: float | Blank) -> str:
    return capital(value.value) if isinstance(value, Blank) else whole(value)


def _decimal(value: float | Blank) -> str:
    return capital(value.value) if isinstance(value, Blank) else decimal(value)


def _percent(value: float | Blank) -> str:
    return capital(value.value) if isinstance(value, Blank) else f"{100 * value:.0f}%"


def _range(lower: float | Blank, upper: float | Blank, say: Any) -> str:
    if isinstance(lower, Blank) or isinstance(upper, Blank):
        return ""
    return f"{say(lower)} to {say(upper)}"


def _key(value: float | Blank) -> str:
    """Return what a column is sorted by, "" where there is no number."""
    return "" if isinstance(value, Blank) else f"{float(value):.6g}"


def _rise(past: Past, now: int | Blank) -> str:
    if isinstance(past.count, Blank) or isinstance(now, Blank):
        return ""
    return str(now - past.count)
