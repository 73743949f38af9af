"""The OpenAPI document, made from the endpoints themselves: what it says is what they check and answer."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from core.repeats import LONGEST_TOKEN
from serving import docs_page
from serving.answers import Health, ProblemAnswer, Ready
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.problems import MEDIA_TYPE

PATH: Final = "/docs.json"
REFERENCE: Final = "#/components/schemas/{model}"
DESCRIPTION: Final = """Who is about to leave, what each customer wants next, how much of everything will sell.

Send a key as `Authorization: Bearer KEY`; `regulars keys create NAME --right RIGHT` makes one. Bodies are JSON
objects; an unknown field or another type is refused, nothing is converted: ids are strings. An unknown customer is
an answer, not an error: every result has a `fallback` that says what was missing, or null."""
ERRORS: Final = {
    "400": "A field of the body is not as it must be",
    "401": "No key, or none that is valid",
    "403": "The key has not the right",
    "408": "The request was not whole in time",
    "413": "The body is too large",
    "422": "The Idempotency-Key belongs to another request",
    "429": "Too many requests are under way, the key has asked more than it may, or its address guesses keys",
    "500": "Something went wrong here",
    "503": "There is no model to answer from yet, or a store does not answer",
    "504": "The answer took too long",
    "507": "There is no room to keep it",
}
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
        "operationId": f"{endpoint.method.lower()}_{endpoint.path.rsplit('/', 1)[1]}",
        "summary": endpoint.summary,
        "description": f"Needs a key with the right `{endpoint.right}`. {(endpoint.answer.__doc__ or '').strip()}",
        "security": [{"key": []}],
        "responses": {"200": _response("The answer", endpoint.answer), **_problems(endpoint)},
    }
    if endpoint.taker is not None:
        operation["parameters"] = [IDEMPOTENCY_KEY]
    if endpoint.body is not None:
        content = {"schema": _reference(endpoint.body), "example": endpoint.example}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _problems(endpoint: Endpoint) -> dict[str, Any]:
    of_body = {"400", "408", "413"}
    of_writing = {"422", "507"}
    left_out = (set() if endpoint.body is not None else of_body) | (set() if endpoint.taker else of_writing)
    statuses = [status for status in ERRORS if status not in left_out]
    return {status: _response(ERRORS[status], ProblemAnswer, MEDIA_TYPE) for status in statuses}


def _response(description: str, model: type[BaseModel], media_type: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": _reference(model)}}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _open_paths() -> dict[str, Any]:
    """The addresses that need no key."""
    text = {"200": {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    refused = {"401": _response(ERRORS["401"], ProblemAnswer, MEDIA_TYPE)}
    own = {"200": {"description": "This document", "content": {"application/json": {"schema": {"type": "object"}}}}}
    page = {"200": {"description": "HTML", "content": {"text/html": {"schema": {"type": "string"}}}}}
    ready = {
        "200": _response("The models are loaded", Ready),
        "503": _response("They are not yet, or there are none", ProblemAnswer, MEDIA_TYPE),
    }
    return {
        "/healthz": {"get": _open("Whether the process is alive", {"200": _response("It is", Health)})},
        "/readyz": {"get": _open("Whether the service can answer", ready)},
        "/metrics": {"get": _open("Figures for Prometheus: on loopback, or with any key", {**text, **refused})},
        PATH: {"get": _open("This document", own)},
        docs_page.PATH: {"get": _open("The same as a page", page)},
    }


def _open(summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "security": [], "responses": responses}


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
