"""The mapping file: what the columns of somebody's CSV export mean."""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pyproj import CRS
from pyproj.exceptions import CRSError

from hotspots.errors import DataError
from hotspots.taxonomy import categories


def _category(code: str) -> str:
    # a total, such as all crime, is no category that an incident can have
    known = [c.code for c in categories().values() if c.members == (c.code,)]
    if code not in known:
        raise ValueError(f"a category must be one of {', '.join(known)}; got {code!r}")
    return code


def _known_crs(name: str) -> str:
    try:
        return str(CRS.from_user_input(name).to_string())
    except CRSError:
        raise ValueError(f"a CRS must be one that PROJ knows; got {name!r}") from None


def _known_encoding(name: str) -> str:
    try:
        "".encode(codecs.lookup(name).name)
    except LookupError:
        raise ValueError(f"an encoding must be one that Python knows; got {name!r}") from None
    return name


def _date_format(text: str) -> str:
    _time_format(text)
    if not re.search(r"%[dj]", text):
        raise ValueError(f"a date format must have a day (%d or %j); got {text!r}")
    return text


def _time_format(text: str) -> str:
    if re.search(r"%[zZ]", text):
        raise ValueError(f"a format must have no time zone, times are local; got {text!r}")
    try:
        pd.to_datetime(pd.Series(["?"]), format=text, errors="coerce")
    except ValueError as error:
        raise ValueError(f"{error}; got {text!r}") from None
    return text


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Code = Annotated[str, AfterValidator(_category)]
Crs = Annotated[str, AfterValidator(_known_crs)]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
DateFormat = Annotated[str, AfterValidator(_date_format)]
TimeFormat = Annotated[str, AfterValidator(_time_format)]
Name = Annotated[str, Field(min_length=1)]
#: One column, or several that are joined by a blank.
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_tuple), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """Which column holds what."""

    reference: Name | None = None
    category: Name | None = None
    from_date: Names
    from_time: Names | None = None
    to_date: Names | None = None
    to_time: Names | None = None
    x: Name
    y: Name
    location: Name | None = None
    agency: Name | None = None

    def named(self) -> tuple[str, ...]:
        """Return every column named, once, in the order of the fields."""
        found: list[str] = []
        for value in self.__dict__.values():
            found += value if isinstance(value, tuple) else [value] if value else []
        return tuple(dict.fromkeys(found))


class Dates(_Part):
    """How dates and times are written, tried in order."""

    date_formats: tuple[DateFormat, ...] = Field(min_length=1)
    time_formats: tuple[TimeFormat, ...] = ("%H:%M", "%H:%M:%S")


class Defaults(_Part):
    """What holds where a row does not say."""

    category: Code | None = None
    agency: Name | None = None


class Mapping(_Part):
    """How to read one sort of CSV file; see docs/mapping.md."""

    source: Name
    crs: Crs
    encoding: Encoding = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    columns: Columns
    dates: Dates
    exclude: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    categories: dict[str, Code] = Field(default_factory=dict)
    defaults: Defaults = Field(default_factory=Defaults)

    @model_validator(mode="after")
    def _complete(self) -> Mapping:
        if self.columns.category is None and self.defaults.category is None:
            raise ValueError("columns.category or defaults.category must be given; neither is")
        if self.columns.to_time is not None and self.columns.to_date is None:
            raise ValueError("columns.to_time must have a columns.to_date beside it; it has none")
        if self.delimiter in '"\r\n':
            raise ValueError("delimiter must not be a quote or a line break")
        return self

    def named(self) -> tuple[str, ...]:
        """Return every column that a file must have."""
        return tuple(dict.fromkeys([*self.columns.named(), *self.exclude]))


def read_mapping(path: str | Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    DataError
        If it does not exist, is not TOML, has an unknown key or lacks one, or names a category,
        CRS, encoding or date format that does not exist.
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise DataError(
            f"A mapping file must be a file that can be read; {path} is not ({error.strerror}): "
            "check the path."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"A mapping file must be TOML in UTF-8; {path.name} is not ({error}): correct it."
        ) from error
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        raise DataError(_sentence(error, path.name)) from error


def _sentence(error: ValidationError, name: str) -> str:
    problems = error.errors()
    first = problems[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        said = f"has the unknown key {key}"
    elif first["type"] == "missing":
        said = f"lacks the key {key}"
    else:
        text = first["msg"].removeprefix("Value error, ")
        said = f"says at {key}: {text}" if key else f"does not: {text}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"A mapping file must have the keys of docs/mapping.md; {name} {said}{more}: correct it."
