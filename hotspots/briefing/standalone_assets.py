"""Scripts and styles put inside one page, and the policy that allows them and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

from hotspots.leaflet import leaflet_script, leaflet_style, whole


@lru_cache(maxsize=1)
def scripts() -> tuple[str, str]:
    """Return Leaflet's script and the page's own: the same text in every file, without data."""
    return whole(leaflet_script(), "script"), whole(_own("standalone.js"), "script")


@lru_cache(maxsize=1)
def style() -> str:
    """Return Leaflet's style and the page's own, images inside."""
    return whole(f"{leaflet_style()}\n{_own('standalone.css')}", "style")


def marked_pages(marking: str) -> str:
    """Return a style that writes a marking on every printed page, and the pages' numbers.

    Every character is written as its number: none of the text is read as style.
    """
    written = "".join(f"\\{ord(sign):06x}" for sign in marking)
    number = '"Page " counter(page) " of " counter(pages)'
    font = "font: 700 9pt sans-serif; color: #000000"
    return whole(
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


def _own(name: str) -> str:
    return (resources.files("hotspots.briefing") / "static" / name).read_text("utf-8").strip()
