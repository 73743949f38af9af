"""The ways to train beside the usual one: which exclude each other, and what weighing the rows does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError, UsageError
from core.workspace import Workspace
from models.kinds import Budget, Kind, kind
from models.registry import Registry
from monitoring import protected
from pipelines import training_pipeline, ways_to_train
from tests.support.mlflow import give_empty_registry
from training import kinds
from training.churn import examples
from training.churn.examples import known_by
from training.run import fit

AS_OF = date(2024, 7, 1)
CHURN: Kind = kind("churn")
USUAL = {"warm_start": None, "from_log": False, "mitigate": None}


def test_where_nothing_is_asked_for_a_kind_is_trained_as_usual(small_shop_readonly: Workspace) -> None:
    assert ways_to_train.chosen(small_shop_readonly, CHURN, **USUAL) == kinds.trainer(CHURN)


@pytest.mark.parametrize(
    "asked", [{"from_log": True, "mitigate": "gender"}, {"warm_start": Path("other"), "mitigate": "gender"}]
)
def test_two_ways_at_once_are_refused_by_name(small_shop_readonly: Workspace, asked: dict) -> None:
    with pytest.raises(UsageError, match="and --mitigate exclude each other"):
        ways_to_train.chosen(small_shop_readonly, CHURN, **USUAL | asked)


def test_an_unknown_attribute_is_answered_with_the_nearest(small_shop_readonly: Workspace) -> None:
    kept = protected.attributes(small_shop_readonly)
    with pytest.raises(UsageError, match=kept[0]):
        ways_to_train.attributes(small_shop_readonly, kept[0][:-1])
    assert ways_to_train.attributes(small_shop_readonly, "reweigh") == kept


def test_a_shop_without_protected_attributes_says_which_table_to_map(
    small_shop_readonly: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(small_shop_readonly.tables), "protected_files", lambda self: [])
    with pytest.raises(DataError, match="table protected"):
        ways_to_train.attributes(small_shop_readonly, "reweigh")


@pytest.mark.parametrize("name", ["demand", "recommendation"])
def test_only_churn_can_be_trained_on_weighed_rows(small_shop_readonly: Workspace, name: str) -> None:
    with pytest.raises(UsageError, match="can't be trained on weighed rows"):
        ways_to_train.chosen(small_shop_readonly, kind(name), **USUAL | {"mitigate": "reweigh"})


def test_the_weights_of_the_rows_make_those_who_left_as_frequent_in_every_group(
    small_shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(kinds, "part", lambda *_: seen.append)
    ways_to_train.chosen(small_shop, CHURN, **USUAL | {"mitigate": "reweigh"})
    rows = known_by(examples.collect(small_shop, AS_OF), AS_OF).labelled
    weights = seen[0].of(rows)
    groups = protected.groups(small_shop, rows["customer_id"].tolist())
    for name in groups:
        known = (groups[name] != "unknown").to_numpy()
        left = {
            value: np.average(rows["churned"][own], weights=weights[own])
            for value in set(groups[name][known])
            if (own := (groups[name] == value).to_numpy()).sum() >= 50
        }
        assert max(left.values()) - min(left.values()) < 0.02


@pytest.mark.long
def test_a_mitigated_version_says_so_in_its_card_and_knows_no_attribute(small_shop: Workspace, tmp_path: Path) -> None:
    give_empty_registry(small_shop)
    trained = training_pipeline.train(small_shop, "churn", AS_OF, trials=1, mitigate="reweigh")
    folder = Registry(small_shop).fetch(trained.version)
    kept = protected.attributes(small_shop)
    assert not [f for f in CHURN.signature(CHURN.load(folder / "model"))["inputs"] if f in kept]
    usual = fit(small_shop, CHURN, AS_OF, tmp_path, Budget(1, 900))
    assert trained.version.metrics["roc_auc"] != usual.outcome.evaluation.metrics["roc_auc"]
