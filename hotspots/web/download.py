"""A file that was made, sent to be kept: its name is safe on any machine."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO
from urllib.parse import quote

from flask import Response
from werkzeug.utils import secure_filename

from hotspots.releasing.request import Exported

#: The earliest that a ZIP file can say, so that the same files make the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
#: Tells a script what the person must know; a header has room for a few sentences.
SAID = "Hotspots-Said"
_SENTENCES, _LONGEST, _NAME = 6, 300, 120


def download(exported: Exported) -> Response:
    """Return the answer with the file; several files are one ZIP file."""
    (name, content), *beside = exported.files
    if beside:
        name, content = f"{_safe(name).rsplit('.', 1)[0]}.zip", _zipped(exported.files)
    response = Response(content, mimetype="application/zip" if beside else exported.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{_safe(name)}"'
    response.headers["Cache-Control"] = "no-store"
    if exported.said:
        said = "\n".join(sentence[:_LONGEST] for sentence in exported.said[:_SENTENCES])
        response.headers[SAID] = quote(said)
    return response


def _safe(name: str) -> str:
    """Return a file's name of ASCII letters, digits, dots, dashes and underscores."""
    safe = secure_filename(name) or "export"
    stem, dot, suffix = safe.rpartition(".")
    return f"{stem[:_NAME]}{dot}{suffix[:16]}" if dot else safe[:_NAME]


def _zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    held = BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(files, 1):
            safe = _safe(name)
            safe = f"{number}-{safe}" if safe in taken else safe
            taken.add(safe)
            entry = zipfile.ZipInfo(safe, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return held.getvalue()
