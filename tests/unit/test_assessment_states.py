"""Which years of the assessment are known whole, in part or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from hotspots.errors import UsageError
from hotspots.evidence.measures import measures
from hotspots.evidence.years import quarter_periods, states_of, three_years
from hotspots.meeting.counts import State
from hotspots.model import Incidents, Period
from hotspots.sharing.asked import Asked, kind_of
from hotspots.taxonomy import priorities, themes
from tests.support import X0, Y0, incidents_at

YEARS = three_years(date(2020, 3, 31))


def daily(
    first: date,
    last: date,
    category: str = "violence",
    subcategory: str | None = None,
    flags: str | None = None,
    agency: str = "Police",
) -> pd.DataFrame:
    """One incident a day."""
    days = (last - first).days + 1
    starts = [datetime(first.year, first.month, first.day) + timedelta(i) for i in range(days)]
    frame = incidents_at(np.full((days, 2), [X0 + 1, Y0 + 1]), starts, category).frame
    return frame.assign(
        subcategory=pd.Series([subcategory] * days, dtype="str"),
        flags=pd.Series([flags] * days, dtype="str"),
        agency=agency,
        file=f"{agency}.csv",
    )


def all_of(*frames: pd.DataFrame) -> Incidents:
    return Incidents(pd.concat(frames, ignore_index=True))


def known_states(
    incidents: Incidents,
    what: str,
    periods: Sequence[Period],
    faulty: Collection[tuple[int, int]] = (),
) -> tuple[State, ...]:
    """What is known of one kind in each period."""
    asked = [Asked.of("all:2021", what, period) for period in periods]
    found = states_of(asked, incidents, lambda code: faulty)
    return tuple(found[what, period.start, period.end] for period in periods)


WHOLE = (date(2017, 4, 1), date(2020, 3, 31))


def test_years_end_with_the_last_day_of_a_month() -> None:
    assert [(p.start, p.end) for p in YEARS] == [
        (date(2017, 4, 1), date(2018, 4, 1)),
        (date(2018, 4, 1), date(2019, 4, 1)),
        (date(2019, 4, 1), date(2020, 4, 1)),
    ]
    # a year to the last of February, of a leap year and of another
    assert three_years(date(2020, 2, 29))[1].end == date(2019, 3, 1)
    for wrong in (date(2020, 3, 30), date(2020, 2, 28)):
        with pytest.raises(UsageError, match="last day of a month"):
            three_years(wrong)


def test_quarters() -> None:
    found = quarter_periods(date(2020, 3, 31))
    assert {key: (p.start, p.end) for key, p in found.items()} == {
        "quarter": (date(2020, 1, 1), date(2020, 4, 1)),
        "before": (date(2019, 10, 1), date(2020, 1, 1)),
        "year_ago": (date(2019, 1, 1), date(2019, 4, 1)),
        "rolling": (date(2019, 4, 1), date(2020, 4, 1)),
        "rolling_before": (date(2018, 4, 1), date(2019, 4, 1)),
    }


def test_a_month_missing_makes_a_part() -> None:
    known = all_of(daily(*WHOLE))
    assert known_states(known, "violence", YEARS) == ("known", "known", "known")
    gap = known.frame["starts_at"].dt.to_period("M").astype(str) == "2018-07"
    without = replace(known, frame=known.frame[~gap].reset_index(drop=True))
    assert known_states(without, "violence", YEARS) == ("known", "part", "known")
    assert known_states(known, "violence", YEARS, {(2019, 5)}) == ("known", "known", "part")
    late = all_of(daily(date(2019, 1, 1), date(2020, 1, 10)))
    assert known_states(late, "violence", YEARS) == ("missing", "part", "part")


def test_nothing_of_a_category_is_not_0() -> None:
    assert known_states(all_of(daily(*WHOLE)), "robbery", YEARS) == ("missing",) * 3


def test_a_subcategory_is_known_where_it_is_stated() -> None:
    stated = daily(date(2018, 4, 1), WHOLE[1], subcategory="with_injury")
    unstated = daily(WHOLE[0], date(2018, 3, 31))
    incidents = all_of(unstated, stated)
    assert known_states(incidents, "violence", YEARS) == ("known",) * 3
    assert known_states(incidents, "violence.with_injury", YEARS) == ("missing", "known", "known")
    # stated, and none of this kind in a year: 0, and known
    other = daily(date(2019, 4, 1), WHOLE[1], subcategory="homicide")
    both = all_of(unstated, stated[stated["starts_at"] < "2019-04-01"], other)
    assert known_states(both, "violence.with_injury", YEARS) == ("missing", "known", "known")


@pytest.mark.parametrize(("each", "state"), [(25, "known"), (5, "part")])
def test_a_subcategory_often_unstated_is_a_part(each: int, state: str) -> None:
    frame = daily(*WHOLE, subcategory="with_injury")
    frame.loc[frame.index % each == 0, "subcategory"] = np.nan
    assert known_states(all_of(frame), "violence.with_injury", YEARS) == (state,) * 3


def test_a_flag_not_seen_in_a_year_is_not_0() -> None:
    flagged = daily(date(2018, 4, 1), WHOLE[1], flags="repeat_victim domestic_abuse")
    incidents = all_of(daily(*WHOLE), flagged)
    states = known_states(incidents, "violence!domestic_abuse", YEARS)
    assert states == ("missing", "known", "known")
    assert known_states(incidents, "violence!alcohol", YEARS) == ("missing",) * 3
    assert known_states(incidents, "!domestic_abuse", YEARS) == ("missing", "known", "known")


def test_who_tells_a_kind_is_asked_and_not_who_does_not() -> None:
    """The council's noise complaints begin in 2019; the police's ASB of before tells none."""
    police = daily(*WHOLE, category="asb")
    council = daily(date(2019, 10, 1), WHOLE[1], "asb", "noise", agency="Council")
    states = known_states(all_of(police, council), "asb.noise", YEARS)
    assert states == ("missing", "missing", "part")


def test_a_total_of_which_a_part_is_not_told_is_a_part() -> None:
    fires = daily(*WHOLE, category="deliberate_fire", agency="Fire")
    damage = daily(*WHOLE, category="criminal_damage")
    total = "deliberate_fires_and_arson"
    assert known_states(all_of(fires, damage), total, YEARS) == ("part",) * 3
    arson = daily(*WHOLE, category="criminal_damage", subcategory="arson")
    assert known_states(all_of(fires, arson), total, YEARS) == ("known",) * 3


def test_states_of_all_that_is_asked() -> None:
    incidents = all_of(daily(*WHOLE))
    asked: Sequence[Asked] = [
        Asked.of("all:2021", what, period) for what in ("violence", "robbery") for period in YEARS
    ]
    found = states_of(asked, incidents, lambda code: {(2018, 6)})
    assert [found["violence", p.start, p.end] for p in YEARS] == ["known", "part", "known"]
    assert {found["robbery", p.start, p.end] for p in YEARS} == {"missing"}


# -- measures.toml --------------------------------------------------------------------------------


def test_measures_are_of_kinds_priorities_and_themes_that_are() -> None:
    known = measures()
    assert list(known)[:3] == ["victim_based", "against_society", "total_crime"]
    for measure in known.values():
        for what in (*measure.whats, *filter(None, [measure.of])):
            kind_of(what)
        day = date(2024, 3, 31)
        assert measure.headline or measure.priority_on(day) in priorities()
        assert measure.headline or measure.theme_on(day) in themes()
        assert bool(measure.of) == bool(measure.of_label)
        assert set(measure.sum_of) <= set(known)
        assert not measure.note or measure.note.endswith(".")
    assert len({measure.label for measure in known.values()}) == len(known)


def test_no_incident_is_in_two_kinds_that_are_added_up() -> None:
    for measure in measures().values():
        kinds = [kind_of(what) for what in measure.whats]
        if len(kinds) == 1:
            continue
        assert all(kind.flag is None and kind.category is not None for kind in kinds)
        parts = [(kind.category, kind.subcategory) for kind in kinds]
        assert len(set(parts)) == len(parts)
        whole = [kind.category for kind in kinds if kind.subcategory is None]
        assert not whole or len({kind.category for kind in kinds}) == len(kinds)
        assert not any(kind.category.is_total for kind in kinds if kind.category)


def test_what_the_strategy_measures_is_there() -> None:
    """The kinds of incident under "How will we measure our impact?", and of its first table."""
    kinds = {what for measure in measures().values() for what in measure.whats}
    assert {
        "victim_based", "against_society", "crime", "violence", "violence!domestic_abuse",
        "shoplifting", "burglary", "burglary.dwelling", "burglary.other_than_dwelling",
        "burglary.residential", "burglary.business_community", "vehicle_crime",
        "drugs.trafficking", "criminal_damage", "deliberate_fire.primary",
        "deliberate_fire.secondary", "asb", "asb.noise", "asb!alcohol", "crime!hate_crime",
    } <= kinds  # fmt: skip
