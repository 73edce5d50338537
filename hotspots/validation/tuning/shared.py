"""What candidates share: the maps of single batches, made once for all that need them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.validation.past import Batch, Past

Array = NDArray[np.float64]
#: Beyond this many bytes what was made first makes room.
MOST_BYTES = 400_000_000


class Kept:
    """Grids, maps and fits that several candidates need, by what they were made of.

    Every key holds all that its value depends on, so it never changes a result, only its time.
    scikit-learn copies an estimator's parameters for each candidate: a copy of this is itself.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._found: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._bytes = 0
        # threads share this; what two of them make at once is the same
        self._lock = Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.most_bytes,)

    def get(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what a key stands for, made now if it is not here."""
        found = self._found.get(key)
        if found is None:
            found = make()
            with self._lock:
                if key not in self._found:
                    self._found[key] = found
                    self._bytes += _size(found)
                    self._make_room()
        return found

    def grid(self, study_area: Any, cell_size_m: float) -> Grid:
        """Return the cells that a back-test of the study area uses."""
        key = ("grid", digest(shapely.to_wkb(study_area)), float(cell_size_m))
        grid: Grid = self.get(key, lambda: Grid.cover(study_area, cell_size_m, touching=True))
        return grid

    def _make_room(self) -> None:
        while self._bytes > self.most_bytes and len(self._found) > 1:
            _, old = self._found.popitem(last=False)
            self._bytes -= _size(old)


class SharedPast(Past):
    """A past whose batches' maps are shared with other pasts on the same cells."""

    def __init__(self, kept: Kept, grid: Grid, weeks_per_period: float, edges: Any) -> None:
        super().__init__(grid, weeks_per_period, edges)
        self._kept = kept
        lattice = np.array([grid.x0, grid.y0, grid.cell_size_m, *grid.shape])
        self.key = digest(lattice.tobytes() + np.packbits(grid.mask).tobytes())
        self._digests: list[bytes] = []

    def learn(self, batches: list[Batch]) -> None:
        """Move to the next origin, at which these became known."""
        super().learn(batches)
        self._digests.extend(digest(b.xy.tobytes() + b.cell.tobytes()) for b in batches)

    def last_period(self) -> bytes:
        """Return a digest of what is known of the last period."""
        return digest(b"".join(self._digests[i] for i in self.known_of(self.origin - 1)))

    def batch_map(self, bandwidth_m: float, index: int) -> tuple[NDArray[Any], Array]:
        """Return the map of one batch, made once for all that share it."""
        key = ("map", self.key, float(bandwidth_m), self._digests[index])

        def make() -> tuple[NDArray[Any], Array]:
            cells, values = self.made_map(bandwidth_m, index)
            return cells.astype(np.int32), values

        found: tuple[NDArray[Any], Array] = self._kept.get(key, make)
        return found


def digest(data: bytes) -> bytes:
    """Return 16 bytes that differ for different data."""
    return hashlib.blake2b(data, digest_size=16).digest()


def _size(value: Any) -> int:
    parts = value if isinstance(value, tuple) else (value,)
    return sum(p.nbytes if isinstance(p, np.ndarray) else 200 for p in parts)
