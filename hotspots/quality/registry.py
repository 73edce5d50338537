"""The checks, in the order of the report: one file and one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from hotspots.quality.checks import (
    area,
    arson,
    buffer,
    clocks,
    coordinates,
    default_places,
    delay,
    duplicates,
    future,
    gaps,
    incomplete,
    missing,
    placed,
    rejected,
    unmapped,
    years,
)
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs

Check = Callable[[Inputs], Iterable[Finding]]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "rejected": rejected.check,
        "gaps": gaps.check,
        "missing": missing.check,
        "incomplete": incomplete.check,
        "coordinates": coordinates.check,
        "default-places": default_places.check,
        "placed": placed.check,
        "area": area.check,
        "duplicates": duplicates.check,
        "arson": arson.check,
        "delay": delay.check,
        "buffer": buffer.check,
        "unmapped": unmapped.check,
        "clocks": clocks.check,
        "years": years.check,
        "future": future.check,
    }
)
