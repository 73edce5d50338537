"""What the form of an export asks, and what is read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hotspots.errors import UsageError
from hotspots.profile import TIERS, Profile
from hotspots.releasing.request import ExportRequest, tiers_with_points
from hotspots.web.choices import Choice

#: Characters that a field of the form has room for.
ROOM = 200
#: What is offered first from each page; from any other page it is the briefing.
_KINDS_OF_PAGES = {"wards": "wards", "shortlist": "shortlist", "data": "assessment"}
_FIELDS = ("kind", "tier", "who", "year_ending")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields of the form as they were filled in, right or wrong; "" is not said."""

    kind: str = ""
    tier: str = ""
    who: str = ""
    format: str = ""
    year_ending: str = ""
    quarterly: bool = False


def usual_kind(page: str) -> str:
    """Return what is offered first to who comes from a page, named by its blueprint."""
    return _KINDS_OF_PAGES.get(page, "briefing")


def read_form(values: Mapping[str, str]) -> Wanted:
    """Return the fields as they were filled in.

    Each kind has a list of formats of its own, ``format-KIND``: so the form needs no script. An
    address may say ``format``.

    Raises
    ------
    UsageError
        If a field is longer than there is room for.
    """
    kind = values.get("kind", "")
    chosen = values.get(f"format-{kind}") or values.get("format", "")
    fields = {name: values.get(name, "") for name in _FIELDS} | {"format": chosen}
    for name, text in fields.items():
        if len(text) > ROOM:
            raise UsageError(
                f"Each field of an export must have at most {ROOM} characters; "
                f"{name.replace('_', ' ')} has {len(text):,}: shorten it."
            )
    return Wanted(**fields, quarterly=bool(values.get("quarterly")))


def request_of(wanted: Wanted, choice: Choice, profile: Profile) -> ExportRequest:
    """Return what is asked for, checked.

    Raises
    ------
    UsageError
        If a field is missing or wrong, or the tier may not have what is asked for.
    """
    if not wanted.tier:
        raise UsageError(
            f"An export must be for somebody: choose for whom it is, {', '.join(TIERS)}."
        )
    annual = wanted.kind == "assessment"
    return ExportRequest(
        kind=wanted.kind,
        tier=wanted.tier,
        who=wanted.who,
        format=wanted.format,
        period="" if annual else choice.period.id,
        category="" if annual else choice.category.code,
        area=choice.area.code,
        year_ending=_day(wanted.year_ending) if annual else None,
        quarterly=wanted.quarterly if annual else False,
        as_one=True,
    ).checked(profile.tiers)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"The last year of an assessment must end on a day like 2016-09-30; got {text!r}: "
            "choose one of the list."
        ) from error


def needs_points(profile: Profile) -> str:
    """Return the tiers that may be given what shows single incidents, by name."""
    return " or ".join(tiers_with_points(profile.tiers)) or "a tier with points"
