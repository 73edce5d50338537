"""The taxonomy: what is counted where, what the texts of a source mean, which trends break."""

import csv
import gzip
import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots import taxonomy
from hotspots.errors import UsageError
from hotspots.taxonomy import category, match, plain, series_breaks, source_texts, texts
from hotspots.taxonomy.categories import content

DOC = Path(__file__).parents[2] / "docs" / "taxonomy.md"
SINGLE = [c for c in taxonomy.categories().values() if not c.is_total]
TOTALS = [c for c in taxonomy.categories().values() if c.is_total]
CODES = st.sampled_from(list(taxonomy.categories()))
DAYS = st.dates(date(2010, 1, 1), date(2027, 1, 1))


# totals

# ONS: other crimes against society are drugs, weapons, public order and miscellaneous crimes
AGAINST_SOCIETY = {"drugs", "weapons", "public_order", "other_crime"}


def test_victim_based_and_against_society_are_all_crime():
    victim, society = (set(category(c).members) for c in ("victim_based", "against_society"))
    assert not victim & society
    assert victim | society == set(category("crime").members)
    assert society == AGAINST_SOCIETY


@pytest.mark.parametrize("total", ["crime", "victim_based", "against_society"])
@pytest.mark.parametrize("code", ["asb", "deliberate_fire", "false_alarm", "road_collision"])
def test_what_is_no_crime_is_in_no_crime_total(total, code):
    assert not category(total).counts(code)
    assert not category(total).counts(code, "primary")
    assert category(code).counted_as is None


def test_only_crime_has_a_counted_as():
    assert {c.group for c in SINGLE if c.counted_as} == {"crime"}
    assert all(c.counted_as for c in SINGLE if c.group == "crime")


def test_the_total_of_crime_is_that_of_the_strategy():
    # year ending September 2016: victim-based, against society, total
    for victim, society, total in [(8388, 619, 9007), (7697, 612, 8309), (7522, 464, 7986)]:
        counted = {"violence": victim, "public_order": society, "asb": 5000, "deliberate_fire": 179}
        found = sum(n for code, n in counted.items() if category("crime").counts(code))
        assert found == total


def test_arson_is_counted_with_deliberate_fires_and_other_damage_is_not():
    total = category("deliberate_fires_and_arson")
    assert total.links_arson
    assert total.counts("deliberate_fire") and total.counts("deliberate_fire", "secondary")
    assert total.counts("criminal_damage", "arson")
    assert not total.counts("criminal_damage", "damage")
    assert not total.counts("criminal_damage")
    assert not total.counts("accidental_fire")
    # what looks at whole categories alone must not count all criminal damage as arson
    assert total.members == ("deliberate_fire",)


def test_all_fires_are_of_any_cause():
    assert set(category("fires").members) == {
        "deliberate_fire",
        "accidental_fire",
        "fire_unknown_cause",
    }


@pytest.mark.parametrize("total", TOTALS, ids=lambda c: c.code)
def test_parts_of_a_total_exist_and_are_counted_once(total):
    assert len(set(total.parts)) == len(total.parts)
    for code, subcategory in total.parts:
        assert not category(code).is_total
        known = {s.code for s in category(code).subcategories}
        assert subcategory is None or subcategory in known


def test_an_unmapped_incident_is_in_no_total():
    assert not any(total.counts(taxonomy.UNMAPPED) for total in TOTALS)


# categories, priorities, themes


@pytest.mark.parametrize("entry", list(taxonomy.categories().values()), ids=lambda c: c.code)
def test_a_category_is_complete(entry):
    assert len(entry.density) == 5
    assert all(a < b for a, b in pairwise(entry.density))
    assert entry.label and entry.short
    assert len({s.code for s in entry.subcategories}) == len(entry.subcategories)
    if not entry.is_total:
        assert entry.members == (entry.code,)
        assert entry.parts == ((entry.code, None),)


def test_labels_are_told_apart():
    for name in ("label", "short"):
        found = [getattr(c, name) for c in taxonomy.categories().values()]
        assert len(set(found)) == len(found)


def test_the_strategy_has_seven_priorities_in_three_themes():
    assert list(taxonomy.themes().values()) == [
        "Protecting vulnerable people from harm",
        "Disrupting and preventing organised acquisitive crime",
        "Protecting and strengthening communities",
    ]
    assert len(taxonomy.priorities()) == 7
    for entry in taxonomy.priorities().values():
        assert entry.themes[0] == entry.theme
        assert set(entry.themes) <= set(taxonomy.themes())


def test_substance_misuse_is_in_two_themes():
    assert category("drugs").theme == "vulnerable"
    assert category("drugs").themes == ("vulnerable", "communities")


def test_criminal_damage_is_a_priority_of_its_own_from_2017():
    assert taxonomy.priority_on("criminal_damage", date(2016, 12, 31)) == "asb"
    assert taxonomy.priority_on("criminal_damage", date(2017, 1, 1)) == "criminal_damage"
    assert taxonomy.priority_on("burglary", date(2016, 1, 1)) == "acquisitive"
    assert taxonomy.priority_on("false_alarm", date(2017, 1, 1)) is None


def test_an_unknown_category_lists_those_there_are():
    with pytest.raises(UsageError, match=r"one of asb, .*got 'murder'"):
        category("murder")
    with pytest.raises(UsageError, match="got 'murder'"):
        series_breaks("murder", date(2016, 1, 1), date(2018, 1, 1))
    with pytest.raises(UsageError, match="got 'murder'"):
        taxonomy.priority_on("murder", date(2016, 1, 1))


# texts of sources


@pytest.mark.parametrize("source", taxonomy.sources())
def test_every_text_means_something_there_is(source):
    for code, subcategory in source_texts(source).values():
        known = {s.code for s in category(code).subcategories}
        assert not category(code).is_total
        assert subcategory is None or subcategory in known


@pytest.mark.parametrize("source", taxonomy.sources())
def test_texts_of_a_source_do_not_clash(source):
    entries = texts._texts()[source]
    assert len({plain(e.text) for e in entries}) == len(entries)


def test_the_police_have_fourteen_categories_since_may_2013():
    sets = {(2010, 12): 6, (2011, 8): 6, (2011, 9): 11, (2013, 4): 11, (2013, 5): 14, (2022, 3): 14}
    for (year, month), count in sets.items():
        assert len(source_texts("police_uk", date(year, month, 1))) == count
    assert len(source_texts("police_uk")) == len(taxonomy.police_uk_categories()) == 16


def test_every_text_of_the_real_files_is_known(real_data):
    kinds: set[str] = set()
    for path in sorted((real_data / "police-uk-city-of-london").glob("*street.csv.gz"))[::8]:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            kinds |= {row["Crime type"] for row in csv.DictReader(file)}
    assert len(kinds) == 14
    assert kinds <= set(taxonomy.police_uk_categories())


def test_the_causes_of_the_real_fires_are_known(real_data):
    path = real_data / "avon-fire" / "afrs_attended_incidents_july_2014.csv"
    with path.open(encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file))
    known = source_texts("fire")
    fires = [r["Cause of Fire"] for r in rows if r["Incident Category"] == "Fire"]
    found = [known[plain(cause)][0] for cause in fires]
    # 208 of the 344 fires are deliberate, two of unknown cause
    assert (len(found), found.count("deliberate_fire")) == (344, 208)
    assert found.count("fire_unknown_cause") == 2
    groups = {known[plain(r["Incident Category"])][0] for r in rows}
    assert groups == {"fire_unknown_cause", "false_alarm", "rescue"}
    services = {r["Special Service Type"].split(",")[0] for r in rows} & {"RTC", "Flooding"}
    assert {known[plain(s)] for s in services} == {
        ("road_collision", "fire_service"),
        ("rescue", "flooding"),
    }


def test_a_source_must_be_known():
    with pytest.raises(UsageError, match=r"one of police_uk, .*got 'ambulance'"):
        source_texts("ambulance")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("  Burglary   Other Than Dwelling ", ("burglary", "other_than_dwelling")),
        ("ARSON", ("criminal_damage", "arson")),
        ("Deliberate – others property", ("deliberate_fire", None)),
        ("Criminal damage & arson", ("criminal_damage", None)),
        ("Fly-tipping", ("asb", "fly_tipping")),
        ("fly tipping", ("asb", "fly_tipping")),
        ("Abandoned Vehicles", ("asb", "abandoned_vehicle")),
        ("Begging / Vagrancy", ("asb", "begging")),
        ("deliberate_fire", ("deliberate_fire", None)),
        ("Deliberate fires", ("deliberate_fire", None)),
        ("Not known", None),  # of what?
        ("Personal", None),  # ASB, or a robbery
        ("All crime", None),  # no incident is a total
        ("Theft offences", None),  # burglary is in it, or not
        ("Lost property", None),
        ("", None),
    ],
)
def test_a_text_is_matched_where_it_says_enough(text, part):
    assert match(text) == part


@given(st.sampled_from(sorted(texts._all_texts())), st.data())
def test_case_and_blanks_do_not_matter(text, data):
    blanks = data.draw(st.sampled_from([" ", "  ", "\t", "\u00a0"]))
    told = data.draw(st.sampled_from([str.upper, str.title, str.lower]))(text)
    assert match(blanks + told.replace(" ", blanks) + blanks) == match(text)


@given(st.text(max_size=30))
def test_a_plain_text_is_plain_again(text):
    assert plain(plain(text)) == plain(text)


def test_texts_that_are_too_general_are_in_a_table():
    told = {plain(t) for t in content()["sources"]["too_general"]}
    assert told <= set(texts._all_texts())


def test_dwelling_ended_on_the_day_that_residential_began():
    kinds = {s.code: s for s in category("burglary").subcategories}
    assert kinds["dwelling"].until == kinds["residential"].since == date(2017, 4, 1)
    before, after = (source_texts("home_office", d) for d in (date(2017, 3, 31), date(2017, 4, 1)))
    assert "burglary dwelling" in before and "burglary residential" not in before
    assert "burglary dwelling" not in after and "burglary residential" in after


# series breaks


def days_of(found):
    return [b.day for b in found]


def test_a_burglary_trend_across_april_2017_is_broken():
    found = series_breaks("burglary", date(2016, 1, 1), date(2017, 5, 1))
    assert days_of(found) == [date(2017, 4, 1)]
    assert "sheds and garages" in found[0].sentence
    assert found[0].moves and found[0].only is None


@pytest.mark.parametrize(
    ("start", "end", "crossed"),
    [
        (date(2017, 4, 1), date(2017, 5, 1), False),
        (date(2017, 1, 1), date(2017, 4, 1), False),
        (date(2017, 3, 31), date(2017, 4, 2), True),
    ],
)
def test_a_break_is_crossed_only_with_days_on_both_sides(start, end, crossed):
    assert (date(2017, 4, 1) in days_of(series_breaks("burglary", start, end))) is crossed


def test_a_total_is_not_broken_by_what_moves_within_it():
    start, end = date(2017, 1, 1), date(2017, 6, 1)
    assert date(2017, 4, 1) in days_of(series_breaks("burglary", start, end))
    assert date(2017, 4, 1) not in days_of(series_breaks("victim_based", start, end))
    # public disorder and weapons was split in two: both are crimes against society
    start, end = date(2013, 1, 1), date(2014, 1, 1)
    assert days_of(series_breaks("weapons", start, end)) == [date(2013, 5, 1)]
    assert series_breaks("against_society", start, end) == ()


def test_a_total_is_broken_by_what_moves_out_of_it():
    # criminal damage (victim-based) was in other crime (against society) until August 2011
    start, end = date(2011, 6, 1), date(2012, 1, 1)
    assert days_of(series_breaks("victim_based", start, end)) == [date(2011, 9, 1)]
    assert series_breaks("crime", start, end) == ()


def test_better_recording_breaks_the_totals():
    found = series_breaks("crime", date(2016, 1, 1), date(2019, 1, 1))
    assert [b.only for b in found] == [None, "Kent Police", None]
    assert not any(b.moves for b in found)


def test_a_change_by_degrees_is_crossed_within():
    found = series_breaks("drugs", date(2017, 9, 1), date(2018, 3, 1))
    assert [b.only for b in found] == ["Kent Police"]
    assert series_breaks("drugs", date(2018, 7, 1), date(2019, 7, 1)) == ()


@pytest.mark.parametrize("code", ["deliberate_fire", "fires", "false_alarm", "unmapped"])
def test_police_records_do_not_break_fires(code):
    assert series_breaks(code, date(2005, 1, 1), date(2027, 1, 1)) == ()


@given(CODES, DAYS, DAYS, DAYS)
def test_a_longer_trend_crosses_no_fewer_breaks(code, a, b, c):
    first, middle, last = sorted([a, b, c])
    middle, last = middle + timedelta(days=1), last + timedelta(days=2)
    short, long = series_breaks(code, first, middle), series_breaks(code, first, last)
    assert set(short) <= set(long)
    assert days_of(long) == sorted(days_of(long))


def test_a_trend_must_end_after_it_starts():
    with pytest.raises(UsageError, match="must end after it starts; got 2017-04-01 to 2017-04-01"):
        series_breaks("burglary", date(2017, 4, 1), date(2017, 4, 1))


def test_every_break_is_told_and_sourced():
    for b in taxonomy.all_series_breaks():
        assert b.sentence.endswith(".") and b.source
        assert b.until is None or b.until > b.day
        assert {taxonomy.category(c).group for c in b.categories} <= {"crime", "asb"}


# the page about it


def test_every_code_is_explained_on_the_page():
    told = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", DOC.read_text("utf-8")))
    wanted = set(taxonomy.categories()) | set(taxonomy.priorities()) | set(taxonomy.themes())
    wanted |= set(taxonomy.flags()) | set(taxonomy.sources())
    wanted |= {f"{c.code}.{s.code}" for c in SINGLE for s in c.subcategories}
    assert wanted - told == set()


def test_the_page_names_no_subcategory_there_is_not():
    told = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", DOC.read_text("utf-8")))
    told -= {"taxonomy.toml"}
    assert told <= {f"{c.code}.{s.code}" for c in SINGLE for s in c.subcategories}


def test_the_page_gives_every_category_its_label_group_and_count():
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOC.read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    told = {row[0].strip("`"): row[1:5] for row in rows if len(row) == 5}
    counted = {"victim": "victim-based", "society": "against society", None: "-"}
    for entry in SINGLE:
        wanted = [
            entry.label,
            entry.group,
            counted[entry.counted_as],
            f"`{entry.priority}`" if entry.priority else "-",
        ]
        assert told[entry.code] == wanted


def test_the_page_has_the_day_of_every_break():
    text = DOC.read_text("utf-8")
    for b in taxonomy.all_series_breaks():
        assert f"| {b.day:%Y-%m-%d}" in text
