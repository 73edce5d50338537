"""What the commands share: options, the workspace, answers, the progress bar."""

from __future__ import annotations

import getpass
import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hotspots.ingest import Progress, Step
    from hotspots.workspace import Workspace

FILE = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
FILES = click.argument("files", nargs=-1, required=True, type=FILE)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
PERIOD = "2021-06, 2021-W23, 2021, 2021-04..2022-03 or 2021-06-01..2021-06-14"


def open_workspace(folder: Path) -> Workspace:
    """Open the workspace in a folder."""
    from hotspots.workspace import Workspace

    workspace = Workspace(folder)
    if workspace.upgraded:
        click.echo(workspace.upgraded, err=True)
    return workspace


def account() -> str:
    """Return the name of the account that runs the command, "" where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # who is asked for then says so


def say(text: str, data: Any, as_json: bool) -> None:
    """Print the answer, as text or as JSON."""
    click.echo(_json(data) if as_json else text)


def _json(data: Any) -> str:
    # a number that is not known is null: JSON has no NaN, and other programs refuse the text
    return json.dumps(_plain(data), ensure_ascii=False, default=str, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()  # of numpy: its own number
    # NaT and NaN alone are not themselves
    missing = value != value or (isinstance(value, float) and math.isinf(value))
    return None if missing else value


@contextmanager
def progress_bar(title: str, unit: str = "rows") -> Iterator[Progress | None]:
    """Yield a callback that moves a progress bar on a terminal; None where there is none."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(title, markup=False),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} " + unit),
        TimeRemainingColumn(),
        # a file may be called "[/b].csv"
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0, rows=0)

        def move(step: Step) -> None:
            bar.update(task, completed=step.done, rows=step.rows, description=step.file)

        yield move
