"""A back-test's results kept as they come, so that one that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from hotspots import __version__
from hotspots.clustering import Grid
from hotspots.errors import DataError, WorkspaceError
from hotspots.validation.backtest import Judged, Plan
from hotspots.validation.history import History
from hotspots.validation.method import MethodKind

_KIND = "hotspots back-test"
#: Of the lines, not of the package: raised when what a line holds changes.
_LAYOUT = 1


def digest_of(history: History, grid: Grid, methods: Sequence[MethodKind], plan: Plan) -> str:
    """Return a SHA-256 of all that a back-test's results follow from, the package's version too.

    The functions behind the methods cannot be read: their names, settings and the package's
    version stand for them.
    """
    found = hashlib.sha256()
    for array in (history.xy, history.period, history.known, history.edges.astype(np.int64)):
        kind = "<f8" if array.dtype.kind == "f" else "<i8"
        found.update(f"{array.shape}".encode())
        found.update(np.ascontiguousarray(array, dtype=kind).tobytes())
    found.update(shapely.to_wkb(history.study_area, byte_order=1))
    found.update(f"{grid.x0!r} {grid.y0!r} {grid.cell_size_m!r} {grid.mask.shape}".encode())
    found.update(np.packbits(grid.mask).tobytes())
    kinds = [(kind.name, kind.kind, kind.variant, kind.settings) for kind in methods]
    rest = [_LAYOUT, __version__, history.name, kinds, [plan.first, plan.last, plan.horizon]]
    found.update(json.dumps(rest).encode())
    return found.hexdigest()


class Kept:
    """The results of one back-test in a file of JSON lines: a header, then a line an origin.

    Every line is on the disk before the next origin is begun. A last line that was cut off, as by
    a process that was ended, is dropped, and its origin judged again. One run at a time may write.

    Parameters
    ----------
    path : Path
        Made with the first line that is kept; its folder must exist.
    digest : str
        What the results follow from: see ``digest_of``. A file of another back-test is refused,
        and left as it is.

    Raises
    ------
    DataError
        If the file is of another back-test, is none of a back-test, or is damaged before its last
        line.
    WorkspaceError
        If the file cannot be read.
    """

    def __init__(self, path: Path | str, digest: str) -> None:
        self.path = Path(path)
        self._header = _line({"kind": _KIND, "layout": _LAYOUT, "digest": digest})
        whole = self._whole_lines()
        self._length = sum(len(line) for line in whole)
        self._done: dict[int, tuple[Judged, ...]] = {}
        for number, line in enumerate(whole[1:], start=2):
            origin, rows = self._read(line, number)
            self._done[origin] = rows

    def done(self) -> Mapping[int, tuple[Judged, ...]]:
        """Return the rows of every origin that was kept."""
        return dict(self._done)

    def keep(self, origin: int, rows: Sequence[Judged]) -> None:
        """Append one origin's rows; they are on the disk when this returns.

        Raises
        ------
        WorkspaceError
            If the file cannot be written.
        """
        line = _line({"origin": origin, "rows": [row._asdict() for row in rows]})
        start = b"" if self._length else self._header
        try:
            with self.path.open("r+b" if self.path.exists() else "xb") as file:
                file.truncate(self._length)  # without the line that was cut off
                file.seek(self._length)
                file.write(start + line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise WorkspaceError(
                f"The results so far must be written to {self.path}; got {error.strerror}: check "
                "the folder and the room on the disk."
            ) from error
        self._length += len(start + line)
        self._done[origin] = tuple(rows)

    def _whole_lines(self) -> list[bytes]:
        """Return the header's line and those that follow, without one that was cut off."""
        try:
            held = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise WorkspaceError(
                f"{self.path} must be a file that can be read; got {error.strerror}: give another."
            ) from error
        if self._header.startswith(held):  # nothing yet, or cut off within the header
            return [self._header] if held == self._header else []
        lines = held.splitlines(keepends=True)
        if lines[0] != self._header:
            raise DataError(self._other(lines[0]))
        if not lines[-1].endswith(b"\n"):
            lines.pop()
        return lines

    def _other(self, first: bytes) -> str:
        try:
            told = json.loads(first)
            ours = isinstance(told, dict) and told.get("kind") == _KIND
        except ValueError:
            ours = False
        got = "one of other data, cells, methods, origins or version" if ours else "another file"
        return (
            f"{self.path} must hold this back-test's results to be taken up again; got {got}: "
            "give another name, or move it away to start anew."
        )

    def _read(self, line: bytes, number: int) -> tuple[int, tuple[Judged, ...]]:
        try:
            told = json.loads(line)
            return int(told["origin"]), tuple(_judged(row) for row in told["rows"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"Line {number} of {self.path} must hold one origin's results; got damaged text: "
                "move the file away to start anew."
            ) from error


def _line(value: Any) -> bytes:
    # numbers as short as they can be told from others: they come back as they were
    return (json.dumps(value, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _judged(row: dict[str, Any]) -> Judged:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Judged(**values)
