"""Profile: every parameter an analyst can set, with its unit in its name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hotspots.errors import UsageError

CLASSES = ("very clear", "clear", "possible")
NO_EVIDENCE = "no evidence"


class Profile(BaseModel):
    """The parameters of one analysis; frozen, and part of every result's provenance.

    Attributes
    ----------
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
    few_incidents : int
        Below this many incidents in the period a note says which period would reach it.
    places_listed : int
        How many places the list of "where is it concentrated" has at least: where hot spots and
        possible ones are fewer, the places where most is expected next fill it up, each labelled
        by its own test. 0 fills up nothing. Which places are hot does not depend on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
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
    few_incidents: int = Field(default=20, ge=0)
    places_listed: int = Field(default=5, ge=0, le=100)

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
