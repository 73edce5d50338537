"""A helper process that has loaded everything, and forks one that imports for each try."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url

from hotspots.imports import import_files
from hotspots.ingest import Step, read_mapping
from hotspots.ingest.readers import Context
from hotspots.store import Store
from hotspots.store.batches import Batches
from hotspots.store.incidents import IncidentFiles
from tests.robust import seeds

#: What a process that imports says on its way.
READY, MIDDLE, COMMIT, DONE = "ready", "middle", "commit", "done"
#: What an import uses, loaded once for all tries.
_LOADED = [
    *("hotspots.workspace", "hotspots.ingest.reading", "pyarrow.csv", "pyarrow.compute"),
    *("tests.robust.processes",),
]


def forking() -> ForkServerContext:
    """Return a context whose processes have everything loaded from the start."""
    context = get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context


@dataclass
class Importer:
    """A process that imports, and what it says."""

    process: BaseProcess
    pipe: connection.Connection

    def expect(self, word: str, within_s: float = 60) -> None:
        """Wait for a word."""
        assert self.pipe.poll(within_s), f"the process did not say {word!r}"
        said = self.pipe.recv()
        assert said == word, said

    def go_on(self) -> None:
        """Let it go on."""
        self.pipe.send("go on")

    def kill(self) -> None:
        """End it without a warning."""
        assert self.process.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()


@contextmanager
def importer(
    url: URL, files: list[Path], *, stop_in_middle: bool = False, tell_commit: bool = False
) -> Iterator[Importer]:
    """Start a process that imports files as soon as it is let go on."""
    mine, its = connection.Pipe()
    address = url.render_as_string(hide_password=False)
    process = forking().Process(
        target=_import, args=(its, address, files, stop_in_middle, tell_commit)
    )
    process.start()
    its.close()
    started = Importer(process, mine)
    try:
        started.expect(READY)
        yield started
    finally:
        started.kill()
        mine.close()


def _import(
    pipe: connection.Connection, address: str, files: list[Path], stop: bool, tell: bool
) -> None:
    try:
        store = Store(make_url(address))
        if tell:
            event.listen(store.engine, "commit", lambda _: pipe.send(COMMIT))
        pipe.send(READY)
        pipe.recv()
        add(store, files, _stopper(pipe) if stop else None)
        store.close()
        pipe.send(DONE)
    except BaseException:
        pipe.send(traceback.format_exc())


def _stopper(pipe: connection.Connection) -> Callable[[Step], None]:
    left = [MIDDLE]

    def stop(_step: Step) -> None:
        if left:
            pipe.send(left.pop())
            pipe.recv()

    return stop


def add(store: Store, files: list[Path], progress: Callable[[Step], None] | None = None) -> int:
    """Import files as a workspace does, without its report; return the rows newly read."""
    mapping = read_mapping(files[0].parent / "mapping.toml")
    context = Context("EPSG:27700", None, mapping, None)
    with store.write() as open_connection:
        batches = Batches(open_connection)
        report = import_files(
            IncidentFiles(open_connection), batches, files, None, context, None,
            replace=False, progress=progress,
        )  # fmt: skip
        if report.batch is not None:
            batches.end(report.batch, report.as_dict(), [])
    return report.read


def exports(folder: Path, *, files: int, rows: int, first: int = 0) -> list[Path]:
    """Write some exports, the references of each its own, and the mapping that they need."""
    folder.mkdir(exist_ok=True)
    (folder / "mapping.toml").write_text(seeds.MAPPING, "utf-8")
    paths = []
    for at in range(files):
        start = first + at * rows
        paths.append(folder / f"export-{start}.csv")
        paths[-1].write_bytes(seeds.csv_bytes(seeds.csu(rows, start)))
    return paths


def new_store(path: Path) -> URL:
    """Make an empty store."""
    url = URL.create("sqlite", database=str(path))
    store = Store(url)
    store.migrate()
    store.close()
    return url


def contents(path: Path) -> dict[str, Any]:
    """Return what a store holds; fails if it is damaged."""
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = ("import_batch", "imported_file", "incident", "rejection")
        counts = {t: raw.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}  # noqa: S608
        files = raw.execute("SELECT name, read, kept, rejected FROM imported_file ORDER BY id")
        return {**counts, "files": files.fetchall()}
