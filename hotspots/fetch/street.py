"""Whether a file is a street-level file of data.police.uk."""

from __future__ import annotations

import csv
import zlib
from pathlib import Path

from hotspots.errors import DataError
from hotspots.fetch.http import what_it_is

_HEADER = {"Month", "Reported by", "Longitude", "Latitude", "Location", "Crime type"}


def crc32_of(file: Path) -> int:
    """Return a file's CRC-32, as a zip archive lists it."""
    total = 0
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            total = zlib.crc32(chunk, total)
    return total


def rows_of(file: Path, month: str, name: str) -> int:
    """Return how many rows a street file of a month has.

    Raises
    ------
    DataError
        If it is not one.
    """
    with file.open("rb") as raw:
        start = raw.read(4096)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            header = next(rows, [])
            if not set(header) >= _HEADER:
                raise DataError(
                    f"A street file must have the columns {', '.join(sorted(_HEADER))}; {name} "
                    f"is {what_it_is(start)}: tell the publisher."
                )
            at = header.index("Month")
            first = next(rows, None)
            if first is not None and (len(first) <= at or first[at] != month):
                raise DataError(
                    f"A street file must be of its own month; {name} begins with a row of "
                    f"{first[at : at + 1]}: tell the publisher."
                )
            return sum(1 for _ in rows) + (first is not None)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"A street file must be CSV in UTF-8; {name} is not ({error}): tell the publisher."
        ) from error
