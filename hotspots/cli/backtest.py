"""``hotspots backtest``: how good the maps of past moments would have been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspots.cli.common import FILE, JSON, open_workspace, progress_bar, say

if TYPE_CHECKING:
    from hotspots.backtesting import Candidate, Prepared
    from hotspots.validation.backtest import Progress
    from hotspots.validation.report import Report
    from hotspots.workspace import Workspace

Option = Callable[[Callable[..., None]], Callable[..., None]]

CATEGORY = click.option("--category", required=True, help="What is counted, for example asb.")
STEP = click.option(
    "--step",
    type=click.Choice(["month", "week"]),
    default="month",
    show_default=True,
    help="What a map is of, and what judges it; weeks need incidents whose day is known.",
)
AREA = click.option("--area", default="", help="Code of one district; all of them by default.")


@click.command()
@CATEGORY
@STEP
@AREA
@click.option(
    "--cell",
    "cells",
    type=click.FloatRange(1, 10_000),
    multiple=True,
    help="Side of a square, metres; the approved profile's by default. May be given again.",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    help="A method by its name, such as counts-52; the default and every baseline by default. "
    "May be given again.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    help="A profile to judge beside the approved one: a TOML file, or the number of a version. "
    "May be given again.",
)
@click.option("--from", "first", default="", help="The first period that judges a map: 2021-06.")
@click.option("--until", "last", default="", help="The last period that judges a map.")
@click.option(
    "--horizon",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Periods that judge each map.",
)
@click.option(
    "-o", "--output", type=FILE, help="Folder for the tables, the curve and what is done."
)
@click.option("--resume", is_flag=True, help="Go on with a back-test that was stopped.")
@JSON
@click.pass_obj
def backtest(
    folder: Path,
    /,
    cells: tuple[float, ...],
    profiles: tuple[str, ...],
    output: Path | None,
    resume: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Judge the maps of past moments, each made of what was known then, by what followed.

    Example: hotspots backtest --category asb --step month -o asb-backtest
    """
    sizes = tuple(dict.fromkeys(cells)) or (0.0,)
    with _stoppable("before its first map; nothing is lost: give the same command again"):
        # loading these is most of a short one's time
        from hotspots.backtesting import BacktestAsked, prepare
        from hotspots.backtesting.files import check_folder, write_back_tests

        check_folder(output, resume)
        workspace = open_workspace(folder)
        chosen = dict.fromkeys(profiles)
        candidates = tuple(_candidate(workspace, asked["category"], text) for text in chosen)
        plain = BacktestAsked(candidates=candidates, **asked)
        with workspace.hold():
            ready = [prepare(workspace, replace(plain, cell_size_m=size)) for size in sizes]
    done = [(one, _run(one, output)) for one in ready]
    with _stoppable(f"while its files were written; {_rest(output)}"):
        files = write_back_tests(output, done) if output else []
    lines = [*workspace.notices(), *_texts(done)]
    lines += [f"Wrote {len(files)} files to {output}."] if output else []
    data = {
        "notices": workspace.notices(),
        "backtests": [_data(one, report) for one, report in done],
        "files": files,
    }
    say("\n".join(lines), data, as_json)


def _candidate(workspace: Workspace, category: str, text: str) -> Candidate:
    """Return the profile of a version's number, or of a file."""
    from hotspots.backtesting import Candidate
    from hotspots.exports.text import file_name
    from hotspots.plain_text import tidy
    from hotspots.profile import read_profile

    if text.isdecimal():
        version = workspace.profile_version(category, int(text))
        label = tidy(f"Version {version.version} ({version.name})")
        return Candidate(f"version-{version.version}", label, version.profile)
    path = Path(text)
    return Candidate(f"file-{file_name(path.stem)}", tidy(f"Profile {path.name}"),
                     read_profile(path))  # fmt: skip


def _run(one: Prepared, output: Path | None) -> Report:
    from hotspots.backtesting.files import state_file
    from hotspots.errors import ResultError

    kept_in = state_file(output, one) if output else None
    reached: list[Progress] = []
    try:
        with _maps_bar(f"Judging maps, {one.grid.cell_size_m:g} m", reached) as move:
            return one.run(move, kept_in)
    except KeyboardInterrupt:
        done, of = reached[-1] if reached else (0, len(one.plan.origins))
        raise ResultError(
            f"The back-test was stopped after {done} of {of} maps; {_rest(output)}."
        ) from None


def _rest(output: Path | None) -> str:
    if output is None:
        return "nothing is kept: name a folder with -o, so that it can go on where it stopped"
    return f"what is done is kept in {output}: give the same command with --resume to go on"


@contextmanager
def _stoppable(when: str) -> Iterator[None]:
    from hotspots.errors import ResultError

    try:
        yield
    except KeyboardInterrupt:
        raise ResultError(f"The back-test was stopped {when}.") from None


@contextmanager
def _maps_bar(title: str, reached: list[Progress]) -> Iterator[Callable[[Progress], None]]:
    """Yield a callback that notes how far a back-test is, and shows it on a terminal."""
    from hotspots.ingest import Step

    with progress_bar(title, "maps") as bar:

        def move(progress: Progress) -> None:
            reached[:] = [progress]
            if bar is not None:
                bar(Step(progress.done / progress.of, progress.done, f"of {progress.of:,}"))

        yield move


def _texts(done: list[tuple[Prepared, Report]]) -> list[str]:
    from hotspots.backtesting.words import said

    parts = [said(one, report) for one, report in done]
    return [line for i, part in enumerate(parts) for line in (["", *part] if i else part)]


def _data(one: Prepared, report: Report) -> dict[str, Any]:
    return {
        "about": one.about(),
        "methods": report.table().to_dict("records"),
        "compared": report.compare(one.reference).to_dict("records"),
    }
