"""The arguments that resources take: read, checked and documented from the same models."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import MultiDict

from hotspots.errors import UsageError

#: Items on a page, if not asked otherwise, and at most.
PAGE, LONGEST_PAGE = 200, 1000
Question = Literal["concentrated", "worse"]
Kind = Literal["month", "week"]
#: A class of strength as an address has it.
Strength = Literal["very-clear", "clear", "possible"]


class Arguments(BaseModel):
    """No arguments; the base of those that take some."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paged(Arguments):
    """A part of a list."""

    limit: int = Field(PAGE, ge=1, le=LONGEST_PAGE, description="How many items to return.")
    offset: int = Field(0, ge=0, le=10**9, description="How many items to leave out before them.")


class OfPeriods(Paged):
    """Which periods."""

    category: str = Field(
        "", description="A category's code; the first of /categories if not given."
    )
    kind: Kind | None = Field(None, description="Months or weeks; both if not given.")


class OfView(Arguments):
    """Which result."""

    category: str = Field(
        "", description="A category's code; the first of /categories if not given."
    )
    period: str = Field(
        "",
        description="2021-06, 2021-W23, 2021, 2021-04..2022-03 or 2021-06-01..2021-06-14; the "
        "latest one if not given.",
    )
    area: str = Field("", description="A code of /areas; all of the wards if not given.")


class OfPagedView(OfView, Paged):
    """Which part of a table of which result."""


class OfHotspots(OfPagedView):
    """Which hot spots."""

    question: Question | None = Field(None, description="Those of one question; both if not given.")
    further: bool = Field(
        False,
        description="With the places of the lists that are not hot: possible ones, and those "
        "where most is expected next.",
    )


class OfCells(OfPagedView):
    """Which cells."""

    question: Question = Field("concentrated", description="The question that min_class is about.")
    min_class: Strength | None = Field(
        None, description="Only cells of at least this class of strength; all if not given."
    )


class OfPlaces(Paged):
    """Which places."""

    category: str = Field(
        "", description="A category's code; the first of /categories if not given."
    )
    area: str = Field("", description="A code of /areas; all of the wards if not given.")
    kind: Kind | None = Field(
        None, description="Followed by months or by weeks; as the pages do if not given."
    )
    question: Question | None = Field(None, description="Those of one question; both if not given.")


class OfPlace(Arguments):
    """On which map."""

    period: str = Field("", description="As for /hotspots; the latest one if not given.")
    area: str = Field("", description="A code of /areas; all of the wards if not given.")


A = TypeVar("A", bound=Arguments)


def parse(model: type[A], given: MultiDict[str, str]) -> A:
    """Return the arguments of an address.

    Raises
    ------
    UsageError
        If one is unknown, given twice, or has a value that it cannot have.
    """
    known = model.model_fields
    for name in given:
        if name not in known:
            takes = f"one of {', '.join(known)}" if known else "none: this address takes none"
            raise UsageError(
                f"An argument must be {takes}; got {name!r:.80}: leave it out, or see "
                "/api/v1/openapi.json."
            )
        if len(given.getlist(name)) > 1:
            raise UsageError(f"An argument must be given once; got {name} more than once.")
    try:
        return model.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise UsageError(_sentence(error.errors()[0])) from error


def _sentence(fault: Any) -> str:
    name, got = fault["loc"][0], fault["input"]
    limits = fault.get("ctx", {})
    allowed = {
        "literal_error": f"one of {limits.get('expected', '')}",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "bool_parsing": "true or false",
        "greater_than_equal": f"at least {limits.get('ge')}",
        "less_than_equal": f"at most {limits.get('le')}",
    }
    must = allowed.get(fault["type"], "one that /api/v1/openapi.json describes")
    return f"The argument {name} must be {must}; got {got!r:.80}: give another."
