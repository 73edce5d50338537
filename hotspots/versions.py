"""Versions of profiles: who changed which setting, when and why, and which one is approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotspots.profile import Profile

#: Settings that are the workspace's own, not of one category: a version never brings them back.
WORKSPACE_SETTINGS = ("tiers", "restricted_kinds")


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


def settings_sha256(profile: Profile) -> str:
    """Return the digest of a profile's settings, its name and version left out."""
    settings = profile.model_dump(mode="json", exclude={"name", "version", *WORKSPACE_SETTINGS})
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode("utf-8")).hexdigest()
