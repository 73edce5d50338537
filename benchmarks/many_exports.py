"""After a yearly assessment, monthly shortlists for one tier: which are refused, and how soon.

``python -m benchmarks.many_exports [--months 9] [--seed 1]`` prints a line a month. Forty made-up
wards in two boroughs, made-up incidents of ten categories in the assessment's three years and the
months after; what is asked for is what an assessment and a shortlist ask for (a month, the one
before, and the same a year before), and each export is decided with all before it. The seconds are
those of deciding alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from benchmarks.chance_maps import markdown
from hotspots.errors import ResultError
from hotspots.evidence.assessment import assessment_asked
from hotspots.evidence.measures import measures
from hotspots.model import INCIDENT_COLUMNS, WARD_COLUMNS, Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.releasing.figures import asked_of
from hotspots.releasing.kinds.shortlist import periods_of
from hotspots.sharing.asked import Asked
from hotspots.sharing.deciding import Released, decide
from hotspots.sharing.restricting import refused_kinds
from hotspots.sharing.tally import Tally
from hotspots.taxonomy import category

WARDS, SIDE_M, VINTAGE = 40, 1_000.0, "2021"
#: The assessment's three years; the shortlists are of the months after.
FIRST, YEAR_ENDING, YEARS = date(2022, 4, 1), date(2025, 3, 31), 3
#: The ten categories, and the incidents of a ward in a month on average.
MEANS = {
    "violence": 12.0,
    "asb": 10.0,
    "shoplifting": 6.0,
    "criminal_damage": 5.0,
    "public_order": 4.0,
    "vehicle_crime": 4.0,
    "burglary": 3.0,
    "other_theft": 3.0,
    "drugs": 1.5,
    "robbery": 0.8,
}
HEAD = ("export", "decided", "refused", "seconds", "small counts", "withheld")


@dataclass
class Exports:
    """What was asked for at one time, and how it went."""

    name: str
    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    small: int = 0
    withheld: int = 0
    counts: int = 0

    def line(self) -> list[str]:
        least, most = min(self.seconds), max(self.seconds)
        return [
            self.name,
            str(len(self.seconds) - self.refused),
            str(self.refused),
            f"{least:.1f}" if len(self.seconds) == 1 else f"{least:.1f} to {most:.1f}",
            *(
                f"{100 * number / max(self.counts, 1):.0f}%"
                for number in (self.small, self.withheld)
            ),
        ]


class Public:
    """The public tier, and all that it was shown so far."""

    def __init__(self, tally: Tally) -> None:
        self.tally, self.profile = tally, Profile()
        self.tier = self.profile.tiers.public
        self.ledger: list[Released] = []

    def refused(self) -> tuple[str, ...]:
        """Return the kinds of the measures that the tier may not have."""
        whats = [what for measure in measures().values() for what in measure.whats]
        return refused_kinds(whats, self.tier, self.profile.restricted_kinds)

    def give(self, asked: Sequence[Asked], told: Exports) -> None:
        """Decide one export, remember it, and note how it went."""
        began = time.perf_counter()
        try:
            decision = decide(
                asked, self.tally, self.tier, self.ledger, self.profile.restricted_kinds
            )
        except ResultError:
            told.refused += 1
        else:
            self.ledger += decision.released()
            counts = decision.counts.values()
            told.counts += len(counts)
            told.small += sum(0 < n < self.tier.small_counts_below for n in counts)
            told.withheld += len(decision.withheld)
        told.seconds.append(time.perf_counter() - began)


def made_wards() -> Wards:
    """Return forty square wards in a row, the first half of them one borough."""
    number = np.arange(WARDS)
    second = number >= WARDS // 2
    frame = gpd.GeoDataFrame(
        {
            "ward_code": [f"W{i:02d}" for i in number],
            "ward_name": [f"Ward {i}" for i in number],
            "district_code": np.where(second, "D2", "D1"),
            "district_name": np.where(second, "North", "South"),
            "vintage": VINTAGE,
            "population": 5_000.0,
        },
        geometry=shapely.box(number * SIDE_M, 0, (number + 1) * SIDE_M, SIDE_M),
        crs="EPSG:27700",
    )
    return Wards(frame[list(WARD_COLUMNS)], VINTAGE)


def made_incidents(months: Sequence[Period], seed: int) -> Incidents:
    """Return incidents at the wards' centres; wards differ by a gamma factor, shape 2."""
    rng = np.random.default_rng(seed)
    risk = rng.gamma(2, 1 / 2, (len(MEANS), WARDS))
    means = np.array(list(MEANS.values()))[:, None] * risk
    counts = rng.poisson(means[:, :, None], (len(MEANS), WARDS, len(months)))
    kind, ward, month = (
        np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape)
    )
    starts = np.array([period.start for period in months], dtype="datetime64[D]")
    frame = pd.DataFrame(
        {
            "category": np.array(list(MEANS))[kind],
            "subcategory": _subcategories(kind, rng),
            "starts_at": (starts[month] + rng.integers(0, 28, len(kind))).astype("datetime64[us]"),
            "x": (ward + 0.5) * SIDE_M,
            "y": SIDE_M / 2,
            "agency": "Made up",
        }
    )
    return Incidents(frame.reindex(columns=list(INCIDENT_COLUMNS)))


def _subcategories(kind: NDArray[np.intp], rng: np.random.Generator) -> pd.Series:
    """Return one of its category's subcategories for each incident; none where it has none."""
    found = pd.Series([None] * len(kind), dtype="str")
    for number, code in enumerate(MEANS):
        codes = [each.code for each in category(code).subcategories]
        mine = np.flatnonzero(kind == number)
        if codes:
            found.iloc[mine] = np.array(codes)[rng.integers(0, len(codes), len(mine))]
    return found


def months_from(first: date, number: int) -> list[Period]:
    """Return consecutive calendar months."""
    start = Period.month(first.year, first.month)
    return [start.back(-step) for step in range(number)]


def shortlist_asked(wards: Wards, what: str, month: Period) -> list[Asked]:
    """Return the counts that the shortlist of a category and month shows."""
    return [each for period in periods_of(month) for each in asked_of(wards, what, period)]


def main() -> None:
    """Print a line for the assessment and one for each month, each as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=9, help="Months of shortlists.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wards = made_wards()
    after = months_from(YEAR_ENDING + timedelta(days=1), options.months)
    every = months_from(FIRST, 12 * YEARS) + after
    public = Public(Tally(made_incidents(every, options.seed), [wards]))
    told = Exports("assessment")
    public.give(assessment_asked(wards, YEAR_ENDING, public.refused()), told)
    print(f"{WARDS} wards, {len(MEANS)} categories, the public tier, seed {options.seed}:\n")
    print(markdown(HEAD, [told.line()]), flush=True)
    for number, month in enumerate(after, start=1):
        told = Exports(f"shortlists of month {number}")
        for code in MEANS:
            public.give(shortlist_asked(wards, code, month), told)
        print("| " + " | ".join(told.line()) + " |", flush=True)


if __name__ == "__main__":
    main()
