"""What kind of line a road is, by the words of OS Open Roads, OpenStreetMap and our example.

Four kinds are drawn. What nobody drives or meets on (paths, tracks, ditches) is left out: it
would hide the streets. A pedestrian street stays, town centres are made of them.
"""

from __future__ import annotations

import re

KINDS = ("river", "street", "main_road", "motorway")

#: Word of a file -> kind; None: left out. Links (slip roads) are of the kind they lead to.
_WORDS: dict[str, str | None] = {
    "motorway": "motorway",
    # of OS, then what OpenStreetMap calls the same roads
    **dict.fromkeys(("a_road", "b_road", "main_road"), "main_road"),
    **dict.fromkeys(("trunk", "primary", "secondary"), "main_road"),
    # OS Open Roads: class, then function
    **dict.fromkeys(
        (
            "classified_unnumbered",
            "unclassified",
            "not_classified",
            "unknown",
            "minor_road",
            "local_road",
            "local_access_road",
            "restricted_local_access_road",
            "secondary_access_road",
        ),
        "street",
    ),
    # OpenStreetMap
    **dict.fromkeys(
        ("tertiary", "residential", "living_street", "pedestrian", "service", "road", "street"),
        "street",
    ),
    # OS Open Rivers, OpenStreetMap
    **dict.fromkeys(("river", "inlandriver", "tidalriver", "canal"), "river"),
    **dict.fromkeys(("lake", "stream", "drain", "ditch", "brook", "dam", "weir"), None),
    **dict.fromkeys(
        (
            "footway",
            "path",
            "cycleway",
            "bridleway",
            "steps",
            "track",
            "corridor",
            "raceway",
            "bus_guideway",
            "busway",
            "elevator",
            "platform",
            "proposed",
            "construction",
        ),
        None,
    ),
}
#: Drives, alleys and aisles of car parks: people say their names, where they have one.
NAMED_ONLY = frozenset({"service"})


def word_of(value: object) -> str:
    """Return a value of a column of kinds as the table has it: ``A Road`` is ``a_road``."""
    if value is None or value != value:
        return ""
    word = re.sub(r"[\s_\-]+", "_", str(value).strip().casefold())
    return re.sub(r"_link$|_grade\d$", "", word)


def is_known(word: str) -> bool:
    """Return whether the table has a word."""
    return word in _WORDS


def kind_of(word: str, default: str = "street") -> str | None:
    """Return the kind of a word.

    Parameters
    ----------
    word : str
        As ``word_of`` returns it.
    default : str
        The kind where the table does not have the word.

    Returns
    -------
    str or None
        One of ``KINDS``, None if such lines are left out.
    """
    return _WORDS.get(word, default)
