"""Scripts and styles put inside one page, and the policy that allows them and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from pathlib import Path

#: What names a file of Leaflet's from its style sheet.
_IMAGE = re.compile(r"url\((images/[\w.-]+\.png)\)")
#: Developer tools would ask for this file.
_SOURCE_MAP = re.compile(r"^//[#@] sourceMappingURL=.*$", re.MULTILINE)
#: Behaviours of an old browser, which no other knows.
_BEHAVIOUR = re.compile(r"^\s*behavior:.*$\n", re.MULTILINE)


@lru_cache(maxsize=1)
def scripts() -> tuple[str, str]:
    """Return Leaflet's script and the page's own: the same text in every file, without data."""
    leaflet = _SOURCE_MAP.sub("", _text(_leaflet() / "leaflet.js")).strip()
    return _whole(leaflet, "script"), _whole(_own("standalone.js"), "script")


@lru_cache(maxsize=1)
def style() -> str:
    """Return Leaflet's style and the page's own, images inside."""
    leaflet = _BEHAVIOUR.sub("", _text(_leaflet() / "leaflet.css"))
    inlined = _IMAGE.sub(lambda found: f"url({_data_uri(_leaflet() / found[1])})", leaflet)
    return _whole(f"{inlined.strip()}\n{_own('standalone.css')}", "style")


def marked_pages(marking: str) -> str:
    """Return a style that writes a marking on every printed page, and the pages' numbers.

    Every character is written as its number: none of the text is read as style.
    """
    written = "".join(f"\\{ord(sign):06x}" for sign in marking)
    number = '"Page " counter(page) " of " counter(pages)'
    font = "font: 700 9pt sans-serif; color: #000000"
    return _whole(
        f'@page {{ @top-left {{ content: "{written}"; {font}; }} '
        f'@bottom-left {{ content: "{written}"; {font}; }} '
        f"@bottom-right {{ content: {number}; {font}; }} }}",
        "style",
    )


def policy(script_texts: Iterable[str], style_texts: Iterable[str]) -> str:
    """Return a Content-Security-Policy: these texts may act, nothing may be asked for.

    Scripts and styles are named by their hashes, so that nothing else in the file can act as one,
    not even what a fault of ours let in.
    """
    run = " ".join(_hash(text) for text in script_texts)
    look = " ".join(_hash(text) for text in style_texts)
    return (
        f"default-src 'none'; script-src {run}; style-src {look}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _leaflet() -> Path:
    from xstatic.pkg import leaflet

    return Path(leaflet.BASE_DIR)


def _own(name: str) -> str:
    return (resources.files("hotspots.briefing") / "static" / name).read_text("utf-8").strip()


def _text(path: Path) -> str:
    # read as text, every end of line is \n, as a browser has it when it takes the hash
    return path.read_text("utf-8")


def _data_uri(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _whole(text: str, element: str) -> str:
    """Return a text that stands in an element as it is; only ours come here, never data."""
    if f"</{element}" in text.lower() or "<!--" in text:
        raise AssertionError(f"The text of a <{element}> would end it early.")
    return f"\n{text}\n"
