"""What the repositories keep, on both databases."""

from __future__ import annotations

import pandas as pd
import pytest

from hotspots.ingest.postcodes import PostcodeTable
from hotspots.store.store import Store
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


@pytest.mark.parametrize("repository", ["boundaries", "incidents", "runs", "postcodes"])
def test_every_repository_can_be_had_for_reading(store: Store, repository: str) -> None:
    with (
        getattr(store, repository)() as _writing,
        getattr(store, repository)(read_only=True) as reading,
    ):
        assert reading is not None  # reading does not wait for the write to end
