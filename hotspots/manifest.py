"""The ``manifest.json`` beside data files, and the notice it asks to be shown with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hotspots.errors import DataError

FILE_NAME = "manifest.json"


def notice_beside(file: Path) -> str | None:
    """Return the notice that the manifest in a file's folder gives for the file.

    Parameters
    ----------
    file : Path
        The data file.

    Returns
    -------
    str or None
        The notice, such as "Synthetic data"; None without a manifest, or where the manifest has
        no notice or does not list the file.

    Raises
    ------
    DataError
        If the manifest cannot be read: what it asks to be said must not be lost.
    """
    manifest = file.parent / FILE_NAME
    if not manifest.is_file():
        return None
    try:
        content = manifest.read_bytes()
    except OSError as error:
        raise DataError(
            f"A manifest beside data must be readable; {manifest} is not ({error.strerror}): "
            "correct or move it."
        ) from error
    return notice_in(content, file.name, str(manifest))


def notice_in(content: bytes, name: str, where: str) -> str | None:
    """Return the notice that a manifest's content gives for the file ``name``.

    Parameters
    ----------
    content : bytes
        The manifest, JSON with ``notice`` and ``files``; ``files`` is an object by file name, a
        list of names or a list of objects with a ``name``.
    name : str
        The file's name in the manifest's folder.
    where : str
        How to call the manifest in an error.

    Raises
    ------
    DataError
        If the content is not JSON.
    """
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"A manifest beside data must be JSON; {where} is not: correct or move it."
        ) from error
    if not isinstance(data, dict):
        return None
    notice = data.get("notice")
    listed = isinstance(notice, str) and name in _names(data.get("files"))
    return str(notice).strip() or None if listed else None


def _names(files: Any) -> set[str]:
    if isinstance(files, dict):
        return set(files)
    if not isinstance(files, list):
        return set()
    entries = [entry.get("name") if isinstance(entry, dict) else entry for entry in files]
    return {entry for entry in entries if isinstance(entry, str)}
