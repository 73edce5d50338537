"""A file of a million rows is imported within a gibibyte of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.robust import seeds
from tests.support import SIDE, X0, Y0

ROOT = Path(__file__).parents[2]
ROWS = 1_000_000
LIMIT_BYTES = 1 << 30

#: Prints rows read and kept, and the peak of the memory in KiB.
_PROGRAM = """
import json, sys
from pathlib import Path
from hotspots.workspace import Workspace
from tests.robust.peak import peak_kib
from tests.support import nine_wards

workspace = Workspace.init(Path(sys.argv[1]) / "workspace")
with workspace.store.boundaries() as sets:
    sets.add(nine_wards())
report = workspace.add_incidents([Path(sys.argv[2])], mapping=Path(sys.argv[3]))
print(json.dumps([report.read, report.kept, peak_kib()]))
"""


def million(start: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(start)
    every = pd.RangeIndex(start, start + rows)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1800, rows), "D")
    written = pd.Series(day).dt.strftime("%d/%m/%Y")
    return pd.DataFrame(
        {
            "ref": "MU/" + pd.Series(every).astype("str").str.zfill(9),
            "kind": rng.choice(["Anti-social behaviour", "Dwelling burglary"], rows),
            "from": written,
            "from time": "10:15",
            "to": written,
            "to time": "11:15",
            "recorded": written,
            "easting": pd.Series(X0 + rng.uniform(0, 3 * SIDE, rows).round(1)).astype("str"),
            "northing": pd.Series(Y0 + rng.uniform(0, 3 * SIDE, rows).round(1)).astype("str"),
            "where": "Made Up Street " + pd.Series(rng.integers(0, 3000, rows)).astype("str"),
            "agency": "Made-up Police",
            "status": "Caller reports, see log; no further action taken at this time. " * 2,
        }
    )


def _write(path: Path) -> None:
    parts = [million(start, 100_000) for start in range(0, ROWS, 100_000)]
    if path.suffix == ".parquet":
        pd.concat(parts).to_parquet(path, index=False)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        for at, part in enumerate(parts):
            part.to_csv(file, index=False, header=at == 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["million.csv", "million.parquet"])
def test_a_million_rows_within_a_gibibyte(name: str, tmp_path: Path) -> None:
    path, mapping = tmp_path / name, tmp_path / "mapping.toml"
    _write(path)
    mapping.write_text(seeds.MAPPING, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path), str(path), str(mapping)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    read, kept, peak_kib = json.loads(done.stdout)
    assert (read, kept) == (ROWS, ROWS)
    assert peak_kib * 1024 < LIMIT_BYTES
