"""What keeps two exports of one run the same, byte for byte."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

#: The time that stands wherever a format must have one: the first that a zip file can hold. When
#: something was exported is in the log of exports, not in the file.
MOMENT = datetime(1980, 1, 1)
#: The same as GeoPackage writes it.
MOMENT_UTC = "1980-01-01T00:00:00.000Z"


def as_json(provenance: Mapping[str, Any], indent: int | None = 2) -> str:
    """Return provenance as JSON text, in the order it came."""
    return json.dumps(provenance, indent=indent, ensure_ascii=False, default=str)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as one zip, all of one time, in the order given."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, MOMENT.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return out.getvalue()
