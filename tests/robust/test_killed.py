"""``kill -9`` at any moment of an import: the store opens, and has all of it or nothing."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from hotspots.store import Store
from tests.robust.processes import COMMIT, DONE, add, contents, exports, importer, new_store

FILES, ROWS = 4, 800


class Tries:
    """One import, to be made again and again on copies of one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        earlier = exports(folder / "earlier", files=1, rows=200)
        self.files = exports(folder / "new", files=FILES, rows=ROWS, first=100)
        self.base = folder / "base.sqlite"
        store = Store(new_store(self.base))
        add(store, earlier)
        store.close()
        self.absent = contents(self.base)
        url = self.copy()
        begin = time.perf_counter()
        with importer(url, self.files, tell_commit=True) as one:
            begin = time.perf_counter()
            one.go_on()
            one.expect(COMMIT)
            self.to_commit_s = time.perf_counter() - begin
            one.expect(DONE)
            self.all_s = time.perf_counter() - begin
        self.whole = contents(self.folder / "try.sqlite")

    def copy(self) -> URL:
        """Return the address of a fresh copy of the store."""
        path = self.folder / "try.sqlite"
        for side in ("-wal", "-shm"):
            Path(f"{path}{side}").unlink(missing_ok=True)
        shutil.copyfile(self.base, path)
        return URL.create("sqlite", database=str(path))

    def kill_after(self, seconds: float, *, at_commit: bool) -> dict[str, Any]:
        """Kill an import some time after its start or commit; return what the store holds then."""
        url = self.copy()
        with importer(url, self.files, tell_commit=at_commit) as one:
            one.go_on()
            if at_commit:
                one.expect(COMMIT)
            time.sleep(seconds)
            one.kill()
        store = Store(url)
        store.migrate()
        left = contents(self.folder / "try.sqlite")
        again = add(store, self.files)
        store.close()
        assert again == (FILES * ROWS if left == self.absent else 0)
        assert contents(self.folder / "try.sqlite") == self.whole
        return left


@pytest.mark.parametrize("moments", [6, pytest.param(50, marks=pytest.mark.slow)])
def test_an_import_that_is_killed_is_whole_or_absent(moments: int, tmp_path: Path) -> None:
    tries = Tries(tmp_path)
    # older versions of 100 references are superseded: counts alone would not tell all
    assert tries.whole["incident"] > tries.absent["incident"]
    assert sum(read for _, read, _, _ in tries.whole["files"]) == FILES * ROWS + 200
    rng = random.Random(moments)  # noqa: S311
    ends = []
    for at in range(moments):
        # a third of them while it commits, which takes a moment only
        at_commit = at % 3 == 0
        longest = 1.2 * (tries.all_s - tries.to_commit_s) if at_commit else tries.to_commit_s
        share = (at + rng.random()) / moments
        left = tries.kill_after(share * longest, at_commit=at_commit)
        assert left in (tries.absent, tries.whole), f"moment {at} of {moments}, share {share}"
        ends.append(left == tries.whole)
    assert not all(ends)
