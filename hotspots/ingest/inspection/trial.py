"""A mapping tried on the sample: how many rows it keeps, and why it rejects the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass

from hotspots.errors import DataError
from hotspots.ingest.inspection.crs import Home
from hotspots.ingest.mapped import Mapped
from hotspots.ingest.mapping import Mapping
from hotspots.ingest.readers import Context
from hotspots.ingest.records import Records
from hotspots.model import Rejections


@dataclass(frozen=True)
class Trial:
    """What a mapping makes of the rows looked at; ``fault`` is why it cannot read them at all."""

    kept: int
    rejected: Dictionary[str, int]
    placed: Dictionary[str, int]
    fault: str | None = None

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.fault is not None:
            return f"Not tried on the rows: {self.fault}"
        lost = sum(self.rejected.values())
        told = f"Tried on the rows looked at: {self.kept:,} kept, {lost:,} rejected"
        if self.rejected:
            told += " (" + ", ".join(f"{why}: {n:,}" for why, n in self.rejected.items()) + ")"
        other = {how: n for how, n in self.placed.items() if how != "given"}
        if other:
            told += "; places " + ", ".join(f"{how}: {n:,}" for how, n in other.items())
        return f"{told}."


def try_out(mapping: Mapping, records: Records, name: str, stated: str | None, home: Home) -> Trial:
    """Return what a mapping makes of a sample."""
    try:
        reader = Mapped(name, records.header, stated, Context(home.crs, home.area()), mapping)
        rows = reader.take(records)
    except DataError as error:
        return Trial(0, {}, {}, str(error))
    reasons = Rejections(rows.rejections).by_reason() if len(rows.rejections) else {}
    placed = Counter(rows.incidents["placed"].tolist())
    return Trial(len(rows.incidents), reasons, dict(placed))
