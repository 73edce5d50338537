"""One file that opens with networking off: the briefing, and its map to move about in.

Leaflet stands in the file, drawn by a script that is the same in every file; what is in the data
comes as JSON and as escaped text only. folium is not used: it writes data into scripts, which
would then have to be allowed anew for each file, and all it could give here is the empty map.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from hotspots.briefing import standalone_assets
from hotspots.briefing.content import Briefing, PlaceSheet, QuestionSection
from hotspots.plain_text import tidy

#: How drawings are told to look on paper, which the policy would refuse.
_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL)
#: What a legend says of a class, whatever it says it of.
_AT_MOST = re.compile(r"at most 1 in [\d,]+")

if TYPE_CHECKING:
    import geopandas as gpd
    from jinja2 import Environment


def to_html(briefing: Briefing, *, streets: gpd.GeoDataFrame | None = None) -> bytes:
    """Return a briefing as one HTML file with an interactive map; it asks no other host.

    Parameters
    ----------
    briefing : Briefing
        What its tier of recipients is given.
    streets : geopandas.GeoDataFrame, optional
        ``name``, ``kind`` and lines, as of ``Workspace.streets``, to find one's way by: those that
        the briefing was made with, which names whose they are. None or no row: a map without
        streets.

    Returns
    -------
    bytes
        UTF-8; the same for the same briefing and streets.
    """
    from hotspots.briefing.standalone_map import map_json

    scripts = standalone_assets.scripts()
    styles = [
        standalone_assets.style(),
        standalone_assets.marked_pages(tidy(f"{briefing.marking} · {briefing.tier}")),
    ]
    page = (
        _environment()
        .get_template("standalone.html")
        .render(
            briefing=briefing,
            legend=_legend(briefing),
            first=_first_question(briefing),
            policy=standalone_assets.policy(scripts, styles),
            # ours and Leaflet's: no text from data can be read in them
            scripts=[Markup(text) for text in scripts],  # noqa: S704
            styles=[Markup(text) for text in styles],  # noqa: S704
            map_json=Markup(map_json(briefing, streets)),  # noqa: S704 - no markup can begin in it
        )
    )
    return page.encode("utf-8", "replace")


def _first_question(briefing: Briefing) -> str:
    """Return the question shown at first: the first that has places."""
    with_places = [one.question for one in briefing.sections if one.hot or one.further]
    return (with_places or [one.question for one in briefing.sections] or [""])[0]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return the templates of the briefing with what only this page has."""
    from hotspots.briefing.pages import environment

    made = environment().overlay()
    # new mappings: an overlay shares those of what it lies on
    made.filters = {**made.filters, "tidy": tidy, "drawn": _drawn}
    made.globals = {**made.globals, "ranked": _ranked, "small_line": _small_line}
    return made


def _ranked(section: QuestionSection) -> list[PlaceSheet]:
    """Return the places of a question by their markers: 1, 2, 10 or A, B, AA."""
    return sorted((*section.hot, *section.further), key=lambda one: (len(one.marker), one.marker))


def _legend(briefing: Briefing) -> list[tuple[str, str]]:
    """Return the classes, the strongest first: here an outline is hatched, not its squares."""
    rows = []
    for _, name, says in briefing.legend:
        found = _AT_MOST.match(says)
        rows.append((name, found[0] if found else says))
    return rows


def _small_line(sheet: PlaceSheet) -> Markup:
    """Return the line of the last year at the size of a card, so that its letters can be read."""
    from hotspots.briefing.drawings import trend_bars

    return trend_bars(
        sheet.trend,
        sheet.question,
        name=f"line-{sheet.question}-{sheet.marker}",
        title="The last year",
        width=420,
        height=130,
    )


def _drawn(drawing: Markup) -> Markup:
    """Return a drawing without a style of its own: the page has one."""
    return Markup(_STYLE.sub("", drawing))  # noqa: S704 - it was markup before
