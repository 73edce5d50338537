"""The families of forecast maps that are searched, and the space of their settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hotspots.clustering.checks import one_of, positive
from hotspots.clustering.mixture import MIXTURE_MAPS
from hotspots.errors import UsageError
from hotspots.profile import REACHES, ForecastMap, Profile

#: (bandwidth_m, half_life_weeks, weight) of each map; a half-life of infinity forgets nothing.
Maps = tuple[tuple[float, float, float], ...]
#: Bandwidths of the maps of "multi-scale", metres.
SCALES_M = (0.0, 200.0, 500.0, 1000.0, 2000.0)
#: For "counts and kernels": the wide kernel's radius over the narrow one's, 300 m to 1,000 m.
WIDE = 10 / 3


@dataclass(frozen=True)
class Family:
    """One way to make the maps out of few settings.

    Attributes
    ----------
    name : str
    uses : tuple of str
        Which of ``reach_m``, ``half_life_weeks`` and ``prior_incidents`` it depends on; one
        without the last takes its maps as they are.
    maps : callable or None
        (reach_m, half_life_weeks) to its maps; None where weights are fitted to the past.
    fitted_share : float
        Of fitted families: what the fitted weights count; equal weights count the rest.
    """

    name: str
    uses: tuple[str, ...]
    maps: Callable[[float, float], Maps] | None = None
    fitted_share: float = 0.0


def _equal(radii: Sequence[float], half_life_weeks: float) -> Maps:
    return tuple((float(h), half_life_weeks, 1.0) for h in radii)


#: Families by name, the simplest first.
FAMILIES: MappingProxyType[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            Family("counts", ("half_life_weeks",), lambda _, life: _equal((0,), life)),
            Family(
                "single kernel",
                ("reach_m", "half_life_weeks"),
                lambda reach, life: _equal((reach,), life),
            ),
            Family(
                "counts and kernels",
                ("reach_m", "half_life_weeks"),
                lambda reach, life: _equal((0, reach, _tidy(WIDE * reach)), life),
            ),
            Family(
                "weighed against counts",
                ("reach_m", "half_life_weeks", "prior_incidents"),
                lambda reach, life: _equal([reach * times for times in REACHES], life),
            ),
            Family("multi-scale", ("half_life_weeks",), lambda _, life: _equal(SCALES_M, life)),
            Family("mixture", (), None, 1.0),
            # halfway to equal weights: few incidents make fitted weights jump about
            Family("mixture, shrunk", (), None, 0.5),
        )
    }
)
#: What the weights of a mixture are fitted to: (bandwidth_m, half_life_weeks).
MIXED: tuple[tuple[float, float], ...] = tuple((float(h), float(life)) for h, life in MIXTURE_MAPS)


@dataclass(frozen=True)
class Space:
    """What is searched.

    Attributes
    ----------
    families : tuple of str
        Names in ``FAMILIES``.
    reach_m : tuple of float
        Radii of the narrow kernel, metres.
    half_life_weeks : tuple of float or None
        None forgets nothing.
    prior_incidents : tuple of float
        For the family that is weighed against own counts, as in ``Profile``.
    cell_sizes_m : tuple of float
        Sides of cells to compare, at equal shares of the area; the base profile's own if empty.
    bands : tuple of float
        Distance bands of the second search, in cells.
    alphas : tuple of float
        Adjusted p-values of the second search; those above the base's widest class are left out.
    """

    families: tuple[str, ...] = tuple(FAMILIES)
    reach_m: tuple[float, ...] = (150.0, 200.0, 300.0, 400.0, 600.0)
    half_life_weeks: tuple[float | None, ...] = (26.0, 52.0, 104.0, None)
    prior_incidents: tuple[float, ...] = (0.5, 1.5, 4.0)
    cell_sizes_m: tuple[float, ...] = ()
    bands: tuple[float, ...] = (1.0, 1.6, 2.3, 3.2, 4.5)
    alphas: tuple[float, ...] = (0.01, 0.05, 0.10)

    def __post_init__(self) -> None:
        for name in self.families:
            one_of("A family", name, FAMILIES)
        for name in ("reach_m", "prior_incidents", "cell_sizes_m", "bands"):
            for value in getattr(self, name):
                positive(name, value)
        for life in self.half_life_weeks:
            if life is not None:
                positive("half_life_weeks", life)
        if not all(0 < alpha < 1 for alpha in self.alphas):
            raise UsageError(f"alphas must be between 0 and 1; got {self.alphas}.")

    def grids(self, base: Profile) -> list[dict[str, list[Any]]]:
        """Return the settings of the forecast maps as scikit-learn's grids, the base's included."""
        cells = list(self.cell_sizes_m or (base.cell_size_m,))
        values: dict[str, list[Any]] = {
            "reach_m": list(self.reach_m),
            "half_life_weeks": list(self.half_life_weeks),
            "prior_incidents": list(self.prior_incidents),
        }
        grids: list[dict[str, list[Any]]] = [
            {
                "maps": [maps_of(base)],
                "cell_size_m": [base.cell_size_m],
                "prior_incidents": [base.prior_incidents],
            }
        ]
        for name in self.families:
            used: dict[str, list[Any]] = {key: values[key] for key in FAMILIES[name].uses}
            alone: dict[str, list[Any]] = {"prior_incidents": [None]}
            grids.append({"maps": [name], "cell_size_m": cells, **alone, **used})
        return grids

    def hot_grids(self, base: Profile) -> list[dict[str, list[Any]]]:
        """Return the settings of the own hot spots as scikit-learn's grids, the base's included."""
        distances = {_up(band * base.cell_size_m) for band in self.bands} | {base.distance_m}
        alphas = {a for a in self.alphas if a <= base.class_limits[2]} | {base.alpha}
        return [{"distance_m": sorted(distances), "alpha": sorted(alphas)}]


SPACE = Space()


def maps_of(profile: Profile) -> Maps:
    """Return a profile's maps as numbers; a half-life of None is infinite."""
    return tuple(
        (m.bandwidth_m, math.inf if m.half_life_weeks is None else m.half_life_weeks, m.weight)
        for m in profile.forecast
    )


def forecast_of(maps: Maps) -> tuple[ForecastMap, ...]:
    """Return maps as a profile keeps them."""
    return tuple(
        ForecastMap(
            bandwidth_m=h, half_life_weeks=None if math.isinf(life) else life, weight=weight
        )
        for h, life, weight in maps
    )


def checked_maps(given: object) -> Maps:
    """Return maps given in full, or raise a UsageError."""
    try:
        rows = [(h, math.inf if life is None else life, w) for h, life, w in given]  # type: ignore[attr-defined]
        found = forecast_of(tuple((float(h), float(life), float(w)) for h, life, w in rows))
    except (TypeError, ValueError):
        raise UsageError(
            f"maps must be one of {', '.join(FAMILIES)}, or rows (bandwidth_m, half_life_weeks, "
            f"weight); got {given!r:.80}."
        ) from None
    if not found:
        raise UsageError("maps must have at least one map; got none.")
    return maps_of(Profile(forecast=found))


def said(maps: Maps) -> str:
    """Return maps in words, such as "own count and 300 m, half-life 104 weeks"."""
    lives = sorted({life for _, life, _ in maps})
    if len(maps) > 6 or (len(lives) > 1 and len(maps) > 3):
        widest = max(h for h, _, _ in maps)
        return f"a weighted mean of {len(maps)} maps, own counts to {widest:,.0f} m"
    by_life = [(life, [h for h, other, _ in maps if other == life]) for life in lives]
    return "; ".join(f"{_radii(radii)}, {_memory(life)}" for life, radii in by_life)


def distance(maps: Maps, other: Maps) -> float:
    """Return how far apart two sets of maps are, in reach and memory; 0 for the same."""
    a, b = _middle(maps), _middle(other)
    return abs(math.log(a[0] / b[0])) + abs(math.log(a[1] / b[1]))


def settings_said(params: Mapping[str, Any]) -> str:
    """Return one candidate's settings in words, for tables."""
    if "maps" not in params:
        return f"{params['distance_m']:g} m at {params['alpha']:g}"
    name = params["maps"]
    if not isinstance(name, str):
        return "the base profile's own maps"
    parts = [name]
    if "reach_m" in params:
        parts.append(f"reach {params['reach_m']:g} m")
    if "half_life_weeks" in params:
        life = params["half_life_weeks"]
        parts.append(_memory(math.inf if life is None else life))
    if (prior := params.get("prior_incidents")) is not None:
        parts.append(f"as if {prior:g} incidents stood behind the maps")
    return ", ".join(parts)


def _middle(maps: Maps) -> tuple[float, float]:
    # ten years stand for ever, and 100 m for a cell: both only order settings alike in all else
    total = sum(w for *_, w in maps)
    reach = sum(w * math.log(h + 100) for h, _, w in maps) / total
    memory = sum(w * math.log(min(life, 520)) for _, life, w in maps) / total
    return math.exp(reach), math.exp(memory)


def _radii(radii: Sequence[float]) -> str:
    words = ["own count" if h == 0 else f"{h:,.0f} m" for h in radii]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _memory(life: float) -> str:
    return "all history" if math.isinf(life) else f"half-life {life:g} weeks"


def _tidy(value: float) -> float:
    return round(value / 10) * 10.0


def _up(value: float) -> float:
    return math.ceil(value / 10 - 1e-9) * 10.0
