"""How often a 95 % range of ranks holds the true rank: ours, and of each ward by itself.

``python -m benchmarks.rank_ranges [--maps 400] [--processes 2]`` prints a Markdown table. The
wards' underlying numbers are log-normal about a mean, their counts Poisson. "Each by itself" draws
a ward's number from its own count alone (gamma of count + 1/2, as is often done) and is the same in
all else: 2,000 draws, and the rank of the count is always in the range.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.chance_maps import markdown, workers
from hotspots.clustering import rank_intervals

WARDS = (5, 18, 40)
MEANS = (3.0, 15.0, 60.0)
#: Standard deviation of the logarithm of a ward's underlying number: about how much wards differ.
SPREADS = (0.02, 0.3, 0.8)
DRAWS, LEVEL = 2_000, 0.95
HEAD = ("wards", "mean", "differ by", "ours", "ours, most", "by itself", "by itself, most")
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Setting:
    """Wards, their mean number of incidents, and how much they differ."""

    wards: int
    mean: float
    spread: float

    def drawn(self, seed: int) -> tuple[NDArray[np.float64], Whole]:
        """Return the underlying numbers of one made-up borough, and its counts."""
        rng = np.random.default_rng([seed, self.wards, int(self.mean), int(100 * self.spread)])
        true = self.mean * np.exp(rng.normal(0, self.spread, self.wards))
        return true, rng.poisson(true)


def ranks_of(numbers: NDArray[Any]) -> Whole:
    """Return ranks along the last axis, the highest number 1; equal ones share the better rank."""
    higher = numbers[..., None, :] > numbers[..., :, None]
    return 1 + higher.sum(axis=-1)


def by_itself(counts: Whole, seed: int) -> tuple[Whole, Whole]:
    """Return ranges of ranks with nothing shared between the wards."""
    drawn = np.random.default_rng(seed).gamma(counts + 0.5, size=(DRAWS, len(counts)))
    tail, own = (1 - LEVEL) / 2, ranks_of(counts)
    low, high = np.quantile(ranks_of(drawn), [tail, 1 - tail], axis=0, method="inverted_cdf")
    return np.minimum(low, own).astype(np.int64), np.maximum(high, own).astype(np.int64)


def held(task: tuple[Setting, int]) -> NDArray[np.float64]:
    """Return shares of a setting's maps, in the order of the last four columns of ``HEAD``."""
    setting, maps = task
    found = np.array([_held_once(setting, seed) for seed in range(maps)])
    shares: NDArray[np.float64] = found.mean(axis=0)
    return shares


def _held_once(setting: Setting, seed: int) -> list[float]:
    true, counts = setting.drawn(seed)
    rank, most = ranks_of(true), counts.argmax()
    ours = rank_intervals(counts, LEVEL, DRAWS, seed)
    inside = [(low <= rank) & (rank <= high) for low, high in (ours, by_itself(counts, seed))]
    return [share for each in inside for share in (each.mean(), float(each[most]))]


def table(settings: Sequence[Setting], shares: NDArray[np.float64]) -> str:
    """Return a line a setting, in %, and one of the least and the most of all of them."""
    lines = [
        [str(s.wards), f"{s.mean:.0f}", f"{100 * s.spread:.0f} %", *(f"{100 * x:.0f}" for x in row)]
        for s, row in zip(settings, shares, strict=True)
    ]
    low, high = shares.min(axis=0), shares.max(axis=0)
    ranges = [f"{100 * a:.0f} to {100 * b:.0f}" for a, b in zip(low, high, strict=True)]
    return markdown(HEAD, [*lines, ["all", "", "", *ranges]])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=400, help="Made-up boroughs a line.")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    settings = [Setting(*each) for each in product(WARDS, MEANS, SPREADS)]
    with workers(options.processes) as run:
        shares = np.array(run(held, [(setting, options.maps) for setting in settings]))
    print(f"The true rank in the {100 * LEVEL:.0f}% range, in % of wards, and of the wards with")
    print(f"the most incidents ({options.maps:,} made-up boroughs a line):\n")
    print(table(settings, shares))


if __name__ == "__main__":
    main()
