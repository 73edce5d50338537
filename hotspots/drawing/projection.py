"""From the workspace's metres to the drawing's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.errors import UsageError

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """The part of the ground on a drawing.

    Parameters
    ----------
    centre_x, centre_y : float
        The ground in the middle, metres in the workspace's CRS.
    scale : float
        Pixels a metre.
    width, height : int
        The drawing, pixels.
    """

    centre_x: float
    centre_y: float
    scale: float
    width: int
    height: int

    @property
    def bounds(self) -> Bounds:
        """West, south, east and north of what can be seen, metres."""
        across, up = self.width / 2 / self.scale, self.height / 2 / self.scale
        x, y = self.centre_x, self.centre_y
        return (x - across, y - up, x + across, y + up)

    @property
    def width_m(self) -> float:
        """How much ground is seen from left to right, metres."""
        return self.width / self.scale

    def xy(self, points: Any) -> NDArray[np.float64]:
        """Return metres, shape (n, 2), as pixels, y downwards."""
        points = np.asarray(points, dtype=np.float64)
        middle = np.array([self.centre_x, self.centre_y])
        zero = np.array([self.width / 2, self.height / 2])
        return np.asarray((points - middle) * (self.scale, -self.scale) + zero)

    def project(self, geometry: Any) -> Any:
        """Return a geometry, or an array of them, in pixels."""
        return shapely.transform(geometry, self.xy)

    def cut(self, geometry: Any, margin: float = 40) -> Any:
        """Return what of projected geometries is on the drawing or within ``margin`` px of it.

        The margin keeps the edge of the cut itself out of sight.
        """
        return shapely.clip_by_rect(
            geometry, -margin, -margin, self.width + margin, self.height + margin
        )


def view_of(bounds: Sequence[float], width: int, height: int, padding: float = 0) -> View:
    """Return the view that shows all of ``bounds`` (metres), with some px of air on each side.

    Raises
    ------
    UsageError
        If the bounds are not four finite numbers of some area.
    """
    numbers = [float(one) for one in bounds]
    if len(numbers) != 4 or not np.isfinite(numbers).all():
        raise UsageError(f"view must be four numbers in metres; got {tuple(bounds)}.")
    minx, miny, maxx, maxy = numbers
    if not (maxx > minx and maxy > miny):
        raise UsageError(
            f"view must go from west to east and south to north; got {tuple(numbers)}."
        )
    scale = min((width - 2 * padding) / (maxx - minx), (height - 2 * padding) / (maxy - miny))
    return View((minx + maxx) / 2, (miny + maxy) / 2, scale, width, height)
