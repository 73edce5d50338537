"""The files of a back-test: its tables, its curve, where it comes from, and what is done of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.backtesting.choosing import DEFAULT
from hotspots.backtesting.prepared import Prepared
from hotspots.errors import UsageError, WorkspaceError
from hotspots.exports import write_file
from hotspots.exports.stable import as_json
from hotspots.exports.text import harmless
from hotspots.results.headlines import joined
from hotspots.validation.report import Report

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.backtesting.tuning import ToTune
    from hotspots.drawing.curves import Role
    from hotspots.validation.tuning import Tuned

Done = Sequence[tuple[Prepared, Report]]
#: Baselines that are drawn where they were judged: more lines could not be told apart.
_DRAWN = ("counts-52", "counts-all", "kde-nrd-52", "random")
_STATE = "state-*.jsonl"
_TABLES = ("report.csv", "periods.csv", "compare.csv", "about.json")


def check_folder(folder: Path | None, resume: bool) -> None:
    """Make the folder if need be; raise an error if a back-test could not be written there.

    Raises
    ------
    UsageError
        If it holds a back-test already that is not to be gone on with, or files of others by the
        same names, or none is named to go on with.
    WorkspaceError
        If it cannot be made or written.
    """
    if folder is None:
        if resume:
            raise UsageError(
                "What is to be gone on with must be named; got --resume alone: name its folder "
                "with -o."
            )
        return
    made_folder(folder)
    held = any(folder.glob(_STATE))
    if held and not resume:
        raise UsageError(
            f"The folder must not hold a back-test yet; {folder} does: give --resume to go on with "
            "it, or name another folder with -o."
        )
    foreign = [] if held else [name for name in _TABLES if (folder / name).exists()]
    if foreign:
        raise UsageError(
            f"The folder must not hold files that would be written over; {folder} has "
            f"{joined(foreign)}: name another folder with -o."
        )


def made_folder(folder: Path) -> None:
    """Make a folder that results go to, if need be.

    Raises
    ------
    WorkspaceError
        If it cannot be one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(
            f"Results must be written to a folder; {folder} cannot be one ({error.strerror}): "
            "name another with -o."
        ) from error


def state_file(folder: Path, one: Prepared) -> Path:
    """Return the file in which a back-test keeps what is done: one for each size of squares."""
    return folder / f"state-{one.grid.cell_size_m:g}m.jsonl"


def write_back_tests(folder: Path, done: Done) -> list[Path]:
    """Write the tables, curves and origin of finished back-tests; the same bytes for the same ones.

    Returns
    -------
    list of Path
        report.csv, periods.csv, compare.csv, about.json, and a curve for each size of squares.
    """
    tables: dict[str, Callable[[Prepared, Report], pd.DataFrame]] = {
        "report.csv": lambda _one, report: report.table(),
        "periods.csv": lambda _one, report: report.periods(),
        "compare.csv": lambda one, report: report.compare(one.reference),
    }
    content = {name: _csv(done, of) for name, of in tables.items()}
    about = [one.about() for one, _ in done]
    content["about.json"] = as_json({"backtests": about}).encode("utf-8")
    for name, data in content.items():
        write_file(folder / name, data)
    return [*(folder / name for name in content), *_curves(folder, done)]


def write_tuning(folder: Path, ready: ToTune, tuned: Tuned) -> list[Path]:
    """Write every setting with its score, and what the tuning came to.

    Without how long each took: the same tuning gives the same bytes.
    """
    table = tuned.table.drop(columns="seconds", errors="ignore")
    told = {**ready.about(tuned), "profile": tuned.profile.model_dump(mode="json")}
    content = {
        "tuning.csv": csv_bytes(table),
        "tuning.json": as_json(told).encode("utf-8"),
    }
    for name, data in content.items():
        write_file(folder / name, data)
    return [folder / name for name in content]


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as UTF-8 CSV; unknown values are empty, and no text is run as a formula."""
    plain = table.copy()
    for name in plain.select_dtypes(include=["object", "string"]).columns:
        plain[name] = plain[name].map(harmless, na_action="ignore")
    return plain.to_csv(index=False, lineterminator="\r\n").encode("utf-8")


def _csv(done: Done, of: Callable[[Prepared, Report], pd.DataFrame]) -> bytes:
    import pandas as pd

    tables = []
    for one, report in done:
        table = of(one, report)
        table.insert(0, "cell_size_m", one.grid.cell_size_m)
        tables.append(table)
    return csv_bytes(pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0])


def _curves(folder: Path, done: Done) -> list[Path]:
    from hotspots.validation.plots import save_curve

    made = []
    for one, report in done:
        names = [entry.name for entry in report.entries]
        drawn = [*one.profiles, *(name for name in _DRAWN if name in names)]
        part = report.only(drawn if len(names) > len(drawn) + 2 else names)
        roles: dict[str, Role] = {
            name: "approved" if name == one.reference else "candidate"
            for name in one.profiles
            if name == one.reference or name != DEFAULT
        }
        stem = "curve" if len(done) == 1 else f"curve-{one.grid.cell_size_m:g}m"
        made += [
            save_curve(part, folder / f"{stem}{suffix}", roles=roles) for suffix in (".svg", ".png")
        ]
    return made
