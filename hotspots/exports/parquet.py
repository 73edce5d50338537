"""GeoParquet 1.1: one table in the workspace's CRS, provenance in the file's metadata."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from hotspots.exports.about import tags
from hotspots.exports.tables import Tables, only, with_notice


def to_parquet(tables: Tables, provenance: Mapping[str, Any]) -> bytes:
    """Return one table as GeoParquet 1.1 (WKB, with a bounding box a row).

    The key ``provenance`` of the file's metadata holds it as JSON; ``marking``, ``tier`` and
    ``notices`` are keys of their own where given. What pandas says of itself is left out: it
    would change with the version of pandas, and readers need ``geo`` alone.
    """
    import pyarrow.parquet as pq

    first = io.BytesIO()
    with_notice(only(tables), provenance).reset_index(drop=True).to_parquet(
        first, index=False, schema_version="1.1.0", write_covering_bbox=True
    )
    table = pq.read_table(io.BytesIO(first.getvalue()))
    metadata = {b"geo": table.schema.metadata[b"geo"]}
    metadata |= {name.encode(): text.encode("utf-8") for name, text in tags(provenance).items()}
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), out)
    return out.getvalue()
