"""A short text that changes whenever the stored inputs do: the key of what is kept in memory."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, func, select

from hotspots.store.schema import boundary_set, imported_file, ward, ward_population


def state_of(connection: Connection) -> str:
    """Return the digest of the imports that count, the boundary sets and their residents."""
    imports = connection.execute(
        select(imported_file.c.id, imported_file.c.content_sha256)
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
    wards = connection.execute(select(func.count(), func.sum(ward.c.population))).one()
    residents = connection.execute(
        select(func.count(), func.sum(ward_population.c.residents))
    ).one()
    parts = [[list(row) for row in rows] for rows in (imports, sets, [wards], [residents])]
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
