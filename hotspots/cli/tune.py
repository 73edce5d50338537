"""``hotspots tune``: which settings would have done better, and whether that is sure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspots.cli.backtest import AREA, CATEGORY, STEP
from hotspots.cli.common import FILE, JSON, account, open_workspace, progress_bar, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotspots.validation.tuning import Step


@click.command()
@CATEGORY
@STEP
@AREA
@click.option("--until", "last", default="", help="The last period that is looked at: 2021-06.")
@click.option(
    "--measure",
    default="area",
    show_default=True,
    callback=lambda _, __, value: value.replace("-", "_"),
    help="By which settings are chosen: area; or hit-rate, pai or pei-star at 1, 2, 5 or 10 % of "
    "the area, such as hit-rate-2.",
)
@click.option(
    "--cell",
    "cells",
    type=click.FloatRange(1, 10_000),
    multiple=True,
    help="A size of squares to choose among, metres; by default it stays. May be given again.",
)
@click.option(
    "--held-out",
    type=click.IntRange(1),
    help="Periods at the end that take no part in the choice; by default a year, or a quarter of "
    "less than two.",
)
@click.option(
    "--horizon",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Periods that judge each map.",
)
@click.option(
    "--halving/--every-map",
    default=True,
    show_default=True,
    help="Drop early what does badly, or judge every setting by every map.",
)
@click.option("--settings", "candidates", type=click.IntRange(1), help="Try so many, at random.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Threads.")
@click.option("-o", "--output", type=FILE, help="Folder for tuning.csv and tuning.json.")
@click.option("--save", is_flag=True, help="Keep the recommendation as a version, not approved.")
@click.option("--reason", default="", help="Why it is kept, in your words.")
@click.option("--author", help="Who keeps it; your account by default.")
@JSON
@click.pass_obj
def tune(
    folder: Path,
    /,
    cells: tuple[float, ...],
    held_out: int | None,
    candidates: int | None,
    output: Path | None,
    save: bool,
    reason: str,
    author: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Search for better settings of a category, judged once by periods kept out of the search.

    Example: hotspots tune --category asb --step month --save --reason "Yearly review"
    """
    who = _checked(save, reason, author)
    with _stoppable():
        # loading these is most of a short one's time
        from hotspots.backtesting.files import made_folder, write_tuning
        from hotspots.backtesting.tuning import (
            TuneAsked,
            automatic_choices,
            changes,
            save_tuned,
            to_tune,
        )
        from hotspots.backtesting.words import said_of_choices, said_of_tuning

        if output is not None:
            made_folder(output)
        searched = TuneAsked(
            cell_sizes=cells, held_out=held_out or 0, candidates=candidates or 0, **asked
        )
        workspace = open_workspace(folder)
        with workspace.hold():
            ready = to_tune(workspace, searched)
        with _settings_bar() as move:
            tuned = ready.run(move)
        choices = automatic_choices(ready)
    lines = [*workspace.notices(), *said_of_tuning(ready, tuned), *said_of_choices(choices)]
    files = write_tuning(output, ready, tuned) if output else []
    lines += [f"Wrote {len(files)} files to {output}."] if output else []
    kept = None
    if save and changes(ready, tuned):
        kept = save_tuned(workspace, ready, tuned, who, reason).version
        lines.append(f"Saved as version {kept}; not approved.")
    elif save:
        lines.append("Nothing was saved: the recommended profile is the approved one.")
    profile = tuned.profile.model_dump(mode="json")
    data = {
        **ready.about(tuned),
        "profile": profile,
        "automatic": [
            {"name": c.name, "method": c.method, "value_m": c.value_m, "adjusted_m": c.adjusted_m,
             "reason": c.reason}
            for c in choices
        ],
        "saved": kept,
        "files": files,
    }  # fmt: skip
    say("\n".join(lines), data, as_json)


def _checked(save: bool, reason: str, author: str | None) -> str:
    """Return who keeps the version; nothing is searched for that could not be kept."""
    from hotspots.errors import UsageError

    who = (account() if author is None else author).strip()
    if save and not (reason.strip() and who):
        raise UsageError(
            "A version must have an author and a reason; got "
            f"{who or 'no author'!r} and {reason.strip() or 'no reason'!r}: give --author and "
            "--reason."
        )
    return who


@contextmanager
def _stoppable() -> Iterator[None]:
    from hotspots.errors import ResultError

    try:
        yield
    except KeyboardInterrupt:
        raise ResultError(
            "The tuning was stopped before it was done; nothing was kept: run it again, with "
            "--settings for fewer."
        ) from None


@contextmanager
def _settings_bar() -> Iterator[Callable[[Step], None] | None]:
    from hotspots.ingest import Step as Read

    with progress_bar("Tuning", "settings") as bar:
        if bar is None:
            yield None
            return

        def move(step: Step) -> None:
            bar(Read(step.done / max(step.of, 1), step.done, f"of {step.of:,}: {step.words}"))

        yield move
