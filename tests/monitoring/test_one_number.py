"""A version's NDCG on one window is one number: in the registry, in fairness's mean, on the desk."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from core.clock import present
from core.keys import KeyStore
from models import release
from models.artifact_cache import EVALUATION
from models.kinds import Budget, kind
from models.registry import Registry
from monitoring import monitor
from monitoring.desk import app
from monitoring.fairness import measure
from tests.monitoring.test_desk import HOME, sign_in
from tests.support.mlflow import give_empty_registry
from training.run import train


def test_ndcg_is_one_number_wherever_it_is_said(small_shop):
    give_empty_registry(small_shop)
    of = kind("recommendation")
    version = train(small_shop, of, present(small_shop), Budget(1, 900)).version
    in_registry = version.metrics["ndcg@10"].value
    registry = Registry(small_shop)
    model = of.load(registry.fetch(version) / EVALUATION)
    result = measure(small_shop, of, model, version.evaluated_from)
    registry.store_fairness(version, result)
    assert {figure.attribute for figure in result.figures} >= {"age_band", "customer value"}
    for attribute in {figure.attribute for figure in result.figures if figure.metric == "NDCG@10"}:
        groups = [f for f in result.figures if (f.attribute, f.metric) == (attribute, "NDCG@10")]
        customers = sum(figure.n for figure in groups)
        assert sum(f.n * f.value for f in groups if f.n) / customers == pytest.approx(in_registry)
        assert customers == len(of.evaluate(small_shop, model, version.evaluated_from))

    release.promote(small_shop, of.name, version.version, "ana")
    report = next(each for each in monitor.run(small_shop, present(small_shop)).models if each.kind == of.name)
    assert report.performance.value == pytest.approx(in_registry)
    desk = TestClient(app.build(small_shop), base_url=HOME)
    sign_in(desk, KeyStore(small_shop).create("maria", ["review"]))
    assert f"<b>{in_registry:.4f}</b>" in desk.get("/").text
