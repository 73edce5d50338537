"""Two imports side by side: what one has and the other has not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, eq=False)
class ImportComparison:
    """How two imports differ.

    Attributes
    ----------
    counts : pandas.DataFrame
        Columns agency, category, month ("2021-06"), first, second: the incidents of each import,
        for every agency, category and month in which the numbers differ.
    first_incidents, second_incidents : int
        Incidents in all.
    only_first, only_second, changed, unchanged : int
        By reference: in one of them alone, in both and different, in both and equal. Incidents
        without a reference, and repeated references, count in ``counts`` alone.
    changes : pandas.DataFrame
        Columns reference, what, first, second: every value that differs, by reference.
    """

    counts: pd.DataFrame
    first_incidents: int
    second_incidents: int
    only_first: int
    only_second: int
    changed: int
    unchanged: int
    changes: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        numbers = {name: value for name, value in self.__dict__.items() if isinstance(value, int)}
        tables = {"counts": self.counts, "changes": self.changes.astype(object)}
        return {**numbers, **{name: t.to_dict("records") for name, t in tables.items()}}


def compare_imports(first: pd.DataFrame, second: pd.DataFrame) -> ImportComparison:
    """Compare the incidents of two imports.

    Parameters
    ----------
    first, second : DataFrame
        Incidents with the columns reference, category, subcategory, starts_at, ends_at, x, y,
        location and agency; either may be empty.
    """
    one, other = _by_reference(first), _by_reference(second)
    both = one.index.intersection(other.index)
    changes = _changes(one.loc[both], other.loc[both])
    changed = int(changes["reference"].nunique())
    return ImportComparison(
        counts=_counts(first, second),
        first_incidents=len(first),
        second_incidents=len(second),
        only_first=len(one) - len(both),
        only_second=len(other) - len(both),
        changed=changed,
        unchanged=len(both) - changed,
        changes=changes,
    )


def _by_reference(incidents: pd.DataFrame) -> pd.DataFrame:
    known = incidents[incidents["reference"].notna()]
    once = known[~known["reference"].duplicated(keep=False)]
    texts = once.drop(columns="reference").astype("str").where(once.notna(), "")
    return texts.set_index(once["reference"].astype("str")).sort_index()


def _changes(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    found = []
    for column in one.columns.intersection(other.columns):
        differ = (one[column] != other[column]).to_numpy()
        found.append(
            pd.DataFrame(
                {
                    "reference": one.index[differ],
                    "what": column,
                    "first": one.loc[differ, column].to_numpy(),
                    "second": other.loc[differ, column].to_numpy(),
                }
            )
        )
    columns = ["reference", "what", "first", "second"]
    together = pd.concat(found) if found else pd.DataFrame(columns=columns)
    return together.sort_values(["reference", "what"], ignore_index=True)


def _counts(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    tables = [_monthly(frame) for frame in (first, second)]
    both = pd.concat(tables, axis=1, keys=["first", "second"]).fillna(0).astype("int64")
    differ = both[both["first"] != both["second"]]
    return differ.sort_index().reset_index()


def _monthly(incidents: pd.DataFrame) -> pd.Series[int]:
    agency = incidents["agency"].astype("str").where(incidents["agency"].notna(), "not stated")
    month = pd.to_datetime(incidents["starts_at"]).dt.strftime("%Y-%m")
    keys = [agency, incidents["category"].astype("str"), month.rename("month").astype("str")]
    return incidents.groupby(keys).size()
