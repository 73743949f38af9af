"""Several boosters as one that says their mean: a single call answers a customer, not one per booster.

It rewrites XGBoost's documented JSON model (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import xgboost as xgb


def merged(boosters: Sequence[xgb.Booster]) -> xgb.Booster:
    """One booster with all their trees, leaves divided by the number of boosters; margins are the mean of theirs.

    All have to start from the same base score, whose margin is 0.
    """
    documents = [json.loads(booster.save_raw("json")) for booster in boosters]
    parts = [document["learner"]["gradient_booster"]["model"] for document in documents]
    trees = [_shared(tree, len(parts)) for part in parts for tree in part["trees"]]
    model = parts[0]
    model["trees"] = [tree | {"id": place} for place, tree in enumerate(trees)]
    model["tree_info"] = [group for part in parts for group in part["tree_info"]]
    sizes = [after - before for part in parts for before, after in pairwise(part["iteration_indptr"])]
    model["iteration_indptr"] = [0, *accumulate(sizes)]
    model["gbtree_model_param"]["num_trees"] = str(len(trees))
    return xgb.Booster(model_file=bytearray(json.dumps(documents[0]).encode()))


def _shared(tree: dict[str, Any], count: int) -> dict[str, Any]:
    """The tree with its leaves' values, and what nodes would have said, divided."""
    leaf = [left == -1 for left in tree["left_children"]]
    conditions = [
        value / count if is_leaf else value for value, is_leaf in zip(tree["split_conditions"], leaf, strict=True)
    ]
    return tree | {"split_conditions": conditions, "base_weights": [value / count for value in tree["base_weights"]]}
