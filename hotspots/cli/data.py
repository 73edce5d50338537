"""``hotspots init``, ``inspect``, ``imports``, ``undo`` and ``doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspots.cli.common import FILE, JSON, open_workspace, say

if TYPE_CHECKING:
    from hotspots.comparison import ImportComparison
    from hotspots.quality import Finding
    from hotspots.store.batches import Batch


@click.command()
@click.argument("folder", type=FILE)
def init(folder: Path) -> None:
    """Make a workspace in FOLDER.

    Example: hotspots init my-area
    """
    from hotspots.workspace import Workspace

    Workspace.init(folder)
    click.echo(
        f"Made a workspace in {folder}. Next: hotspots -C {folder} add boundaries FILE "
        "--vintage YEAR"
    )


@click.command()
@click.argument("file", type=FILE)
@click.option("--write", type=FILE, help="Write the mapping proposed to this file, to edit.")
@JSON
@click.pass_obj
def inspect(folder: Path, file: Path, write: Path | None, as_json: bool) -> None:
    """Show what a file of incidents is, and propose a mapping for it.

    Works with or without a workspace; the wards of one prove the CRS.

    Example: hotspots inspect export.csv --write mapping.toml
    """
    from hotspots.workspace import inspect_file

    inspection = inspect_file(folder, file)
    lines = list(inspection.sentences)
    if write is not None:
        lines.append(f"Wrote the mapping to {inspection.write(write)}: check it, then import.")
    say("\n".join(lines), inspection.as_dict(), as_json)


@click.command()
@click.argument("compare", nargs=-1, type=int)
@JSON
@click.pass_obj
def imports(folder: Path, compare: tuple[int, ...], as_json: bool) -> None:
    """List the imports; with the numbers of two, compare them.

    Example: hotspots imports 3 7
    """
    if len(compare) not in (0, 2):
        raise click.UsageError("Give the numbers of two imports to compare, or none to list all.")
    workspace = open_workspace(folder)
    if compare:
        found = workspace.compare_imports(*compare)
        say(_comparison_text(found, *compare), found.as_dict(), as_json)
        return
    listed = workspace.imports()
    lines = [_batch_text(batch) for batch in listed]
    say("\n".join(lines) or "Nothing is imported yet.", [b.__dict__ for b in listed], as_json)


def _batch_text(batch: Batch) -> str:
    names = [file["name"] for file in batch.report.get("imported", [])]
    what = names[0] if len(names) == 1 else f"{len(names)} files ({names[0]} ...)" if names else "-"
    undone = f", undone {batch.undone_at:%Y-%m-%d %H:%M} UTC" if batch.undone_at else ""
    kept, rejected = (batch.report.get(name, 0) for name in ("kept", "rejected"))
    return (
        f"{batch.id:>4}  {batch.imported_at:%Y-%m-%d %H:%M} UTC  {kept:>9,} kept  "
        f"{rejected:>7,} rejected  {what}{undone}"
    )


def _comparison_text(found: ImportComparison, first: int, second: int) -> str:
    lines = [
        f"Import {first} has {found.first_incidents:,} incidents, import {second} "
        f"{found.second_incidents:,}.",
        f"By reference: {found.unchanged:,} in both and equal, {found.changed:,} in both and "
        f"different, {found.only_first:,} in {first} alone, {found.only_second:,} in {second} "
        "alone.",
    ]
    lines += [
        f"  {row.month}  {row.category}, {row.agency}: {row.first:,} and {row.second:,}"
        for row in found.counts.itertuples(index=False)
    ]
    lines += [
        f"  {row.reference}: {row.what} {row.first!r} and {row.second!r}"
        for row in found.changes.head(20).itertuples(index=False)
    ]
    return "\n".join(lines)


@click.command()
@click.argument("number", type=int, required=False)
@JSON
@click.pass_obj
def undo(folder: Path, number: int | None, as_json: bool) -> None:
    """Take back an import, the last one if no NUMBER is given.

    Files it replaced and older versions of its incidents count again.

    Example: hotspots undo 7
    """
    batch = open_workspace(folder).undo(number)
    kept = batch.report.get("kept", 0)
    say(f"Import {batch.id} is undone: its {kept:,} incidents are gone.", batch.__dict__, as_json)


@click.command()
@JSON
@click.pass_obj
def doctor(folder: Path, as_json: bool) -> None:
    """Say what is wrong with the data, what that does to the map, and what to do.

    Example: hotspots doctor --json
    """
    findings = open_workspace(folder).findings(anew=True)
    say(findings_text(findings), [finding.as_dict() for finding in findings], as_json)


def findings_text(findings: tuple[Finding, ...]) -> str:
    """Return findings as lines, the serious ones first."""
    if not findings:
        return "Nothing wrong was found."
    return "\n".join(
        f"{finding.severity.capitalize()}: {finding.title}\n"
        + (f"  For example {finding.example}.\n" if finding.example else "")
        + f"  {finding.effect} {finding.advice}"
        for finding in findings
    )
