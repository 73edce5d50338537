"""Short texts that change when what is stored does: the keys of what is kept in memory."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from hotspots.store.schema import (
    boundary_set,
    imported_file,
    profile_approval,
    street_file,
    ward,
    ward_population,
)


def state_of(connection: Connection) -> str:
    """Return the digest of imports that count, boundary sets, their residents, and streets."""
    imports = connection.execute(
        # a database may give the number of an undone file again, that of an import never
        select(imported_file.c.id, imported_file.c.batch_id, imported_file.c.content_sha256)
        .where(imported_file.c.replaced_by.is_(None))
        .order_by(imported_file.c.id)
    )
    sets = connection.execute(
        select(
            boundary_set.c.vintage,
            boundary_set.c.files,
            boundary_set.c.population_source,
            boundary_set.c.valid_from,
            boundary_set.c.valid_to,
        ).order_by(boundary_set.c.id)
    ).all()
    wards = connection.execute(_digest(ward.c.id, ward.c.population)).one()
    residents = connection.execute(_digest(ward_population.c.id, ward_population.c.residents)).one()
    parts = [[list(row) for row in rows] for rows in (imports, sets, [wards], [residents])]
    streets = connection.execute(
        # the same file can be added again with other columns, and is then a new row
        select(street_file.c.id, street_file.c.sha256, street_file.c.added_at).order_by(
            street_file.c.id
        )
    )
    # a store without streets has the state it had before there was a table of them
    parts += [[list(row)] for row in streets]
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def approvals_of(connection: Connection) -> str:
    """Return a text that changes with every approval of a profile; "" where there was none.

    It is no part of ``state_of``: which profile is used changes what the pages show, and nothing
    of what was read and found wrong in the data.
    """
    # nothing is ever taken out, so the number of the last one is enough
    last = connection.scalar(select(func.max(profile_approval.c.id)))
    return "" if last is None else str(last)


def _digest(key: ColumnElement[int], numbers: ColumnElement[float]) -> Select[Any, Any, Any]:
    """Return a query for a sum that changes too where two rows change their numbers."""
    return select(func.count(), func.sum(numbers), func.sum(numbers * key))
