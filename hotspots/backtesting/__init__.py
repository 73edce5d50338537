"""Back-tests and tuning of a workspace: what its commands and its page ask for."""

from hotspots.backtesting.choosing import Candidate
from hotspots.backtesting.known import Known, Step, history_of, known_in, known_of
from hotspots.backtesting.prepared import (
    BacktestAsked,
    Prepared,
    back_test,
    planned,
    prepare,
)

__all__ = [
    "BacktestAsked",
    "Candidate",
    "Known",
    "Prepared",
    "Step",
    "back_test",
    "history_of",
    "known_in",
    "known_of",
    "planned",
    "prepare",
]
