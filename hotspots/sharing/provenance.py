"""What a tier without single incidents is told of the data behind an export."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hotspots.plain_text import tidy
from hotspots.profile import Tier
from hotspots.sharing.rounding import is_small

#: A whole number by itself, no part of a decimal, of a thousand or of a date.
_NUMBER = re.compile(r"(?<![\d.,/-])\d+(?![\d/-])(?![.,]\d)")
#: Two coordinates in metres, such as "640,464, 194,188".
_PLACE = re.compile(r"-?\b\d{1,3}(?:,\d{3})+, -?\d{1,3}(?:,\d{3})+\b")
#: What of a file says nothing of how many incidents it has.
_OF_FILE = ("file", "source", "sha256")
#: What of a profile's version says nothing in free text.
_OF_VERSION = ("category", "version", "made_at", "sha256", "approved_at")
#: What of a finding says nothing of how many, nor where.
_OF_FINDING = ("code", "severity", "effect", "categories", "months", "agencies")


def provenance_for_tier(about: Mapping[str, Any], tier: Tier) -> dict[str, Any]:
    """Return the provenance of an export as a tier may have it.

    A tier with points gets it as it is. For any other a file is its name, source and sha256
    without how many incidents it has (of a rare kind that could be a small count), and a finding
    is without its example, which is a row, a reference or a place, and without figures that could
    be a small count or the count of a month. A version of a profile is called by its category and
    number: what else is said of it is free text, and may name a person, a place or a count.

    Parameters
    ----------
    about : mapping
        As of ``Result.provenance``; nothing of it need be there.
    """
    told = dict(about)
    if tier.points:
        return told
    if "incidents" in about:
        told["incidents"] = [
            {
                name: value
                for name, value in file.items()
                if name not in ("kept", "read", "rejected")
            }
            for file in about["incidents"]
        ]
    if "findings" in about:
        told["findings"] = [_finding(one, tier) for one in about["findings"]]
    if "profile_version" in about:
        version = about["profile_version"]
        told["profile_version"] = {name: version[name] for name in _OF_VERSION if name in version}
    if "category" in about and about.get("profile", {}).get("version"):
        told["profile"] = {**about["profile"], "name": about["category"]}
    return told


def _finding(one: Mapping[str, Any], tier: Tier) -> dict[str, Any]:
    title = str(one.get("title", ""))
    may_be = may_tell(title, int(one.get("count") or 0), one.get("months") or (), tier)
    kept = {name: one[name] for name in _OF_FINDING if name in one}
    return {**kept, "title": title} if may_be else kept


def may_tell(title: str, count: int, months: Sequence[str], tier: Tier) -> bool:
    """Return whether the title of a finding, which has its figures, may be told to a tier.

    Not where it says where something is, or where small counts are withheld and one of its figures
    is small, or it is about how many incidents single months have: no ledger knows of these.
    """
    if tier.points:
        return True
    if _PLACE.search(title):
        return False
    below = tier.small_counts_below
    if below < 2:
        return True
    figures = [int(found) for found in _NUMBER.findall(title)]
    if is_small(count, below) or any(is_small(figure, below) for figure in figures):
        return False
    return not (months and re.search(rf"\bhas (?:about )?{count:,}\b", title))


def finding_words(title: str, effect: str, count: int, months: Sequence[str], tier: Tier) -> str:
    """Return a finding in a sentence or two, without the title where it may not be told.

    The months that it is about are named all the same.
    """
    if may_tell(title, count, months, tier):
        return " ".join(filter(None, [tidy(title), tidy(effect)]))
    when = f"{', '.join(months)}: " if months else ""
    return f"{when}{tidy(effect)}"
