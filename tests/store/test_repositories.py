"""What the repositories keep, on both databases."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspots.ingest.postcodes import PostcodeTable
from hotspots.store.state import state_of
from hotspots.store.store import Store
from hotspots.streets import Streets
from tests.support import nine_wards


def _postcodes(**places: tuple[float, float]) -> pd.DataFrame:
    rows = [(code, x, y) for code, (x, y) in places.items()]
    return pd.DataFrame(rows, columns=["postcode", "x", "y"])


def test_wards_come_back_as_they_went_in(store: Store) -> None:
    wards = nine_wards()
    with store.boundaries() as sets:
        assert sets.add(wards)
    with store.boundaries(read_only=True) as sets:
        back = sets.wards("2021")
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.frame.drop(columns="geometry")),
        pd.DataFrame(wards.frame.drop(columns="geometry")),
        check_dtype=False,
    )
    assert back.frame.geometry.geom_equals(wards.frame.geometry).all()
    assert back.crs == wards.crs


def test_postcodes_come_back_in_order(store: Store) -> None:
    with store.postcodes() as postcodes:
        postcodes.add(_postcodes(B1=(1.5, 2), A1=(3, 4)), "one")
    with store.postcodes(read_only=True) as postcodes:
        assert postcodes.load().to_numpy().tolist() == [["A1", 3.0, 4.0], ["B1", 1.5, 2.0]]
        assert postcodes.count() == {"one": 2}


def test_a_source_takes_its_own_place_and_the_last_one_says_where(store: Store) -> None:
    with store.postcodes() as postcodes:
        postcodes.add(_postcodes(A1=(1, 1), B1=(1, 1)), "one")
        postcodes.add(_postcodes(B1=(2, 2), C1=(2, 2)), "two")
        assert postcodes.count() == {"one": 1, "two": 2}
        postcodes.add(_postcodes(D1=(3, 3)), "one")
        assert postcodes.load()["postcode"].tolist() == ["B1", "C1", "D1"]
        postcodes.add(_postcodes(), "two")
        assert postcodes.count() == {"one": 1}


def test_an_empty_store_has_no_postcodes(store: Store) -> None:
    with store.postcodes(read_only=True) as postcodes:
        frame = postcodes.load()
        assert postcodes.count() == {}
    assert len(PostcodeTable(lambda: frame)) == 0


def test_rows_are_placed_by_what_is_stored(store: Store) -> None:
    with store.postcodes() as postcodes:
        postcodes.add(_postcodes(DA11AA=(553664, 174039)), "one")

    def load() -> pd.DataFrame:
        with store.postcodes(read_only=True) as postcodes:
            return postcodes.load()

    x, y = PostcodeTable(load).locate(pd.Series(["da1 1aa"], dtype="str"))
    assert (x.tolist(), y.tolist()) == ([553664.0], [174039.0])


def _streets(source: str, name: str, attribution: str | None = None) -> Streets:
    line = shapely.LineString([(600_000, 200_000), (600_100.5, 200_000)])
    frame = gpd.GeoDataFrame({"name": [name], "kind": "street"}, geometry=[line], crs="EPSG:27700")
    return Streets(frame, source, "0" * 64, attribution)


def test_streets_come_back_as_they_went_in(store: Store) -> None:
    with store.streets() as files:
        assert files.load("EPSG:27700") is None
        files.add(_streets("a.gpkg", "Old Lane"))
        files.add(_streets("b.gpkg", "<b>Road\u00e9", "© Them"))
        files.add(_streets("a.gpkg", "New Lane", "© Us"))
    with store.streets(read_only=True) as files:
        found = files.load("EPSG:27700")
        assert files.sources() == {"b.gpkg": 1, "a.gpkg": 1}
    assert found is not None
    assert found["name"].tolist() == ["<b>Road\u00e9", "New Lane"]
    assert found.length.tolist() == [100.5, 100.5]
    assert found.attrs["attribution"] == "© Them; © Us"
    with store.streets() as files:
        files.add(_streets("c.gpkg", "Only"), replace=True)
        assert files.sources() == {"c.gpkg": 1}


def test_streets_are_turned_into_the_crs_asked_for(store: Store) -> None:
    with store.streets() as files:
        files.add(_streets("a.gpkg", "Lane"))
        found = files.load("EPSG:32631")
    assert found is not None
    assert found.crs == "EPSG:32631"
    assert found.to_crs("EPSG:27700").total_bounds == pytest.approx(
        [600_000, 200_000, 600_100.5, 200_000], abs=0.01
    )


def test_the_state_changes_with_the_streets_and_not_without(store: Store) -> None:
    def state() -> str:
        with store.read() as connection:
            return state_of(connection)

    seen = [state()]
    for streets in (_streets("a", "x"), _streets("b", "x"), _streets("a", "y")):
        with store.streets() as files:
            files.add(streets)
        seen.append(state())
    assert len(set(seen)) == len(seen)
    assert state() == seen[-1]


@pytest.mark.parametrize("repository", ["boundaries", "incidents", "runs", "postcodes", "streets"])
def test_every_repository_can_be_had_for_reading(store: Store, repository: str) -> None:
    with (
        getattr(store, repository)() as _writing,
        getattr(store, repository)(read_only=True) as reading,
    ):
        assert reading is not None  # reading does not wait for the write to end
