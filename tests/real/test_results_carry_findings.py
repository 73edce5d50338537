"""What is wrong with the data reaches every result that is made of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from markupsafe import escape

from hotspots.web.app import create_app
from hotspots.web.data_page import data_view
from hotspots.workspace import Workspace


@pytest.fixture(scope="module")
def city(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The City of London, 2015 to September 2017: ASB is missing from two of its months."""
    area = Workspace.init(tmp_path_factory.mktemp("city") / "area")
    area.add_boundaries([real_data / "uk-geojson" / "wards" / "E09000001.json"], "2013")
    area.add_incidents([real_data / "police-uk-city-of-london"])
    yield area  # type: ignore[misc]
    area.store.close()


def test_a_missing_month_is_no_history(city: Workspace) -> None:
    june = city.run("2017-06", "asb")
    missing = [f for f in june.findings if f.code == "missing-category"]
    assert [f.severity for f in missing] == ["serious"]
    assert "2017-05" in missing[0].months
    # May is not taken for a month without ASB: 11 of the 12 months before are compared with
    assert june.totals["history_periods"] == 11
    burglary = city.run("2017-06", "burglary")
    assert burglary.totals["history_periods"] == 12
    assert not [f for f in burglary.findings if f.code == "missing-category"]


def test_a_missing_month_would_have_made_the_usual_too_low(city: Workspace) -> None:
    june = city.run("2017-06", "asb")
    incidents = city.stored.incidents("asb")
    inside = city.wards().assign(incidents.xy) >= 0
    month = incidents.frame.loc[inside, "starts_at"].dt.to_period("M").astype("str")
    counts = month.value_counts()
    assert "2017-05" not in counts
    before = [f"2016-{m:02d}" for m in range(6, 13)] + [f"2017-{m:02d}" for m in (1, 2, 3, 4)]
    assert june.totals["usual"] == pytest.approx(counts[before].sum() / 11)


def test_a_change_of_recording_is_said_where_it_is_crossed(city: Workspace) -> None:
    crossed = city.run("2017-06", "burglary").notes
    assert any("2017" in note and "residential" in note for note in crossed)
    not_crossed = city.run("2016-06", "burglary").notes
    assert not any("residential" in note for note in not_crossed)


def test_the_findings_leave_with_every_export_and_come_back(
    city: Workspace, tmp_path: Path
) -> None:
    result = city.run("2017-06", "asb")
    again = city.last_run("2017-06", "asb")
    assert again.findings == result.findings
    path = result.export(tmp_path / "wards.csv", "wards")
    beside = (tmp_path / f"{path.name}.provenance.json").read_text("utf-8")
    assert "missing-category" in beside


def test_the_data_page_says_which_changes_its_months_cross(city: Workspace) -> None:
    said = data_view(city).breaks
    assert len(said) == len(set(said))
    assert any("residential" in sentence for sentence in said)
    # of the years before, and of another force
    assert not any("Kent Police" in sentence for sentence in said)
    page = create_app(city).test_client().get("/data").get_data(as_text=True)
    assert "Where the way of recording changed" in page
    assert all(str(escape(sentence)) in page for sentence in said)
