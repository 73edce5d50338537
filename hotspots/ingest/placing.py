"""What a row says of its place -> x and y, and how they came to be.

A row may give coordinates, some of their digits hidden, a letter reference of the National Grid
or a postcode. Coordinates that lie outside the area are mended where exactly one mend puts them
inside; what is not proved so stays as given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from hotspots.ingest.grid_references import NATIONAL_GRID, national_grid
from hotspots.ingest.readers import Area, Context, Reasons
from hotspots.model import PLACED

#: Grid references cut short: written in units of 10 m, 100 m or km.
_CUT_SHORT = (10.0, 100.0, 1000.0)
#: A square of the grid wider than this counts as masked, metres.
_MASKED_FROM_M = 10

#: No place on Earth is as far from the origin of a projection, metres.
_BEYOND_M = 1e8

_GIVEN, _POSTCODE, _MASKED, _MENDED = range(len(PLACED))
_WORDS = pd.Series(PLACED, dtype="str")

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Pair = tuple["pd.Series[str]", "pd.Series[str]"]


@dataclass(frozen=True)
class Place:
    """Where records are.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Metres of the CRS wanted; not finite where a record got a reason.
    placed : Series of str, shape (n,)
        How each came to be, one of ``hotspots.model.PLACED``.
    """

    x: Floats
    y: Floats
    placed: pd.Series[str]


@dataclass(frozen=True)
class Written:
    """What records say of their place; each Series has one text a record, blank where nothing.

    Parameters
    ----------
    pairs : tuple of (Series, Series)
        Easting and northing or longitude and latitude; the first pair that a record has counts,
        and a pair after the first is known to be coarser.
    crs : str or None
        CRS of the pairs; None if there are none.
    grid_reference, postcode : Series or None
        Letter references of the National Grid, such as "TQ 561 743", and postcodes.
    masked : str or None
        Character that the publisher wrote in place of hidden digits, such as "*".
    decimal : str
        "." or ",".
    """

    pairs: tuple[Pair, ...] = ()
    crs: str | None = None
    grid_reference: pd.Series[str] | None = None
    postcode: pd.Series[str] | None = None
    masked: str | None = None
    decimal: str = "."


def locate(
    x: pd.Series[str], y: pd.Series[str], source: str, context: Context, reasons: Reasons
) -> Place:
    """Return where records are that give one pair of coordinates; see ``place``.

    Parameters
    ----------
    x, y : Series of str
        Easting and northing or longitude and latitude, as written.
    source : str
        Their CRS.
    """
    return place(Written(pairs=((x, y),), crs=source), len(x), context, reasons)


def place(written: Written, records: int, context: Context, reasons: Reasons) -> Place:
    """Return where records are, and give ``reasons`` what is wrong with the others.

    A record is placed by the first of these that it has: a pair of numbers that is not 0, 0; a
    letter reference; a postcode that ``context.postcodes`` knows.

    Parameters
    ----------
    records : int
        How many there are.
    context : Context
        The CRS wanted, the area that proves a mend (none is made without), and the postcodes.
    """
    found = _Found(records)
    faults: list[tuple[Flags, str]] = []
    for position, pair in enumerate(written.pairs):
        faults += _by_pair(found, pair, written, context, coarser=position > 0)
    if written.grid_reference is not None:
        faults += _by_grid_reference(found, written.grid_reference, context)
    if written.postcode is not None:
        faults = _by_postcode(found, written.postcode, context) + faults
    for wrong, reason in faults:
        reasons.add(wrong & ~found.done, reason)
    reasons.add(~found.done, "no coordinates")
    _mend(found, written, context)
    _check_range(found, written, context, reasons)
    return Place(found.x, found.y, _WORDS.take(found.placed).reset_index(drop=True))


class _Found:
    """Where records are as far as is known; ``given_x`` and ``given_y`` are as written."""

    def __init__(self, records: int) -> None:
        self.x = np.full(records, np.nan)
        self.y = np.full(records, np.nan)
        self.placed = np.full(records, _GIVEN, dtype=np.intp)
        self.done = np.zeros(records, dtype=bool)
        # what a mend starts from, for those records that a pair of numbers has placed
        self.given_x = np.full(records, np.nan)
        self.given_y = np.full(records, np.nan)

    def put(self, where: Flags, x: Floats, y: Floats, placed: NDArray[np.intp]) -> None:
        """Place the records of ``where``; the other arguments are of all records."""
        self.x[where], self.y[where], self.placed[where] = x[where], y[where], placed[where]
        self.done |= where


# -- a pair of numbers ----------------------------------------------------------------------------


def _by_pair(
    found: _Found, pair: Pair, written: Written, context: Context, *, coarser: bool
) -> list[tuple[Flags, str]]:
    (x, hidden_x), (y, hidden_y) = (numbers(t, written.masked, written.decimal) for t in pair)
    finite = np.isfinite(x) & np.isfinite(y)
    origin = (x == 0) & (y == 0)
    fit = finite & ~origin & ~found.done
    if written.crs is not None and fit.any():
        masked = np.ones_like(fit) if coarser else hidden_x | hidden_y
        given = np.where(fit, x, np.nan), np.where(fit, y, np.nan)
        projected = transformer(written.crs, context.crs).transform(*given)
        found.put(fit, *projected, np.where(masked, _MASKED, _GIVEN))
        found.given_x[fit], found.given_y[fit] = x[fit], y[fit]
    blank = (pair[0].str.strip() == "") | (pair[1].str.strip() == "")
    return [
        (~(blank.to_numpy(dtype=bool) | finite), "coordinates are not numbers"),
        (origin, "coordinates are 0, 0"),
    ]


def numbers(
    texts: pd.Series[str], masked: str | None = None, decimal: str = "."
) -> tuple[Floats, Flags]:
    """Return texts as numbers, NaN where they are none, and which had hidden digits.

    Hidden digits stand for the middle of what they may be: ``376***`` is 376500.

    Parameters
    ----------
    masked : str or None
        The character that hides a digit.
    decimal : str
        "." or ","; signs between thousands are not read, such a text is no number.
    """
    if decimal != ".":
        texts = texts.mask(texts.str.contains(".", regex=False), "")
        texts = texts.str.replace(decimal, ".", regex=False)
    values = _floats(texts)
    if masked is None:
        return values, np.zeros(len(values), dtype=bool)
    hidden = texts.str.contains(masked, regex=False).to_numpy(dtype=bool)
    codes, distinct = pd.factorize(texts[hidden])
    middles = np.array([_middle(text, masked) for text in distinct], dtype=np.float64)
    values[hidden] = middles[codes]
    return values, hidden


def _floats(texts: pd.Series[str]) -> Floats:
    """Return texts as numbers, NaN where they are none."""
    import pyarrow as pa  # loaded with any table that is read
    from pyarrow import compute

    given = pa.array(texts, type=pa.string())
    filled = compute.if_else(compute.equal(given, ""), pa.scalar(None, pa.string()), given)
    try:
        # several times as fast, yet it takes all texts or none
        values = compute.cast(filled, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        values = pd.to_numeric(texts, errors="coerce")
    return np.array(values, dtype=np.float64)


def _middle(text: str, mask: str) -> float:
    """Return the middle of the numbers that a text with hidden last digits may stand for."""
    sign = re.escape(mask)
    match = re.fullmatch(rf"([-+]?)(\d*{sign}*(?:\.\d*{sign}*)?)", text.strip())
    shown = match[2].replace(".", "") if match else ""
    if not match or not shown[:1].isdecimal() or not re.fullmatch(rf"\d+{sign}+", shown):
        return np.nan
    whole, _, fraction = match[2].partition(".")
    low = float(match[2].replace(mask, "0"))
    decimals = len(fraction.rstrip(mask))
    hidden_whole = len(whole) - len(whole.rstrip(mask))
    step = 10.0**-decimals if decimals or not hidden_whole else 10.0**hidden_whole
    return (-1.0 if match[1] == "-" else 1.0) * (low + step / 2)


# -- a letter reference, a postcode ---------------------------------------------------------------


def _by_grid_reference(
    found: _Found, texts: pd.Series[str], context: Context
) -> list[tuple[Flags, str]]:
    codes, distinct = pd.factorize(texts.str.strip())
    squares = [national_grid(text) or (np.nan, np.nan, np.nan) for text in distinct]
    x, y, size = np.array(squares, dtype=np.float64).reshape(-1, 3)[codes].T
    fit = np.isfinite(x) & ~found.done
    if fit.any():
        project = transformer(NATIONAL_GRID, context.crs)
        placed = np.where(size > _MASKED_FROM_M, _MASKED, _GIVEN)
        found.put(fit, *project.transform(x, y), placed)
    blank = (texts.str.strip() == "").to_numpy(dtype=bool)
    return [(~blank & ~np.isfinite(x), "grid reference is not one of the National Grid")]


def _by_postcode(
    found: _Found, postcodes: pd.Series[str], context: Context
) -> list[tuple[Flags, str]]:
    has = (postcodes.str.strip() != "").to_numpy(dtype=bool)
    left = has & ~found.done
    if context.postcodes is None:
        return [(has, "only a postcode, and no postcodes are loaded")]
    if left.any():
        x, y = np.full(len(left), np.nan), np.full(len(left), np.nan)
        x[left], y[left] = context.postcodes.locate(postcodes[left])
        found.put(left & np.isfinite(x) & np.isfinite(y), x, y, np.full(len(x), _POSTCODE))
    return [(has, "postcode not known")]


# -- mending and checking -------------------------------------------------------------------------


def _mend(found: _Found, written: Written, context: Context) -> None:
    """Move records outside the area that exactly one mend puts inside."""
    if context.area is None or written.crs is None:
        return
    outside = np.isfinite(found.given_x) & ~_inside(found.x, found.y, context.area)
    at = np.flatnonzero(outside)
    if not len(at):
        return
    x, y = found.given_x[at], found.given_y[at]
    tries = [(y, x)]
    if not crs_named(written.crs).is_geographic:
        with np.errstate(over="ignore"):  # of numbers that are no coordinates
            tries += [(x * factor, y * factor) for factor in _CUT_SHORT]
    moved = [_if_inside(*pair, written.crs, context.crs, context.area) for pair in tries]
    proved = np.sum([np.isfinite(pair[0]) for pair in moved], axis=0) == 1
    for new_x, new_y in moved:
        chosen = proved & np.isfinite(new_x)
        found.x[at[chosen]], found.y[at[chosen]] = new_x[chosen], new_y[chosen]
    found.placed[at[proved]] = _MENDED


def _if_inside(x: Floats, y: Floats, source: str, target: str, area: Area) -> tuple[Floats, Floats]:
    """Return coordinates in ``target`` where they lie in the area, NaN elsewhere."""
    # projecting is dear, and a force's file has most of its rows outside: a look at the window
    # in the source's own coordinates spares nearly all of it
    near = np.flatnonzero(_inside(x, y, _window(source, target, area)))
    new_x, new_y = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if len(near):
        new_x[near], new_y[near] = transformer(source, target).transform(x[near], y[near])
    outside = ~_inside(new_x, new_y, area)
    new_x[outside] = new_y[outside] = np.nan
    return new_x, new_y


@lru_cache(maxsize=32)
def _window(source: str, target: str, area: Area) -> Area:
    """Return a box in ``source`` that surely holds the area, all there is where none is known."""
    bounds = transformer(target, source).transform_bounds(*area, densify_pts=21, errcheck=False)
    west, south, east, north = bounds
    if not np.isfinite(bounds).all() or west > east:
        return (-np.inf, -np.inf, np.inf, np.inf)
    spare = 0.05 * max(east - west, north - south)
    return (west - spare, south - spare, east + spare, north + spare)


def _check_range(found: _Found, written: Written, context: Context, reasons: Reasons) -> None:
    if written.crs is not None and crs_named(written.crs).is_geographic:
        off = (np.abs(found.given_x) > 180) | (np.abs(found.given_y) > 90)
        reasons.add(
            off & (found.placed != _MENDED),
            "coordinates are outside longitude ±180 and latitude ±90",
        )
    lost = ~((np.abs(found.x) < _BEYOND_M) & (np.abs(found.y) < _BEYOND_M))
    reasons.add(lost, f"coordinates are beyond what {context.crs} can show")


def _inside(x: Floats, y: Floats, area: Area) -> Flags:
    west, south, east, north = area
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


@lru_cache(maxsize=32)
def transformer(source: str, target: str) -> Transformer:
    """Return the transformer between two CRS, x before y in both."""
    return Transformer.from_crs(crs_named(source), crs_named(target), always_xy=True)


@lru_cache(maxsize=32)
def crs_named(name: str) -> CRS:
    """Return a CRS by its name."""
    return CRS.from_user_input(name)
