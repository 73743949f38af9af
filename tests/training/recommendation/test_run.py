"""Training the recommendation model on the small shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.workspace import Workspace
from models.artifact_cache import BASELINE, EVALUATION, MODEL
from models.intervals import Interval
from models.kinds import Budget, kind
from models.recommendation.candidates import CandidateLimits
from models.recommendation.kind import KIND
from models.recommendation.recipe import Recipe
from models.registry import Registry
from tests.support.shop import FIRST_DAY, commit
from tests.support.trained import AS_OF as D
from training.recommendation import fitting, run
from training.recommendation.examples import KeptShares, examples, joined, origin, sampled, training_shares
from training.run import train


def test_training_ends_with_a_version_that_holds_three_recommenders(trained_once: Callable[..., Any]) -> None:
    workspace, done = trained_once(KIND.name)
    assert set(done.metrics) == set(KIND.statistics)
    assert set(done.baselines) == {"popularity", "personal_frequency", "item_item"}
    assert done.metrics["ndcg@10"].value > done.baselines["popularity"]["ndcg@10"].value
    registry = Registry(workspace)
    folder = registry.fetch(done)
    dates = {part: kind("recommendation").load(folder / part).trained_as_of for part in (MODEL, EVALUATION, BASELINE)}
    assert dates == {MODEL: D, EVALUATION: D - timedelta(days=28), BASELINE: D}
    assert KIND.golden(KIND.load(folder / MODEL)) == []


def test_the_card_says_for_whom_for_which_products_and_by_which_sources(trained_once: Callable[..., Any]) -> None:
    workspace, done = trained_once(KIND.name)
    card = (Registry(workspace).fetch(done) / "card.md").read_text()
    for title in (
        "NDCG@10 by days with a purchase before",
        "New products in the lists",
        "What each source",
        "worth",
        "What variety costs",
    ):
        assert title in card
    for metric in ("ndcg@10_again", "candidate_recall", "candidate_recall_new"):
        assert 0 <= done.metrics[metric].value <= 1
    assert done.metrics["candidate_recall_new"].value <= done.metrics["candidate_recall"].value


@pytest.mark.long
def test_later_facts_change_no_model(small_shop: Workspace, copy_workspace: Callable[..., Workspace]) -> None:
    other = copy_workspace(small_shop, "cut")
    orders = pd.concat([pd.read_parquet(path) for path in other.tables.files("orders")])
    known = orders[pd.to_datetime(orders["day"]).dt.date < D].drop(columns=["day", "local_at", "row_key"])
    assert len(known) < len(orders)
    commit(other, {"orders": known})
    files = []
    for workspace in (small_shop, other):
        version = train(workspace, KIND, D, Budget(1, 900)).version
        registry = Registry(workspace)
        model = KIND.load(registry.fetch(version) / MODEL)
        files.append(KIND.predict_file(workspace, model, D, "x"))
    # Sums of floats follow the order in which the engine adds rows, and trees are learnt from them in single precision.
    pd.testing.assert_frame_equal(*files, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("days", [60, 139])
def test_too_early_names_the_earliest_date(small_shop_readonly: Workspace, days: int) -> None:
    with pytest.raises(DataError, match=str(FIRST_DAY + timedelta(days=140))):
        train(small_shop_readonly, KIND, FIRST_DAY + timedelta(days=days), Budget(1, 900))


@pytest.fixture(scope="module")
def day() -> date:
    return D - timedelta(days=28)


def test_training_sees_all_that_was_bought_and_some_that_was_not(small_shop_readonly: Workspace, day: date) -> None:
    source = origin(small_shop_readonly, day)
    whole, some = (examples(source, CandidateLimits(), shares, seed=1) for shares in (KeptShares(), KeptShares(1, 0.2)))
    assert some.bought.sum() == whole.bought.sum()
    assert (~some.bought & some.new).sum() < 0.4 * (~whole.bought & whole.new).sum()
    rankable = np.isin(whole.row, whole.row[whole.bought])
    assert (~some.new).sum() == (~whole.new & rankable).sum()
    perfect = whole.bought.astype(np.float32)
    assert whole.ndcg(perfect, "all") > 0.5 > whole.ndcg(-perfect, "all")


def test_owned_products_are_left_out_only_where_there_are_more_than_a_fit_needs(
    small_shop_readonly: Workspace, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = origin(small_shop_readonly, day)
    assert training_shares(source, CandidateLimits()).owned == 1
    owned = (~examples(source, CandidateLimits(), KeptShares(), seed=1).new).sum()
    monkeypatch.setattr("training.recommendation.examples.OWNED_EXAMPLES", owned // 4)
    assert training_shares(source, CandidateLimits()).owned == pytest.approx(0.25, abs=0.01)


def test_trials_see_fewer_owned_products_and_know_how_many_were_left_out(
    small_shop_readonly: Workspace, day: date
) -> None:
    source = examples(origin(small_shop_readonly, day), CandidateLimits(), KeptShares(1, 0.5), seed=1)
    some = sampled(source, 1.0, 0.2, seed=1)
    assert some.bought.sum() == source.bought.sum()
    assert some.new.sum() == source.new.sum()
    assert (~some.new & ~some.bought).sum() < 0.4 * (~source.new & ~source.bought).sum()
    np.testing.assert_allclose(some.offset, np.where(some.new, np.log(2), np.log(5)), rtol=1e-6)


def test_what_is_left_out_makes_nothing_likelier(small_shop_readonly: Workspace, day: date) -> None:
    source = origin(small_shop_readonly, day)
    whole, some = (
        examples(source, CandidateLimits(), shares, seed=1) for shares in (KeptShares(), KeptShares(1, 0.05))
    )
    recipe = Recipe(rounds=150, eta=0.1, min_child_weight=1)
    told = []
    for given in (whole, some):
        booster = fitting.boosters(fitting.binned(given, "all", 1), recipe, 1, 1).probability
        assert booster is not None
        margin = booster.inplace_predict(whole.features, predict_type="margin")
        told.append(margin[whole.new].mean() - margin[~whole.new].mean())
    assert told[1] == pytest.approx(told[0], abs=1.0)


def test_customers_of_different_origins_stay_apart(small_shop_readonly: Workspace, day: date) -> None:
    part = examples(origin(small_shop_readonly, day), CandidateLimits(), KeptShares(0.5, 0.5), seed=1)
    both = joined([part, part])
    assert len(both) == 2 * len(part)
    assert len(set(both.row.tolist())) == 2 * len(set(part.row.tolist()))
    assert (np.diff(both.row) >= 0).all()


def test_the_card_says_where_a_simple_way_was_surely_better_in_new() -> None:
    behind, level = Interval(-0.01, -0.015, -0.005), Interval(-0.001, -0.004, 0.002)
    (said,) = run.behind_in_new({"item_item": behind, "popularity": level})
    assert "item_item by 0.0100 [0.0050, 0.0150]" in said
    assert "popularity" not in said
    assert not run.behind_in_new({"popularity": level})
