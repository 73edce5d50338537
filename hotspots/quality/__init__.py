"""What is wrong with the data, said before anyone draws a map from them."""

from hotspots.quality.arson import ArsonLinks, link_arson, without_linked_arson
from hotspots.quality.finding import SEVERITIES, Finding
from hotspots.quality.inputs import Duplicates, Inputs
from hotspots.quality.registry import CHECKS
from hotspots.quality.report import HISTORY_MONTHS, examine, touching

__all__ = [
    "CHECKS",
    "HISTORY_MONTHS",
    "SEVERITIES",
    "ArsonLinks",
    "Duplicates",
    "Finding",
    "Inputs",
    "examine",
    "link_arson",
    "touching",
    "without_linked_arson",
]
