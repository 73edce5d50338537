"""How wide text will be, and what is done with too much of it.

A drawing is laid out where no font is at hand, so widths come from a table: those of a wide
humanist sans serif in its bold cut, so that the fonts of the pages need at most as much.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: Widths in thousandths of the letter height, bold.
_WIDTHS = {
    **dict.fromkeys("ijl'‘’|.,:;!", 306),
    **dict.fromkeys(" ", 279),
    **dict.fromkeys("ft()[]-/·I", 437),
    **dict.fromkeys("rs", 500),
    **dict.fromkeys('cz"“”*–', 557),
    **dict.fromkeys("aegkvxy0123456789J_", 612),
    **dict.fromkeys("bdhnopquELFSTYZ?$£#+=<>~", 660),
    **dict.fromkeys("ABCKPRVX", 722),
    **dict.fromkeys("DGHNOQU&", 800),
    **dict.fromkeys("wm%MW@", 985),
    "…": 1000,
    "—": 1000,
}
#: Regular text is this much narrower than bold.
_REGULAR = 0.94
LONGEST = 40
LINE = 1.2


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = True) -> float:
    """Return about how wide one line of text is, in the units of ``size``; never too little."""
    thousandths = sum(_character(one) for one in text)
    return thousandths / 1000 * size * (1 if bold else _REGULAR)


def _character(one: str) -> int:
    known = _WIDTHS.get(one)
    if known is not None:
        return known
    if unicodedata.combining(one) or unicodedata.category(one) == "Mn":
        return 0
    if "LATIN" in (name := unicodedata.name(one, "")) and "FULLWIDTH" not in name:
        return 985 if "CAPITAL" in name else 700
    return 1400 if unicodedata.category(one) == "So" else 1050


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return the text, cut with an ellipsis where it has more than ``longest`` characters."""
    if len(text) <= longest:
        return text
    return text[: max(longest - 1, 0)].rstrip() + "…"


def fitted(text: str, size: float, room: float, *, bold: bool = True) -> str:
    """Return as much of the text as ``room`` takes; empty if not even a letter would show."""
    text = shorten(text)
    if text_width(text, size, bold=bold) <= room:
        return text
    for longest in range(len(text) - 1, 1, -1):
        short = shorten(text, longest)
        if text_width(short, size, bold=bold) <= room:
            return short
    return ""


def two_lines(text: str) -> tuple[str, ...]:
    """Return the text broken at the space nearest to its middle; whole where it has none."""
    spaces = [i for i, one in enumerate(text) if one == " " and 0 < i < len(text) - 1]
    if not spaces:
        return (text,)
    at = min(spaces, key=lambda i: (abs(2 * i + 1 - len(text)), i))
    return (text[:at].rstrip(), text[at + 1 :].lstrip())
