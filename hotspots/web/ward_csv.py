"""The table of the wards as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from hotspots.model import Period
from hotspots.web.ward_view import WardView

#: What a spreadsheet would run as a formula begins with one of these.
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def as_csv(view: WardView, notices: Iterable[str]) -> str:
    """Return the table as CSV: a header, a row a ward; what is not known is empty, never 0.

    Texts that a spreadsheet would run as a formula get an apostrophe before them. The last
    column says where the numbers come from.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    counts = view.counts
    writer.writerow(
        [
            *("rank", "ward_code", "ward_name", "district", "period", "incidents", "residents"),
            "rate_per_1000",
            *_csv_heads("before", counts.before.period),
            *_csv_heads("year_before", counts.year_before.period),
            *("gi_star_z", "gi_star_strength", "hotspots", "source"),
        ]
    )
    said = "; ".join([*notices, *view.about])
    for row in view.rows:
        markers = " ".join(marker for marker, _ in row["spots"])
        texts = (row["code"], row["name"], row["district"], counts.now.period.id)
        numbers = [row["sort"][name] for name in ("incidents", "population", "rate")]
        writer.writerow(
            [
                row["sort"]["rank"],
                *(harmless(text) for text in texts),
                *numbers,
                *(cell for key in ("before", "year") for cell in _csv_change(row[key])),
                row["sort"]["z"],
                harmless(row["strength"] if row["sort"]["strength"] else ""),
                harmless(markers),
                harmless(said),
            ]
        )
    return out.getvalue()


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_RISKY) else text


def _csv_heads(name: str, period: Period) -> list[str]:
    return [f"incidents_{name} ({period.id})", f"change_{name}"]


def _csv_change(change: dict[str, Any]) -> list[str]:
    return [change["csv"], harmless(change["says"])]
