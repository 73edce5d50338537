"""What the resources answer: models that write the JSON and describe it.

A number that is not known is null. Every answer says what must be said with it: the workspace,
the protective marking and notices such as "Synthetic data"; that of a result also its run.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Question = Literal["concentrated", "worse"]


def _known(value: Any) -> Any:
    """Return None for NaN, pandas' NA and infinity."""
    try:
        return value if value is None or math.isfinite(value) else None
    except TypeError:
        return None


#: A number, null where it is not known.
Number = Annotated[float | None, BeforeValidator(_known)]
Count = Annotated[int | None, BeforeValidator(_known)]
#: Text, null where there is none.
Text = Annotated[str | None, BeforeValidator(lambda v: v if isinstance(v, str) and v else None)]


class Model(BaseModel):
    """A part of an answer; it has what its schema says, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Model):
    """What must be said with every answer."""

    workspace: str
    version: str = Field(description="Of Hotspots.")
    marking: str = Field(description="The protective marking.")
    notices: list[str] = Field(description='What must be shown with the data: "Synthetic data".')


class PeriodOf(Model):
    """A period; it ends before the day ``end``."""

    id: str
    label: str
    kind: str
    start: str
    end: str


class About(Said):
    """Where a result comes from, and what a reader of it must know."""

    run: str = Field(description="The same inputs and settings give the same run.")
    profile: str = Field(description='Whose settings were used, such as "asb version 2".')
    period: PeriodOf
    category: str
    area: str = Field(description='A code of /areas, "" for all of the wards.')
    ward_vintage: str
    known: bool = Field(
        description="False where the period's incidents are missing from the files: no count of "
        "it means anything."
    )
    complete: bool = Field(description="Whether the data reach to the end of the period.")
    snapped: bool = Field(
        description="Whether the incidents were moved to shared map points: no street or "
        "address may be concluded from them."
    )
    notes: list[str]
    findings: list[str] = Field(description="Codes of what is wrong with the data of this result.")


class Geometry(Model):
    """RFC 7946: longitude and latitude, outer rings counter-clockwise."""

    type: Literal["Point", "Polygon", "MultiPolygon"]
    coordinates: list[Any]


class Collection(Model):
    """A list or a part of it."""

    number_matched: int = Field(alias="numberMatched", description="In the whole list.")
    number_returned: int = Field(alias="numberReturned", description="In this part of it.")


class Hotspot(Model):
    """A place of a list. The peak_ columns are of the block round its peak, as is the claim."""

    question: Question
    hot: bool
    rank: int
    marker: str
    name: str
    ward_code: Text
    ward_name: Text
    location: Text
    incidents: int
    expected: Number
    excess: Number
    cells: int
    area_km2: Number
    peak: list[float] = Field(description="Longitude and latitude.")
    peak_incidents: Count
    peak_expected: Number
    p_value: Number
    p_adjusted: Number
    strength: str
    claim: str
    chance: str
    expected_next: Number
    href: str = Field(description="The place, followed through time.")


class Cell(Model):
    """A square of the grid. The local_ columns and the tests are of it and its neighbours."""

    cell_id: str
    ward_code: Text
    incidents: Count
    neighbours: Count
    local_incidents: Count
    local_expected: Number
    gi_star_z: Number
    gi_star_p: Number
    gi_star_p_adjusted: Number
    concentrated: str
    usual: Number
    change_p: Number
    change_p_adjusted: Number
    worse: str
    better: str
    intensity_per_km2: Number
    expected_next: Number


class Ward(Model):
    """A ward of the result's vintage."""

    ward_code: str
    ward_name: Text
    district_code: Text
    district_name: Text
    rank: Count
    incidents: Count
    share: Number
    population: Count
    rate_per_1000: Number
    gi_star_z: Number
    gi_star_p: Number
    gi_star_p_adjusted: Number
    neighbours: int


class Band(Model):
    """A class of the density map, incidents per km2 brought to 30 days; the highest has no end."""

    lower: float
    upper: Number


class TrackedPlace(Model):
    """A place that was a hot spot on a map or more. The geometry is its peak on the last one."""

    question: Question
    ward_code: Text
    ward_name: Text
    first: str = Field(description="The first period in which it was a hot spot.")
    last: str = Field(description="The last one.")
    hot_on: int = Field(description="On how many maps it was one.")
    maps: int = Field(description="On how many maps its question could be asked.")
    hot_now: bool = Field(description="Whether it is one on the latest map.")
    incidents: int = Field(description="In its outline on the last map that had it.")
    href: str


class HotspotFeature(Model):
    """A place with its outline."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Geometry | None
    properties: Hotspot


class CellFeature(Model):
    """A cell with its square."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Geometry | None
    properties: Cell


class WardFeature(Model):
    """A ward with its outline."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Geometry | None
    properties: Ward


class BandFeature(Model):
    """A band with its outline."""

    type: Literal["Feature"] = "Feature"
    geometry: Geometry | None
    properties: Band


class TrackedPlaceFeature(Model):
    """A place with its peak."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Geometry | None
    properties: TrackedPlace


class Hotspots(Collection):
    """GeoJSON of a result's places."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    about: About
    features: list[HotspotFeature]


class Cells(Collection):
    """GeoJSON of a result's cells."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    about: About
    features: list[CellFeature]


class WardTable(Collection):
    """GeoJSON of a result's wards."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    about: About
    features: list[WardFeature]


class Density(Collection):
    """GeoJSON of a result's density map."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    about: About
    features: list[BandFeature]


class Places(Collection):
    """GeoJSON of the places followed through time, to the period of ``about``."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    about: About
    kind: str
    features: list[TrackedPlaceFeature]


class CategoryOf(Model):
    """A category or total that has incidents."""

    code: str
    label: str
    short: str
    incidents: int
    kinds: list[str] = Field(description="The lengths of period that it can be shown by.")


class Categories(Collection):
    """The categories."""

    about: Said
    items: list[CategoryOf]


class AreaOf(Model):
    """A part of the wards."""

    code: str = Field(description='"" for all of the wards.')
    name: str


class Areas(Collection):
    """The areas."""

    about: Said
    items: list[AreaOf]


class Periods(Collection):
    """The periods of a category, the oldest first."""

    about: Said
    category: str
    items: list[PeriodOf]


class Trend(Model):
    """Incidents of the block in the periods of the last year, null where not known."""

    periods: list[str]
    counts: list[Count]
    usual: Number
    direction: str | None
    sentence: str


class Peak(Model):
    """When it happens; ``short`` is null where no time stands out."""

    known: int = Field(description="Incidents whose hour is known.")
    short: Text
    sentence: str


class Firmness(Model):
    """In how many other settings it stays a hot spot."""

    holds: int
    of: int
    sentence: str
    changes: Text


class Place(Model):
    """What a place's card says on one map: incidents, expected and chance are of its block."""

    about: About
    id: str
    asked: str = Field(description="The id that was asked for; near a known place, that is meant.")
    question: Question
    name: str
    marker: Text = Field(description="Its number on the map; null where it is not listed.")
    hot: bool
    status: Literal["new", "persisting", "returning", "fading", "not hot"]
    strength: Text
    incidents: Count
    expected: Number
    expected_next: Number
    claim: Text
    chance: Text
    evidence: Text
    p_value: Number
    p_adjusted: Number
    hot_on: int
    maps: int
    trend: Trend
    peak: Peak | None = Field(description="Null where the data have no hours.")
    firmness: Firmness | None = Field(description="Null for a place that is no hot spot.")
    geometry: Geometry | None = Field(description="Its outline now, or its block.")


class Link(Model):
    """An address."""

    rel: str
    href: str
    title: str


class Index(Model):
    """Where to go from here."""

    about: Said
    links: list[Link]


class ProblemType(Model):
    """A kind of problem; the type of a problem points here."""

    id: str
    status: int
    title: str


class Problems(Model):
    """The kinds of problem."""

    items: list[ProblemType]


class Working(Model):
    """The answer is being computed: ask again."""

    status: Literal["working"] = "working"
    what: str
    done: Number = Field(description="0 to 1, null while that is not known.")


class Problem(Model):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What must hold, what was given, what to do.")
    instance: str
