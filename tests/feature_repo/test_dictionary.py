"""The data dictionary says what every feature means; Feast and the docs carry it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.settings import Settings
from core.workspace import Workspace
from feature_repo import catalog, dictionary, lineage, store

DOCS = Path(__file__).parents[2] / "docs" / "features.md"


def test_customers_are_described_by_many_features_of_many_families() -> None:
    families = Counter(e.family for e in dictionary.entries() if e.view == "customer_features")
    assert len(families) >= 25
    assert sum(families.values()) >= 200


def test_every_feature_of_a_customer_has_sources_a_missing_rule_and_a_cause() -> None:
    for each in lineage.of_view("customer_features", Settings()):
        assert each.columns, each.feature.name
        assert each.feature.missing, each.feature.name
        assert each.feature.cause, each.feature.name


def test_every_feature_has_a_description_and_a_unit() -> None:
    for each in dictionary.entries():
        assert len(each.feature.description.split()) > 1, each
        assert each.feature.unit, each


@pytest.mark.parametrize("view", list(catalog.VIEWS))
def test_names_are_unique_within_a_view(view: str) -> None:
    names = Counter(feature.name for feature in catalog.view(view).features)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_feast_field_carries_its_description_and_unit(filled: Workspace) -> None:
    feast = store.feature_store(filled)
    for name in catalog.VIEWS:
        view = feast.get_feature_view(name)
        assert view.ttl is not None
        assert view.description
        for field in [*view.features, *view.entity_columns]:
            assert field.description, (name, field.name)
            assert field.tags["unit"], (name, field.name)


def test_every_service_is_registered_with_its_features(filled: Workspace) -> None:
    feast = store.feature_store(filled)
    for name in catalog.SERVICES:
        projections = feast.get_feature_service(name).feature_view_projections
        found = {feature.name for projection in projections for feature in projection.features}
        assert found == {feature.name for view in catalog.service(name) for feature in view.features}


def test_the_docs_hold_the_dictionary_of_the_code() -> None:
    assert dictionary.markdown() in DOCS.read_text(), "run: python -m feature_repo.dictionary docs/features.md"
