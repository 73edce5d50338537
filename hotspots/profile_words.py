"""A profile's settings in words with their units, and what differs between two profiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hotspots.plain_text import tidy
from hotspots.profile import TIERS, ForecastMap, Profile, reach_and_memory

#: What is said of two profiles that lead to the same maps.
SAME = "No setting differs."


class Described(NamedTuple):
    """One setting: its name in a file of parameters, its value with its unit, what it does."""

    setting: str
    value: str
    does: str


@dataclass(frozen=True)
class _Setting:
    """How a setting is said: its value, what it does, and that it is one value and not another.

    ``differs`` has a place for either value, "Squares of {}, not {}.", or makes the sentence.
    """

    value: Callable[[Any], str]
    does: str
    differs: str | Callable[[Any, Any], str]

    def difference(self, new: Any, old: Any) -> str:
        """Return the sentence that says that the setting is ``new`` and not ``old``."""
        if not isinstance(self.differs, str):
            return self.differs(new, old)
        value = self.value(new)
        return self.differs.format(value, _short(value, self.value(old)))


def describe(profile: Profile) -> list[Described]:
    """Return every setting of a profile in words, in the order of its fields.

    Returns
    -------
    list of Described
        The name and version of the profile are no settings; a setting of a group has its group's
        name and a point before its own, as ``shortlist.least``.
    """
    return [
        Described(name, said.value(value), said.does) for name, said, value in _settings(profile)
    ]


def difference(new: Profile, old: Profile) -> list[str]:
    """Return what differs between two profiles, one sentence each: the new value, then the old.

    Returns
    -------
    list of str
        In the order of the profile's fields; ``[SAME]`` where nothing but name and version does.
    """
    pairs = zip(_settings(new), _settings(old), strict=True)
    found = [
        said.difference(value, other) for (_, said, value), (_, _, other) in pairs if value != other
    ]
    return found or [SAME]


def _short(value: str, other: str) -> str:
    """Return the other value without the unit that both have: "52 weeks, not 104"."""
    first, _, unit = value.partition(" ")
    second, _, same = other.partition(" ")
    units = ("weeks", "months", "residents", "incidents", "places", "wards")
    return second if unit == same and unit in units and first != second else other


def _settings(profile: Profile) -> list[tuple[str, _Setting, Any]]:
    """Return each setting's name, how it is said, and its value."""
    found: list[tuple[str, _Setting, Any]] = []
    for name, said in _OF_PROFILE.items():
        group, _, inner = name.rpartition(".")
        holder: Any = profile
        for part in filter(None, group.split(".")):
            holder = getattr(holder, part)
        found.append((name, said, getattr(holder, inner)))
    return found


# -- values ---------------------------------------------------------------------------------------


def number(value: float) -> str:
    """Return a number as it is, all its digits, with commas between thousands: "1,250", "0.05"."""
    text = f"{value:,}"
    return text.removesuffix(".0")


def metres(value: float) -> str:
    """Return a length in metres: "250 m"."""
    return f"{number(value)} m"


def _count(one: str, many: str = "") -> Callable[[int], str]:
    return lambda value: f"{value:,} {one if value == 1 else many or one + 's'}"


def _named(names: dict[str, str]) -> Callable[[str], str]:
    return lambda value: names[value]


def _differs_yes(yes: str, no: str) -> Callable[[bool, bool], str]:
    return lambda new, _old: yes if new else no


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _texts(values: Sequence[str]) -> str:
    return ", ".join(tidy(value) for value in values) or "none"


def _limits(values: Sequence[float]) -> str:
    return " / ".join(number(value) for value in values)


def maps(values: Sequence[ForecastMap]) -> str:
    """Return the maps of what is expected next, each with its memory and its weight."""
    return "; ".join(_map(each) for each in values)


def _map(one: ForecastMap) -> str:
    where = f"incidents within {metres(one.bandwidth_m)}" if one.bandwidth_m else "own count"
    memory = (
        "all history alike"
        if one.half_life_weeks is None
        else f"half after {number(one.half_life_weeks)} weeks"
    )
    return f"{where}, {memory}, weight {number(one.weight)}"


def _differing_maps(new: Sequence[ForecastMap], old: Sequence[ForecastMap]) -> str:
    """Say what differs between two sets of maps, in short where that is one thing."""
    now, before = ({one.half_life_weeks for one in each} for each in (new, old))
    rest, rest_before = ([(one.bandwidth_m, one.weight) for one in each] for each in (new, old))
    if rest == rest_before and len(now) == len(before) == 1:
        return _differing_memory(now.pop(), before.pop())
    reach, reach_before = reach_and_memory(new), reach_and_memory(old)
    if reach and reach_before:
        said = f"An incident reaches {metres(reach[0])}, not {metres(reach_before[0])}."
        if reach[1] != reach_before[1]:
            said += f" {_differing_memory(reach[1], reach_before[1])}"
        return said
    return f"Expected next from {_map_list(new)}; not from {_map_list(old)}."


def _differing_memory(new: float | None, old: float | None) -> str:
    if new is None:
        return f"An incident counts alike however old, not half after {_weeks(old or 0)}."
    if old is None:
        return f"An incident counts half after {_weeks(new)}, not alike however old."
    return f"An incident counts half after {_weeks(new)}, not {number(old)}."


def _prior(value: float | None) -> str:
    if value is None:
        return "the maps alone"
    return f"as if {number(value)} {'incident' if value == 1 else 'incidents'} stood behind them"


def _differing_prior(new: float | None, old: float | None) -> str:
    return f"The maps are taken {_against(new)}, not {_against(old)}."


def _against(value: float | None) -> str:
    return "alone" if value is None else f"against own counts {_prior(value)}"


def _weeks(value: float) -> str:
    return f"{number(value)} {'week' if value == 1 else 'weeks'}"


def _map_list(values: Sequence[ForecastMap]) -> str:
    return f"{len(values)} {'map' if len(values) == 1 else 'maps'} ({maps(values)})"


# -- the settings ---------------------------------------------------------------------------------

_NULLS = {
    "randomization": "the same counts in any order of squares (randomization)",
    "binomial": "each incident alone, by the baseline (binomial)",
    "normal": "the bell curve of published Gi* (normal)",
    "permutation": "the same counts in shuffled orders (permutation)",
}
_ADJUSTMENTS = {
    "benjamini-hochberg": "the share of shaded squares that are chance (Benjamini-Hochberg)",
    "bonferroni": "the chance of any square shaded in error (Bonferroni)",
}
_EDGES = {
    "none": "none",
    "uniform": "by the share of each point's kernel inside (uniform)",
    "diggle": "by the share of each incident's kernel inside (Diggle)",
}
_BASELINES = {"area": "the same everywhere", "population": "by residents"}
_HISTORIES = {"last": "the periods just before", "season": "the same time of earlier years"}
_BANDS = {"disc": "round", "square": "square"}
_FUNNELS = {
    "none": "not allowed for",
    "plain": "allowed for with all wards alike (plain)",
    "winsorised": "allowed for with the extreme wards drawn in (winsorised)",
}

_MAPS: dict[str, _Setting] = {
    "cell_size_m": _Setting(
        metres, "The side of the squares in which incidents are counted.", "Squares of {}, not {}."
    ),
    "distance_m": _Setting(
        metres,
        "Squares whose centres are this close are tested together.",
        "Neighbours within {}, not {}.",
    ),
    "bandwidth_m": _Setting(
        metres,
        "How far an incident reaches on the density map.",
        "The density map is smoothed over {}, not {}.",
    ),
    "kernel": _Setting(
        str,
        "The shape by which an incident fades with distance on the density map.",
        "The density map's kernel is {}, not {}.",
    ),
    "density_cell_size_m": _Setting(
        metres,
        "The spacing of the points at which the density map is worked out.",
        "The density map has a point every {}, not every {}.",
    ),
    "edge": _Setting(
        _named(_EDGES),
        "How the density map allows for incidents beyond the wards that are not known.",
        "The density map's correction at the edge: {}; not {}.",
    ),
    "null": _Setting(
        _named(_NULLS), "What the map would be by chance.", "Chance means {}, not {}."
    ),
    "baseline": _Setting(
        _named(_BASELINES),
        "What is expected of a square by chance.",
        "Incidents are expected {}, not {}.",
    ),
    "permutations": _Setting(
        _count("shuffled map"),
        "How many maps chance is judged by, where it is simulated.",
        "Chance is judged by {}, not {}.",
    ),
    "seed": _Setting(
        number, "The start of the shuffling, so that it can be repeated.", "Seed {}, not {}."
    ),
    "band": _Setting(
        _named(_BANDS),
        "The shape of a square's neighbourhood.",
        "Neighbourhoods are {}, not {}.",
    ),
    "adjustment": _Setting(
        _named(_ADJUSTMENTS),
        "How a strength allows for the number of squares that were checked.",
        "What is held down is {}, not {}.",
    ),
    "alpha": _Setting(
        number,
        "Squares at or below this adjusted p-value make a hot spot.",
        "A hot spot needs an adjusted p-value of at most {}, not {}.",
    ),
    "class_limits": _Setting(
        _limits,
        "The adjusted p-values up to which a square is very clear, clear and possible.",
        "Very clear, clear and possible end at {}, not {}.",
    ),
    "history": _Setting(
        _named(_HISTORIES), "What a period is compared with.", "Usual means {}, not {}."
    ),
    "history_months": _Setting(
        _count("month"),
        "How far back the periods just before reach.",
        "Usual looks back {}, not {}.",
    ),
    "forecast": _Setting(
        maps,
        "The maps whose weighted mean says where most is expected next.",
        _differing_maps,
    ),
    "prior_incidents": _Setting(
        _prior,
        "How much the maps are trusted where they and a square's own count differ.",
        _differing_prior,
    ),
    "few_incidents": _Setting(
        _count("incident"),
        "Below this many in a period, a note says which period would have enough.",
        "A period is small below {}, not {}.",
    ),
    "places_listed": _Setting(
        _count("place"),
        "The list of where it is concentrated is filled up to so many.",
        "At least {} listed, not {}.",
    ),
}
_SHORTLIST: dict[str, _Setting] = {
    "shortlist.criteria": _Setting(
        _texts, "Any of these lists a ward.", "Wards are listed by: {}; not by: {}."
    ),
    "shortlist.funnel_level": _Setting(
        number,
        "How sure it must be that a ward's rate is above its borough's.",
        "The funnel's limit is of {}, not {}.",
    ),
    "shortlist.overdispersion": _Setting(
        _named(_FUNNELS),
        "Whether the funnel allows for wards that differ by more than chance.",
        "Differences between wards are {}, not {}.",
    ),
    "shortlist.share": _Setting(
        number,
        "A ward with this share of its borough's total is listed.",
        "A ward is listed from a share of {}, not {}.",
    ),
    "shortlist.least": _Setting(
        _count("incident"),
        "A ward with fewer is not listed.",
        "A ward needs {}, not {}.",
    ),
    "shortlist.at_most": _Setting(
        _count("ward"), "So many wards are listed at most.", "At most {} listed, not {}."
    ),
}


def _of_tier(tier: str) -> dict[str, _Setting]:
    """Return how the settings of one kind of recipients are said."""
    name, whom = f"tiers.{tier}", f"the {tier} tier"
    return {
        f"{name}.small_counts_below": _Setting(
            number,
            f"Counts from 1 to below this are withheld from {whom}.",
            f"Counts below {{}} are withheld from {whom}, not below {{}}.",
        ),
        f"{name}.restricted_kinds": _Setting(
            _yes,
            f"Whether {whom} may be given the restricted kinds.",
            _differs_yes(
                f"Restricted kinds are given to {whom}.", f"No restricted kinds for {whom}."
            ),
        ),
        f"{name}.points": _Setting(
            _yes,
            f"Whether {whom} may be given what shows single incidents.",
            _differs_yes(
                f"Single incidents are given to {whom}.", f"No single incidents for {whom}."
            ),
        ),
        f"{name}.generalise_m": _Setting(
            metres,
            f"Outlines for {whom} are drawn on squares of this side; 0 draws them as they are.",
            f"Outlines for {whom} are drawn on squares of {{}}, not {{}}.",
        ),
    }


_OF_PROFILE: dict[str, _Setting] = {
    **_MAPS,
    **_SHORTLIST,
    **{name: said for tier in TIERS for name, said in _of_tier(tier).items()},
    "restricted_kinds": _Setting(
        _texts,
        "Kinds that only tiers with restricted kinds may be given.",
        "Restricted kinds: {}; not: {}.",
    ),
}
