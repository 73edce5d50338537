"""``hotspots overlap`` and ``apportion``: wards of one vintage beside those of another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspots.cli.common import FILE, JSON, open_workspace, say

if TYPE_CHECKING:
    from hotspots.apportioning import By

BY = click.option(
    "--by",
    type=click.Choice(["area", "postcodes"]),
    help="How figures are shared out; by postcodes where they are loaded.",
)


@click.command()
@click.argument("old")
@click.argument("new")
@JSON
@click.pass_obj
def overlap(folder: Path, old: str, new: str, as_json: bool) -> None:
    """Show how the wards of one vintage became those of another.

    Example: hotspots overlap 2013 2021
    """
    table, sentences = open_workspace(folder).overlap(old, new)
    lines = [
        f"{row.old_code}  {row.old_name:<28} {row.share_of_old:>6.1%} -> {row.new_code}  "
        f"{row.new_name:<28} {row.share_of_new:>6.1%}"
        for row in table.itertuples(index=False)
    ]
    data = {"overlap": table.to_dict("records"), "sentences": sentences}
    say("\n".join([*lines, *sentences]), data, as_json)


@click.command()
@click.argument("file", type=FILE)
@click.option("--from", "old", required=True, help="Vintage of the file's wards.")
@click.option("--to", "new", required=True, help="Vintage wanted.")
@click.option("--column", help="Column of the totals.")
@BY
@click.option("-o", "--output", type=FILE, help="Write the table to this CSV file too.")
@JSON
@click.pass_obj
def apportion(
    folder: Path,
    file: Path,
    old: str,
    new: str,
    column: str | None,
    by: By | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Share out totals by ward of one vintage among the wards of another.

    For figures without points; incidents need no such thing, `run --vintage` counts them on any
    wards. The sum is kept; low and high say how far each ward's figure can be wrong.

    Example: hotspots apportion calls.csv --from 2013 --to 2021 --column calls -o calls-2021.csv
    """
    workspace = open_workspace(folder)
    done = workspace.apportion(file, old, new, by, column)
    names = workspace.wards(new).frame.set_index("ward_code")["ward_name"]
    table = done.frame.assign(ward_name=done.frame["ward_code"].map(names))
    lines = [
        f"{row.ward_code}  {row.ward_name:<28} {row.total:>10,.1f}  "
        f"({row.low:,.1f} to {row.high:,.1f})"
        for row in table.itertuples(index=False)
    ]
    if output is not None:
        from hotspots.exports import write_file

        write_file(output, table.to_csv(index=False).encode("utf-8"))
        lines.append(f"Wrote {len(table)} wards to {output}.")
    data = {"wards": table.to_dict("records"), "sentences": done.sentences}
    say("\n".join([*lines, *done.sentences]), data, as_json)
