"""The OpenAPI document says what the service checks and answers."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from serving import openapi
from serving.endpoints import ENDPOINTS
from tests.serving.conftest import Shop

DOCUMENT = openapi.document()


def resolve(node: Any) -> Any:
    """The schema without references."""
    if isinstance(node, dict):
        if "$ref" in node:
            return resolve(DOCUMENT["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]])
        return {key: resolve(value) for key, value in node.items()}
    return [resolve(value) for value in node] if isinstance(node, list) else node


def schema(path: str, method: str, status: int) -> dict[str, Any]:
    content = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"]
    (media_type,) = content
    return {"media_type": media_type, "schema": resolve(content[media_type]["schema"])}


def hold(answer: Any, path: str, method: str) -> None:
    """The answer is what the document says of its status."""
    documented = schema(path, method, answer.status_code)
    assert answer.headers["content-type"].startswith(documented["media_type"])
    jsonschema_rs.validate(documented["schema"], answer.json())


def test_every_address_of_the_design_is_there() -> None:
    assert set(DOCUMENT["paths"]) == {
        "/v1/churn", "/v1/recommendations", "/v1/similar", "/v1/bundles", "/v1/audience", "/v1/demand", "/v1/customers",
        "/v1/events", "/v1/feedback", "/v1/models", "/healthz", "/readyz", "/metrics", "/docs.json",
    }  # fmt: skip


def test_it_is_valid_openapi() -> None:
    import schemathesis

    loaded = schemathesis.openapi.from_dict(DOCUMENT)
    operations = [operation.ok() for operation in loaded.get_all_operations()]
    assert len(operations) == len(ENDPOINTS) + 4


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_each_endpoint_has_its_body_key_answer_and_errors(endpoint: Any) -> None:
    operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
    assert operation["security"] == [{"key": []}]
    assert endpoint.right in operation["description"]
    assert {"200", "401", "403", "429", "500", "503", "504"} <= set(operation["responses"])
    assert ("requestBody" in operation) == (endpoint.method == "POST")
    if endpoint.body:
        assert "400" in operation["responses"]
        endpoint.body.model_validate_json(json.dumps(endpoint.example))


def test_what_an_error_says_is_what_is_documented(bare: Shop) -> None:
    hold(bare.post("/v1/churn", {"k": 1}), "/v1/churn", "post")
    hold(bare.post("/v1/churn", {"customer_ids": []}, token=None), "/v1/churn", "post")
    hold(bare.post("/v1/churn", {"customer_ids": ["a"]}), "/v1/churn", "post")
    hold(bare.get("/readyz"), "/readyz", "get")
    hold(bare.get("/healthz"), "/healthz", "get")
    hold(bare.get("/v1/models"), "/v1/models", "get")
