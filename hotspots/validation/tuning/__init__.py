"""Tuning: which settings of the forecast would have done better, and whether that is sure.

``tune`` searches on the earlier part of a history with scikit-learn's model selection, and scores
what it chose once, on the part held out. The names are loaded when asked for: scikit-learn takes
longer to import than all else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotspots.validation.tuning.estimator import ForecastMaps
    from hotspots.validation.tuning.families import SPACE, Space
    from hotspots.validation.tuning.scorers import MEASURES
    from hotspots.validation.tuning.search import tune
    from hotspots.validation.tuning.splits import TimeOrderedSplit
    from hotspots.validation.tuning.tuned import Neighbourhood, Rung, Step, Tuned

__all__ = [
    "MEASURES",
    "SPACE",
    "ForecastMaps",
    "Neighbourhood",
    "Rung",
    "Space",
    "Step",
    "TimeOrderedSplit",
    "Tuned",
    "tune",
]

_HOME = {
    "MEASURES": "scorers",
    "SPACE": "families",
    "ForecastMaps": "estimator",
    "Neighbourhood": "tuned",
    "Rung": "tuned",
    "Space": "families",
    "Step": "tuned",
    "TimeOrderedSplit": "splits",
    "Tuned": "tuned",
    "tune": "search",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
