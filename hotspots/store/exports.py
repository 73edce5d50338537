"""The log of what was exported, by whom and for whom; the ledger of the counts it released."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from hotspots.sharing.asked import Asked, Released
from hotspots.store.rows import new_id
from hotspots.store.schema import export_log
from hotspots.store.schema import released as ledger


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class ExportEntry:
    """One export.

    Attributes
    ----------
    who : str
        Who exported it.
    kind, tier, format : str
        What, for whom, as what.
    file_name, sha256 : str
        Of the file as it left the tool.
    size : int
        Bytes.
    asked : mapping
        What was asked for, as plain values: period, category, area and the like.
    runs : tuple of str
        Ids of the runs it shows.
    withheld : int
        Counts it withholds.
    exported_at : datetime
        UTC, without a time zone.
    """

    who: str
    kind: str
    tier: str
    format: str
    file_name: str
    sha256: str
    size: int
    asked: Mapping[str, Any] = field(default_factory=dict)
    runs: tuple[str, ...] = ()
    withheld: int = 0
    exported_at: datetime = field(default_factory=_now)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "asked": dict(self.asked), "runs": list(self.runs)}


@dataclass(frozen=True)
class LoggedExport(ExportEntry):
    """An export that is in the log; ``id`` is its number there."""

    id: int = 0


class ExportLog:
    """The exports of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        entry: ExportEntry,
        released: Sequence[Released] = (),
        known: Collection[Released] | None = None,
    ) -> int:
        """Log an export with the counts it released, and return its number.

        Decide and add in one transaction: another export of the tier in between could show what
        this one counts on being withheld.

        Parameters
        ----------
        released : sequence of Released
            What the tier was shown and what was withheld; an entry that its ledger has already is
            not repeated.
        known : collection of Released, optional
            The tier's ledger, where it was read in this transaction already.
        """
        values = entry.as_dict()
        values["run_ids"] = values.pop("runs")
        values.pop("id", None)  # the log numbers its entries itself
        number = new_id(self._connection.execute(insert(export_log).values(**values)))
        if known is None:
            known = self.released(entry.tier) if released else ()
        held = frozenset(known)
        new = [each for each in dict.fromkeys(released) if each not in held]
        if new:
            rows = [_row(each, number, entry.tier) for each in new]
            self._connection.execute(insert(ledger), rows)
        return number

    def all(self) -> tuple[LoggedExport, ...]:
        """Return every export, the last one at the end."""
        rows = self._connection.execute(select(export_log).order_by(export_log.c.id)).mappings()
        return tuple(_logged(dict(row)) for row in rows)

    def released(self, tier: str) -> tuple[Released, ...]:
        """Return the ledger of a tier, in the order in which it grew."""
        query = (
            select(
                ledger.c.place,
                ledger.c.kind,
                ledger.c.start,
                ledger.c.end,
                ledger.c.count,
                ledger.c.withheld,
            )
            .where(ledger.c.tier == tier)
            .order_by(ledger.c.id)
        )
        return tuple(
            Released(Asked(place, kind, start, end), count, withheld)
            for place, kind, start, end, count, withheld in self._connection.execute(query)
        )


def _logged(row: dict[str, Any]) -> LoggedExport:
    return LoggedExport(runs=tuple(row.pop("run_ids")), **row)


def _row(entry: Released, export_id: int, tier: str) -> dict[str, Any]:
    return {
        "export_id": export_id,
        "tier": tier,
        "place": entry.asked.where,
        "kind": entry.asked.what,
        "start": entry.asked.start,
        "end": entry.asked.end,
        "count": entry.count,
        "withheld": entry.withheld,
    }
