"""What is planted: standing hot spots, and places that became worse for a time.

Places lie on corners of a 250 m grid. An incident series in a single cell proves little to an
exact Gi* test, because that one cell may be in any neighbourhood by chance; four neighbours
together cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hotspots.demo.geography import ORIGIN


@dataclass(frozen=True, slots=True)
class Place:
    """A planted place.

    ``x`` and ``y`` are local metres, ``incidents_per_month`` the expected number on top of the
    background, ``hours`` when they begin (24-hour clock, may pass midnight), ``start`` and
    ``end`` the first and last day of a change, None for a standing hot spot. ``ways`` are paths
    or access roads of its own, where it lies away from the streets.
    """

    id: str
    name: str
    x: float
    y: float
    radius_m: float
    category: str
    strength: str
    incidents_per_month: float
    hours: tuple[int, int]
    start: date | None = None
    end: date | None = None
    ways: tuple[str, ...] = ()

    @property
    def xy(self) -> tuple[float, float]:
        """Easting and northing in EPSG:27700."""
        return self.x + ORIGIN[0], self.y + ORIGIN[1]

    @property
    def months(self) -> float:
        """Length of a change in mean months of 30.44 days.

        Raises
        ------
        ValueError
            If the place is a standing hot spot, which has no length.
        """
        if self.start is None or self.end is None:
            raise ValueError(
                f"A length needs a start and an end; {self.id} has none: ask a change."
            )
        return ((self.end - self.start).days + 1) / 30.4375


STANDING = (
    Place("S01", "Aldenmere Market Square", 5_250, 6_500, 180, "asb", "strong", 40, (17, 23)),
    Place("S02", "Aldenmere Arcades", 5_500, 6_250, 170, "shoplifting", "strong", 24, (10, 18)),
    Place("S03", "Brackwell Corn Street", 14_250, 7_000, 180, "violence", "strong", 36, (21, 3)),
    Place("S04", "Brackwell Exchange", 14_500, 7_250, 170, "shoplifting", "strong", 22, (11, 19)),
    Place("S05", "Beaconhurst Estate", 13_000, 7_250, 180, "asb", "strong", 38, (18, 24)),
    Place("S06", "Stavenhythe Station", 8_000, 7_000, 180, "vehicle_crime", "strong", 25, (7, 17)),
    Place("S07", "Castlemere North", 6_000, 7_750, 190, "burglary", "strong", 15, (9, 18)),
    Place("S08", "Fallow Common", 15_000, 5_250, 190, "deliberate_fire", "strong", 10, (16, 23),
          ways=("Fallow Common Path", "Fallow Ride")),
    Place("S09", "Northarrow Works", 11_250, 7_500, 180, "criminal_damage", "strong", 15, (18, 2)),
    Place("S10", "Orlequay Parade", 2_250, 7_250, 160, "asb", "moderate", 14, (15, 21)),
    Place("S11", "Pellbrook Halt", 17_500, 7_000, 150, "bicycle_theft", "moderate", 3, (7, 18)),
    Place("S12", "Marrowfold Car Park", 12_250, 3_250, 160, "vehicle_crime", "moderate", 7,
          (9, 17)),
)  # fmt: skip
CHANGES = (
    Place("C01", "Gallowfield Retail Park", 6_750, 5_250, 170, "asb", "strong", 36, (17, 23),
          date(2026, 8, 6), date(2026, 9, 30), ways=("Gallowfield Park Way", "Retail Park Loop")),
    Place("C02", "Pinnock Streets", 16_000, 6_750, 180, "vehicle_crime", "strong", 28, (20, 4),
          date(2026, 8, 20), date(2026, 9, 30)),
    Place("C03", "Ottersleigh Village", 16_000, 3_500, 180, "burglary", "strong", 28, (9, 17),
          date(2025, 1, 6), date(2025, 2, 16)),
    Place("C04", "Priorsgate Depot", 5_000, 7_750, 170, "criminal_damage", "moderate", 34, (21, 3),
          date(2024, 10, 14), date(2024, 11, 10)),
    Place("C05", "Withy Heath", 4_500, 4_500, 190, "deliberate_fire", "strong", 14, (15, 22),
          date(2026, 4, 3), date(2026, 5, 3), ways=("Withy Heath Path", "Withy Ride")),
)  # fmt: skip
