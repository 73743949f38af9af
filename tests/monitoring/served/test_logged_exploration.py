"""Versions are judged by lists that were served with exploration, and by nothing where there are none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.clock import present
from core.prediction_log import Result
from core.workspace import Workspace
from feature_repo import store
from models.recommendation import KIND, Recommender
from models.recommendation.dataset import SERVICE
from models.recommendation.variety.exploration import Exploration, seed_of
from monitoring.served import logged_exploration
from monitoring.served.logged_exploration import OffPolicy
from tests.support.served import answered, told

SHARE, K = 0.4, 8


def day_of(workspace: Workspace) -> date:
    """The last day whose horizon is over."""
    return present(workspace) - timedelta(days=28)


@pytest.fixture
def models(small_shop: Workspace) -> dict[str, Recommender]:
    return dict(KIND.baselines(small_shop, day_of(small_shop)))


def serve(workspace: Workspace, model: Recommender, share: float = SHARE, **request: object) -> list[str]:
    """Log lists of every customer as the service would have answered them; the ids of the answers."""
    day, made = day_of(workspace), []
    for row in store.matrix(workspace, SERVICE, day, key="customer_id").to_dict("records"):
        customer = str(row["customer_id"])
        exploration = Exploration(share, seed_of(customer, day, "all")) if share else None
        items = model.recommendation(row, k=K, exploration=exploration).items
        lines = [Result(customer, i.score, i.product_id, None, i.propensity if share else None) for i in items]
        asked = {"as_of": day.isoformat(), "mode": "all", "k": K, "explored": share, "plain": True} | request
        made.append(answered(workspace, "recommendations", lines, asked))
    return made


def judged(workspace: Workspace, models: dict[str, Recommender], since: date | None = None) -> OffPolicy:
    both = [models["item_item"], models["personal_frequency"]]
    return logged_exploration.of_models(workspace, both, since or day_of(workspace))


def test_a_version_is_judged_by_what_was_bought_of_lists_that_another_made(
    small_shop: Workspace, models: dict[str, Recommender]
) -> None:
    serve(small_shop, models["item_item"])
    found = judged(small_shop, models)
    assert found.a is not None
    assert found.b is not None
    assert found.explored > 50
    assert found.lists == found.customers
    assert found.a.covered == pytest.approx(1, abs=0.1)
    assert found.a.verdict == "ok"
    assert found.a.ips.low < found.a.doubly_robust.value < found.a.ips.high
    assert 0 < found.a.doubly_robust.value < K


def test_feedback_counts_beside_the_orders(small_shop: Workspace, models: dict[str, Recommender]) -> None:
    made = serve(small_shop, models["item_item"])
    before = judged(small_shop, models)
    for each in made:
        told(small_shop, each, bought=[str(product) for product in models["item_item"].products])
    after = judged(small_shop, models)
    assert before.a is not None
    assert after.a is not None
    assert after.a.doubly_robust.value == pytest.approx(K, abs=0.2)
    assert after.a.doubly_robust.value > before.a.doubly_robust.value


@pytest.mark.parametrize("request_", [{"plain": False}, {"mode": "new"}, {"explored": 0}])
def test_answers_that_tell_nothing_of_a_version_are_left_out(
    small_shop: Workspace, models: dict[str, Recommender], request_: dict[str, object]
) -> None:
    serve(small_shop, models["popularity"], **request_)
    assert judged(small_shop, models) == OffPolicy((), 0, 0, 0)


def test_without_exploration_or_before_both_were_evaluated_it_is_too_few(
    small_shop: Workspace, models: dict[str, Recommender]
) -> None:
    assert "too few" in judged(small_shop, models).verdict
    serve(small_shop, models["popularity"])
    later = judged(small_shop, models, since=day_of(small_shop) + timedelta(days=1))
    assert later.lists == 0
    assert "recommendation.explore_share" in later.verdict
