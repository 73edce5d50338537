"""Putting a fetched file in its place: whole or not at all, and listed in the manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from hotspots.errors import DataError
from hotspots.fetch.report import LICENCE
from hotspots.manifest import FILE_NAME


def passing(final: Path, what: str = "part") -> Path:
    """Return the name under which a file is made; hidden, so that no import takes it for data."""
    return final.with_name(f".{final.name}.{what}")


def sha256_of(file: Path) -> str:
    """Return a file's sha256 in hex."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder, empty without one.

    Raises
    ------
    DataError
        If it cannot be read or added to, or has a notice, such as "Synthetic data", that would
        then be shown with the fetched files too.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"A manifest beside data must be JSON; {path} is not: correct or move it."
        ) from error
    if not isinstance(data, dict) or not isinstance(data.get("files", {}), dict):
        raise DataError(
            f"A manifest must be an object with files by name to be added to; {path} is not: "
            "fetch into another folder."
        )
    if data.get("notice"):
        raise DataError(
            f"Fetched files must not stand under another's notice; {path} says "
            f"{data['notice']!r}: fetch into another folder."
        )
    return data


def listed(folder: Path, name: str) -> Mapping[str, Any] | None:
    """Return the manifest's entry for a file, if the file is there just as listed; else None.

    Raises
    ------
    DataError
        See `read_manifest`.
    """
    entry = read_manifest(folder).get("files", {}).get(name)
    file = folder / name
    if not isinstance(entry, dict) or not file.is_file():
        return None
    return entry if entry.get("sha256") == sha256_of(file) else None


def land(part: Path, final: Path, top: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Give a whole and checked file its name, and list it; return its sha256.

    Parameters
    ----------
    part : Path
        The file under its passing name, in the folder of ``final``.
    final : Path
        Its name; a file of that name is replaced.
    top : mapping
        What a new manifest says of all its files: source, CRS.
    entry : mapping
        What the manifest says of this one; its sha256, size, licence and time are added.
    """
    digest, size = sha256_of(part), part.stat().st_size
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())
    part.replace(final)
    _list(final, top, {"sha256": digest, "bytes": size, **entry})
    return digest


def adopt(final: Path, top: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """List a file that is there and is known to be the publisher's; return its sha256."""
    digest = sha256_of(final)
    _list(final, top, {"sha256": digest, "bytes": final.stat().st_size, **entry})
    return digest


def _list(final: Path, top: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    folder = final.parent
    manifest = read_manifest(folder) or {**top, "licence": LICENCE, "files": {}}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    files = manifest.setdefault("files", {})
    files[final.name] = {**entry, "licence": LICENCE, "fetched_at": now}
    write(folder / FILE_NAME, json.dumps(manifest, indent=1, ensure_ascii=False).encode())


def write(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole or as it was before."""
    part = passing(file)
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
