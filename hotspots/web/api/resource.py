"""What one resource is: its address, arguments, answer and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from hotspots.web.api.arguments import Arguments

JSON, GEOJSON = "application/json", "application/geo+json"


@dataclass(frozen=True)
class Made:
    """An answer; ``pinned`` are the arguments that a link to another part of it must give."""

    answer: BaseModel
    matched: int | None = None
    pinned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """One resource.

    Attributes
    ----------
    name, path, summary : str
        ``<part>`` in the path is a text that ``make`` is given by that name.
    arguments, answer : type
        Models of the arguments and of the answer.
    make : callable
        (context, arguments, **parts) -> Made.
    parts : mapping
        What each part of the path is.
    computed : bool
        Whether the answer may still have to be computed (202).
    """

    name: str
    path: str
    summary: str
    arguments: type[Arguments]
    answer: type[BaseModel]
    make: Callable[..., Made]
    mimetype: str = JSON
    parts: Mapping[str, str] = field(default_factory=dict)
    computed: bool = False

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it: ``/places/{place_id}``."""
        return self.path.replace("<", "{").replace(">", "}")
