"""Which methods a back-test compares: the approved profile, candidates, the default, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotspots.errors import UsageError
from hotspots.profile import Profile
from hotspots.results.headlines import joined
from hotspots.validation.method import MethodKind
from hotspots.validation.methods import BASELINES, METHODS, of_profile
from hotspots.versions import called, settings_sha256

#: The shipped default's name among the methods, and the approved profile's where it differs.
DEFAULT, APPROVED = "default", "approved"


@dataclass(frozen=True)
class Candidate:
    """A profile to back-test beside the approved one.

    Attributes
    ----------
    name : str
        As in files, such as "version-3"; no method's.
    label : str
        As in tables.
    profile : Profile
    """

    name: str
    label: str
    profile: Profile


def chosen_methods(
    approved: Profile, candidates: Sequence[Candidate], names: Sequence[str]
) -> tuple[tuple[MethodKind, ...], dict[str, Profile]]:
    """Return the methods to compare, in the order of tables, and which of them are profiles.

    Parameters
    ----------
    approved : Profile
        Always among them: as "approved", or as "default" where its settings are the shipped ones.
    candidates : sequence of Candidate
    names : sequence of str
        Of methods or families; none takes the shipped default and every baseline.

    Raises
    ------
    UsageError
        If a name is none, or two have the same.
    """
    shipped = Profile()
    profiles = list(candidates)
    differs = settings_sha256(approved) != settings_sha256(shipped)
    if differs:
        profiles.insert(
            0, Candidate(APPROVED, f"Approved profile ({called(approved.model_dump())})", approved)
        )
    kinds = [of_profile(each.profile, each.name, each.label) for each in profiles]
    if not (names and differs):
        kinds.append(METHODS[DEFAULT])
    named = [kind for name in names for kind in methods_named(name)] if names else BASELINES
    kinds += [kind for kind in dict.fromkeys(named) if kind.name != DEFAULT or (differs and names)]
    held = [kind.name for kind in kinds]
    twice = sorted({name for name in held if held.count(name) > 1})
    if twice:
        raise UsageError(
            f"Profiles and methods must have a name each; {joined(twice)} is there twice: rename "
            "the file of the profile."
        )
    of_profiles = {each.name: each.profile for each in profiles}
    if DEFAULT in held:
        of_profiles[DEFAULT] = shipped
    return tuple(kinds), of_profiles


def methods_named(name: str) -> tuple[MethodKind, ...]:
    """Return the method of a name, or all of a family, such as every "kde-decay".

    Raises
    ------
    UsageError
        If there is neither.
    """
    if name in METHODS:
        return (METHODS[name],)
    found = tuple(kind for kind in METHODS.values() if kind.family == name)
    if not found:
        families = dict.fromkeys(kind.family for kind in METHODS.values())
        raise UsageError(
            f"A method must be a family ({', '.join(families)}) or one of its methods, such as "
            f"kde-nrd-52; got {name!r}: take one of these."
        )
    return found
