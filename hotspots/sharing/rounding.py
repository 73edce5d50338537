"""How a count of a place is told to a tier that withholds small counts: rounded.

The ledger decides about named areas. A place is where its peak happens to be: blocks of other
periods overlap it, so what one pack tells of a block less what another tells would be a count too.
Rounded counts differ by more than the small ones do.
"""

from __future__ import annotations


def is_small(count: int | None, below: int) -> bool:
    """Return whether a count is withheld: from 1 to below ``below``."""
    return count is not None and 1 <= count < below


def few(below: int) -> str:
    """Return what stands for a withheld count: "fewer than 5"."""
    return f"fewer than {below}"


def rounded(count: float, below: int) -> int:
    """Return the nearest multiple of ``below``, the higher of two; 0 for 0."""
    return below * int(count / below + 0.5)


def told(count: int, below: int) -> str:
    """Return a count of a place as a tier may be told it.

    Parameters
    ----------
    count : int
        From 0.
    below : int
        Counts from 1 to below this are withheld; with 0 none is, and nothing is rounded.

    Returns
    -------
    str
        "0", "fewer than 5" or "about 20"; "1,234" where nothing is withheld.
    """
    # of a limit of 1 no count is small
    if not count or below < 2:
        return f"{count:,}"
    return few(below) if count < below else f"about {rounded(count, below):,}"


def told_usual(number: float, below: int) -> str:
    """Return what is usual or expected at a place: "fewer than 5" or "about 20", never none.

    ``below`` must be from 1 on, which is to whole numbers.
    """
    return few(below) if number < below else f"about {rounded(number, below):,}"


def rounding_words(below: int) -> str:
    """Return the one sentence that says so; "" where nothing is rounded."""
    if below < 2:
        return ""
    return f"Counts at places are rounded to {below}; fewer than {below} is not told."
