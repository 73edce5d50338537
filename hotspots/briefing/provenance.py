"""Where the numbers of a briefing pack come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotspots.briefing import words as said
from hotspots.briefing.content import Row
from hotspots.plain_text import tidy
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.versions import called

#: Settings that are no settings of the maps.
_APART = frozenset({"name", "version", "shortlist", "tiers", "restricted_kinds"})


def footer(result: Result, profile: Profile) -> str:
    """Return the line at the foot of every page."""
    made = result.provenance
    return said.listed(
        [
            said.data_to(result.totals),
            f"profile {called(profile.model_dump())}: {profile.cell_size_m:,.0f} m squares, "
            f"{profile.distance_m:,.0f} m band",
            f"wards of {tidy(made['wards']['vintage'])}",
            f"Hotspots {tidy(made['version'])}, run {tidy(made['run'])}",
        ]
    )


def provenance(result: Result, profile: Profile, area_name: str, category: str) -> tuple[Row, ...]:
    """Return run, version, profile, wards and each file with its sha256.

    How many incidents a file has is not told: of a rare kind that could be a small count.
    """
    made = result.provenance
    wards: Mapping[str, Any] = made["wards"]
    rows = [
        Row("Asked", f"{category}, {result.period.id}, {area_name}"),
        Row("Run", tidy(made["run"])),
        Row("Software", f"Hotspots {tidy(made['version'])}"),
        Row("Profile", f"{called(profile.model_dump())}: {_settings(profile)}"),
        Row("Wards", f"vintage {tidy(wards['vintage'])}, {tidy(made['crs'])}"),
    ]
    rows += [_file("Boundaries", name, digest) for name, digest in wards["files"].items()]
    if residents := tidy(wards.get("population")):
        rows.append(Row("Residents", residents))
    for one in made["incidents"]:
        rows.append(_file(f"Incidents ({tidy(one['source'])})", one["file"], one["sha256"]))
    return tuple(rows)


def _file(label: str, name: Any, digest: Any) -> Row:
    return Row(label, f"{tidy(name)} sha256 {tidy(digest)}")


def _settings(profile: Profile) -> str:
    values = profile.model_dump(mode="json", exclude=set(_APART))
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(_value(one) for one in value)
    if isinstance(value, dict):
        return " ".join(f"{name} {_value(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else tidy(value)
