"""The areas that can be looked at: each district (a Community Safety Unit's), or all together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from hotspots.errors import ResultError
from hotspots.model import Wards


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the wards; ``code`` is a district's, or "" for all of them."""

    code: str
    name: str


@lru_cache(maxsize=8)
def areas_of(wards: Wards) -> tuple[Area, ...]:
    """Return every district by name, then all together; one area only where there is one district.

    Wards without a district are in no part, but are in the whole.
    """
    known = wards.frame[["district_code", "district_name"]].dropna(subset="district_code")
    named = known.drop_duplicates("district_code")
    districts = [
        Area(str(code), str(name) if isinstance(name, str) and name else str(code))
        for code, name in named.itertuples(index=False)
        if str(code)
    ]
    districts.sort(key=lambda area: (area.name, area.code))
    if len(districts) < 2:
        return (Area("", districts[0].name if districts else "The whole area"),)
    return (*districts, Area("", "Both" if len(districts) == 2 else "All"))


@lru_cache(maxsize=32)
def part_of(wards: Wards, code: str) -> Wards:
    """Return the wards of one area, the same object each time; all of them for "".

    Raises
    ------
    ResultError
        If no ward is in a district of that code.
    """
    if not code:
        return wards
    mine = wards.frame["district_code"].astype("str") == code
    if not mine.any():
        known = ", ".join(f"{area.code} ({area.name})" for area in areas_of(wards) if area.code)
        raise ResultError(
            f"An area must be a district of the {wards.vintage} wards: {known or 'none is named'}; "
            f"got {code!r}: choose one of these, or all."
        )
    return replace(wards, frame=wards.frame[mine].reset_index(drop=True))
