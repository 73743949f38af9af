"""The tables of README.md and docs/endpoints.md are those of the service."""

from __future__ import annotations

import json
import re
from typing import get_args

from pydantic import BaseModel

from core.keys import RIGHTS
from serving import answers, documented_problems
from serving.endpoints import ENDPOINTS
from tests.docs import pages

PAGE = pages.DOCS / "endpoints.md"
README = pages.ROOT / "README.md"


def rights() -> dict[str, str]:
    return {f"{endpoint.method} {endpoint.path}": endpoint.right for endpoint in ENDPOINTS}


def test_the_page_lists_every_endpoint_with_its_right() -> None:
    assert {address: right for address, right, _ in pages.rows(PAGE, "address")} == rights()


def test_the_readme_lists_every_endpoint_with_its_right() -> None:
    listed = {address: right for address, right, _ in pages.rows(README, "endpoint") if " /v1/" in address}
    assert listed == rights()


def test_every_body_is_one_that_the_endpoint_takes() -> None:
    bodies = {f"{endpoint.method} {endpoint.path}": endpoint.body for endpoint in ENDPOINTS}
    for address, _, body in pages.rows(PAGE, "address"):
        model = bodies[address]
        assert (model is None) == (not body)
        if model is not None:
            model.model_validate(json.loads(body), context={"max_ids": 10_000})


def test_every_right_is_named() -> None:
    [sentence] = re.findall(r"Rights are (.*?);", PAGE.read_text())
    assert set(re.findall(r"`(\w+)`", sentence)) == set(RIGHTS)


def test_every_fallback_is_explained() -> None:
    explained = {name for names, _ in pages.rows(PAGE, "fallback") for name in names.split(", ")}
    assert explained == set(get_args(answers.Fallback))


def test_every_status_is_explained() -> None:
    explained = {status for statuses, _ in pages.rows(PAGE, "status") for status in statuses.split(", ")}
    assert set(documented_problems.ERRORS | documented_problems.ELSEWHERE) <= explained


def test_the_answers_are_of_the_shape_that_is_promised() -> None:
    prediction, problem = (json.loads(block) for block in pages.blocks(PAGE, "json"))
    for model, example in ((answers.ChurnAnswer, prediction), (answers.ProblemAnswer, problem)):
        assert issubclass(model, BaseModel)
        model.model_validate(example)
