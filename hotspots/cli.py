"""The ``hotspots`` command: thin. Everything it does is a method of ``Workspace``.

Libraries load inside the commands, so that ``hotspots --help`` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspots import __version__
from hotspots.errors import HotspotsError

if TYPE_CHECKING:
    from hotspots.imports import ImportReport
    from hotspots.results import Result
    from hotspots.workspace import Progress, Workspace

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
_PERIOD = "2021-06, 2021-W23, 2021, 2021-04..2022-03 or 2021-06-01..2021-06-14"


def main() -> None:
    """Run the command; errors are one sentence on standard error, never a traceback."""
    debug = "--debug" in sys.argv[1:]
    try:
        cli()
    except HotspotsError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"Error: Hotspots met a fault of its own ({type(error).__name__}: {error}); nothing "
            "was changed: run again with --debug, and report what it prints.",
            err=True,
        )
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C", "folder", type=click.Path(path_type=Path), default=Path(), help="The workspace's folder."
)
@click.option("--debug", is_flag=True, help="Show the traceback of a fault.")
@click.version_option(__version__, prog_name="hotspots")
@click.pass_context
def cli(context: click.Context, folder: Path, debug: bool) -> None:
    """Find the places that suffer crime, anti-social behaviour and deliberate fires.

    Example: hotspots -C my-area run --period 2021-06 --category asb
    """
    context.obj = folder


def _open(folder: Path) -> Workspace:
    from hotspots.workspace import Workspace

    return Workspace(folder)


def _say(text: str, data: Any, as_json: bool) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, default=str) if as_json else text)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
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


@cli.group()
def add() -> None:
    """Add boundaries, population or incidents.

    Example: hotspots -C my-area add incidents police-archive.zip
    """


@add.command()
@_FILES
@click.option("--vintage", required=True, help="When the wards were in force, for example 2021.")
@click.option("--crs", help="CRS of the files, where they do not say, for example EPSG:27700.")
@click.option("--code-column", help="Column of the ward codes.")
@click.option("--name-column", help="Column of the ward names.")
@_JSON
@click.pass_obj
def boundaries(
    folder: Path,
    files: tuple[Path, ...],
    vintage: str,
    crs: str | None,
    code_column: str | None,
    name_column: str | None,
    as_json: bool,
) -> None:
    """Add ward polygons: GeoJSON, GeoPackage, Shapefile or TopoJSON.

    Example: hotspots add boundaries wards.geojson --vintage 2021
    """
    wards, new = _open(folder).add_boundaries(
        files, vintage, crs=crs, code_column=code_column, name_column=name_column
    )
    lines = [f"{len(wards)} wards of {vintage}: {'added' if new else 'were there already'}."]
    data = {"wards": len(wards), "vintage": vintage, "new": new, "report": wards.report}
    _say("\n".join([*lines, *wards.report]), data, as_json)


@add.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vintage", help="The boundaries it belongs to; those added last by default.")
@click.option("--code-column", help="Column of the ward codes.")
@click.option("--column", help="Column of the residents.")
@_JSON
@click.pass_obj
def population(
    folder: Path,
    file: Path,
    vintage: str | None,
    code_column: str | None,
    column: str | None,
    as_json: bool,
) -> None:
    """Join residents to wards by ward code, from CSV or XLSX.

    Example: hotspots add population residents.csv --column mid2023
    """
    from dataclasses import asdict

    report = _open(folder).add_population(file, vintage, code_column=code_column, column=column)
    _say("\n".join(report.sentences), asdict(report), as_json)


@add.command()
@_FILES
@click.option("--source", help="police-uk or csv; found out from the files by default.")
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="TOML file that says what a CSV holds."
)
@click.option("--replace", is_flag=True, help="Let a newer file take the place of the older one.")
@_JSON
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
    workspace = _open(folder)
    with _progress("Reading") as progress:
        report = workspace.add_incidents(files, source, mapping, replace, progress)
    _say(_import_text(report), report.as_dict(), as_json)


def _import_text(report: ImportReport) -> str:
    lines = [
        f"{len(report.imported)} files imported: {report.read:,} rows read = "
        f"{report.kept:,} kept + {report.rejected:,} rejected."
    ]
    lines += [f"  {count:,} rejected: {reason}" for reason, count in report.reasons.items()]
    if report.outside is not None and report.outside:
        lines.append(f"{report.outside:,} of those kept lie outside the wards.")
    if report.repeated:
        lines.append(
            f"Careful: {report.repeated:,} of those kept bear a reference that an earlier file "
            "had, and are counted twice if they are the same incidents."
        )
    if report.unmapped:
        texts = ", ".join(f"{text} ({count:,})" for text, count in report.unmapped.items())
        lines.append(f"Not mapped to a category, kept as such: {texts}.")
    if report.replaced:
        lines.append(f"{len(report.replaced)} files took the place of older ones.")
    if report.already:
        lines.append(f"{len(report.already)} files were imported before; nothing changed for them.")
    lines += [f"Left out {name}: {reason}." for name, reason in report.skipped]
    return "\n".join(lines)


@cli.command()
@click.option("--period", required=True, help=f"What is counted: {_PERIOD}.")
@click.option("--category", required=True, help="What is counted, for example asb.")
@click.option("--profile", type=click.Path(path_type=Path), help="TOML file of parameters.")
@click.option("--vintage", help="Boundaries to use; those added last by default.")
@_JSON
@click.pass_obj
def run(
    folder: Path,
    period: str,
    category: str,
    profile: Path | None,
    vintage: str | None,
    as_json: bool,
) -> None:
    """Find the hot spots of one period and category, and keep the result.

    Example: hotspots run --period 2021-06 --category asb
    """
    from hotspots.profile import read_profile

    settings = read_profile(profile) if profile else None
    result = _open(folder).run(period, category, settings, vintage)
    places = result.hotspots.drop(columns="geometry").to_dict("records")
    data = {"provenance": result.provenance, "totals": result.totals, "notes": result.notes}
    _say(_run_text(result), {**data, "hotspots": places}, as_json)


def _run_text(result: Result) -> str:
    from hotspots.taxonomy import category as category_of

    lines = [*result.notices]
    label = category_of(result.category).label
    lines.append(f"{label}, {result.period.label}: {result.totals['incidents']:,} incidents.")
    titles = {"concentrated": "Where is it concentrated?", "worse": "Where is it worse than usual?"}
    for question, title in titles.items():
        rows = result.hotspots[result.hotspots["question"] == question]
        lines.append(f"{title} {len(rows)} {'place' if len(rows) == 1 else 'places'}.")
        lines += [
            f"  {row.marker:>2}  {row.name}. {row.claim} {row.strength.capitalize()}. {row.chance}."
            for row in rows.itertuples(name="Place", index=False)
        ]
    return "\n".join([*lines, *result.notes, f"Kept as run {result.provenance['run']}."])


@cli.command()
@click.argument("table", type=click.Choice(["hotspots", "wards", "cells", "density"]))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file.")
@click.option("--format", "kind", help="csv, geojson or gpkg; by the file's suffix by default.")
@click.option("--period", help="Take the last run of this period.")
@click.option("--category", help="Take the last run of this category.")
@_JSON
@click.pass_obj
def export(
    folder: Path,
    table: str,
    output: Path,
    kind: str | None,
    period: str | None,
    category: str | None,
    as_json: bool,
) -> None:
    """Write a table of the last run to a file.

    Example: hotspots export wards --format csv -o wards.csv
    """
    result = _open(folder).last_run(period, category)
    path = result.export(output, table, kind)
    rows = len(result.table(table))
    text = f"Wrote {rows:,} rows of {table} ({result.category}, {result.period.label}) to {path}."
    data = {"file": path, "rows": rows, "run": result.provenance["run"]}
    _say("\n".join([*result.notices, text]), data, as_json)


@cli.command()
@click.option("--host", help="Address to serve at; this machine only by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to serve at; 0 takes any.")
@click.pass_obj
def serve(folder: Path, host: str | None, port: int | None) -> None:
    """Serve the map to a browser until Ctrl+C.

    Example: hotspots -C my-area serve --port 8765
    """
    from hotspots.web.server import serve as serve_forever

    workspace = _open(folder)
    settings = workspace.settings
    serve_forever(workspace, host or settings.host, settings.port if port is None else port)


@cli.command()
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=2026,
    show_default=True,
    help="Other seeds make other incidents.",
)
@click.option("--serve/--no-serve", "serve_map", default=True, help="Serve the map when done.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to serve at; 0 takes any.")
@click.pass_context
def demo(context: click.Context, seed: int, serve_map: bool, port: int | None) -> None:
    """Make the example workspace of two made-up boroughs, run it and serve the map.

    Example: hotspots -C example demo
    """
    from hotspots.example import make_demo

    folder: Path = context.obj
    with _progress("Importing") as progress:
        workspace, report = make_demo(folder, seed, progress)
    click.echo(_import_text(report))
    period = workspace.periods("asb")[-1]
    click.echo(_run_text(workspace.run(period.id, "asb")))
    workspace.store.close()
    if serve_map:
        context.invoke(serve, host=None, port=port)


@contextmanager
def _progress(title: str) -> Iterator[Progress | None]:
    """Yield a callback that moves a progress bar on a terminal; None where there is none."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def move(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        yield move
