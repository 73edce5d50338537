"""The estimators: scikit-learn's conventions, and its numbers where it has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.stats import norm
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from hotspots.clustering import Grid, gi_star
from hotspots.clustering.estimators import GiStarHotspots, InputError, KDEHotspots
from hotspots.errors import UsageError

Array = NDArray[np.float64]
X0, Y0, SIDE = 597_000.0, 167_000.0, 6_000.0
AREA = shapely.box(X0, Y0, X0 + SIDE, Y0 + SIDE)
PEERS = {
    "epanechnikov": "epanechnikov",
    "gaussian": "gaussian",
    "uniform": "tophat",
    "triangular": "linear",
}


def even(rng: np.random.Generator, n: int) -> Array:
    return rng.uniform([X0, Y0], [X0 + SIDE, Y0 + SIDE], (n, 2))


def one_spot(seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    spot = rng.normal([X0 + 3_000, Y0 + 3_000], 150, (120, 2))
    return np.vstack([spot, even(rng, 240)])


# ---- scikit-learn's own checks

#: Checks that do not apply, all for one reason.
OTHER_COLUMNS = dict.fromkeys(
    [
        "check_all_zero_sample_weights_error",
        "check_dict_unchanged",
        "check_dont_overwrite_parameters",
        "check_dtype_object",
        "check_estimators_dtypes",
        "check_estimators_nan_inf",
        "check_estimators_pickle",
        "check_f_contiguous_array_estimator",
        "check_fit2d_1sample",
        "check_fit2d_predict1d",
        "check_fit_score_takes_y",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_n_features_in_after_fitting",
        "check_pipeline_consistency",
        "check_positive_only_tag_during_fit",
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weights_list",
    ],
    "it gives other than two columns; incidents have an x and a y",
)


class AnyColumnsKDE(KDEHotspots):
    """Reads the first two columns, so that the checks that give more can run."""

    def _check_columns(self, points: Array) -> None:
        if points.shape[1] < 2:
            super()._check_columns(points)


class AnyColumnsGiStar(GiStarHotspots):
    """The same."""

    def _check_columns(self, points: Array) -> None:
        if points.shape[1] < 2:
            super()._check_columns(points)


@pytest.mark.parametrize(
    ("estimator", "not_applicable"),
    [
        (KDEHotspots(), OTHER_COLUMNS),
        (GiStarHotspots(), OTHER_COLUMNS),
        (AnyColumnsKDE(), {}),
        (AnyColumnsGiStar(), {}),
    ],
)
def test_the_conventions_of_scikit_learn_hold(
    estimator: Any, not_applicable: dict[str, str]
) -> None:
    results = check_estimator(
        estimator, expected_failed_checks=not_applicable, on_fail=None, on_skip=None
    )
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert failed == {}
    # none is excused that would pass
    assert {r["check_name"] for r in results if r["status"] == "xfail"} == set(not_applicable)
    assert sum(r["status"] == "passed" for r in results) > 25


# ---- kernel density


@pytest.mark.parametrize("kernel", PEERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_log_density_equals_scikit_learns(kernel: str, weighted: bool) -> None:
    rng = np.random.default_rng(1)
    x, q = one_spot(), even(rng, 300)
    w = rng.integers(1, 6, len(x)) if weighted else None
    found = KDEHotspots(400, kernel).fit(x, sample_weight=w).score_samples(q)
    peer = KernelDensity(bandwidth=400, kernel=PEERS[kernel]).fit(x, sample_weight=w)
    reached = np.isfinite(found)
    assert reached.mean() > 0.9
    np.testing.assert_allclose(found[reached], peer.score_samples(q)[reached], atol=1e-9, rtol=0)
    if kernel != "gaussian":
        # the peer's tree leaves rounding of about 1e-21 where no point is within the bandwidth
        np.testing.assert_array_equal(reached, cdist(q, x).min(axis=1) < 400)
        assert (peer.score_samples(q)[~reached] < -45).all()


def test_equals_spatstat_at_the_points_of_a_real_month(reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_spatstat_at_points.csv")
    model = KDEHotspots(500, "gaussian")
    model.fit(table[["e", "n"]].to_numpy(), sample_weight=table.events_here)
    per_km2 = np.exp(model.score_samples(table[["e", "n"]].to_numpy())) * 428 * 1e6
    assert table.events_here.sum() == 428
    np.testing.assert_allclose(per_km2, table.spatstat_gauss500_noedge_per_km2, rtol=1e-8)


@pytest.mark.parametrize("kernel", ["quartic", "triweight", "gaussian"])
def test_density_integrates_to_one(kernel: str) -> None:
    x = one_spot()[::9]
    grid = Grid.cover(AREA.buffer(2_500), 50)
    log_density = KDEHotspots(450, kernel).fit(x).score_samples(grid.centres.reshape(-1, 2))
    assert np.exp(log_density).sum() * 50**2 == pytest.approx(1, rel=2e-3)


def test_one_incident_by_hand() -> None:
    model = KDEHotspots(200, "quartic").fit([[1_000, 1_000]])
    found = model.score_samples([[1_000, 1_000], [1_000, 1_100], [1_000, 1_200], [5_000, 0]])
    top = 3 / (np.pi * 200**2)
    np.testing.assert_allclose(found[:2], np.log([top, top * 0.75**2]), atol=1e-12)
    assert (found[2:] == -np.inf).all()
    far = KDEHotspots(200, "gaussian").fit([[0, 0]]).score_samples([[200_000, 0]])
    # 1,000 sigma away: the density is no float any more, its log is
    assert far[0] == pytest.approx(2 * norm.logpdf(0) - 2 * np.log(200) - 0.5e6, rel=1e-12)


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
def test_repeated_points_are_weights(kernel: str) -> None:
    rng = np.random.default_rng(2)
    x, times, q = even(rng, 30), rng.integers(0, 5, 30), even(rng, 50)
    weighted = KDEHotspots(700, kernel).fit(x, sample_weight=times)
    repeated = KDEHotspots(700, kernel).fit(np.repeat(x, times, axis=0))
    np.testing.assert_allclose(weighted.score_samples(q), repeated.score_samples(q), atol=1e-12)
    assert len(repeated.locations_) == (times > 0).sum()


def test_parts_of_a_large_question_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    x, q = one_spot(), even(np.random.default_rng(3), 101)
    for kernel in ("quartic", "gaussian"):
        whole = KDEHotspots(400, kernel).fit(x).score_samples(q)
        with monkeypatch.context() as patch:
            patch.setattr("hotspots.clustering.estimators._PAIRS", 10 * len(x))
            parts = KDEHotspots(400, kernel).fit(x).score_samples(q)
        np.testing.assert_allclose(parts, whole, rtol=1e-14)


def test_score_is_the_peers_and_has_a_floor() -> None:
    x, q = one_spot(), even(np.random.default_rng(4), 80)
    model = KDEHotspots(900, "gaussian", study_area=AREA).fit(x)
    peer = KernelDensity(bandwidth=900).fit(x)
    assert model.score(q) == pytest.approx(peer.score(q), rel=1e-12)
    far = np.array([[X0 + 1e6, Y0]])
    floor = np.log(1e-6 / SIDE**2)
    for kernel in ("quartic", "gaussian"):
        model = KDEHotspots(300, kernel, study_area=AREA).fit(x)
        assert model.score(far) == pytest.approx(floor, rel=1e-12)
        assert model.score(np.vstack([q, far])) == pytest.approx(model.score(q) + floor)
    even_floor = KDEHotspots(300, study_area=AREA, score_floor=1.0).fit(x)
    assert even_floor.score(far) == pytest.approx(-np.log(SIDE**2))


def test_a_search_chooses_the_bandwidth_that_scikit_learn_chooses() -> None:
    x = one_spot(5)
    bandwidths = np.geomspace(60, 3_000, 18)
    folds = KFold(5, shuffle=True, random_state=0)
    peer = GridSearchCV(KernelDensity(), {"bandwidth": bandwidths}, cv=folds).fit(x)
    ours = GridSearchCV(KDEHotspots(kernel="gaussian"), {"bandwidth_m": bandwidths}, cv=folds).fit(
        x
    )
    assert ours.best_params_["bandwidth_m"] == peer.best_params_["bandwidth"]
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"][4:], peer.cv_results_["mean_test_score"][4:], rtol=1e-9
    )
    assert 60 < ours.best_params_["bandwidth_m"] < 3_000
    # the quartic's second moment is the Gaussian's at sqrt(8) times the bandwidth
    quartic = GridSearchCV(KDEHotspots(), {"bandwidth_m": bandwidths}, cv=folds).fit(x)
    ratio = quartic.best_params_["bandwidth_m"] / peer.best_params_["bandwidth"]
    assert 1.5 < ratio < 5
    assert np.isfinite(quartic.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
def test_predict_marks_the_hottest_share_of_the_area(kernel: str) -> None:
    x = one_spot()
    model = KDEHotspots(500, kernel, hot_share=0.1, study_area=AREA).fit(x)
    centres = model.grid_.centres.reshape(-1, 2)
    hot = model.predict(centres)
    assert hot.dtype == bool
    assert hot.sum() == 360  # of 3,600 cells
    scores = model.score_samples(centres)
    assert scores[hot].min() >= scores[~hot].max() - 2e-9
    assert model.predict([[X0 + 3_000, Y0 + 3_000]]).tolist() == [True]


@pytest.mark.parametrize("kernel", [*PEERS, "quartic", "triweight"])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.2, 0.999])
def test_the_hot_share_is_never_exceeded(kernel: str, share: float) -> None:
    # an incident at a corner of cells: all densities but the lowest come in ties of 4 and 8
    area = shapely.box(0, 0, 2_000, 2_000)
    model = KDEHotspots(500, kernel, hot_share=share, study_area=area).fit([[1_000, 1_000]])
    centres = model.grid_.centres.reshape(-1, 2)
    hot = model.predict(centres)
    assert hot.mean() <= share
    if kernel == "uniform":
        # all 80 cells with any density tie: they are hot together or not at all
        assert hot.sum() == (80 if share >= 0.2 else 0)
    elif hot.any():
        # ties are not broken: what is left out is clearly less dense than what is hot
        scores = model.score_samples(centres)
        assert scores[hot].min() > scores[~hot].max() + 1e-6


def test_a_share_below_one_cell_is_none() -> None:
    model = KDEHotspots(500, hot_share=0.05, cell_size_m=1_000, study_area=AREA)
    model.set_params(study_area=shapely.box(0, 0, 3_000, 3_000)).fit([[1_500, 1_500], [400, 400]])
    assert not model.predict(model.grid_.centres.reshape(-1, 2)).any()
    model.set_params(hot_share=0.12).fit([[1_500, 1_500], [400, 400]])
    assert model.predict(model.grid_.centres.reshape(-1, 2)).sum() == 1


def test_predict_has_no_hot_place_without_density_or_outside() -> None:
    lone = KDEHotspots(150, hot_share=0.5, study_area=AREA).fit([[X0 + 3_050, Y0 + 3_050]])
    centres = lone.grid_.centres.reshape(-1, 2)
    assert lone.threshold_ == -np.inf
    hot = lone.predict(centres)
    np.testing.assert_array_equal(hot, cdist(centres, lone.locations_)[:, 0] < 150)
    at_edge = KDEHotspots(500, study_area=AREA).fit([[X0 + 50, Y0 + 50]])
    assert at_edge.predict([[X0 + 50, Y0 + 50], [X0 - 50, Y0 + 50]]).tolist() == [True, False]


# ---- Gi*


def test_gi_star_is_the_functions() -> None:
    x = one_spot()
    model = GiStarHotspots(study_area=AREA).fit(x)
    grid = Grid.cover(AREA, 250)
    direct = gi_star(grid.counts(x), 400, 250, grid.mask)
    np.testing.assert_array_equal(model.z_score_, direct.z_score)
    np.testing.assert_array_equal(model.p_adjusted_, direct.p_adjusted)
    np.testing.assert_array_equal(model.hot_, direct.p_adjusted <= 0.05)
    np.testing.assert_array_equal(
        model.score_samples(grid.centres.reshape(-1, 2)), direct.z_score.ravel()
    )
    np.testing.assert_array_equal(
        model.predict(grid.centres.reshape(-1, 2)), direct.p_adjusted.ravel() <= 0.05
    )
    assert model.predict([[X0 + 3_000, Y0 + 3_000], [X0 + 100, Y0 + 100]]).tolist() == [True, False]


def test_outside_the_study_area_nothing_is_hot_and_no_count_is_taken() -> None:
    x = np.vstack([one_spot(), np.full((500, 2), [X0 - 300, Y0 - 300])])
    model = GiStarHotspots(study_area=AREA).fit(x)
    assert model.counts_.sum() == 360
    assert model.score_samples([[X0 - 300, Y0 - 300]]).tolist() == [-np.inf]
    assert model.predict([[X0 - 300, Y0 - 300]]).tolist() == [False]
    assert model.score([[X0 - 300, Y0 - 300]]) == pytest.approx(np.log(1e-6 / SIDE**2))


def test_gi_star_weights_are_repeats() -> None:
    x, times = one_spot()[:150], np.arange(150) % 4
    weighted = GiStarHotspots(study_area=AREA).fit(x, sample_weight=times)
    repeated = GiStarHotspots(study_area=AREA).fit(np.repeat(x, times, axis=0))
    np.testing.assert_array_equal(weighted.p_value_, repeated.p_value_)


def test_gi_star_score_by_hand() -> None:
    # 20 incidents in one cell of 400, each cell its own band: z = 20
    spot, area = np.full((20, 2), [1_050.0, 1_050.0]), shapely.box(0, 0, 2_000, 2_000)
    model = GiStarHotspots(1, 100, null="normal", study_area=area).fit(spot)
    assert model.hot_.sum() == 1
    share = 20.5 / 21
    inside, outside = np.log(share / 100**2), np.log((1 - share) / (399 * 100**2))
    assert model.score([[1_010, 1_010], [50, 50]]) == pytest.approx(inside + outside)
    # by the exact tail one cell of 400 is no wonder; nothing hot is an even density
    none = GiStarHotspots(1, 100, study_area=area).fit(spot)
    assert not none.hot_.any()
    assert none.score([[1_010, 1_010]]) == pytest.approx(-np.log(4e6))


def test_a_search_over_distances_prefers_a_map_that_foretells() -> None:
    x = one_spot(6)
    folds = KFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(
        GiStarHotspots(study_area=AREA), {"distance_m": [250.0, 400.0, 2_500.0]}, cv=folds
    ).fit(x)
    assert search.best_params_["distance_m"] < 2_500
    assert search.best_score_ > -len(x) / 5 * np.log(SIDE**2)  # better than an even map


# ---- both


@pytest.mark.parametrize("model", [KDEHotspots(), GiStarHotspots()])
def test_the_grid_is_the_bounds_of_the_incidents_by_default(model: Any) -> None:
    fitted = clone(model).set_params(cell_size_m=100).fit([[250, 730], [480, 700]])
    assert (fitted.grid_.x0, fitted.grid_.y0, fitted.grid_.shape) == (200, 700, (1, 3))
    assert fitted.grid_.mask.all()
    assert fitted.n_features_in_ == 2


@pytest.mark.parametrize("model", [KDEHotspots(study_area=AREA), GiStarHotspots(study_area=AREA)])
def test_clones_and_pipelines(model: Any) -> None:
    x = one_spot()
    twin = clone(model)
    assert twin.get_params().keys() == model.get_params().keys()
    assert twin.get_params()["study_area"].equals(AREA)
    in_pipe = make_pipeline(FunctionTransformer(lambda v: v * 1.0), twin).fit(x)
    np.testing.assert_array_equal(in_pipe.predict(x), clone(model).fit(x).predict(x))


@pytest.mark.parametrize("model", [KDEHotspots(), GiStarHotspots()])
@pytest.mark.parametrize(
    ("x", "weight", "message"),
    [
        ([[1.0, np.nan]], None, "NaN"),
        ([[1.0, np.inf]], None, "infinity"),
        (np.empty((0, 2)), None, "0 sample"),
        ([[1.0, 1e200]], None, "metres within"),
        ([[1.0, 2.0, 3.0]], None, "two columns"),
        ([[1.0]], None, r"1 feature\(s\)"),
        ([1.0, 2.0], None, "2D array"),
        ([["a", "b"]], None, "could not convert"),
        ([[1.0, 2.0]], [1.0, 2.0], "one value a point"),
        ([[1.0, 2.0]], [-1.0], "at least 0"),
        ([[1.0, 2.0]], [np.nan], "finite"),
        ([[1.0, 2.0]], [0.0], "not all zero"),
        ([[1.0, 2.0]], ["a"], "sample_weight must be numbers"),
        ([[1.0, 2.0]], [[1], [2, 3]], "sample_weight must be numbers"),
        ([[1.0, 2.0], [3.0, 4.0]], [1e308, 1e308], "finite"),
    ],
)
def test_bad_data_are_both_kinds_of_error(model: Any, x: Any, weight: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        clone(model).fit(x, sample_weight=weight)
    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (KDEHotspots(bandwidth_m=0), "bandwidth_m must be"),
        (KDEHotspots(bandwidth_m=1e-300), "between 0.001 and 1e"),
        (KDEHotspots(bandwidth_m=1e300), "between 0.001 and 1e"),
        (KDEHotspots(cell_size_m=1e300), "between 0.001 and 1e"),
        (KDEHotspots(kernel="cosine"), "kernel must be one of"),
        (KDEHotspots(hot_share=1), "hot_share must be"),
        (KDEHotspots(cell_size_m=-1), "cell_size_m must be"),
        (KDEHotspots(score_floor=0), "score_floor must be"),
        (KDEHotspots(study_area=shapely.Polygon()), "study area must be"),
        (GiStarHotspots(alpha=2), "alpha must be"),
        (GiStarHotspots(distance_m=np.nan), "distance_m must be"),
        (GiStarHotspots(null="chance"), "null must be one of"),
        (GiStarHotspots(score_floor=np.nan), "score_floor must be"),
        (GiStarHotspots(cell_size_m=0.01), "at most 50,000,000 cells"),
        (KDEHotspots(bandwidth_m="a"), "bandwidth_m must be"),  # type: ignore[arg-type]
        (KDEHotspots(hot_share="a"), "hot_share must be"),  # type: ignore[arg-type]
        (KDEHotspots(hot_share=None), "hot_share must be"),  # type: ignore[arg-type]
        (KDEHotspots(kernel=None), "kernel must be one of"),  # type: ignore[arg-type]
        (KDEHotspots(score_floor="a"), "score_floor must be"),  # type: ignore[arg-type]
        (KDEHotspots(cell_size_m=[1]), "cell_size_m must be"),  # type: ignore[arg-type]
        (KDEHotspots(study_area="x"), "study_area must be a shapely Polygon"),
        (KDEHotspots(study_area=shapely.Point(0, 0)), "study_area must be a shapely Polygon"),
        (GiStarHotspots(study_area=[AREA]), "study_area must be a shapely Polygon"),
        (GiStarHotspots(alpha="a"), "alpha must be"),  # type: ignore[arg-type]
        (GiStarHotspots(distance_m="a"), "distance_m must be"),  # type: ignore[arg-type]
    ],
)
def test_bad_parameters_are_refused_in_fit(model: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        model.fit([[0.0, 0.0], [1_000.0, 1_000.0]])
