"""Hotspots: hot spots of crime, anti-social behaviour and deliberate fires, for tasking meetings.

The names below load on first use, so that ``hotspots --help`` does not wait for the libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotspots.analysis import find_hotspots
    from hotspots.boundaries import read_wards
    from hotspots.ingest import read_incidents
    from hotspots.model import Incidents, Period, Rejections, Wards
    from hotspots.profile import Profile
    from hotspots.results import Result

__version__ = "0.1.0"
__all__ = [
    "Incidents",
    "Period",
    "Profile",
    "Rejections",
    "Result",
    "Wards",
    "find_hotspots",
    "read_incidents",
    "read_wards",
]

_HOME = {
    "Incidents": "model",
    "Period": "model",
    "Profile": "profile",
    "Rejections": "model",
    "Result": "results",
    "Wards": "model",
    "find_hotspots": "analysis",
    "read_incidents": "ingest",
    "read_wards": "boundaries",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hotspots' has no attribute {name!r}")
    return getattr(import_module(f"hotspots.{_HOME[name]}"), name)
