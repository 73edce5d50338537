"""The tiles that the settings name, opened or refused."""

from __future__ import annotations

import re
from pathlib import Path

from hotspots.errors import WorkspaceError
from hotspots.settings import Settings
from hotspots.tiles.address import host_of
from hotspots.tiles.mbtiles import open_mbtiles
from hotspots.tiles.model import RemoteTiles, Tiles
from hotspots.tiles.pmtiles import open_pmtiles


def open_tiles(settings: Settings, folder: Path) -> Tiles | None:
    """Return the tiles that the settings name, None where ``tiles`` is empty.

    Parameters
    ----------
    settings : Settings
        ``tiles``: a path, absolute or relative to ``folder``, that ends in ``.mbtiles`` or
        ``.pmtiles``; or an address such as ``https://host/{z}/{x}/{y}.png``.
        ``tiles_attribution``: what their licence asks to be shown.
    folder : Path
        The workspace.

    Raises
    ------
    WorkspaceError
        If there is no attribution, the address is not one that a page may use, or the file is
        missing, damaged or not of pictures.
    """
    named, attribution = settings.tiles.strip(), settings.tiles_attribution.strip()
    if not named:
        return None
    if not attribution:
        raise WorkspaceError(
            "Tiles must be shown with what their licence asks for; `tiles` is set in hotspots.toml "
            "and `tiles_attribution` is not: set it, for example to "
            '"© OpenStreetMap contributors".'
        )
    if re.match(r"[a-z][a-z0-9+.-]+:", named, re.I) and not re.match(r"[a-z]:[\\/]", named, re.I):
        return RemoteTiles(named, attribution, host_of(named))
    path = folder / named
    kinds = {".mbtiles": open_mbtiles, ".pmtiles": open_pmtiles}
    if path.suffix.lower() not in kinds:
        raise WorkspaceError(
            "Tiles must be a .mbtiles or .pmtiles file or an address with https; "
            f"`tiles` in hotspots.toml is {named!r}: mend it or leave it empty."
        )
    if not path.is_file():
        raise WorkspaceError(
            f"The file of tiles must exist; {path} does not: mend `tiles` in hotspots.toml."
        )
    return kinds[path.suffix.lower()](path, attribution)
