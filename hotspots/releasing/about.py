"""What every exported file says of itself: provenance, marking, tier, and its name."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import hotspots
from hotspots.model import Wards
from hotspots.releasing.inputs import Inputs
from hotspots.releasing.request import ExportRequest
from hotspots.results import Result
from hotspots.sharing.provenance import provenance_for_tier


def provenance_of(inputs: Inputs, request: ExportRequest, result: Result) -> dict[str, Any]:
    """Return the provenance of a file about a result: where from, how marked, for whom."""
    return _told({**result.provenance, **_marks(inputs, request)}, inputs, request)


def provenance_of_years(inputs: Inputs, request: ExportRequest, wards: Wards) -> dict[str, Any]:
    """Return the provenance of an assessment; its run is the digest of what it was made of."""
    about: dict[str, Any] = {
        "software": "hotspots",
        "version": hotspots.__version__,
        "year_ending": request.year_ending.isoformat() if request.year_ending else "",
        "quarterly": request.quarterly,
        "key_wards": list(request.key_wards),
        "profile": inputs.profile.model_dump(mode="json"),
        "crs": wards.crs,
        "notices": sorted({*inputs.notices(), *([wards.notice] if wards.notice else [])}),
        "wards": {
            "vintage": wards.vintage,
            "files": dict(wards.sha256),
            "population": wards.population_source,
        },
        "incidents": [
            {"file": f.name, "source": f.source, "sha256": f.sha256, "kept": f.kept}
            for f in inputs.all_incidents().files
        ],
        "tables": [
            {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            for path in (request.entered, request.comparators)
            if path is not None
        ],
    }
    text = json.dumps(about, sort_keys=True).encode("utf-8")
    run = hashlib.sha256(text).hexdigest()[:12]
    return _told({"run": run, **about, **_marks(inputs, request)}, inputs, request)


def _told(about: dict[str, Any], inputs: Inputs, request: ExportRequest) -> dict[str, Any]:
    """Return what a file says of itself as its recipients may have it."""
    tier = inputs.profile.tiers.of(request.tier)
    return provenance_for_tier(about, tier)


def _marks(inputs: Inputs, request: ExportRequest) -> dict[str, Any]:
    told = {"marking": inputs.settings.marking, "tier": request.tier, "export": request.kind}
    return {**told, "area": request.area} if request.area else told


def file_stem(request: ExportRequest, *parts: str) -> str:
    """Return a file's name without its suffix: what it is, what it is about, for whom.

    It is made of letters that every system takes.
    """
    words = [request.kind, *parts, request.area, request.tier]
    stem = "-".join(word for word in words if word).replace("..", "-to-")
    return re.sub("[^A-Za-z0-9_-]+", "-", stem)
