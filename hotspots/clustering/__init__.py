"""The clustering core: arrays in, arrays out. No pandas, no files, no web."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hotspots.clustering.adaptive import adaptive_bandwidths, intensity_at
from hotspots.clustering.aoristic import aoristic_week, aoristic_weights
from hotspots.clustering.bandwidth import select_bandwidth
from hotspots.clustering.change import ChangeResult, change_test, history_periods
from hotspots.clustering.comparison import compare_surfaces, dual_kde
from hotspots.clustering.emerging import emerging_hot_spots
from hotspots.clustering.forecast import ForecastResult, forecast
from hotspots.clustering.funnel import funnel, funnel_limits
from hotspots.clustering.gaussian import binned_gaussian
from hotspots.clustering.getis_ord import GiStarResult, gi_star, gi_star_z
from hotspots.clustering.grid import Grid
from hotspots.clustering.kde import kde
from hotspots.clustering.local_moran import local_moran
from hotspots.clustering.mixture import fit_mixture, forecast_mixture
from hotspots.clustering.near_repeat import knox
from hotspots.clustering.peak_times import PeakTimes, peak_times
from hotspots.clustering.persistence import persistence
from hotspots.clustering.point_clusters import point_clusters
from hotspots.clustering.polygons import polygon_gi_star, queen_neighbours
from hotspots.clustering.pysal import check_with_pysal
from hotspots.clustering.rank_intervals import rank_intervals
from hotspots.clustering.rates import empirical_bayes
from hotspots.clustering.regions import describe_regions, hot_regions
from hotspots.clustering.significance import benjamini_hochberg, bonferroni, confidence_classes
from hotspots.clustering.tails import sum_tail
from hotspots.clustering.two_counts import TwoCounts, two_counts

if TYPE_CHECKING:
    from hotspots.clustering.estimators import GiStarHotspots, KDEHotspots

__all__ = [
    "ChangeResult",
    "ForecastResult",
    "GiStarHotspots",
    "GiStarResult",
    "Grid",
    "KDEHotspots",
    "PeakTimes",
    "TwoCounts",
    "adaptive_bandwidths",
    "aoristic_week",
    "aoristic_weights",
    "benjamini_hochberg",
    "binned_gaussian",
    "bonferroni",
    "change_test",
    "check_with_pysal",
    "compare_surfaces",
    "confidence_classes",
    "describe_regions",
    "dual_kde",
    "emerging_hot_spots",
    "empirical_bayes",
    "fit_mixture",
    "forecast",
    "forecast_mixture",
    "funnel",
    "funnel_limits",
    "gi_star",
    "gi_star_z",
    "history_periods",
    "hot_regions",
    "intensity_at",
    "kde",
    "knox",
    "local_moran",
    "peak_times",
    "persistence",
    "point_clusters",
    "polygon_gi_star",
    "queen_neighbours",
    "rank_intervals",
    "select_bandwidth",
    "sum_tail",
    "two_counts",
]


def __getattr__(name: str) -> Any:
    # the estimators bring scikit-learn, which takes longer to import than all else together
    if name not in ("GiStarHotspots", "KDEHotspots"):
        raise AttributeError(f"module 'hotspots.clustering' has no attribute {name!r}")
    return getattr(import_module("hotspots.clustering.estimators"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
