"""What a comparison says: its headline, its rows, and how to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hotspots.meeting.comparing import Event, PlaceChange, Side
from hotspots.meeting.counts import Change, by_chance, say_change, total_change
from hotspots.model import Period, Wards
from hotspots.taxonomy import Category
from hotspots.web import sentences
from hotspots.web.text import capital, counted, tidy, whole

_CARRIED_ON: frozenset[Event] = frozenset({"same", "moved", "merged", "split"})


@dataclass(frozen=True, eq=False)
class Half:
    """One of the two: what it shows, of which wards, and why it may show nothing."""

    side: Side
    wards: Wards
    period: Period
    category: Category
    why: str = ""


@dataclass(frozen=True, eq=False)
class Words:
    """The sentences of two halves: the earlier and the later, or two categories."""

    first: Half
    second: Half

    @property
    def of_categories(self) -> bool:
        """Whether two categories of one period are compared."""
        return self.first.category != self.second.category

    @cached_property
    def heads(self) -> tuple[str, str]:
        """What the columns of the two are called."""
        return self._head(self.first), self._head(self.second)

    @property
    def names(self) -> tuple[str, str]:
        """What is counted on each side, as it stands within a sentence."""
        first, second = (sentences.noun(half.category, 0) for half in (self.first, self.second))
        return first, second

    def counts(self) -> str:
        """Return the whole area's two counts, and whether they differ."""
        first, second = self.first, self.second
        one, other = first.side.counts, second.side.counts
        if self.of_categories:
            return f"{capital(_count(first))} and {_count(second)} {sentences.when(first.period)}."
        now, then = sentences.when(second.period), sentences.when(first.period)
        if one.total is None and other.total is None:
            return f"No data {now}, nor {then}."
        if other.total is None:
            return f"{_count(first)} {then}. No data {now}: this is no fall."
        if one.total is None:
            return f"{_count(second)} {now}. No data {then}: there is nothing to compare with."
        change = total_change(one, other)
        if not change.tested:
            part = [sentences.when(h.period) for h in (self.first, self.second) if _part(h)]
            which = " and ".join(part)
            return (
                f"{_count(second)} {now}, {whole(one.total)} {then}; incidents are missing "
                f"{which}, so no change is claimed."
            )
        return f"{_count(second)} {now}{_after(change, f' {then}')}."

    def places(self, rows: Sequence[PlaceChange]) -> str:
        """Return what became of the hot spots, in one sentence; "" where there are none."""
        if not rows:
            return ""
        events = [row.event for row in rows]
        if self.of_categories:
            both = events.count("same")
            return f"{capital(_hot(both))} in both, {counted(len(rows) - both)} in one only."
        persisting = sum(event in _CARRIED_ON for event in events)
        said = f"{capital(_hot(persisting))} {'persists' if persisting == 1 else 'persist'}"
        if unknown := events.count("unknown"):
            rest = f"Whether {_hot(unknown)} {'is' if unknown == 1 else 'are'} new or gone"
            return f"{said + '. ' if persisting else ''}{rest} cannot be told."
        return f"{said}, {_are(events.count('new'), 'new')}, {_are(events.count('gone'), 'gone')}."

    def row(self, change: Change) -> str:
        """Return the counts of one place, and whether they differ."""
        first, second = self.first, self.second
        if change.first is None and change.second is None:
            return "No data on either side."
        if self.of_categories:
            parts = [
                f"{whole(count)} {sentences.noun(half.category, count or 0)}"
                for count, half in ((change.first, first), (change.second, second))
            ]
            return f"{', '.join(parts)}: {say_mix(change, self.names)}."
        if change.first is None or change.second is None:
            half, known = (second, change.second) if change.first is None else (first, change.first)
            return f"{whole(known)} {sentences.when(half.period)}; no data on the other side."
        if second.period.kind == first.period.kind == "month":
            now, then = (f" {sentences.when(half.period)}" for half in (second, first))
            return f"{whole(change.second)}{now}{_after(change, then)}."
        # the maps are titled with their weeks: in every row they would hide the numbers
        return f"{whole(change.second)} after {whole(change.first)}: {say_change(change)}."

    def empty(self) -> list[str]:
        """Return what a list without any place says; the last says what to do."""
        for half in (self.first, self.second):
            if half.side.result is None or half.side.counts.state != "known":
                return [
                    "No hot spot is known on either side, and data are missing.",
                    "Choose another period, or see what Data says.",
                ]
        squares = max(
            int(h.side.result.totals["cells"]) for h in (self.first, self.second) if h.side.result
        )
        return [
            "There is no hot spot on either side.",
            f"{squares:,} squares were checked.",
            "Compare longer periods, or look at Density.",
        ]

    def notes(self, layer: str, shared: Wards) -> list[str]:
        """Return how to read the tests; ``shared`` are the wards that both are counted in."""
        wards = len(shared)
        if self.of_categories:
            said = [
                f"A ward or place has more of one where its mix differs from that of all the "
                f"others by more than chance would make (Fisher’s exact test; the table allows "
                f"for all {wards} wards)."
            ]
            if layer in ("density", "wards"):
                label = self.names[0]
                said.append(f"Both maps are in the classes of {label}, so colours compare.")
        else:
            said = [
                f"Counts are compared by an exact test. The table allows for all {wards} wards: "
                "about 1 in 20 of the changes it names may still be chance.",
                "A place is on the list because its count was high, so some fall later is to be "
                "expected. The list allows for every block that could have been on it.",
            ]
            if len({half.period.days for half in (self.first, self.second)}) > 1:
                said.append("The periods differ in length: changes are by day.")
        said.append("A change says that counts differ, not why.")
        vintages = [half.wards.vintage for half in (self.first, self.second)]
        if vintages[0] != vintages[1]:
            said.append(f"Both are counted in the wards of {tidy(shared.vintage)}.")
        return said

    def _head(self, half: Half) -> str:
        if self.of_categories:
            return capital(sentences.noun(half.category, 0))
        return sentences.when(half.period).removeprefix("in ")


def say_mix(change: Change, names: Sequence[str]) -> str:
    """Return how a place's mix of two categories differs from the rest's, in words."""
    if not change.tested:
        return "not compared"
    if not change.clear:
        return "no clear difference from the area’s mix (could be chance)"
    more = names[1] if change.ratio > 1 else names[0]
    return f"more {more} than the area’s mix, {by_chance(change.p_value)}"


def _count(half: Half) -> str:
    total = half.side.counts.total
    what = sentences.noun(half.category, 0 if total is None else total)
    return f"no data of {what}" if total is None else f"{whole(total)} {what}"


def _part(half: Half) -> bool:
    return half.side.counts.state == "part"


def _after(change: Change, then: str) -> str:
    """Return what follows the later count: " after 23 in February 2022: a rise of 78%"."""
    if not change.tested:
        return f", {whole(change.first)}{then}"
    joint = " after" if change.clear else ","
    return f"{joint} {whole(change.first)}{then}: {say_change(change)}"


def _hot(count: int) -> str:
    return f"{counted(count)} hot spot{'s' * (count != 1)}"


def _are(count: int, what: str) -> str:
    return f"{'none' if count == 0 else counted(count)} {'is' if count < 2 else 'are'} {what}"
