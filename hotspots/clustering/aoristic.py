"""Aoristic analysis: incidents known only to lie between two times, shared over the slots."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError
from hotspots.jit import compiled

Array = NDArray[np.float64]
#: Entries of the largest table of weights (8 bytes each).
MAX_WEIGHTS = 100_000_000
HOURS = 7 * 24
_HOUR_S, _WEEK_S = 3600, HOURS * 3600
#: 1970-01-01, where numpy counts from, was a Thursday: three days into its week.
_EPOCH_S = 3 * 24 * 3600
_FARTHEST_YEARS = 10_000
#: Beyond, the difference of two numbers may not be finite.
_LARGEST = 1e300
_FRACTIONS = ("s", "ms", "us", "ns", "ps", "fs", "as")
#: Seconds in the units of numpy's datetimes; years and months are the longest there are.
_SECONDS = {
    "Y": Fraction(366 * 86_400),
    "M": Fraction(31 * 86_400),
    "W": Fraction(_WEEK_S),
    "D": Fraction(86_400),
    "h": Fraction(_HOUR_S),
    "m": Fraction(60),
    **{unit: Fraction(1, 1_000**k) for k, unit in enumerate(_FRACTIONS)},
}


@dataclass(frozen=True, eq=False)
class AoristicWeek:
    """Incidents by day of the week and hour.

    Attributes
    ----------
    weights : ndarray, shape (7, 24)
        Incidents in each hour; row 0 is Monday, column 0 is 00:00 to 01:00. The total is the
        number of incidents whose two times are known.
    unknown : int
        Incidents with a start or an end that is not known; they are in no hour.
    even : int
        Incidents whose span is longer than a week, which are spread evenly over all hours.
    """

    weights: Array
    unknown: int
    even: int


def aoristic_weights(start: ArrayLike, end: ArrayLike, edges: ArrayLike) -> Array:
    """Return each incident's share of its from-to span in each time slot.

    An incident that happened at some time between two moments is taken to be equally likely at
    any of them: its weight in a slot is the part of its span that lies there. An incident with
    one moment (start equals end) is wholly in its slot. Slots are half-open: a moment on an edge
    belongs to the slot that begins there.

    Parameters
    ----------
    start, end : array_like of datetime64, of timedelta64 or of numbers, shape (n,)
        From and to, in local clock time, as time since any start, or in any one unit. NaT or NaN
        is "not known": such an incident has weight 0 everywhere. Empty input gives an empty
        table, whatever its kind. Datetimes are read to the second.
    edges : array_like of the same kind, shape (slots + 1,)
        Where the slots begin, and where the last one ends; rising. Each array of datetimes or
        durations may have its own unit.

    Returns
    -------
    ndarray, shape (n, slots)
        A row adds up to 1, or to less where the span reaches beyond the edges.

    Raises
    ------
    UsageError
        If an end is before its start, the edges do not rise, lengths or kinds differ, a number is
        infinite, or the table would exceed ``MAX_WEIGHTS``.

    References
    ----------
    Ratcliffe, J. H. and McCullagh, M. J. (1998), Aoristic crime analysis,
    doi:10.1080/136588198241644.
    """
    times = [
        time_array(name, given)
        for name, given in (("start", start), ("end", end), ("edges", edges))
    ]
    if len({_kind(given) for given in times if given.size}) > 1:
        raise UsageError(
            "start, end and edges must be all datetime64 or all numbers or all timedelta64; got "
            f"{', '.join(str(given.dtype) for given in times)}."
        )
    first, last, borders = (_numbers(given) for given in times)
    known = _known(first, last)
    if borders.ndim != 1 or borders.size < 2 or not (np.diff(borders) > 0).all():
        raise UsageError(
            "edges must be at least two times in rising order, all known; got "
            f"{borders.size} that are not: give where each slot begins and where the last one ends."
        )
    if first.size * (borders.size - 1) > MAX_WEIGHTS:
        raise UsageError(
            f"A table of weights must have at most {MAX_WEIGHTS:,} entries; {first.size:,} "
            f"incidents in {borders.size - 1:,} slots make more: take fewer of either."
        )
    weights = np.zeros((first.size, borders.size - 1))
    spans = known & (last > first)
    lo, hi = first[spans, None], last[spans, None]
    overlap = np.minimum(hi, borders[1:]) - np.maximum(lo, borders[:-1])
    weights[spans] = np.maximum(overlap, 0.0) / (hi - lo)
    moments = np.flatnonzero(known & (last == first))
    slot = np.searchsorted(borders, first[moments], side="right") - 1
    within = (slot >= 0) & (slot < borders.size - 1)
    weights[moments[within], slot[within]] = 1.0
    return weights


def aoristic_week(start: ArrayLike, end: ArrayLike) -> AoristicWeek:
    """Return the incidents by day of the week and hour, each spread over its from-to span.

    An incident's weight in an hour of the week is the part of its span that lies in it. One with
    one moment (start equals end) is wholly in its hour. A span longer than a week says nothing
    about the hour: it is spread evenly over the 168. Where only the date is known, give the whole
    day (00:00 to 00:00 of the next): midnight as a moment would make every such incident a
    midnight one.

    Parameters
    ----------
    start, end : array_like of datetime64, shape (n,)
        From and to, in local clock time, read to the second. NaT is "not known". Empty input
        gives zeros.

    Raises
    ------
    UsageError
        If an end is before its start, lengths differ, or they are not datetimes.

    References
    ----------
    Ratcliffe, J. H. (2002), Aoristic signatures and the spatio-temporal analysis of high volume
    crime patterns, doi:10.1023/A:1013240828824.
    """
    given = time_array("start", start), time_array("end", end)
    if not all(_kind(times) == "M" or times.size == 0 for times in given):
        raise UsageError(
            "start and end must be datetime64; got "
            f"{' and '.join(str(times.dtype) for times in given)}: convert them first."
        )
    first, last = (_numbers(times) for times in given)
    known = _known(first, last)
    begin = first[known].astype(np.int64)
    length = last[known].astype(np.int64) - begin
    table = np.zeros(HOURS)
    even = int((length > _WEEK_S).sum())
    _add_spans((begin + _EPOCH_S) % _WEEK_S, length, table)
    return AoristicWeek(
        weights=(table + even / HOURS).reshape(7, 24), unknown=int((~known).sum()), even=even
    )


@compiled
def _add_spans(begin: NDArray[np.int64], length: NDArray[np.int64], table: Array) -> None:
    """Add each span to the hours it meets; those longer than a week are left to the caller."""
    for i in range(begin.size):
        if length[i] > 604800:
            continue
        hour = begin[i] // 3600
        if length[i] == 0:
            table[hour] += 1.0
            continue
        at, stop = begin[i], begin[i] + length[i]
        while at < stop:
            following = min((hour + 1) * 3600, stop)
            table[hour % 168] += (following - at) / length[i]
            at = following
            hour += 1


def time_array(name: str, given: ArrayLike) -> NDArray[np.generic]:
    """Return times as an array of whatever kind they are, or raise a UsageError if ragged."""
    try:
        return np.asarray(given)
    except (TypeError, ValueError):
        raise UsageError(
            f"{name} must be times of one kind in one row; got a mixture: convert them first."
        ) from None


def ticks(name: str, times: NDArray[np.generic]) -> tuple[NDArray[np.int64], Fraction]:
    """Return datetime64 or timedelta64 as whole ticks since their start, and seconds in a tick.

    NaT stays numpy's smallest whole number.

    Raises
    ------
    UsageError
        If the unit has no fixed length (none, or timedelta64 in months or years), or a time is
        farther than 10,000 years from the start.
    """
    unit, step = np.datetime_data(times.dtype.str[1:])  # without the byte order
    known = times[~np.isnat(times)].astype(np.int64)
    calendar = unit in ("Y", "M")
    if known.size and (unit not in _SECONDS or (calendar and times.dtype.kind == "m")):
        raise UsageError(
            f"{name} must be in weeks, days or a shorter unit; got {times.dtype}: convert them."
        )
    second = _SECONDS.get(unit, Fraction(1)) * step
    farthest = np.abs(known.astype(np.float64)).max(initial=0.0)
    if farthest * float(second) > _FARTHEST_YEARS * float(_SECONDS["Y"]):
        raise UsageError(
            f"{name} must lie within {_FARTHEST_YEARS:,} years of 1970; got others: check the unit "
            "they were read in."
        )
    if calendar:
        return times.astype("datetime64[D]").astype(np.int64), _SECONDS["D"]
    return times.astype(np.int64), second


def elapsed_s(name: str, times: NDArray[np.generic]) -> Array:
    """Return timedelta64 of any unit as seconds, NaN for NaT; errors as in ``ticks``."""
    whole, second = ticks(name, times)
    seconds = whole * float(second.numerator) / float(second.denominator)
    return np.where(np.isnat(times), np.nan, seconds)


def _kind(times: NDArray[np.generic]) -> str:
    return times.dtype.kind if times.dtype.kind in "mM" else "number"


def _numbers(times: NDArray[np.generic]) -> Array:
    """Return datetimes as whole seconds since 1970, numbers as they are, NaN if not known."""
    if times.ndim != 1:
        raise UsageError(f"Times must be an array of one axis; got shape {times.shape}.")
    if _kind(times) == "number":
        return _finite(times)
    if _kind(times) == "m":
        return elapsed_s("Times", times)
    unknown = np.isnat(times)
    ticks("Times", times)
    seconds = times.astype("datetime64[s]").astype(np.int64)
    return np.where(unknown, np.nan, seconds.astype(np.float64))


def _finite(times: NDArray[np.generic]) -> Array:
    if times.dtype.kind not in "biufO":
        raise UsageError(
            f"Times must be datetime64 or numbers; got {times.dtype}: convert them first."
        )
    numbers = floats("Times", times)
    if (np.abs(numbers) > _LARGEST).any():
        raise UsageError(f"Times must be numbers of at most {_LARGEST:g}; got larger ones.")
    return numbers


def _known(first: Array, last: Array) -> NDArray[np.bool_]:
    """Return which incidents have both times; refuse an end before its start."""
    if first.shape != last.shape:
        raise UsageError(
            f"start and end must have one time an incident each; got {first.size} and {last.size}."
        )
    known: NDArray[np.bool_] = ~(np.isnan(first) | np.isnan(last))
    backward = np.flatnonzero(last < first)  # never true of NaN
    if backward.size:
        raise UsageError(
            f"An end must not be before its start; got {backward.size} that are, the first at "
            f"position {backward[0]} (counted from 0): mend or leave out those incidents."
        )
    return known
