"""Files -> incidents, and every row that was not kept with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import pandas as pd

from hotspots.errors import DataError
from hotspots.ingest.mapping import Mapping, read_mapping
from hotspots.ingest.readers import Area, Context, FileRows, Reader, check_target
from hotspots.ingest.records import NoRowsError, check_text, header_of
from hotspots.ingest.registry import READERS, candidates
from hotspots.ingest.sources import FoundFile, find, unpack
from hotspots.model import DEFAULT_CRS, Incidents, Rejections, SourceFile

__all__ = ["READERS", "Mapping", "Reader", "read_incidents", "read_mapping"]

Progress = Callable[[int, int, str], None]
Paths = str | Path | Sequence[str | Path]
#: Enough to hold any header, bytes.
_PEEK = 1 << 16


def read_incidents(
    paths: Paths,
    source: str | None = None,
    *,
    crs: str = DEFAULT_CRS,
    mapping: str | Path | Mapping | None = None,
    area: Area | None = None,
    progress: Progress | None = None,
) -> tuple[Incidents, Rejections]:
    """Read incidents from files, folders and zips.

    Parameters
    ----------
    paths : path or list of paths
        A ``.csv``, a ``.csv.gz``, a folder (walked with all below it, sorted) or a ``.zip``.
    source : str, optional
        Name of the format, "police-uk" or "csv"; each file is recognised by itself if None.
    crs : str
        CRS wanted for x and y: projected, in metres.
    mapping : path or Mapping, optional
        What the columns mean, for files of the format "csv"; see docs/mapping.md.
    area : (min x, min y, max x, max y), optional
        Where incidents are expected, in metres of ``crs``. A row whose coordinates lie outside
        and would lie inside if swapped is rejected; all other rows outside are kept.
    progress : callable (done, total, file name), optional
        Called after each file.

    Returns
    -------
    incidents : Incidents
        The kept rows in the order of the files. ``skipped`` lists files of another sort, files
        without rows in a folder or zip, and files whose content was met before.
    rejections : Rejections
        The other rows. For each file, rows read = kept + rejected.

    Raises
    ------
    DataError
        If a file cannot be read as what it is, or nothing of what was given is incidents.
    UsageError
        If ``source`` or ``crs`` is not one there is.
    """
    readers = candidates(source)
    loaded = read_mapping(mapping) if isinstance(mapping, str | Path) else mapping
    reading = _Reading(readers, Context(check_target(crs), area, loaded), source is not None)
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    found = find(given)
    reading.skipped += found.skipped
    for done, file in enumerate(found.files, start=1):
        reading.take(file)
        if progress is not None:
            progress(done, len(found.files), file.name)
    return reading.result(given)


@dataclass
class _Reading:
    """The state of one call: what has been read so far."""

    readers: tuple[Reader, ...]
    context: Context
    named: bool
    parts: list[FileRows] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def take(self, file: FoundFile) -> None:
        """Read one file, or list it as skipped."""
        data = file.load()
        content = unpack(data, file.name)
        digest = hashlib.sha256(content).hexdigest()
        name = self._own_name(file)
        for known in self.files:
            if known.content_sha256 == digest:
                self.skipped.append((name, f"the same content as {known.name}"))
                return
        chosen = self._reader(file, content)
        if isinstance(chosen, str):
            self.skipped.append((name, chosen))
            return
        try:
            rows = chosen.read(content, name, self.context)
        except NoRowsError:
            if file.direct:
                raise
            self.skipped.append((name, "no rows after the header"))
            return
        self._check_key(rows.key, name)
        self.parts.append(rows)
        self.files.append(self._source_file(file, name, chosen, rows, data, digest))

    def _own_name(self, file: FoundFile) -> str:
        """Return the file's name, with folders before it where another file has the same."""
        taken = {known.name for known in self.files}
        parts = PurePath(file.label).parts
        for count in range(1, len(parts) + 1):
            name = "/".join(parts[-count:])
            if name not in taken:
                return name
        return f"{file.label} ({len(taken) + 1})"

    def _reader(self, file: FoundFile, content: bytes) -> Reader | str:
        """Return the reader of a file, or why it is skipped."""
        mapping = self.context.mapping
        encoding = "utf-8" if mapping is None else mapping.encoding
        text = content[:_PEEK].decode(encoding, errors="replace").removeprefix("\ufeff")
        check_text(text, file.name)
        delimiters = "," if mapping is None else "," + mapping.delimiter
        for reader in self.readers:
            for delimiter in delimiters:
                header = header_of(text, delimiter)
                if reason := reader.refusal(file.name, header):
                    return reason
                if reader.sniff(file.name, header):
                    return self._unless_unknown(reader, file)
        if file.direct or len(self.readers) > 1:
            # its reader says best what is wrong with the file
            return self._unless_unknown(self.readers[-1], file)
        return f"not {self.readers[0].label}"

    def _unless_unknown(self, reader: Reader, file: FoundFile) -> Reader | str:
        """Return a reason to skip where a folder holds a file that nobody explained."""
        unexplained = reader.name == "csv" and self.context.mapping is None
        if unexplained and not self.named and not file.direct:
            return "not a data.police.uk street-level file, and no mapping was given"
        return reader

    def _check_key(self, key: str | None, name: str) -> None:
        for known in self.files:
            if key is not None and known.key == key:
                raise DataError(
                    f"A month of a force must be given once; {known.name} and {name} are both "
                    f"{key} and differ: give one of them."
                )

    def _source_file(
        self, file: FoundFile, name: str, reader: Reader, rows: FileRows, data: bytes, digest: str
    ) -> SourceFile:
        kept, rejected = len(rows.incidents), len(rows.rejections)
        return SourceFile(
            name=name,
            source=reader.name,
            sha256=hashlib.sha256(data).hexdigest(),
            content_sha256=digest,
            key=rows.key,
            read=kept + rejected,
            kept=kept,
            rejected=rejected,
            notice=file.notice(),
        )

    def result(self, given: Sequence[Path]) -> tuple[Incidents, Rejections]:
        """Return everything read.

        Raises
        ------
        DataError
            If nothing was.
        """
        if not self.files:
            raise DataError(self._nothing(given))
        incidents = pd.concat([part.incidents for part in self.parts], ignore_index=True)
        rejections = pd.concat([part.rejections for part in self.parts], ignore_index=True)
        files, skipped = tuple(self.files), tuple(self.skipped)
        return Incidents(incidents, self.context.crs, files, skipped), Rejections(rejections)

    def _nothing(self, given: Sequence[Path]) -> str:
        where = ", ".join(str(path) for path in given) or "an empty list"
        met = "no CSV file"
        if self.skipped:
            name, reason = self.skipped[0]
            more = f" and {len(self.skipped) - 1} more" if len(self.skipped) > 1 else ""
            met = f"{name} ({reason}){more}"
        return (
            f"Something of what is given must be a file of incidents; {where} holds only {met}: "
            "give street-level files, or a CSV with --mapping FILE."
        )
