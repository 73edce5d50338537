"""What was found wrong with the data, kept for each state of the inputs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from hotspots.quality import Finding
from hotspots.store.schema import quality


class Quality:
    """The findings of a store, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, state: str) -> tuple[Finding, ...] | None:
        """Return the findings of a state, None where nobody looked yet."""
        query = select(quality.c.findings).where(quality.c.state == state)
        kept = self._connection.scalar(query)
        return None if kept is None else tuple(Finding.from_dict(entry) for entry in kept)

    def keep(self, state: str, findings: Sequence[Finding]) -> None:
        """Keep the findings of the present state; those of earlier ones go."""
        self._connection.execute(delete(quality))
        self._connection.execute(
            insert(quality).values(
                state=state, findings=[finding.as_dict() for finding in findings]
            )
        )
