"""Rows in and out of the database."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import (
    Connection,
    CursorResult,
    DateTime,
    Integer,
    Select,
    String,
    Table,
    insert,
)

#: Rows read at a time.
_BLOCK = 8_192


def new_id(done: CursorResult[Any]) -> int:
    """Return the primary key that an insert of one row was given."""
    keys = done.inserted_primary_key
    if keys is None:
        raise AssertionError("an insert of one row has a key")
    return int(keys[0])


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries with None for every kind of missing value."""
    plain = frame.astype(object).where(frame.notna(), None)
    names = [str(name) for name in plain.columns]
    columns = [plain[name].tolist() for name in plain.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def read_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Return the rows of a query as columns, in blocks: a million rows never stand as objects.

    Parameters
    ----------
    connection : Connection
        Inside a transaction.
    query : Select
        Of columns that hold numbers, text or times.

    Returns
    -------
    pandas.DataFrame
        Named as the query's columns; texts are "str", times datetime64[us], other columns float64
        or int64. NULL is NaN or NaT. No rows give no rows of these types.
    """
    compiled = query.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    given = compiled.params
    order = getattr(compiled, "positiontup", None)
    arguments = given if order is None else tuple(given[name] for name in order)
    columns = list(query.selected_columns)
    names = [column.name for column in columns]
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    try:
        # the driver's own rows: SQLAlchemy's take four times as long
        cursor.execute(str(compiled), arguments)
        blocks = []
        while rows := cursor.fetchmany(_BLOCK):
            values = zip(*rows, strict=True)
            parts = [_column(v, c) for v, c in zip(values, columns, strict=True)]
            blocks.append(pa.Table.from_arrays(parts, names))
    finally:
        cursor.close()
    empty = pa.Table.from_arrays([_column((), c) for c in columns], names)
    # blocks of a column each: numbers are not held twice while they are turned over
    together = pa.concat_tables(blocks or [empty])
    frame: pd.DataFrame = together.to_pandas(split_blocks=True, self_destruct=True)
    pa.default_memory_pool().release_unused()
    return frame


def _column(values: Sequence[Any], column: Any) -> pa.Array:
    if isinstance(column.type, DateTime):
        codes, distinct = pd.factorize(np.array(values, dtype=object))
        # ISO texts of SQLite and the times of PostgreSQL alike
        known = np.array(list(distinct), dtype="datetime64[us]")
        times = np.append(known, np.datetime64("NaT", "us"))
        return pa.array(times[codes])  # the code of NULL is -1: the last
    if isinstance(column.type, String):
        return pa.array(values, type=pa.large_string())  # as pandas keeps it: no copy
    whole = isinstance(column.type, Integer) and not column.nullable
    return pa.array(values, type=pa.int64() if whole else pa.float64())


def insert_frame(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    """Insert rows, as fast as the driver allows.

    Parameters
    ----------
    connection : Connection
        Inside a transaction.
    table : Table
        Its columns hold numbers, text or times (no JSON, no bytes).
    frame : pandas.DataFrame
        Named as columns of ``table``; those it lacks are left to the database. Missing values of
        every kind become NULL; no row is no work. The index is not stored.
    """
    if frame.empty:
        return
    # a column without any value is left to the database, which writes NULL the faster
    full = frame.notna().any()
    frame = frame.loc[:, full] if full.any() else frame.iloc[:, :1]
    if connection.dialect.name == "sqlite":
        _insert_sqlite(connection, table, frame)
    elif connection.dialect.driver == "psycopg":
        _copy_postgresql(connection, table, frame)
    else:
        connection.execute(insert(table), records_of(frame))


def _insert_sqlite(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    marks = ", ".join("?" * frame.shape[1])
    statement = f"INSERT INTO {_named(connection, table, frame)} VALUES ({marks})"  # noqa: S608
    columns = [
        _times(frame[name]) if isinstance(table.c[name].type, DateTime) else _plain(frame[name])
        for name in frame.columns
    ]
    # tuples for the driver itself: SQLAlchemy's own executemany takes three times as long
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _copy_postgresql(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    from pyarrow import csv

    content = BytesIO()
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    # text is always quoted and NULL never is, so an empty text stays one
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    csv.write_csv(rows, content, options)
    statement = f"COPY {_named(connection, table, frame)} FROM STDIN (FORMAT csv)"
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(content.getbuffer())


def _named(connection: Connection, table: Table, frame: pd.DataFrame) -> str:
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(table.c[name].name) for name in frame.columns)
    return f"{quote(table.name)} ({columns})"


def _plain(values: pd.Series[Any]) -> list[Any]:
    if isinstance(values.dtype, pd.StringDtype):
        return _texts(values)
    missing = values.isna().to_numpy()
    if not missing.any():
        return values.tolist()
    plain = values.astype(object).to_numpy(copy=True)
    plain[missing] = None
    return list(plain.tolist())


def _texts(values: pd.Series[str]) -> list[str | None]:
    """Return texts; each distinct one is made once, unless most of them are distinct."""
    texts = pa.array(values, type=pa.large_string(), from_pandas=True)
    if isinstance(texts, pa.ChunkedArray):  # of frames that were put together
        texts = texts.combine_chunks()
    coded = texts.dictionary_encode()
    if len(coded.dictionary) > len(texts) // 2:
        return list(texts.to_pylist())
    distinct = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    codes = coded.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
    return list(distinct[codes].tolist())


def _times(values: pd.Series[Any]) -> list[str | None]:
    """Return times as SQLAlchemy writes them for SQLite; each distinct one is written once."""
    codes, distinct = pd.factorize(pd.to_datetime(values))
    written = np.datetime_as_string(np.asarray(distinct, dtype="datetime64[us]"))
    texts = np.array([text.replace("T", " ") for text in written.tolist()] + [None], dtype=object)
    return list(texts[codes].tolist())  # the code of a missing time is -1: the last
