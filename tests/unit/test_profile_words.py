"""A profile in words: every setting is said, and every difference between two is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hotspots.profile import ForecastMap, Profile, Shortlist, Tier, Tiers
from hotspots.profile_words import SAME, describe, difference
from hotspots.versions import NAMING, settings_sha256

#: Another value of every setting, and what of it must be in the sentence.
OTHERS: dict[str, object] = {
    "cell_size_m": 200,
    "distance_m": 450.5,
    "bandwidth_m": 1250,
    "kernel": "gaussian",
    "density_cell_size_m": 50,
    "edge": "diggle",
    "null": "permutation",
    "baseline": "population",
    "permutations": 1,
    "seed": 7,
    "band": "square",
    "adjustment": "bonferroni",
    "alpha": 0.01,
    "class_limits": (0.001, 0.05, 0.10),
    "history": "season",
    "history_months": 24,
    "forecast": (ForecastMap(bandwidth_m=400),),
    "prior_incidents": 7,
    "few_incidents": 1,
    "places_listed": 0,
    "shortlist": Shortlist(least=9),
    "tiers": Tiers(partner=Tier(small_counts_below=10)),
    "restricted_kinds": (),
}


def _leaves(model: type[BaseModel], before: str = "") -> list[str]:
    """Return the settings of a model, of the models in it too, as dotted names."""
    found: list[str] = []
    for name, entry in model.model_fields.items():
        inner = entry.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += _leaves(inner, f"{before}{name}.")
        else:
            found.append(before + name)
    return found


def test_every_setting_is_described_in_the_order_of_the_model() -> None:
    told = [one.setting for one in describe(Profile())]
    assert told == [name for name in _leaves(Profile) if name not in NAMING]
    for one in describe(Profile()):
        assert one.value
        assert one.does.endswith(".")


def test_no_setting_of_the_model_is_forgotten_here() -> None:
    assert set(OTHERS) == set(Profile.model_fields) - set(NAMING)


@pytest.mark.parametrize("name", OTHERS)
def test_every_setting_that_differs_is_told(name: str) -> None:
    more = {"null": "binomial"} if name == "baseline" else {}
    old, new = Profile(**more), Profile(**more, **{name: OTHERS[name]})
    (there,) = difference(new, old)
    (back,) = difference(old, new)
    assert there != back
    for sentence in (there, back):
        assert sentence.endswith(".")
        assert "{" not in sentence


@pytest.mark.parametrize("name", [n for n in _leaves(Profile) if "." in n])
def test_every_setting_of_a_group_is_told_by_itself(name: str) -> None:
    others = {
        "criteria": ("rate",), "funnel_level": 0.99, "overdispersion": "none", "share": 0.25,
        "least": 1, "at_most": 3, "small_counts_below": 20, "restricted_kinds": None,
        "points": None, "generalise_m": 500,
    }  # fmt: skip
    *groups, last = name.split(".")
    holder = Profile()
    for group in groups:
        holder = getattr(holder, group)
    value = others[last]
    changed = holder.model_copy(
        update={last: not getattr(holder, last) if value is None else value}
    )
    if len(groups) == 2:
        changed = Profile().tiers.model_copy(update={groups[1]: changed})
    new = Profile().model_copy(update={groups[0]: changed})
    there, back = difference(new, Profile()), difference(Profile(), new)
    assert len(there) == len(back) == 1
    assert there != back
    assert groups[-1] in there[0] or groups[0] == "shortlist"


@pytest.mark.parametrize(
    ("new", "old", "said"),
    [
        ({"cell_size_m": 200}, {}, "Squares of 200 m, not 250 m."),
        ({"distance_m": 1250.25}, {}, "Neighbours within 1,250.25 m, not 400 m."),
        ({"history_months": 24}, {}, "Usual looks back 24 months, not 12."),
        ({"history_months": 1}, {}, "Usual looks back 1 month, not 12 months."),
        ({"alpha": 0.01}, {}, "A hot spot needs an adjusted p-value of at most 0.01, not 0.05."),
        ({"shortlist": {"least": 10}}, {}, "A ward needs 10 incidents, not 5."),
    ],
)
def test_a_difference_is_said_with_its_unit(
    new: dict[str, object], old: dict[str, object], said: str
) -> None:
    assert difference(Profile(**new), Profile(**old)) == [said]


def _remembering(weeks: float | None) -> Profile:
    return Profile(forecast=[{"bandwidth_m": r, "half_life_weeks": weeks} for r in (0, 300, 1000)])


@pytest.mark.parametrize(
    ("new", "old", "said"),
    [
        (52, 104, "An incident counts half after 52 weeks, not 104."),
        (1, 104, "An incident counts half after 1 week, not 104."),
        (52, None, "An incident counts half after 52 weeks, not alike however old."),
        (None, 52, "An incident counts alike however old, not half after 52 weeks."),
    ],
)
def test_a_memory_alone_is_said_in_short(new: float | None, old: float | None, said: str) -> None:
    assert difference(_remembering(new), _remembering(old)) == [said]


def test_maps_that_differ_otherwise_are_both_told() -> None:
    new = Profile(forecast=[{"bandwidth_m": 250, "half_life_weeks": None, "weight": 2}])
    (said,) = difference(new, _remembering(104))
    assert "1 map (incidents within 250 m, all history alike, weight 2)" in said
    assert "3 maps (own count, half after 104 weeks, weight 1; " in said


def test_names_and_versions_are_no_settings() -> None:
    one, other = Profile(name="one", version="1"), Profile(name="other", version="2")
    assert difference(one, other) == [SAME]


def test_text_from_a_profile_cannot_turn_a_sentence_round() -> None:
    (said,) = difference(Profile(restricted_kinds=("asb\u202e\n",)), Profile())
    assert "\u202e" not in said
    assert "\n" not in said


_LENGTHS = st.floats(0.001, 10_000, allow_nan=False)
_MAPS = st.lists(
    st.builds(
        ForecastMap,
        bandwidth_m=st.sampled_from([0, 300, 0.1 + 0.2, 0.3]),
        half_life_weeks=st.sampled_from([None, 52, 104]),
        weight=st.sampled_from([1, 2, 1 / 3]),
    ),
    min_size=1,
    max_size=3,
)
_PROFILES = st.builds(
    lambda **values: Profile(**values),
    cell_size_m=st.sampled_from([250, 250.0000001, 200]) | _LENGTHS,
    seed=st.sampled_from([0, 1, 10**15]),
    history_months=st.integers(1, 3),
    forecast=_MAPS,
)


@given(_PROFILES, _PROFILES)
def test_a_difference_is_told_where_and_only_where_the_digests_differ(
    one: Profile, other: Profile
) -> None:
    said = difference(one, other)
    assert (said == [SAME]) == (settings_sha256(one) == settings_sha256(other))
    assert difference(other, one) != said or said == [SAME]
