"""One export: prepared, decided, written and logged in one transaction, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import PurePath

from hotspots.exports import EXPORTS, SHEETS
from hotspots.exports.stable import zipped
from hotspots.profile import Tier
from hotspots.releasing.inputs import Inputs
from hotspots.releasing.kinds import assessment, briefing, shortlist, tables
from hotspots.releasing.prepared import Prepared
from hotspots.releasing.request import Exported, ExportRequest
from hotspots.sharing.deciding import Decision, Released, decide
from hotspots.sharing.tally import Tally
from hotspots.store.exports import ExportEntry

Prepare = Callable[[Inputs, ExportRequest, Tier], Prepared]

#: How each kind is prepared; a kind without a line here is a table of a result.
_PREPARE: dict[str, Prepare] = {
    "briefing": briefing.prepare,
    "shortlist": shortlist.prepare,
    "assessment": assessment.prepare,
}
#: By a file's suffix: what tables and sheets are served as, their formats say.
_MEDIA_TYPES = {
    **{form.suffix: form.media_type for form in EXPORTS},
    **{form.suffix: form.media_type for form in SHEETS},
    ".pdf": "application/pdf",
    ".html": "text/html; charset=utf-8",
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
    wanted = request.checked(inputs.profile.tiers)
    tier = inputs.profile.tiers.of(wanted.tier)
    prepared = _PREPARE.get(wanted.kind, tables.prepare)(inputs, wanted, tier)
    with inputs.store.exports() as log:
        # the ledger is of tiers that withhold, and matters where counts are asked for
        weighed = bool(prepared.asked and tier.small_counts_below)
        earlier = log.released(wanted.tier) if weighed else ()
        decision = _decide(inputs, prepared, tier, earlier)
        made = prepared.build(decision)
        files = _as_one(made.files) if wanted.as_one else made.files
        name, content = files[0]
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
        log.add(entry, decision.released() if weighed else (), known=earlier)
    media = _MEDIA_TYPES[PurePath(name).suffix]
    return Exported(files, media, digest, (*_withheld(decision, tier), *made.said))


def _decide(
    inputs: Inputs, prepared: Prepared, tier: Tier, earlier: tuple[Released, ...]
) -> Decision:
    if not prepared.asked:
        # to count is to read every incident
        return Decision({}, frozenset())
    wards = [inputs.wards(vintage) for vintage in inputs.vintages()]
    tally = Tally(inputs.all_incidents(), wards)
    return decide(prepared.asked, tally, tier, earlier, inputs.profile.restricted_kinds)


def _as_one(files: tuple[tuple[str, bytes], ...]) -> tuple[tuple[str, bytes], ...]:
    """Return several files as one ZIP file named as the first, and one as it is."""
    if len(files) == 1:
        return files
    return ((str(PurePath(files[0][0]).with_suffix(".zip")), zipped(dict(files))),)


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
