"""Text from data made safe to read, for every page, drawing and file."""

from __future__ import annotations

import re
from typing import Any

#: Control characters, marks that turn the direction of the text around them, and what no file
#: of text can hold (halves of pairs, and the two points that are no characters).
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def tidy(value: Any) -> str:
    """Return text from data with each invisible character made visible, and NaN as none.

    A mark that reverses direction could make a page say what the data do not.
    """
    if value is None or value != value:
        return ""
    return _UNSEEN.sub(lambda m: "\ufffd", re.sub(r"\s", " ", str(value))).strip()
