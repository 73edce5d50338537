"""Points that stand for "place unknown": a station, an office, a corner, a ward's middle.

A busy place and a default place look alike in numbers: Bluewater holds 1,158 of Kent's incidents
in 13 months, of all categories and in every month, and is right. What tells them apart is what
the rows themselves say of the place. At a real place one label, or labels with a word in common
("Unit 12 Bluewater", "Bluewater car park"); at a default place the labels of many streets, or
none where the agency's other rows have one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.quality.checks.coordinates import COARSE_M
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents, percent

#: A point with fewer incidents, or fewer different labels, is no default.
LEAST, LABELS = 20, 5
#: A word of the place stands in half of its labels and five times more often than elsewhere.
IN_COMMON, RARER = 0.5, 5.0
#: Blank labels at the point, and at most so many elsewhere.
BLANK, BLANK_ELSEWHERE = 0.8, 0.2
#: Points that are multiples of this are corners of a grid.
CORNER_M = 10_000.0
#: So many incidents at one corner, or at the exact middle of each of so many wards.
FEW, WARDS = 5, 3
#: Middles and corners are met to this.
TOLERANCE_M = 1.0
#: At most so many points are told one by one.
MOST = 10


def check(data: Inputs) -> Iterator[Finding]:
    """Find exact points whose incidents are said to be elsewhere, or nowhere; careful.

    A point is looked at from 20 incidents of an agency on. It is a default place when at most
    half of its labels agree, at least five differ and no word is in half of them that is five
    times rarer elsewhere; or when 80 % have no label while at most 20 % of the agency's other
    incidents lack one. Without labels nothing tells it from a busy place, and nothing is said.
    Also: five incidents on a multiple of 10,000 m in both directions, and five on the middle
    (centroid or label point, to 1 m) of each of three wards. Incidents placed by postcode or at
    the middle of a square are not asked, nor agencies whose coordinates are rounded to 100 m.
    """
    # at the middle of a square or a postcode many labels are as they should be
    own = data.incidents["placed"].isin(["given", "mended"]).to_numpy(dtype=bool)
    for agency, step in enumerate(data.steps):
        chosen = np.flatnonzero((data.agency == agency) & own)
        if step is not None and step >= COARSE_M:
            continue
        yield from _labelled(data, agency, chosen)
        yield from _corners(data, agency, chosen)
    yield from _middles(data)


def _labelled(data: Inputs, agency: int, chosen: NDArray[np.intp]) -> Iterator[Finding]:
    point, _ = pd.factorize(data.point[chosen], sort=True)
    counts = np.bincount(point)
    busy = counts[point] >= LEAST
    if not busy.any():
        return
    label, texts = _labels(data.incidents["location"].iloc[chosen])
    suspects = _mixed(label[busy], point[busy]) | _blank(label < 0, point, counts)
    common = _shares(texts) if suspects else {}
    told = 0
    for number in sorted(suspects, key=lambda number: (-int(counts[number]), number)):
        at = np.flatnonzero(point == number)
        own = [texts[code] for code in label[at] if code >= 0]
        if told < MOST and not _one_place(own, common):
            told += 1
            yield _default(data, agency, chosen[at], len(own) < len(at) * (1 - BLANK))


def _labels(location: pd.Series[str]) -> tuple[NDArray[np.intp], list[str]]:
    """Return the number of each label, -1 where it is blank, and the labels without case."""
    codes, texts = pd.factorize(location)
    plain = [str(text).strip().casefold() for text in texts]
    again, kept = pd.factorize(pd.Series([text or None for text in plain], dtype="str"))
    numbers = np.append(again, -1)[codes]  # a missing one is the last, -1
    return np.asarray(numbers, dtype=np.intp), [str(text) for text in kept]


def _mixed(label: NDArray[np.intp], point: NDArray[np.intp]) -> set[int]:
    """Return the points with many labels of which none is that of over half the incidents."""
    frame = pd.DataFrame({"point": point, "label": label})[label >= 0]
    sizes = frame.groupby(["point", "label"]).size().groupby("point").agg(["max", "sum", "size"])
    mixed = (sizes["size"] >= LABELS) & (sizes["max"] <= sizes["sum"] / 2)
    return {int(p) for p in sizes.index[mixed & (sizes["sum"] >= LEAST)]}


def _blank(blank: NDArray[np.bool_], point: NDArray[np.intp], counts: NDArray[np.intp]) -> set[int]:
    """Return the points without labels, where the agency's other incidents have one."""
    without = np.bincount(point[blank], minlength=len(counts))
    others = len(blank) - counts
    elsewhere = (blank.sum() - without) / np.maximum(others, 1)
    found = (without >= BLANK * counts) & (elsewhere <= BLANK_ELSEWHERE) & (counts >= LEAST)
    return {int(p) for p in np.flatnonzero(found & (others > 0))}


def _one_place(labels: list[str], common: dict[str, float]) -> bool:
    """Return whether the labels of a point share a word that is rare elsewhere."""
    return any(
        share >= IN_COMMON and share >= RARER * common.get(word, 0.0)
        for word, share in _shares(labels).items()
    )


def _shares(labels: list[str]) -> dict[str, float]:
    """Return in what share of the labels each word stands."""
    words = Counter(word for label in labels for word in set(re.findall(r"[^\W\d_]{3,}", label)))
    return {word: count / len(labels) for word, count in words.items()}


def _default(data: Inputs, agency: int, at: NDArray[np.intp], blank: bool) -> Finding:
    known = int((data.agency == agency).sum())
    x, y = data.xy[at[0]]
    labels = data.incidents["location"].iloc[at].nunique()
    said = "no label, as the others have" if blank else f"{labels:,} different labels"
    return _finding(
        data,
        at,
        code="default-place",
        title=f"{data.agencies[agency]}: {incidents(len(at))} ({percent(len(at) / known)}) stand "
        f"on the exact point {x:,.0f}, {y:,.0f} with {said}: probably a default place.",
        share=len(at) / known,
    )


def _corners(data: Inputs, agency: int, chosen: NDArray[np.intp]) -> Iterator[Finding]:
    xy = data.xy[chosen]
    away = np.abs(xy - CORNER_M * np.round(xy / CORNER_M)).max(axis=1, initial=0)
    corner = away <= TOLERANCE_M
    if not FEW <= corner.sum() <= len(chosen) / 2:
        return
    for point in np.unique(data.point[chosen][corner]):
        at = chosen[corner & (data.point[chosen] == point)]
        if len(at) >= FEW:
            x, y = data.xy[at[0]]
            yield _finding(
                data,
                at,
                code="corner-place",
                title=f"{data.agencies[agency]}: {incidents(len(at))} stand on {x:,.0f}, {y:,.0f}, "
                "a corner of the grid and not a place.",
                share=len(at) / len(chosen),
            )


def _middles(data: Inputs) -> Iterator[Finding]:
    """Find incidents placed on the middle of their ward."""
    if data.wards is None or not len(data):
        return
    from scipy.spatial import cKDTree

    shapes = data.wards.frame.geometry
    for middles in (shapes.centroid, shapes.representative_point()):
        tree = cKDTree(np.column_stack([middles.x, middles.y]))
        distance, ward = tree.query(data.xy, distance_upper_bound=TOLERANCE_M)
        counts = np.bincount(ward[np.isfinite(distance)], minlength=len(shapes))
        if (counts >= FEW).sum() < WARDS:
            continue
        at = np.flatnonzero(np.isfinite(distance))
        yield _finding(
            data,
            at,
            code="ward-middle",
            title=f"{incidents(len(at))} stand on the exact middle of their ward, in "
            f"{int((counts >= FEW).sum())} wards: placed by ward, not by address.",
            share=len(at) / len(data),
        )
        return


def _finding(data: Inputs, at: NDArray[np.intp], *, code: str, title: str, share: float) -> Finding:
    chosen = np.zeros(len(data), dtype=bool)
    chosen[at] = True
    return Finding(
        code=code,
        severity="careful",
        title=title,
        count=len(at),
        share=share,
        example=data.example(at[0]),
        effect="The point looks like a hot spot, and its incidents are missing where they were.",
        advice="Ask what this point stands for; place these incidents by their address or "
        "postcode, or leave them out.",
        categories=data.categories_of(chosen),
        agencies=tuple(data.agencies[int(a)] for a in np.unique(data.agency[at])),
    )
