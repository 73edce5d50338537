"""``hotspots fetch``: published data, for those with internet; nothing else needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspots.cli.common import FILE, JSON, progress_bar, say

if TYPE_CHECKING:
    from hotspots.ingest import Progress

_OUTPUT = click.option(
    "-o", "--output", type=FILE, help="Folder to write to; the workspace's own by default."
)
_ADDRESS = click.option("--address", help="Another address of the service, such as a mirror.")
_REFRESH = click.option(
    "--refresh", is_flag=True, help="Fetch again what is there, if the publisher has a newer one."
)


def _files(progress: Progress | None) -> Callable[[int, int, str], None] | None:
    """Return the bar's callback as the fetches call it: files done, files in all, a name."""
    if progress is None:
        return None
    from hotspots.ingest import Step

    return lambda done, total, name: progress(Step(done / max(total, 1), done, name))


@click.group()
def fetch() -> None:
    """Download published incidents and boundaries.

    Example: hotspots fetch police --force kent --from 2024-01 --to 2024-12
    """


@fetch.command()
@click.option("--force", required=True, help="As data.police.uk writes it, for example kent.")
@click.option("--from", "first", required=True, help="First month, for example 2024-01.")
@click.option("--to", "last", required=True, help="Last month, for example 2024-12.")
@click.option(
    "--whole-archive",
    is_flag=True,
    help="Download a whole archive (gigabytes) where the server does not give parts of it.",
)
@_REFRESH
@_ADDRESS
@_OUTPUT
@JSON
@click.pass_obj
def police(
    folder: Path,
    force: str,
    first: str,
    last: str,
    whole_archive: bool,
    refresh: bool,
    address: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Download the street-level files of a force from data.police.uk.

    Example: hotspots fetch police --force kent --from 2024-01 --to 2024-12
    """
    from hotspots.fetch.police import BASE_URL, fetch_police

    target = output or folder / "data"
    with progress_bar("Fetching", "files") as progress:
        report = fetch_police(
            force,
            first,
            last,
            target,
            base_url=address or BASE_URL,
            whole_archive=whole_archive,
            refresh=refresh,
            progress=_files(progress),
        )
    say("\n".join(report.sentences), report.as_dict(), as_json)


@fetch.command()
@click.option(
    "--district", "first_district", required=True, help="ONS codes, for example E07000107."
)
@click.argument("more_districts", nargs=-1)
@click.option("--vintage", required=True, help="Year of the wards, for example 2023.")
@_REFRESH
@_ADDRESS
@_OUTPUT
@JSON
@click.pass_obj
def wards(
    folder: Path,
    first_district: str,
    more_districts: tuple[str, ...],
    vintage: str,
    refresh: bool,
    address: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Download ward boundaries from the ONS Open Geography Portal.

    Example: hotspots fetch wards --district E07000107 E07000109 --vintage 2023
    """
    from hotspots.fetch.wards import BASE_URL, fetch_wards

    districts = [first_district, *more_districts]
    target = output or folder / "boundaries"
    with progress_bar("Fetching", "files") as progress:
        report = fetch_wards(
            districts,
            vintage,
            target,
            base_url=address or BASE_URL,
            refresh=refresh,
            progress=_files(progress),
        )
    say("\n".join(report.sentences), report.as_dict(), as_json)
