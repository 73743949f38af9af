"""An application's tests run against a service that is none."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from regulars_client import TimedOut, Unavailable, Unreachable
from regulars_client.testing import FakeRegulars

PACKAGE = Path(__file__).parents[1]


def test_answers_are_of_what_was_asked_and_the_same_each_time() -> None:
    client = FakeRegulars().client()
    first, second = client.churn(["2375", "1364"]), FakeRegulars().client().churn(["2375", "1364"])
    assert first == second
    assert [line["customer_id"] for line in first["results"]] == ["2375", "1364"]
    assert len({line["churn_probability"] for line in first["results"]}) == 2
    assert len(client.recommendations(customer_id="2375", k=3)["results"]) == 3
    assert "product-1" not in {line["product_id"] for line in client.recommendations(exclude=["product-1"])["results"]}
    demand = client.demand([{"category": "MILK"}], horizon=7, quantiles=[0.5])
    assert [len(line["forecast"]) for line in demand["results"]] == [7]
    assert {"q50"} == {name for day in demand["results"][0]["forecast"] for name in day if name.startswith("q")}
    assert client.events([{"customer_id": "1", "kind": "view"}] * 2)["accepted"] == 2


def test_failures_come_as_they_are_told_and_cost_no_time() -> None:
    fake = FakeRegulars()
    fake.fail(503, retry_after=2)
    fake.reset()
    assert fake.client().models()["complete"]
    assert [call.operation for call in fake.calls] == ["models"] * 3
    assert len(fake.paused) == 2
    assert fake.paused[0] >= 2


def test_what_never_ends_well_ends_as_it_would() -> None:
    fake = FakeRegulars()
    for fail, kind in ((fake.hang, TimedOut), (fake.reset, Unreachable)):
        fail(times=4)
        with pytest.raises(kind):
            fake.client().ready()
    fake.fail(503, problem="no-model", times=4)
    with pytest.raises(Unavailable) as found:
        fake.client().churn(["1"])
    assert found.value.kind == "no-model"


def test_a_failure_that_the_service_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no problem  418; allowed: 400 invalid-body"):
        FakeRegulars().fail(418)
    with pytest.raises(ValueError, match="'churns' is no operation; allowed: churn, "):
        FakeRegulars().answer("churns")


def test_an_answer_can_be_given() -> None:
    fake = FakeRegulars()
    fake.answer("churn", results=[], version="9")
    assert fake.client().churn(["1"])["version"] == "9"


def test_the_awaited_client_is_answered_too() -> None:
    async def ask() -> Any:
        fake = FakeRegulars()
        fake.reset()
        async with fake.async_client() as client:
            return await client.similar("1082185", k=2)

    assert len(asyncio.run(ask())["results"]) == 2


def test_no_fake_keeps_a_key() -> None:
    fake = FakeRegulars()
    fake.client().health()
    assert "authorization" not in fake.calls[0].headers


def test_feedback_sent_again_is_told_the_same() -> None:
    fake = FakeRegulars()
    client = fake.client()
    told = [client.feedback("0" * 32, {"bought": True}, idempotency_key="a") for _ in range(2)]
    assert told[0] == told[1]
    assert told[0]["prediction_id"] == "0" * 32


def test_the_examples_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", (PACKAGE / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 4
    fake = FakeRegulars()
    for block in blocks:
        known = {
            "Regulars": lambda *_, **more: fake.client(**more),
            "AsyncRegulars": lambda *_, **more: fake.async_client(**more),
        }
        code = re.sub(r"^(from regulars_client import .*)$", r"\1; globals().update(_known)", block, flags=re.MULTILINE)
        exec(compile(code, "README.md", "exec"), {"_known": known, "__name__": "readme"})


def test_the_package_needs_httpx_alone() -> None:
    found = {
        name.partition(".")[0]
        for path in (PACKAGE / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 10)))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert found - set(sys.stdlib_module_names) == {"httpx", "regulars_client"}
