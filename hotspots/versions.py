"""Versions of profiles: who changed which setting, when and why, and which one is approved."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotspots.errors import UsageError
from hotspots.plain_text import tidy
from hotspots.profile import Profile

#: Settings that are the workspace's own, not of one category: a version never brings them back.
WORKSPACE_SETTINGS = ("tiers", "restricted_kinds")
#: What a profile is called, which no result depends on.
NAMING = ("name", "version")
#: Longest name of who made or approved a version, and longest reason.
LONGEST_AUTHOR, LONGEST_REASON = 120, 2_000
#: What a profile is called that nobody gave a name.
_UNNAMED = ("", Profile.model_fields["name"].default)


@dataclass(frozen=True)
class ProfileVersion:
    """One kept version of a category's profile.

    Attributes
    ----------
    category : str
    version : int
        From 1, within its category. Version 0 is the workspace's own profile, never kept.
    profile : Profile
        With this version's ``name`` and ``version`` in it, so that every run says which it was.
    author, reason : str
        Who made it and why, in their words; neither is empty.
    made_at : datetime
        UTC, without a time zone.
    based_on : int
        The version it was changed from; 0 for the workspace's own profile.
    evidence : mapping
        What a back-test said for it, as plain values; empty where none was run.
    """

    category: str
    version: int
    profile: Profile
    author: str
    reason: str
    made_at: datetime
    based_on: int = 0
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.profile.name

    @property
    def sha256(self) -> str:
        """Digest of the settings: two versions that differ by name alone have the same."""
        return settings_sha256(self.profile)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, the settings of the workspace left out."""
        return {
            "category": self.category,
            "version": self.version,
            "name": self.name,
            "author": self.author,
            "reason": self.reason,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "based_on": self.based_on,
            "settings": settings_of(self.profile),
            "sha256": self.sha256,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True)
class Approval:
    """One decision which version a category's runs use.

    Attributes
    ----------
    category : str
    version : int
        0 goes back to the workspace's own profile.
    author, reason : str
    approved_at : datetime
        UTC, without a time zone.
    """

    category: str
    version: int
    author: str
    reason: str
    approved_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        when = self.approved_at.isoformat(timespec="seconds")
        return {**vars(self), "approved_at": when}


@dataclass(frozen=True)
class Approved:
    """The version that a category's runs use, and the decision that it is this one."""

    kept: ProfileVersion
    approval: Approval

    def provenance(self) -> dict[str, Any]:
        """Return what a result says of the version it was made with, as plain values."""
        kept, approval = self.kept, self.approval
        return {
            "category": kept.category,
            "version": kept.version,
            "name": kept.name,
            "author": kept.author,
            "reason": kept.reason,
            "made_at": kept.made_at.isoformat(timespec="seconds"),
            "sha256": kept.sha256,
            "approved_by": approval.author,
            "approved_because": approval.reason,
            "approved_at": approval.approved_at.isoformat(timespec="seconds"),
        }


def settings_of(profile: Profile) -> dict[str, Any]:
    """Return what a version keeps of a profile: no name, nothing that is the workspace's own."""
    return profile.model_dump(mode="json", exclude={*NAMING, *WORKSPACE_SETTINGS})


def settings_sha256(profile: Profile) -> str:
    """Return the digest of a profile's settings, its name and version left out."""
    return digest_of(settings_of(profile))


def digest_of(settings: Mapping[str, Any]) -> str:
    """Return the digest of settings as ``settings_of`` gives them."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode("utf-8")).hexdigest()


def called(profile: Mapping[str, Any]) -> str:
    """Return what a profile is called, from its values: "asb version 2", "default"."""
    version = tidy(profile.get("version") or "")
    name = tidy(profile.get("name") or "") or "without a name"
    return f"{name} version {version}" if version else name


def name_of(profile: Profile, category: str) -> str:
    """Return what a version of a category's profile is called: the category if nothing else."""
    given = tidy(profile.name)
    return category if given in _UNNAMED else given


def said_by(author: str, reason: str) -> tuple[str, str]:
    """Return who decided and why as they are kept: on one line, nothing invisible in them.

    Raises
    ------
    UsageError
        If either is empty or too long.
    """
    told = tidy(author), tidy(reason)
    for what, text, longest in zip(
        ("author", "reason"), told, (LONGEST_AUTHOR, LONGEST_REASON), strict=True
    ):
        if not text:
            raise UsageError(
                f"A decision about a profile must have its {what}; got none: say "
                f"{'who decides' if what == 'author' else 'why'}."
            )
        if len(text) > longest:
            raise UsageError(
                f"The {what} must be at most {longest:,} characters; got {len(text):,}: shorten it."
            )
    return told


def plain_values(value: Any) -> Any:
    """Return evidence as a store can keep it: JSON values, a number that is not known as None.

    Raises
    ------
    UsageError
        If a value is none that JSON has, a date or a number.
    """
    if isinstance(value, Mapping):
        return {str(key): plain_values(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_values(entry) for entry in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return plain_values(value.tolist())  # of numpy
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    raise UsageError(
        f"Evidence must be plain values; got {type(value).__name__}: give numbers, texts and lists."
    )
