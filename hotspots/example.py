"""Make the example workspace: generated files, imported as a user would import their own."""

from __future__ import annotations

import json
from pathlib import Path

from hotspots import demo
from hotspots.errors import WorkspaceError
from hotspots.imports import ImportReport
from hotspots.ingest import Progress
from hotspots.settings import FILE_NAME
from hotspots.workspace import Workspace

_FILES = {
    "boundaries": ("wards.geojson", "population.csv", "streets.geojson", "manifest.json"),
    "data": ("mapping.toml", "truth.json", "manifest.json"),
}


def make_demo(
    folder: str | Path, seed: int, progress: Progress | None = None
) -> tuple[Workspace, ImportReport]:
    """Make (or complete) the example workspace of synthetic data in ``folder``.

    Raises
    ------
    WorkspaceError
        If the folder is a workspace that holds data other than synthetic.
    """
    path = Path(folder)
    new = not (path / FILE_NAME).exists()
    workspace = Workspace.init(path) if new else Workspace(path)
    with workspace.store.incidents(read_only=True) as files:
        known = files.files()
    others = [f.name for f in known if f.notice != demo.NOTICE]
    if others:
        raise WorkspaceError(
            f"The example must be made in a folder without data of your own; {path} holds "
            f"{others[0]}: give another with -C."
        )
    _check_free(path)
    if known and _seed_of(path) != seed:
        raise WorkspaceError(
            f"A folder must hold the example of one seed; {path} holds that of {_seed_of(path)}: "
            "give another folder with -C."
        )
    if not demo.is_written(path) or _seed_of(path) != seed:
        demo.write(path, seed)
    if not known:
        workspace.add_boundaries([path / "boundaries" / "wards.geojson"], demo.VINTAGE)
        workspace.add_population(path / "boundaries" / "population.csv", demo.VINTAGE)
    with workspace.store.streets(read_only=True) as lines:
        without_streets = not lines.sources()
    if without_streets:
        workspace.add_streets(path / "boundaries" / "streets.geojson")
    months = sorted((path / "data").glob("incidents-*.csv"))
    if known and len(known) == len(months):
        # a second start: everything generated is in the store already
        done = ImportReport((), tuple(f.name for f in known), (), ())
        return workspace, done
    report = workspace.add_incidents(
        months, "csv", path / "data" / "mapping.toml", progress=progress
    )
    return workspace, report


def _check_free(folder: Path) -> None:
    """Refuse to write over files that are not the example's own."""
    for part, names in _FILES.items():
        manifest = folder / part / "manifest.json"
        ours = manifest.is_file() and demo.NOTICE in manifest.read_text("utf-8", errors="replace")
        taken = [name for name in names if (folder / part / name).exists()]
        if taken and not ours:
            raise WorkspaceError(
                f"The example must not overwrite files of your own; {folder / part / taken[0]} is "
                "there: give another folder with -C."
            )


def _seed_of(folder: Path) -> int | None:
    """Return the seed that the example data in a folder were made from, None if there are none."""
    manifest = folder / "data" / "manifest.json"
    return json.loads(manifest.read_text("utf-8")).get("seed") if manifest.is_file() else None
