"""The back-test: nothing from the future, exact after a stop, reports that add up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from hotspots.clustering import Grid
from hotspots.errors import DataError, UsageError
from hotspots.validation import (
    History,
    Kept,
    MethodKind,
    Past,
    Plan,
    Scored,
    best_of,
    digest_of,
    plan_of,
    pooled,
    report_of,
    run,
)
from hotspots.validation.past import batches_of

AREA = shapely.box(0, 0, 3000, 3000)
GRID = Grid.cover(AREA, 250, touching=True)
WEEKS = np.datetime64("2020-01-06") + 7 * np.arange(31)
PLACE = (2625.0, 2625.0)


class Counts:
    def score(self, past: Past) -> Scored:
        counts = past.decayed(0.0)
        return Scored(counts, counts >= 3)


class Random:
    def score(self, past: Past) -> Scored:
        return Scored(np.random.default_rng(past.origin).random(past.cells))


def kind(name: str, make: type, **more: str) -> MethodKind:
    return MethodKind(name, name.title(), "", "", make, **more)


KINDS = (kind("counts", Counts), kind("random", Random), kind("oracle", Counts, kind="oracle"))


def made_up(seed: int = 0, n: int = 900, late: bool = False) -> History:
    rng = np.random.default_rng(seed)
    xy = np.where(rng.random((n, 1)) < 0.5, rng.normal(800, 150, (n, 2)), rng.random((n, 2)) * 3000)
    happened = WEEKS[0] + rng.integers(0, 210, n)
    recorded = happened + rng.integers(0, 60, n) if late else None
    return History.make(np.clip(xy, 1, 2999), happened, WEEKS, AREA, recorded, "made up")


HISTORY = made_up()


def planted(from_week: int, recorded_week: int) -> History:
    """A place where nothing happens until a week, and what does is written down later."""
    base = made_up(1, 300)
    days = WEEKS[:-1].repeat(12)[12 * from_week :]
    xy = np.concatenate([base.xy[~_at_place(base.xy)], np.tile(PLACE, (len(days), 1))])
    quiet = WEEKS[base.period[~_at_place(base.xy)]]
    happened = np.concatenate([quiet, days])
    recorded = np.concatenate([quiet, np.maximum(days, WEEKS[recorded_week])])
    return History.make(xy, happened, WEEKS, AREA, recorded)


def _at_place(xy: np.ndarray) -> np.ndarray:
    # the kernels of the methods reach 2,000 m at most
    return np.hypot(*(xy - PLACE).T) < 300


def _methods() -> list[MethodKind]:
    try:
        from hotspots.validation.methods import METHODS
    except ImportError:
        return list(KINDS[:1])
    first: dict[str, MethodKind] = {}
    for one in METHODS.values():
        if one.kind != "oracle":
            first.setdefault(one.family, one)
    return list(first.values())


@pytest.mark.parametrize("method", _methods(), ids=lambda one: one.name)
def test_what_is_not_yet_known_gains_nothing(method: MethodKind) -> None:
    # happens from week 10 on, written down from week 20 on: until then a map must be the same as
    # if it had never happened
    secret, plan = planted(10, 20), Plan(8, 21)
    seen: dict[str, list[Scored]] = {"secret": [], "quiet": []}
    for name, history in (("secret", secret), ("quiet", _without_place(secret))):
        past, maker = Past(GRID, 1.0, WEEKS), method.make()
        for batches in batches_of(history, GRID):
            past.learn(batches)
            if past.origin in plan.origins:
                seen[name].append(maker.score(past))
    for origin, mine, other in zip(plan.origins, seen["secret"], seen["quiet"], strict=True):
        if origin <= 20:
            np.testing.assert_array_equal(mine.score, other.score, err_msg=f"origin {origin}")
    if method.name not in ("random", "last-year"):
        assert not np.array_equal(seen["secret"][-1].score, seen["quiet"][-1].score)


def _without_place(history: History) -> History:
    kept = ~(history.xy == PLACE).all(axis=1)
    return replace(
        history, xy=history.xy[kept], period=history.period[kept], known=history.known[kept]
    )


def test_a_past_holds_what_was_known_and_no_more() -> None:
    history = made_up(3, late=True)
    mixed = np.random.default_rng(0).permutation(len(history))
    history = replace(
        history, xy=history.xy[mixed], period=history.period[mixed], known=history.known[mixed]
    )
    past = Past(GRID, 1.0, WEEKS)
    for origin, batches in enumerate(batches_of(history, GRID), start=1):
        past.learn(batches)
        expected = history.until(origin)
        assert past.total(0.0, 0).sum() == len(expected)
        assert len(past.incidents()[0]) == len(expected)
        by_hand = GRID.counts(expected.xy[expected.period >= origin - 4])[GRID.mask]
        np.testing.assert_array_equal(past.total(0.0, origin - 4), by_hand)
    with pytest.raises(UsageError):
        past.learn([replace(batches[0], known=99)])


def test_half_lives_are_the_closed_form_and_the_same_however_they_are_asked() -> None:
    history, often, once = made_up(4, late=True), Past(GRID, 1.0, WEEKS), Past(GRID, 1.0, WEEKS)
    for batches in batches_of(history, GRID):
        for past in (often, once):
            past.learn(batches)
        often.decayed(300.0, 7.0)
        often.decayed(0.0, 7.0)
    assert np.array_equal(often.decayed(300.0, 7.0), once.decayed(300.0, 7.0))
    known = history.known <= 30
    cell = GRID.index(history.xy[known])
    by_hand = np.zeros(GRID.mask.size)
    np.add.at(by_hand, cell, 2.0 ** (-(29 - history.period[known]) / 7.0))
    np.testing.assert_allclose(once.decayed(0.0, 7.0), by_hand[GRID.mask.ravel()], rtol=1e-12)
    with pytest.raises(UsageError):
        once.decayed(0.0, 0.0)


def test_oracle_has_all_there_is_and_random_what_chance_gives() -> None:
    plan = plan_of(HISTORY, 8)
    report = report_of(HISTORY, KINDS, plan, run(HISTORY, GRID, KINDS, plan))
    for percent in ("1", "2", "5", "10"):
        best = report.value("oracle", f"pei_star_{percent}")
        assert (best.low, best.value, best.high) == (1, 1, 1)
        chance = report.value("random", f"pai_{percent}")
        assert chance.low <= 1 <= chance.high
        assert report.value("counts", f"pai_{percent}").low > 1
    assert report.difference("counts", "random").verdict() == "better"
    assert report.difference("random", "counts").verdict() == "worse"


def test_a_report_adds_up_to_its_periods() -> None:
    plan = Plan(8, 29)
    report = report_of(HISTORY, KINDS, plan, run(HISTORY, GRID, KINDS, plan))
    rows = report.periods()
    mine = rows[rows.method == "counts"]
    assert mine.incidents.sum() == report.incidents == (HISTORY.period >= 8).sum()
    table = report.table().set_index("method")
    hit = mine.hits_2.sum() / mine.incidents.sum()
    assert table.hit_rate_2["counts"] == pytest.approx(hit)
    assert table.pai_2["counts"] == pytest.approx(hit / (round(0.02 * 169) / 169))
    assert table.pei_star_2["counts"] == pytest.approx(mine.hits_2.sum() / mine.most_2.sum())
    by_chance = (mine.incidents * mine.hot_cells / mine.cells).sum()
    assert table.hot_pai["counts"] == pytest.approx(mine.hot_hits.sum() / by_chance)
    before = mine.hot_before.sum() / mine.before.sum()
    now = mine.hot_hits.sum() / mine.incidents.sum()
    assert table.hot_rri["counts"] == pytest.approx(now / before)
    assert rows[rows.method == "random"].hot_cells.isna().all()
    assert np.isnan(table.hot_pai["random"])
    assert str(mine.first_day.iloc[0]) == "2020-03-02"
    assert str(mine.last_day.iloc[0]) == "2020-03-08"
    against = report.compare("random").set_index(["method", "measure"]).loc[("counts", "area")]
    assert against.difference == pytest.approx(table.area["counts"] - table.area["random"])
    assert against.ratio == pytest.approx(table.area["counts"] / table.area["random"])
    shares, rates = report.curve()["counts"]
    assert (shares[0], rates[0], shares[4]) == (0, 0, 0.02)
    assert rates[4] == pytest.approx(hit)


def test_a_variant_is_chosen_before_it_is_reported() -> None:
    kinds = [
        kind("a", Random, family="f", variant="1"),
        kind("b", Counts, family="f", variant="2"),
        kind("c", Counts),
    ]
    plan = Plan(8, 29)
    report = report_of(HISTORY, kinds, plan, run(HISTORY, GRID, kinds, plan))
    best = best_of(report, range(8, 20))
    assert best == {"f": "b", "c": "c"}
    later = report.chosen(best, range(20, 30))
    assert [entry.name for entry in later.entries] == ["f", "c"]
    assert later.origins == 10
    assert later.value("f", "area") == report.only(["b"], range(20, 30)).value("b", "area")
    both = pooled([later, later])
    assert both.origins == 20
    assert both.incidents == 2 * later.incidents
    assert both.value("f", "area").value == pytest.approx(later.value("f", "area").value)


def test_what_is_no_report_is_refused() -> None:
    plan = Plan(8, 12)
    rows = run(HISTORY, GRID, KINDS, plan)
    report = report_of(HISTORY, KINDS, plan, rows)
    with pytest.raises(UsageError, match="finished"):
        report_of(HISTORY, KINDS, plan, rows[:-1])
    assert report_of(HISTORY, KINDS, plan, rows[3:], skipped=[8]).origins == 4
    with pytest.raises(UsageError, match="method must be one of"):
        report.compare("nobody")
    with pytest.raises(UsageError):
        report.difference("counts", "random", "hot_pai")
    with pytest.raises(UsageError):
        report.only(origins=[99])
    with pytest.raises(UsageError):
        pooled([])
    with pytest.raises(UsageError):
        plan_of(HISTORY, 0)
    with pytest.raises(UsageError):
        run(HISTORY, GRID, [KINDS[0], KINDS[0]], plan)


def test_a_file_of_another_back_test_is_refused_and_left(tmp_path: Path) -> None:
    plan, path = Plan(8, 12), tmp_path / "kept.jsonl"
    digest = digest_of(HISTORY, GRID, KINDS, plan)
    kept = Kept(path, digest)
    rows = run(HISTORY, GRID, KINDS, plan, keep=kept.keep)
    held = path.read_bytes()
    others = [
        digest_of(made_up(9), GRID, KINDS, plan),
        digest_of(HISTORY, Grid.cover(AREA, 200, touching=True), KINDS, plan),
        digest_of(HISTORY, GRID, KINDS[:2], plan),
        digest_of(HISTORY, GRID, [replace(KINDS[0], settings="x"), *KINDS[1:]], plan),
        digest_of(HISTORY, GRID, KINDS, Plan(8, 13)),
    ]
    assert len({digest, *others}) == 6
    for other in others:
        with pytest.raises(DataError, match="other data"):
            Kept(path, other)
    assert path.read_bytes() == held
    again = Kept(path, digest).done()
    assert [row for origin in plan.origins for row in again[origin]] == rows
    # a letter to somebody is no back-test, whole or cut off
    for letter in (b"Dear all,\n", b"Dear", b"{}\n"):
        path.write_bytes(letter)
        with pytest.raises(DataError, match="another file"):
            Kept(path, digest)
        assert path.read_bytes() == letter
    path.write_bytes(held.replace(b'"incidents"', b'"accidents"', 1))
    with pytest.raises(DataError, match="Line 2"):
        Kept(path, digest)


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_line_that_was_cut_off_is_judged_again(tmp_path: Path, cut: int) -> None:
    plan, path = Plan(8, 12), tmp_path / "kept.jsonl"
    digest = digest_of(HISTORY, GRID, KINDS, plan)
    run(HISTORY, GRID, KINDS, plan, keep=Kept(path, digest).keep)
    held = path.read_bytes()
    for left in (held[:-cut], held[:10], b""):
        path.write_bytes(left)
        kept = Kept(path, digest)
        run(HISTORY, GRID, KINDS, plan, done=kept.done(), keep=kept.keep)
        assert path.read_bytes() == held


SLOW = """
import sys, time
from tests.unit.test_validation_backtest import GRID, HISTORY, KINDS, Plan, Kept, digest_of, run
plan = Plan(8, 29)
kept = Kept(sys.argv[1], digest_of(HISTORY, GRID, KINDS, plan))
def keep(origin, rows):
    kept.keep(origin, rows)
    print(origin, flush=True)
    time.sleep(0.05)
run(HISTORY, GRID, KINDS, plan, keep=keep)
"""


def test_a_process_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    plan, path = Plan(8, 29), tmp_path / "kept.jsonl"
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        for _ in range(4):
            assert process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    kept = Kept(path, digest_of(HISTORY, GRID, KINDS, plan))
    done = kept.done()
    assert 4 <= len(done) < len(plan.origins)
    asked: list[int] = []

    def keep(origin: int, rows: object) -> None:
        asked.append(origin)
        kept.keep(origin, rows)  # type: ignore[arg-type]

    resumed = run(HISTORY, GRID, KINDS, plan, done=done, keep=keep)
    assert asked == [t for t in plan.origins if t not in done]
    assert resumed == run(HISTORY, GRID, KINDS, plan)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["origin"] for line in lines[1:]] == list(plan.origins)


def test_curves_are_drawn_for_pages_and_files(tmp_path: Path) -> None:
    from hotspots.validation.plots import curve_svg, save_curve

    hostile = replace(KINDS[0], name="candidate", label="<script>x</script> $y$")
    kinds = [hostile, *KINDS]
    plan = Plan(8, 29)
    report = report_of(HISTORY, kinds, plan, run(HISTORY, GRID, kinds, plan))
    drawn = curve_svg(report, mark=0.02)
    root = ET.fromstring(str(drawn))  # noqa: S314 - our own
    names = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
    assert "script" not in names
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "<script>x</script> $y$" in texts
    assert {"2%", "20%", "Even spread"} <= set(texts)
    paths = [e for e in root.iter() if e.tag.endswith("path")]
    assert len(paths) == 2  # neither the oracle nor a random order
    assert len({e.get("stroke-dasharray") for e in paths}) == 2
    for name in ("a.svg", "a.png"):
        first = save_curve(report, tmp_path / name).read_bytes()
        assert save_curve(report, tmp_path / name).read_bytes() == first
    assert first.startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="svg or"):
        save_curve(report, tmp_path / "a.pdf")


def test_labels_stand_apart_in_their_order() -> None:
    from hotspots.drawing.curves import Curve, apart, curve_chart

    assert apart([10, 11, 50], 10, 0, 100) == [10, 20, 50]
    assert apart([98, 99, 100], 10, 0, 100) == [80, 90, 100]
    assert apart([5, 5, 5], 100, 0, 10) == [0, 5, 10]  # no room: they share what there is
    flat = Curve("a", (0.0, 0.2), (0.0, 0.5))
    for bad in ([], [flat] * 11, [replace(flat, rates=(0.0, 2.0))], [replace(flat, shares=(0.2,))]):
        with pytest.raises(UsageError):
            curve_chart(bad, width=400, height=300, id="x", title="t", describe="d")
    unknown = replace(flat, rates=(float("nan"), float("nan")))
    drawn = curve_chart([unknown], width=400, height=300, id="x", title="t", describe="d")
    assert "no data" in drawn
