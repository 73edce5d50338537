"""The source formats, in the order they are tried; a new one is a new file and a line here."""

from __future__ import annotations

from hotspots.errors import UsageError
from hotspots.ingest import layouts, mapped, police_uk
from hotspots.ingest.mapping import Mapping
from hotspots.ingest.readers import Reader

#: Published layouts that a mapping file of this package describes.
LAYOUTS: tuple[Reader, ...] = (
    layouts.reader("avon-fire", "an Avon Fire & Rescue incident file"),
    layouts.reader("london-fire", "a London Fire Brigade incident file"),
)
#: A file is read by the first whose ``sniff`` says that it is of its format.
READERS: tuple[Reader, ...] = (
    police_uk.READER,
    *LAYOUTS,
    mapped.READER,
)
#: What a reader was called before it read more than CSV.
_OLDER_NAMES = {"csv": mapped.NAME}


def candidates(source: str | None, mapping: Mapping | None = None) -> tuple[Reader, ...]:
    """Return the readers that may read: all of them, or the one that ``source`` names.

    Known layouts are left out where a mapping is given: what it says goes before what we know.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if source is None:
        return tuple(r for r in READERS if mapping is None or r not in LAYOUTS)
    name = _OLDER_NAMES.get(source, source)
    found = tuple(reader for reader in READERS if reader.name == name)
    if not found:
        names = ", ".join(r.name for r in READERS)
        raise UsageError(
            f"A source must be one of {names}; got {source!r}: give one, or none to have each "
            "file recognised."
        )
    return found
