"""What the page to tune a profile says: settings, consequences, differences, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hotspots.errors import UsageError
from hotspots.profile import Profile
from hotspots.profile_words import difference
from hotspots.versions import Approval, ProfileVersion
from hotspots.web.choices import Choice
from hotspots.web.source import Source
from hotspots.web.text import tidy
from hotspots.web.tune_form import (
    ALL_HISTORY,
    CONTROLS,
    GROUPS,
    NULLS,
    Control,
    Draft,
    query_of,
    read_draft,
)
from hotspots.web.tune_versions import Row, changed, in_use, rows_of

if TYPE_CHECKING:
    from hotspots.web.tune_desk import Made

#: What both maps mark: shares of the area, or what each profile calls hot.
MARKED = {"1": "1%", "2": "2%", "5": "5%", "hot": "hot squares"}
#: Longest texts of a decision.
_OWN = "the workspace’s own profile"
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
    approvals : tuple of Approval
        The one that stands at the end.
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
    approvals: tuple[Approval, ...]

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
        return f"approved version {number}" if number else _OWN

    @property
    def names(self) -> tuple[str, str]:
        """Titles of both maps."""
        share = f"{MARKED[self.marked]} where most is expected next"
        what = "hot squares (Gi*)" if self.mode == "hot" else share
        number = self.approved_number
        first = f"Approved, version {number}" if number else "In use"
        return f"{first}: {what}", f"Candidate: {what}"

    @property
    def settings(self) -> dict[str, str]:
        """Arguments of an address that lead to these settings."""
        asked = query_of(self.draft, self.base)
        # what is approved may be another one when the address is opened again
        if asked or self.start != self.approved_number:
            asked["start"] = str(self.start)
        if self.marked != "2":
            asked["marked"] = self.marked
        return asked

    @property
    def path(self) -> tuple[tuple[str, str], ...]:
        """The same, as a choice keeps them."""
        return tuple(self.settings.items())

    @property
    def same_ranking(self) -> bool:
        """Whether the candidate expects the same next, in the same squares, as what is approved."""
        now = self.draft.profile
        return now is not None and _ranks_by(now) == _ranks_by(self.approved)

    def to_keep(self, name: str) -> Profile:
        """Return the candidate as it can be kept.

        Raises
        ------
        UsageError
            If a setting is wrong, none differs from what is there already, or the name is too
            long.
        """
        profile = self.draft.profile
        if profile is None:
            raise UsageError("Settings must be mended before they can be saved: see below.")
        for there, what in ((self.approved, self.approved_name), (self.own, _OWN)):
            if not changed(there, profile):
                raise UsageError(
                    f"A new version must differ from those there are; these settings are those of "
                    f"{what}: change one first."
                )
        settings = {field: getattr(profile, field) for field in Profile.model_fields}
        return Profile(**{**settings, "name": name or "default"})


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
        approvals=tuple(source.approvals(code)),
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
class Group:
    """Settings of one map; ``title`` is empty for those of all."""

    code: str
    title: str
    settings: list[Shown]


@dataclass(frozen=True)
class TuneView:
    """The page, ready to be written."""

    title: str
    intro: str
    names: tuple[str, str]
    in_use: str
    groups: list[Group]
    more: list[Shown]
    null: str
    nulls: dict[str, str]
    marked: str
    made: Made | None
    error: str
    changes: list[str]
    next_version: int
    rows: list[Row]
    standing: int
    start: int
    hidden: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def more_open(self) -> bool:
        """Whether what is under "more" must be seen."""
        return any(one.error for one in self.more)

    def _all(self) -> list[Shown]:
        return [*(shown for group in self.groups for shown in group.settings), *self.more]

    def answer(self) -> dict[str, Any]:
        """Return what a script puts in the page, as plain values."""
        made = self.made
        return {
            "says": {shown.control.name: shown.says for shown in self._all()},
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
    of = {code: [one for one in shown if one.control.group == code] for code in GROUPS}
    return TuneView(
        title=f"Tune: {tidy(category.short)} profile",
        intro=f"Candidate, from {_name(tuning.start, tuning)}. Each control says what it costs.",
        names=tuning.names,
        in_use=in_use(tuning),
        groups=[Group(code, title, of[code]) for code, title in GROUPS.items() if code != "more"],
        more=of["more"],
        null=draft.values["null"],
        nulls=NULLS,
        marked=tuning.marked,
        made=made,
        error=tidy(error),
        changes=_changes(draft.profile, tuning.approved),
        next_version=max((v.version for v in tuning.versions), default=0) + 1,
        rows=rows_of(tuning),
        standing=tuning.approved_number,
        start=tuning.start,
        hidden=tuning.settings,
        errors=draft.errors,
    )


def _ranks_by(profile: Profile) -> tuple[object, ...]:
    """Return all that a profile's ranking depends on."""
    return profile.cell_size_m, profile.forecast, profile.prior_incidents


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
    return f"version {number}" if number else _OWN


def _changes(candidate: Profile | None, approved: Profile) -> list[str]:
    """Return what would change, one sentence each; nothing where nothing does."""
    if candidate is None or not changed(approved, candidate):
        return []
    return difference(candidate, approved)
