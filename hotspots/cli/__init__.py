"""The ``hotspots`` command: thin. Everything it does is a method of ``Workspace``.

Libraries load inside the commands, so that ``hotspots --help`` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hotspots import __version__
from hotspots.cli.add import add
from hotspots.cli.backtest import backtest
from hotspots.cli.data import doctor, imports, init, inspect, undo
from hotspots.cli.export import export
from hotspots.cli.exports import exports
from hotspots.cli.fetch import fetch
from hotspots.cli.profile import profile
from hotspots.cli.show import demo, run, serve
from hotspots.cli.tune import tune
from hotspots.cli.wards import apportion, overlap
from hotspots.errors import HotspotsError


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


for _command in (
    init,
    inspect,
    fetch,
    add,
    imports,
    undo,
    doctor,
    overlap,
    apportion,
    run,
    backtest,
    tune,
    profile,
    export,
    exports,
    serve,
    demo,
):
    cli.add_command(_command)
