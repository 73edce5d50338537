"""The rows of the ward shortlist from its numbers: who is listed, why a cell is blank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.evidence.shortlist_figures import Places, Statistics
from hotspots.evidence.shortlist_rows import Criterion, Past, ShortlistRow, WardFigures
from hotspots.evidence.shortlist_words import why_listed, why_not
from hotspots.meeting.counts import Change, Counts, changes, say_change
from hotspots.model import Wards
from hotspots.plain_text import tidy
from hotspots.profile import CLASSES, Profile
from hotspots.results.headlines import capital
from hotspots.results.words import strength
from hotspots.sheets import Blank


def past_of(now: WardFigures, then: WardFigures) -> tuple[Past, ...]:
    """Return each ward's earlier period and its change, tested together; in the wards' order.

    Wards whose count is withheld in either period are not tested, so that no p-value, adjusted
    over all that are, depends on them.
    """
    tested = np.flatnonzero(~(now.withheld | then.withheld))
    sides = [Counts(one.period, one.counts[tested], one.state) for one in (then, now)]
    found = changes(sides[0].by_ward, sides[1].by_ward, sides[0], sides[1])
    of_ward: dict[int, Change] = dict(zip(tested.tolist(), found, strict=True))
    return tuple(_past(now, then, i, of_ward.get(i)) for i in range(len(now.counts)))


def _past(now: WardFigures, then: WardFigures, i: int, change: Change | None) -> Past:
    if then.state == "missing":
        count: int | Blank = Blank.NO_DATA
    else:
        count = Blank.WITHHELD if then.withheld[i] else int(then.counts[i])
    if not now.state == then.state == "known":
        return Past(count, Blank.NOT_COMPARED, Blank.NOT_COMPARED, False, False, "Not compared")
    if change is None:
        return Past(count, Blank.WITHHELD, Blank.WITHHELD, False, False, "Withheld")
    first, second = change.first or 0, change.second or 0
    return Past(
        count,
        (second - first) / first if first else Blank.NOT_APPLICABLE,
        change.p_adjusted,
        change.clear,
        change.clear and change.ratio > 1,
        capital(say_change(change)) if change.clear else "Could be chance",
    )


@dataclass(frozen=True, eq=False)
class _Making:
    """What every row is made from."""

    wards: Wards
    places: Places
    now: WardFigures
    found: Statistics
    before: tuple[Past, ...]
    year_before: tuple[Past, ...]
    profile: Profile
    hotspots: Mapping[str, Sequence[str]]

    def cell(self, values: NDArray[Any], i: int, *, of_total: bool = False) -> Any:
        """Return a ward's number, or why there is none."""
        if self.now.state == "missing":
            return Blank.NO_DATA
        untold = of_total and self.found.totals[self.places.district[i]] is None
        if self.now.withheld[i] or untold:
            return Blank.WITHHELD
        value = values[i].item()
        return Blank.NO_DATA if value != value else value

    def flag(self, values: NDArray[Any], i: int) -> int | Blank:
        """Return a funnel's flag; there is none where the borough has no incident."""
        value = self.cell(values, i, of_total=True)
        if isinstance(value, Blank):
            return value
        return int(value) if self.found.borough_rate[i] > 0 else Blank.NOT_APPLICABLE


def build_rows(
    wards: Wards,
    places: Places,
    now: WardFigures,
    before: WardFigures,
    year_before: WardFigures,
    found: Statistics,
    profile: Profile,
    hotspots: Mapping[str, Sequence[str]],
) -> tuple[ShortlistRow, ...]:
    """Return all wards by rank, those listed marked and given their reason."""
    making = _Making(
        wards,
        places,
        now,
        found,
        past_of(now, before),
        past_of(now, year_before),
        profile,
        hotspots,
    )
    rows = [_row(making, i) for i in range(len(wards))]
    if now.state == "missing":
        return tuple(rows)
    rows.sort(key=lambda row: (row.withheld, _order(row.rank), row.ward_code))
    return _listed(rows, places, now, year_before, profile)


def _order(rank: int | Blank) -> int:
    return 0 if isinstance(rank, Blank) else rank


def _row(making: _Making, i: int) -> ShortlistRow:
    found, frame, cell = making.found, making.wards.frame, making.cell
    code, district = str(frame["ward_code"].iloc[i]), making.places.district[i]
    residents = making.places.residents[i]
    share = cell(found.share, i, of_total=True)
    if share is Blank.NO_DATA and making.now.state != "missing":
        share = Blank.NOT_APPLICABLE  # nothing to have a share of
    gi_p = cell(found.gi_p_adjusted, i)
    row = ShortlistRow(
        position=i,
        ward_code=code,
        ward_name=tidy(frame["ward_name"].iloc[i]),
        label=tidy(making.wards.labels[i]),
        district_code=district,
        district_name=making.places.names[district] if district else "",
        listed=False,
        met=(),
        why="",
        withheld=making.now.state != "missing" and bool(making.now.withheld[i]),
        incidents=cell(found.counts, i),
        residents=Blank.NO_DATA if np.isnan(residents) else round(float(residents)),
        rate=cell(found.rate, i),
        steadied=cell(found.steadied, i, of_total=True),
        steadied_lower=cell(found.steadied_lower, i, of_total=True),
        steadied_upper=cell(found.steadied_upper, i, of_total=True),
        borough_rate=_told(making, i),
        rate_ratio=_ratio(making, i),
        funnel=making.flag(found.flag, i),
        funnel_poisson=making.flag(found.poisson_flag, i),
        year_before=making.year_before[i],
        before=making.before[i],
        gi_z=cell(found.gi_z, i),
        gi_p_adjusted=gi_p,
        cluster="" if isinstance(gi_p, Blank) else _cluster(gi_p, making.profile),
        share=share,
        rank=cell(found.rank, i),
        rank_lower=cell(found.rank_lower, i),
        rank_upper=cell(found.rank_upper, i),
        hotspots=tuple(tidy(marker) for marker in making.hotspots.get(code, ())),
    )
    return replace(row, met=_met(row, making)) if making.now.state != "missing" else row


def _told(making: _Making, i: int) -> float | Blank:
    """Return the borough's rate: it may be told beside a withheld ward, unlike the ward's own."""
    if making.now.state == "missing":
        return Blank.NO_DATA
    if making.found.totals[making.places.district[i]] is None:
        return Blank.WITHHELD
    value = float(making.found.borough_rate[i])
    return Blank.NO_DATA if np.isnan(value) else value


def _ratio(making: _Making, i: int) -> float | Blank:
    rate = making.cell(making.found.rate, i, of_total=True)
    target = _told(making, i)
    if isinstance(rate, Blank) or isinstance(target, Blank):
        return rate if isinstance(rate, Blank) else target
    return float(rate / target) if target > 0 else Blank.NOT_APPLICABLE


def _cluster(p_adjusted: float, profile: Profile) -> str:
    said = strength(p_adjusted, profile.class_limits)
    return capital(said) if said in CLASSES else "Could be chance"


# -- the rule --------------------------------------------------------------------------------------


def _met(row: ShortlistRow, making: _Making) -> tuple[Criterion, ...]:
    """Return the criteria of the rule that a ward meets, in the rule's order."""
    if row.withheld:
        return ()
    rule = making.profile.shortlist
    gi, share = row.gi_p_adjusted, row.share
    meets: dict[Criterion, bool] = {
        "rate": not isinstance(row.rate_ratio, Blank) and bool(making.found.above[row.position]),
        "share": not isinstance(share, Blank) and share >= rule.share,
        "rise": row.year_before.rise,
        "cluster": not isinstance(gi, Blank) and gi <= making.profile.alpha,
        "hotspot": bool(row.hotspots),
    }
    return tuple(one for one in dict.fromkeys(rule.criteria) if meets[one])


def _listed(
    rows: Sequence[ShortlistRow],
    places: Places,
    now: WardFigures,
    year_before: WardFigures,
    profile: Profile,
) -> tuple[ShortlistRow, ...]:
    """Mark those of the rows, which are by rank, that the rule lists."""
    rule, left, done = profile.shortlist, profile.shortlist.at_most, []
    for row in rows:
        enough = not isinstance(row.incidents, Blank) and row.incidents >= rule.least
        if row.met and enough and left:
            left -= 1
            borough = places.names[row.district_code]
            why = why_listed(row, rule, borough, year_before.period)
            row = replace(row, listed=True, why=why)
        elif row.met:
            row = replace(row, why=why_not(row, rule))
        done.append(row)
    return tuple(done)
