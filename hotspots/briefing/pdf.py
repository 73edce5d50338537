"""A briefing as an A4 PDF, the same bytes for the same briefing.

WeasyPrint is handed one HTML text and may fetch nothing. It has no clock in it: no date is written
but those of the data, and the identifier is made of the content.
"""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from itertools import count
from typing import Any

from markupsafe import Markup

from hotspots.briefing.content import Briefing
from hotspots.briefing.pages import body, environment
from hotspots.drawing.svg import FONTS
from hotspots.errors import WorkspaceError

#: Families that are on any Debian, with the same widths as those of the pages.
PAPER_FONTS = "Liberation Sans, Arimo, DejaVu Sans, sans-serif"
_HATCHES = re.compile(r'<svg class="hatches".*?</svg>', re.DOTALL)
_PATTERN = re.compile(r'<pattern id="([^"]+)".*?</pattern>', re.DOTALL)
_PAINT = re.compile(r"url\(#([^)]+)\)")
_DRAWING = re.compile(r'(<svg [^>]*class="drawing[^"]*"[^>]*>)(.*?)(</svg>)', re.DOTALL)
_HALOED = re.compile(r'<(text|g)\b([^>]*) paint-order="stroke"([^>]*)>(.*?)</\1>', re.DOTALL)
_STROKE = re.compile(r' stroke(?:-[a-z]+)?="[^"]*"')


def to_pdf(briefing: Briefing) -> bytes:
    """Return a briefing as a PDF: tagged, its fonts embedded, marked at the top of every page.

    Raises
    ------
    WorkspaceError
        If WeasyPrint's own libraries are not installed.
    """
    html = paper(briefing)
    weasyprint = _weasyprint()
    document = weasyprint.HTML(string=html, url_fetcher=_refuse, base_url=None)
    written: bytes = document.write_pdf(
        pdf_identifier=hashlib.sha256(html.encode("utf-8", "replace")).hexdigest()[:32].encode(),
        pdf_tags=True,
        full_fonts=False,
    )
    return written


def paper(briefing: Briefing) -> str:
    """Return the HTML that is printed: the pages, their style, and hatches in every drawing."""
    style = (resources.files("hotspots.briefing") / "static" / "paper.css").read_text("utf-8")
    return (
        environment()
        .get_template("paper.html")
        .render(
            briefing=briefing,
            generator="Hotspots",
            style=Markup(style),  # noqa: S704 - our own file
            body=Markup(for_paper(str(body(briefing)))),  # noqa: S704 - escaped by its template
        )
    )


def for_paper(html: str) -> str:
    """Return the pages with drawings as WeasyPrint can draw them.

    A drawing sees its own patterns only, and ``paint-order`` is not known: a text with a halo is
    written twice, first its halo and then itself.
    """
    hatches = _HATCHES.search(html)
    if hatches is None:
        return html
    patterns = {found[1]: found[0] for found in _PATTERN.finditer(hatches[0])}
    html = html[: hatches.start()] + html[hatches.end() :]
    numbers = count()
    html = _DRAWING.sub(lambda found: _with_patterns(found, patterns, next(numbers)), html)
    html = _HALOED.sub(_twice, html)
    return html.replace(f'font-family="{FONTS}"', f'font-family="{PAPER_FONTS}"')


def _with_patterns(drawing: re.Match[str], patterns: dict[str, str], number: int) -> str:
    """Return a drawing with the patterns it uses, named as no other drawing's."""
    used = [name for name in dict.fromkeys(_PAINT.findall(drawing[2])) if name in patterns]
    if not used:
        return drawing[0]
    own = "".join(patterns[name].replace(f'"{name}"', f'"{name}-{number}"', 1) for name in used)
    inside = _PAINT.sub(
        lambda paint: f"url(#{paint[1]}-{number})" if paint[1] in used else paint[0], drawing[2]
    )
    return f"{drawing[1]}<defs>{own}</defs>{inside}{drawing[3]}"


def _twice(match: re.Match[str]) -> str:
    name, inside, attributes = match[1], match[4], match[2] + match[3]
    plain = _STROKE.sub("", attributes)
    return f"<{name}{attributes}>{inside}</{name}><{name}{plain}>{inside}</{name}>"


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"A briefing fetches nothing; asked for {url[:80]!r}.")


def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise WorkspaceError(
            f"A PDF needs WeasyPrint and the Pango library; {error}: install them (on Debian: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0), or export the briefing as html."
        ) from error
    return weasyprint
