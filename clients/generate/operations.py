"""The operations of the OpenAPI document that a client calls: those that answer with a JSON object.

A file that is answered has a method of its own, which is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]
VERBS: Final = {"delete": "cancel"}
"""Methods whose operations are called by more than what they are about."""


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
    place: Mapping[str, str]
    """The parts of the address in braces, with what they are."""

    @property
    def name(self) -> str:
        """The operation without its verb: `churn` of `post_churn`; `cancel_job` of `delete_job`."""
        verb, _, about = self.operation_id.partition("_")
        return f"{VERBS[verb]}_{about}" if verb in VERBS else about


def calls(document: Schema) -> Iterator[Call]:
    """In the order of the document.

    Raises:
        ValueError: an operation has something that the clients don't know how to send.
    """
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation["responses"]["200"]["content"].get("application/json", {})
            if "$ref" in content.get("schema", {}):
                yield _call(path, method, operation, content)


def _call(path: str, method: str, operation: Schema, content: Schema) -> Call:
    parameters = operation.get("parameters", ())
    headers = [each["name"] for each in parameters if each["in"] != "path"]
    if set(headers) - {"Idempotency-Key"}:
        raise ValueError(f"{method.upper()} {path}: of headers clients send Idempotency-Key only; teach {__name__}")
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
        {each["name"]: each["description"] for each in parameters if each["in"] == "path"},
    )


def named(schema: Schema) -> str:
    """The name of the schema that a reference names."""
    return str(schema["$ref"]).rsplit("/", 1)[1]
