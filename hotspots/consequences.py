"""What a profile's settings do, in figures and in plain sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hotspots.model import Period
from hotspots.profile import Profile


@dataclass(frozen=True)
class Consequence:
    """What one setting does.

    Attributes
    ----------
    setting : str
        The field of ``Profile``; "reach_m" and "half_life_weeks" are those of its forecast.
    value : float or None
        The number that the sentence is about; None where there is none.
    unit : str
        Of the value, such as "squares".
    says : str
        One plain sentence.
    """

    setting: str
    value: float | None
    unit: str
    says: str


@dataclass(frozen=True)
class Consequences:
    """What a profile's settings do in one period, category and area.

    Attributes
    ----------
    squares : int
        Squares of the study area.
    incidents : int
        In the period and the study area.
    per_square : float
        Incidents a square has in the period, on average.
    block : int
        Squares of a neighbourhood, the square itself included.
    reach_squares : float
        Squares' worth of ground within the reach of the forecast's nearest kernel; 0 where no map
        of the forecast has a kernel.
    known : int
        Incidents in the study area up to the period's end: what the forecast draws on.
    effective : float
        The same, each counted 2^(-age / half-life), averaged over the forecast's maps.
    needed : int or None
        Incidents a neighbourhood needs before it can be a hot spot; None where that depends on the
        place, or no number would be enough.
    density_points : int
        Points at which the density map is computed.
    history_periods, history_incidents : int
        Periods that "usual" is the mean of, and incidents in them.
    said : tuple of Consequence
        What each setting does, one sentence a setting.
    """

    squares: int
    incidents: int
    per_square: float
    block: int
    reach_squares: float
    known: int
    effective: float
    needed: int | None
    density_points: int
    history_periods: int
    history_incidents: int
    said: tuple[Consequence, ...]


def sentences(c: Consequences, profile: Profile, period: Period) -> tuple[Consequence, ...]:
    """Return what each setting does, in one sentence each, from the figures of ``c``."""
    unit = period.kind if period.kind in ("week", "month", "year") else "period"
    return (
        Consequence(
            "cell_size_m",
            c.squares,
            "squares",
            f"{c.squares:,} squares; {_rate(c.per_square)} incidents each in this {unit}.",
        ),
        _block_said(c),
        _strength_said(c, profile),
        _history_said(c, profile, unit),
        Consequence(
            "bandwidth_m",
            c.density_points,
            "points",
            f"Density only: drawn from {c.density_points:,} points, each seeing "
            f"{math.pi * (profile.bandwidth_m / 1000) ** 2:,.2g} km² round it.",
        ),
        _reach_said(c, [m.bandwidth_m for m in profile.forecast if m.bandwidth_m > 0]),
        _prior_said(profile.prior_incidents),
        _memory_said(c, profile),
    )


def _block_said(c: Consequences) -> Consequence:
    said = f"{c.block:,} squares with its own are one neighbourhood."
    if c.block == 1:
        said = "Shorter than a square: each stands alone, without its neighbours."
    return Consequence("distance_m", c.block, "squares", said)


def _strength_said(c: Consequences, profile: Profile) -> Consequence:
    rule = f"At most 1 in {_whole(1 / profile.alpha)} hot squares is chance."
    if profile.adjustment == "bonferroni":
        rule = f"At most 1 in {_whole(1 / profile.alpha)} such maps has a hot square by chance."
    if c.needed is not None:
        rule += f" {c.needed:,} incidents in a neighbourhood are enough to be hot."
    elif profile.null == "randomization":
        rule += " No number of incidents would be enough here."
    else:
        rule += " How many incidents a place needs depends on the place."
    return Consequence("alpha", c.needed, "incidents", rule)


def _history_said(c: Consequences, profile: Profile, unit: str) -> Consequence:
    if not c.history_periods:
        said = "Nothing earlier is known: nothing can be called worse than usual."
    else:
        units = unit if c.history_periods == 1 else f"{unit}s"
        said = (
            f"Usual is the mean of {c.history_periods:,} {units} with "
            f"{c.history_incidents:,} incidents."
        )
    return Consequence("history_months", c.history_periods, f"{unit}s", said)


def _reach_said(c: Consequences, kernels: list[float]) -> Consequence:
    if not kernels:
        said = "Nothing reaches beyond its own square."
    else:
        said = f"An incident counts for about {_several(c.reach_squares)} round it"
        widest = max(kernels)
        wider = widest > min(kernels)
        said += f", and thinly as far as {widest:,.0f} m." if wider else "."
    return Consequence("reach_m", c.reach_squares, "squares", said)


def _prior_said(prior: float | None) -> Consequence:
    if prior is None:
        said = "The maps alone: what a square had counts no more than what its neighbours had."
        return Consequence("prior_incidents", None, "incidents", said)
    met, expected = 6, 2
    ranked = expected * (met + prior) / (expected + prior)
    said = (
        f"A square that had {met} where the maps expect {expected} is ranked as one with "
        f"{ranked:.1f}."
    )
    return Consequence("prior_incidents", prior, "incidents", said)


def _memory_said(c: Consequences, profile: Profile) -> Consequence:
    if all(m.half_life_weeks is None for m in profile.forecast):
        said = f"All {c.known:,} incidents count alike: slow to notice change."
    else:
        said = f"{c.known:,} incidents count as {c.effective:,.0f} fresh ones."
    return Consequence("half_life_weeks", c.effective, "incidents", said)


def _several(squares: float) -> str:
    if squares < 1.5:
        return "1 square" if squares >= 0.95 else "less than 1 square"
    return f"{squares:,.0f} squares"


def _rate(value: float) -> str:
    if value == 0:
        return "no"
    if value < 0.01:
        return "less than 0.01"
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"
