"""A family is added by one file, and found everywhere; one that fails is named."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.workspace import Workspace
from feature_repo import catalog, dictionary, families, lineage, partitions, store, updates, views
from feature_repo.online import OnlineReader
from models.churn import dataset
from models.churn.explanation import explanations
from models.churn.inputs import Inputs
from tests.feature_repo.shops import features_of
from tests.support.shop import FIRST_DAY

VIEW = "customer_features"
D = FIRST_DAY + timedelta(days=100)
GIFTS = '''
"""How often the customer buys in the week before Christmas."""

from feature_repo.feature_definition import Feature, counting

VIEW = "customer_features"
CAUSE = "life_stage"
FEATURES = (
    counting("last_week_lines", "order lines of the last seven days", "lines"),
    Feature("last_week_units", "mean units of a line of the last seven days", "units"),
    Feature("last_line_units", "units of the last line", "units", usual="last_week_units", cause="product"),
)


def compute(shop, at):
    lines = shop.orders.filter(shop.orders.age <= 7)
    return lines.group_by("customer_id").agg(
        last_week_lines=lines.count(),
        last_week_units=lines.quantity.mean(),
        last_line_units=lines.quantity.argmin(lines.age)
    )
'''

AddFamily = Callable[[str, str], None]


@pytest.fixture
def add_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AddFamily]:
    """Puts one file where families are looked for."""
    folder = tmp_path / "families"
    folder.mkdir()
    added: list[str] = []

    def add(name: str, code: str) -> None:
        (folder / f"{name}.py").write_text(code)
        monkeypatch.setattr(families, "__path__", [*families.__path__, str(folder)])
        added.append(name)

    yield add
    for name in added:
        sys.modules.pop(f"{families.__name__}.{name}", None)
        families.__dict__.pop(name, None)


def test_one_file_adds_a_family_to_view_dictionary_lineage_and_training(
    add_family: AddFamily, small_shop_readonly: Workspace
) -> None:
    before = partitions.transform_hash(small_shop_readonly, catalog.view(VIEW))
    add_family("gifts", GIFTS)
    view = catalog.view(VIEW)
    assert "gifts" in view.family_names
    assert partitions.transform_hash(small_shop_readonly, view) != before
    described = {e.feature.name: e for e in dictionary.entries() if e.family == "gifts"}
    assert [e.feature.cause for e in described.values()] == ["life_stage", "life_stage", "product"]
    assert "gifts" in lineage.readers()[("orders", "quantity")]
    assert {"last_week_lines", "last_line_units"} <= {feature.name for feature in dataset.features()}
    assert updates.nobody(view, lambda _: True)["last_week_lines"] == 0
    computed = features_of(small_shop_readonly, VIEW, D)
    assert computed["last_week_lines"].sum() > 0
    assert ((computed["last_week_lines"] > 0) == (computed["days_since_last_visit"] <= 7)).all()
    assert {"last_week_lines", "last_line_units"} <= {field.name for field in views.view(view).features}


def test_a_model_that_learnt_an_added_family_tells_it_among_its_reasons(
    add_family: AddFamily, small_shop_readonly: Workspace
) -> None:
    add_family("gifts_told", GIFTS)
    customers = features_of(small_shop_readonly, VIEW, D)
    learnt = Inputs.of([feature for feature in catalog.view(VIEW).features if "last_" in feature.name], customers)
    effects = np.zeros((len(customers), len(learnt.features)))
    effects[:, learnt.names.index("last_line_units")] = 0.4
    told = explanations(learnt, customers, 0.0, effects, 5)
    assert {(each.reasons[0].feature, each.reasons[0].cause) for each in told} == {("last_line_units", "product")}
    assert any("units of the last line: 2 units, usually" in each.reasons[0].text for each in told)


@pytest.mark.long
def test_one_file_reaches_the_online_store(add_family: AddFamily, small_shop: Workspace) -> None:
    add_family("gifts_online", GIFTS)
    store.materialize(small_shop, D)
    offline = store.matrix(small_shop, "churn_v1", D)
    read = OnlineReader(small_shop, "churn_v1", "customer_id").read(offline["customer_id"].tolist())
    assert read["last_week_lines"] == offline["last_week_lines"].tolist()
    assert sum(read["last_week_lines"]) > 0


def test_families_that_are_found_come_after_the_listed_ones_in_alphabetical_order(add_family: AddFamily) -> None:
    for name in ("zebra", "gifts"):
        add_family(name, GIFTS)
    view = catalog.view(VIEW)
    found = view.family_names[len(view.listed) :]
    assert view.family_names[: len(view.listed)] == view.listed
    assert list(found) == sorted(found)
    assert {"zebra", "gifts"} <= set(found)


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("unimportable", "import nothing_of_that_name", "nothing_of_that_name"),
        ("half", "FEATURES = ()", "it has no compute"),
        ("misspelt", GIFTS.replace("shop.orders.age", "shop.orders.agge"), "agge"),
        ("miscast", GIFTS.replace("lines.quantity.argmin(lines.age)", 'lines.customer_id.cast("int64").max()'), "c0"),
    ],
)
def test_a_family_that_fails_is_named(
    add_family: AddFamily, small_shop_readonly: Workspace, name: str, code: str, why: str
) -> None:
    add_family(name, f'VIEW = "{VIEW}"\n{code}')
    with pytest.raises(DataError, match=f"the feature family '{name}' can't be computed") as failed:
        features_of(small_shop_readonly, VIEW, D)
    assert why in str(failed.value)
    assert f"{name}.py" in str(failed.value)


def test_every_feature_of_a_customer_belongs_to_a_cause() -> None:
    assert [f.name for f in catalog.view(VIEW).features if f.cause is None] == []


def test_a_yardstick_is_a_feature_of_the_same_view_and_unit() -> None:
    features = {feature.name: feature for feature in catalog.view(VIEW).features}
    for feature in features.values():
        assert feature.usual is None or features[feature.usual].unit == feature.unit


def test_a_value_is_told_beside_what_is_usual() -> None:
    silence = next(f for f in catalog.view(VIEW).features if f.name == "days_since_last_visit")
    assert silence.tell(34, 9) == "last purchase 34 days ago, usually every 9 days"
    assert silence.tell(34) == "last purchase 34 days ago"
    assert silence.tell(None, 9) == "days since the last day with any purchase: not known"
    spend = next(f for f in catalog.view(VIEW).features if f.name == "revenue_last_visit")
    assert spend.tell(12.5, 40.0) == "spend at the last visit: 12.5 base currency, usually 40 base currency"
    assert pd.notna(spend.usual)
