"""Months of made-up incidents with the days they were recorded, for back-tests of a workspace."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots.workspace import Workspace
from tests.support import SIDE, X0, Y0

MAPPING = """\
source = "Made up"
crs = "EPSG:27700"
[columns]
reference = "ref"
from_date = "day"
recorded_date = "recorded"
category = "kind"
x = "x"
y = "y"
[dates]
date_formats = ["%Y-%m-%d"]
[categories]
"ASB" = "asb"
[defaults]
agency = "CSU"
"""


def made_up(months: int, each: int = 90, seed: int = 5) -> pd.DataFrame:
    """Incidents from January 2023 on: a third scattered, the rest round five places that last."""
    rng = np.random.default_rng(seed)
    days = (
        pd.Timestamp("2023-01-01") + pd.DateOffset(months=months) - pd.Timestamp("2023-01-01")
    ).days
    n = months * each
    happened = np.sort(rng.integers(0, days, n))
    # each day has one, so that the first and the last month are whole
    happened[:days] = np.arange(days)
    happened.sort()
    places = rng.uniform(500, 3 * SIDE - 500, (5, 2))
    xy = rng.uniform(10, 3 * SIDE - 10, (n, 2))
    round_one = rng.random(n) < 0.67
    at = places[rng.integers(0, 5, n)] + rng.normal(0, 120, (n, 2))
    xy = np.where(round_one[:, None], at, xy) + np.array([X0, Y0])
    delay = np.where(rng.random(n) < 0.1, 40, 1)
    start = np.datetime64("2023-01-01")
    return pd.DataFrame(
        {
            "ref": [f"A{i:05d}" for i in range(n)],
            "kind": "ASB",
            "day": start + happened,
            "recorded": start + happened + delay,
            "x": xy[:, 0].round(1),
            "y": xy[:, 1].round(1),
        }
    )


def add_history(workspace: Workspace, months: int) -> None:
    """Write the incidents and their mapping to a workspace's folder, and import them."""
    table, mapping = workspace.folder / "made-up.csv", workspace.folder / "made-up.toml"
    made_up(months).to_csv(table, index=False)
    mapping.write_text(MAPPING, "utf-8")
    workspace.add_incidents([table], mapping=mapping)
