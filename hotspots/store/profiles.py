"""Versions of profiles and their approvals: rows are added, none is changed or taken out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from hotspots.errors import UsageError, WorkspaceError
from hotspots.profile import Profile
from hotspots.store.schema import profile_approval, profile_version
from hotspots.versions import (
    Approval,
    Approved,
    ProfileVersion,
    digest_of,
    name_of,
    plain_values,
    said_by,
    settings_of,
    settings_sha256,
)

#: Maps are never made with other settings than the approved ones unless that was decided.
_BACK = "approve version 0, the workspace's own profile"
_APPROVAL = [profile_approval.c[name] for name in Approval.__dataclass_fields__]


class Profiles:
    """The profiles of a store, inside one transaction.

    What is read has the default settings in the place of those that are the workspace's own
    (``hotspots.versions.WORKSPACE_SETTINGS``): who uses a version puts them in.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def versions(self, category: str) -> tuple[ProfileVersion, ...]:
        """Return every version of a category, the oldest first."""
        query = select(profile_version).where(profile_version.c.category == category)
        rows = self._connection.execute(query.order_by(profile_version.c.version))
        return tuple(_version(row) for row in rows)

    def find(self, category: str, version: int) -> ProfileVersion:
        """Return one version of a category.

        Raises
        ------
        UsageError
            If there is none of that number.
        WorkspaceError
            If it is not as it was kept, or has settings that this version does not know.
        """
        self._check_known(category, version)
        query = select(profile_version).where(
            profile_version.c.category == category, profile_version.c.version == version
        )
        return _version(self._connection.execute(query).one())

    def add(
        self,
        category: str,
        profile: Profile,
        author: str,
        reason: str,
        based_on: int = 0,
        evidence: Mapping[str, Any] | None = None,
    ) -> ProfileVersion:
        """Keep a profile as the next version of a category, and return it.

        The store has one writer at a time, so that of two that save at once each gets its number.

        Raises
        ------
        UsageError
            If author or reason is empty or too long, the version that it is based on does not
            exist, or an existing version has the same settings.
        """
        who, why = said_by(author, reason)
        if based_on:
            self._check_known(category, based_on)
        known = self.versions(category)
        digest = settings_sha256(profile)
        same = next((each for each in known if each.sha256 == digest), None)
        if same is not None:
            raise UsageError(
                f"A new version must differ from those there are; these settings are version "
                f"{same.version} of {category}, made by {same.author} on {_day(same.made_at)}: "
                "approve that one, or change a setting."
            )
        number = 1 + max((each.version for each in known), default=0)
        # made anew, so that what could not be read again is refused before it is kept
        named = Profile(
            **{name: getattr(profile, name) for name in Profile.model_fields}
            | {"name": name_of(profile, category), "version": str(number)}
        )
        made = ProfileVersion(
            category, number, named, who, why, _now(), based_on, plain_values(evidence or {})
        )
        self._connection.execute(
            insert(profile_version).values(
                category=category,
                version=number,
                name=made.name,
                author=who,
                reason=why,
                made_at=made.made_at,
                based_on=based_on,
                settings=settings_of(named),
                sha256=digest,
                evidence=made.evidence,
            )
        )
        return made

    def approvals(self, category: str) -> tuple[Approval, ...]:
        """Return every approval of a category, the last one, which stands, at the end."""
        query = select(*_APPROVAL).where(profile_approval.c.category == category)
        rows = self._connection.execute(query.order_by(profile_approval.c.id))
        return tuple(Approval(**row._mapping) for row in rows)

    def approve(self, category: str, version: int, author: str, reason: str) -> Approval:
        """Let a category's runs use a version; 0 is the workspace's own profile.

        Raises
        ------
        UsageError
            If there is no such version, or author or reason is empty or too long.
        """
        who, why = said_by(author, reason)
        if version:
            self._check_known(category, version)
        approval = Approval(category, version, who, why, _now())
        self._connection.execute(insert(profile_approval).values(**vars(approval)))
        return approval

    def approved(self, category: str, last: int | None = None) -> Approved | None:
        """Return the version that stands approved; None where it is the workspace's own profile.

        Parameters
        ----------
        last : int, optional
            Approvals after the one of this number are left out, for an answer that speaks of one
            state throughout.
        """
        query = select(*_APPROVAL).where(profile_approval.c.category == category)
        if last is not None:
            query = query.where(profile_approval.c.id <= last)
        query = query.order_by(profile_approval.c.id.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        if row is None or row.version == 0:
            return None
        return Approved(self.find(category, row.version), Approval(**row._mapping))

    def _check_known(self, category: str, version: int) -> None:
        # compared here: a number of any size may be asked for, a database takes those of its width
        last = self._connection.scalar(
            select(func.max(profile_version.c.version)).where(
                profile_version.c.category == category
            )
        )
        if not 1 <= version <= (last or 0):
            known = "has none" if last is None else "has 1" if last == 1 else f"has 1 to {last}"
            raise UsageError(
                f"A version of a profile must be one that was kept; {category} {known} and got "
                f"{version}: see `hotspots profile list --category {category}`."
            )


def _version(row: Row[Any]) -> ProfileVersion:
    if digest_of(row.settings) != row.sha256:
        raise WorkspaceError(
            f"A version of a profile must be as it was kept; version {row.version} of "
            f"{row.category} was changed in the store since: restore the store from a backup, or "
            f"{_BACK}."
        )
    try:
        profile = Profile(**{**row.settings, "name": row.name, "version": str(row.version)})
    except UsageError as error:
        raise WorkspaceError(
            f"A version of a profile must be of settings that this version of Hotspots knows; "
            f"version {row.version} of {row.category} is not ({error}): install the newer version "
            f"that kept it, or {_BACK}."
        ) from error
    return ProfileVersion(
        row.category,
        row.version,
        profile,
        row.author,
        row.reason,
        row.made_at,
        row.based_on,
        row.evidence,
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _day(when: datetime) -> str:
    return f"{when.day} {when:%B %Y}"
