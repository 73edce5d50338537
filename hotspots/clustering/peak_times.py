"""The days and hours of the week in which incidents gather, if they clearly do: a scan test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from hotspots.clustering.checks import generator, real, whole
from hotspots.clustering.kinds import Seed
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]
DAYS, HOURS = 7, 24
WEEK = DAYS * HOURS
#: Incidents above this are slips.
MOST = 1e9
#: More draws take more memory than they are worth.
MOST_DRAWS = 9_999
#: Ratios of this relative distance are equal: they differ by the order of the addition alone.
_TIE = 1e-9


@dataclass(frozen=True)
class PeakTimes:
    """A block of days running by hours running that stands out of the week.

    Attributes
    ----------
    days : tuple of int
        0 is Monday, in the order they run: (5, 6, 0) is Saturday to Monday. The days on which the
        hours begin.
    from_hour, to_hour : int
        Local clock hours, 0 to 23 and 1 to 24; 24 is the midnight at which the day ends. Where
        ``to_hour`` is the smaller, the hours run past midnight and what is after midnight belongs
        to the evening's day: (4,), 22, 2 is Friday 22:00 to Saturday 02:00.
    incidents : float
        Weight inside; not whole where incidents are known from-to.
    share, even_share : float
        Of all incidents, and of the week.
    p_value : float
        How often the best block of an even week stands out as much as this one.
    log_likelihood_ratio : float
    """

    days: tuple[int, ...]
    from_hour: int
    to_hour: int
    incidents: float
    share: float
    even_share: float
    p_value: float
    log_likelihood_ratio: float

    @property
    def hours(self) -> int:
        """How many hours a day."""
        return (self.to_hour - self.from_hour - 1) % HOURS + 1

    @property
    def cells(self) -> NDArray[np.bool_]:
        """The hours of the week inside, shape (7, 24), row 0 Monday."""
        inside = np.zeros(WEEK, dtype=bool)
        for day in self.days:
            first = day * HOURS + self.from_hour
            inside[np.arange(first, first + self.hours) % WEEK] = True
        return inside.reshape(DAYS, HOURS)


def peak_times(
    weights: ArrayLike,
    *,
    alpha: float = 0.05,
    max_days: int = 5,
    min_hours: int = 2,
    max_hours: int = 8,
    draws: int = 999,
    seed: Seed = 0,
) -> PeakTimes | None:
    """Return the days and hours in which incidents clearly gather; None if there are none.

    Every block of 1 to ``max_days`` days running, or of all seven, by ``min_hours`` to
    ``max_hours`` hours running is tried, and whole days running too; the week is a circle, so a
    block may run past midnight and from Sunday to Monday. A block's likelihood ratio is against a
    week in which every hour is alike, and its p-value comes from ``draws`` such weeks of as many
    incidents, each searched in the same way for its best block: the search is paid for.

    No block names more than stands out. One of some days and some hours must also have more than
    an even share of the incidents of its hours on its days, and of its days in its hours, by the
    same test on the seven days and on the 24 hours. Otherwise the best block of all days, or of
    whole days, is told, if that is clear.

    Incidents are taken not to depend on each other. Where they are known from-to, their spread
    over hours makes the p-value too large rather than too small. The time given should be whole
    weeks, or many of them: in a month with five Fridays, Friday has a little more than its share.

    Parameters
    ----------
    weights : array_like, shape (7, 24)
        Incidents in each hour of the week, as ``aoristic_week`` gives them: row 0 is Monday,
        column 0 is 00:00 to 01:00, local clock time. Finite, at least 0. All zero gives None.
    alpha : float
        Above 0, at most 1: a block with a greater p-value is not told.
    max_days : int
        1 to 6.
    min_hours, max_hours : int
        1 to 23, the first not above the second.
    draws : int
        From 1 to 9,999; p cannot be below 1 / (draws + 1).
    seed : int or numpy.random.Generator
        The draws of a whole number are made once for each number of incidents and kept.

    Raises
    ------
    UsageError
        If an argument is not as above.

    References
    ----------
    Kulldorff, M. (1997), A spatial scan statistic, doi:10.1080/03610929708831995: the Poisson
    likelihood ratio and its Monte Carlo test, here over the week's hours.
    """
    week = _checked(weights)
    level = real(alpha)
    if not 0 < level <= 1:
        raise UsageError(f"alpha must be a number above 0, at most 1; got {alpha!r}: take 0.05.")
    sizes = _Sizes(
        _within("max_days", max_days, 1, DAYS - 1),
        _within("min_hours", min_hours, 1, HOURS - 1),
        _within("max_hours", max_hours, 1, HOURS - 1),
    )
    if sizes.min_hours > sizes.max_hours:
        raise UsageError(f"min_hours must not be above max_hours; got {min_hours} and {max_hours}.")
    chance = _Chance(_within("draws", draws, 1, MOST_DRAWS), seed)
    if week.sum() <= 0:
        return None
    for block in _best_blocks(week, sizes):
        p_value = chance.of_week(block.ratio, float(week.sum()), sizes)
        if p_value > level:
            return None  # nor are those after it, whose ratios are smaller
        if _adds_up(week, block, sizes, chance, level):
            return _told(week, block, p_value)
    return None


@dataclass(frozen=True)
class _Sizes:
    max_days: int
    min_hours: int
    max_hours: int

    @property
    def hours(self) -> range:
        """Lengths of the runs of hours."""
        return range(self.min_hours, self.max_hours + 1)

    @property
    def days(self) -> range:
        """Lengths of the runs of days."""
        return range(1, self.max_days + 1)


@dataclass(frozen=True)
class _Block:
    """``first`` is the hour of the week at which it begins."""

    ratio: float
    days: int
    first: int
    hours: int


@dataclass(frozen=True)
class _Chance:
    """How often even weeks, and even circles of days or hours, show as great a ratio."""

    draws: int
    seed: Seed

    def of_week(self, ratio: float, total: float, sizes: _Sizes) -> float:
        """Return the p-value of the best block of a week."""
        return self._p_value(ratio, total, WEEK, sizes)

    def of_circle(self, ratio: float, total: float, slots: int, runs: range) -> float:
        """Return the p-value of the best run of slots."""
        return self._p_value(ratio, total, slots, runs)

    def _p_value(self, ratio: float, total: float, slots: int, searched: _Sizes | range) -> float:
        number = max(round(total), 1)
        if isinstance(self.seed, np.random.Generator):
            maxima = _maxima(number, slots, searched, self.draws, self.seed)
        else:
            maxima = _kept_maxima(number, slots, searched, self.draws, whole("seed", self.seed, 0))
        as_great = int((maxima >= ratio * (1 - _TIE)).sum())
        return (1 + as_great) / (self.draws + 1)


def _checked(weights: ArrayLike) -> Array:
    week = floats("weights", weights)
    if week.shape != (DAYS, HOURS):
        raise UsageError(
            f"weights must have the shape (7, 24), days by hours; got {week.shape}: use "
            "aoristic_week."
        )
    if not ((week >= 0) & (week <= MOST)).all():
        raise UsageError("weights must be finite numbers from 0 to 1e9; got others.")
    return week.ravel()


def _within(name: str, value: int, least: int, most: int) -> int:
    number = whole(name, value, least)
    if number > most:
        raise UsageError(f"{name} must be from {least} to {most:,}; got {value!r}.")
    return number


def _told(week: Array, block: _Block, p_value: float) -> PeakTimes:
    day, hour = divmod(block.first, HOURS)
    told = PeakTimes(
        # a block of all days begins on the Monday: its first hour is one of the first day
        days=tuple((day + i) % DAYS for i in range(block.days)),
        from_hour=hour,
        to_hour=(hour + block.hours - 1) % HOURS + 1,
        incidents=0.0,
        share=0.0,
        even_share=block.days * block.hours / WEEK,
        p_value=p_value,
        log_likelihood_ratio=block.ratio,
    )
    inside = float(week[told.cells.ravel()].sum())
    return replace(told, incidents=inside, share=inside / float(week.sum()))


def _best_blocks(week: Array, sizes: _Sizes) -> list[_Block]:
    """Return the best block of some days and hours, of all days, and of whole days.

    The greatest ratio first; where nothing is above its even share, none. Of blocks alike the one
    with the fewest hours, then days, then the earliest in the week.
    """
    best: dict[tuple[bool, bool], _Block] = {}
    total = float(week.sum())
    for days, hours, inside in _searched(week, sizes):
        first = int(np.argmax(inside >= inside.max() - _TIE * total))
        ratio = float(_ratio(inside[first], total, days * hours / WEEK))
        sort = days == DAYS, hours == HOURS
        if ratio > (best[sort].ratio * (1 + _TIE) if sort in best else 0.0):
            best[sort] = _Block(ratio, days, first * (HOURS if hours == HOURS else 1), hours)
    return sorted(best.values(), key=lambda block: -block.ratio)


def _searched(weeks: Array, sizes: _Sizes) -> Iterator[tuple[int, int, Array]]:
    """Yield every size of block, in days and hours, with the weights of all blocks of that size.

    Weeks run along the last axis. Blocks begin at each hour of the week; those of all days at
    each hour of the Monday, and those of whole days at each midnight.
    """
    for hours, run in _runs(weeks, sizes.max_hours, 1):
        if hours >= sizes.min_hours:
            for days, block in _runs(run, sizes.max_days, HOURS):
                yield days, hours, block
            yield DAYS, hours, run.reshape(*run.shape[:-1], DAYS, HOURS).sum(axis=-2)
    whole_days = weeks.reshape(*weeks.shape[:-1], DAYS, HOURS).sum(axis=-1)
    for days, block in _runs(whole_days, sizes.max_days, 1):
        yield days, HOURS, block


def _runs(circle: Array, longest: int, step: int) -> Iterator[tuple[int, Array]]:
    """Yield the sums of 1, 2, ... values, a step apart, from each place of the last axis on."""
    total = circle
    for length in range(1, longest + 1):
        if length > 1:
            total = total + np.roll(circle, -step * (length - 1), axis=-1)
        yield length, total


def _adds_up(week: Array, block: _Block, sizes: _Sizes, chance: _Chance, level: float) -> bool:
    """Return whether a block's days stand out within its hours, and its hours within its days."""
    if block.days == DAYS or block.hours == HOURS:
        return True
    # days that begin so that none of the block's hours is cut in two
    before = (HOURS - block.hours) // 2
    table = np.roll(week, before - block.first).reshape(DAYS, HOURS)
    by_day = table[:, before : before + block.hours].sum(axis=1)
    by_hour = table[: block.days].sum(axis=0)
    inside = float(by_day[: block.days].sum())
    of_days = float(_ratio(inside, float(by_day.sum()), block.days / DAYS))
    of_hours = float(_ratio(inside, float(by_hour.sum()), block.hours / HOURS))
    return (
        chance.of_circle(of_days, float(by_day.sum()), DAYS, sizes.days) <= level
        and chance.of_circle(of_hours, float(by_hour.sum()), HOURS, sizes.hours) <= level
    )


def _ratio(inside: ArrayLike, total: float, even: float) -> Array:
    """Return the log likelihood ratio of blocks; 0 where they hold no more than an even share."""
    held = np.asarray(inside, dtype=np.float64)
    expected = total * even
    # rounding must not leave a trace outside of a block that holds everything
    outside = np.where(held < total * (1 - 1e-12), total - held, 0.0)
    ratio = xlogy(held, held / expected) + xlogy(outside, outside / (total - expected))
    return np.where(held > expected, ratio, 0.0)


@lru_cache(maxsize=1024)
def _kept_maxima(number: int, slots: int, searched: _Sizes | range, draws: int, seed: int) -> Array:
    return _maxima(number, slots, searched, draws, generator(seed))


def _maxima(
    number: int, slots: int, searched: _Sizes | range, draws: int, random: np.random.Generator
) -> Array:
    """Return the greatest ratio of each of so many even spreads of as many incidents.

    Of blocks of one size the fullest has it.
    """
    even = np.full(slots, 1 / slots)
    spread = random.multinomial(number, even, size=draws).astype(np.float64)
    maxima = np.zeros(draws)
    if isinstance(searched, _Sizes):
        for days, hours, inside in _searched(spread, searched):
            ratio = _ratio(inside.max(axis=-1), number, days * hours / WEEK)
            np.maximum(maxima, ratio, out=maxima)
        return maxima
    for length, inside in _runs(spread, searched.stop - 1, 1):
        if length in searched:
            ratio = _ratio(inside.max(axis=-1), number, length / slots)
            np.maximum(maxima, ratio, out=maxima)
    return maxima
