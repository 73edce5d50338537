"""What the page to tune a profile says: settings, consequences, differences, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hotspots.errors import UsageError
from hotspots.profile import Profile
from hotspots.versions import ProfileVersion
from hotspots.web.choices import Choice
from hotspots.web.source import Source
from hotspots.web.text import iso_day, tidy
from hotspots.web.tune_form import (
    ALL_HISTORY,
    CONTROLS,
    NULLS,
    Control,
    Draft,
    query_of,
    read_draft,
)

if TYPE_CHECKING:
    from hotspots.web.tune_desk import Made

#: What both maps mark: shares of the area, or what each profile calls hot.
MARKED = {"1": "1%", "2": "2%", "5": "5%", "hot": "hot squares"}
#: Longest texts of a decision.
ROOM = {"author": 120, "reason": 2_000, "name": 80}


@dataclass(frozen=True)
class Tuning:
    """What is being tuned.

    Attributes
    ----------
    choice : Choice
    marked : str
        A key of ``MARKED``.
    approved_number : int
        0 is the workspace's own profile.
    own, approved, base : Profile
        The workspace's, the approved one, and the one that the settings began from.
    start : int
        The number of ``base``.
    draft : Draft
        The candidate.
    versions : tuple of ProfileVersion
    """

    choice: Choice
    marked: str
    approved_number: int
    own: Profile
    approved: Profile
    base: Profile
    start: int
    draft: Draft
    versions: tuple[ProfileVersion, ...]

    @property
    def mode(self) -> str:
        """What previews mark: "hot", or "best" of a share."""
        return "hot" if self.marked == "hot" else "best"

    @property
    def share(self) -> float:
        """Of the area that is marked by what is expected next."""
        return 0.02 if self.marked == "hot" else int(self.marked) / 100

    @property
    def approved_name(self) -> str:
        """Such as "approved version 3"."""
        number = self.approved_number
        return f"approved version {number}" if number else "the workspace’s own profile"

    @property
    def names(self) -> tuple[str, str]:
        """Titles of both maps."""
        what = "hot squares" if self.mode == "hot" else f"top {MARKED[self.marked]}"
        number = self.approved_number
        first = f"Approved, version {number}" if number else "In use: the workspace’s own profile"
        return f"{first}: {what}", f"Candidate: {what}"

    @property
    def settings(self) -> dict[str, str]:
        """Arguments of an address that lead to these settings."""
        changed = query_of(self.draft, self.base)
        if self.start != self.approved_number:
            changed["start"] = str(self.start)
        if self.marked != "2":
            changed["marked"] = self.marked
        return changed

    @property
    def path(self) -> tuple[tuple[str, str], ...]:
        """The same, as a choice keeps them."""
        return tuple(self.settings.items())


def tuning_of(
    source: Source, choice: Choice, settings: Mapping[str, str], start: int | None, marked: str
) -> Tuning:
    """Return what is being tuned.

    Raises
    ------
    UsageError
        If there is no such version, or what is to be marked is none of ``MARKED``.
    """
    if (marked or "2") not in MARKED:
        raise UsageError(
            f"What the maps mark must be one of {', '.join(MARKED)}; got {marked[:20]!r}."
        )
    code = choice.category.code
    approved = source.approved_version(code)
    number = approved if start is None else start
    base = source.profile_of(code, number)
    return Tuning(
        own=source.profile_of(code, 0),
        choice=choice,
        marked=marked or "2",
        approved_number=approved,
        approved=source.profile_of(code),
        base=base,
        start=number,
        draft=read_draft(settings, base),
        versions=tuple(source.profile_versions(code)),
    )


@dataclass(frozen=True)
class Decision:
    """Who decides and why, as it was filled in, and what came of it."""

    author: str = ""
    reason: str = ""
    name: str = ""
    error: str = ""
    approving: str = ""
    told: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Decision:
        """Return the fields of a form, each no longer than there is room for."""
        fields = {name: given.get(name, "")[: room + 1] for name, room in ROOM.items()}
        return cls(**fields)

    @classmethod
    def said(cls, given: Mapping[str, str], tuning: Tuning) -> Decision:
        """Return an empty decision; after one was made, with what came of it."""
        known = {str(version.version) for version in tuning.versions}
        standing = str(tuning.approved_number)
        saved, approved = given.get("saved", ""), given.get("approved", "")
        if saved in known:
            end = "." if saved == standing else "; not approved."
            return cls(told=f"Saved as version {saved}{end}")
        if approved and approved == standing:
            what = f"Version {standing}" if approved != "0" else "The workspace’s own profile"
            label = tidy(tuning.choice.category.label)
            return cls(told=f"{what} is approved: maps of {label} are made with it from now on.")
        return cls()

    def refused(self, error: str, approving: str = "") -> Decision:
        """Return the same with why it was not done; nothing that was typed is lost."""
        return replace(self, error=tidy(error), approving=approving)


@dataclass(frozen=True)
class Shown:
    """One control as it is shown."""

    control: Control
    value: str
    slider: float
    says: str
    error: str
    all_history: bool = False


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


@dataclass(frozen=True)
class TuneView:
    """The page, ready to be written."""

    title: str
    intro: str
    names: tuple[str, str]
    controls: list[Shown]
    more: list[Shown]
    null: str
    nulls: dict[str, str]
    marked: str
    made: Made | None
    error: str
    changes: list[str]
    is_approved: bool
    next_version: int
    rows: list[Row]
    standing: int
    hidden: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def more_open(self) -> bool:
        """Whether what is under "more" must be seen."""
        return any(one.error for one in self.more)

    def answer(self) -> dict[str, Any]:
        """Return what a script puts in the page, as plain values."""
        made = self.made
        return {
            "says": {shown.control.name: shown.says for shown in [*self.controls, *self.more]},
            "errors": self.errors,
            "error": self.error,
            "names": list(self.names),
            "changes": self.changes,
            "settings": self.hidden,
            "agreement": made.maps.agreement if made else "",
            "maps": [str(made.maps.approved), str(made.maps.candidate)] if made else [],
            "legend": [vars(row) for row in made.maps.legend] if made else [],
        }


def view_of(tuning: Tuning, made: Made | None, error: str = "") -> TuneView:
    """Return the page of what is being tuned; ``error`` says why there is no preview."""
    draft, category = tuning.draft, tuning.choice.category
    does = {one.setting: one.says for one in made.does.said} if made and draft.profile else {}
    shown = [_shown(control, draft, does) for control in CONTROLS]
    main = [one for one in shown if one.control.name not in _UNDER_MORE]
    return TuneView(
        title=f"Tune: {tidy(category.short)} profile",
        intro=f"Candidate, from {_name(tuning.start, tuning)}. Each control says what it costs.",
        names=tuning.names,
        controls=main,
        more=[one for one in shown if one.control.name in _UNDER_MORE],
        null=draft.values["null"],
        nulls=NULLS,
        marked=tuning.marked,
        made=made,
        error=tidy(error),
        changes=_changes(tuning.approved, draft.profile) if draft.profile else [],
        is_approved=draft.profile is not None and not _changed(tuning.approved, draft.profile),
        next_version=max((v.version for v in tuning.versions), default=0) + 1,
        rows=_rows(tuning),
        standing=tuning.approved_number,
        hidden=tuning.settings,
        errors=draft.errors,
    )


#: Settings of other maps than those that are previewed here.
_UNDER_MORE = ("history_months", "bandwidth_m")


def _shown(control: Control, draft: Draft, does: Mapping[str, str]) -> Shown:
    text = draft.values[control.name]
    everything = control.name == "half_life_weeks" and bool(draft.values[ALL_HISTORY])
    try:
        number = control.high if everything else float(text)
    except ValueError:
        number = control.low
    slider = min(max(number, control.low), control.high)
    says = does.get(control.name, "")
    error = draft.errors.get(control.name, "")
    return Shown(control, tidy(text), slider, says, error, everything)


def _name(number: int, tuning: Tuning) -> str:
    if number == tuning.approved_number:
        return tuning.approved_name
    return f"version {number}" if number else "the workspace’s own profile"


def _changed(before: Profile, after: Profile) -> bool:
    from hotspots.versions import settings_sha256

    return settings_sha256(before) != settings_sha256(after)


def _changes(before: Profile, after: Profile) -> list[str]:
    """Return the differences of two profiles, one sentence each."""
    from hotspots.profile_words import difference

    return difference(after, before) if _changed(before, after) else []


def _rows(tuning: Tuning) -> list[Row]:
    by_number = {version.version: version for version in tuning.versions}
    return [_row(version, tuning, by_number) for version in reversed(tuning.versions)]


def _row(kept: ProfileVersion, tuning: Tuning, by_number: Mapping[int, ProfileVersion]) -> Row:
    # version 0 is none that is kept
    before = by_number[kept.based_on].profile if kept.based_on in by_number else tuning.own
    changes = _changes(before, kept.profile)
    return Row(
        number=kept.version,
        name=tidy(kept.name),
        by=f"{tidy(kept.author)}, {iso_day(kept.made_at.date().isoformat())}",
        reason=tidy(kept.reason),
        changes=[tidy(change) for change in changes],
        status="Approved" if kept.version == tuning.approved_number else "Not approved",
        scored=tidy(str(kept.evidence.get("headline", ""))),
        shown=kept.version == tuning.start,
    )
