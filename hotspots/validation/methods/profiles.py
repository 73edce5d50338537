"""A profile as a method: what it expects next, and the hot spots it marks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import gi_star
from hotspots.profile import Profile
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.methods.gi_star import on_grid
from hotspots.validation.methods.kernels import averaged
from hotspots.validation.past import Past
from hotspots.versions import settings_sha256


@dataclass(frozen=True)
class OfProfile:
    """What a run with this profile would have said at each origin.

    The order of cells is that of ``expected_next``: the weighted mean of the profile's maps of
    all that is known. Its own hot spots are the cells that Gi* of the last period marks at the
    profile's ``alpha``. Cells are those of the back-test, whatever the profile's ``cell_size_m``.

    Attributes
    ----------
    profile : Profile
        With ``baseline = "population"`` there are no own hot spots: residents are not in the past.
    """

    profile: Profile

    def score(self, past: Past) -> Scored:
        """Return what each cell should expect, up to a factor, and which cells are hot."""
        maps = [
            (m.bandwidth_m, math.inf if m.half_life_weeks is None else m.half_life_weeks, m.weight)
            for m in self.profile.forecast
        ]
        made = averaged(past, maps, self.profile.prior_incidents)
        return Scored(made, self._hot(past))

    def _hot(self, past: Past) -> NDArray[np.bool_] | None:
        profile = self.profile
        if profile.baseline == "population":
            return None
        last = past.total(0.0, past.origin - 1)
        found = gi_star(
            on_grid(past, last),
            profile.distance_m,
            past.grid.cell_size_m,
            past.grid.mask,
            profile.null,
            permutations=profile.permutations,
            seed=profile.seed,
            adjustment=profile.adjustment,
            band=profile.band,
        )
        hot: NDArray[np.bool_] = found.p_adjusted[past.grid.mask] <= profile.alpha
        return hot


def of_profile(profile: Profile, name: str, label: str) -> MethodKind:
    """Return a profile as a method of a back-test.

    Parameters
    ----------
    profile : Profile
    name : str
        As in files; it must differ from the other methods' names.
    label : str
        As in tables.
    """
    return MethodKind(
        name=name,
        label=label,
        says="What the profile expects next, from its maps and each cell's own count; its hot "
        "spots are those of Gi* of the last period.",
        source="",
        make=lambda: OfProfile(profile),
        settings=settings_sha256(profile),
    )
