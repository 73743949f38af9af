"""A feature's name is written once, in its family: who reads the feature takes the name from there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from feature_repo import catalog

ROOT = Path(__file__).parents[2]
READERS = ("models", "training", "monitoring", "serving", "pipelines")
CUSTOMER = "customer_features"
NAMES = {feature.name for feature in catalog.view(CUSTOMER).features} - {
    feature.name for view in catalog.VIEWS.values() if view.name != CUSTOMER for feature in view.features
}


def literals(source: str) -> Iterator[ast.Constant]:
    """The strings of a module, but for the keys of its dictionaries: these name what it gives, not what it reads."""
    tree = ast.parse(source)
    keys = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys:
            yield node


def test_no_module_outside_the_feature_repository_spells_a_customer_feature() -> None:
    spelled = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"
        for package in READERS
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in literals(path.read_text())
        if node.value in NAMES
    ]
    assert spelled == []


def test_a_spelled_name_would_be_found() -> None:
    source = 'columns["days_since_last_visit"], {"gap_median": row.get("visit_days_84d")}'
    assert {node.value for node in literals(source)} & NAMES == {"days_since_last_visit", "visit_days_84d"}
