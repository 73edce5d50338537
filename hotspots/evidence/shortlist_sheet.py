"""The ward shortlist as a table: every column, with its denominator in its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hotspots.evidence.shortlist_rows import FUNNEL_WORDS, Past, ShortlistRow
from hotspots.evidence.shortlist_words import whose
from hotspots.meeting.counts import State
from hotspots.model import Period
from hotspots.results.headlines import capital, the
from hotspots.sheets import Blank, Column, Sheet, Value

#: Of a ward that the rule lists.
LISTED = "Yes"
#: What a manager reads of a ward; the rest of a workbook is on a tab of its own.
_MAIN = (
    *("rank", "ward", "district", "listed", "why", "incidents", "rate", "funnel", "share"),
    *("year_incidents", "year_change", "year_says", "before_incidents", "hotspots"),
)
#: What names a ward there again.
_AGAIN = ("rank", "ward", "district", "ward_code", "listed", "incidents", "rate")
#: What a page of A4 has room for.
_PAPER = (
    *("rank", "ward", "district", "why", "incidents", "residents", "rate", "funnel", "share"),
    *("year_incidents", "year_change", "year_says", "before_incidents", "before_says"),
    *("hotspots", "cluster"),
)
#: The period shown, the one before it, the same one of last year, with how far each is known.
Periods = tuple[tuple[Period, State], tuple[Period, State], tuple[Period, State]]


def sheet_of(
    rows: Sequence[ShortlistRow],
    title: str,
    periods: Periods,
    notes: tuple[str, ...],
) -> Sheet:
    """Return the shortlist as a sheet.

    Parameters
    ----------
    periods : tuple of three (Period, state)
        The one shown, the one before it, the same one of last year, and whether each is known
        whole.
    """
    districts = list(dict.fromkeys(row.district_code for row in rows))
    names = {row.district_code: row.district_name or "the area" for row in rows}
    borough = names[districts[0]] if len(districts) == 1 else "its borough"
    with_names = any(row.district_name for row in rows)
    columns = _columns(borough, periods, with_names=with_names)
    return Sheet(
        name="Ward shortlist",
        title=title,
        columns=columns,
        rows=tuple(_values(row, columns) for row in rows),
        notes=notes,
    )


def in_two(sheet: Sheet) -> tuple[Sheet, Sheet]:
    """Return a shortlist as a workbook has it: what a manager reads, and all the rest.

    The wards that are listed come first on both, by rank; the notes stand on the first.
    """
    rows = tuple(sorted(sheet.rows, key=lambda row: row["listed"] != LISTED))
    by_key = {column.key: column for column in sheet.columns}
    apart = [key for key in by_key if key not in (*_MAIN, *_AGAIN)]
    tabs = []
    for chosen in (_MAIN, (*_AGAIN, *apart)):
        columns = tuple(by_key[key] for key in chosen if key in by_key)
        kept = tuple({column.key: row[column.key] for column in columns} for row in rows)
        tabs.append(replace(sheet, columns=columns, rows=kept))
    details = replace(
        tabs[1],
        name="Details",
        title=sheet.title.replace("Ward shortlist", "Details of all wards", 1),
        notes=("What the columns mean is on the tab Notes.",),
    )
    return tabs[0], details


def on_paper(sheet: Sheet) -> Sheet:
    """Return what a page has room for of a shortlist: the listed wards, and what is read first.

    Not what only an analyst reads (codes, ends of intervals, p-values): the whole table is an
    export of its own.
    """
    keys = {column.key for column in sheet.columns}
    # the borough's name takes the room of a count; what the test says of its change stays
    left_out = {"before_incidents"} if "district" in keys else set()
    rows = tuple(row for row in sheet.rows if row["listed"] == LISTED)
    nobody = () if rows else ("No ward is listed.",)
    return replace(
        sheet,
        columns=tuple(c for c in sheet.columns if c.key in _PAPER and c.key not in left_out),
        rows=rows,
        notes=(*nobody, *sheet.notes, "All wards and columns: export the shortlist itself."),
    )


def _columns(borough: str, periods: Periods, *, with_names: bool) -> tuple[Column, ...]:
    (now, state), before, year = periods
    mine = whose(borough)
    counted = f"In {the(now)}; not a rate a year." if now.kind != "year" else f"In {the(now)}."
    district = (Column("district", "Borough"),) if with_names else ()
    return (
        Column("rank", "Rank", "count", 0, "By incidents; equal counts share the better rank."),
        Column("ward", "Ward"),
        *district,
        Column("listed", "Listed", note="By the rule in the notes."),
        Column("why", "Why listed"),
        Column("incidents", f"Incidents{_part(state)}", "count", 0, f"In {the(now)}."),
        Column("residents", "Residents", "count", 0),
        Column("rate", "Per 1,000 residents", "rate", 1, counted),
        Column("funnel", f"Against {mine} rate", note="By the funnel’s 95% and 99.8% limits."),
        Column("share", f"Share of {mine} total", "percent", 1),
        *_change_columns("year", *year),
        *_change_columns("before", *before),
        Column("hotspots", "Hot spots", note="Numbers: concentrated. Letters: worse than usual."),
        Column("cluster", "Cluster of wards", note="How clear Gi* is."),
        # from here on what an analyst reads
        Column("ward_code", "Ward code"),
        Column("rank_from", "Rank from", "count", 0, "Best rank that chance leaves open, 95%."),
        Column("rank_to", "Rank to", "count", 0, "Worst rank that chance leaves open, 95%."),
        Column("borough_rate", f"{capital(mine)} rate per 1,000 residents", "rate", 1),
        Column("ratio", f"Times {mine} rate", "number", 1),
        Column(
            "steadied",
            "Steadied rate per 1,000 residents",
            "rate",
            1,
            f"Empirical Bayes: drawn towards {mine} rate, the more the fewer the residents.",
        ),
        Column(
            "steadied_from", "Steadied rate from", "rate", 1, "95% interval, per 1,000 residents."
        ),
        Column("steadied_to", "Steadied rate to", "rate", 1, "95% interval, per 1,000 residents."),
        Column(
            "funnel_poisson",
            f"Against {mine} rate, by chance alone",
            note="By exact Poisson limits that do not allow for the usual differences of wards.",
        ),
        _p_column("year", year[0]),
        _p_column("before", before[0]),
        Column("gi_z", "Gi* z-score", "number", 1, "Of the ward and those around it."),
        Column("gi_p", "Gi* p", "p", 2, "Exact, one-sided for hot, adjusted over the wards."),
    )


def _part(state: State) -> str:
    """Return what a label says where the counts below it are not all there are."""
    return " (part)" if state == "part" else ""


def _change_columns(key: str, period: Period, state: State) -> tuple[Column, ...]:
    return (
        Column(f"{key}_incidents", f"Incidents, {period.label}{_part(state)}", "count", 0),
        Column(f"{key}_change", f"Change on {the(period)}", "change", 1, "Of the counts."),
        Column(f"{key}_says", f"Change on {the(period)}, tested"),
    )


def _p_column(key: str, period: Period) -> Column:
    said = "Exact, two-sided, of incidents a day, adjusted over the wards."
    return Column(f"{key}_p", f"Change on {the(period)}: p", "p", 2, said)


def _values(row: ShortlistRow, columns: Sequence[Column]) -> Mapping[str, Value]:
    values: dict[str, Value] = {
        "rank": row.rank,
        "rank_from": row.rank_lower,
        "rank_to": row.rank_upper,
        "ward_code": row.ward_code,
        "ward": row.ward_name,
        "district": row.district_name or Blank.NOT_APPLICABLE,
        "listed": LISTED if row.listed else "No",
        "incidents": row.incidents,
        "residents": row.residents,
        "rate": row.rate,
        "steadied": row.steadied,
        "steadied_from": row.steadied_lower,
        "steadied_to": row.steadied_upper,
        "borough_rate": row.borough_rate,
        "ratio": row.rate_ratio,
        "funnel": _funnel(row.funnel),
        "funnel_poisson": _funnel(row.funnel_poisson),
        "share": row.share,
        **_past("year", row.year_before),
        **_past("before", row.before),
        "gi_z": row.gi_z,
        "gi_p": row.gi_p_adjusted,
        "cluster": row.cluster or row.gi_p_adjusted,
        "hotspots": ", ".join(row.hotspots) or Blank.NOT_APPLICABLE,
        "why": row.why or _no_reason(row),
    }
    return {column.key: values[column.key] for column in columns}


def _past(key: str, past: Past) -> dict[str, Value]:
    blank = past.change if isinstance(past.p_adjusted, Blank) else None
    return {
        f"{key}_incidents": past.count,
        f"{key}_change": past.change,
        f"{key}_p": past.p_adjusted,
        f"{key}_says": past.says if blank is None else blank,
    }


def _no_reason(row: ShortlistRow) -> Blank:
    if isinstance(row.incidents, Blank):
        return row.incidents
    return Blank.NOT_APPLICABLE


def _funnel(flag: int | Blank) -> Value:
    return flag if isinstance(flag, Blank) else FUNNEL_WORDS[flag]
