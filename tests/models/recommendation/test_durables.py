"""What was just bought and lasts is not proposed again before its time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.recommendation.dataset import Dataset
from models.recommendation.model import Recommender
from models.recommendation.pipeline import RankingQuery
from models.recommendation.profiles import UserProfiles

DURABLE = 5


def ranks(model: Recommender, dataset: Dataset, days: float, times: float, **numbers: float) -> int:
    """The rank of a product that a customer bought before, so many days ago, with these product features."""
    catalogue, histories = dataset.catalogue, dataset.histories
    row = int(histories.rows[histories.product == DURABLE][0])
    block = histories.block(row, row + 1)
    block = replace(block, entries={name: values.copy() for name, values in block.entries.items()})
    changed = {name: values.copy() for name, values in catalogue.numbers.items()}
    usual = {"repeat_share": 0.9, "buyers": 100.0, "repurchase_days": 10.0}
    for name, value in (usual | numbers).items():
        changed[name][DURABLE] = value
    own = block.product == DURABLE
    for name, value in {"last_days": days, "first_days": days, "purchases": times, "weight_60d": 99.0}.items():
        block.entries[name][own] = value
    bound = model.bind(replace(catalogue, numbers=changed))
    query = RankingQuery(len(catalogue), "all", np.zeros(len(catalogue), dtype=bool), np.zeros(0, dtype=np.int64))
    lists = model.rank(bound, UserProfiles(block, bound.index), np.array([True]), query)
    assert len(lists.product) == len(catalogue)
    return int(lists.rank[lists.product == DURABLE][0])


@pytest.mark.parametrize("kind", [{"repeat_share": 0.0}, {"repurchase_days": 300.0}])
def test_a_durable_bought_yesterday_is_not_proposed_and_returns_in_time(
    frequency: Recommender, dataset: Dataset, kind: dict[str, float]
) -> None:
    assert ranks(frequency, dataset, 1, 1) == 1
    assert ranks(frequency, dataset, 1, 1, **kind) > 10
    assert ranks(frequency, dataset, 200, 1, **kind) == 1


def test_what_the_customer_bought_twice_or_few_have_bought_is_no_durable(
    frequency: Recommender, dataset: Dataset
) -> None:
    assert ranks(frequency, dataset, 1, 2, repeat_share=0.0) == 1
    assert ranks(frequency, dataset, 1, 1, repeat_share=0.0, buyers=3) == 1
