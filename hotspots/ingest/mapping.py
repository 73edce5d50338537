"""The mapping file: what the columns of somebody's export mean."""

from __future__ import annotations

import codecs
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

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
from hotspots.ingest.records import shortened
from hotspots.taxonomy import categories, flags

#: Characters that a number may have anyway, so that they cannot stand for a hidden digit.
_OF_NUMBERS = "0123456789.,+-eE \t"


def _category(code: str) -> str:
    # a total, such as all crime, is no category that an incident can have
    known = {c.code: c for c in categories().values() if not c.is_total}
    name, dot, sub = code.partition(".")
    if name not in known:
        raise ValueError(f"a category must be one of {', '.join(known)}; got {code!r}")
    subs = [s.code for s in known[name].subcategories]
    if dot and sub not in subs:
        has = f"one of {', '.join(subs)}" if subs else "left out, it has none"
        raise ValueError(f"a subcategory of {name} must be {has}; got {code!r}")
    return code


def _subcategory(code: str) -> str:
    known = dict.fromkeys(s.code for c in categories().values() for s in c.subcategories)
    if code not in known:
        raise ValueError(f"a subcategory must be one of {', '.join(known)}; got {code!r}")
    return code


def _flag(code: str) -> str:
    if code not in flags():
        raise ValueError(f"a flag must be one of {', '.join(flags())}; got {code!r}")
    return code


def _known_crs(name: str) -> str:
    try:
        return str(CRS.from_user_input(name).to_string())
    except CRSError:
        raise ValueError(f"a CRS must be one that PROJ knows; got {name!r}") from None


def _known_encoding(name: str) -> str:
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        raise ValueError(f"an encoding must be one that Python knows; got {name!r}") from None
    return name


def _format(text: str) -> str:
    if re.search(r"%[zZ]", text):
        raise ValueError(f"a format must have no time zone, times are local; got {text!r}")
    try:
        pd.to_datetime(pd.Series(["?"]), format=text, errors="coerce")
    except ValueError as error:
        raise ValueError(f"{error}; got {text!r}") from None
    return text


def _mask(text: str) -> str:
    if text in _OF_NUMBERS:
        raise ValueError(f"masked must be a character that no number has; got {text!r}")
    return text


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


#: A category, or a category and its subcategory: "burglary", "burglary.residential".
Code = Annotated[str, AfterValidator(_category)]
Subcategory = Annotated[str, AfterValidator(_subcategory)]
Flag = Annotated[str, AfterValidator(_flag)]
Crs = Annotated[str, AfterValidator(_known_crs)]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
Format = Annotated[str, AfterValidator(_format)]
Mask = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_mask)]
Name = Annotated[str, Field(min_length=1)]
#: One name, or several: joined by a blank for dates and times, tried in order for coordinates.
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
#: Column -> patterns with * and ?, case ignored; one of them must fit.
When = dict[Name, Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """Which column holds what."""

    reference: Name | None = None
    category: Name | None = None
    subcategory: Name | None = None
    from_date: Names
    from_time: Names | None = None
    to_date: Names | None = None
    to_time: Names | None = None
    recorded_date: Names | None = None
    recorded_time: Names | None = None
    x: Names | None = None
    y: Names | None = None
    grid_reference: Name | None = None
    postcode: Name | None = None
    location: Name | None = None
    agency: Name | None = None

    @model_validator(mode="after")
    def _together(self) -> Columns:
        if len(self.x or ()) != len(self.y or ()):
            raise ValueError("columns.x and columns.y must name as many columns each")
        for clock, day in (("to_time", "to_date"), ("recorded_time", "recorded_date")):
            if getattr(self, clock) is not None and getattr(self, day) is None:
                raise ValueError(f"columns.{clock} must have a columns.{day} beside it")
        return self

    def named(self) -> tuple[str, ...]:
        """Return every column named, once, in the order of the fields."""
        found: list[str] = []
        for value in self.__dict__.values():
            found += value if isinstance(value, tuple) else [value] if value else []
        return tuple(dict.fromkeys(found))


class Dates(_Part):
    """How dates and times are written, tried in order, and how far they are known."""

    date_formats: tuple[Format, ...] = Field(min_length=1)
    time_formats: tuple[Format, ...] = ("%H:%M", "%H:%M:%S")
    precision: Literal["day", "month"] = "day"

    @model_validator(mode="after")
    def _have_days(self) -> Dates:
        for text in self.date_formats:
            if self.precision == "day" and not re.search(r"%[djxc]", text):
                raise ValueError(
                    "a date format must have a day (%d or %j), or `precision` must be "
                    f'"month"; got {text!r}'
                )
        return self


class Defaults(_Part):
    """What holds where a row does not say."""

    category: Code | None = None
    agency: Name | None = None


class Rule(_Part):
    """What an incident is if every condition holds."""

    category: Code
    subcategory: Name | None = None
    when: When = Field(min_length=1)

    @model_validator(mode="after")
    def _exists(self) -> Rule:
        if self.subcategory is not None:
            if "." in self.category:
                raise ValueError("a rule must give its subcategory once; it gives it twice")
            _category(f"{self.category}.{self.subcategory}")
        return self

    @property
    def code(self) -> str:
        """Category and subcategory as ``[categories]`` writes them."""
        return f"{self.category}.{self.subcategory}" if self.subcategory else self.category


class Mapping(_Part):
    """How to read one sort of export; see docs/mapping.md."""

    source: Name
    crs: Crs | None = None
    encoding: Encoding = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    sheet: Name | None = None
    masked: Mask | None = None
    columns: Columns
    dates: Dates
    exclude: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    categories: dict[str, Code] = Field(default_factory=dict)
    subcategories: dict[str, Subcategory] = Field(default_factory=dict)
    defaults: Defaults = Field(default_factory=Defaults)
    flags: dict[Flag, Annotated[When, Field(min_length=1)]] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Mapping:
        if self.columns.category is None and self.defaults.category is None and not self.rules:
            raise ValueError(
                "columns.category, defaults.category or rules must be given; none of them is"
            )
        if self.delimiter in '"\r\n':
            raise ValueError("delimiter must not be a quote or a line break")
        return self

    def named(self) -> tuple[str, ...]:
        """Return every column that a file must have, once."""
        conditions = [*self.flags.values(), *(rule.when for rule in self.rules)]
        found = [*self.columns.named(), *self.exclude]
        for condition in conditions:
            found += condition
        return tuple(dict.fromkeys(found))


def read_mapping(path: str | Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    DataError
        If it does not exist, is not TOML, has an unknown key or lacks one, or names a category,
        flag, CRS, encoding or date format that does not exist.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"A mapping file must be a file that can be read; {path} is not ({error.strerror}): "
            "check the path."
        ) from error
    return parse_mapping(content, path.name)


def parse_mapping(content: bytes, name: str) -> Mapping:
    """Read the content of a mapping file; see ``read_mapping``."""
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(
            f"A mapping file must be TOML in UTF-8; {name} is not "
            f"({shortened(str(error), 200)}): correct it."
        ) from error
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        raise DataError(_sentence(error, name)) from error


def _sentence(error: ValidationError, name: str) -> str:
    problems = error.errors()
    first = problems[0]
    key = shortened(".".join(str(part) for part in first["loc"]), 100)
    if first["type"] == "extra_forbidden":
        said = f"has the unknown key {key}"
    elif first["type"] == "missing":
        said = f"lacks the key {key}"
    else:
        text = shortened(first["msg"].removeprefix("Value error, "), 700)
        said = f"says at {key}: {text}" if key else f"does not: {text}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"A mapping file must have the keys of docs/mapping.md; {name} {said}{more}: correct it."


# -- writing --------------------------------------------------------------------------------------


def to_toml(mapping: Mapping) -> str:
    """Return a mapping as a file that ``read_mapping`` reads back equal.

    What is as it would be without being written is left out.
    """
    data = mapping.model_dump(exclude_defaults=True)
    rules = data.pop("rules", ())
    lines = list(_table(data, ()))
    for rule in rules:
        lines += ["", "[[rules]]", *(f"{_key(key)} = {_value(v)}" for key, v in rule.items())]
    return "\n".join(lines) + "\n"


def _table(data: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    # a table's plain keys must come before the tables within it
    inner = {key: v for key, v in data.items() if isinstance(v, dict) and not path}
    for key, value in data.items():
        if key not in inner:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in inner.items():
        yield ""
        yield f"[{_key(key)}]"
        yield from _table(value, (*path, key))


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _value(text)


def _value(value: Any) -> str:
    if isinstance(value, str):
        # the escapes of JSON are those of TOML, which wants DEL escaped as well
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(key)} = {_value(v)}" for key, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return "[" + ", ".join(_value(v) for v in value) + "]"
