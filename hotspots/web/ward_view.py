"""The table of the wards, the sentence that answers it, and the map beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hotspots.meeting.counts import Change, Counts, say_change, ward_changes
from hotspots.model import Wards
from hotspots.profile import CLASSES, Profile
from hotspots.results import Result
from hotspots.results.headlines import joined, the
from hotspots.results.inside import markers_by_ward
from hotspots.results.words import strength
from hotspots.taxonomy import Category
from hotspots.web import sentences
from hotspots.web.facts import about, missing_sentence
from hotspots.web.text import NO_DATA, capital, decimal, tidy, whole
from hotspots.web.ward_map import WardMap

#: The map beside the table, pixels of the projector.
_MAP = (760, 560)
#: So many wards may share the first place by name.
_NAMED = 3


@dataclass(frozen=True, eq=False)
class WardCounts:
    """The incidents by ward of the period shown, of the one before and of a year before."""

    now: Counts
    before: Counts
    year_before: Counts


@dataclass(frozen=True)
class Column:
    """A column of the table: ``kind`` is "number" or "text"."""

    key: str
    label: str
    says: str
    kind: str


class WardView:
    """The wards of a result, ready to be written into a page.

    Attributes
    ----------
    headline : str
    columns : list of Column
    rows : list of dict
        Texts by column, with ``sort`` (numbers to sort by, "" where not known) and ``position``
        (of the ward on the map); by rank.
    unit, legend : str, list of Swatch
        What the map's colours mean.
    map : Markup
    counts : WardCounts
    notes, about : list of str
        How to read the table; where the numbers come from.
    residents_known : bool
    """

    def __init__(
        self, result: Result, wards: Wards, category: Category, counts: WardCounts
    ) -> None:
        self._result, self._wards, self._category = result, wards, category
        self._missing = counts.now.state == "missing"
        self.counts = counts
        profile = Profile(**result.provenance["profile"])
        changes = [ward_changes(past, counts.now) for past in (counts.before, counts.year_before)]
        inside = markers_by_ward(result, wards)
        positions = {code: i for i, code in enumerate(wards.frame["ward_code"])}
        self.headline = self._headline()
        self.columns = _columns(counts)
        self.rows = [
            self._row(row, positions[row.ward_code], changes, inside, profile)
            for row in result.wards.itertuples()
        ]
        self.residents_known = bool(result.wards["population"].notna().any())
        drawn = WardMap(result, wards, category, self._missing)
        self.unit, self.legend = drawn.unit, drawn.legend
        self.map = drawn.draw(
            *_MAP,
            title=f"Wards, {result.period.label}",
            describe=f"{self.headline} Every ward’s numbers are in the table.",
            names_first=[str(code) for code in result.wards["ward_code"]],
        )
        self.notes = _notes(counts, changes, len(wards))
        self.about = about(result)

    # -- the sentence ---------------------------------------------------------------------------

    def _headline(self) -> str:
        result, category = self._result, self._category
        if self._missing:
            return missing_sentence(result, category)
        total = int(result.totals["incidents"])
        when = sentences.when(result.period)
        if not total:
            return f"No ward has any {sentences.noun(category, 0)} {when}."
        table = result.wards
        most = int(table["incidents"].max())
        # two wards can have one name: the label then says which
        label = dict(zip(self._wards.frame["ward_code"], self._wards.labels, strict=True))
        first = [tidy(label[code]) for code in table.loc[table["incidents"] == most, "ward_code"]]
        share = f"{whole(most)} of {whole(total)} {sentences.noun(category, total)}"
        so_far = " so far" if self.counts.now.state == "part" else ""
        if len(first) > _NAMED:
            return f"{len(first)} wards share the most {when}{so_far}: {share} each."
        verb, each = ("has", "") if len(first) == 1 else ("have", " each")
        percent = f" ({100 * most / total:.0f}%)" if total >= 20 else ""
        return f"{joined(first)} {verb} the most {when}{so_far}: {share}{each}{percent}."

    # -- the table ------------------------------------------------------------------------------

    def _row(
        self,
        row: Any,
        position: int,
        changes: Sequence[Sequence[Change]],
        inside: dict[str, list[tuple[str, str]]],
        profile: Profile,
    ) -> dict[str, Any]:
        before, year = (found[position] for found in changes)
        unknown = self._missing
        population = _number(row.population)
        numbers = {
            "rank": float(row.rank),
            "incidents": float(row.incidents),
            "population": population,
            "rate": float(row.rate_per_1000),
            "before": _difference(before),
            "year": _difference(year),
            "z": float(row.gi_star_z),
            "strength": float(row.gi_star_p_adjusted),
        }
        hidden = (
            {"rank", "incidents", "rate", "z", "strength"} if unknown else set()
        )  # a month that is missing has no counts, and no order either
        return {
            "code": str(row.ward_code),
            "position": position,
            "name": tidy(row.ward_name),
            "district": tidy(row.district_name),
            "rank": NO_DATA if unknown else whole(row.rank),
            "incidents": NO_DATA if unknown else whole(row.incidents),
            "population": whole(population),
            "rate": NO_DATA if unknown else decimal(row.rate_per_1000),
            "before": change_view(before),
            "year": change_view(year),
            "z": NO_DATA if unknown else _z(row.gi_star_z),
            "strength": NO_DATA if unknown else _strength(row.gi_star_p_adjusted, profile),
            "spots": inside.get(str(row.ward_code), []),
            "sort": {
                name: "" if name in hidden or pd.isna(value) else f"{value:.6g}"
                for name, value in numbers.items()
            },
        }


def _columns(counts: WardCounts) -> list[Column]:
    before, year = counts.before.period, counts.year_before.period
    return [
        Column("rank", "Rank", "", "number"),
        Column("name", "Ward", "", "text"),
        Column("incidents", "Incidents", "", "number"),
        Column("population", "Residents", "", "number"),
        Column("rate", "Per 1,000", "residents", "number"),
        Column("before", "Change", f"since {the(before)}", "number"),
        Column("year", "In a year", f"since {the(year)}", "number"),
        Column("z", "Gi*", "z-score", "number"),
        Column("strength", "Cluster of wards", "how clear", "text"),
        Column("spots", "Hot spots", "on the map", "text"),
    ]


def change_view(change: Change) -> dict[str, Any]:
    """Return what a cell of the table says of a change."""
    known = change.first is not None and change.second is not None
    return {
        "first": whole(change.first),
        "second": whole(change.second),
        "known": known,
        "says": _change_words(change),
        "sure": change.clear,
        "rise": change.clear and change.ratio > 1,
    }


def _change_words(change: Change) -> str:
    if not change.tested:
        return "Not compared"
    return capital(say_change(change)) if change.clear else "Could be chance"


def _difference(change: Change) -> float:
    """Return what the column is sorted by: the rise in incidents, NaN where not compared."""
    if not change.tested or change.first is None or change.second is None:
        return float("nan")
    return float(change.second - change.first)


def _notes(counts: WardCounts, changes: Sequence[Sequence[Change]], wards: int) -> list[str]:
    said = [
        f"A change is called a rise or a fall only where an exact test, which allows for all "
        f"{wards} wards, finds more than chance would make: about 1 in 20 of those called so may "
        "still be chance. It does not say why.",
    ]
    for past in (counts.before, counts.year_before):
        if past.state == "part":
            said.append(f"Some incidents of {the(past.period)} are missing: no change is claimed.")
        if past.state == "missing":
            said.append(f"Nothing is known of {the(past.period)}: no change is claimed.")
    tested = [change for found in changes for change in found if change.tested]
    if tested and not any(change.clear for change in tested):
        said.append("No ward has changed by more than chance would make.")
    return said


def _z(value: float) -> str:
    return "Not tested" if pd.isna(value) else decimal(value)


def _strength(p_adjusted: float, profile: Profile) -> str:
    if pd.isna(p_adjusted):
        return "Not tested"
    said = strength(float(p_adjusted), profile.class_limits)
    return capital(said) if said in CLASSES else "Could be chance"


def _number(value: Any) -> float:
    return float("nan") if pd.isna(value) else float(value)
