"""The named areas of an assessment: wards, boroughs, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hotspots.areas import Area, areas_of
from hotspots.errors import UsageError
from hotspots.model import Wards
from hotspots.plain_text import tidy
from hotspots.sharing import asked
from hotspots.taxonomy import plain


@dataclass(frozen=True, slots=True)
class Named:
    """A named area.

    Attributes
    ----------
    where : str
        As ``hotspots.sharing.asked`` writes it.
    code, name : str
        ``code`` is "" of all together.
    borough : str
        The name of a ward's district, "" where it has none; a borough's own name.
    residents : float or None
        None where those of any of its wards are not known.
    parts : tuple of str
        Of all together, the ``where`` of the boroughs that make it up exactly; else empty.
    """

    where: str
    code: str
    name: str
    borough: str
    residents: float | None
    parts: tuple[str, ...] = ()


def boroughs(wards: Wards) -> tuple[Named, ...]:
    """Return each district by name, then all together; one alone where there is one district.

    Where all the wards lie in one district that one is asked for, not all of the vintage: the
    wards may be a part of it.
    """
    found = areas_of(wards)
    codes = wards.frame["district_code"].astype("str")
    if len(found) == 1 and wards.frame["district_code"].notna().all() and codes.nunique() == 1:
        found = (Area(str(codes.iloc[0]), found[0].name),)
    named = [area for area in found if area.code]
    whole = bool(codes.isin([area.code for area in named]).all())
    parts = tuple(asked.area(wards.vintage, area.code) for area in named) if whole else ()
    together = _together(found[-1].name, [area.name for area in named])
    return tuple(
        Named(
            where=asked.area(wards.vintage, area.code),
            code=area.code,
            name=tidy(area.name if area.code else together),
            borough=tidy(area.name) if area.code else "",
            residents=_sum(wards.frame.loc[_in(codes, area.code), "population"]),
            parts=() if area.code else parts,
        )
        for area in found
    )


def wards_named(wards: Wards) -> tuple[Named, ...]:
    """Return each ward, by borough and then by name."""
    frame = wards.frame
    district = frame["district_name"].replace("", None).fillna(frame["district_code"]).fillna("")
    found = [
        Named(
            asked.ward(wards.vintage, str(code)),
            str(code),
            tidy(name),
            tidy(where),
            _sum(pd.Series([people], dtype=float)),
        )
        for code, name, where, people in zip(
            frame["ward_code"], frame["ward_name"], district, frame["population"], strict=True
        )
    ]
    return tuple(sorted(found, key=lambda each: (each.borough, each.name, each.code)))


def find_area(wards: Wards, text: str) -> Named:
    """Return the area that a text names: a code, a borough's or a ward's name, or "all".

    Case, blanks, "&" for "and", and "CSP" or "Borough Council" after a borough do not matter.

    Raises
    ------
    UsageError
        If it names none, or more than one, as two wards of one name.
    """
    chosen, single = boroughs(wards), wards_named(wards)
    for each in chosen:
        if is_named(each, chosen, text):
            return each
    found = [w for w in single if plain(text) in (plain(w.code), plain(w.name))]
    if len(found) == 1:
        return found[0]
    if found:
        codes = ", ".join(each.code for each in found)
        raise UsageError(f"An area must be one; {text!r} is the name of {codes}: give the code.")
    known = ", ".join(each.name for each in chosen)
    raise UsageError(
        f"An area must be {known}, or a ward of the {wards.vintage} wards; got {text!r}: give its "
        "name or code."
    )


def is_named(each: Named, chosen: Sequence[Named], text: str) -> bool:
    """Return whether a text names a borough, or all together, of those chosen."""
    names = {plain(each.code), plain(each.name)} - {""}
    if not each.code:
        names |= {"both", plain(" and ".join(other.name for other in chosen if other.code))}
    if not each.code or len(chosen) == 1:
        names.add("all")
    return plain(text) in names or plain_area(text) in names


def plain_area(text: str) -> str:
    """Return the name of an area, without what it is, as it is compared."""
    words = plain(text).split()
    kept = [word for word in words if word not in ("csp", "borough", "council", "district")]
    return " ".join(kept or words)


def _together(name: str, singles: list[str]) -> str:
    return " and ".join(singles) if len(singles) == 2 else name


def _in(codes: pd.Series[str], code: str) -> pd.Series[bool]:
    return codes == code if code else pd.Series(True, index=codes.index)


def _sum(residents: pd.Series[float]) -> float | None:
    total = float(residents.sum(skipna=False))
    return total if math.isfinite(total) and total > 0 else None
