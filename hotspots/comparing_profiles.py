"""Two profiles on one period, side by side: what each makes hot, and what both do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import shapely

from hotspots.model import Period
from hotspots.profile import CLASSES, Profile
from hotspots.profile_words import difference
from hotspots.results import Result
from hotspots.results.headlines import the
from hotspots.workspace import Workspace

#: The questions that are asked of a map, and how they are put.
QUESTIONS = {"concentrated": "Where is it concentrated?", "worse": "Where is it worse than usual?"}


@dataclass(frozen=True)
class Side:
    """What one of the two profiles makes of a question.

    Attributes
    ----------
    profile, version : str
        Its name, and its version, "" for one that was never kept.
    run : str
        Id of the result, as it would be kept.
    hot_spots, in_both : int
        How many, and how many of them overlap a hot spot of the other profile.
    squares, cell_size_m : int, float
        Squares that are shaded (possible, clear or very clear), and their side in metres.
    shaded_km2, share_of_area : float
        Their area, and its share of the area that is tested, 0 to 1.
    incidents, share_of_incidents : int, float or None
        Incidents of the period in the shaded squares, and their share of those in all squares, 0
        to 1; None where there are none.
    """

    profile: str
    version: str
    run: str
    hot_spots: int
    in_both: int
    squares: int
    cell_size_m: float
    shaded_km2: float
    share_of_area: float
    incidents: int
    share_of_incidents: float | None


@dataclass(frozen=True)
class QuestionCompared:
    """One question, asked with either profile.

    Attributes
    ----------
    question : str
        "concentrated" or "worse".
    known : bool
        False where there is no history to be worse than; all numbers are 0 or None then.
    a, b : Side
    both_km2, only_a_km2, only_b_km2 : float
        Area shaded by both, and by one alone, square kilometres.
    both, only_a, only_b : int or None
        The same in squares; None where the two have other squares, which cannot be matched.
    """

    question: str
    known: bool
    a: Side
    b: Side
    both_km2: float
    only_a_km2: float
    only_b_km2: float
    both: int | None
    only_a: int | None
    only_b: int | None


@dataclass(frozen=True)
class ProfilesCompared:
    """Two profiles on one period.

    Attributes
    ----------
    period, category, area : str
        What was asked; "" is all of the wards.
    differs : tuple of str
        What differs between the two, b's value first.
    questions : tuple of QuestionCompared
        "concentrated", then "worse".
    said : tuple of str
        The comparison in sentences.
    """

    period: str
    category: str
    area: str
    differs: tuple[str, ...]
    questions: tuple[QuestionCompared, ...]
    said: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def compare_profiles(
    workspace: Workspace,
    period: str,
    category: str,
    a: Profile | int,
    b: Profile | int,
    area: str = "",
) -> ProfilesCompared:
    """Return what two profiles make of one period; neither result is kept.

    Neither is said to be better: one period cannot tell, a back-test can.

    Parameters
    ----------
    period, category : str
        As for ``Workspace.result``.
    a, b : Profile or int
        The earlier and the later; a number is a version of the category, 0 the workspace's own.
    area : str
        Code of one district; "" is all of the wards.

    Raises
    ------
    UsageError
        If there is no such period, category or version.
    ResultError
        If there are no incidents of the category, or no ward in the area.
    """
    profiles = [
        workspace.profile_of(category, each) if isinstance(each, int) else each for each in (a, b)
    ]
    with workspace.hold():
        one, other = (workspace.result(period, category, area, each) for each in profiles)
    found = tuple(_compared(question, one, other) for question in QUESTIONS)
    return ProfilesCompared(
        period=one.period.id,
        category=one.category,
        area=area,
        differs=tuple(difference(profiles[1], profiles[0])),
        questions=found,
        said=tuple(sentence for each in found for sentence in _said(each, one.period)),
    )


def _compared(question: str, one: Result, other: Result) -> QuestionCompared:
    shaded = [_shaded(result, question) for result in (one, other)]
    first, second = (shapely.union_all(each.geometry.to_numpy()) for each in shaded)
    both = shapely.intersection(first, second).area
    keys = [set(shapely.to_wkb(shapely.normalize(each.geometry.to_numpy()))) for each in shaded]
    alike = _squares(one) == _squares(other)
    return QuestionCompared(
        question=question,
        known=not any((each.cells[question] == "no history").any() for each in (one, other)),
        a=_side(one, question, shaded[0], other),
        b=_side(other, question, shaded[1], one),
        both_km2=both / 1e6,
        only_a_km2=(first.area - both) / 1e6,
        only_b_km2=(second.area - both) / 1e6,
        both=len(keys[0] & keys[1]) if alike else None,
        only_a=len(keys[0] - keys[1]) if alike else None,
        only_b=len(keys[1] - keys[0]) if alike else None,
    )


def _squares(result: Result) -> tuple[int, float, tuple[float, ...]]:
    """Return what two grids have in common where their squares are the same."""
    cells = result.cells
    return len(cells), _cell_size(result), tuple(float(edge) for edge in cells.total_bounds)


def _cell_size(result: Result) -> float:
    return float(result.provenance["profile"]["cell_size_m"])


def _shaded(result: Result, question: str) -> gpd.GeoDataFrame:
    cells = result.cells
    return cells[cells[question].isin(CLASSES)]


def _hot(result: Result, question: str) -> gpd.GeoDataFrame:
    spots = result.hotspots
    return spots[spots["question"] == question]


def _side(result: Result, question: str, shaded: gpd.GeoDataFrame, other: Result) -> Side:
    profile, size = result.provenance["profile"], _cell_size(result)
    mine = _hot(result, question)
    theirs = shapely.union_all(_hot(other, question).geometry.to_numpy())
    # places that meet at an edge or a corner have no ground in common
    overlap = shapely.area(shapely.intersection(mine.geometry.to_numpy(), theirs))
    total, inside = int(result.cells["incidents"].sum()), int(shaded["incidents"].sum())
    return Side(
        profile=str(profile["name"]),
        version=str(profile["version"]),
        run=str(result.provenance["run"]),
        hot_spots=len(mine),
        in_both=int((overlap > 1e-6 * size**2).sum()),
        squares=len(shaded),
        cell_size_m=size,
        shaded_km2=len(shaded) * size**2 / 1e6,
        share_of_area=len(shaded) / len(result.cells),
        incidents=inside,
        share_of_incidents=inside / total if total else None,
    )


# -- in words -------------------------------------------------------------------------------------


def _said(one: QuestionCompared, period: Period) -> list[str]:
    if not one.known:
        return [f"{QUESTIONS[one.question]} There is nothing that {the(period)} compares with."]
    shades = f"The first shades {_shades(one.a)}; the second {_shades(one.b)}."
    return [
        f"{QUESTIONS[one.question]} The first has {_spots(one.a.hot_spots)}, the second "
        f"{one.b.hot_spots:,}; {one.a.in_both:,} of the first and {one.b.in_both:,} of the second "
        "overlap one of the other.",
        _ground(one),
        *([shades] if one.a.squares or one.b.squares else []),
    ]


def _spots(count: int) -> str:
    return f"{count:,} hot {'spot' if count == 1 else 'spots'}"


def _ground(one: QuestionCompared) -> str:
    if not one.a.squares and not one.b.squares:
        return "Neither shades a square."
    if one.both is not None:
        squares = "square is" if one.both == 1 else "squares are"
        return (
            f"{one.both:,} {squares} shaded by both, {one.only_a:,} by the first alone, "
            f"{one.only_b:,} by the second alone."
        )
    return (
        f"{one.both_km2:,.2f} km² are shaded by both, {one.only_a_km2:,.2f} km² by the first "
        f"alone, {one.only_b_km2:,.2f} km² by the second alone."
    )


def _shades(side: Side) -> str:
    share = f"{100 * side.share_of_area:.1f}%"
    if side.squares and share == "0.0%":
        share = "less than 0.1%"
    area = f"{share} of the area"
    if side.share_of_incidents is None:
        return area
    return f"{area}, with {100 * side.share_of_incidents:.0f}% of the incidents"
