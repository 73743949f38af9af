"""A version's NDCG on one window is one number: in the registry, in fairness's mean, on the desk."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from core.keys import KeyStore
from models import release
from models.artifact_cache import EVALUATION
from models.kinds import kind
from models.registry import Registry
from monitoring import monitor
from monitoring.desk import app
from monitoring.fairness import measure
from tests.monitoring.test_desk import HOME, sign_in
from tests.support.trained import AS_OF


def test_ndcg_is_one_number_wherever_it_is_said(trained_once, copy_workspace):
    of = kind("recommendation")
    trained, version = trained_once(of.name)
    shop = copy_workspace(trained, "judged")
    in_registry = version.metrics["ndcg@10"].value
    registry = Registry(shop)
    model = of.load(registry.fetch(version) / EVALUATION)
    result = measure(shop, of, model, version.evaluated_from)
    registry.store_fairness(version, result)
    assert {figure.attribute for figure in result.figures} >= {"age_band", "customer value"}
    for attribute in {figure.attribute for figure in result.figures if figure.metric == "NDCG@10"}:
        groups = [f for f in result.figures if (f.attribute, f.metric) == (attribute, "NDCG@10")]
        customers = sum(figure.n for figure in groups)
        assert sum(f.n * f.value for f in groups if f.n) / customers == pytest.approx(in_registry)
        assert customers == len(of.evaluate(shop, model, version.evaluated_from))

    release.promote(shop, of.name, version.version, "ana")
    report = next(each for each in monitor.run(shop, AS_OF).models if each.kind == of.name)
    assert report.performance.value == pytest.approx(in_registry)
    desk = TestClient(app.build(shop), base_url=HOME)
    sign_in(desk, KeyStore(shop).create("maria", ["review"]))
    assert f"<b>{in_registry:.4f}</b>" in desk.get("/").text
