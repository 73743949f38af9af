"""What the clients have from the OpenAPI document is what the document says now."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from regulars_client._operation import JOB_FILE

from clients.generate import python_package, typescript
from clients.generate.operations import calls
from serving import openapi
from serving.endpoints import ENDPOINTS
from tests.docs import pages

PACKAGE = pages.ROOT / "clients" / "python" / "src" / "regulars_client"
FILES = {
    PACKAGE / "types.py": python_package.types,
    PACKAGE / "_calls.py": python_package.methods,
    PACKAGE / "_examples.py": python_package.examples,
    pages.ROOT / "clients" / "typescript" / "regulars.d.ts": typescript.declarations,
}


@pytest.mark.parametrize(("file", "write"), FILES.items(), ids=lambda each: getattr(each, "name", ""))
def test_a_generated_file_is_of_the_document(file: Path, write: Callable[[Any], str]) -> None:
    content = write(openapi.document())
    if os.environ.get("REGULARS_WRITE_DOCS") == "1":
        file.write_text(content)
    assert file.read_text() == content


def test_each_endpoint_has_a_method() -> None:
    assert {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS if not endpoint.download} <= {
        (call.method, call.path) for call in calls(openapi.document())
    }


def test_a_file_is_fetched_from_where_the_document_has_it() -> None:
    (download,) = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS if endpoint.download]
    assert download == (JOB_FILE.method, JOB_FILE.path)


def test_a_parameter_that_clients_cannot_send_is_no_silent_gap() -> None:
    operation = {
        "operationId": "get_job",
        "parameters": [{"name": "X-Shop", "in": "header"}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/x/Job"}}}}},
    }
    with pytest.raises(ValueError, match=r"GET /v1/jobs/\{id\}"):
        list(calls({"paths": {"/v1/jobs/{id}": {"get": operation}}}))
