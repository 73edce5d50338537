"""The made-up place: a river, two boroughs, 38 wards and their residents.

Nothing here is drawn from a real place, and it lies in the open sea so that no map can mistake
it for one. The ground is the same for every seed: only the incidents differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.model import DEFAULT_CRS

Floats = NDArray[np.float64]

#: Seed of the ground itself, apart from the seed of the incidents.
GEOGRAPHY_SEED = 2025
VINTAGE = "2025"
#: South-west corner in metres of EPSG:27700: open North Sea.
ORIGIN = (640_000.0, 190_000.0)
WIDTH_M = 19_800.0
BOROUGH_POPULATION = (106_400, 104_100)
WARDS_PER_BOROUGH = 19
DISTRICTS = (("Z07000001", "Aldenmere"), ("Z07000002", "Brackwell"))
RIVER = "River Orle"


@dataclass(frozen=True, slots=True)
class Centre:
    """A town, suburb or village: local metres from ``ORIGIN``, reach in metres, weight 0 to 1."""

    name: str
    x: float
    y: float
    reach_m: float
    weight: float


#: The first and the seventh are the town centres of the two boroughs.
CENTRES = (
    Centre("Aldenmere", 5_250, 6_500, 1_500, 1.0),
    Centre("Orlequay", 2_350, 7_150, 850, 0.75),
    Centre("Stavenhythe", 8_050, 6_900, 800, 0.7),
    Centre("Tollin Green", 3_100, 2_700, 520, 0.6),
    Centre("Fennick", 7_500, 1_800, 430, 0.55),
    Centre("Cawdry", 1_250, 4_700, 400, 0.5),
    Centre("Brackwell", 14_250, 7_000, 1_500, 1.0),
    Centre("Northarrow", 11_250, 7_600, 800, 0.75),
    Centre("Pellbrook", 17_600, 7_000, 720, 0.65),
    Centre("Marrowfold", 12_200, 3_300, 560, 0.6),
    Centre("Ottersleigh", 16_100, 3_500, 600, 0.6),
    Centre("Quennel Cross", 18_100, 1_500, 400, 0.5),
    Centre("Hobb's Lathe", 14_300, 1_350, 420, 0.5),
)

# "Town" is in both on purpose: a ward is its code, never its name.
_WARD_NAMES = (
    (
        "Town", "Orlequay", "Stavenhythe", "Tollin & Cawdry", "Fennick Vale", "Abbot's Meadow",
        "Larkhanger", "Weirside", "Priorsgate", "Castlemere", "Hollin Rise", "Maltings",
        "Summerlease", "Rookery", "Eastmere", "Gallowfield", "Ropewalk", "Chandler's Reach",
        "Whinmoor",
    ),
    (
        "Town", "Northarrow", "Pellbrook", "Marrowfold", "Ottersleigh", "Quennel & Lathe",
        "Harrier Hill", "Saltern", "Fairmile", "Lorrimer", "Beaconhurst", "Drovers",
        "Cooper's Ground", "Kilnwick", "Riverdene", "Bellfounders", "Sallowfield", "Tenterlow",
        "Upper Orle",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """The cells the place is built of: small polygons of which wards and street blocks are made.

    Parameters
    ----------
    cells : ndarray of Polygon
        Whole metres of EPSG:27700; neighbours share their vertices exactly.
    seeds : ndarray, shape (n, 2)
        A point in each cell, metres of EPSG:27700.
    district : ndarray of int
        0 or 1 for the two boroughs.
    population : ndarray of float
        Residents of each cell.
    """

    cells: NDArray[np.object_]
    seeds: Floats
    district: NDArray[np.intp]
    population: Floats


def river_y(x: Floats) -> Floats:
    """Return the northing of the river bank, local metres, at local eastings ``x``."""
    return np.asarray(
        8_950
        + 330 * np.sin(2 * np.pi * x / 9_300 + 0.4)
        + 230 * np.sin(2 * np.pi * x / 4_100 + 2.1)
        + 70 * np.sin(2 * np.pi * x / 1_450 + 0.9)
    )


def motorway_y(x: Floats) -> Floats:
    """Return the northing of the motorway, local metres, at local eastings ``x``."""
    return np.asarray(
        4_350 + 380 * np.sin(2 * np.pi * x / 15_500 + 2.6) + 110 * np.sin(2 * np.pi * x / 5_900)
    )


def urbanity(xy: Floats) -> Floats:
    """Return how built-up points are, 0 (open country) to 1 (town), shape (n,).

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Metres of EPSG:27700.
    """
    x, y = (xy - ORIGIN).T
    # towns are not round: the edge swells and shrinks with a slow wave over the ground
    swell = 1 + 0.22 * np.sin(x / 610 + 0.7) * np.sin(y / 530 + 1.9) + 0.1 * np.sin((x + y) / 270)
    total = np.zeros(len(xy))
    for centre in CENTRES:
        distance = np.hypot(x - centre.x, y - centre.y) / (centre.reach_m * swell)
        total += centre.weight * np.exp(-(distance**3))
    return np.minimum(total, 1.0)


def centrality(xy: Floats) -> Floats:
    """Return how near points are to a high street, 0 to 1, shape (n,); ``xy`` in EPSG:27700."""
    x, y = (xy - ORIGIN).T
    near = np.zeros(len(xy))
    for centre in CENTRES:
        width = 160 + 0.17 * centre.reach_m
        strength = centre.weight**2
        squared = ((x - centre.x) ** 2 + (y - centre.y) ** 2) / width**2
        near = np.maximum(near, strength * np.exp(-squared / 2))
    return near


@cache
def ground() -> Ground:
    """Return the cells of the place, about 500, smaller where it is built-up."""
    rng = np.random.default_rng(GEOGRAPHY_SEED)
    seeds = _scatter(rng)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), ordered=True))
    inside = _inside(seeds)
    bank = _south_of_river()
    kept = shapely.intersection(cells[inside], bank)
    # whole metres: a vertex computed once from either side must be the same vertex
    rounded = shapely.normalize(shapely.transform(kept, np.round))
    district = _district(seeds[inside])
    return Ground(rounded, seeds[inside], district, _residents(rounded, seeds[inside], district))


@cache
def ward_of_cell() -> NDArray[np.intp]:
    """Return the ward of each cell of ``ground()`` as a position in ``wards()``."""
    rng = np.random.default_rng(GEOGRAPHY_SEED + 1)
    place = ground()
    ward = np.zeros(len(place.seeds), dtype=np.intp)
    for borough in (0, 1):
        own = np.flatnonzero(place.district == borough)
        label = _clusters(place.seeds[own], place.population[own] ** 0.8, rng)
        ward[own] = label + borough * WARDS_PER_BOROUGH
    return ward


@cache
def _wards() -> gpd.GeoDataFrame:
    place, ward = ground(), ward_of_cell()
    count = 2 * WARDS_PER_BOROUGH
    shapes = np.array(
        [shapely.coverage_union_all(place.cells[ward == i]) for i in range(count)], dtype=object
    )
    district = np.arange(count) // WARDS_PER_BOROUGH
    population = np.round(np.bincount(ward, place.population, count)).astype(np.int64)
    return gpd.GeoDataFrame(
        {
            "ward_code": [f"Z05{i + 1:06d}" for i in range(count)],
            "ward_name": _names(shapes),
            "district_code": [DISTRICTS[d][0] for d in district],
            "district_name": [DISTRICTS[d][1] for d in district],
            "population": population,
        },
        geometry=shapely.orient_polygons(shapely.normalize(shapes)),
        crs=DEFAULT_CRS,
    )


def wards() -> gpd.GeoDataFrame:
    """Return the 38 wards in EPSG:27700, ordered by code: a copy, free to change.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ward_code, ward_name, district_code, district_name, population, geometry.
    """
    return _wards().copy()


def outline() -> shapely.Polygon:
    """Return the union of the wards, EPSG:27700."""
    return shapely.coverage_union_all(_wards().geometry.to_numpy())


def _scatter(rng: np.random.Generator) -> Floats:
    """Throw points that keep a distance: about 300 m in town, 650 m in the country."""
    low, high = np.array([-1_500.0, -1_500.0]), np.array([WIDTH_M + 1_500, 9_700])
    thrown = rng.uniform(low, high, size=(16_000, 2))
    thrown = thrown[thrown[:, 1] < river_y(thrown[:, 0]) - 60] + ORIGIN
    apart = 255 + 330 * (1 - urbanity(thrown)) ** 2
    kept = np.empty((1_200, 2))
    n = 0
    for point, gap in zip(thrown, apart, strict=True):
        if n == len(kept):
            break
        if np.all(((kept[:n] - point) ** 2).sum(axis=1) > gap**2):
            kept[n] = point
            n += 1
    return kept[:n]


def _inside(seeds: Floats) -> NDArray[np.bool_]:
    x, y = (seeds - ORIGIN).T
    west = 250 + 330 * np.sin(y / 1_300)
    east = WIDTH_M - 250 + 380 * np.sin(y / 1_500 + 1)
    south = 150 + 420 * np.sin(x / 2_700 + 0.4)
    return np.asarray((x > west) & (x < east) & (y > south))


def _south_of_river() -> shapely.Polygon:
    x = np.arange(-4_000.0, WIDTH_M + 4_001, 110)
    bank = np.column_stack([x, river_y(x)])
    corners = np.array([[x[-1], -6_000.0], [x[0], -6_000.0]])
    return shapely.polygons(np.vstack([bank, corners]) + ORIGIN)


def _district(seeds: Floats) -> NDArray[np.intp]:
    x, y = (seeds - ORIGIN).T
    border = 9_650 + 420 * np.sin(y / 1_150 + 0.5)
    return np.asarray(x > border, dtype=np.intp)


def _residents(cells: NDArray[np.object_], seeds: Floats, district: NDArray[np.intp]) -> Floats:
    crowd = shapely.area(cells) * (0.006 + urbanity(seeds) ** 1.3)
    total = np.bincount(district, crowd, 2)
    return np.asarray(crowd / total[district] * np.array(BOROUGH_POPULATION)[district])


def _clusters(points: Floats, weight: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Group points into wards of similar weight: k-means whose too full groups give way.

    ``reach`` makes it a power diagram, so that every group stays convex and in one piece.
    """
    share = weight / weight.sum()
    middle = points[rng.choice(len(points), WARDS_PER_BOROUGH, replace=False, p=share)]
    reach = np.zeros(WARDS_PER_BOROUGH)
    label = np.zeros(len(points), dtype=np.intp)
    for step in np.linspace(60_000, 2_000, 120):
        squared = ((points[:, None, :] - middle[None, :, :]) ** 2).sum(axis=2)
        label = (squared - reach).argmin(axis=1)
        total = np.maximum(np.bincount(label, share, WARDS_PER_BOROUGH), 1e-9)
        for axis in (0, 1):
            middle[:, axis] = np.bincount(label, share * points[:, axis], WARDS_PER_BOROUGH) / total
        reach += step * (1 - total * WARDS_PER_BOROUGH).clip(-1, 1)
    # number wards from the north-west, as a gazetteer would, not in the order of the draw
    order = np.lexsort((middle[:, 0], -np.round(middle[:, 1] / 2_000)))
    rank = np.empty(WARDS_PER_BOROUGH, dtype=np.intp)
    rank[order] = np.arange(WARDS_PER_BOROUGH)
    return np.asarray(rank[label])


def _names(shapes: NDArray[np.object_]) -> list[str]:
    """Give each centre's ward its centre's name; the others take the rest in order."""
    names: list[str] = [""] * len(shapes)
    for borough, pool in enumerate(_WARD_NAMES):
        first = borough * WARDS_PER_BOROUGH
        own = range(first, first + WARDS_PER_BOROUGH)
        centres = CENTRES[:6] if borough == 0 else CENTRES[6:]
        for name, centre in zip(pool, centres, strict=False):
            point = shapely.Point(centre.x + ORIGIN[0], centre.y + ORIGIN[1])
            free = [i for i in own if not names[i]]
            nearest = np.argmin(shapely.distance(shapes[free], point))
            names[free[int(nearest)]] = name
        rest = (name for name in pool if name not in {names[i] for i in own})
        for i in own:
            names[i] = names[i] or next(rest)
    return names
