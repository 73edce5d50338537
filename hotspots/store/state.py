"""A short text that changes whenever the stored inputs do: the key of what is kept in memory."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, func, select

from hotspots.store.schema import boundary_set, imported_file, ward


def state_of(connection: Connection) -> str:
    """Return the digest of the imports, the boundary sets and their residents."""
    imports = connection.scalars(
        select(imported_file.c.content_sha256).order_by(imported_file.c.content_sha256)
    )
    sets = connection.execute(
        select(boundary_set.c.vintage, boundary_set.c.files, boundary_set.c.population_source)
    ).all()
    wards = connection.execute(select(func.count(), func.sum(ward.c.population))).one()
    parts = [list(imports), [list(row) for row in sets], list(wards)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()
