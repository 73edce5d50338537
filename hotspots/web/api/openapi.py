"""The OpenAPI 3.1 document, made from the resources: it cannot say what they do not do."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import hotspots
from hotspots.web.api import answers, problems
from hotspots.web.api.arguments import Arguments
from hotspots.web.api.resource import Resource
from hotspots.web.api.resources import RESOURCES

_REF = "#/components/schemas/{model}"
_PROBLEM_WORDS = {
    400: "An argument is unknown or cannot have this value.",
    404: "There are no such data, or nothing is at this address.",
    405: "The API can be read only.",
    406: "The Accept header allows no type of this answer.",
    500: "A fault of Hotspots or of its workspace.",
}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; the same object each time."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hotspots",
            "version": hotspots.__version__,
            "description": "Hot spots of crime, anti-social behaviour and deliberate fires: what "
            "the pages show, read-only. Ids, codes and addresses are stable; new properties may "
            "be added.",
        },
        "servers": [{"url": problems.PREFIX}],
        "paths": {resource.template: {"get": _operation(resource)} for resource in RESOURCES},
        "components": {"schemas": _schemas()},
    }


def _operation(resource: Resource) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": _success(resource)}
    if resource.computed:
        responses["202"] = _content(
            "It is being computed: ask again after Retry-After seconds.",
            "application/json",
            answers.Working,
            {"Retry-After": {"schema": {"type": "integer"}}},
        )
    responses["304"] = {"description": "What the client has is still right (If-None-Match)."}
    for status, words in _PROBLEM_WORDS.items():
        responses[str(status)] = _content(words, problems.MIMETYPE, answers.Problem)
    return {
        "operationId": resource.name,
        "summary": resource.summary,
        "parameters": [*_parts(resource), *_arguments(resource.arguments)],
        "responses": responses,
    }


def _success(resource: Resource) -> dict[str, Any]:
    headers = {"ETag": {"schema": {"type": "string"}}}
    if "limit" in resource.arguments.model_fields:
        headers["Link"] = {"schema": {"type": "string"}}
    return _content(resource.summary, resource.mimetype, resource.answer, headers)


def _content(
    words: str, mimetype: str, model: type[BaseModel], headers: dict[str, Any] | None = None
) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model.__name__)}
    found: dict[str, Any] = {"description": words, "content": {mimetype: {"schema": schema}}}
    return found | ({"headers": headers} if headers else {})


def _parts(resource: Resource) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": words,
            "schema": {"type": "string"},
        }
        for name, words in resource.parts.items()
    ]


def _arguments(model: type[Arguments]) -> list[dict[str, Any]]:
    properties = model.model_json_schema().get("properties", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.pop("description"),
            "schema": _simple(schema),
        }
        for name, schema in properties.items()
    ]


def _simple(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an argument: one that may be left out is never null in an address."""
    kept = {k: v for k, v in schema.items() if k not in ("title", "anyOf") and v is not None}
    given = [entry for entry in schema.get("anyOf", []) if entry.get("type") != "null"]
    return {**kept, **given[0]} if given else kept


def _schemas() -> dict[str, Any]:
    models: dict[type[BaseModel], None] = dict.fromkeys(
        [answers.Problem, answers.Working, *(r.answer for r in RESOURCES)]
    )
    _, found = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_REF, by_alias=True
    )
    schemas: dict[str, Any] = found["$defs"]
    return schemas
