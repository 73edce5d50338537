"""Names of areas and kinds, and which kinds a tier may be given."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import UsageError
from hotspots.model import Period
from hotspots.profile import Profile, Tier
from hotspots.sharing.asked import (
    Asked,
    area,
    check_asked,
    district,
    everywhere,
    kind_label,
    kind_of,
    place_of,
    short_kind_label,
    span_label,
    ward,
)
from hotspots.sharing.restricting import check_kinds, refused_kinds
from hotspots.taxonomy import categories, flags
from tests.support import all_kinds

TEXT = st.text(min_size=1, max_size=12)


@given(TEXT, TEXT)
def test_an_area_is_read_back_whatever_its_vintage_is_called(vintage: str, code: str) -> None:
    for name, sort, wanted in (
        (ward(vintage, code), "ward", code),
        (district(vintage, code), "district", code),
        (everywhere(vintage), "all", ""),
    ):
        place = place_of(name)
        assert (place.sort, place.vintage, place.code) == (sort, vintage, wanted)


def test_areas_are_named_as_the_module_says() -> None:
    assert ward("2021", "E05000001") == "ward:2021:E05000001"
    assert area("2021", "E07000107") == "district:2021:E07000107"
    assert area("2021", "") == "all:2021"


@pytest.mark.parametrize(
    "where", ["", "ward", "ward:2021", "ward::x", "ward:1:2:3", "all:", "all:2021:x", "town:1:2"]
)
def test_what_names_no_area_is_refused(where: str) -> None:
    with pytest.raises(UsageError, match="An area must be"):
        place_of(where)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nothing", "A category must be one of"),
        ("asb.nothing", "A subcategory of asb must be one of personal"),
        ("crime.arson", "A subcategory of crime must be one of none"),
        ("asb!nothing", "A flag must be one of domestic_abuse"),
        ("asb!", "A flag must be"),
        ("", "A category must be one of"),
    ],
)
def test_what_names_no_kind_is_refused(what: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        kind_of(what)


def test_every_kind_has_its_own_label() -> None:
    names = [f"{kind}{mark}" for kind in all_kinds() for mark in ("", *(f"!{f}" for f in flags()))]
    labels = {kind_label(name) for name in [*names, *(f"!{flag}" for flag in flags())]}
    assert len(labels) == len(names) + len(flags())
    assert kind_label("criminal_damage.arson") == "Criminal damage and arson: arson"
    assert kind_label("violence!domestic_abuse") == "Violence and sexual offences (domestic abuse)"
    assert kind_label("!hate_crime") == "Hate crimes or incidents (of any category)"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("asb", "anti-social behaviour"),
        ("criminal_damage.arson", "arson"),
        ("violence!domestic_abuse", "violence and sexual offences (domestic abuse)"),
        ("violence.sexual_offences!domestic_abuse", "sexual offences (domestic abuse)"),
        ("!hate_crime", "hate crimes or incidents"),
    ],
)
def test_a_kind_in_few_words_stands_within_a_sentence(what: str, said: str) -> None:
    assert short_kind_label(what) == said


def test_a_span_has_days() -> None:
    day = date(2021, 6, 1)
    with pytest.raises(UsageError, match="at least one day"):
        check_asked([Asked("all:2021", "asb", day, day)])


@pytest.mark.parametrize(
    ("period", "label"),
    [
        ("2021-06", "June 2021"),
        ("2021", "2021"),
        ("2015-10..2016-09", "October 2015 to September 2016"),
        ("2021-06-01..2021-06-14", "1 June 2021 to 14 June 2021"),
    ],
)
def test_spans_in_words(period: str, label: str) -> None:
    assert span_label(Asked.of("all:2021", "asb", Period.parse(period))) == label


# -- restricted kinds -----------------------------------------------------------------------------

OPEN, CLOSED = Tier(restricted_kinds=True), Tier()


def test_restricted_kinds_and_what_gives_them_away() -> None:
    asked = [
        "violence",
        "violence.sexual_offences",
        "violence.with_injury",
        "violence!domestic_abuse",
        "!hate_crime",
        "asb!hate_crime",
        "asb!alcohol",
        "asb.noise",
        "crime",
        "victim_based",
        "violence.with_injury",
    ]
    refused = refused_kinds(asked, CLOSED, Profile().restricted_kinds)
    assert refused == (
        "violence.sexual_offences",
        "violence.with_injury",
        "violence!domestic_abuse",
        "!hate_crime",
        "asb!hate_crime",
    )
    assert refused_kinds(asked, OPEN, Profile().restricted_kinds) == ()


def _remainders(kinds: list[str]) -> set[frozenset[tuple[str, str]]]:
    """Every set of (category, subcategory) that is one kind, or one less disjoint others in it."""
    parts = {kind: _parts(kind) for kind in kinds}
    found = set(parts.values())
    for whole in parts.values():
        left = whole
        for each in sorted(set(parts.values()), key=len):
            if each < whole and each <= left:
                left = left - each
                found.add(left)
    return found


def _parts(kind: str) -> frozenset[tuple[str, str]]:
    category, _, subcategory = kind.partition(".")
    if subcategory:
        return frozenset({(category, subcategory)})
    every = {
        (c.code, s) for c in categories().values() if not c.is_total
        for s in ("", *(each.code for each in c.subcategories))
    }  # fmt: skip
    return frozenset(p for p in every if categories()[category].counts(p[0], p[1] or None))


@pytest.mark.parametrize("restricted", ["violence.sexual_offences", "criminal_damage.arson", "asb"])
def test_no_kind_that_is_left_less_others_is_a_restricted_one(restricted: str) -> None:
    every = list(all_kinds())
    refused = set(refused_kinds(every, CLOSED, [restricted]))
    assert restricted in refused
    kept = [kind for kind in every if kind not in refused]
    assert "burglary.dwelling" in kept
    # what incidents of the category have no subcategory cannot be told from outside
    hidden = _parts(restricted)
    assert all(left & hidden in (frozenset(), hidden) for left in _remainders(kept))
    assert not any(left == hidden for left in _remainders(kept))
    assert any(left == hidden for left in _remainders(every))


def test_a_total_of_single_subcategories_is_refused_with_one_of_them() -> None:
    # all fires and arson less all deliberate fires are arson
    assert refused_kinds(["deliberate_fires_and_arson"], CLOSED, ["criminal_damage.arson"])
    assert not refused_kinds(["deliberate_fires_and_arson"], CLOSED, ["criminal_damage!knife"])


def test_a_refusal_names_what_it_refuses() -> None:
    with pytest.raises(UsageError, match=r"domestic abuse.*tier that may have them"):
        check_kinds(["asb", "violence!domestic_abuse"], CLOSED, ["!domestic_abuse"])
    with pytest.raises(UsageError, match=r"restricted_kinds of the profile .*'violins'"):
        check_kinds(["asb"], CLOSED, ["violins"])
