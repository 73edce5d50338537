"""Postcodes and where they are, from the files loaded into the workspace."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, bindparam, delete, func, select

from hotspots.store.rows import insert_frame
from hotspots.store.schema import postcode

_COLUMNS = ("postcode", "x", "y")


class PostcodeFiles:
    """The postcodes of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, frame: pd.DataFrame, source: str) -> None:
        """Add the postcodes of a source in the place of those it had.

        Parameters
        ----------
        frame : pandas.DataFrame
            Columns ``postcode`` (capitals, no blanks, each once), ``x`` and ``y`` in the
            workspace's CRS, never NaN. Empty: the source has none any more.
        source : str
            Where they are from, such as "codepo_gb.zip". A postcode that another source has too
            is where the source added last says.
        """
        self._connection.execute(delete(postcode).where(postcode.c.source == source))
        others = set(self._connection.scalars(select(postcode.c.postcode)))
        twice = [{"code": code} for code in frame["postcode"] if code in others]
        if twice:
            one = delete(postcode).where(postcode.c.postcode == bindparam("code"))
            self._connection.execute(one, twice)
        insert_frame(self._connection, postcode, frame[list(_COLUMNS)].assign(source=source))

    def count(self) -> dict[str, int]:
        """Return the number of postcodes of each source, by name."""
        query = (
            select(postcode.c.source, func.count())
            .group_by(postcode.c.source)
            .order_by(postcode.c.source)
        )
        return {str(source): int(count) for source, count in self._connection.execute(query)}

    def load(self) -> pd.DataFrame:
        """Return every postcode: ``postcode``, ``x``, ``y``, ordered by postcode; maybe no row."""
        query = select(*(postcode.c[name] for name in _COLUMNS)).order_by(postcode.c.postcode)
        frame = pd.DataFrame(self._connection.execute(query).all(), columns=list(_COLUMNS))
        return frame.astype({"postcode": "str", "x": "float64", "y": "float64"})
