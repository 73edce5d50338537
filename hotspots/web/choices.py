"""What can be chosen on every page: area, category, length of period, period, layer."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from hotspots.areas import Area, areas_of
from hotspots.errors import ResultError, UsageError
from hotspots.model import Period
from hotspots.taxonomy import Category
from hotspots.taxonomy import category as category_of
from hotspots.web.source import PeriodKind, Source
from hotspots.web.text import capital, plain, tidy, whole


@dataclass(frozen=True)
class Layer:
    """One way to shade the map; ``question`` is the list of places that goes with it."""

    code: str
    label: str
    question: str


LAYERS = (
    Layer("concentrated", "Concentrated", "concentrated"),
    Layer("worse", "Worse than usual", "worse"),
    Layer("density", "Density", "concentrated"),
    Layer("wards", "Wards", "concentrated"),
)
#: The category of each priority that has a tab in the meeting, in the strategy's order.
TABS = (
    "asb",
    "criminal_damage",
    "deliberate_fire",
    "violence",
    "burglary",
    "vehicle_crime",
    "shoplifting",
    "drugs",
)
#: Characters that the list of categories has room for.
_ROOM = 22
_KIND_LABELS: dict[PeriodKind, str] = {"month": "Months", "week": "Weeks"}


@dataclass(frozen=True)
class Kind:
    """A length of period, and the period of that length nearest to the one shown."""

    label: str
    period: str
    current: bool


@dataclass(frozen=True)
class Tab:
    """A priority's tab: a category, what it is called in a tight place, and how many it has.

    ``count`` is None where nothing of the category is loaded: the tab is shown, and says so.
    """

    code: str
    label: str
    count: str | None
    current: bool


@dataclass(frozen=True)
class Choice:
    """What is shown, and what else could be.

    ``query`` holds what leads back here: the arguments of any page's address.
    """

    area: Area
    areas: tuple[Area, ...]
    category: Category
    categories: list[tuple[str, str]]
    tabs: list[Tab]
    period: Period
    offered: list[Period]
    years: list[tuple[int, list[tuple[str, str]]]]
    before: Period | None
    after: Period | None
    kinds: list[Kind]
    layer: Layer
    note: str = ""
    #: Arguments that belong to the page's own path, such as a place.
    path: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """The arguments of this choice in an address; what is as by default is left out."""
        chosen = {"category": self.category.code, "period": self.period.id}
        if self.area.code:
            chosen["area"] = self.area.code
        return chosen

    def but(self, **changed: str) -> dict[str, str]:
        """Return the arguments of this choice with some of them changed."""
        wanted = {**dict(self.path), **self.query, **changed}
        return {name: value for name, value in wanted.items() if value}


def choose(source: Source, query: Mapping[str, str]) -> Choice | None:
    """Return what a query asks for, with defaults for what it leaves out; None without any data.

    Raises
    ------
    UsageError
        If a value is none of those there are.
    ResultError
        If there are no data of the category.
    """
    known = source.categories()
    layer = _layer(query.get("layer") or LAYERS[0].code)
    if not known:
        return None
    areas = areas_of(source.wards())
    area = _area(query.get("area", ""), areas)
    category = _category(query.get("category") or known[0][0].code, known)
    kinds = source.period_kinds(category.code)
    asked = query.get("period")
    # a meeting is weekly: months only where the data have no more than months
    period = Period.parse(asked) if asked else _last(source.periods(category.code, kinds[-1]))
    kind: PeriodKind = "week" if period.kind == "week" else "month"
    note = ""
    if kind not in kinds:
        # the category was changed while weeks were shown: the month is the nearest thing to show
        kind = kinds[0]
        period = _nearest(source.periods(category.code, kind), period)
        note = f"{tidy(category.label)} is known by {kind} only: this is {period.label}."
    offered = source.periods(category.code, kind)
    before, after = _beside(period, offered)
    return Choice(
        area=area,
        areas=areas,
        category=category,
        categories=[(c.code, f"{_name(c)} ({whole(n)})") for c, n in known],
        tabs=_tabs(category, known),
        period=period,
        offered=list(offered) if period in offered else [*offered, period],
        years=_by_year(offered if period in offered else [*offered, period]),
        before=before,
        after=after,
        kinds=_kinds(source, category, period, kind, kinds),
        layer=layer,
        note=note,
    )


def _area(code: str, areas: Sequence[Area]) -> Area:
    for area in areas:
        if area.code == code:
            return area
    known = ", ".join(f"{area.code} ({tidy(area.name)})" for area in areas if area.code)
    raise UsageError(
        f"An area must be one of the districts{': ' + known if known else ''}; got {code!r}: leave "
        "it out for all of them."
    )


def _tabs(current: Category, known: Sequence[tuple[Category, int]]) -> list[Tab]:
    """Return a tab a priority of the partnership, and one for the category shown if it has none."""
    counts = {category.code: count for category, count in known}
    codes = list(dict.fromkeys([*TABS, current.code]))
    labels = {category.code: category for category, _ in known}
    tabs = []
    for code in codes:
        entry = labels.get(code) or category_of(code)
        count = whole(counts[code]) if code in counts else None
        tabs.append(Tab(code, tidy(entry.short), count, code == current.code))
    return tabs


def _layer(code: str) -> Layer:
    for layer in LAYERS:
        if layer.code == code:
            return layer
    raise UsageError(
        f"A layer must be one of {', '.join(layer.code for layer in LAYERS)}; got {code!r}: "
        "choose one of these."
    )


def _category(code: str, known: Sequence[tuple[Category, int]]) -> Category:
    for category, _ in known:
        if category.code == code:
            return category
    label = plain(category_of(code).label)
    raise ResultError(
        f"There must be data of a category to map it; none are loaded for {label}: add a file "
        "that has them, or choose another category."
    )


def _name(category: Category) -> str:
    """Return the label where a list has room for it, or else the short one."""
    return tidy(category.label if len(category.label) <= _ROOM else category.short)


def _last(periods: Sequence[Period]) -> Period:
    if not periods:
        raise ResultError("There must be a whole period of data to map; there is none: add files.")
    return periods[-1]


def _beside(period: Period, offered: Sequence[Period]) -> tuple[Period | None, Period | None]:
    before = [p for p in offered if p.start < period.start]
    after = [p for p in offered if p.start > period.start]
    return (before[-1] if before else None, after[0] if after else None)


def _by_year(periods: Sequence[Period]) -> list[tuple[int, list[tuple[str, str]]]]:
    newest = sorted(periods, key=lambda p: p.start, reverse=True)
    return [
        (year, [(p.id, _short(p)) for p in group])
        for year, group in groupby(newest, key=lambda p: p.start.year)
    ]


def _short(period: Period) -> str:
    start = period.start
    if period.kind == "week":
        return f"Week {start.day} {calendar.month_abbr[start.month]} {start.year}"
    return capital(period.label)


def _kinds(
    source: Source,
    category: Category,
    period: Period,
    shown: PeriodKind,
    kinds: Sequence[PeriodKind],
) -> list[Kind]:
    if len(kinds) < 2:
        return []
    return [
        Kind(_KIND_LABELS[kind], _nearest(source.periods(category.code, kind), period).id, False)
        if kind != shown
        else Kind(_KIND_LABELS[kind], period.id, True)
        for kind in kinds
    ]


def _nearest(periods: Sequence[Period], shown: Period) -> Period:
    """Return the last period that begins before the end of the one shown."""
    earlier = [p for p in periods if p.start < shown.end]
    return earlier[-1] if earlier else _last(periods)
