"""Counts of named areas equal those of the tool's tables, and are sums over their pieces."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.boundaries import read_wards
from hotspots.errors import UsageError
from hotspots.ingest import read_incidents
from hotspots.meeting.counts import count_in_wards
from hotspots.model import WARD_COLUMNS, Incidents, Period, Wards
from hotspots.quality.arson import link_arson, without_linked_arson
from hotspots.selection import of_category
from hotspots.sharing.asked import Asked, district, everywhere, ward
from hotspots.sharing.places import LEAST_SHARE, overlay
from hotspots.sharing.tally import Tally
from hotspots.taxonomy import category, flags
from tests.support import SIDE, X0, Y0, all_kinds, incidents_at, nine_wards, scattered

FIRST = datetime(2021, 1, 1)
MONTHS = [Period.month(2021, month) for month in range(1, 7)]
KINDS = [
    ("asb", "noise"),
    ("asb", None),
    ("violence", "with_injury"),
    ("criminal_damage", "arson"),
    ("criminal_damage", None),
    ("deliberate_fire", "primary"),
    ("burglary", "dwelling"),
]


def made_up(n: int = 900, seed: int = 0) -> Incidents:
    """Half a year of all sorts; some arson and fires of one place and hour."""
    rng = np.random.default_rng(seed)
    xy, when = scattered(rng, n, FIRST, 181)
    xy[:20] -= 4 * SIDE  # outside of every ward
    made = incidents_at(xy, when)
    chosen = rng.integers(0, len(KINDS), n)
    marks = np.array([None, "alcohol", "domestic_abuse", "alcohol domestic_abuse"], dtype=object)
    frame = made.frame.assign(
        category=[KINDS[i][0] for i in chosen],
        subcategory=pd.Series([KINDS[i][1] for i in chosen], dtype="str"),
        flags=pd.Series(marks[rng.integers(0, 4, n)], dtype="str"),
    )
    fires = frame[chosen == 5]
    again = fires.head(40).assign(
        category="criminal_damage", subcategory="arson", agency="Police", x=fires["x"] + 20
    )
    whole = pd.concat([frame, again], ignore_index=True)
    return replace(made, frame=whole.assign(row=np.arange(len(whole)) + 2))


def other_wards() -> Wards:
    """A later vintage: two wards became one, one was split, a border was moved."""

    def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
        corner = (X0 + west * SIDE, Y0 + south * SIDE)
        return shapely.box(*corner, X0 + east * SIDE, Y0 + north * SIDE)

    shapes = [
        box(0, 0, 2, 1),
        box(2, 0, 2.4, 1), box(2.4, 0, 3, 1),
        box(0, 1, 1.3, 2), box(1.3, 1, 2, 2), box(2, 1, 3, 2),
        box(0, 2, 1, 3), box(1, 2, 2, 3), box(2, 2, 3, 3),
    ]  # fmt: skip
    frame = nine_wards("2024").frame.assign(ward_code=[f"N{i:03d}" for i in range(9)])
    moved = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=frame.crs)
    return Wards(moved[list(WARD_COLUMNS)], "2024")


def some_asked(seed: int, n: int = 200) -> list[Asked]:
    rng = np.random.default_rng(seed)
    wheres = [
        *(ward("2021", f"T{i:03d}") for i in range(9)),
        *(ward("2024", f"N{i:03d}") for i in range(9)),
        *(district(vintage, code) for vintage in ("2021", "2024") for code in ("D1", "D2")),
        everywhere("2021"),
        everywhere("2024"),
    ]
    marks = ["", "", "!alcohol", "!domestic_abuse"]
    bare = ["asb", "asb.noise", "violence", "crime", "victim_based", "deliberate_fires_and_arson"]
    bare += ["criminal_damage", "criminal_damage.arson", "deliberate_fire", "fires"]
    whats = [name + mark for name in bare for mark in marks] + ["!alcohol"]
    found = []
    for _ in range(n):
        start = date(2020, 12, 1) + timedelta(days=int(rng.integers(0, 200)))
        end = start + timedelta(days=int(rng.integers(1, 120)))
        found.append(Asked(str(rng.choice(wheres)), str(rng.choice(whats)), start, end))
    return found


@lru_cache
def once_each(incidents: Incidents) -> pd.DataFrame:
    """Fires and damage, with each arson that is known twice once."""
    codes = [each for each, _ in category("deliberate_fires_and_arson").parts]
    rows = incidents.frame[incidents.frame["category"].isin(codes)]
    return without_linked_arson(replace(incidents, frame=rows.reset_index(drop=True))).frame


def by_pandas(incidents: Incidents, wards: dict[str, Wards], asked: Asked) -> int:
    """The same count by a plain selection of rows, polygons asked one by one."""
    sort, vintage, *code = asked.where.split(":")
    frame = wards[vintage].frame
    if sort != "all":
        column = "ward_code" if sort == "ward" else "district_code"
        frame = frame[frame[column] == code[0]]
    name, _, flag = asked.what.partition("!")
    rows = incidents.frame
    if name:
        kind = category(name.partition(".")[0])
        if kind.links_arson:
            rows = once_each(incidents)
        rows = rows[of_category(rows, kind)]
        if "." in name:
            rows = rows[rows["subcategory"] == name.partition(".")[2]]
    if flag:
        rows = rows[[flag in str(text).split() for text in rows["flags"]]]
    starts = rows["starts_at"]
    rows = rows[(starts >= pd.Timestamp(asked.start)) & (starts < pd.Timestamp(asked.end))]
    area = shapely.union_all(frame.geometry.to_numpy())
    return int(shapely.contains_xy(area, rows["x"], rows["y"]).sum())


def test_counts_are_those_of_a_plain_selection() -> None:
    incidents, both = made_up(), [nine_wards(), other_wards()]
    assert len(link_arson(incidents.frame).pairs) >= 20  # or a total that links is not tried
    asked = some_asked(1)
    counts = Tally(incidents, both).count(asked)
    wards = {each.vintage: each for each in both}
    assert counts.tolist() == [by_pandas(incidents, wards, each) for each in asked]
    assert (counts > 0).sum() > 100


@pytest.mark.parametrize("vintages", [1, 2])
def test_counts_are_sums_over_pieces(vintages: int) -> None:
    asked = [a for a in some_asked(2) if vintages == 2 or ":2021" in a.where]
    tally = Tally(made_up(seed=4), [nine_wards(), other_wards()][:vintages])
    pieces = tally.overlay(asked)
    sums = [
        sum(
            count
            for where, what, when, count in pieces.atoms.tolist()
            if where in pieces.where[i] and what in pieces.what[i] and when in pieces.when[i]
        )
        for i in range(len(asked))
    ]
    assert sums == tally.count(asked).tolist()
    # as few as tell the counts apart: no two pieces are in the same sets
    for sets, pieces_of in zip(
        (pieces.where, pieces.what, pieces.when), pieces.pieces, strict=True
    ):
        inside = [tuple(i for i, one in enumerate(sets) if p in one) for p in range(pieces_of)]
        assert len(set(inside)) == pieces_of
        assert all(inside)


def test_equal_ground_is_equal_pieces_in_any_vintage() -> None:
    tally = Tally(made_up(), [nine_wards(), other_wards()])
    month = MONTHS[0]
    same, merged, one, two = (
        Asked.of(where, "asb", month)
        for where in (
            ward("2024", "N008"), ward("2024", "N000"), ward("2021", "T000"), ward("2021", "T001")
        )
    )  # fmt: skip
    pieces = tally.overlay([same, Asked.of(ward("2021", "T008"), "asb", month), merged, one, two])
    assert pieces.where[0] == pieces.where[1]
    assert pieces.where[2] == pieces.where[3] | pieces.where[4]
    assert not pieces.where[3] & pieces.where[4]


def test_what_cannot_be_is_said() -> None:
    frame = incidents_at(np.full((3, 2), X0 + 10.0) - [0, X0 - Y0], [FIRST, FIRST, FIRST]).frame
    frame = frame.assign(
        category=["asb", "asb", "burglary"],
        starts_at=pd.to_datetime(["2021-01-05", "2021-03-05", "2021-03-06"]),
    )
    tally = Tally(Incidents(frame), [nine_wards()])
    asked = [Asked.of(everywhere("2021"), kind, p) for kind in ("asb", "crime") for p in MONTHS]
    pieces = tally.overlay(asked)
    # nothing at all is known of February, nor of any month after March
    assert [bool(when) for when in pieces.when] == [True, False, True, False, False, False] * 2
    january, march = (next(iter(pieces.when[i])) for i in (0, 2))
    burglary = next(iter(pieces.what[6]))
    assert pieces.never == ((burglary, frozenset({january})),)
    assert january != march
    robbery = tally.overlay([Asked.of(everywhere("2021"), "robbery", MONTHS[0])])
    assert robbery.what == (frozenset(),)


# -- the ground -----------------------------------------------------------------------------------


def test_pieces_of_two_vintages_are_the_pairs_that_overlap() -> None:
    found = {tuple(row) for row in overlay([nine_wards(), other_wards()]).tolist()}
    assert found == {
        (0, 0), (1, 0), (2, 1), (2, 2), (3, 3), (4, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8),
    }  # fmt: skip


def test_ground_of_one_vintage_alone_is_a_piece_and_a_sliver_is_none() -> None:
    first, second = nine_wards(), nine_wards("2024")
    shapes = second.frame.geometry.to_numpy().copy()
    wide = 0.9 * LEAST_SHARE * SIDE
    shapes[0] = shapely.box(X0, Y0, X0 + SIDE + wide, Y0 + SIDE)
    shapes[1] = shapely.box(X0 + SIDE + wide, Y0, X0 + 2 * SIDE, Y0 + SIDE)
    shapes[8] = shapely.box(X0 + 2 * SIDE, Y0 + 2 * SIDE, X0 + 4 * SIDE, Y0 + 2.5 * SIDE)
    moved = replace(second, frame=second.frame.set_geometry(gpd.GeoSeries(shapes, crs=27700)))
    found = {tuple(row) for row in overlay([first, moved]).tolist()}
    assert found == {*((i, i) for i in range(9)), (8, -1), (-1, 8)}
    three = overlay([first, moved, first])
    assert {tuple(row) for row in three.tolist()} == {(a, b, a) for a, b in found}


def test_a_sliver_that_holds_an_incident_is_a_piece() -> None:
    first, second = nine_wards(), nine_wards("2024")
    shapes = second.frame.geometry.to_numpy().copy()
    shapes[0] = shapely.box(X0, Y0, X0 + SIDE + 5, Y0 + SIDE)
    shapes[1] = shapely.box(X0 + SIDE + 5, Y0, X0 + 2 * SIDE, Y0 + SIDE)
    moved = replace(second, frame=second.frame.set_geometry(gpd.GeoSeries(shapes, crs=27700)))
    at = np.array([[X0 + 10.0, Y0 + 10], [X0 + SIDE + 2, Y0 + 10]])
    asked = [Asked.of(ward(v, "T000"), "asb", MONTHS[0]) for v in ("2021", "2024")]
    without, within = (
        Tally(incidents_at(xy, [FIRST] * len(xy)), [first, moved]).overlay(asked)
        for xy in (at[:1], at)
    )
    assert without.where[0] == without.where[1]
    assert within.where[0] < within.where[1]


# -- what is refused ------------------------------------------------------------------------------


def test_other_wards_and_areas_are_refused() -> None:
    tally = Tally(made_up(50), [nine_wards()])
    for where in ("all:2024", "ward:2021:N000", "district:2021:D9"):
        asked = Asked.of(where, "asb", MONTHS[0])
        assert not tally.knows(asked)
        with pytest.raises(UsageError, match="An area must be"):
            tally.count([asked])
    assert tally.knows(Asked.of("all:2021", "asb", MONTHS[0]))
    with pytest.raises(UsageError, match="once"):
        Tally(made_up(50), [nine_wards(), nine_wards()])
    with pytest.raises(UsageError, match="one CRS"):
        Tally(replace(made_up(50), crs="EPSG:32631"), [nine_wards()])


def test_nothing_asked_and_nothing_known() -> None:
    empty = replace(made_up(50), frame=made_up(50).frame.iloc[:0])
    assert Tally(made_up(50), [nine_wards()]).count([]).tolist() == []
    asked = some_asked(3, 40)
    assert Tally(empty, [nine_wards(), other_wards()]).count(asked).tolist() == [0] * 40
    pieces = Tally(empty, [nine_wards(), other_wards()]).overlay(asked)
    assert len(pieces.atoms) == 0
    assert not any(pieces.what)


def test_a_count_in_words() -> None:
    asked = Asked.of(ward("2021", "T000"), "asb", MONTHS[5])
    assert (
        Tally(made_up(9), [nine_wards()]).label(asked)
        == "Anti-social behaviour, Ward 0 ward, June 2021"
    )


# -- real data ------------------------------------------------------------------------------------


def test_kent_wards_as_the_ward_tables_count_them(real_data: Path) -> None:
    files = [
        real_data / "police-uk-kent" / month / f"{month}-kent-street.csv.gz"
        for month in ("2021-06", "2021-07")
    ]
    old = read_wards([real_data / f"uk-geojson/wards/E0700010{d}.json" for d in (7, 9)], "2013")
    new = read_wards(real_data / "geographr" / "wards21_dartford_gravesham.geojson", "2021")
    incidents, _ = read_incidents(files)
    tally = Tally(incidents, [old, new])
    periods = [Period.month(2021, 6), Period.month(2021, 7), Period.parse("2021-06..2021-07")]
    for wards in (old, new):
        for period in periods:
            for kind in ("asb", "criminal_damage", "violence", "crime", "victim_based"):
                asked = [
                    Asked.of(ward(wards.vintage, code), kind, period)
                    for code in wards.frame["ward_code"]
                ]
                table = count_in_wards(incidents, wards, period, category(kind))
                assert tally.count(asked).tolist() == table.by_ward.tolist()
                assert table.by_ward.sum() > 20
    # the pieces as geopandas cuts them
    shares = [
        w.frame[["geometry"]].assign(**{n: range(len(w))}) for n, w in (("a", old), ("b", new))
    ]
    cut = (
        gpd.overlay(*shares, how="union", keep_geom_type=True)
        .dissolve(["a", "b"], dropna=False)
        .reset_index()
    )
    area = {n: w.frame.area.to_numpy() for n, w in (("a", old), ("b", new))}
    smallest = [
        min(area[n][int(row[n])] for n in "ab" if row[n] == row[n]) for _, row in cut.iterrows()
    ]
    kept = cut[cut.area > LEAST_SHARE * np.array(smallest)][["a", "b"]].fillna(-1).astype(int)
    assert {tuple(row) for row in overlay([old, new]).tolist()} == set(
        kept.itertuples(index=False, name=None)
    )


def test_every_kind_can_be_counted() -> None:
    names = [*all_kinds(), *(f"!{flag}" for flag in flags())]
    asked = [Asked.of(everywhere("2021"), name, Period.parse("2021")) for name in names]
    counts = dict(zip(names, Tally(made_up(), [nine_wards()]).count(asked).tolist(), strict=True))
    assert counts["asb"] > counts["asb.noise"] > 0
    assert counts["crime"] == counts["violence"] + counts["criminal_damage"] + counts["burglary"]
