"""Boxes on the drawing, upright or turned, and whether they are in each other's way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels: its middle, its sides, and how far it is turned, radians."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the upright box round it."""
        cos, sin = abs(np.cos(self.angle)), abs(np.sin(self.angle))
        across = (self.width * cos + self.height * sin) / 2
        down = (self.width * sin + self.height * cos) / 2
        return (self.x - across, self.y - down, self.x + across, self.y + down)

    @property
    def corners(self) -> Array:
        """Its four corners, shape (4, 2)."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        halves = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (self.width / 2, self.height / 2)
        return np.asarray(halves @ np.array([[cos, sin], [-sin, cos]]) + (self.x, self.y))

    def overlaps(self, other: Box) -> bool:
        """Return whether the two have any area in common."""
        if not _upright_overlap(self.bounds, other.bounds):
            return False
        if not (self.angle or other.angle):
            return True
        return not any(_apart(self.corners, other.corners, angle) for angle in _axes(self, other))

    def inside(self, width: float, height: float, margin: float = 0) -> bool:
        """Return whether all of it is on a drawing of that size."""
        left, top, right, bottom = self.bounds
        return bool(
            left >= margin
            and top >= margin
            and right <= width - margin
            and bottom <= height - margin
        )


def between(from_xy: tuple[float, float], to_xy: tuple[float, float], thick: float) -> Box:
    """Return the thin box of a straight line."""
    dx, dy = to_xy[0] - from_xy[0], to_xy[1] - from_xy[1]
    length = float(np.hypot(dx, dy))
    return Box(
        (from_xy[0] + to_xy[0]) / 2,
        (from_xy[1] + to_xy[1]) / 2,
        length,
        thick,
        float(np.arctan2(dy, dx)),
    )


def _upright_overlap(
    a: tuple[float, float, float, float], b: tuple[float, float, float, float]
) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _axes(a: Box, b: Box) -> tuple[float, ...]:
    return (a.angle, a.angle + np.pi / 2, b.angle, b.angle + np.pi / 2)


def _apart(a: Array, b: Array, angle: float) -> bool:
    """Return whether a line across this direction parts the two (separating axis)."""
    axis = np.array([np.cos(angle), np.sin(angle)])
    along_a, along_b = a @ axis, b @ axis
    return bool(along_a.max() <= along_b.min() or along_b.max() <= along_a.min())


@dataclass
class Crowd:
    """The boxes already on a drawing; asks at once whether many others would be in their way."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    _bounds: list[tuple[float, float, float, float]] = field(default_factory=list)

    def add(self, box: Box) -> None:
        """Put a box down."""
        self.boxes.append(box)
        self._bounds.append(box.bounds)

    def free(self, box: Box, margin: float = 2) -> bool:
        """Return whether the box is on the drawing and in nobody's way."""
        if not box.inside(self.width, self.height, margin):
            return False
        return not any(
            _upright_overlap(box.bounds, bounds) and box.overlaps(other)
            for other, bounds in zip(self.boxes, self._bounds, strict=True)
        )

    def free_upright(
        self, middles: Array, width: float, height: float, margin: float = 2
    ) -> NDArray[np.bool_]:
        """Return for upright boxes of one size round many middles, shape (n, 2), which are free.

        Turned boxes are taken at their upright bounds first and looked at closely after.
        """
        half = np.array([width / 2, height / 2])
        low, high = middles - half, middles + half
        far = np.array([self.width, self.height]) - margin
        free = np.asarray(((low >= margin) & (high <= far)).all(axis=1))
        if not self._bounds:
            return free
        taken = np.array(self._bounds)
        hit = (
            (low[:, None, 0] < taken[None, :, 2])
            & (high[:, None, 0] > taken[None, :, 0])
            & (low[:, None, 1] < taken[None, :, 3])
            & (high[:, None, 1] > taken[None, :, 1])
        )
        upright = np.array([box.angle == 0 for box in self.boxes])
        free &= ~hit[:, upright].any(axis=1)
        turned = np.flatnonzero(~upright)
        for i in np.flatnonzero(free & hit[:, ~upright].any(axis=1)):
            box = Box(float(middles[i, 0]), float(middles[i, 1]), width, height)
            free[i] = not any(box.overlaps(self.boxes[j]) for j in turned[hit[i, turned]])
        return free
