"""Fetching published data over the internet: police archives and ward boundaries.

Nothing else in the package needs it or loads it, and it loads ``requests`` only when a fetch
starts.
"""

from hotspots.fetch.police import fetch_police
from hotspots.fetch.report import FetchedFile, FetchReport, Manners, Missing, Progress
from hotspots.fetch.wards import fetch_wards

__all__ = [
    "FetchReport",
    "FetchedFile",
    "Manners",
    "Missing",
    "Progress",
    "fetch_police",
    "fetch_wards",
]
