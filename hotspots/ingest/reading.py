"""Read files block by block into a sink, so that no file need fit into memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path, PurePath
from typing import Protocol

from hotspots.errors import DataError
from hotspots.ingest.first_rows import FirstRows
from hotspots.ingest.readers import Context, FileReader, FileRows, Reader
from hotspots.ingest.records import NoRowsError, Records
from hotspots.ingest.registry import candidates
from hotspots.ingest.sources import FoundFile, find
from hotspots.ingest.tables import open_table, peek
from hotspots.ingest.tables.base import Table
from hotspots.model import SourceFile


@dataclass(frozen=True)
class Step:
    """How far a call is: ``done`` of all that is to be read, 0 to 1, and the rows read so far."""

    done: float
    rows: int
    file: str


Progress = Callable[[Step], None]
_KEY = re.compile(r"police-uk:(\d{4})-(\d{2})(?:\.\.(\d{4})-(\d{2}))?-(.+)")


def force_of(key: str | None) -> str:
    """Return what a key, ``police-uk:2021-03[..2021-05]-kent-street``, says beside its months."""
    found = _KEY.fullmatch(key or "")
    return found[5] if found else ""


def months_of(key: str | None) -> frozenset[str]:
    """Return the months of a key, such as "2021-03", and those between; none without a key."""
    return frozenset(f"{i // 12:04d}-{i % 12 + 1:02d}" for i in _span(key))


def share_a_month(one: str | None, other: str | None) -> bool:
    """Return whether two keys are of one force and share a month."""
    first, second = _span(one), _span(other)
    both = range(max(first.start, second.start), min(first.stop, second.stop))
    return force_of(one) == force_of(other) and bool(both)


def _span(key: str | None) -> range:
    """Return the months of a key, counted from the year 0."""
    found = _KEY.fullmatch(key or "")
    if found is None:
        return range(0)
    year, month, last_year, last_month, _ = found.groups()
    first = int(year) * 12 + int(month) - 1
    last = int(last_year) * 12 + int(last_month) - 1 if last_year else first
    return range(first, last + 1)


@dataclass(frozen=True)
class FileHead:
    """What is known of a file before its rows are."""

    name: str
    source: str
    sha256: str
    content_sha256: str
    notice: str | None
    series: str | None


class Sink(Protocol):
    """Where the rows go."""

    def known(self, content_sha256: str, name: str) -> bool:
        """Return whether a file need not be read: its content came with an earlier call."""
        ...

    def begin(self, head: FileHead) -> None:
        """Take note of a file that has rows."""
        ...

    def take(self, rows: FileRows) -> None:
        """Take what became of the next rows of the file begun last."""
        ...

    def end(self, file: SourceFile) -> None:
        """Take note of how the rows of the file begun last add up."""
        ...


def read_into(
    sink: Sink,
    paths: Sequence[Path],
    source: str | None,
    context: Context,
    progress: Progress | None = None,
) -> tuple[tuple[str, str], ...]:
    """Read everything under ``paths`` into ``sink``; return what was left out and why.

    Raises
    ------
    DataError
        If a file cannot be read as what it is, or nothing of what was given is incidents; what
        the sink has taken by then must be thrown away.
    UsageError
        If ``source`` is none there is.
    """
    found = find(paths)
    reading = _Reading(
        sink=sink,
        readers=candidates(source, context.mapping),
        context=context,
        named=source is not None,
        progress=progress,
        total=max(1, sum(file.size for file in found.files)),
        skipped=list(found.skipped),
    )
    with ThreadPoolExecutor(1, "digests") as ahead:
        # unpacking and hashing leave the other processor to the rows of the file before
        digests = [ahead.submit(file.digests) for file in found.files]
        try:
            for file, both in zip(found.files, digests, strict=True):
                reading.take(file, both.result())
        finally:
            ahead.shutdown(cancel_futures=True)
    if not reading.names and not reading.were_known:
        raise DataError(_nothing(paths, reading.skipped))
    return tuple(reading.skipped)


@dataclass
class _Reading:
    """The state of one call: what has been read so far."""

    sink: Sink
    readers: tuple[Reader, ...]
    context: Context
    named: bool
    progress: Progress | None
    total: int
    skipped: list[tuple[str, str]]
    names: dict[str, str] = field(default_factory=dict)  # content -> name
    keys: dict[str, str] = field(default_factory=dict)  # key -> name
    were_known: int = 0
    done: int = 0
    rows: int = 0

    def take(self, file: FoundFile, digests: tuple[str, str]) -> None:
        """Read one file, or list it as skipped; see ``FoundFile.digests``."""
        own, content = digests
        name = self._own_name(file)
        if content in self.names:
            self.skipped.append((name, f"the same content as {self.names[content]}"))
        elif self.sink.known(content, name):
            self.were_known += 1
        else:
            chosen = self._reader(file)
            if isinstance(chosen, str):
                self.skipped.append((name, chosen))
            else:
                self._read(file, name, chosen, own, content)
        self.done += file.size
        self._tell(0.0, name, 0)

    def _read(self, file: FoundFile, name: str, reader: Reader, own: str, content: str) -> None:
        # references are unique within a file; of several files' versions the sink decides
        context = replace(self.context, references=FirstRows())
        with open_table(file, reader.dialect(context)) as table:
            start = reader.start(name, table.header, table.crs, context)
            blocks = self._blocks(table, file, name)
            if blocks is None:
                return
            head = FileHead(name, reader.name, own, content, file.notice(), start.series)
            self.sink.begin(head)
            kept = rejected = 0
            for rows in self._rows(blocks, start, table, file, name):
                self.sink.take(rows)
                kept, rejected = kept + len(rows.incidents), rejected + len(rows.rejections)
        self._check_key(start.key, name)
        self.names[content] = name
        self.sink.end(
            SourceFile(
                name=name,
                source=reader.name,
                sha256=own,
                content_sha256=content,
                key=start.key,
                read=kept + rejected,
                kept=kept,
                rejected=rejected,
                notice=head.notice,
                series=start.series,
            )
        )

    def _blocks(self, table: Table, file: FoundFile, name: str) -> Iterator[Records] | None:
        """Return the blocks of a table; None, and the file is skipped, if it has no rows."""
        blocks = table.blocks()
        try:
            first = next(blocks)
        except (NoRowsError, StopIteration):
            if file.direct:
                raise NoRowsError(
                    f"A file of incidents must have rows after its header; {name} has no rows: "
                    "export it again."
                ) from None
            self.skipped.append((name, "no rows after the header"))
            return None
        return chain([first], blocks)

    def _rows(
        self,
        blocks: Iterator[Records],
        reader: FileReader,
        table: Table,
        file: FoundFile,
        name: str,
    ) -> Iterator[FileRows]:
        for records in blocks:
            rows = reader.take(records)
            if len(rows.incidents) + len(rows.rejections) != len(records):
                raise AssertionError(f"{name}: a row was neither kept nor rejected")
            yield rows
            self._tell(table.progress * file.size, name, len(records))

    def _tell(self, within: float, name: str, rows: int) -> None:
        self.rows += rows
        if self.progress is not None:
            self.progress(Step(min(1.0, (self.done + within) / self.total), self.rows, name))

    def _own_name(self, file: FoundFile) -> str:
        """Return the file's name, with folders before it where another file has the same."""
        taken = set(self.names.values())
        parts = PurePath(file.label).parts
        for count in range(1, len(parts) + 1):
            name = "/".join(parts[-count:])
            if name not in taken:
                return name
        return f"{file.label} ({len(taken) + 1})"

    def _reader(self, file: FoundFile) -> Reader | str:
        """Return the reader of a file, or why it is skipped."""
        for reader in self.readers:
            header = peek(file, reader.dialect(self.context))
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
        unexplained = reader.name == self.readers[-1].name and self.context.mapping is None
        if unexplained and len(self.readers) > 1 and not self.named and not file.direct:
            return "no format that is recognised, and no mapping was given"
        return reader

    def _check_key(self, key: str | None, name: str) -> None:
        if key is None:
            return
        twice = next((known for known in self.keys if share_a_month(key, known)), None)
        if twice is not None:
            month = min(months_of(key) & months_of(twice))
            raise DataError(
                f"A month of a force must be given once; {self.keys[twice]} and {name} both hold "
                f"{month} of {force_of(key)} and differ: give one of them."
            )
        self.keys[key] = name


def _nothing(given: Sequence[Path], skipped: Sequence[tuple[str, str]]) -> str:
    where = ", ".join(str(path) for path in given) or "an empty list"
    met = "no table"
    if skipped:
        name, reason = skipped[0]
        more = f" and {len(skipped) - 1} more" if len(skipped) > 1 else ""
        met = f"{name} ({reason}){more}"
    return (
        f"Something of what is given must be a file of incidents; {where} holds only {met}: "
        "give street-level files, or a table with --mapping FILE."
    )
