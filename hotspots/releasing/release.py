"""One export: prepared, decided, written and logged in one transaction, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from hotspots.errors import UsageError
from hotspots.profile import Tier
from hotspots.releasing.inputs import Inputs
from hotspots.releasing.kinds import assessment, briefing, shortlist, tables
from hotspots.releasing.prepared import Prepared
from hotspots.releasing.request import KINDS, Exported, ExportRequest
from hotspots.sharing.deciding import Decision, Released, decide
from hotspots.sharing.tally import Tally
from hotspots.store.exports import ExportEntry, ExportLog

Prepare = Callable[[Inputs, ExportRequest, Tier], Prepared]

#: How each kind is prepared; a kind without a line here is a table of a result.
_PREPARE: dict[str, Prepare] = {
    "briefing": briefing.prepare,
    "shortlist": shortlist.prepare,
    "assessment": assessment.prepare,
}
MEDIA_TYPES = {
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "html": "text/html",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "shp": "application/zip",
    "tif": "image/tiff",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def release(inputs: Inputs, request: ExportRequest) -> Exported:
    """Make an export for its recipients, log it, and remember every count that it shows.

    Raises
    ------
    UsageError
        If what is asked for is unknown, or its recipients may not have it.
    ResultError
        If there is nothing to export, or a count that must not be known could be worked out from
        it and from earlier exports.
    """
    wanted = request.checked()
    tier = inputs.profile.tiers.of(wanted.tier)
    _check_may_have(wanted, tier)
    prepared = _PREPARE.get(wanted.kind, tables.prepare)(inputs, wanted, tier)
    with inputs.store.write() as connection:
        log = ExportLog(connection)
        decision = _decide(inputs, prepared, tier, log.released(wanted.tier))
        made = prepared.build(decision)
        name, content = made.files[0]
        digest = hashlib.sha256(content).hexdigest()
        entry = ExportEntry(
            who=wanted.who,
            kind=wanted.kind,
            tier=wanted.tier,
            format=wanted.format,
            file_name=name,
            sha256=digest,
            size=len(content),
            asked=_as_asked(wanted),
            runs=made.runs,
            withheld=len(decision.withheld),
        )
        log.add(entry, _released(prepared, decision) if tier.small_counts_below else ())
    media = MEDIA_TYPES[name.rpartition(".")[2]]
    return Exported(made.files, media, digest, (*_withheld(decision, tier), *made.said))


def _check_may_have(request: ExportRequest, tier: Tier) -> None:
    kind = KINDS[request.kind]
    if kind.points and not tier.points:
        raise UsageError(
            "What shows single incidents, or can be turned back into them, is for tiers with "
            f"points alone; got {kind.label.lower()} for {request.tier!r}: take restricted, or "
            "export the hot spots or the wards."
        )


def _decide(
    inputs: Inputs, prepared: Prepared, tier: Tier, earlier: tuple[Released, ...]
) -> Decision:
    wards = [inputs.wards(vintage) for vintage in inputs.vintages()]
    tally = Tally(inputs.all_incidents(), wards)
    return decide(prepared.asked, tally, tier, earlier, inputs.profile.restricted_kinds)


def _released(prepared: Prepared, decision: Decision) -> tuple[Released, ...]:
    return tuple(
        Released(asked, decision.counts[asked], asked in decision.withheld)
        for asked in dict.fromkeys(prepared.asked)
    )


def _as_asked(request: ExportRequest) -> dict[str, str]:
    """Return what was asked for as the log keeps it."""
    told = {
        "period": request.period,
        "category": request.category,
        "area": request.area,
        "year_ending": request.year_ending.isoformat() if request.year_ending else "",
        "quarterly": "yes" if request.quarterly else "",
        "key_wards": ", ".join(request.key_wards),
        "entered": request.entered.name if request.entered else "",
        "comparators": request.comparators.name if request.comparators else "",
    }
    return {name: text for name, text in told.items() if text}


def _withheld(decision: Decision, tier: Tier) -> tuple[str, ...]:
    number = len(decision.withheld)
    if not number:
        return ()
    counts = "count is" if number == 1 else "counts are"
    return (
        f"{number:,} {counts} withheld, so that none below {tier.small_counts_below} can be "
        "worked out.",
    )
