"""``hotspots run``, ``serve`` and ``demo``: what comes out of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspots.cli.add import import_text
from hotspots.cli.common import FILE, JSON, PERIOD, open_workspace, progress_bar, say

if TYPE_CHECKING:
    from hotspots.results import Result


@click.command()
@click.option("--period", required=True, help=f"What is counted: {PERIOD}.")
@click.option("--category", required=True, help="What is counted, for example asb.")
@click.option("--profile", type=FILE, help="TOML file of parameters.")
@click.option("--vintage", help="Boundaries to use; by default those in force in the period.")
@JSON
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
    result = open_workspace(folder).run(period, category, settings, vintage)
    places = result.hotspots.drop(columns="geometry").to_dict("records")
    data = {"provenance": result.provenance, "totals": result.totals, "notes": result.notes}
    say(_run_text(result), {**data, "hotspots": places}, as_json)


def _run_text(result: Result) -> str:
    from hotspots.results.words import evidence
    from hotspots.taxonomy import category as category_of
    from hotspots.versions import called

    lines = [*result.notices]
    label = category_of(result.category).label
    lines.append(f"{label}, {result.period.label}: {result.totals['incidents']:,} incidents.")
    titles = {"concentrated": "Where is it concentrated?", "worse": "Where is it worse than usual?"}
    for question, title in titles.items():
        rows = result.places[result.places["question"] == question]
        hot = int(rows["hot"].sum())
        lines.append(f"{title} {hot} hot {'spot' if hot == 1 else 'spots'}.")
        squares = int(result.totals["cells"])
        lines += [
            f"  {row.marker:>2}  {row.name}. {row.claim} "
            f"{evidence(str(row.strength), float(row.p_value), squares)}"
            for row in rows.itertuples(name="Place", index=False)
        ]
    made = result.provenance
    kept = f"Made with profile {called(made['profile'])}; kept as run {made['run']}."
    return "\n".join([*lines, *result.notes, kept])


@click.command()
@click.option("--host", help="Address to serve at; this machine only by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to serve at; 0 takes any.")
@click.pass_obj
def serve(folder: Path, host: str | None, port: int | None) -> None:
    """Serve the map to a browser until Ctrl+C.

    Example: hotspots -C my-area serve --port 8765
    """
    from hotspots.web.server import serve as serve_forever

    workspace = open_workspace(folder)
    settings = workspace.settings
    serve_forever(workspace, host or settings.host, settings.port if port is None else port)


@click.command()
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
    with progress_bar("Importing") as progress:
        workspace, report = make_demo(folder, seed, progress)
    click.echo(import_text(report))
    period = workspace.periods("asb")[-1]
    click.echo(_run_text(workspace.run(period.id, "asb")))
    workspace.store.close()
    if serve_map:
        context.invoke(serve, host=None, port=port)
