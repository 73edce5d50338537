"""What every file says of itself: marking, tier, notices, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hotspots.exports.stable import as_json
from hotspots.versions import called

_DASH = " · "


def marking_line(provenance: Mapping[str, Any]) -> str:
    """Return "OFFICIAL · tier: partner", or what of it is known, or ""."""
    tier = provenance.get("tier")
    parts = [str(provenance.get("marking") or ""), f"tier: {tier}" if tier else ""]
    return _DASH.join(part for part in parts if part)


def notice_line(provenance: Mapping[str, Any]) -> str:
    """Return what must be said wherever the data are shown, such as "Synthetic data", or ""."""
    return "; ".join(str(notice) for notice in provenance.get("notices") or ())


def source_line(provenance: Mapping[str, Any]) -> str:
    """Return "hotspots 0.1.0 · run 5437d2f1ce98 · profile asb version 2": what is known of it."""
    software = f"{provenance.get('software', '')} {provenance.get('version', '')}".strip()
    run, profile = provenance.get("run"), provenance.get("profile")
    used = f"profile {called(profile)}" if profile else ""
    return _DASH.join(part for part in (software, f"run {run}" if run else "", used) if part)


def tags(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Return what a file's metadata hold, as plain texts: those that are given.

    ``provenance`` is all of it as JSON; ``marking``, ``tier`` and ``notices`` stand by themselves,
    for people who look at a file's properties.
    """
    found = {
        "provenance": as_json(provenance, indent=None),
        "marking": str(provenance.get("marking") or ""),
        "tier": str(provenance.get("tier") or ""),
        "notices": notice_line(provenance),
    }
    return {name: text for name, text in found.items() if text}


def pairs(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return provenance as lines of a name and a text: "wards.vintage", "incidents.1.file"."""
    return list(_flat("", provenance))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list | tuple) and value:
        for position, inner in enumerate(value, start=1):
            yield from _flat(f"{name}.{position}", inner)
    else:
        yield name, _said(value)


def _said(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping | list | tuple):
        return "none"
    return str(value)
