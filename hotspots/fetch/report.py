"""How to ask politely, and what a fetch has to tell afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path
from typing import Any

from hotspots.errors import UsageError

LICENCE = "Open Government Licence v3.0"

#: Called with files done, files in all and what is being fetched.
Progress = Callable[[int, int, str], None]

#: No publisher is asked more often than this, seconds.
_SHORTEST_INTERVAL_S = 0.1


@dataclass(frozen=True)
class Manners:
    """How a server is asked.

    Parameters
    ----------
    interval_s : float
        Shortest time from one request to the next, at least 0.1. data.police.uk allows its API
        15 requests a second.
    tries : int
        How often one thing is asked for in all, when the server is busy or the line breaks. A
        try that brought new bytes of a file is not counted.
    backoff_s, backoff_max_s : float
        The wait after the first failure, doubled after each further one up to the greatest wait;
        up to as much again is added at random, so that many users do not come back together.
    retry_after_max_s : float
        The longest wait that a server's Retry-After is granted; if it asks for more, the fetch
        ends and says so.
    connect_timeout_s, read_timeout_s : float
        How long to wait for a connection and for the next bytes.
    slowest_bytes_per_s, slow_after_s : float
        An answer slower than this on average is dropped and asked for again, judged from the
        second number of seconds on.
    sleep, clock : callable
        Waiting, and seconds that only grow; replaced in tests.

    Raises
    ------
    UsageError
        If the interval is below 0.1 s or there is not one try.
    """

    interval_s: float = 0.2
    tries: int = 6
    backoff_s: float = 1.0
    backoff_max_s: float = 60.0
    retry_after_max_s: float = 300.0
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    slowest_bytes_per_s: float = 500.0
    slow_after_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        # written so that NaN fails as well
        if not self.interval_s >= _SHORTEST_INTERVAL_S:
            raise UsageError(
                f"The time between requests must be at least {_SHORTEST_INTERVAL_S} s; got "
                f"{self.interval_s}: give a longer one."
            )
        if self.tries < 1:
            raise UsageError(f"There must be at least one try; got {self.tries}: give more.")


@dataclass(frozen=True)
class FetchedFile:
    """A whole and checked file.

    ``source`` is its address, ``rows`` its rows (or wards), ``fetched`` False where it was there
    already.
    """

    path: Path
    sha256: str
    size: int
    source: str
    rows: int
    fetched: bool


@dataclass(frozen=True)
class Missing:
    """Something asked for that the publisher does not have, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class FetchReport:
    """What a fetch brought.

    ``files`` are in the order asked for, ``missing`` what the publisher does not have,
    ``notes`` sentences to show; ``requests`` and ``bytes_received`` say what it cost.
    """

    files: tuple[FetchedFile, ...]
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0
    bytes_received: int = 0
    licence: str = field(default=LICENCE)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell the user, in order: what came, what did not and why, and the notes."""
        new = [file for file in self.files if file.fetched]
        size = sum(file.size for file in new) / 1e6
        said = [
            f"{len(new)} file{'' if len(new) == 1 else 's'} fetched ({size:.1f} MB), "
            f"{len(self.files) - len(new)} there already."
        ]
        if self.files:
            said.append(f"They are in {commonpath([file.path.parent for file in self.files])}.")
        said += [f"{gap.what}: {gap.reason}." for gap in self.missing]
        return (*said, *self.notes, f"Licence: {self.licence}.")

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "files": [
                {
                    "path": str(file.path),
                    "sha256": file.sha256,
                    "bytes": file.size,
                    "source": file.source,
                    "rows": file.rows,
                    "fetched": file.fetched,
                }
                for file in self.files
            ],
            "missing": [{"what": gap.what, "reason": gap.reason} for gap in self.missing],
            "notes": list(self.notes),
            "requests": self.requests,
            "bytes_received": self.bytes_received,
            "licence": self.licence,
        }
