"""Why a tuning recommends what it recommends, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hotspots.profile import Profile
from hotspots.validation.history import History
from hotspots.validation.intervals import Interval
from hotspots.validation.tuning.comparing import Finalist
from hotspots.validation.tuning.families import said, settings_said
from hotspots.validation.tuning.scorers import Measure

BETTER = "better"


def verdict(over_base: Interval, base: Profile) -> str:
    """Return "better", or that it is no better than which profile."""
    return BETTER if over_base.verdict() == BETTER else f"no better than {_the(base)}"


def why(
    *,
    measure: Measure,
    settings: int,
    origins: int,
    history: History,
    cut: int,
    taken: Finalist,
    best: Finalist,
    good: int,
    params: dict[str, Any],
    figures: Sequence[Interval],
    over_base: Interval,
    held_out_maps: int,
    verdict: str,
    base: Profile,
) -> tuple[str, ...]:
    """Return the sentences of a tuned profile."""
    day = history.edges[cut].astype(object)
    found = [
        f"Chosen among {settings} {'setting' if settings == 1 else 'settings'} by the "
        f"{measure.label}, on up to {origins} maps of "
        f"the time before {day.day} {day:%B %Y}: {_named(params, taken)}.",
        _rule(taken, best, good),
        f"On the {_maps(held_out_maps)} from then on, which took no part in the choice, it "
        f"scored {_figure(figures[0])}; {_the(base)} scored {_figure(figures[1])}"
        + (f" and the shipped default {_figure(figures[2])}." if base.name != "default" else "."),
    ]
    return (*found, _verdict(over_base, verdict, base, taken))


def why_neighbourhood(
    settings: int,
    params: dict[str, Any],
    own: dict[str, Any],
    good: int,
    figures: Sequence[Interval],
    gained: Interval,
    held: Interval,
    recommended: bool,
) -> tuple[str, ...]:
    """Return the sentences of the second search."""
    chosen, usual = _rule_said(params), _rule_said(own)
    first = (
        f"How wide a neighbourhood: of {settings} settings, judged by PAI at the own hot spots, "
        f"{chosen} was taken ({_within(good)})."
    )
    if params == own:
        return (first, "That is what the base profile has: nothing changes.")
    after = (
        f"On the held-out part its PAI is {_pai(figures[0])} against {_pai(figures[1])} of "
        f"{usual}: a difference of {_signed(gained, 1)}."
    )
    if recommended:
        return (first, after, "It is recommended.")
    if gained.verdict() == BETTER and held.verdict() == "worse":
        return (
            first,
            after,
            "But its hot spots hold fewer incidents: it gains by marking less. It is not "
            f"recommended; {usual} stays.",
        )
    said = "worse" if gained.verdict() == "worse" else "no clear gain"
    return (first, after, f"That is {said}: {usual} stays.")


def _rule(taken: Finalist, best: Finalist, good: int) -> str:
    if taken is best:
        return (
            "It scored best, and no simpler setting came within one standard error of it."
            if good == 1
            else f"It scored best, and is the simplest of the {good} settings within one standard "
            "error."
        )
    kind = "the base profile's own maps" if taken.is_base else "the simplest"
    return (
        f"{good} settings were within one standard error of the best ({said(best.maps)}); of "
        f"those {kind} were taken, as nothing surely better is known."
        if taken.is_base
        else f"{good} settings were within one standard error of the best ({said(best.maps)}); of "
        f"those {kind} was taken."
    )


def _verdict(over_base: Interval, verdict: str, base: Profile, taken: Finalist) -> str:
    name = _the(base)
    if verdict == BETTER:
        return f"It is better than {name} by {_signed(over_base)}, and is recommended."
    if taken.is_base:
        return f"Nothing was found that is better than {name}, which is recommended as it is."
    if math.isnan(over_base.low):
        return (
            f"So few maps cannot say which is better (difference {over_base.value:+.3f}): it "
            f"counts as no better than {name}, which is recommended as it is."
        )
    kind = "worse" if over_base.verdict() == "worse" else "no better"
    return (
        f"The difference is {_signed(over_base)}: it is {kind} than {name}, which is recommended "
        "as it is."
    )


def _named(params: dict[str, Any], taken: Finalist) -> str:
    if taken.is_base:
        return f"the base profile's own maps ({said(taken.maps)})"
    return f"{settings_said(params)} ({said(taken.maps)}, {params['cell_size_m']:g} m cells)"


def _the(base: Profile) -> str:
    return "the default" if base.name == "default" else "the approved one"


def _within(good: int) -> str:
    if good == 1:
        return "no other within one standard error"
    return f"the closest to the base profile of {good} within one standard error"


def _rule_said(params: dict[str, Any]) -> str:
    return f"{params['distance_m']:g} m at {params['alpha']:g}"


def _pai(value: Interval) -> str:
    return "none, as nothing was marked" if math.isnan(value.value) else f"{value.value:.1f}"


def _figure(value: Interval) -> str:
    if math.isnan(value.value):
        return "nothing, as no incident followed"
    if math.isnan(value.low):
        return f"{value.value:.3f} (too few maps for an interval)"
    return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"


def _signed(value: Interval, digits: int = 3) -> str:
    if math.isnan(value.value):
        return "unknown size"
    if math.isnan(value.low):
        return f"{value.value:+.{digits}f} (too few maps for an interval)"
    return f"{value.value:+.{digits}f} ({value.low:+.{digits}f} to {value.high:+.{digits}f})"


def _maps(count: int) -> str:
    return "one map" if count == 1 else f"{count} maps"
