"""Where postcodes are: Code-Point Open and the ONS directories -> a table; rows placed by it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import DataError
from hotspots.ingest.placing import transformer
from hotspots.ingest.readers import Reasons, check_target
from hotspots.ingest.records import NoRowsError, Records, records_of
from hotspots.ingest.sources import FoundFile, find
from hotspots.ingest.tables import open_table, peek
from hotspots.ingest.tables.base import Dialect, Table
from hotspots.model import DEFAULT_CRS, REJECTION_COLUMNS, Rejections

#: Of Code-Point Open and, for Great Britain, of the ONS directories.
_NATIONAL_GRID = "EPSG:27700"
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}|GIR0AA")
_NO_PLACE = "90"
#: The columns of Code-Point Open, which names them in a file of its own.
_CODE_POINT = ("PC", "PQ", "EA", "NO", "CY", "RH", "LH", "CC", "DC", "WC")
#: Names that the columns have had: Code-Point Open with its header file before it; ONSPD and NSPL,
#: whose names changed in 2025.
_POSTCODES = ("pcds", "pcd", "pcd8", "pcd7", "pcd2", "pc", "postcode")
_EASTINGS = ("oseast1m", "east1m", "ea", "eastings")
_NORTHINGS = ("osnrth1m", "north1m", "no", "northings")
_QUALITY = ("pq", "positional_quality_indicator")


@dataclass(frozen=True)
class PostcodeFile:
    """One file read; ``read`` = ``kept`` + ``rejected``."""

    name: str
    layout: str
    read: int
    kept: int
    rejected: int


@dataclass(frozen=True, eq=False)
class PostcodeRows:
    """The postcodes of some files.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``postcode`` (capitals, no blanks, each once), ``x`` and ``y`` in the CRS asked for,
        never NaN.
    rejections : Rejections
        The other rows, such as postcodes without coordinates.
    files : tuple of PostcodeFile
        The files they are from.
    skipped : tuple of (str, str)
        Files that are no postcode files, with the reason.
    """

    frame: pd.DataFrame
    rejections: Rejections
    files: tuple[PostcodeFile, ...]
    skipped: tuple[tuple[str, str], ...] = ()


def read_postcodes(paths: Sequence[str | Path], crs: str = DEFAULT_CRS) -> PostcodeRows:
    """Read OS Code-Point Open, or the ONS Postcode Directory or National Statistics Lookup.

    Parameters
    ----------
    paths : sequence of path
        The ``.csv`` files, or the ``.zip`` or folder as published.
    crs : str
        CRS wanted for x and y: projected, in metres.

    Returns
    -------
    PostcodeRows
        Terminated postcodes are kept, for incidents of their time. Rejected are those without
        coordinates (positional quality 90 in Code-Point Open), those of Northern Ireland (their
        coordinates are on the Irish grid), and those met before.

    Raises
    ------
    DataError
        If a file cannot be read, or none is of postcodes.
    UsageError
        If ``crs`` is not one there is.
    """
    target = check_target(crs)
    found = find([Path(path) for path in paths])
    skipped = list(found.skipped)
    chosen = _chosen(found.files, skipped)
    if not chosen:
        given = ", ".join(str(path) for path in paths) or "an empty list"
        raise DataError(
            "A file of postcodes must be OS Code-Point Open, ONSPD or NSPL as CSV, a .zip or a "
            f"folder of it; {given} holds none: give the file as it was published."
        )
    reading = _Reading(target)
    for file, layout in chosen:
        reading.take(file, layout)
    return reading.result(tuple(skipped))


class PostcodeTable:
    """Where postcodes are, fetched when the first is asked for; see ``readers.Postcodes``.

    Parameters
    ----------
    load : callable () -> pandas.DataFrame
        Gives ``postcode`` (capitals, no blanks, each once), ``x`` and ``y``; called once at most.
    """

    def __init__(self, load: Callable[[], pd.DataFrame]) -> None:
        self._load = load

    @cached_property
    def _table(self) -> tuple[pd.Index[str], NDArray[np.float64]]:
        frame = self._load()
        return pd.Index(frame["postcode"]), frame[["x", "y"]].to_numpy(dtype=np.float64)

    def __len__(self) -> int:
        return len(self._table[0])

    def locate(self, postcodes: pd.Series[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y of each postcode in the CRS of the table.

        Parameters
        ----------
        postcodes : Series of str
            As written; blanks anywhere and small letters make no difference.

        Returns
        -------
        x, y : ndarray, shape (n,)
            NaN where the postcode is missing or not in the table.
        """
        index, places = self._table
        codes, distinct = pd.factorize(postcodes)
        rows = index.get_indexer(pd.Index([plain(text) for text in distinct], dtype="str"))
        # a place more for what is not known: both a code and a row of -1 lead to it
        known = np.vstack([places, [np.nan, np.nan]])[np.append(rows, -1)]
        return known[codes, 0], known[codes, 1]


def plain(postcode: str) -> str:
    """Return a postcode as the table has it: in capitals, without blanks of any kind."""
    return "".join(postcode.split()).upper()


@dataclass(frozen=True)
class _Layout:
    """In which columns of a file things are."""

    name: str
    postcode: int
    x: int
    y: int
    quality: int | None
    has_header: bool = True


def _layout(header: tuple[str, ...]) -> _Layout | None:
    names = [name.strip('"').lower() for name in header]

    def position(known: Sequence[str]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    code, x, y = (position(known) for known in (_POSTCODES, _EASTINGS, _NORTHINGS))
    quality = position(_QUALITY)
    if code is not None and x is not None and y is not None:
        name = "an ONS postcode directory" if quality is None else "Code-Point Open"
        return _Layout(name, code, x, y, quality)
    if len(header) < 4 or not _POSTCODE.fullmatch(plain(header[0])):
        return None
    if not all(text.strip().isdecimal() for text in header[1:4]):
        return None
    return _Layout("Code-Point Open", 0, 2, 3, 1, has_header=False)


def _chosen(
    files: Sequence[FoundFile], skipped: list[tuple[str, str]]
) -> list[tuple[FoundFile, _Layout]]:
    """Return the files of postcodes; what is left out goes to ``skipped``."""
    chosen: list[tuple[FoundFile, _Layout]] = []
    for file in files:
        layout = _layout(peek(file, Dialect()))
        if "column_headers" in file.name.lower():
            skipped.append((file.name, "the names of the columns"))
        elif layout is None:
            skipped.append((file.name, "not a file of postcodes"))
        else:
            chosen.append((file, layout))
    # the ONS publishes its directory whole and, beside it, once more in parts
    whole = [pair for pair in chosen if not _is_part(pair[0])]
    if not whole:
        return chosen
    skipped += [(f.name, "a part of a file that is read whole") for f, _ in chosen if _is_part(f)]
    return whole


def _is_part(file: FoundFile) -> bool:
    parts = PurePosixPath(file.label.replace("\\", "/")).parts
    return not file.direct and "multi_csv" in (part.lower() for part in parts[:-1])


@dataclass
class _Reading:
    """What has been read so far."""

    crs: str
    seen: set[str] = field(default_factory=set)
    kept: list[pd.DataFrame] = field(default_factory=list)
    refused: list[tuple[str, int, str, str]] = field(default_factory=list)
    files: list[PostcodeFile] = field(default_factory=list)

    def take(self, file: FoundFile, layout: _Layout) -> None:
        """Read one file."""
        kept, refused = 0, len(self.refused)
        with _blocks(file, layout) as blocks:
            for records in blocks:
                kept += self._block(records, file.name, layout)
        rejected = len(self.refused) - refused
        self.files.append(PostcodeFile(file.name, layout.name, kept + rejected, kept, rejected))

    def _block(self, records: Records, name: str, layout: _Layout) -> int:
        columns = records.frame
        codes = pd.Series([plain(text) for text in columns[str(layout.postcode)]], dtype="str")
        reasons = Reasons(len(columns))
        reasons.add([not _POSTCODE.fullmatch(code) for code in codes], "not a postcode")
        if layout.quality is not None:
            quality = columns[str(layout.quality)].str.strip()
            reasons.add(quality == _NO_PLACE, "no coordinates (positional quality 90)")
        xy = self._places(columns, layout, reasons)
        reasons.add(codes.str.startswith("BT"), "Northern Ireland, whose coordinates are Irish")
        reasons.add(self._met(codes, reasons), "the postcode was met before")
        mine = reasons.kept
        frame = pd.DataFrame({"postcode": codes, "x": xy[:, 0], "y": xy[:, 1]})[mine]
        self.seen.update(frame["postcode"])
        self.kept.append(frame)
        self.refused += _refused(records, name, reasons)
        return len(frame)

    def _places(
        self, columns: pd.DataFrame, layout: _Layout, reasons: Reasons
    ) -> NDArray[np.float64]:
        texts = [columns[str(position)].str.strip() for position in (layout.x, layout.y)]
        reasons.add((texts[0] == "") | (texts[1] == ""), "no coordinates")
        x, y = (np.array(pd.to_numeric(t, errors="coerce"), dtype=np.float64) for t in texts)
        reasons.add(~(np.isfinite(x) & np.isfinite(y)), "coordinates are not numbers")
        reasons.add((x == 0) & (y == 0), "no coordinates")
        if self.crs != _NATIONAL_GRID:
            x, y = transformer(_NATIONAL_GRID, self.crs).transform(x, y)
            lost = ~(np.isfinite(x) & np.isfinite(y))
            reasons.add(lost, f"coordinates are beyond what {self.crs} can show")
        return np.column_stack([x, y])

    def _met(self, codes: pd.Series[str], reasons: Reasons) -> NDArray[np.bool_]:
        """Return which postcodes a row that was kept has already."""
        kept = reasons.kept
        again = np.array([code in self.seen for code in codes], dtype=bool)
        again[kept] |= codes[kept].duplicated().to_numpy()
        return again

    def result(self, skipped: tuple[tuple[str, str], ...]) -> PostcodeRows:
        """Return everything read."""
        refused = pd.DataFrame(self.refused, columns=list(REJECTION_COLUMNS))
        types = {"file": "str", "row": "int64", "reason": "str", "raw": "str"}
        return PostcodeRows(
            pd.concat(self.kept, ignore_index=True),
            Rejections(refused.astype(types)),
            tuple(self.files),
            skipped,
        )


@contextmanager
def _blocks(file: FoundFile, layout: _Layout) -> Iterator[Iterator[Records]]:
    """Give the rows of a file in blocks, its first line among them where it is no header."""
    with open_table(file, Dialect()) as table:
        yield _all_rows(table, layout)


def _all_rows(table: Table, layout: _Layout) -> Iterator[Records]:
    if layout.has_header:
        yield from table.blocks()
        return
    width = len(table.header)
    names = _CODE_POINT if width == len(_CODE_POINT) else tuple(str(i + 1) for i in range(width))
    yield records_of(names, [(1, list(table.header))])
    with suppress(NoRowsError):  # its first line may be its only one
        for records in table.blocks():
            yield replace(records, header=names)


def _refused(records: Records, name: str, reasons: Reasons) -> list[tuple[str, int, str, str]]:
    found = reasons.items()
    raws = records.raw([position for position, _ in found])
    refused = [
        (name, int(records.rows[position]), reason, raw)
        for (position, reason), raw in zip(found, raws, strict=True)
    ]
    for row, fields in records.ragged:
        few = "few" if len(fields) < len(records.header) else "many"
        reason = f"too {few} fields: {len(fields)} instead of {len(records.header)}"
        refused.append((name, row, reason, json.dumps(fields, ensure_ascii=False)))
    return sorted(refused, key=lambda entry: entry[1])
