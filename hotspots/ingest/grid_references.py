"""Letter references of the British National Grid."""

from __future__ import annotations

import re

NATIONAL_GRID = "EPSG:27700"


def national_grid(text: str) -> tuple[float, float, float] | None:
    """Return centre and width of a square of the National Grid, metres of EPSG:27700.

    The first letter is a square of 500 km, the second one of 100 km within it; both count from
    the north-west, row by row, without I (Ordnance Survey, "A guide to coordinate systems in
    Great Britain", section 7). The figures are easting then northing within that square.

    Parameters
    ----------
    text : str
        Such as "TQ 561 743", "TQ5612374321" or "TQ57"; case and blanks do not matter.

    Returns
    -------
    (x, y, width) or None
        None if it is no reference, or of a square beyond the grid's 700 km by 1,300 km.
    """
    match = re.fullmatch(r"([A-HJ-Z])([A-HJ-Z])(\d{0,10})", re.sub(r"\s", "", text).upper())
    if match is None or len(match[3]) % 2:
        return None
    # the false origin is the south-west corner of S, two squares east and one north of V
    first, second = ("ABCDEFGHJKLMNOPQRSTUVWXYZ".index(letter) for letter in match.groups()[:2])
    east = 5 * (first % 5 - 2) + second % 5
    north = 5 * (3 - first // 5) + 4 - second // 5
    if not (0 <= east < 7 and 0 <= north < 13):
        return None
    half = len(match[3]) // 2
    width = 10.0 ** (5 - half)
    within = [int(part or 0) * width for part in (match[3][:half], match[3][half:])]
    return (
        east * 100_000 + within[0] + width / 2,
        north * 100_000 + within[1] + width / 2,
        width,
    )
