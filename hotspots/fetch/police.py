"""Street-level files of one force from the monthly archives of data.police.uk.

The publisher's page https://data.police.uk/about/ gives the address of an archive,
``https://data.police.uk/data/archive/[year]-[month].zip``, and says that URLs are structured so
that newer versions can be fetched by a program. Each holds all forces, as
``YYYY-MM/YYYY-MM-force-street.csv``, and by the list at https://data.police.uk/data/archive/ the
36 months up to its own; those of 2013-12 to 2017-04 hold everything from 2010-12. The newest month
is told by https://data.police.uk/docs/method/crime-last-updated/, and
https://data.police.uk/docs/api-call-limits/ allows 15 requests a second. An archive has more than
1.5 GB, so only the wanted members are read from it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotspots.errors import DataError, ResultError, UsageError
from hotspots.fetch import landing, ranges
from hotspots.fetch.archive import (
    AbsentError,
    Archive,
    ChangedError,
    NoRangesError,
    open_local,
    open_remote,
)
from hotspots.fetch.http import Client
from hotspots.fetch.months import MONTH, month_of, months_between, number_of
from hotspots.fetch.report import FetchedFile, FetchReport, Manners, Missing, Progress
from hotspots.fetch.street import crc32_of, rows_of

BASE_URL = "https://data.police.uk"
_FORCE = re.compile(r"[a-z]+(-[a-z]+)*")
_STREET = re.compile(r"(?:.*/)?\d{4}-\d{2}-(?P<force>[a-z-]+)-street\.csv")
#: An archive holds the months up to its own, this many.
_MONTHS_HELD = 36
#: The first month ever published, and the last archive that held all months since.
_FIRST_MONTH = "2010-12"
_LAST_FULL = "2017-04"
#: The newest archive may appear after the newest month is announced.
_STEPS_BACK = 3
_TOP = {"source": "data.police.uk, street-level crime and anti-social behaviour"}
_TOP |= {"crs": "EPSG:4326"}


def fetch_police(
    force: str,
    first: str,
    last: str,
    folder: Path,
    *,
    base_url: str = BASE_URL,
    whole_archive: bool = False,
    refresh: bool = False,
    manners: Manners | None = None,
    progress: Progress | None = None,
) -> FetchReport:
    """Fetch the street-level files of one force, a month each.

    A file lands as ``folder/YYYY-MM/YYYY-MM-force-street.csv`` with a ``manifest.json`` beside
    it. What is there already and as its manifest says is not fetched again, and an interrupted
    fetch goes on where it stopped.

    Parameters
    ----------
    force : str
        The force's name in the archive, such as "kent" or "city-of-london".
    first, last : str
        The first and the last month, "2024-01".
    folder : Path
        Where the files go; made if it is not there.
    base_url : str
        The publisher's address.
    whole_archive : bool
        Whether archives may be fetched whole, over 1.5 GB each, where the server does not send
        parts of them. They are removed once their months are out.
    refresh : bool
        Whether months that are there are compared with the newest archive (by size and CRC-32)
        and replaced if the publisher has revised them.
    manners : Manners, optional
        How often and how patiently to ask.
    progress : callable, optional
        Called with months done, months in all and what is being fetched.

    Returns
    -------
    FetchReport
        In the order of months; ``missing`` has the months that are not published.

    Raises
    ------
    UsageError
        If the force cannot be a name or a month is none, or the first is after the last.
    ResultError
        If none of the months is published.
    DataError
        If the archives do not know the force, the server does not answer or sends something
        else, a member is damaged, or a file that is not the publisher's is in the way.

    Notes
    -----
    Each month is taken from the newest archive that holds it, as forces revise what they sent;
    the publisher's newest month is not asked for when every file is there already.
    """
    months = months_between(first, last)
    if not _FORCE.fullmatch(force):
        raise UsageError(
            "A force must be its name in the archive, in small letters, such as kent or "
            f"city-of-london; got {force!r}: correct it."
        )
    run = _Run(force, folder, len(months), refresh, whole_archive, progress)
    try:
        wanted = [month for month in months if not run.is_there(month)]
        with Client(base_url, manners or Manners()) as client:
            if wanted:
                _fetch(run, client, wanted)
            return run.report(client)
    except OSError as error:
        raise DataError(
            f"Fetched files must find room; {folder} cannot be written ({error}): free some "
            "space or choose another folder."
        ) from error


@dataclass
class _Run:
    """One call's wishes, and what came of them."""

    force: str
    folder: Path
    total: int
    refresh: bool
    whole_archive: bool
    progress: Progress | None
    files: dict[str, FetchedFile] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def path(self, month: str) -> Path:
        return self.folder / month / f"{month}-{self.force}-street.csv"

    def is_there(self, month: str) -> bool:
        """Take note of a month that is there as its manifest says; False if it must be fetched."""
        path = self.path(month)
        entry = landing.listed(path.parent, path.name)
        if entry is None or self.refresh:
            return False
        self.keep(month, dict(entry), fetched=False)
        return True

    def keep(self, month: str, entry: dict[str, Any], *, fetched: bool) -> None:
        path = self.path(month)
        source, rows = str(entry.get("source", "")), int(entry.get("rows", 0))
        size = path.stat().st_size
        self.files[month] = FetchedFile(path, entry["sha256"], size, source, rows, fetched)
        self.tell(month)

    def lack(self, month: str, reason: str) -> None:
        self.missing[month] = reason
        self.tell(month)

    def tell(self, what: str) -> None:
        if self.progress is not None:
            self.progress(len(self.files) + len(self.missing), self.total, what)

    def report(self, client: Client) -> FetchReport:
        if not self.files:
            said = "; ".join(dict.fromkeys(self.missing.values()))
            raise ResultError(
                f"A month asked for must be published; none of {min(self.missing)} to "
                f"{max(self.missing)} is ({said}): ask for other months."
            )
        return FetchReport(
            tuple(self.files[month] for month in sorted(self.files)),
            tuple(Missing(month, self.missing[month]) for month in sorted(self.missing)),
            tuple(self.notes),
            client.requests,
            client.bytes_received,
        )


def _fetch(run: _Run, client: Client, wanted: Sequence[str]) -> None:
    newest = _newest(client)
    late = [month for month in wanted if month > newest]
    kept_from = month_of(number_of(newest) - _MONTHS_HELD + 1)
    recent = [month for month in wanted if kept_from <= month <= newest]
    if recent:
        reached = _from_archive(run, client, newest, recent)
        late += [month for month in recent if month > reached]
        newest = min(newest, reached)
    for month in late:
        run.lack(month, f"not published yet: the newest month is {newest}")
    _fetch_older(run, client, [month for month in wanted if month < kept_from])


def _fetch_older(run: _Run, client: Client, older: Sequence[str]) -> None:
    """Take months that the newest archive no longer holds from the newest that still does."""
    for month in older:
        if month < _FIRST_MONTH:
            run.lack(month, f"never published: the first month is {_FIRST_MONTH}")
    rest = [month for month in older if month >= _FIRST_MONTH]
    if rest:
        run.notes.append(
            f"{rest[0]} to {rest[-1]} come from old archives, which the publisher calls out of "
            "date: what the forces revised later is not in them."
        )
    while rest:
        # the newest archive that still holds the earliest month holds 35 more at least
        archive = max(_LAST_FULL, month_of(number_of(rest[0]) + _MONTHS_HELD - 1))
        group = [month for month in rest if month <= archive]
        try:
            reached = _from_archive(run, client, archive, group)
        except AbsentError:
            reached = group[-1]
            for month in group:
                run.lack(month, f"the archive of {archive}, which should hold it, is not there")
        rest = [month for month in rest if month > reached]


def _newest(client: Client) -> str:
    url = f"{client.base_url}/api/crime-last-updated"
    answer = client.json(url)
    date = answer.get("date") if isinstance(answer, dict) else None
    if not isinstance(date, str) or not MONTH.fullmatch(date[:7]):
        raise DataError(
            f"The newest month must be told as a date; {url} says {str(answer)[:80]!r}: the "
            "publisher may have changed the address, look for a newer version of Hotspots."
        )
    return date[:7]


def _from_archive(run: _Run, client: Client, month: str, wanted: Sequence[str]) -> str:
    """Take months out of an archive; return its month, which may be a little earlier."""
    for attempt in range(2):
        reached, archive = _open(run, client, month)
        try:
            _take(run, client, archive, [m for m in wanted if m <= reached])
        except (ChangedError, NoRangesError) as error:
            if attempt:
                raise DataError(
                    f"An archive must stay as it is while it is read; {archive.url} changed "
                    "twice: run the command again later, it goes on where it stopped."
                ) from error
            continue
        finally:
            archive.close()
        break
    if archive.edition is None:
        ranges.discard(_whole(run, reached))
    return reached


def _open(run: _Run, client: Client, month: str) -> tuple[str, Archive]:
    """Open the archive of a month, or one of the few before it."""
    absent: AbsentError | None = None
    for back in range(_STEPS_BACK + 1):
        reached = month_of(number_of(month) - back)
        run.tell(f"archive {reached}")
        try:
            return reached, _open_at(run, client, reached)
        except AbsentError as error:
            absent = absent or error
    raise absent or DataError(f"An archive must be there; {month} is not: try later.")


def _open_at(run: _Run, client: Client, month: str) -> Archive:
    url = f"{client.base_url}/data/archive/{month}.zip"
    try:
        return open_remote(client, url)
    except NoRangesError as error:
        if not run.whole_archive:
            raise DataError(
                f"The server must send parts of a file for a single force to be fetched; {url} "
                "comes only whole, which is over 1.5 GB: allow that with whole_archive, or fetch "
                f"the force by hand at {BASE_URL}/data/."
            ) from error
    run.notes.append(f"{url} was fetched whole: the server does not send parts of it.")
    part = _whole(run, month)
    part.parent.mkdir(parents=True, exist_ok=True)
    ranges.download_whole(client, url, part)
    try:
        return open_local(client, part, url)
    except DataError:
        ranges.discard(part)
        raise


def _whole(run: _Run, month: str) -> Path:
    return landing.passing(run.folder / f"{month}.zip")


def _take(run: _Run, client: Client, archive: Archive, months: Sequence[str]) -> None:
    _check_force(run.force, archive)
    for month in months:
        if month in run.files or month in run.missing:
            continue  # before the archive changed and was opened anew
        run.tell(month)
        name = f"{month}/{run.path(month).name}"
        if name in archive.members:
            _take_month(run, client, archive, month, name)
        else:
            run.lack(month, f"no file of {run.force} is in {archive.url}")


def _check_force(force: str, archive: Archive) -> None:
    found = {m["force"] for m in map(_STREET.fullmatch, archive.members) if m}
    if force in found:
        return
    near = difflib.get_close_matches(force, sorted(found), 3, 0.5)
    known = ", ".join(near or sorted(found)[:50]) or "none"
    raise DataError(
        f"A force must be one of the archive's; {archive.url} has no street file of {force!r} in "
        f"any month: give another ({known})."
    )


def _take_month(run: _Run, client: Client, archive: Archive, month: str, name: str) -> None:
    path, info = run.path(month), archive.members[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    ours = landing.listed(path.parent, path.name)
    entry: dict[str, Any] = {"source": archive.url, "member": name, "crc32": f"{info.CRC:08x}"}
    if path.is_file():
        if path.stat().st_size == info.file_size and crc32_of(path) == info.CRC:
            entry["rows"] = rows_of(path, month, name)
            digest = landing.adopt(path, _TOP, entry) if ours is None else ours["sha256"]
            run.keep(month, {**entry, "sha256": digest}, fetched=False)
            return
        if ours is None:
            raise DataError(
                f"A fetched file must not replace another; {path} is there and is not the one "
                "published: move it away."
            )
    part = landing.passing(path)
    archive.extract(name, part)
    try:
        entry["rows"] = rows_of(part, month, name)
    except DataError:
        part.unlink()
        raise
    digest = landing.land(part, path, _TOP, entry)
    run.keep(month, {**entry, "sha256": digest}, fetched=True)
