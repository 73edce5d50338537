"""The graph of the cells' edges: main roads are short paths on it, lanes a tree of it."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray

Node = tuple[int, int]
Edge = tuple[Node, Node]


def inner_edges(cells: NDArray[np.object_]) -> list[Edge]:
    """Return the edges that two cells share, each once, in a fixed order.

    Parameters
    ----------
    cells : ndarray of Polygon
        A coverage with whole-metre vertices.
    """
    seen: Counter[Edge] = Counter()
    for cell in cells:
        ring = [(int(x), int(y)) for x, y in shapely.get_coordinates(cell)]
        for a, b in itertools.pairwise(ring):
            seen[min(a, b), max(a, b)] += 1
    return sorted(edge for edge, times in seen.items() if times == 2)


def length(edge: Edge) -> float:
    """Return the length of an edge in metres."""
    return float(np.hypot(edge[0][0] - edge[1][0], edge[0][1] - edge[1][1]))


def nearest_node(edges: Iterable[Edge], x: float, y: float) -> Node:
    """Return the end of an edge nearest to a point, all in metres."""
    nodes = sorted({node for edge in edges for node in edge})
    away = [np.hypot(a - x, b - y) for a, b in nodes]
    return nodes[int(np.argmin(away))]


def shortest_path(edges: Iterable[Edge], start: Node, goal: Node) -> list[Node]:
    """Return the nodes of the shortest way over the edges (Dijkstra), ends included."""
    ways: dict[Node, list[tuple[float, Node]]] = defaultdict(list)
    for edge in edges:
        # longer steps cost a little more than their length: such a way wanders less
        cost = length(edge) + 15
        ways[edge[0]].append((cost, edge[1]))
        ways[edge[1]].append((cost, edge[0]))
    before: dict[Node, Node] = {}
    done: set[Node] = set()
    queue: list[tuple[float, Node, Node]] = [(0.0, start, start)]
    while queue and goal not in done:
        cost, node, came_from = heapq.heappop(queue)
        if node in done:
            continue
        done.add(node)
        before[node] = came_from
        for step, neighbour in ways[node]:
            heapq.heappush(queue, (cost + step, neighbour, node))
    path = [goal]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]


def lane_tree(edges: list[Edge], fixed: set[Edge], rng: np.random.Generator) -> list[Edge]:
    """Return edges that hang together with ``fixed`` as a random tree, its short ends pruned.

    Parameters
    ----------
    edges : list of Edge
        Where a lane may run.
    fixed : set of Edge
        Roads that are there already.
    rng : numpy.random.Generator
        Decides which of the possible trees.
    """
    root: dict[Node, Node] = {}

    def find(node: Node) -> Node:
        while root.setdefault(node, node) != node:
            node = root[node]
        return node

    for a, b in sorted(fixed):
        root[find(a)] = find(b)
    tree = []
    for i in rng.permutation(len(edges)):
        a, b = edges[i]
        if find(a) != find(b):
            root[find(a)] = find(b)
            tree.append(edges[i])
    for _ in range(2):
        tree = _prune(tree, fixed)
    return sorted(tree)


def _prune(tree: list[Edge], fixed: set[Edge]) -> list[Edge]:
    """Drop the edges that end nowhere."""
    degree = Counter(node for edge in [*tree, *sorted(fixed)] for node in edge)
    return [edge for edge in tree if min(degree[edge[0]], degree[edge[1]]) > 1]


def smooth(points: NDArray[np.float64], rounds: int = 2) -> NDArray[np.float64]:
    """Cut the corners of a line (Chaikin), keeping its two ends; ``points`` has shape (n, 2)."""
    for _ in range(rounds):
        left, right = points[:-1], points[1:]
        cut = np.stack([0.75 * left + 0.25 * right, 0.25 * left + 0.75 * right], axis=1)
        points = np.vstack([points[:1], cut.reshape(-1, 2)[1:-1], points[-1:]])
    return points
