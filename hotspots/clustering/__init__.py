"""The clustering core: arrays in, arrays out. No pandas, no files, no web."""

from hotspots.clustering.change import ChangeResult, change_test
from hotspots.clustering.getis_ord import GiStarResult, gi_star
from hotspots.clustering.grid import Grid
from hotspots.clustering.kde import kde
from hotspots.clustering.regions import hot_regions
from hotspots.clustering.significance import benjamini_hochberg
from hotspots.clustering.tails import sum_tail

__all__ = [
    "ChangeResult",
    "GiStarResult",
    "Grid",
    "benjamini_hochberg",
    "change_test",
    "gi_star",
    "hot_regions",
    "kde",
    "sum_tail",
]
