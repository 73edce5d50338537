"""``hotspots fetch``: published data, for those with internet; nothing else needs it."""

from __future__ import annotations

from pathlib import Path

import click

from hotspots.cli.common import FILE, JSON, say

_OUTPUT = click.option(
    "-o", "--output", type=FILE, help="Folder to write to; the workspace's own by default."
)


@click.group()
def fetch() -> None:
    """Download published incidents and boundaries.

    Example: hotspots fetch police --force kent --from 2024-01 --to 2024-12
    """


@fetch.command()
@click.option("--force", required=True, help="As data.police.uk writes it, for example kent.")
@click.option("--from", "first", required=True, help="First month, for example 2024-01.")
@click.option("--to", "last", required=True, help="Last month, for example 2024-12.")
@_OUTPUT
@JSON
@click.pass_obj
def police(
    folder: Path, force: str, first: str, last: str, output: Path | None, as_json: bool
) -> None:
    """Download the street-level files of a force from data.police.uk.

    Example: hotspots fetch police --force kent --from 2024-01 --to 2024-12
    """
    from hotspots.fetch import fetch_police

    report = fetch_police(force, first, last, output or folder / "data")
    say("\n".join(report.sentences), report.as_dict(), as_json)


@fetch.command()
@click.option(
    "--district", "first_district", required=True, help="ONS codes, for example E07000107."
)
@click.argument("more_districts", nargs=-1)
@click.option("--vintage", required=True, help="Year of the wards, for example 2023.")
@_OUTPUT
@JSON
@click.pass_obj
def wards(
    folder: Path,
    first_district: str,
    more_districts: tuple[str, ...],
    vintage: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Download ward boundaries from the ONS Open Geography Portal.

    Example: hotspots fetch wards --district E07000107 E07000109 --vintage 2023
    """
    from hotspots.fetch import fetch_wards

    report = fetch_wards(
        [first_district, *more_districts], vintage, output or folder / "boundaries"
    )
    say("\n".join(report.sentences), report.as_dict(), as_json)
