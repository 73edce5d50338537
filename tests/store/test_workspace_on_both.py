"""The whole way through on each database: import, examine, run, supersede, undo, export."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL

from hotspots.settings import FILE_NAME
from hotspots.workspace import Workspace
from tests.conftest import ROOT

MONTH = ROOT / "data" / "incidents-2026-09.csv"
MAPPING = ROOT / "data" / "mapping.toml"


@pytest.fixture
def area(url: URL, tmp_path: Path) -> Workspace:
    folder = tmp_path / "area"
    Workspace.init(folder).store.close()
    settings = folder / FILE_NAME
    text = settings.read_text("utf-8")
    address = url.render_as_string(hide_password=False)
    text = text.replace("sqlite:///hotspots.sqlite", address.replace("\\", "/"))
    settings.write_text(text, "utf-8")
    opened = Workspace(folder)
    opened.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    opened.add_population(ROOT / "boundaries" / "population.csv")
    yield opened  # type: ignore[misc]
    opened.store.close()


def test_the_way_through(area: Workspace, tmp_path: Path) -> None:
    first = area.add_incidents([MONTH], mapping=MAPPING)
    assert first.read == first.kept + first.rejected > 2000
    assert area.findings() == area.findings(anew=True) == first.findings
    result = area.run("2026-09", "asb")
    assert result.totals["incidents"] == area.result("2026-09", "asb").totals["incidents"] > 0
    counts = area.stored.counts()
    lines = MONTH.read_text("utf-8").splitlines()
    (tmp_path / "later.csv").write_text("\n".join(lines[:400]) + "\n", "utf-8")
    later = area.add_incidents([tmp_path / "later.csv"], mapping=MAPPING)
    assert later.superseded == later.kept > 300
    assert area.stored.counts() == counts
    assert area.compare_imports(1, 2).changed == 0
    area.undo()
    assert area.stored.counts() == counts
    back = area.last_run("2026-09", "asb")
    assert back.provenance == result.provenance
    assert sum(area.coverage()["count"]) == first.kept
    assert set(area.data_to()) == {"Police", "Borough council", "Fire and rescue service"}
