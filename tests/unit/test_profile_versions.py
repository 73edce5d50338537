"""A workspace's approved profiles are used for every map, table and file of their category."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely

from hotspots.comparing_profiles import compare_profiles
from hotspots.errors import UsageError
from hotspots.model import Period
from hotspots.profile import Profile, Tier, Tiers
from hotspots.releasing import ExportRequest
from hotspots.workspace import Workspace
from tests.conftest import ROOT

MONTH = "2026-09"
OWN = Profile(tiers=Tiers(partner=Tier(small_counts_below=9)), restricted_kinds=("fires",))
COARSE = Profile(cell_size_m=500, distance_m=800, shortlist={"least": 1, "at_most": 2})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles") / "area"
    made = Workspace.init(folder)
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_population(ROOT / "boundaries" / "population.csv")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    made.store.close()
    return folder


@pytest.fixture
def area(loaded: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of the workspace, with settings of its own for what leaves it."""
    import shutil

    folder = tmp_path / "area"
    shutil.copytree(loaded, folder)
    made = Workspace(folder)
    made.profile = OWN
    yield made
    made.store.close()


def _approved(area: Workspace, profile: Profile = COARSE) -> None:
    kept = area.save_profile("asb", profile, "A. Analyst", "Fewer squares")
    area.approve_profile("asb", kept.version, "Chair", "Agreed")


def test_before_any_approval_the_workspaces_own_profile_is_used(area: Workspace) -> None:
    area.save_profile("asb", COARSE, "A. Analyst", "Fewer squares")
    assert area.approved_version("asb") == 0
    assert area.profile_of("asb") is OWN
    made = area.result(MONTH, "asb")
    assert "profile_version" not in made.provenance
    assert made.provenance["profile"]["version"] == ""


def test_the_approved_version_has_the_workspaces_own_tiers(area: Workspace) -> None:
    _approved(area, COARSE.model_copy(update={"tiers": Tiers(), "restricted_kinds": ()}))
    for used in (
        area.profile_of("asb"),
        area.profile_of("asb", 1),
        area.profile_version("asb", 1).profile,
        area.profile_versions("asb")[0].profile,
    ):
        assert (used.tiers, used.restricted_kinds) == (OWN.tiers, OWN.restricted_kinds)
        assert (used.cell_size_m, used.name, used.version) == (500, "asb", "1")
    assert area.profile_of("asb", 0) is OWN
    assert area.profile_of("violence") is OWN


def test_everything_of_a_category_uses_its_approved_version(area: Workspace) -> None:
    before = area.run(MONTH, "asb")
    _approved(area)
    run = area.run(MONTH, "asb")
    assert run.provenance["run"] != before.provenance["run"]
    assert len(run.cells) < len(before.cells)
    for made in (run, area.last_run(MONTH, "asb"), area.result(MONTH, "asb")):
        assert made.provenance["profile"]["version"] == "1"
        assert made.provenance["profile"]["cell_size_m"] == 500
        told = made.provenance["profile_version"]
        assert (told["version"], told["author"], told["reason"]) == (
            1, "A. Analyst", "Fewer squares",
        )  # fmt: skip
        assert (told["approved_by"], told["approved_because"]) == ("Chair", "Agreed")
        assert told["approved_at"] == area.approvals("asb")[-1].as_dict()["approved_at"]
        json.dumps(told)
    assert len(area.shortlist(run).listed) <= 2
    track = area.track(Period.parse(MONTH), "asb")
    assert area.meeting(run, track).evidence.profile.cell_size_m == 500
    other = area.result(MONTH, "violence")
    assert other.provenance["profile"]["cell_size_m"] == 250


def test_a_profile_that_is_given_wins(area: Workspace) -> None:
    _approved(area)
    made = area.run(MONTH, "asb", Profile(cell_size_m=300))
    assert made.provenance["profile"]["cell_size_m"] == 300
    assert "profile_version" not in made.provenance


def test_a_changed_version_is_not_called_that_version(area: Workspace) -> None:
    _approved(area)
    version = area.profile_of("asb", 1)
    kept = area.result(MONTH, "asb", profile=version)
    changed = area.result(MONTH, "asb", profile=version.model_copy(update={"alpha": 0.01}))
    assert kept.provenance["profile"]["version"] == "1"
    assert changed.provenance["profile"]["version"] == ""


def test_the_state_changes_with_an_approval_alone(area: Workspace) -> None:
    states, findings = [area.state()], area.stored.state()
    area.save_profile("asb", COARSE, "A", "why")
    assert area.state() == states[0]
    for version in (1, 0):
        area.approve_profile("asb", version, "Chair", "why")
        states.append(area.state())
    assert len(set(states)) == 3
    assert area.stored.state() == findings
    assert area.profile_of("asb") is OWN


def test_one_answer_speaks_of_one_approval(area: Workspace) -> None:
    _approved(area)
    area.save_profile("asb", Profile(cell_size_m=400), "A", "why")
    with area.hold():
        held = area.state()
        area.approve_profile("asb", 2, "Chair", "later")
        assert area.approved_version("asb") == 1
        assert area.state() == held
    assert area.approved_version("asb") == 2


def test_another_process_sees_what_was_approved(area: Workspace) -> None:
    other = Workspace(area.folder)
    assert other.approved_version("asb") == 0
    _approved(area)
    assert other.approved_version("asb") == 1
    other.store.close()


def test_a_new_version_is_based_on_the_approved_one(area: Workspace) -> None:
    _approved(area)
    assert area.save_profile("asb", Profile(seed=2), "A", "why").based_on == 1
    assert area.save_profile("asb", Profile(seed=3), "A", "why", based_on=0).based_on == 0


@pytest.mark.parametrize("tier", ["public", "restricted"])
def test_an_export_names_the_version_and_free_text_stays_inside(area: Workspace, tier: str) -> None:
    _approved(area)
    done = area.export(
        ExportRequest(
            kind="hotspots", tier=tier, who="A", period=MONTH, category="asb",
            format="geojson", kept=False,
        )
    )  # fmt: skip
    text = b"".join(content for _, content in done.files).decode("utf-8")
    assert '"profile_version"' in text
    assert ("Fewer squares" in text) == (tier == "restricted")
    assert ("Chair" in text) == (tier == "restricted")


@pytest.mark.parametrize("call", ["profile_of", "approved_version", "profile_versions"])
def test_a_category_must_be_one(area: Workspace, call: str) -> None:
    with pytest.raises(UsageError, match="A category must be one of"):
        getattr(area, call)("nonsense")


def test_two_profiles_side_by_side_agree_with_counting_by_hand(area: Workspace) -> None:
    a, b = OWN, OWN.model_copy(update={"class_limits": (1e-6, 1e-5, 0.05), "alpha": 0.05})
    found = compare_profiles(area, MONTH, "asb", a, b)
    one, other = (area.result(MONTH, "asb", profile=each) for each in (a, b))
    for compared in found.questions:
        if not compared.known:
            continue
        column = {"concentrated": "gi_star_p_adjusted", "worse": "change_p_adjusted"}
        p = one.cells[column[compared.question]]
        loose, strict = p <= 0.10, p <= 0.05
        assert (compared.both, compared.only_a, compared.only_b) == (
            strict.sum(), (loose & ~strict).sum(), 0,
        )  # fmt: skip
        inside = one.cells["incidents"]
        assert compared.a.incidents == inside[loose].sum()
        assert compared.b.share_of_incidents == pytest.approx(inside[strict].sum() / inside.sum())
        assert compared.both_km2 == pytest.approx(strict.sum() * 0.0625)
        assert compared.a.hot_spots == (one.hotspots["question"] == compared.question).sum()
        assert compared.a.hot_spots == compared.a.in_both == compared.b.in_both
    assert found.questions[0].a.squares > 0
    assert len(other.cells) == len(one.cells)


def test_squares_of_two_sizes_are_compared_by_area(area: Workspace) -> None:
    _approved(area)
    found = compare_profiles(area, MONTH, "asb", 0, 1)
    assert "Squares of 500 m, not 250 m." in found.differs
    compared = found.questions[0]
    assert (compared.both, compared.only_a, compared.only_b) == (None, None, None)
    shaded = [
        shapely.union_all(cells.geometry[cells["concentrated"].isin(kinds)].to_numpy())
        for number in (0, 1)
        for cells in [area.result(MONTH, "asb", profile=area.profile_of("asb", number)).cells]
        for kinds in [("possible", "clear", "very clear")]
    ]
    assert compared.only_a_km2 == pytest.approx(shapely.difference(*shaded).area / 1e6)
    assert compared.a.shaded_km2 == pytest.approx(shaded[0].area / 1e6)
    assert compared.both_km2 + compared.only_b_km2 == pytest.approx(compared.b.shaded_km2)
    json.dumps(found.as_dict(), allow_nan=False)


def test_a_profile_compared_with_itself_has_nothing_of_its_own(area: Workspace) -> None:
    found = compare_profiles(area, MONTH, "asb", 0, 0)
    assert found.differs == ("No setting differs.",)
    for one in found.questions:
        assert (one.only_a_km2, one.only_b_km2) == pytest.approx((0, 0), abs=1e-9)
        assert one.a == one.b
        assert one.a.in_both == one.a.hot_spots
