"""The versions of a profile as a page lists them: what changed, why, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspots.profile import Profile
from hotspots.profile_words import difference
from hotspots.versions import Approval, ProfileVersion, settings_sha256
from hotspots.web.text import iso_day, tidy

if TYPE_CHECKING:
    from hotspots.web.tune_view import Tuning


@dataclass(frozen=True)
class Row:
    """One version in the list."""

    number: int
    name: str
    by: str
    reason: str
    changes: list[str]
    status: str
    scored: str
    shown: bool


def rows_of(tuning: Tuning) -> list[Row]:
    """Return every version, the newest first."""
    by_number = {version.version: version for version in tuning.versions}
    return [_row(version, tuning, by_number) for version in reversed(tuning.versions)]


def in_use(tuning: Tuning) -> str:
    """Return what is in use, and who says so."""
    number = tuning.approved_number
    what = f"version {number}" if number else "the workspace’s own profile"
    if not tuning.approvals:
        return f"In use: {what}; nothing was ever approved."
    return f"In use: {what}, approved by {_by(tuning.approvals[-1])}."


def changed(before: Profile, after: Profile) -> bool:
    """Return whether two profiles differ in any setting."""
    return settings_sha256(before) != settings_sha256(after)


def _row(kept: ProfileVersion, tuning: Tuning, by_number: Mapping[int, ProfileVersion]) -> Row:
    # version 0 is none that is kept
    before = by_number[kept.based_on].profile if kept.based_on in by_number else tuning.own
    made = iso_day(kept.made_at.date().isoformat())
    return Row(
        number=kept.version,
        name=tidy(kept.name),
        by=f"{tidy(kept.author)}, {made}",
        reason=tidy(kept.reason),
        changes=[tidy(change) for change in difference(kept.profile, before)],
        status=_status(kept.version, tuning),
        scored=tidy(str(kept.evidence.get("headline", ""))),
        shown=kept.version == tuning.start,
    )


def _status(version: int, tuning: Tuning) -> str:
    last = next((a for a in reversed(tuning.approvals) if a.version == version), None)
    if last is None:
        return "Not approved"
    standing = "Approved" if version == tuning.approved_number else "Was approved"
    return f"{standing} by {_by(last)}: {tidy(last.reason)}"


def _by(approval: Approval) -> str:
    return f"{tidy(approval.author)}, {iso_day(approval.approved_at.date().isoformat())}"
