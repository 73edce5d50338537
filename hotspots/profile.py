"""Profile: every parameter an analyst can set, with its unit in its name."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from hotspots.errors import UsageError

CLASSES = ("very clear", "clear", "possible")
NO_EVIDENCE = "no evidence"


class Tier(BaseModel):
    """What one kind of recipient may be given.

    Attributes
    ----------
    small_counts_below : int
        Counts from 1 to below this are withheld, and as many others as keep them from being worked
        out; 0 withholds nothing.
    restricted_kinds : bool
        Whether the kinds that ``Profile.restricted_kinds`` names may be given.
    points : bool
        Whether what shows single incidents may be given: points, references, cells, densities.
    generalise_m : float
        Outlines of hot spots are drawn on squares of this side, metres; 0 draws them as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    small_counts_below: int = Field(default=5, ge=0, le=100)
    restricted_kinds: bool = False
    points: bool = False
    generalise_m: float = Field(default=0, ge=0, le=10_000, allow_inf_nan=False)

    @model_validator(mode="after")
    def _points_show_all(self) -> Tier:
        if self.points and self.small_counts_below:
            raise ValueError("a tier with points shows every count: small_counts_below must be 0")
        return self


class Tiers(BaseModel):
    """The kinds of recipients, from the widest to the narrowest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public: Tier = Tier(generalise_m=1000)
    partner: Tier = Tier()
    restricted: Tier = Tier(small_counts_below=0, restricted_kinds=True, points=True)

    def of(self, name: str) -> Tier:
        """Return a tier by its name.

        Raises
        ------
        UsageError
            If there is none.
        """
        if name not in TIERS:
            raise UsageError(f"A recipient tier must be one of {', '.join(TIERS)}; got {name!r}.")
        tier: Tier = getattr(self, name)
        return tier


#: Names of the tiers, the widest first.
TIERS = ("public", "partner", "restricted")


class Shortlist(BaseModel):
    """The rule that lists key wards: any of its criteria lists a ward.

    Attributes
    ----------
    criteria : tuple of str
        "rate": the rate lies above the funnel's upper limit of ``funnel_level``. "share": the ward
        has at least ``share`` of its borough's total. "rise": a clear rise on the same period of
        last year. "cluster": Gi* of the wards is significant at the profile's ``alpha``.
        "hotspot": a hot spot lies in it.
    funnel_level : float
        Of the limit that a rate must exceed, between 0.5 and 1.
    overdispersion : {"none", "plain", "winsorised"}
        How the funnel allows for wards differing by more than chance.
    share : float
        Of the borough's total, 0 to 1.
    least : int
        Wards with fewer incidents are not listed.
    at_most : int
        So many wards are listed, those with most incidents first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    criteria: tuple[Literal["rate", "share", "rise", "cluster", "hotspot"], ...] = (
        "rate",
        "share",
        "rise",
        "cluster",
    )
    funnel_level: float = Field(default=0.95, gt=0.5, lt=1)
    overdispersion: Literal["none", "plain", "winsorised"] = "winsorised"
    share: float = Field(default=0.1, gt=0, le=1)
    least: int = Field(default=5, ge=1)
    at_most: int = Field(default=10, ge=1, le=1000)


class ForecastMap(BaseModel):
    """One of the maps whose weighted mean is what a cell should expect next.

    Attributes
    ----------
    bandwidth_m : float
        Radius of a quartic kernel, metres; 0 is the cell's own count.
    half_life_weeks : float or None
        Weeks after which an incident counts half; None ("never" in TOML) counts all history alike.
    weight : float
        Its share of the mean, once all weights are scaled to sum 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bandwidth_m: float = Field(ge=0, le=50_000, allow_inf_nan=False)
    half_life_weeks: float | None = Field(default=104, gt=0, le=10_000, allow_inf_nan=False)
    weight: float = Field(default=1, gt=0, le=1e6, allow_inf_nan=False)

    @field_validator("half_life_weeks", mode="before")
    @classmethod
    def _never(cls, value: Any) -> Any:
        return None if value == "never" else value  # TOML has no null


#: Kernels that reach so many times as far as the nearest make the smooth map: each twice the last.
REACHES = (1, 2, 4, 8, 16)


def reaching(reach_m: float, half_life_weeks: float | None) -> tuple[ForecastMap, ...]:
    """Return kernels of rising reach that count alike, the nearest of ``reach_m``, metres."""
    return tuple(
        ForecastMap(bandwidth_m=reach_m * times, half_life_weeks=half_life_weeks)
        for times in REACHES
    )


def reach_and_memory(maps: Sequence[ForecastMap]) -> tuple[float, float | None] | None:
    """Return the reach and the half-life that ``reaching`` makes these maps of; None for others."""
    ordered = sorted(maps, key=lambda one: one.bandwidth_m)
    first = ordered[0]
    like = reaching(first.bandwidth_m, first.half_life_weeks)
    alike = len(ordered) == len(like) and all(
        (one.half_life_weeks, one.weight) == (first.half_life_weeks, first.weight)
        and math.isclose(one.bandwidth_m, other.bandwidth_m, rel_tol=1e-3)
        for one, other in zip(ordered, like, strict=True)
    )
    return (first.bandwidth_m, first.half_life_weeks) if first.bandwidth_m and alike else None


class Profile(BaseModel):
    """The parameters of one analysis; frozen, and part of every result's provenance.

    Attributes
    ----------
    name, version : str
        Which profile this is; the version is "" for one that was never kept as one.
    cell_size_m : float
        Side of a grid cell, metres.
    distance_m : float
        Distance band of Gi* and of the change test: cells whose centres are this close are
        neighbours. At the default, 400 m with 250 m cells, the 3 x 3 block of cells.
    bandwidth_m : float
        Bandwidth of the density map: radius of a compact kernel, sigma of the Gaussian.
    kernel : str
        Kernel of the density map.
    density_cell_size_m : float
        Spacing of the points at which the density map is computed and contoured.
    edge : {"none", "uniform", "diggle"}
        Edge correction of the density map (see ``hotspots.clustering.kde``). With one, incidents
        outside the wards are not used.
    null : {"randomization", "binomial", "normal", "permutation"}
        What chance means for Gi* (see ``hotspots.clustering.gi_star``).
    baseline : {"area", "population"}
        What "binomial" expects of a cell: the same everywhere, or by its ward's residents.
    permutations, seed : int
        For "permutation".
    band : {"disc", "square"}
        Shape of the distance band.
    adjustment : {"benjamini-hochberg", "bonferroni"}
        How p-values allow for the number of cells.
    alpha : float
        Adjusted p-value (false discovery rate, unless Bonferroni) at which cells make a hot spot.
    class_limits : tuple of three floats
        Adjusted p-values that bound "very clear", "clear" and "possible".
    history : {"last", "season"}
        What "usual" is: the periods just before, or the same time of year in earlier years
        (for weeks, also the week either side of it).
    history_months : int
        How far back "last" looks.
    forecast : tuple of ForecastMap
        The maps that say what each cell should expect next, which ranks the list of places.
    prior_incidents : float or None
        What the maps say of a cell is weighed against its own count as if so many incidents stood
        behind it: a great number trusts the maps, a small one the count. None ("never" in TOML)
        takes the maps alone.
    few_incidents : int
        Below this many incidents in the period a note says which period would reach it.
    places_listed : int
        How many places the list of "where is it concentrated" has at least: where hot spots and
        possible ones are fewer, the places where most is expected next fill it up, each labelled
        by its own test. 0 fills up nothing. Which places are hot does not depend on it.
    shortlist : Shortlist
        The rule that lists key wards.
    tiers : Tiers
        What each kind of recipient may be given.
    restricted_kinds : tuple of str
        "category", "category.subcategory", or either with "!flag" for those of its incidents that
        carry a flag, or "!flag" for all that do: given only to tiers with ``restricted_kinds``.
        A flag is kept back whole, of whichever category it is named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="default", max_length=80)
    version: str = Field(default="", max_length=20)
    cell_size_m: float = Field(default=250, gt=0, le=10_000, allow_inf_nan=False)
    distance_m: float = Field(default=400, gt=0, le=50_000, allow_inf_nan=False)
    bandwidth_m: float = Field(default=500, gt=0, le=50_000, allow_inf_nan=False)
    kernel: Literal["quartic", "triweight", "epanechnikov", "triangular", "uniform", "gaussian"] = (
        "quartic"
    )
    density_cell_size_m: float = Field(default=100, gt=0, le=10_000, allow_inf_nan=False)
    edge: Literal["none", "uniform", "diggle"] = "none"
    null: Literal["randomization", "binomial", "normal", "permutation"] = "randomization"
    baseline: Literal["area", "population"] = "area"
    permutations: int = Field(default=999, ge=1, le=1_000_000)
    seed: int = Field(default=0, ge=0)
    band: Literal["disc", "square"] = "disc"
    adjustment: Literal["benjamini-hochberg", "bonferroni"] = "benjamini-hochberg"
    alpha: float = Field(default=0.05, gt=0, lt=1)
    class_limits: tuple[float, float, float] = (0.01, 0.05, 0.10)
    history: Literal["last", "season"] = "last"
    history_months: int = Field(default=12, ge=1, le=240)
    forecast: tuple[ForecastMap, ...] = Field(
        default=reaching(300, 104), min_length=1, max_length=40
    )
    prior_incidents: float | None = Field(default=1.5, gt=0, le=1e6, allow_inf_nan=False)
    few_incidents: int = Field(default=20, ge=0)
    places_listed: int = Field(default=5, ge=0, le=100)
    shortlist: Shortlist = Shortlist()
    tiers: Tiers = Tiers()
    restricted_kinds: tuple[str, ...] = (
        "violence.sexual_offences",
        "!domestic_abuse",
        "!hate_crime",
    )

    @field_validator("prior_incidents", mode="before")
    @classmethod
    def _never(cls, value: Any) -> Any:
        return None if value == "never" else value  # TOML has no null

    @model_validator(mode="after")
    def _limits_in_order(self) -> Profile:
        limits = self.class_limits
        if not 0 < limits[0] < limits[1] < limits[2] < 1 or self.alpha > limits[2]:
            raise ValueError("class_limits must rise between 0 and 1, and alpha be within them")
        if self.baseline != "area" and self.null != "binomial":
            raise ValueError(f'baseline = "{self.baseline}" needs null = "binomial"')
        return self

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            if not where:
                said = first["msg"].removeprefix("Value error, ")
                raise UsageError(f"A profile must be consistent: {said}.") from error
            raise UsageError(
                f"Profile setting {where!r} must be valid ({first['msg']}); got {first['input']!r}."
            ) from error


def read_profile(path: Path) -> Profile:
    """Read a profile from a TOML file of its settings.

    Raises
    ------
    UsageError
        If the file cannot be read or a setting is unknown or out of range.
    """
    try:
        return Profile(**tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"A profile must be a readable TOML file; {path} is not: {error}."
        ) from error
