"""Streets to find one's way by, from the files loaded into the workspace."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection, delete, insert, select

from hotspots.store.schema import street_file
from hotspots.streets import STREET_COLUMNS, Streets


class StreetFiles:
    """The streets of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, streets: Streets, *, replace: bool = False) -> None:
        """Add the streets of a file in the place of those of a file of the same name.

        Parameters
        ----------
        streets : Streets
            As read, in the workspace's CRS.
        replace : bool
            Whether those of all other files go too.
        """
        old = delete(street_file)
        if not replace:
            old = old.where(street_file.c.source == streets.source)
        self._connection.execute(old)
        content = io.BytesIO()
        streets.frame[list(STREET_COLUMNS)].to_parquet(content)
        self._connection.execute(
            insert(street_file).values(
                source=streets.source,
                sha256=streets.sha256,
                attribution=streets.attribution,
                lines=len(streets.frame),
                added_at=datetime.now(UTC).replace(tzinfo=None),
                parquet=content.getvalue(),
            )
        )

    def sources(self) -> dict[str, int]:
        """Return the number of lines of each file, by name, the one added last at the end."""
        query = select(street_file.c.source, street_file.c.lines).order_by(street_file.c.id)
        return {str(source): int(lines) for source, lines in self._connection.execute(query)}

    def load(self, crs: str) -> gpd.GeoDataFrame | None:
        """Return every street, None where no file was added.

        Parameters
        ----------
        crs : str
            The workspace's; streets that were added in another are turned into it.

        Returns
        -------
        geopandas.GeoDataFrame or None
            ``name``, ``kind`` and ``geometry`` (LineString); ``attrs["attribution"]`` is what must
            be shown with them, "" if nothing must.
        """
        query = select(street_file.c.attribution, street_file.c.parquet).order_by(street_file.c.id)
        rows = self._connection.execute(query).all()
        if not rows:
            return None
        frames = [gpd.read_parquet(io.BytesIO(row.parquet)).to_crs(crs) for row in rows]
        found = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
        credits_ = dict.fromkeys(row.attribution for row in rows if row.attribution)
        found.attrs["attribution"] = "; ".join(credits_)
        return found
