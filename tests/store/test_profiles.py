"""Versions of profiles and their approvals, on both databases."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import URL, func, select, update

from hotspots.errors import UsageError, WorkspaceError
from hotspots.profile import ForecastMap, Profile
from hotspots.store.profiles import Profiles
from hotspots.store.schema import profile_version
from hotspots.store.state import approvals_of, state_of
from hotspots.store.store import Store

FINE = Profile(
    cell_size_m=0.1 + 0.2,
    forecast=(ForecastMap(bandwidth_m=0, half_life_weeks=None, weight=1 / 3),),
)


def _save(store: Store, category: str = "asb", profile: Profile = FINE, **more: object) -> int:
    given: dict[str, object] = {"author": "A", "reason": "why", **more}
    with store.write() as connection:
        return Profiles(connection).add(category, profile, **given).version  # type: ignore[arg-type]


def test_a_version_is_read_as_it_was_kept(store: Store) -> None:
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
    with store.write() as connection:
        made = Profiles(connection).add("asb", FINE, " A. Analyst ", "Because\nof it", 0, {"x": 1})
    with store.read() as connection:
        found = Profiles(connection).find("asb", 1)
        assert Profiles(connection).versions("asb") == (found,)
        assert Profiles(connection).versions("fires") == ()
    assert found == made
    assert (found.author, found.reason) == ("A. Analyst", "Because of it")
    assert (found.name, found.profile.version, found.evidence) == ("asb", "1", {"x": 1})
    assert found.profile.cell_size_m == 0.1 + 0.2
    assert found.profile.forecast == FINE.forecast
    assert before <= found.made_at <= datetime.now(UTC).replace(tzinfo=None)


def test_each_category_counts_its_own_versions(store: Store) -> None:
    assert [_save(store), _save(store, profile=Profile(seed=1))] == [1, 2]
    assert _save(store, "fires") == 1


def test_a_name_of_its_own_is_kept(store: Store) -> None:
    _save(store, profile=Profile(name="tuned", seed=1))
    with store.read() as connection:
        assert Profiles(connection).find("asb", 1).name == "tuned"


def test_the_same_settings_are_refused_by_whatever_name(store: Store) -> None:
    _save(store)
    for again in (FINE, FINE.model_copy(update={"name": "new"}), Profile(**FINE.model_dump())):
        with pytest.raises(UsageError, match="these settings are version 1 of asb, made by A"):
            _save(store, profile=again)
    other = {"restricted_kinds": (), "cell_size_m": FINE.cell_size_m, "forecast": FINE.forecast}
    with pytest.raises(UsageError, match="version 1"):
        _save(store, profile=Profile(**other))
    assert _save(store, "fires") == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"author": " "}, "author; got none"),
        ({"reason": "\n"}, "reason; got none"),
        ({"reason": "x" * 2001}, "at most 2,000 characters; got 2,001"),
        ({"based_on": 7}, "asb has none and got 7"),
        ({"based_on": -1}, "got -1"),
        ({"evidence": {"x": object()}}, "plain values; got object"),
    ],
)
def test_what_is_not_said_is_not_kept(store: Store, given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _save(store, **given)
    with store.read() as connection:
        assert Profiles(connection).versions("asb") == ()


def test_evidence_is_kept_as_plain_values(store: Store) -> None:
    day = datetime(2024, 1, 2)
    given = {"a": np.float64(0.5), "b": [math.nan, np.inf], "c": (np.arange(2), day), "d": None}
    _save(store, evidence=given)
    with store.read() as connection:
        kept = Profiles(connection).find("asb", 1).evidence
    assert kept == {"a": 0.5, "b": [None, None], "c": [[0, 1], "2024-01-02T00:00:00"], "d": None}


@pytest.mark.parametrize("number", [0, 2, -1, 2**70])
def test_a_version_that_was_never_kept_is_said(store: Store, number: int) -> None:
    _save(store)
    with store.read() as connection, pytest.raises(UsageError, match=f"asb has 1 and got {number}"):
        Profiles(connection).find("asb", number)


def test_the_last_approval_stands_and_all_are_kept(store: Store) -> None:
    _save(store)
    _save(store, profile=Profile(seed=1))
    _save(store, "fires")
    with store.write() as connection:
        profiles = Profiles(connection)
        assert profiles.approved("asb") is None
        for version in (2, 1, 0, 2):
            profiles.approve("asb", version, "Chair", f"now {version}")
        profiles.approve("fires", 1, "Chair", "fires")
        assert [each.version for each in profiles.approvals("asb")] == [2, 1, 0, 2]
        assert [each.reason for each in profiles.approvals("fires")] == ["fires"]
        standing = profiles.approved("asb")
        assert standing is not None
        assert (standing.kept.version, standing.approval.reason) == (2, "now 2")
        for last, version in ((0, None), (1, 2), (2, 1), (3, None)):
            then = profiles.approved("asb", last)
            assert (then and then.kept.version) == version
        with pytest.raises(UsageError, match="asb has 1 to 2 and got 3"):
            profiles.approve("asb", 3, "Chair", "why")


def test_saving_changes_no_state_and_approving_that_of_the_maps_alone(store: Store) -> None:
    def states() -> tuple[str, str]:
        with store.read() as connection:
            return state_of(connection), approvals_of(connection)

    nothing = states()
    assert nothing[1] == ""
    _save(store)
    assert states() == nothing
    seen = {nothing[1]}
    for version in (1, 0, 0):
        with store.write() as connection:
            Profiles(connection).approve("asb", version, "Chair", "why")
        assert states()[0] == nothing[0]
        seen.add(states()[1])
    assert len(seen) == 4


def test_of_many_that_save_at_once_each_gets_its_number(
    url: URL, store: Store, open_store: Callable[..., Store]
) -> None:
    stores = [open_store(url) for _ in range(4)]
    start = threading.Barrier(len(stores))
    got: list[int] = []

    def save(one: Store, seed: int) -> None:
        start.wait(timeout=20)
        got.append(_save(one, profile=Profile(seed=seed)))

    threads = [
        threading.Thread(target=save, args=(one, n)) for n, one in enumerate(stores, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(got) == [1, 2, 3, 4]
    with store.read() as connection:
        seeds = {each.profile.seed for each in Profiles(connection).versions("asb")}
        assert seeds == {1, 2, 3, 4}
        assert connection.scalar(select(func.count()).select_from(profile_version)) == 4


def test_a_version_that_was_tampered_with_is_refused(store: Store) -> None:
    _save(store)
    with store.write() as connection:
        settings = connection.scalar(select(profile_version.c.settings))
        connection.execute(update(profile_version).values(settings={**settings, "seed": 9}))
    with store.read() as connection, pytest.raises(WorkspaceError, match="version 1 of asb was ch"):
        Profiles(connection).find("asb", 1)


def test_a_version_with_settings_of_another_time_is_said(store: Store) -> None:
    from hotspots.versions import digest_of

    _save(store)
    with store.write() as connection:
        settings = {**connection.scalar(select(profile_version.c.settings)), "unheard_of": 1}
        connection.execute(
            update(profile_version).values(settings=settings, sha256=digest_of(settings))
        )
    with store.read() as connection, pytest.raises(WorkspaceError, match="'unheard_of'"):
        Profiles(connection).find("asb", 1)
