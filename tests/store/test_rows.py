"""Rows go in fast and come out as they were, on both databases."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    text,
)

from hotspots.errors import WorkspaceError
from hotspots.store.rows import insert_frame, read_frame
from hotspots.store.schema import postcode
from hotspots.store.store import Store

# names that are words of SQL, as some columns of the schema are
SAMPLE = Table(
    "sample",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("row", Integer),
    Column("key", String),
    Column("precision", Float),
    Column("at", DateTime),
)
# PostgreSQL keeps no NUL in a text, and no database half a character
_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_VALUES = st.tuples(
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | _TEXT | st.sampled_from(["", "NULL", '"', "\\N", "a,b\r\n", "''", "\\."]),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
)
_NAMES = ["row", "key", "precision", "at"]


@pytest.fixture
def sampled(store: Store) -> Store:
    """A store with the sample's table beside its own."""
    with store.write() as connection:
        SAMPLE.create(connection)
    return store


def _frame(rows: list[tuple[object, ...]], text_type: str = "str") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=_NAMES, dtype=object)
    return frame.astype(
        {"row": "Int64", "key": text_type, "precision": "float64", "at": "datetime64[us]"}
    )


def _all(connection: Connection) -> list[tuple[object, ...]]:
    query = select(*(SAMPLE.c[name] for name in _NAMES)).order_by(SAMPLE.c.id)
    return [tuple(row) for row in connection.execute(query)]


@given(st.lists(_VALUES, max_size=8), st.sampled_from(["str", "object"]))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_come_back_as_they_went_in(
    sampled: Store, rows: list[tuple[object, ...]], text_type: str
) -> None:
    with sampled.write() as connection:
        connection.execute(delete(SAMPLE))
        insert_frame(connection, SAMPLE, _frame(rows, text_type))
        assert _all(connection) == rows


@given(st.lists(_VALUES, min_size=1, max_size=8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_they_are_stored_as_sqlalchemy_stores_them(
    sampled: Store, rows: list[tuple[object, ...]]
) -> None:
    plain = [dict(zip(_NAMES, row, strict=True)) for row in rows]
    raw = text("SELECT row, key, precision, at FROM sample ORDER BY id")
    with sampled.write() as connection:
        connection.execute(delete(SAMPLE))
        connection.execute(insert(SAMPLE), plain)
        expected = connection.execute(raw).all()
        connection.execute(delete(SAMPLE))
        insert_frame(connection, SAMPLE, _frame(rows))
        assert connection.execute(raw).all() == expected


def test_times_of_any_unit_and_repeated_ones_are_kept(sampled: Store) -> None:
    times = pd.Series(["2021-03-01 00:00", None, "2021-03-01 00:00", "2021-03-31 23:59:59.5"])
    with sampled.write() as connection:
        for unit in ("s", "ms", "us", "ns"):
            connection.execute(delete(SAMPLE))
            floored = pd.to_datetime(times, format="ISO8601").astype(f"datetime64[{unit}]")
            insert_frame(connection, SAMPLE, pd.DataFrame({"at": floored}))
            found = [row[3] for row in _all(connection)]
            expected = [None if pd.isna(t) else t.to_pydatetime() for t in floored]
            assert found == expected


@given(st.lists(st.lists(_VALUES, min_size=1, max_size=4), min_size=2, max_size=4))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_put_together_go_in_and_come_out_as_columns(
    sampled: Store, parts: list[list[tuple[object, ...]]]
) -> None:
    whole = pd.concat([_frame(part) for part in parts], ignore_index=True)
    query = select(*(SAMPLE.c[name] for name in _NAMES)).order_by(SAMPLE.c.id)
    with sampled.write() as connection:
        connection.execute(delete(SAMPLE))
        insert_frame(connection, SAMPLE, whole)
        assert _all(connection) == [row for part in parts for row in part]
        found = read_frame(connection, query)
    expected = whole.astype({"row": "float64"})
    pd.testing.assert_frame_equal(found, expected)


def test_no_rows_come_out_as_columns_of_their_types(sampled: Store) -> None:
    with sampled.read() as connection:
        found = read_frame(connection, select(*(SAMPLE.c[name] for name in _NAMES)))
    assert found.dtypes.astype(str).to_dict() == {
        "row": "float64", "key": "str", "precision": "float64", "at": "datetime64[us]",
    }  # fmt: skip


def test_no_rows_are_no_work(sampled: Store) -> None:
    with sampled.write() as connection:
        insert_frame(connection, SAMPLE, _frame([]))
        assert _all(connection) == []


def test_a_row_that_does_not_fit_leaves_none(store: Store) -> None:
    frame = pd.DataFrame({"postcode": ["A", "B"], "x": [1.0, np.nan], "y": 1.0, "source": "s"})
    with pytest.raises(WorkspaceError, match="A row must fit"), store.write() as connection:
        insert_frame(connection, postcode, frame)
    with store.read() as connection:
        assert connection.execute(select(postcode)).all() == []


def test_many_rows_keep_their_order(sampled: Store) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=20_000)
    with sampled.write() as connection:
        insert_frame(connection, SAMPLE, pd.DataFrame({"precision": values}))
        np.testing.assert_array_equal([row[2] for row in _all(connection)], values)
