"""Leaflet as text, to be written into a file that asks nothing of a network."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from pathlib import Path

#: What names a file of Leaflet's from its style sheet.
_IMAGE = re.compile(r"url\((images/[\w.-]+\.png)\)")
#: Developer tools would ask for this file.
_SOURCE_MAP = re.compile(r"^//[#@] sourceMappingURL=.*$", re.MULTILINE)
#: Behaviours of an old browser, which no other knows.
_BEHAVIOUR = re.compile(r"^\s*behavior:.*$\n", re.MULTILINE)


@lru_cache(maxsize=1)
def leaflet_script() -> str:
    """Return Leaflet's script."""
    return _SOURCE_MAP.sub("", _text(_folder() / "leaflet.js")).strip()


@lru_cache(maxsize=1)
def leaflet_style() -> str:
    """Return Leaflet's style, images inside."""
    style = _BEHAVIOUR.sub("", _text(_folder() / "leaflet.css"))
    return _IMAGE.sub(lambda found: f"url({_data_uri(_folder() / found[1])})", style).strip()


def whole(text: str, element: str) -> str:
    """Return a text that stands in an element as it is; only ours come here, never data."""
    if f"</{element}" in text.lower() or "<!--" in text:
        raise AssertionError(f"The text of a <{element}> would end it early.")
    return f"\n{text}\n"


def _folder() -> Path:
    from xstatic.pkg import leaflet

    return Path(leaflet.BASE_DIR)


def _text(path: Path) -> str:
    # read as text, every end of line is \n, as a browser has it when it takes the hash
    return path.read_text("utf-8")


def _data_uri(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
