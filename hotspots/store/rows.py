"""Rows in and out of the database."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import CursorResult


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
