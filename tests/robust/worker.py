"""Import mutated files in a process of its own, so that a fault of a C library is seen as one."""

from __future__ import annotations

import faulthandler
import json
import re
import resource
import shutil
import sqlite3
import sys
import tempfile
import traceback
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from hotspots.errors import HotspotsError
from hotspots.imports import ImportReport, import_files
from hotspots.ingest import read_mapping
from hotspots.ingest.readers import Context
from hotspots.store.batches import Batches
from hotspots.store.incidents import IncidentFiles
from hotspots.stored import bounds_of
from hotspots.workspace import Workspace
from tests.robust import bombs, mutations, seeds
from tests.robust.peak import peak_kib
from tests.support import nine_wards

#: No file of this size may take longer, seconds.
LIMIT_S = 60
#: Memory that a fault may take before it is one, so that the machine is left in peace, bytes.
ADDRESSES = 6 << 30
LONGEST_SENTENCE = 2_000
_WORKSPACE_EVERY = 10
_AGAIN_EVERY = 5


class Store:
    """A workspace with nine wards and one import, put back as it was after each file."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace.init(folder / "workspace")
        with self.workspace.store.boundaries() as sets:
            sets.add(nine_wards())
        first = folder / "first.csv"
        first.write_bytes(seeds.csv_bytes(seeds.csu(20, 10)))
        self.mapping = folder / "first.toml"
        self.mapping.write_text(seeds.MAPPING, "utf-8")
        self.workspace.add_incidents([first], mapping=self.mapping)
        self.wards = self.workspace.stored.wards_or_none()
        self.path = self.workspace.folder / "hotspots.sqlite"
        self.content = self.path.read_bytes()
        with closing(sqlite3.connect(self.path)) as connection:
            self.before = _others(connection)

    def put_back(self) -> None:
        """Make the store what it was."""
        for side in ("-wal", "-shm"):
            Path(f"{self.path}{side}").unlink(missing_ok=True)
        self.path.write_bytes(self.content)

    def add(self, case: mutations.Case, *, whole: bool) -> ImportReport:
        """Import a file, by the workspace or without its report on the quality."""
        paths = list(case.paths)
        if whole:
            return self.workspace.add_incidents(paths, mapping=case.mapping)
        mapping = read_mapping(case.mapping) if case.mapping else None
        context = Context(self.workspace.settings.crs, bounds_of(self.wards), mapping, None)
        with self.workspace.store.write() as connection:
            files, batches = IncidentFiles(connection), Batches(connection)
            report = import_files(files, batches, paths, None, context, self.wards, replace=False)
            if report.batch is not None:
                batches.end(report.batch, report.as_dict(), [])
        return report


def _others(connection: sqlite3.Connection) -> list[Any]:
    """Return all that an import of other files must leave alone."""
    queries = [
        "SELECT * FROM boundary_set",
        "SELECT * FROM ward",
        "SELECT * FROM postcode",
        "SELECT * FROM run",
        "SELECT * FROM import_batch WHERE id = 1",
        "SELECT * FROM imported_file WHERE id = 1",
        "SELECT * FROM rejection WHERE file_id = 1",
        "SELECT id, row, reference, category, starts_at, ends_at, recorded_at, x, y, location "
        "FROM incident WHERE file_id = 1",
    ]
    return [connection.execute(query).fetchall() for query in queries]


# -- what must hold --------------------------------------------------------------------------------


def sentence_fault(said: str) -> str | None:
    """Return what is wrong with an error's text."""
    if re.search(r"[\x00-\x1f\x7f]", said):
        return f"not one line: {said!r}"
    if re.search(r"Traceback|File \"|Error\(|<class|object at 0x", said):
        return f"words of a traceback: {said}"
    if not said.endswith(".") or len(said) > LONGEST_SENTENCE:
        return f"no sentence: {said[:300]!r} ({len(said)} characters)"
    try:
        said.encode()
    except UnicodeError:
        return f"cannot be printed: {said!r}"
    return None


#: Rows that are not what the tables promise.
_BAD_ROWS = (
    "SELECT * FROM incident WHERE NOT (typeof(x) = 'real' AND abs(x) < 1e12 AND "
    "typeof(y) = 'real' AND abs(y) < 1e12)",
    "SELECT * FROM incident WHERE NOT (starts_at <= ends_at) OR starts_at NOT GLOB "
    "'[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:*'",
    "SELECT * FROM rejection WHERE reason = '' OR NOT json_valid(raw)",
    "SELECT file_id, row FROM (SELECT file_id, row FROM incident UNION ALL SELECT file_id, row "
    "FROM rejection) GROUP BY file_id, row HAVING count(*) > 1",
    "SELECT * FROM imported_file f WHERE read <> kept + rejected OR kept <> (SELECT count(*) FROM "
    "incident WHERE file_id = f.id) OR rejected <> (SELECT count(*) FROM rejection WHERE "
    "file_id = f.id)",
    "SELECT * FROM pragma_foreign_key_check",
    "SELECT * FROM pragma_quick_check WHERE quick_check <> 'ok'",
)


def store_fault(store: Store, report: ImportReport, case: mutations.Case) -> str | None:
    """Return what is wrong with a store after an import."""
    if report.batch is None:
        return None if store.path.read_bytes() == store.content else "changed by nothing new"
    if report.read != report.kept + report.rejected or report.kept < 1:
        return f"{report.read} rows read, {report.kept} kept, {report.rejected} rejected"
    if case.rows is not None and report.read != case.rows:
        return f"{report.read} rows read, {case.rows} counted"
    if sum(report.reasons.values()) != report.rejected:
        return f"{report.rejected} rejected, reasons for {sum(report.reasons.values())}"
    with closing(sqlite3.connect(store.path)) as connection:
        if _others(connection) != store.before:
            return "what was there before is not what it was"
        for query in _BAD_ROWS:
            if found := connection.execute(query).fetchmany(3):
                return f"{query}: {found!r}"[:1500]
        names = [name for (name,) in connection.execute(
            "SELECT name FROM imported_file WHERE batch_id = ?", (report.batch,))]  # fmt: skip
        if names != [file.name for file in report.imported]:
            return f"files {names}, reported {report.imported}"
    return None


def fault_of(store: Store, case: mutations.Case, number: int) -> tuple[str, str | None]:
    """Import a file; return how that ended, and what is wrong with it."""
    try:
        report = store.add(case, whole=number % _WORKSPACE_EVERY == 0)
    except HotspotsError as error:
        fault = sentence_fault(str(error))
        if fault is None and store.path.read_bytes() != store.content:
            fault = f"the store was changed by an error: {error}"
        return "error", fault
    except BaseException:
        return "crash", traceback.format_exc()
    fault = store_fault(store, report, case)
    if fault is None and number % _AGAIN_EVERY == 0:
        content = store.path.read_bytes()
        again = store.add(case, whole=False)
        if again.batch is not None or store.path.read_bytes() != content:
            fault = f"imported twice: {again}"
    return ("import" if report.batch is not None else "nothing"), fault


def run(first: int, last: int) -> None:
    """Import the files of some seeds, negative ones are the bombs; say how each ended."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    with tempfile.TemporaryDirectory(prefix="hotspots-robust-") as name:
        folder = Path(name)
        store = Store(folder)
        for number in range(first, last):
            _say(seed=number)
            files = folder / "files"
            files.mkdir()
            case = _case(number, files)
            faulthandler.dump_traceback_later(LIMIT_S, exit=True)
            before = _begin_peak()
            end, fault = fault_of(store, case, abs(number))
            faulthandler.cancel_dump_traceback_later()
            peak = peak_kib() // 1024
            _say(seed=number, what=case.what, end=end, fault=fault, mb=peak, more=peak - before)
            shutil.rmtree(files)
            store.put_back()


def _case(number: int, folder: Path) -> mutations.Case:
    if number >= 0:
        return mutations.make(number, folder)
    name, content, mapping = bombs.BOMBS[-1 - number]()
    (folder / name).write_bytes(content)
    if mapping is not None:
        (folder / "mapping.toml").write_text(mapping, "utf-8")
    return mutations.Case(name, (folder / name,), folder / "mapping.toml" if mapping else None)


def _say(**values: Any) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def _begin_peak() -> int:
    """Let the peak of the memory begin anew, where the system can; return it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak_kib() // 1024


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
