"""A workspace's profiles: which one each category's maps are made with, and how it came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hotspots.intake import Intake
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.settings import Settings
from hotspots.store import Store
from hotspots.store.profiles import Profiles
from hotspots.taxonomy import category as category_of
from hotspots.versions import (
    WORKSPACE_SETTINGS,
    Approval,
    ProfileVersion,
    settings_sha256,
)


class ProfileKeeping(Intake):
    """The profiles of a workspace: versions of each category's, one of them approved.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    store : Store
        Its store, of the present form.
    profile : Profile
        The workspace's own: version 0 of every category.
    """

    def __init__(self, settings: Settings, store: Store, profile: Profile) -> None:
        super().__init__(settings, store)
        #: The workspace's own parameters, used for a category that has no approved version.
        self.profile = profile

    def profile_of(self, category: str, version: int | None = None) -> Profile:
        """Return the profile that a category's maps are made with.

        Parameters
        ----------
        category : str
            A category or total of the taxonomy.
        version : int, optional
            The approved one if None; 0 is the workspace's own profile.

        Returns
        -------
        Profile
            With the workspace's own tiers and restricted kinds, whatever was kept with it.

        Raises
        ------
        UsageError
            If there is no such category or version.
        WorkspaceError
            If the version is not as it was kept.
        """
        if version is None:
            approved = self.stored.approved(category_of(category).code)
            return self.profile if approved is None else self._own(approved.kept.profile)
        return self.profile_version(category, version).profile if version else self.profile

    def approved_version(self, category: str) -> int:
        """Return the number of the version a category's maps are made with.

        0 is the workspace's own profile.
        """
        approved = self.stored.approved(category_of(category).code)
        return 0 if approved is None else approved.kept.version

    def profile_version(self, category: str, version: int) -> ProfileVersion:
        """Return one kept version of a category.

        Raises
        ------
        UsageError
            If there is none of that number; version 0 is never kept.
        """
        with self.store.read() as connection:
            return self._owned(Profiles(connection).find(category_of(category).code, version))

    def profile_versions(self, category: str) -> tuple[ProfileVersion, ...]:
        """Return every kept version of a category, the oldest first."""
        with self.store.read() as connection:
            found = Profiles(connection).versions(category_of(category).code)
        return tuple(self._owned(each) for each in found)

    def approvals(self, category: str) -> tuple[Approval, ...]:
        """Return every approval of a category, the last one, which stands, at the end."""
        with self.store.read() as connection:
            return Profiles(connection).approvals(category_of(category).code)

    def save_profile(
        self,
        category: str,
        profile: Profile,
        author: str,
        reason: str,
        based_on: int | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> ProfileVersion:
        """Keep a profile as the next version of a category; it is not used before it is approved.

        Parameters
        ----------
        category : str
            A category or total of the taxonomy.
        profile : Profile
            Its name is kept (that of the category where it has none of its own); its version
            becomes the next number. Tiers and restricted kinds are the workspace's own, and no
            part of a version.
        author, reason : str
            Who made it and why.
        based_on : int, optional
            The version it was changed from; the approved one if None.
        evidence : mapping, optional
            What a back-test said for it, as plain values; a number that is not finite is kept as
            None.

        Raises
        ------
        UsageError
            If author or reason is empty or too long, the version it is based on does not exist,
            or an existing version has the same settings.
        """
        code = category_of(category).code
        base = self.approved_version(code) if based_on is None else based_on
        with self.store.write() as connection:
            made = Profiles(connection).add(code, profile, author, reason, base, evidence)
        return self._owned(made)

    def approve_profile(self, category: str, version: int, author: str, reason: str) -> Approval:
        """Let a category's maps be made with a version from now on; 0 is the workspace's own.

        Raises
        ------
        UsageError
            If there is no such version, or author or reason is empty or too long.
        """
        with self.store.write() as connection:
            return Profiles(connection).approve(category_of(category).code, version, author, reason)

    # -- inside -------------------------------------------------------------------------------

    def _own(self, profile: Profile) -> Profile:
        """Return a profile with the settings that are the workspace's own."""
        own = {name: getattr(self.profile, name) for name in WORKSPACE_SETTINGS}
        return profile.model_copy(update=own)

    def _owned(self, version: ProfileVersion) -> ProfileVersion:
        return replace(version, profile=self._own(version.profile))

    def _as_named(self, category: str, profile: Profile) -> Profile:
        """Return a profile that is called a version only where it has the settings of that one.

        A version that was changed and not kept, on a page or in a file, is none: a run that named
        it would say what is not so.
        """
        if not profile.version:
            return profile
        digest = settings_sha256(profile)
        names = [
            each.name
            for each in self.profile_versions(category)
            if (str(each.version), each.sha256) == (profile.version, digest)
        ]
        kept = {"name": names[0]} if names else {"version": ""}
        return profile.model_copy(update=kept)

    def _with_approval(self, result: Result) -> Result:
        """Return a result that says which approved version it was made with, if one."""
        approved = self.stored.approved(result.category)
        if approved is None:
            return result
        told = {**result.provenance, "profile_version": approved.provenance()}
        return replace(result, provenance=told)
