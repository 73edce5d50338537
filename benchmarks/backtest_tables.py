"""The tables of docs/validation.md, from the reports of ``benchmarks.backtest``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspots.validation import Interval, Report

if TYPE_CHECKING:
    from benchmarks.backtest import Part

ORACLE = "oracle"
#: Groups whose places are where it happened: exact, or rounded to about 100 m.
EXACT = ("portland", "memphis")
#: Methods that the others are compared with in the tables of sets.
REFERENCES = {"default": "default", "counts-52": "counts, 52 weeks", "kde-nrd": "sfhotspot's KDE"}
NAMES = {
    "default": "Shipped default",
    "tuned": "Tuned (best profile of the tuning part)",
    "former": "Former default",
    "weighed": "Counts weighed against maps",
    "kde-decay": "KDE, fading memory",
    "kde-window": "KDE of a window",
    "counts-decay": "Counts, fading memory",
    "multi-scale": "Mean of maps of several reaches",
    "kde-nrd": "KDE, sfhotspot's bandwidth",
    "kde-arcgis": "KDE, ArcGIS's bandwidth",
    "kde-scott": "KDE, Scott's bandwidth",
    "gi-star": "Gi* z",
    "gi-exact": "Gi*, exact tail",
}


def set_table(part: Part) -> str:
    """Return every method on one set's test part, best first, with intervals."""
    report = part.report
    first = part.founds[0]
    unit = "month" if part.group == "kent" else "week"
    names = _by_area(report)
    about = (
        f"**{part.label}, cells of {part.cell} m, next {unit}**: {first.cells:,} cells, "
        f"{report.origins} maps judged by {report.incidents:,} incidents."
    )
    hits = [
        "| method | hits at 1 % | 2 % | 5 % | 10 % | PAI at 2 % | PEI\\* at 2 % | area |",
        "|---" * 8 + "|",
        *("| " + " | ".join(_row(report, name)) + " |" for name in names),
    ]
    less = [
        "| method | "
        + " | ".join(f"less {label}" for label in REFERENCES.values())
        + " | own hot spots: area, hits, PAI |",
        "|---" * (2 + len(REFERENCES)) + "|",
        *("| " + " | ".join(_less(report, name)) + " |" for name in names if name != ORACLE),
    ]
    return "\n".join([about, "", *hits, "", *less])


def _row(report: Report, name: str) -> Iterable[str]:
    entry = next(entry for entry in report.entries if entry.name == name)
    yield name_of(report, name) + (f": {entry.variant}" if entry.variant else "")
    for percent in ("1", "2", "5", "10"):
        yield _with(report.value(name, f"hit_rate_{percent}"), 100, 1)
    yield f"{report.value(name, 'pai_2').value:.1f}"
    yield f"{report.value(name, 'pei_star_2').value:.2f}"
    yield _with(report.value(name, "area"), 1, 3)


def _less(report: Report, name: str) -> Iterable[str]:
    yield name_of(report, name)
    for reference in REFERENCES:
        yield "" if name == reference else _difference(report, name, reference)
    yield _own(report, name)


def _difference(report: Report, name: str, reference: str) -> str:
    found = report.difference(name, reference)
    told = f"{found.value:+.3f}"
    if math.isnan(found.low):
        return told
    told += f" ({found.low:+.3f} to {found.high:+.3f})"
    verdict = found.verdict()
    return f"{told} {verdict}" if verdict != "no clear difference" else told


def _own(report: Report, name: str) -> str:
    area = report.value(name, "hot_area_share").value
    if math.isnan(area):
        return ""
    hits = report.value(name, "hot_hit_rate").value
    pai = report.value(name, "hot_pai").value
    return f"{100 * area:.1f} %, {100 * hits:.1f} %, {'' if math.isnan(pai) else f'{pai:.1f}'}"


def summary_table(parts: Sequence[Part]) -> str:
    """Return the area under the curve, and hits at 2 %, of every method on every set."""
    made = []
    for measure, scale, digits, title in (
        ("area", 1.0, 3, "Area under the hit-rate curve to 20 % of the area"),
        ("hit_rate_2", 100.0, 1, "Hits in 2 % of the area, %"),
    ):
        for cell in dict.fromkeys(part.cell for part in parts):
            held = [part for part in parts if part.cell == cell]
            made.append(f"**{title}, cells of {cell} m**\n\n{_wide(held, measure, scale, digits)}")
    return "\n\n".join(made)


def _wide(parts: Sequence[Part], measure: str, scale: float, digits: int) -> str:
    names = [entry.name for entry in parts[0].report.entries]

    def values(name: str) -> list[float]:
        return [part.report.value(name, measure).value for part in parts]

    rows = sorted(names, key=lambda name: -sum(values(name)))
    lines = [
        "| method | " + " | ".join(f"{p.label}, {_horizon(p)}" for p in parts) + " |",
        "|---" * (1 + len(parts)) + "|",
    ]
    for name in rows:
        told = " | ".join(f"{scale * value:.{digits}f}" for value in values(name))
        lines.append(f"| {name_of(parts[0].report, name)} | {told} |")
    return "\n".join(lines)


def ratio_table(parts: Sequence[Part], pairs: Sequence[tuple[str, str, str, str]]) -> str:
    """Return ratios of methods on the next period; each pair: title, method, reference, measure."""
    lines = [
        "| set | cells | " + " | ".join(title for title, *_ in pairs) + " |",
        "|---" * (2 + len(pairs)) + "|",
    ]
    for part in (part for part in parts if part.horizon == 1):
        told = [_ratio(part.report, *names) for _, *names in pairs]
        lines.append(f"| {part.label} | {part.cell} m | " + " | ".join(told) + " |")
    return "\n".join(lines)


def _ratio(report: Report, method: str, reference: str, measure: str) -> str:
    found = _with(report.ratio(method, reference, measure), 1, 3)
    return f"{found}: {report.difference(method, reference, measure).verdict()}"


def snapped_table(parts: Sequence[Part]) -> str:
    """Return what is gained over counts of 52 weeks where places are snapped."""
    held = [part for part in parts if part.group not in EXACT]
    who = (("default", "default"), ("tuned", "tuned"), ("mixture", "mixture"))
    return ratio_table(held, [(f"{says} / counts", m, "counts-52", "area") for m, says in who])


def stretch_table(parts: Sequence[Part]) -> str:
    """Return what the fitted methods gain over the default, and the default over the former one."""
    pairs = [(f"{name} / default", name, "default", "area") for name in ("tuned", "mixture")]
    return ratio_table(parts, [*pairs, ("default / former", "default", "former", "area")])


@dataclass(frozen=True)
class Goal:
    """One line of the table of goals: what, at least how much, and the ratio on one part."""

    says: str
    least: float
    ratio: Callable[[Part], Interval]
    clear: bool = False
    groups: tuple[str, ...] = ()

    def row(self, parts: Sequence[Part]) -> str:
        """Return goal, the worst of the sets, and whether it is met on every one of them."""
        held = [part for part in parts if not self.groups or part.group in self.groups]
        found = [(self.ratio(part), part) for part in held]
        missed = [(r, p) for r, p in found if not self._met(r)]
        worst, where = min(found, key=lambda pair: pair[0].value)
        told = f"{_with(worst, 1, 3)} on {_where(where)}"
        met = "yes" if not missed else "**no**: " + "; ".join(_missed(r, p) for r, p in missed)
        least = f"{self.least:.2f}" + (", interval above 1" if self.clear else "")
        return f"| {self.says} | {least} | {told} | {met} |"

    def _met(self, found: Interval) -> bool:
        # where there are too few maps for an interval, the value alone can be held to the goal
        clear = not self.clear or math.isnan(found.low) or found.low > 1
        return found.value >= self.least and clear


def goal_table(parts: Sequence[Part]) -> str:
    """Return the goals, the worst of what was measured, and whether each is met everywhere."""
    rows = [goal.row(parts) for goal in _goals()]
    return "\n".join(["| goal | at least | worst | met |", "|---|---|---|---|", *rows])


def _goals() -> list[Goal]:
    def over(method: str, reference: str, measure: str = "area") -> Callable[[Part], Interval]:
        return lambda part: part.report.ratio(method, reference, measure)

    def over_best(*methods: str) -> Callable[[Part], Interval]:
        def best(part: Part) -> Interval:
            mine = max(methods, key=lambda name: part.report.value(name, "area").value)
            return part.report.ratio(mine, best_method(part.report))

        return best

    nrd, two = "sfhotspot's bandwidth", "hits at 2 %"
    stretch = "stretch: default over the former default"
    goals = [
        Goal("default over the best method", 0.97, over_best("default")),
        Goal("tuned or mixture over the best method", 0.99, over_best("tuned", "mixture")),
        Goal(f"default over {nrd}", 1.15, over("default", "kde-nrd"), True),
        Goal(f"default over {nrd}, exact places", 1.30, over("default", "kde-nrd"), True, EXACT),
        Goal(f"default over {nrd}, {two}", 1.25, over("default", "kde-nrd", "hit_rate_2"), True),
        Goal(
            f"default over {nrd}, {two}, exact places",
            1.75,
            over("default", "kde-nrd", "hit_rate_2"),
            True,
            EXACT,
        ),
        Goal("default over ArcGIS's bandwidth", 1.0, over("default", "kde-arcgis")),
        Goal(
            "default over ArcGIS's bandwidth, exact places",
            1.10,
            over("default", "kde-arcgis"),
            groups=EXACT,
        ),
    ]
    for name, label, least in (("counts-52", "last 52 weeks", 1.12), ("counts-all", "all", 1.03)):
        goals += [
            Goal(f"default over counts, {label}", 0.98, over("default", name)),
            Goal(
                f"default over counts, {label}, exact places",
                least,
                over("default", name),
                groups=EXACT,
            ),
        ]
    goals += [
        Goal(f"{stretch}, Portland", 1.02, over("default", "former"), True, ("portland",)),
        Goal(f"{stretch}, Memphis", 1.02, over("default", "former"), True, ("memphis",)),
    ]
    return goals


def best_method(report: Report) -> str:
    """Return the method of the largest area; an oracle is none."""
    return next(name for name in _by_area(report) if name != ORACLE)


def _by_area(report: Report) -> list[str]:
    names = [entry.name for entry in report.entries]
    return sorted(names, key=lambda name: -report.value(name, "area").value)


def name_of(report: Report, name: str) -> str:
    """Return how tables name a method."""
    label = next(entry.label for entry in report.entries if entry.name == name)
    return NAMES.get(name, label).replace("*", "\\*")


def _missed(found: Interval, part: Part) -> str:
    return f"{_with(found, 1, 3)} on {_where(part)}"


def _where(part: Part) -> str:
    return f"{part.label}, {part.cell} m, {_horizon(part)}"


def _horizon(part: Part) -> str:
    if part.group == "kent":
        return "month"
    return "1 week" if part.horizon == 1 else f"{part.horizon} weeks"


def _with(found: Interval, scale: float, digits: int) -> str:
    """Return a value with its interval, or alone where there are too few origins for one."""
    told = f"{scale * found.value:.{digits}f}"
    if math.isnan(found.low):
        return told
    return f"{told} ({scale * found.low:.{digits}f} to {scale * found.high:.{digits}f})"
