"""``hotspots export``: what leaves a workspace, made safe for its recipients and logged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hotspots.cli.common import DAY, FILE, JSON, PERIOD, account, open_workspace, say

#: Commands about a table of the last run, with their help.
_TABLES = {
    "hotspots": "Write the hot spots of the last run, or of the last of a period and category.",
    "wards": "Write the wards of the last run, or of the last of a period and category.",
    "cells": "Write the grid squares of the last run; for the restricted tier alone.",
    "density": "Write the density of the last run; for the restricted tier alone.",
    "incidents": "Write the incidents of the last run as points; for the restricted tier alone.",
    "all": "Write every table of the last run to one GeoPackage; for the restricted tier alone.",
}
#: Other suffixes of the formats. A ZIP file holds a Shapefile, or several tables as CSV.
_SUFFIXES = {"geoparquet": "parquet", "tiff": "tif", "htm": "html"}

Command = Callable[..., None]


@click.group()
def export() -> None:
    """Write what others are to have; what is withheld depends on the tier of its recipients.

    Example: hotspots export shortlist --period 2021-06 --category asb --tier public -o wards.xlsx
    """


def _common(command: Command) -> Command:
    """Add what every export is asked: the file, for whom, by whom."""
    for option in (
        JSON,
        click.option("--who", help="Who exports, for the log; your account by default."),
        click.option(
            "--tier",
            default="partner",
            show_default=True,
            help="For whom: public, partner or restricted.",
        ),
        click.option("--format", "kind", help="By the file's suffix by default."),
        click.option("-o", "--output", type=FILE, help="The file; named by itself by default."),
    ):
        command = option(command)
    return click.pass_obj(command)


_PERIOD = click.option("--period", required=True, help=f"What is counted: {PERIOD}.")
_CATEGORY = click.option("--category", required=True, help="What is counted, for example asb.")
_AREA = click.option("--area", default="", help="Code of one district; all of them by default.")


@export.command()
@_PERIOD
@_CATEGORY
@_AREA
@_common
def shortlist(folder: Path, **asked: Any) -> None:
    """Write the ward shortlist: which wards need attention, and why.

    Example: hotspots export shortlist --period 2021-06 --category asb -o shortlist.xlsx
    """
    _release(folder, "shortlist", **asked)


@export.command()
@_PERIOD
@_CATEGORY
@_AREA
@_common
def briefing(folder: Path, **asked: Any) -> None:
    """Write the briefing pack: a PDF, or one HTML file that needs no network.

    Example: hotspots export briefing --period 2021-06 --category asb -o briefing.pdf
    """
    _release(folder, "briefing", **asked)


@export.command()
@click.option(
    "--year-ending", required=True, type=DAY, help="Last day of the year, for example 2016-09-30."
)
@click.option("--quarterly", is_flag=True, help="The last quarter of it, by theme and priority.")
@click.option("--counts", "entered", type=FILE, help="CSV of counts to take instead.")
@click.option("--comparators", type=FILE, help="CSV of the rates of other areas.")
@click.option(
    "--key-wards",
    callback=lambda _context, _option, text: _codes(text),
    help="Codes of the key wards, with commas between; those with the highest rates by default.",
)
@_common
def assessment(folder: Path, year_ending: datetime, **asked: Any) -> None:
    """Write the tables of the Strategic Assessment.

    Example: hotspots export assessment --year-ending 2016-09-30 -o assessment.xlsx
    """
    _release(folder, "assessment", year_ending=year_ending.date(), **asked)


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(code.strip() for code in (text or "").split(",") if code.strip())


def _table_command(name: str, says: str) -> click.Command:
    @click.option("--period", default="", help="Take the last run of this period.")
    @click.option("--category", default="", help="Take the last run of this category.")
    @_common
    def table(folder: Path, **asked: Any) -> None:
        _release(folder, name, kept=True, **asked)

    tier = "" if name in ("hotspots", "wards") else " --tier restricted"
    table.__doc__ = f"{says}\n\n    Example: hotspots export {name}{tier} -o {name}.gpkg\n    "
    return click.command(name)(table)


for _name, _says in _TABLES.items():
    export.add_command(_table_command(_name, _says))


def _release(
    folder: Path,
    code: str,
    *,
    output: Path | None,
    kind: str | None,
    tier: str,
    who: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    from hotspots.exports import check_output, write_file
    from hotspots.releasing import ExportRequest

    if output is not None:
        check_output(output)  # what is logged must have left
    chosen = _format(code, kind, output)
    workspace = open_workspace(folder)
    user = account() if who is None else who
    request = ExportRequest(kind=code, tier=tier, who=user, format=chosen, **asked)
    done = workspace.export(request)
    first = output or Path(done.files[0][0])
    paths = [first, *(_beside(first, done.files[0][0], name) for name, _ in done.files[1:])]
    for path, (_, content) in zip(paths, done.files, strict=True):
        write_file(path, content)
    lines = [*workspace.notices(), *done.said, f"Wrote {first} for the {tier} tier, and logged it."]
    data = {"files": paths, "tier": tier, "sha256": done.sha256, "said": done.said}
    say("\n".join(lines), data, as_json)


def _format(code: str, kind: str | None, output: Path | None) -> str:
    """Return the format asked for, by name or by the file's suffix; "" leaves it to the kind.

    Raises
    ------
    UsageError
        If the two contradict each other: a file must be what its name says.
    """
    from hotspots.errors import UsageError

    suffix = output.suffix.lower() if output else ""
    if not suffix:
        return kind or ""
    zipped = "csv" if code == "assessment" else "shp"
    if kind is None and suffix == ".zip":
        return zipped
    short = suffix.lstrip(".")
    chosen = kind or _SUFFIXES.get(short, short)
    named = ".zip" if chosen == "shp" or (code, chosen) == ("assessment", "csv") else f".{chosen}"
    if named != suffix and _SUFFIXES.get(short) != chosen:
        several = ", as it is several files in one" if named == ".zip" else ""
        raise UsageError(
            f"A file must be named as what it is; {chosen} of this kind ends in {named}{several}, "
            f"and got {output}: give another name with -o, or another --format."
        )
    return chosen


def _beside(first: Path, made: str, name: str) -> Path:
    """Return where a file goes that accompanies the first, which may be named otherwise."""
    return first.with_name(name.replace(made, first.name))
