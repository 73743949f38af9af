"""Whatever is sent, the answer is one that the document describes, and never a server error."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.endpoints import ENDPOINTS
from tests.serving.conftest import Shop, as_application

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUICK = settings(
    max_examples=25,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.name)
@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.body], ids=lambda endpoint: endpoint.path)
def test_every_answer_is_a_documented_one(shop: Shop, endpoint, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_asgi("/docs.json", as_application(shop.answering))
    operation = schema[endpoint.path][endpoint.method]
    headers = shop.headers(shop.token)

    @seed(20)
    @QUICK
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.headers = headers  # it may have drawn others; keys have tests of their own
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        assert response.status_code in {200, 400}

    check()


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.body], ids=lambda endpoint: endpoint.path)
def test_any_bytes_are_answered(shop: Shop, endpoint) -> None:
    @seed(20)
    @QUICK
    @given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
    def check(content: bytes) -> None:
        answer = shop.post(endpoint.path, content=content)
        assert answer.status_code == 400
        assert answer.json()["errors"]

    check()
