"""``hotspots exports``: the log of what was exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspots.cli.common import JSON, open_workspace, say
from hotspots.plain_text import tidy

if TYPE_CHECKING:
    from hotspots.store.exports import LoggedExport


@click.command()
@click.option("--tier", help="Only what was exported for this: public, partner or restricted.")
@JSON
@click.pass_obj
def exports(folder: Path, tier: str | None, as_json: bool) -> None:
    """List what was exported: when, by whom, for whom, which file.

    Example: hotspots exports --tier public
    """
    from hotspots.profile import Tiers

    if tier:
        Tiers().of(tier)
    listed = [entry for entry in open_workspace(folder).exports() if tier in (None, entry.tier)]
    lines = [_text(entry) for entry in listed]
    nothing = f"Nothing was exported for {tier} yet." if tier else "Nothing was exported yet."
    say("\n".join(lines) or nothing, [entry.as_dict() for entry in listed], as_json)


def _text(entry: LoggedExport) -> str:
    asked = [tidy(value) for value in entry.asked.values() if value not in ("", None, False)]
    about = f"of {', '.join(asked)}; " if asked else ""
    withheld = f"{entry.withheld:,} counts withheld" if entry.withheld else "nothing withheld"
    return (
        f"{entry.id:>4}  {entry.exported_at:%Y-%m-%d %H:%M} UTC  {entry.tier:<10}  "
        f"{entry.kind:<10}  {entry.size:>11,} bytes  {tidy(entry.file_name)}, {withheld}, "
        f"by {tidy(entry.who)}\n      {about}sha256 {entry.sha256}"
    )
