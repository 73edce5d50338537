"""The made-up streets: estates in the towns, lanes in the country, main roads between."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import geopandas as gpd
import numpy as np
import shapely

from hotspots.demo import geography, names, places, roads
from hotspots.demo.geography import Floats
from hotspots.demo.roads import Edge
from hotspots.model import DEFAULT_CRS

Named = tuple[str, str, shapely.LineString]  # name, kind, line

#: Where a block counts as built-up, on the scale of ``geography.urbanity``.
BUILT_UP = 0.2
MOTORWAY = "M99"
#: Name, and the places it passes, by their names in ``geography.CENTRES``.
_MAIN_ROADS = (
    ("Great East Road", ("Orlequay", "Aldenmere", "Stavenhythe", "Northarrow", "Brackwell")),
    ("Pellbrook Road", ("Brackwell", "Pellbrook")),
    ("Tollin Road", ("Aldenmere", "Tollin Green")),
    ("Cawdry Road", ("Cawdry", "Aldenmere")),
    ("Fennick Road", ("Stavenhythe", "Fennick")),
    ("Long Southway", ("Brackwell", "Marrowfold", "Hobb's Lathe")),
    ("Ottersleigh Road", ("Brackwell", "Ottersleigh", "Quennel Cross")),
    ("Old Coach Road", ("Tollin Green", "Fennick", "Marrowfold", "Ottersleigh")),
)


@cache
def _streets() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(geography.GEOGRAPHY_SEED + 2)
    found = [*_network(rng), *_long_lines()]
    # incidents are placed up to a few metres off the street and must stay inside the wards
    inside = geography.outline().buffer(-25)
    rows = [row for name, kind, line in found for row in _clip(name, kind, line, inside)]
    name, kind, line = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"name": list(name), "kind": list(kind)}, geometry=list(line), crs=DEFAULT_CRS
    )


def streets() -> gpd.GeoDataFrame:
    """Return the street network in EPSG:27700: a copy, free to change.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns name, kind ("street", "main_road", "motorway" or "river") and geometry
        (LineString, whole metres).
    """
    return _streets().copy()


def _clip(name: str, kind: str, line: shapely.LineString, inside: shapely.Polygon) -> list[Named]:
    parts = shapely.get_parts(line if kind == "river" else shapely.intersection(line, inside))
    rounded = [shapely.transform(part, np.round) for part in parts if part.length >= 30]
    return [(name, kind, part) for part in rounded if part.geom_type == "LineString"]


def _long_lines() -> Iterator[Named]:
    x = np.arange(-2_500.0, geography.WIDTH_M + 2_501, 100)
    motorway = np.column_stack([x, geography.motorway_y(x)]) + geography.ORIGIN
    river = np.column_stack([x, geography.river_y(x)]) + geography.ORIGIN
    yield MOTORWAY, "motorway", shapely.LineString(motorway)
    yield geography.RIVER, "river", shapely.LineString(river)


def _network(rng: np.random.Generator) -> Iterator[Named]:
    supply = names.deal(rng)
    ground = geography.ground()
    edges = roads.inner_edges(ground.cells)
    taken: set[Edge] = set()
    for name, line, used in _main_roads(edges):
        taken |= used
        yield name, "main_road", line
    free = [edge for edge in edges if edge not in taken]
    middle = np.array([np.mean(edge, axis=0) for edge in free])
    built_up = geography.urbanity(middle) > BUILT_UP
    through = [edge for edge, built in zip(free, built_up, strict=True) if built]
    for chain in _chains(through):
        yield next(supply["through"]), "street", _bent(chain, 0.02, rng)
    country = [edge for edge, built in zip(free, built_up, strict=True) if not built]
    for chain in _chains(roads.lane_tree(country, taken | set(through), rng)):
        yield next(supply["lane"]), "street", _bent(chain, 0.07, rng)
    yield from _estates(supply["estate"], rng)
    for place in places.STANDING + places.CHANGES:
        yield from _paths(place, rng)


def _main_roads(edges: list[Edge]) -> Iterator[tuple[str, shapely.LineString, set[Edge]]]:
    where = {c.name: (c.x, c.y) for c in geography.CENTRES}
    for name, stops in _MAIN_ROADS:
        nodes = [roads.nearest_node(edges, *(np.array(where[s]) + geography.ORIGIN)) for s in stops]
        path = [nodes[0]]
        for start, goal in itertools.pairwise(nodes):
            path += roads.shortest_path(edges, start, goal)[1:]
        used = {(min(a, b), max(a, b)) for a, b in itertools.pairwise(path)}
        yield name, shapely.LineString(roads.smooth(np.array(path, dtype=float))), used


def _chains(edges: list[Edge]) -> Iterator[Floats]:
    """Join edges that run on fairly straight, at most three, so that a road is not one block."""
    left = dict.fromkeys(edges)
    while left:
        chain = list(next(iter(left)))
        del left[chain[0], chain[1]]
        while len(chain) < 4 and (following := _straight_on(chain, left)):
            del left[following]
            chain.append(following[1] if following[0] == chain[-1] else following[0])
        yield np.array(chain, dtype=float)


def _straight_on(chain: list[roads.Node], left: dict[Edge, None]) -> Edge | None:
    end, before = np.array(chain[-1], float), np.array(chain[-2], float)
    heading = (end - before) / max(np.hypot(*(end - before)), 1.0)
    best, straightest = None, 0.55  # cosine: turns of more than about 57 degrees end the road
    for edge in left:
        if chain[-1] not in edge:
            continue
        other = edge[1] if edge[0] == chain[-1] else edge[0]
        step = np.array(other, float) - end
        cosine = float(step @ heading) / max(float(np.hypot(*step)), 1.0)
        if cosine > straightest and other not in chain:
            best, straightest = edge, cosine
    return best


def _bent(points: Floats, amount: float, rng: np.random.Generator) -> shapely.LineString:
    """Return the line with bends: points a quarter apart, moved by a share of the length."""
    out = [points[:1]]
    for a, b in itertools.pairwise(points):
        along = np.linspace(0.25, 1, 4)[:, None]
        across = np.array([a[1] - b[1], b[0] - a[0]])
        shift = rng.normal(0, amount, (4, 1)) * (along < 1)
        out.append(a + along * (b - a) + shift * across)
    return shapely.LineString(roads.smooth(np.vstack(out), 1))


def _estates(supply: Iterator[str], rng: np.random.Generator) -> Iterator[Named]:
    ground = geography.ground()
    built = geography.urbanity(ground.seeds)
    open_spaces = shapely.multipoints(
        [place.xy for place in places.STANDING + places.CHANGES if place.ways]
    )
    for cell, seed, density in zip(ground.cells, ground.seeds, built, strict=True):
        # a block in fifteen is a park, a school or works, with no streets inside
        bare = rng.random() < 0.07 or shapely.distance(cell, open_spaces) < 50
        if density <= BUILT_UP or bare:
            continue
        spacing = rng.uniform(58, 84) * (1 + 0.9 * (1 - density))
        heading = _heading(seed) + rng.normal(0, 0.3)
        for line in _estate(cell, heading, spacing, rng):
            yield next(supply), "street", line


def _heading(seed: Floats) -> float:
    """Return the direction round the nearest centre, or towards it, in radians."""
    centre = min(
        geography.CENTRES,
        key=lambda c: np.hypot(*(seed - geography.ORIGIN - (c.x, c.y))) / c.reach_m,
    )
    x, y = seed - geography.ORIGIN - (centre.x, centre.y)
    return float(np.arctan2(y, x))


def _estate(
    cell: shapely.Polygon, heading: float, spacing: float, rng: np.random.Generator
) -> Iterator[shapely.LineString]:
    """Lay long streets one way and fewer the other, bent alike, some of them closes."""
    half = float(np.sqrt(cell.area))
    bend = rng.normal(0, 22), rng.uniform(0, 2 * np.pi), rng.uniform(150, 330)
    for turn, apart in ((0.0, spacing), (np.pi / 2 + rng.normal(0, 0.12), 2.9 * spacing)):
        offset = -half + rng.uniform(0, apart)
        while offset < half:
            line = _street(heading + turn, offset, half, bend, rng)
            middle = shapely.get_coordinates(cell.centroid)[0]
            placed = shapely.transform(line, lambda c, m=middle: c + m)
            parts = shapely.get_parts(shapely.intersection(placed, cell))
            yield from (part for part in parts if part.length > 45)
            offset += apart * rng.uniform(0.75, 1.4)


def _street(
    heading: float,
    offset: float,
    half: float,
    bend: tuple[float, float, float],
    rng: np.random.Generator,
) -> shapely.LineString:
    """Return one curved street about the origin, ``offset`` metres beside it."""
    amount, phase, wave = bend
    start, end = -half, half
    if rng.random() < 0.45:  # a close: it stops inside the block
        start, end = (start, rng.uniform(-0.1, 0.5) * half)
        if rng.random() < 0.5:
            start, end = -end, half
    along = np.linspace(start, end, 10)
    across = offset + amount * np.sin(along / wave + phase)
    cosine, sine = np.cos(heading), np.sin(heading)
    return shapely.LineString(
        np.column_stack([along * cosine - across * sine, along * sine + across * cosine])
    )


def _paths(place: places.Place, rng: np.random.Generator) -> Iterator[Named]:
    """Return the ways that cross at a place of its own, such as footpaths on a common."""
    turn = rng.uniform(0, np.pi)
    for i, name in enumerate(place.ways):
        angle = turn + i * np.pi / 2 + rng.normal(0, 0.15)
        along = np.linspace(-1, 1, 7) * (place.radius_m + 40)
        across = rng.normal(0, 14, 7)
        x = place.xy[0] + along * np.cos(angle) - across * np.sin(angle)
        y = place.xy[1] + along * np.sin(angle) + across * np.cos(angle)
        yield name, "street", shapely.LineString(np.column_stack([x, y]))
