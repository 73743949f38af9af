"""The OpenAPI document, made from the endpoints themselves: what it says is what they check and answer."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from core.repeats import LONGEST_TOKEN
from serving import docs_page, documented_problems
from serving.answer_examples import ANSWERS
from serving.answers import Health, JobsAnswer, PredictionAnswer, ProblemAnswer, Ready
from serving.documented_problems import ALWAYS, HEADERS, LEFT, REQUEST_ID
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.endpoints.jobs import MEDIA_TYPES
from serving.problems import LockedOut, NoKey, NoModel, Problem, TooBusy

PATH: Final = "/docs.json"
REFERENCE: Final = "#/components/schemas/{model}"
DESCRIPTION: Final = """Who is about to leave, what each customer wants next, how much of everything will sell.

Send a key as `Authorization: Bearer KEY`; `regulars keys create NAME --right RIGHT` makes one. Bodies are JSON
objects; an unknown field or another type is refused, nothing is converted: ids are strings. An unknown customer is
an answer, not an error: every result has a `fallback` that says what was missing, or null.

What is in this document stays: fields and addresses are added, none is taken away or narrowed. Callers pass over
fields of answers that they do not know."""
RIGHT: Final = "x-regulars-right"
"""Of an operation: the right that its key needs."""
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names the request: sent again within a day it is answered as the first time, and nothing is kept"
    " twice; with another body it is refused",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_TOKEN, "pattern": "^[ -~]+$"},
}


@cache
def document(max_ids: int | None = None) -> dict[str, Any]:
    """The document; `max_ids` where the workspace allows fewer ids in a request."""
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    schemas = _schemas()
    if max_ids is not None:
        _lower(schemas, max_ids)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Regulars", "version": "1", "description": DESCRIPTION},
        "paths": {**paths, **_open_paths()},
        "components": {
            "schemas": schemas,
            "examples": documented_problems.examples(),
            "headers": HEADERS,
            "responses": documented_problems.elsewhere(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "an API key"}},
        },
    }


@cache
def methods() -> dict[str, str]:
    """Per address the methods it takes, as in an Allow header."""
    named = {path: list(operations) for path, operations in document()["paths"].items()}
    return {path: ", ".join(sorted({m.upper() for m in taken} | _head(taken))) for path, taken in named.items()}


def _head(taken: list[str]) -> set[str]:
    return {"HEAD"} if "get" in taken else set()


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.method.lower()}_{endpoint.name or endpoint.path.rsplit('/', 1)[1]}",
        "summary": endpoint.summary,
        "description": f"Needs a key with the right `{endpoint.right}`. {(endpoint.answer.__doc__ or '').strip()}",
        "security": [{"key": []}],
        RIGHT: endpoint.right,
        "responses": {**_whole_or_part(endpoint), **documented_problems.of_endpoint(endpoint)},
    }
    if endpoint.taker is not None:
        operation["parameters"] = [IDEMPOTENCY_KEY]
    if endpoint.place is not None:
        operation["parameters"] = [*_of_place(endpoint.place), *([RANGE] if endpoint.download else [])]
    if endpoint.body is not None:
        content = {"schema": _reference(endpoint.body), "example": endpoint.example}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _of_place(place: type[BaseModel]) -> list[dict[str, Any]]:
    """The parts of the address in braces."""
    fields = place.model_json_schema()["properties"]
    return [
        {"name": name, "in": "path", "required": True, "description": field["description"],
         "schema": {"type": field["type"], "pattern": field["pattern"]}}
        for name, field in fields.items()
    ]  # fmt: skip


RANGE: Final = {
    "name": "Range",
    "in": "header",
    "required": False,
    "description": "one range of bytes, as in RFC 9110; another one is answered with the whole file",
    "schema": {"type": "string", "pattern": "^bytes=[0-9]*-[0-9]*$"},
}


def _whole_or_part(endpoint: Endpoint) -> dict[str, Any]:
    if not endpoint.download:
        return {"200": _answered(endpoint)}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in (*LEFT, REQUEST_ID)}
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}
    return {
        "200": {"description": "The file", "content": content, "headers": headers},
        "206": {"description": "A range of it", "content": content, "headers": headers},
    }


def _answered(endpoint: Endpoint) -> dict[str, Any]:
    response = _response("The answer", endpoint.answer, endpoint.path)
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in (*LEFT, REQUEST_ID)}
    if issubclass(endpoint.answer, PredictionAnswer):
        response["links"] = {"feedback": TOLD_BY}
    return response


TOLD_BY: Final = {
    "operationId": "post_feedback",
    "description": "Tell what came of it; `outcome` is as docs/endpoints.md says",
    "requestBody": {"prediction_id": "$response.body#/prediction_id"},
}
"""From a prediction to its feedback."""


def _response(description: str, model: type[BaseModel], path: str) -> dict[str, Any]:
    example = {"jobs": [ANSWERS[path]]} if model is JobsAnswer else ANSWERS[path]
    content = {"schema": _reference(model), "example": example}
    return {"description": description, "content": {"application/json": content}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _open_paths() -> dict[str, Any]:
    """The addresses that need no key."""
    alive, ready = _response("It is", Health, "/healthz"), _response("The models are loaded", Ready, "/readyz")
    figures = _content("Prometheus text", "text/plain", "string")
    own, page = _content("This document", "application/json", "object"), _content("HTML", "text/html", "string")
    to_metrics = "Figures for Prometheus: on loopback, or with any key"
    return {
        "/healthz": {"get": _open("get_health", "Whether the process is alive", alive)},
        "/readyz": {"get": _open("get_ready", "Whether the service can answer", ready, NoModel)},
        "/metrics": {"get": _open("get_metrics", to_metrics, figures, NoKey, TooBusy, LockedOut)},
        PATH: {"get": _open("get_document", "This document", own)},
        docs_page.PATH: {"get": _open("get_page", "The same as a page", page)},
    }


def _content(description: str, media_type: str, kind: str) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": {"type": kind}}}}


def _open(operation_id: str, summary: str, answer: dict[str, Any], *problems: type[Problem]) -> dict[str, Any]:
    responses = {"200": answer, **documented_problems.responses([*ALWAYS, *problems])}
    return {"operationId": operation_id, "summary": summary, "security": [], "responses": responses}


def _schemas() -> dict[str, Any]:
    bodies: list[type[BaseModel]] = [endpoint.body for endpoint in ENDPOINTS if endpoint.body]
    answers = [*(endpoint.answer for endpoint in ENDPOINTS), ProblemAnswer, Health, Ready]
    inputs = [(model, "validation") for model in bodies]
    outputs = [(model, "serialization") for model in answers]
    _, found = models_json_schema([*inputs, *outputs], ref_template=REFERENCE)  # type: ignore[list-item]
    return dict(found["$defs"])


def _lower(schemas: dict[str, Any], max_ids: int) -> None:
    for schema in schemas.values():
        ids = schema.get("properties", {}).get("customer_ids")
        if ids:
            ids["maxItems"] = max_ids
