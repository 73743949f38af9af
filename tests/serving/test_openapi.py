"""The OpenAPI document says what the service checks and answers."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
from markupsafe import escape

from serving import docs_page, openapi, problems
from serving.endpoints import ENDPOINTS
from tests.serving.conftest import Shop

DOCUMENT = openapi.document()


def resolve(node: Any) -> Any:
    """The schema without references; an object has no other fields than the document knows now, as callers of a later
    release may not say.
    """
    if isinstance(node, dict):
        closed = {"additionalProperties": False} if isinstance(node.get("required"), list) else {}
        if "$ref" in node:
            return resolve(DOCUMENT["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]])
        return {key: resolve(value) for key, value in node.items()} | closed
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
        "/v1/events", "/v1/feedback", "/v1/models", "/v1/jobs", "/v1/jobs/{job_id}",
        "/v1/jobs/{job_id}/file", "/healthz", "/readyz", "/metrics", "/docs.json", "/docs",
    }  # fmt: skip


def test_it_is_valid_openapi() -> None:
    import schemathesis

    loaded = schemathesis.openapi.from_dict(DOCUMENT)
    operations = [operation.ok() for operation in loaded.get_all_operations()]
    assert len(operations) == len(ENDPOINTS) + 5


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_each_endpoint_has_its_body_key_answer_and_errors(endpoint: Any) -> None:
    operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
    assert operation["security"] == [{"key": []}]
    assert endpoint.right in operation["description"]
    assert operation["x-regulars-right"] == endpoint.right
    assert {"200", "401", "403", "429", "500", "503", "504"} <= set(operation["responses"])
    assert ("requestBody" in operation) == (endpoint.method == "POST")
    if endpoint.body:
        assert "400" in operation["responses"]
        endpoint.body.model_validate_json(json.dumps(endpoint.example))


OPERATIONS = {each["operationId"]: each for of in DOCUMENT["paths"].values() for each in of.values()}
STABLE = {
    "post_churn", "post_recommendations", "post_similar", "post_bundles", "post_audience", "post_demand",
    "post_customers", "post_events", "post_feedback", "get_models", "get_health", "get_ready", "get_metrics",
    "get_document", "get_page", "post_new_job", "get_jobs", "get_job", "delete_job", "get_job_file",
}  # fmt: skip


def at(reference: str) -> Any:
    """What a reference into the document names."""
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def contents() -> list[Any]:
    """Every content of a body or an answer, with where it stands."""
    parts = []
    for name, operation in OPERATIONS.items():
        parts.append((name, operation.get("requestBody", {})))
        parts += [(f"{name} {status}", response) for status, response in operation["responses"].items()]
    parts += DOCUMENT["components"]["responses"].items()
    return [pytest.param(each, id=where) for where, part in parts for each in part.get("content", {}).values()]


def test_callers_find_each_operation_under_the_name_it_always_had() -> None:
    assert set(OPERATIONS) == STABLE


@pytest.mark.parametrize("content", contents())
def test_an_example_is_what_its_schema_says(content: dict[str, Any]) -> None:
    examples = [at(each["$ref"])["value"] for each in content.get("examples", {}).values()]
    examples += [content["example"]] if "example" in content else []
    assert examples or content["schema"].get("type") in {"string", "object"}
    for example in examples:
        jsonschema_rs.validate(resolve(content["schema"]), example)


def test_every_answer_of_an_endpoint_has_an_example() -> None:
    for endpoint in ENDPOINTS:
        content = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]["responses"]["200"]["content"]
        if not endpoint.download:
            endpoint.answer.model_validate(content["application/json"]["example"])


def test_every_problem_is_documented_under_its_status_with_an_example() -> None:
    def kinds(kind: type[problems.Problem]) -> list[type[problems.Problem]]:
        return [kind, *(each for inner in kind.__subclasses__() for each in kinds(inner))]

    told: dict[str, set[str]] = {}
    for responses in [*(each["responses"] for each in OPERATIONS.values())]:
        for status, response in responses.items():
            for content in response["content"].values():
                told.setdefault(status, set()).update(content.get("examples", {}))
    told["405"] = {"method-not-allowed"}
    for kind in kinds(problems.Problem)[1:]:
        assert kind.name in told[str(kind.status)]
        assert at(f"#/components/examples/{kind.name}")["value"]["status"] == kind.status


def test_a_link_leads_from_each_prediction_to_its_feedback() -> None:
    for name, operation in OPERATIONS.items():
        schema_of_answer = operation["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
        is_prediction = "prediction_id" in resolve(schema_of_answer).get("required", ()) and name != "post_feedback"
        assert ("links" in operation["responses"]["200"]) == is_prediction
        for link in operation["responses"]["200"].get("links", {}).values():
            assert link["operationId"] in OPERATIONS


def test_every_reference_names_something() -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [
                *([node["$ref"]] if "$ref" in node else []),
                *(r for each in node.values() for r in references(each)),
            ]
        return [r for each in node for r in references(each)] if isinstance(node, list) else []

    assert all(at(each) is not None for each in set(references(DOCUMENT)))


def test_what_an_error_says_is_what_is_documented(bare: Shop) -> None:
    hold(bare.post("/v1/churn", {"k": 1}), "/v1/churn", "post")
    hold(bare.post("/v1/churn", {"customer_ids": []}, token=None), "/v1/churn", "post")
    hold(bare.post("/v1/churn", {"customer_ids": ["a"]}), "/v1/churn", "post")
    hold(bare.get("/readyz"), "/readyz", "get")
    hold(bare.get("/healthz"), "/healthz", "get")
    hold(bare.get("/v1/models"), "/v1/models", "get")


class _Page(HTMLParser):
    """The elements of a page, and whatever it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.loads += [str(values[name]) for name in ("src", "srcset", "data", "action") if name in values]
        self.loads += [name for name in values if name.startswith("on") or name == "style"]
        if tag == "link":
            self.loads.append(str(values.get("href")))
        if "id" in values:
            self.ids.add(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))


def test_the_page_tells_every_address_and_loads_nothing(bare: Shop) -> None:
    answer = bare.get("/docs", token=None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert "default-src 'none'" in policy[0]
    assert "unsafe" not in policy[0]
    page = _Page(answer.text)
    assert page.loads == []
    assert "script" not in page.tags
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} == page.ids
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert f"{method.upper()} {path}" in answer.text
            assert all(str(escape(each["description"])) in answer.text for each in operation["responses"].values())
    style = answer.text.split("<style>")[1].split("</style>")[0]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy[0]


def test_what_the_document_says_is_no_markup_of_the_page() -> None:
    hostile = {"summary": "<script>alert(1)</script>", "responses": {"200": {"description": "</td><img src=x>"}}}
    document = {**DOCUMENT, "paths": {'/x"><b>': {"get": hostile}}}
    page = _Page(str(docs_page.render(document)))
    assert {"script", "img", "b"} & set(page.tags) == set()


def test_the_page_shows_code_as_code() -> None:
    assert "`" not in str(docs_page.render(openapi.document()))


def test_bodies_are_closed_and_answers_are_open() -> None:
    bodies = reachable(
        [op["requestBody"] for ops in DOCUMENT["paths"].values() for op in ops.values() if "requestBody" in op]
    )
    for name, each in DOCUMENT["components"]["schemas"].items():
        if "properties" in each:
            assert (each.get("additionalProperties") is False) is (name in bodies), name


def reachable(node: Any) -> set[str]:
    """The names of the schemas that it refers to, and those that these do."""
    if isinstance(node, list):
        return set().union(*map(reachable, node))
    if not isinstance(node, dict):
        return set()
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        return {name} | reachable(DOCUMENT["components"]["schemas"].get(name, {}))
    return set().union(*map(reachable, node.values()))
