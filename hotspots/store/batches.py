"""Imports as they were made: listed, undone; which version of an incident counts.

One command or upload is a batch. Nothing that a batch brings deletes anything: files that it
replaces and older versions of its incidents are marked with it, and count again when it is undone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, union, update

from hotspots.errors import UsageError
from hotspots.ingest.reading import months_of, share_a_month
from hotspots.store.rows import new_id
from hotspots.store.schema import import_batch, imported_file, incident, rejection

#: What of an incident is compared between imports.
COMPARED = (
    "reference",
    "category",
    "subcategory",
    "starts_at",
    "ends_at",
    "x",
    "y",
    "location",
    "agency",
)


#: Versions of one incident begin within this time: a date may be mended, a year hardly is.
_APART = timedelta(days=183)
#: Older versions looked at, and how many must be of other incidents before anything is said.
_SAMPLE, _LEAST = 1_000, 5
#: By what a file is known as another version of one.
_IDENTITY = ("id", "batch_id", "name", "content_sha256", "key")


@dataclass(frozen=True)
class Batch:
    """One import: when it was made and undone (UTC), and what it did (``ImportReport``)."""

    id: int
    imported_at: datetime
    undone_at: datetime | None
    report: dict[str, Any]


@dataclass(frozen=True)
class Versions:
    """How many incidents newer files brought again, and one of them."""

    count: int
    example: str | None


class Batches:
    """The imports of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[Batch, ...]:
        """Return every import, undone ones too, in order."""
        query = select(
            import_batch.c.id,
            import_batch.c.imported_at,
            import_batch.c.undone_at,
            import_batch.c.report,
        ).order_by(import_batch.c.id)
        return tuple(
            Batch(row.id, row.imported_at, row.undone_at, row.report or self._counts(row.id))
            for row in self._connection.execute(query)
        )

    def _counts(self, batch: int) -> dict[str, Any]:
        """Return what is known of an import that an older version made, as ``ImportReport``."""
        names = ("name", "read", "kept", "rejected")
        files = self._connection.execute(
            select(*(imported_file.c[name] for name in names))
            .where(imported_file.c.batch_id == batch)
            .order_by(imported_file.c.id)
        ).all()
        if not files:
            return {}
        totals = {name: sum(getattr(file, name) for file in files) for name in names[1:]}
        return {**totals, "imported": [dict(file._mapping) for file in files]}

    def find(self, batch: int | None) -> Batch:
        """Return an import that is not undone, the last if None.

        Raises
        ------
        UsageError
            If there is none of that number.
        """
        standing = {b.id: b for b in self.all() if b.undone_at is None}
        number = max(standing, default=0) if batch is None else batch
        if number not in standing:
            known = ", ".join(str(i) for i in standing) or "none"
            raise UsageError(
                f"An import must be one that stands ({known}); got "
                f"{'none' if batch is None else batch}: see `hotspots imports`."
            )
        return standing[number]

    def begin(self) -> int:
        """Begin an import; return its number."""
        done = self._connection.execute(
            insert(import_batch).values(
                imported_at=datetime.now(UTC).replace(tzinfo=None), report={}, findings=[]
            )
        )
        return new_id(done)

    def end(self, batch: int, report: dict[str, Any], findings: Sequence[dict[str, Any]]) -> None:
        """Note what an import did."""
        self._connection.execute(
            update(import_batch)
            .where(import_batch.c.id == batch)
            .values(report=report, findings=list(findings))
        )

    def incidents(self, batch: int) -> pd.DataFrame:
        """Return the incidents that an import brought, also those that no longer count."""
        columns = [incident.c[name] for name in COMPARED]
        query = (
            select(*columns)
            .join(imported_file, incident.c.file_id == imported_file.c.id)
            .where(imported_file.c.batch_id == batch)
            .order_by(incident.c.id)
        )
        return pd.DataFrame(self._connection.execute(query).all(), columns=list(COMPARED))

    # -- which version counts -------------------------------------------------------------------

    def replace_files(self, batch: int, content_sha256: str | None, key: str | None) -> list[str]:
        """Let a file of this batch take the place of those of its content or month.

        Returns
        -------
        list of str
            The names of the files replaced.
        """
        rows = self._connection.execute(
            select(
                imported_file.c.id,
                imported_file.c.name,
                imported_file.c.batch_id,
                imported_file.c.series,
            ).where(self._same(batch, content_sha256, key))
        ).all()
        ids = [row.id for row in rows]
        for table, column in ((imported_file, "id"), (incident, "file_id")):
            mark = "replaced_by" if table is imported_file else "superseded_by"
            self._connection.execute(
                update(table)
                .where(table.c[column].in_(ids), table.c[mark].is_(None))
                .values({mark: batch})
            )
        # a file that does not count takes the place of nothing
        self._count_again({row.batch_id for row in rows if row.series is not None})
        return [row.name for row in rows]

    def same_as(self, batch: int, key: str | None) -> list[tuple[str, str]]:
        """Return name and key of the files that count and share a month with this key."""
        query = select(imported_file.c.name, imported_file.c.key)
        rows = self._connection.execute(query.where(self._same(batch, None, key)))
        return [(row.name, row.key) for row in rows]

    def _same(self, batch: int, content_sha256: str | None, key: str | None) -> Any:
        query = select(imported_file.c.id, imported_file.c.key, imported_file.c.content_sha256)
        query = query.where(imported_file.c.replaced_by.is_(None), imported_file.c.batch_id < batch)
        ids = [
            row.id
            for row in self._connection.execute(query)
            if row.content_sha256 == content_sha256 or share_a_month(row.key, key)
        ]
        return imported_file.c.id.in_(ids)

    def supersede(self, file_id: int) -> Versions:
        """Let a file's incidents take the place of their older versions in its series.

        What the file withdraws (cancelled incidents) ends older versions too.
        """
        file = self._connection.execute(
            select(imported_file.c.series, imported_file.c.batch_id).where(
                imported_file.c.id == file_id
            )
        ).one()
        if file.series is None:
            return Versions(0, None)
        outdated = _outdated(file_id, file.series)
        example = self._connection.scalar(select(func.min(incident.c.reference)).where(outdated))
        if example is None:
            return Versions(0, None)
        done = self._connection.execute(
            update(incident).where(outdated).values(superseded_by=file.batch_id)
        )
        return Versions(done.rowcount, example)

    def reused(self, file_id: int) -> str | None:
        """Return a reference of a file where most of those met before are of other incidents.

        Versions of one incident are of one agency and about one time. Where most of the older
        ones that a file would take the place of are not, its references begin anew (each year,
        say) or are another agency's: then none is a version. None if all is well.
        """
        series = self._connection.scalar(
            select(imported_file.c.series).where(imported_file.c.id == file_id)
        )
        if series is None:
            return None
        columns = [incident.c[name] for name in ("reference", "starts_at", "agency")]
        query = select(*columns).where(_outdated(file_id, series)).order_by(incident.c.id.desc())
        old = self._connection.execute(query.limit(_SAMPLE)).all()
        newer = select(*columns).where(
            incident.c.file_id == file_id,
            incident.c.reference.in_({row.reference for row in old}),
        )
        new = {row.reference: row for row in self._connection.execute(newer)}
        pairs = [(row, new[row.reference]) for row in old if row.reference in new]
        other = [one.reference for one, again in pairs if _differ(one, again)]
        return min(other) if len(other) >= _LEAST and 2 * len(other) > len(pairs) else None

    def versions(self) -> Versions:
        """Return how many stored incidents have a newer version in a file that counts."""
        outdated = and_(
            incident.c.superseded_by.is_not(None), imported_file.c.replaced_by.is_(None)
        )
        joined = incident.join(imported_file, incident.c.file_id == imported_file.c.id)
        count, example = self._connection.execute(
            select(func.count(), func.min(incident.c.reference)).select_from(joined).where(outdated)
        ).one()
        return Versions(int(count), example)

    # -- undo -----------------------------------------------------------------------------------

    def undo(self, batch: int) -> None:
        """Take an import back: what it brought goes, what it replaced counts again."""
        report = self.find(batch).report  # what it did stays listed when its files are gone
        files = select(imported_file.c.id).where(imported_file.c.batch_id == batch)
        for table in (incident, rejection):
            self._connection.execute(delete(table).where(table.c.file_id.in_(files)))
        self._connection.execute(delete(imported_file).where(imported_file.c.batch_id == batch))
        back = self._put_back(batch)
        self._count_again({batch}, even_if_none=back)
        self._connection.execute(
            update(import_batch)
            .where(import_batch.c.id == batch)
            .values(undone_at=datetime.now(UTC).replace(tzinfo=None), report=report)
        )

    def _put_back(self, batch: int) -> bool:
        """Let files that a batch replaced count again where no later one replaces them too.

        Returns
        -------
        bool
            Whether there was one.

        Raises
        ------
        UsageError
            If a later one would replace a file of several months for the sake of some of them.
        """
        columns = [imported_file.c[name] for name in _IDENTITY]
        query = select(*columns).order_by(imported_file.c.id)
        later = self._connection.execute(query.where(imported_file.c.batch_id > batch)).all()
        freed = self._connection.execute(query.where(imported_file.c.replaced_by == batch)).all()
        for file in freed:
            over = [other for other in later if _is_another(file, other)]
            _check_covered(batch, file, over)
            self._connection.execute(
                update(imported_file)
                .where(imported_file.c.id == file.id)
                .values(replaced_by=over[0].batch_id if over else None)
            )
        return bool(freed)

    def _count_again(self, batches: Collection[int], even_if_none: bool = False) -> None:
        """Let the standing files say again what counts of that which these imports had covered."""
        if not batches:
            return
        freed = self._connection.execute(
            update(incident).where(incident.c.superseded_by.in_(batches)).values(superseded_by=None)
        )
        if not freed.rowcount and not even_if_none:
            return
        self._cover_replaced()
        standing = self._connection.scalars(
            select(imported_file.c.id)
            .where(imported_file.c.series.is_not(None), imported_file.c.replaced_by.is_(None))
            .order_by(imported_file.c.id)
        ).all()
        for file_id in standing:
            self.supersede(file_id)

    def _cover_replaced(self) -> None:
        """Let no incident of a replaced file count."""
        replaced = self._connection.execute(
            select(imported_file.c.id, imported_file.c.replaced_by).where(
                imported_file.c.replaced_by.is_not(None)
            )
        ).all()
        for file_id, by in replaced:
            self._connection.execute(
                update(incident)
                .where(incident.c.file_id == file_id, incident.c.superseded_by.is_(None))
                .values(superseded_by=by)
            )


def _outdated(file_id: int, series: str) -> ColumnElement[bool]:
    """Return the condition that a file brings or withdraws an incident of its series again."""
    older = select(imported_file.c.id).where(
        imported_file.c.series == series, imported_file.c.id < file_id
    )
    brought = union(
        select(incident.c.reference).where(
            incident.c.file_id == file_id, incident.c.reference.is_not(None)
        ),
        select(rejection.c.withdraws).where(
            rejection.c.file_id == file_id, rejection.c.withdraws.is_not(None)
        ),
    )
    return and_(
        incident.c.superseded_by.is_(None),
        incident.c.file_id.in_(older),
        incident.c.reference.in_(brought),
    )


def _differ(one: Any, again: Any) -> bool:
    """Return whether two incidents of one reference can hardly be one."""
    agencies = {one.agency, again.agency} - {None}
    return len(agencies) > 1 or abs(one.starts_at - again.starts_at) > _APART


def _is_another(file: Any, other: Any) -> bool:
    """Return whether two files hold the same content or share a month."""
    return file.content_sha256 == other.content_sha256 or share_a_month(file.key, other.key)


def _check_covered(batch: int, file: Any, over: Sequence[Any]) -> None:
    """Refuse to bring a file back that would be hidden at once, and months of it with it."""
    if not over or any(file.content_sha256 == other.content_sha256 for other in over):
        return
    covered = frozenset[str]().union(*(months_of(other.key) for other in over))
    gone = sorted(months_of(file.key) - covered)
    if gone:
        raise UsageError(
            f"An import must be undone after the later ones that rest on it; import "
            f"{over[0].batch_id} holds a month of {file.name}, which import {batch} replaced, and "
            f"{gone[0]} would be gone: undo import {over[0].batch_id} first."
        )
