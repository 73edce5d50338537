"""Hotspots: hot spots of crime, anti-social behaviour and deliberate fires, for tasking meetings.

The names below load on first use, so that ``hotspots --help`` does not wait for the libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotspots.analysis import find_hotspots
    from hotspots.backtesting import history_of
    from hotspots.boundaries import read_wards
    from hotspots.ingest import read_incidents
    from hotspots.model import Incidents, Period, Rejections, Wards
    from hotspots.profile import Profile
    from hotspots.results import Result
    from hotspots.validation.backtest import plan_of
    from hotspots.validation.backtest import run as run_backtest
    from hotspots.validation.history import History
    from hotspots.validation.methods import METHODS, method_of, of_profile
    from hotspots.validation.report import report_of
    from hotspots.validation.tuning import tune
    from hotspots.workspace import Workspace

__version__ = "0.1.0"
__all__ = [
    "METHODS",
    "History",
    "Incidents",
    "Period",
    "Profile",
    "Rejections",
    "Result",
    "Wards",
    "Workspace",
    "find_hotspots",
    "history_of",
    "method_of",
    "of_profile",
    "plan_of",
    "read_incidents",
    "read_wards",
    "report_of",
    "run_backtest",
    "tune",
]

#: The module that holds a name, and the name that it has there where that is another.
_HOME = {
    "METHODS": "validation.methods",
    "History": "validation.history",
    "Incidents": "model",
    "Period": "model",
    "Profile": "profile",
    "Rejections": "model",
    "Result": "results",
    "Wards": "model",
    "Workspace": "workspace",
    "find_hotspots": "analysis",
    "history_of": "backtesting",
    "method_of": "validation.methods",
    "of_profile": "validation.methods",
    "plan_of": "validation.backtest",
    "read_incidents": "ingest",
    "read_wards": "boundaries",
    "report_of": "validation.report",
    "run_backtest": "validation.backtest:run",
    "tune": "validation.tuning",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hotspots' has no attribute {name!r}")
    module, _, there = _HOME[name].partition(":")
    return getattr(import_module(f"hotspots.{module}"), there or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
