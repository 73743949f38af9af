"""The operations of the OpenAPI document that a client calls: those that answer with a JSON object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]
UNTYPED: Final = {"/v1/jobs/{job_id}", "/v1/jobs/{job_id}/file"}
"""Addresses that clients have no method for yet: they take a part of the address, or give a file."""


@dataclass(frozen=True)
class Call:
    """One of them: `answer` and `body` are names of schemas; `right` is None where no key is needed."""

    operation_id: str
    method: str
    path: str
    summary: str
    right: str | None
    body: str | None
    answer: str
    example: Any
    takes_idempotency_key: bool

    @property
    def name(self) -> str:
        """The operation without its verb: `churn` of `post_churn`."""
        return self.operation_id.partition("_")[2]


def calls(document: Schema) -> Iterator[Call]:
    """In the order of the document.

    Raises:
        ValueError: an operation has something that the clients don't know how to send.
    """
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path in UNTYPED:
                continue
            content = operation["responses"]["200"]["content"].get("application/json", {})
            if "$ref" in content.get("schema", {}):
                yield _call(path, method, operation, content)


def _call(path: str, method: str, operation: Schema, content: Schema) -> Call:
    headers = [each["name"] for each in operation.get("parameters", ())]
    if "{" in path or set(headers) - {"Idempotency-Key"}:
        raise ValueError(f"{method.upper()} {path}: of parameters clients send Idempotency-Key only; teach {__name__}")
    body = operation.get("requestBody")
    return Call(
        operation["operationId"],
        method.upper(),
        path,
        operation["summary"],
        operation.get("x-regulars-right"),
        named(body["content"]["application/json"]["schema"]) if body else None,
        named(content["schema"]),
        content["example"],
        bool(headers),
    )


def named(schema: Schema) -> str:
    """The name of the schema that a reference names."""
    return str(schema["$ref"]).rsplit("/", 1)[1]
