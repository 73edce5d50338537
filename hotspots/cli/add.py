"""``hotspots add``: what goes into a workspace."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspots.cli.common import DAY, FILE, FILES, JSON, open_workspace, progress_bar, say
from hotspots.cli.wards import BY

if TYPE_CHECKING:
    from hotspots.apportioning import By
    from hotspots.imports import ImportReport


@click.group()
def add() -> None:
    """Add boundaries, population, postcodes, streets or incidents.

    Example: hotspots -C my-area add incidents police-archive.zip
    """


@add.command()
@FILES
@click.option("--vintage", required=True, help="When the wards were in force, for example 2021.")
@click.option("--crs", help="CRS of the files, where they do not say, for example EPSG:27700.")
@click.option("--code-column", help="Column of the ward codes.")
@click.option("--name-column", help="Column of the ward names.")
@click.option("--in-force-from", type=DAY, help="First day of these wards, for example 2019-05-02.")
@click.option("--in-force-to", type=DAY, help="First day on which they were no longer in force.")
@JSON
@click.pass_obj
def boundaries(
    folder: Path,
    files: tuple[Path, ...],
    vintage: str,
    crs: str | None,
    code_column: str | None,
    name_column: str | None,
    in_force_from: datetime | None,
    in_force_to: datetime | None,
    as_json: bool,
) -> None:
    """Add ward polygons: GeoJSON, GeoPackage, Shapefile or TopoJSON.

    Example: hotspots add boundaries wards.geojson --vintage 2021
    """
    wards, new = open_workspace(folder).add_boundaries(
        files,
        vintage,
        crs=crs,
        code_column=code_column,
        name_column=name_column,
        valid_from=in_force_from.date() if in_force_from else None,
        valid_to=in_force_to.date() if in_force_to else None,
    )
    lines = [f"{len(wards)} wards of {vintage}: {'added' if new else 'were there already'}."]
    data = {"wards": len(wards), "vintage": vintage, "new": new, "report": wards.report}
    say("\n".join([*lines, *wards.report]), data, as_json)


@add.command()
@click.argument("file", type=FILE, required=False)
@click.option("--vintage", help="The boundaries it belongs to; those added last by default.")
@click.option("--code-column", help="Column of the ward codes.")
@click.option("--column", help="Column of the residents.")
@click.option("--from-vintage", help="Without a FILE: share out the residents of these boundaries.")
@BY
@JSON
@click.pass_obj
def population(
    folder: Path,
    file: Path | None,
    vintage: str | None,
    code_column: str | None,
    column: str | None,
    from_vintage: str | None,
    by: By | None,
    as_json: bool,
) -> None:
    """Join residents to wards by ward code, from CSV or XLSX; of several years all are kept.

    Example: hotspots add population residents.csv --column mid2023
    """
    if (file is None) == (from_vintage is None):
        raise click.UsageError("Give a FILE of residents or --from-vintage, and not both.")
    workspace = open_workspace(folder)
    if from_vintage is not None:
        wards = workspace.borrow_population(vintage or workspace.vintages()[-1], from_vintage, by)
        said = f"{len(wards)} wards of {wards.vintage} have residents: {wards.population_source}."
        data = {"wards": len(wards), "source": wards.population_source}
        say(said, data, as_json)
    if file is not None:
        report = workspace.add_population(file, vintage, code_column=code_column, column=column)
        years = [] if report.by_year is None else report.by_year.to_dict("records")
        say("\n".join(report.sentences), {**report.__dict__, "by_year": years}, as_json)


@add.command()
@FILES
@JSON
@click.pass_obj
def postcodes(folder: Path, files: tuple[Path, ...], as_json: bool) -> None:
    """Add where postcodes are: OS Code-Point Open or the ONS postcode directory.

    Rows of incidents that have a postcode and no coordinates are then placed by it.

    Example: hotspots add postcodes codepo_gb.zip
    """
    rows = open_workspace(folder).add_postcodes(files)
    read = sum(file.read for file in rows.files)
    reasons = rows.rejections.by_reason()
    lines = [
        f"{read:,} rows read = {len(rows.frame):,} postcodes kept + {len(rows.rejections):,} "
        "rejected.",
        *(f"  {count:,} rejected: {reason}" for reason, count in reasons.items()),
        *(f"Left out {name}: {reason}." for name, reason in rows.skipped),
    ]
    data = {"read": read, "kept": len(rows.frame), "rejected": len(rows.rejections)}
    say("\n".join(lines), {**data, "reasons": reasons, "skipped": rows.skipped}, as_json)


@add.command()
@click.argument("file", type=FILE)
@click.option("--name", help="Column of the street names.")
@click.option("--kind", help="Column of the kinds of road.")
@click.option("--layer", help="Layer of the streets, where the file has several.")
@click.option("--crs", help="CRS of the file, where it does not say, for example EPSG:27700.")
@click.option("--attribution", help="What their licence asks to be shown on maps.")
@click.option("--replace", is_flag=True, help="Let them take the place of all streets there are.")
@JSON
@click.pass_obj
def streets(
    folder: Path,
    file: Path,
    name: str | None,
    kind: str | None,
    layer: str | None,
    crs: str | None,
    attribution: str | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Add streets to find one's way by: OS Open Roads, OpenStreetMap or any layer of lines.

    From a GeoPackage, GeoJSON, Shapefile or FlatGeobuf, or a zip of one. Those near the wards are
    kept. A file of the same name takes the place of the older one.

    Example: hotspots add streets oproad_gb.gpkg
    """
    added = open_workspace(folder).add_streets(
        file,
        name=name,
        kind=kind,
        layer=layer,
        crs=crs,
        attribution=attribution,
        replace=replace,
    )
    say("\n".join(added.sentences), added.as_dict(), as_json)


@add.command()
@FILES
@click.option("--source", help="police-uk or csv; found out from the files by default.")
@click.option("--mapping", type=FILE, help="TOML file that says what a CSV holds.")
@click.option("--replace", is_flag=True, help="Let a newer file take the place of the older one.")
@JSON
@click.pass_obj
def incidents(
    folder: Path,
    files: tuple[Path, ...],
    source: str | None,
    mapping: Path | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Import incidents: data.police.uk files, folders or zips, or any CSV with a mapping.

    Example: hotspots add incidents export.csv --mapping mapping.toml
    """
    workspace = open_workspace(folder)
    with progress_bar("Reading") as progress:
        report = workspace.add_incidents(files, source, mapping, replace, progress)
    say(import_text(report), report.as_dict(), as_json)


PLACED = {
    "postcode": "at the centre of their postcode, for want of coordinates",
    "masked": "at the middle of a square, as their coordinates are hidden or rounded",
    "mended": "coordinates mended (swapped or cut short), as the area proves",
}


def import_text(report: ImportReport) -> str:
    """Return what an import did, in lines."""
    lines = [
        f"{len(report.imported)} files imported: {report.read:,} rows read = "
        f"{report.kept:,} kept + {report.rejected:,} rejected."
    ]
    lines += [f"  {count:,} rejected: {reason}" for reason, count in report.reasons.items()]
    if report.outside is not None and report.outside:
        lines.append(f"{report.outside:,} of those kept lie outside the wards.")
    if report.superseded:
        lines.append(
            f"{report.superseded:,} older versions of incidents gave way to newer ones, and are "
            "kept in the history."
        )
    lines += [f"{count:,} of those kept: {PLACED[how]}." for how, count in report.placed.items()]
    if report.unmapped:
        texts = ", ".join(f"{text} ({count:,})" for text, count in report.unmapped.items())
        lines.append(f"Not mapped to a category, kept as such: {texts}.")
    if report.replaced:
        lines.append(f"{len(report.replaced)} files took the place of older ones.")
    if report.batch is not None:
        lines.append(
            f"This is import {report.batch}; `hotspots undo {report.batch}` takes it back."
        )
    if report.already:
        lines.append(f"{len(report.already)} files were imported before; nothing changed for them.")
    lines += [f"Left out {name}: {reason}." for name, reason in report.skipped]
    wrong = [finding for finding in report.findings if finding.severity != "note"]
    if wrong:
        lines.append(f"What to mind ({len(wrong)}; `hotspots doctor` says more):")
        lines += [f"  {finding.severity.capitalize()}: {finding.title}" for finding in wrong]
    return "\n".join(lines)
