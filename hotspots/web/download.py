"""A file that was made, sent to be kept: its name is safe on any machine."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response
from werkzeug.utils import secure_filename

from hotspots.releasing.request import Exported

#: Tells a script what the person must know; a header has room for a few sentences.
SAID = "Hotspots-Said"
_SENTENCES, _LONGEST, _NAME = 6, 300, 120


def download(exported: Exported) -> Response:
    """Return the answer with the file, the one whose hash is in the log."""
    ((name, content),) = exported.files
    # the type whole, as its format says it: as a mimetype it would get a second charset
    response = Response(content, content_type=exported.media_type)
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
