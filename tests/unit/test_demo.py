"""The example: a place that holds together, incidents that behave, and a truth that is true."""

import hashlib
import json
import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import stats

from hotspots import demo, taxonomy
from hotspots.demo import geography
from hotspots.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
LAST = "2026-09"


@pytest.fixture(scope="module")
def data():
    return demo.generate(2026)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("example")
    demo.write(path)
    return path


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "data/truth.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def rows(folder):
    """Every row of the 36 files, as text."""
    files = sorted((folder / "data").glob("incidents-*.csv"))
    return pd.concat(
        [pd.read_csv(f, dtype=str, keep_default_na=False).assign(file=f.name) for f in files],
        ignore_index=True,
    )


def near(incidents, place):
    """Incidents of a planted place's category inside its circle."""
    away = np.hypot(incidents["x"] - place["x"], incidents["y"] - place["y"])
    return incidents[(incidents["category"] == place["category"]) & (away <= place["radius_m"])]


# the place


def test_wards_are_two_boroughs_of_believable_size(data):
    wards = data.wards
    assert wards["ward_code"].is_unique and wards["ward_code"].is_monotonic_increasing
    assert wards.crs.to_epsg() == 27700
    assert wards.groupby("district_code").size().to_dict() == {"Z07000001": 19, "Z07000002": 19}
    assert wards.groupby("district_code")["population"].sum().between(100_000, 110_000).all()
    assert wards["population"].between(1_500, 12_000).all()
    assert 150 < wards.area.sum() / 1e6 < 190


def test_wards_tile_the_outline(data):
    shapes = data.wards.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert {shape.geom_type for shape in shapes} == {"Polygon"}
    assert shapely.coverage_is_valid(shapes)
    outline = geography.outline()
    assert outline.geom_type == "Polygon" and not outline.interiors
    assert outline.area == pytest.approx(shapely.area(shapes).sum(), rel=1e-12)


def test_every_ward_touches_others_and_all_hang_together(data):
    shapes = data.wards.geometry.to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="touches")
    reached, fresh = {0}, {0}
    while fresh:
        fresh = {int(j) for i, j in zip(a, b, strict=True) if i in fresh} - reached
        reached |= fresh
    assert len(reached) == len(shapes)


def test_one_ward_name_is_in_both_boroughs(data):
    names = data.wards["ward_name"]
    assert set(names[names.duplicated()]) == {"Town"}
    assert data.wards.loc[names == "Town", "district_name"].nunique() == 2


def test_streets_are_dense_in_town_and_sparse_in_the_country(data):
    assert set(data.streets["kind"]) == {"street", "main_road", "motorway", "river"}
    wards = data.wards.assign(crowd=data.wards["population"] / data.wards.area)
    roads = data.streets[data.streets["kind"] == "street"]
    per_km2 = [roads.clip(shape).length.sum() / shape.area * 1e3 for shape in wards.geometry]
    by_crowd = np.array(per_km2)[np.argsort(wards["crowd"])]
    assert by_crowd[-8:].mean() > 5 * by_crowd[:8].mean()
    assert roads["name"].value_counts().max() <= 4


# the incidents


def test_totals_are_near_those_of_two_boroughs(data):
    group = data.incidents["category"].map(lambda c: taxonomy.category(c).group)
    yearly = group.value_counts() / 6  # three years, two boroughs
    assert yearly["crime"] == pytest.approx(9_000, rel=0.03)
    assert yearly["asb"] == pytest.approx(5_000, rel=0.03)
    assert yearly["fire"] == pytest.approx(180, rel=0.12)
    single = {c.code for c in taxonomy.categories().values() if not c.is_total}
    assert set(data.incidents["category"]) <= single - {taxonomy.UNMAPPED}


def test_incidents_are_complete_and_in_order(data):
    found = data.incidents
    assert not found.isna().any().any()
    assert found["reference"].is_unique
    assert found["starts_at"].is_monotonic_increasing
    assert found["starts_at"].min() >= pd.Timestamp("2023-10-01")
    assert found["starts_at"].max() < pd.Timestamp("2026-10-01")
    gap = found["ends_at"] - found["starts_at"]
    assert gap.min() == pd.Timedelta(0)
    unseen = (gap > pd.Timedelta(0)).groupby(found["category"]).mean()
    assert unseen["burglary"] > 0.7 and unseen["asb"] == 0
    fires = found["category"] == "deliberate_fire"
    assert set(found.loc[fires, "agency"]) == {"Fire and rescue service"}


def test_incidents_lie_in_the_wards_and_along_streets(data):
    points = shapely.points(data.incidents[["x", "y"]].to_numpy())
    assert shapely.contains_xy(geography.outline(), *data.incidents[["x", "y"]].to_numpy().T).all()
    tree = shapely.STRtree(data.streets.geometry.to_numpy())
    _, away = tree.query_nearest(points[::7], return_distance=True, all_matches=False)
    assert (away <= 30).mean() > 0.99


def test_strong_places_have_the_incidents_they_claim(data):
    strong = [p for p in data.truth["standing"] if p["strength"] == "strong"]
    assert len(strong) >= 8
    for place in strong:
        expected = 36 * place["incidents_per_month"]
        # the background comes on top, so only too few would be wrong
        assert len(near(data.incidents, place)) > expected - 4 * np.sqrt(expected), place["id"]
        last = near(data.incidents, place)["starts_at"] >= "2026-09-01"
        monthly = place["incidents_per_month"]
        assert last.sum() > monthly - 3 * np.sqrt(monthly), place["id"]


def test_changes_are_there_while_they_last_and_only_then(data):
    still_running = 0
    for place in data.truth["changes"]:
        found = near(data.incidents, place)["starts_at"]
        end = pd.Timestamp(place["end"]) + pd.Timedelta(days=1)
        during = found.between(place["start"], end, inclusive="left")
        days = (end - pd.Timestamp(place["start"])).days
        rate, before = during.sum() / days, (~during).sum() / (1096 - days)
        assert rate > 8 * before, place["id"]
        expected = place["incidents_per_month"] * days / 30.4375
        assert during.sum() > expected - 4 * np.sqrt(expected), place["id"]
        still_running += place["end"] == "2026-09-30"
    assert still_running >= 2


def test_places_name_the_ward_they_lie_in(data):
    shapes = data.wards.set_index("ward_code").geometry
    for place in data.truth["standing"] + data.truth["changes"]:
        assert shapes[place["ward_code"]].covers(shapely.Point(place["x"], place["y"]))


def test_without_changes_the_other_incidents_stay(data):
    quiet = demo.generate(2026, changes=False)
    columns = ["category", "starts_at", "x", "y"]
    both = quiet.incidents[columns].merge(data.incidents[columns], how="left", indicator=True)
    assert (both["_merge"] == "both").all()
    assert 0 < len(data.incidents) - len(quiet.incidents) < 400
    assert quiet.truth["changes"] == []


@pytest.mark.parametrize("category", ["asb", "vehicle_crime", "violence", "shoplifting"])
def test_without_changes_no_ward_changes_its_share(category):
    quiet = demo.generate(7, changes=False)
    found = quiet.incidents[quiet.incidents["category"] == category]
    _, ward = shapely.STRtree(quiet.wards.geometry.to_numpy()).query_nearest(
        shapely.points(found[["x", "y"]].to_numpy()), all_matches=False, return_distance=False
    )
    year = np.where(found["starts_at"] < "2024-10-01", 0, 1 + (found["starts_at"] >= "2025-10-01"))
    table = np.array([np.bincount(ward[year == y], minlength=38) for y in (0, 2)])
    enough = table.sum(axis=0) >= 10
    assert stats.chi2_contingency(table[:, enough]).pvalue > 0.001


# the files


def test_same_seed_same_bytes_and_other_seed_others(folder, tmp_path):
    demo.write(tmp_path / "again", months=[LAST])
    demo.write(tmp_path / "other", seed=1, months=[LAST])
    for name in ("boundaries/wards.geojson", "boundaries/streets.geojson", "data/manifest.json",
                 "data/truth.json", f"data/incidents-{LAST}.csv"):  # fmt: skip
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name
    other = (tmp_path / "other" / f"data/incidents-{LAST}.csv").read_bytes()
    assert other != (folder / f"data/incidents-{LAST}.csv").read_bytes()
    wards = (tmp_path / "other/boundaries/wards.geojson").read_bytes()
    assert wards == (folder / "boundaries/wards.geojson").read_bytes()


def test_committed_files_are_what_the_generator_writes(folder):
    for part in ("boundaries", "data"):
        committed = json.loads((ROOT / part / "manifest.json").read_text("utf-8"))
        assert committed == json.loads((folder / part / "manifest.json").read_text("utf-8"))
        for name, listed in committed["files"].items():
            path = ROOT / part / name
            if path.exists() or not name.startswith("incidents-"):
                assert hashlib.sha256(path.read_bytes()).hexdigest() == listed["sha256"], name
    assert (ROOT / f"data/incidents-{LAST}.csv").exists()


def test_is_written_sees_a_missing_and_a_changed_file(folder, tmp_path):
    assert demo.is_written(folder)
    assert not demo.is_written(tmp_path)
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert demo.is_written(copy)
    (copy / "data/truth.json").write_text("{}")
    assert not demo.is_written(copy)
    shutil.copy(folder / "data/truth.json", copy / "data/truth.json")
    (copy / "data/incidents-2024-02.csv").unlink()
    assert not demo.is_written(copy)


def test_a_month_that_is_not_in_the_example_is_refused(tmp_path):
    with pytest.raises(UsageError, match="2021-06"):
        demo.write(tmp_path, months=["2021-06"])
    assert not list(tmp_path.iterdir())


def test_geojson_is_longitude_latitude_and_says_synthetic(folder, data):
    path = folder / "boundaries/wards.geojson"
    assert json.loads(path.read_text("utf-8"))["notice"] == "Synthetic data"
    wards = gpd.read_file(path)
    assert wards.crs.to_epsg() == 4326
    assert list(wards.columns) == [
        "ward_code", "ward_name", "district_code", "district_name", "geometry",
    ]  # fmt: skip
    assert shapely.coverage_is_valid(wards.geometry.to_numpy())
    assert shapely.is_ccw(shapely.get_exterior_ring(wards.geometry.to_numpy())).all()
    west, south, east, north = wards.total_bounds
    assert 1.4 < west < east < 1.9 and 51.5 < south < north < 51.8
    population = pd.read_csv(folder / "boundaries/population.csv")
    assert population["population_mid2025"].tolist() == data.wards["population"].tolist()


def test_rows_are_the_clean_ones_and_the_known_faults(rows, truth, data):
    assert len(rows) == truth["rows"]["written"]
    assert truth["rows"]["clean"] == len(data.incidents)
    assert len(rows) == len(data.incidents) + sum(truth["faults"]["total"].values())
    blank = (rows["easting"] == "") | (rows["northing"] == "")
    x, y = (pd.to_numeric(rows[c]) for c in ("easting", "northing"))
    zero = (x == 0) & (y == 0)
    area = geography.outline()
    inside = shapely.contains_xy(area, x, y)
    swapped = shapely.contains_xy(area, y, x)
    away = shapely.distance(shapely.points(x.fillna(0), y.fillna(0)), area)
    cancelled = rows["status"] == "Cancelled"
    repeated = rows["reference"].duplicated()
    found = {
        "missing_coordinates": blank,
        "zero_coordinates": zero,
        "swapped_coordinates": swapped,
        "out_of_area": (away > 3_000) & (away < 30_000),
        "duplicate": repeated,
        "cancelled": cancelled,
    }
    by_file = {name: rows["file"][mask].value_counts() for name, mask in found.items()}
    for file, expected in truth["faults"]["by_file"].items():
        assert {name: int(by_file[name][file]) for name in found} == expected
    clean = rows[inside & ~cancelled & ~repeated]
    assert clean["reference"].tolist() == data.incidents["reference"].tolist()
    # a duplicate is the whole row again
    assert rows.drop(columns="file").duplicated().sum() == truth["faults"]["total"]["duplicate"]


def test_mapping_covers_every_category_and_column(rows, folder):
    mapping = tomllib.loads((folder / "data/mapping.toml").read_text("utf-8"))
    assert set(rows["category"]) == set(mapping["categories"])
    assert set(mapping["categories"].values()) <= set(taxonomy.categories())
    assert set(mapping["columns"].values()) | {"status"} == set(rows.columns) - {"file"}
    starts = pd.to_datetime(rows["date_from"] + rows["time_from"], format="%d/%m/%Y%H:%M")
    assert (starts.dt.strftime("incidents-%Y-%m.csv") == rows["file"]).all()


def test_truth_has_what_a_checker_needs(truth):
    assert truth["notice"] == "Synthetic data" and truth["seed"] == 2026
    keys = {"id", "name", "x", "y", "radius_m", "category", "strength", "ward_code",
            "incidents_per_month", "hours"}  # fmt: skip
    assert 10 <= len(truth["standing"]) <= 12 and len(truth["changes"]) == 5
    assert all(set(p) == keys for p in truth["standing"])
    assert all(set(p) == keys | {"start", "end"} for p in truth["changes"])
