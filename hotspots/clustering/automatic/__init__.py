"""Automatic choices of lengths, each with the rounded value to use and a reason to read out.

None of them finds *the* length: each answers a narrower question, which its reason names.

* A cell size: how small cells can be before most are empty.
* A distance band by incremental Moran's I: at which distance counts are most alike, beyond chance.
* A distance band by Ripley's L: at which distance incidents have most others around them.
* A bandwidth, by the methods of ``hotspots.clustering.bandwidth``.

Where the publisher moved incidents to a set of points, distances below the usual spacing of those
points mean nothing: no choice goes below it, and the reason says so.
"""

from collections.abc import Callable
from types import MappingProxyType

from hotspots.clustering.automatic.bandwidth import automatic_bandwidth
from hotspots.clustering.automatic.cell_size import automatic_cell_size
from hotspots.clustering.automatic.choice import Choice, rounded
from hotspots.clustering.automatic.moran import MoranCurve, automatic_distance, moran_curve
from hotspots.clustering.automatic.ripley import MOST_CENTRES, ripley_distance, ripley_l
from hotspots.clustering.automatic.spacing import spacing_of_points

#: Ways to choose a distance band, in the order to offer them.
DISTANCES: MappingProxyType[str, Callable[..., Choice]] = MappingProxyType(
    {"moran": automatic_distance, "ripley": ripley_distance}
)

__all__ = [
    "DISTANCES",
    "MOST_CENTRES",
    "Choice",
    "MoranCurve",
    "automatic_bandwidth",
    "automatic_cell_size",
    "automatic_distance",
    "moran_curve",
    "ripley_distance",
    "ripley_l",
    "rounded",
    "spacing_of_points",
]
