"""The settings that the page to tune a profile offers, and what is read from its forms."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hotspots.errors import UsageError
from hotspots.plain_text import tidy
from hotspots.profile import ForecastMap, Profile, reach_and_memory, reaching

#: Of a forecast whose maps had several, once its reach is replaced.
HALF_LIFE_WEEKS = 104.0
#: Of a forecast of maps alone, once its reach is replaced.
PRIOR_INCIDENTS = 1.5
#: Characters of a number that are read.
_LONGEST = 20
_NUMBER = re.compile(r"\+?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?(e\+?\d{1,3})?", re.ASCII | re.IGNORECASE)
ALL_HISTORY = "all_history"
NULLS = {
    "randomization": "Shuffle what was counted over the squares (exact)",
    "binomial": "Spread the incidents evenly by chance (exact)",
    "normal": "Normal approximation, as other tools: calls chance hot on few incidents",
    "permutation": "Permutations, as PySAL: for comparison with it",
}


@dataclass(frozen=True, slots=True)
class Control:
    """One number that can be set.

    Attributes
    ----------
    name : str
        Of the field, and of the consequence that is said below it.
    label, unit : str
    least, most : float
        What may be typed.
    low, high, step : float
        What the slider offers.
    group : str
        A key of ``GROUPS``.
    before : str
        What stands before the number, such as "1 in".
    """

    name: str
    label: str
    unit: str
    least: float
    most: float
    low: float
    high: float
    step: float
    group: str
    before: str = ""


#: What a setting is of: the ranking and the test are different maps, and only one is scored.
GROUPS = {
    "both": "",
    "ranking": "What is expected next: orders the places",
    "test": "What is hot: the test (Gi*) that shades",
    "more": "",
}

CONTROLS = (
    Control("cell_size_m", "Square size", "m", 25, 2_000, 50, 500, 10, "both"),
    Control("reach_m", "Reach of an incident", "m", 10, 3_000, 50, 1_000, 25, "ranking"),
    Control(
        "prior_incidents", "Trust in the maps", "incidents", 0.01, 10_000, 0.25, 8, 0.25, "ranking"
    ),
    Control("half_life_weeks", "Memory (half-life)", "weeks", 1, 2_000, 4, 264, 4, "ranking"),
    Control("distance_m", "Distance band", "m", 10, 3_000, 100, 1_500, 25, "test"),
    Control("alpha", "Strength rule", "", 10, 10_000, 10, 200, 5, "test", before="1 in"),
    Control("history_months", "“Usual” looks back", "months", 1, 240, 1, 60, 1, "more"),
    Control("bandwidth_m", "Density radius", "m", 25, 10_000, 100, 2_000, 50, "more"),
)
FIELDS = (*(control.name for control in CONTROLS), ALL_HISTORY, "null")


@dataclass(frozen=True)
class Draft:
    """Settings as they were filled in, right or wrong.

    Attributes
    ----------
    values : dict of str to str
        The text of each field of ``FIELDS``.
    errors : dict of str to str
        A sentence for each field that is wrong; "form" for what is wrong between fields.
    profile : Profile or None
        None where a field is wrong.
    """

    values: dict[str, str]
    errors: dict[str, str]
    profile: Profile | None


def shown(profile: Profile) -> dict[str, str]:
    """Return the text of each field for a profile.

    ``reach_m`` and ``half_life_weeks`` are empty where its forecast is not of kernels as
    ``reaching`` makes them: then the forecast is kept until they are filled in.
    ``prior_incidents`` is empty where the maps are taken alone.
    """
    reach, half_life = reach_and_memory(profile.forecast) or (None, math.nan)
    numbers = {
        "cell_size_m": profile.cell_size_m,
        "distance_m": profile.distance_m,
        "alpha": 1 / profile.alpha,
        "reach_m": reach,
        "prior_incidents": profile.prior_incidents,
        "half_life_weeks": None if half_life is None or math.isnan(half_life) else half_life,
        "history_months": profile.history_months,
        "bandwidth_m": profile.bandwidth_m,
    }
    texts = {name: "" if number is None else _text(number) for name, number in numbers.items()}
    return {**texts, ALL_HISTORY: "yes" if half_life is None else "", "null": profile.null}


def read_draft(given: Mapping[str, str], base: Profile) -> Draft:
    """Return the settings of a form or an address; what it leaves out is as in ``base``.

    A field that is as ``base`` shows it keeps the very value of ``base``.
    """
    as_base = shown(base)
    asked = any(name in given for name in FIELDS)
    values = {name: given.get(name, as_base[name]) for name in FIELDS}
    if asked and ALL_HISTORY not in given:
        values[ALL_HISTORY] = ""  # a box that is not ticked is not sent
    values = {name: tidy(text)[:_LONGEST] for name, text in values.items()}
    errors: dict[str, str] = {}
    numbers = {c.name: _number(c, values, as_base, errors) for c in CONTROLS}
    if values["null"] not in NULLS:
        errors["null"] = f"What chance means must be one of {', '.join(NULLS)}: choose one."
    if errors:
        return Draft(values, errors, None)
    try:
        return Draft(values, {}, _profile(numbers, values, as_base, base))
    except UsageError as error:
        return Draft(values, {"form": str(error)}, None)


def query_of(draft: Draft, base: Profile) -> dict[str, str]:
    """Return the arguments of an address that leads to a draft; none where it is as ``base``."""
    if draft.values == shown(base):
        return {}
    return {name: text for name, text in draft.values.items() if text or name != ALL_HISTORY}


def _number(
    control: Control, values: Mapping[str, str], as_base: Mapping[str, str], errors: dict[str, str]
) -> float | None:
    """Return the number of a field, None where it is as in the base; an error is noted."""
    name, text = control.name, values[control.name]
    if name == "half_life_weeks" and values[ALL_HISTORY]:
        return None  # of no matter
    unticked = name == "half_life_weeks" and as_base[ALL_HISTORY] and not values[ALL_HISTORY]
    if text == as_base[name] and not unticked:
        return None
    # a comma parts thousands, and nothing else: 12,5 is not read as 125
    number = float(text.replace(",", "")) if _NUMBER.fullmatch(text) else math.nan
    whole = name != "history_months" or number == round(number, 0)
    if control.least <= number <= control.most and whole:
        return number
    unit = f" {control.unit}" if control.unit else ""
    kind = "a whole number from" if name == "history_months" else "from"
    errors[name] = (
        f"{control.label} must be {kind} {control.before + ' ' if control.before else ''}"
        f"{control.least:,.0f} to {control.most:,.0f}{unit}; got "
        f"{text or 'nothing'}: choose one between."
    )
    return None


def _profile(
    numbers: Mapping[str, float | None],
    values: Mapping[str, str],
    as_base: Mapping[str, str],
    base: Profile,
) -> Profile:
    changed: dict[str, Any] = {
        name: numbers[name]
        for name in ("cell_size_m", "distance_m", "bandwidth_m", "prior_incidents")
        if numbers[name] is not None
    }
    if (one_in := numbers["alpha"]) is not None:
        changed["alpha"] = 1 / one_in
    if (months := numbers["history_months"]) is not None:
        changed["history_months"] = int(months)
    if values["null"] != base.null:
        changed["null"] = values["null"]
        if values["null"] != "binomial":
            changed["baseline"] = "area"
    about_next = ("reach_m", "half_life_weeks", ALL_HISTORY)
    if any(values[name] != as_base[name] for name in about_next):
        changed["forecast"] = _forecast(numbers, values, base)
        # maps of a reach are meant to be weighed: alone they would smooth every place away
        if numbers["reach_m"] is not None and base.prior_incidents is None:
            changed.setdefault("prior_incidents", PRIOR_INCIDENTS)
    if not changed:
        return base
    settings = {name: getattr(base, name) for name in Profile.model_fields}
    return Profile(**{**settings, **changed})


def _forecast(
    numbers: Mapping[str, float | None], values: Mapping[str, str], base: Profile
) -> tuple[ForecastMap, ...]:
    """Return kernels of the reach asked for, or the base's own maps where only memory changed."""
    half_life = numbers["half_life_weeks"]
    simple = reach_and_memory(base.forecast)
    if values[ALL_HISTORY]:
        half_life = None
    elif half_life is None and simple is not None:
        half_life = simple[1]
    reach = numbers["reach_m"]
    if reach is None and not (values["reach_m"] and simple):
        return tuple(m.model_copy(update={"half_life_weeks": half_life}) for m in base.forecast)
    if half_life is None and not values[ALL_HISTORY]:
        half_life = HALF_LIFE_WEEKS  # of maps that each have their own there is no one to keep
    near = reach if reach is not None or simple is None else simple[0]
    return reaching(near or 0.0, half_life)


def _text(number: float) -> str:
    rounded = round(number, 3)
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:g}"
