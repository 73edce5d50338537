"""The CRS of a pair of columns, proved against the wards, or guessed from the ranges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj import CRS

from hotspots.ingest.inspection.pairs import Pair
from hotspots.ingest.placing import crs_named, transformer
from hotspots.ingest.readers import Area

Floats = NDArray[np.float64]

#: The box of the wards is widened by this, metres, or a quarter of its size.
_BUFFER_M = 5_000.0
#: Share of the rows that must lie in the box, and how far below it all other CRS must stay: a
#: force's file has most rows outside a partnership of two districts, a wrong CRS nearly all.
_ENOUGH, _OTHERS = 0.02, 0.2
_FEWEST = 3
#: Rows of a pair that are tried, and of one without telling names.
_TRIED, _BLIND = 20_000, 500
#: Outer bounds of Great Britain, metres of EPSG:27700; of the British Isles, degrees.
_GRID = (0.0, 0.0, 700_000.0, 1_300_000.0)
_ISLES = (-11.0, 49.0, 3.0, 61.5)


@dataclass(frozen=True)
class Fit:
    """A CRS for a pair.

    Parameters
    ----------
    crs : str
        The CRS.
    swapped : bool
        Whether the pair's second column is x.
    share : float
        Share of the rows in the wards' box, NaN without wards.
    proved : bool
        Whether the wards prove it.
    proof : str
        What speaks for it.
    """

    crs: str
    swapped: bool
    share: float
    proved: bool
    proof: str


@dataclass(frozen=True)
class Home:
    """Where incidents are expected: the wards' box and its CRS, and the workspace's CRS."""

    crs: str
    box: Area | None = None
    box_crs: str | None = None

    @property
    def uk(self) -> bool:
        """Whether it is in the United Kingdom."""
        return crs_named(self.crs).equals(crs_named("EPSG:27700"))

    def wide(self) -> Area | None:
        """Return the box with its buffer, in its own CRS."""
        if self.box is None or self.box_crs is None:
            return None
        west, south, east, north = self.box
        spare = max(_BUFFER_M / _metres(self.box_crs), 0.25 * max(east - west, north - south))
        return (west - spare, south - spare, east + spare, north + spare)

    def area(self) -> Area | None:
        """Return the box in the workspace's CRS."""
        if self.box is None or self.box_crs is None:
            return None
        return _moved(self.box, self.box_crs, self.crs)


def _metres(crs: str) -> float:
    axis = crs_named(crs).axis_info[0]
    return 111_000.0 if "degree" in axis.unit_name else float(axis.unit_conversion_factor)


def _moved(box: Area, source: str, target: str) -> Area:
    bounds = transformer(source, target).transform_bounds(*box, densify_pts=21)
    west, south, east, north = (float(value) for value in bounds)
    return (west, south, east, north)


def candidates(home: Home) -> tuple[str, ...]:
    """Return the CRS that are tried."""
    listed = ["EPSG:27700", "EPSG:4326", home.crs, "EPSG:3857", *_zones(home)]
    listed += ["EPSG:32629", "EPSG:32630", "EPSG:32631"]
    if home.box_crs is not None:
        listed.append(home.box_crs)
    found: dict[str, CRS] = {}
    for name in listed:
        crs = crs_named(name)
        if not any(crs.equals(other) for other in found.values()):
            found[name] = crs
    return tuple(found)


def _zones(home: Home) -> list[str]:
    """Return the UTM zone of the wards."""
    if home.box is None or home.box_crs is None:
        return []
    west, south, east, north = _moved(home.box, home.box_crs, "EPSG:4326")
    zone = int(((west + east) / 2 + 180) // 6) + 1
    return [f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"]


def fit_of(pair: Pair, home: Home) -> Fit | None:
    """Return the CRS of a pair, proved by the wards or else by what its values can be; or None."""
    # of columns that nothing names there are many pairs
    tried = _TRIED if pair.by_name else _BLIND
    step = max(1, -(-int(pair.filled.sum()) // tried))
    x, y = (values[pair.filled][::step] for values in pair.xy)
    if not len(x):
        return None
    proved = _proved(x, y, home)
    if proved is not None or not pair.by_name:
        return proved
    return _guessed(x, y, home)


def _proved(x: Floats, y: Floats, home: Home) -> Fit | None:
    box = home.wide()
    if box is None or home.box_crs is None:
        return None
    shares = {
        (name, swapped): _share(*((y, x) if swapped else (x, y)), name, home.box_crs, box)
        for name in candidates(home)
        for swapped in (False, True)
    }
    (name, swapped), share = max(shares.items(), key=lambda entry: entry[1])
    second = max(value for key, value in shares.items() if key != (name, swapped))
    rows = round(share * len(x))
    if share < _ENOUGH or rows < _FEWEST or second > _OTHERS * share:
        return None
    told = (
        f"proved by the wards: {share:.1%} of {len(x):,} rows lie in their box (widened by 5 km or "
        f"a quarter) so, at most {second:.1%} with any other of the {len(shares)} CRS and axis "
        "orders tried"
    )
    return Fit(name, swapped, share, True, told)


def _share(x: Floats, y: Floats, source: str, target: str, box: Area) -> float:
    moved_x, moved_y = transformer(source, target).transform(x, y)
    with np.errstate(invalid="ignore"):
        return float(_within(moved_x, moved_y, box).mean())


def _within(x: Floats, y: Floats, box: Area) -> NDArray[np.bool_]:
    west, south, east, north = box
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


def _guessed(x: Floats, y: Floats, home: Home) -> Fit | None:
    """Return what the ranges alone suggest; only sure that degrees are degrees."""
    share = float("nan")
    why = "the wards do not prove it" if home.box else "there are no wards"
    for swapped, (first, second) in ((False, (x, y)), (True, (y, x))):
        if home.uk and _mostly(first, second, _ISLES):
            told = f"all values can be degrees within the British Isles, but not proved ({why})"
            return Fit("EPSG:4326", swapped, share, False, told)
    if home.uk and _mostly(x, y, _GRID) and np.median(np.abs(x)) > 1_000:
        told = f"all values can be metres of the National Grid, but not proved ({why})"
        return Fit("EPSG:27700", False, share, False, told)
    # the National Grid is asked above: its area of use begins in the sea, where small numbers of
    # any kind would lie
    if not home.uk and _in_use(x, y, home.crs):
        told = f"all values can be of the workspace's CRS, but not proved ({why})"
        return Fit(home.crs, False, share, False, told)
    if _mostly(x, y, (-180.0, -90.0, 180.0, 90.0)) and _fractions(x, y):
        told = f"all values can be degrees, but not proved ({why})"
        return Fit("EPSG:4326", False, share, False, told)
    return None


def _in_use(x: Floats, y: Floats, crs: str) -> bool:
    """Whether values lie where a CRS is used."""
    used = crs_named(crs).area_of_use
    if used is None:
        return False
    degrees = transformer(crs, "EPSG:4326").transform(x, y)
    return _mostly(*degrees, used.bounds)


def _mostly(x: Floats, y: Floats, box: Area) -> bool:
    return bool(_within(x, y, box).mean() > 0.95)


def _fractions(x: Floats, y: Floats) -> bool:
    return bool((np.mod(x, 1) != 0).mean() > 0.5 and (np.mod(y, 1) != 0).mean() > 0.5)


def others(pair: Pair, home: Home, limit: int = 5) -> tuple[str, ...]:
    """Return CRS of PROJ's list, used where the wards are, that put the rows into their box.

    Several are near enough to each other that no data can tell which it is: they are to be
    named, not chosen.
    """
    box = home.wide()
    x, y = (values[pair.filled][:100] for values in pair.xy)
    if box is None or home.box_crs is None or not len(x):
        return ()
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    west, south, east, north = _moved(home.box or box, home.box_crs, "EPSG:4326")
    infos = query_crs_info(
        auth_name="EPSG",
        pj_types=PJType.PROJECTED_CRS,
        area_of_interest=AreaOfInterest(west, south, east, north),
        contains=True,
    )
    wide = _moved(box, home.box_crs, "EPSG:4326")
    # by the projections alone: shifts between datums are far smaller than the box, and looking
    # them up is what takes time
    names = (f"EPSG:{info.code} ({info.name})" for info in infos)
    found = [n for n in names if _unprojected_share(x, y, n.split()[0], wide) > 0.5]
    return tuple(found[:limit])


def _unprojected_share(x: Floats, y: Floats, crs: str, box: Area) -> float:
    try:
        degrees = pyproj.Proj(crs)(x, y, inverse=True)
    except pyproj.exceptions.ProjError:
        return 0.0
    return float(_within(*degrees, box).mean())


def agreement(first: Pair, fit: Fit, second: Pair, other: Fit, home: Home) -> tuple[int, float]:
    """Return in how many rows two pairs are filled, and their median distance in metres."""
    both = first.filled & second.filled
    if not both.any():
        return 0, float("nan")
    a, b = (_placed(p, f, both, home.crs) for p, f in ((first, fit), (second, other)))
    gaps = np.hypot(a[0] - b[0], a[1] - b[1])
    known = gaps[np.isfinite(gaps)]
    return int(both.sum()), float(np.median(known)) if len(known) else float("nan")


def _placed(pair: Pair, fit: Fit, rows: NDArray[np.bool_], target: str) -> tuple[Floats, Floats]:
    x, y = (values[rows] for values in pair.xy)
    if fit.swapped:
        x, y = y, x
    moved = transformer(fit.crs, target).transform(x, y)
    return np.asarray(moved[0]), np.asarray(moved[1])
